package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"volary/internal/problem"
	"volary/internal/session"
	"volary/internal/telemetry"
)

// sessionView is a session as clients see it.
type sessionView struct {
	session.Session
	SimTime float64 `json:"sim_time" doc:"simulated seconds recorded"`
}

type sessionsPage struct {
	Sessions []sessionView `json:"sessions"`
	Next     string        `json:"next_cursor,omitempty"`
}

type eventsPage struct {
	Events []telemetry.Event `json:"events"`
	Next   string            `json:"next_cursor,omitempty"`
}

func (a *api) sessionRoutes(g huma.API) {
	huma.Register(g, op("list-sessions", http.MethodGet, "/sessions", "The runs there were, newest first", "history"),
		func(ctx context.Context, in *struct {
			Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
			Cursor string `query:"cursor"`
		}) (*answer[sessionsPage], error) {
			all, next, err := a.History.Sessions(ctx, in.Limit, in.Cursor)
			if err != nil {
				return nil, a.failCursor(err, in.Cursor)
			}
			page := sessionsPage{Sessions: []sessionView{}, Next: next}
			for i := range all {
				page.Sessions = append(page.Sessions, viewOf(&all[i]))
			}
			return ok(page), nil
		})

	huma.Register(g, op("get-session", http.MethodGet, "/sessions/{id}", "One run", "history"),
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		}) (*answer[sessionView], error) {
			s, err := a.session(ctx, in.ID)
			if err != nil {
				return nil, a.fail(err)
			}
			return ok(viewOf(s)), nil
		})

	huma.Register(g, op("list-session-drones", http.MethodGet, "/sessions/{id}/drones", "The drones of a run", "history"),
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		}) (*answer[struct {
			Drones []session.Member `json:"drones"`
		}], error) {
			s, err := a.session(ctx, in.ID)
			if err != nil {
				return nil, a.fail(err)
			}
			all, err := a.History.Members(ctx, s.ID)
			if err != nil {
				return nil, a.fail(err)
			}
			out := struct {
				Drones []session.Member `json:"drones"`
			}{all}
			return ok(out), nil
		})

	huma.Register(g, op("get-telemetry", http.MethodGet, "/sessions/{id}/telemetry", "The flight of one drone", "history"), a.telemetry)

	huma.Register(g, op("get-last", http.MethodGet, "/sessions/{id}/last", "Where each drone of a run was last", "history"), a.last)

	huma.Register(g, op("export-session", http.MethodGet, "/sessions/{id}/export", "A run as a file: CSV, NDJSON, Parquet or MCAP", "history"), a.export)

	huma.Register(g, op("list-events", http.MethodGet, "/events", "What happened, newest first", "history"), a.events)
}

func viewOf(s *session.Session) sessionView {
	v := sessionView{Session: *s, SimTime: s.SimTime()}
	if v.Gaps == nil {
		v.Gaps = []telemetry.Gap{}
	}
	return v
}

func (a *api) session(ctx context.Context, id string) (*session.Session, error) {
	u, err := uuid.Parse(id)
	if err != nil {
		return nil, problem.New(problem.NotFound, "no session is called %q: list them with GET /api/v1/sessions", id)
	}
	return a.History.Session(ctx, u)
}
