package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"volary/internal/clock"
	"volary/internal/mission"
	"volary/internal/problem"
	"volary/internal/session"
)

type beginRequest struct {
	Scenario string  `json:"scenario" minLength:"1" doc:"the name of a scenario on the shelf, or the scenario itself, YAML" example:"survey"`
	Seed     *uint64 `json:"seed,omitempty" doc:"instead of the scenario's"`
	Drones   *int    `json:"drones,omitempty" minimum:"0" maximum:"10000" doc:"so many drones of its first kind instead of its fleet"`
}

type forkRequest struct {
	From     *float64     `json:"from,omitempty" minimum:"0" doc:"simulated seconds; default: the last moment kept" example:"12.5"`
	Speed    *clock.Speed `json:"speed,omitempty" doc:"simulated seconds per wall second, or \"max\"; default: as it is"`
	Paused   bool         `json:"paused,omitempty" doc:"begin paused"`
	Commands *bool        `json:"commands,omitempty" doc:"what the parent was told after that moment is told again at the same ticks; default true"`
}

func (a *api) pastRoutes(g huma.API) {
	huma.Register(g, status(op("begin-session", http.MethodPost, "/sessions", "End the live run and begin another from a scenario", "history"), http.StatusCreated),
		func(ctx context.Context, in *struct{ Body beginRequest }) (*answer[sessionView], error) {
			text, err := a.scenarioText(in.Body.Scenario)
			if err != nil {
				return nil, a.fail(err)
			}
			s, err := a.Past.BeginSession(ctx, session.Begin{Scenario: text, Seed: in.Body.Seed, Drones: in.Body.Drones})
			return a.one(s, err)
		})

	huma.Register(g, op("end-session", http.MethodPost, "/sessions/{id}/end", "End a run", "history"),
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		}) (*answer[sessionView], error) {
			s, err := a.session(ctx, in.ID)
			if err != nil {
				return nil, a.fail(err)
			}
			s, err = a.Past.EndSession(ctx, s.ID)
			return a.one(s, err)
		})

	huma.Register(g, status(op("fork-session", http.MethodPost, "/sessions/{id}/fork", "End the live run and begin another from a moment of this one, with everything as it was", "history"), http.StatusCreated),
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body forkRequest
		}) (*answer[sessionView], error) {
			s, err := a.session(ctx, in.ID)
			if err != nil {
				return nil, a.fail(err)
			}
			q := in.Body
			if q.Speed != nil {
				if err := clock.CheckSpeed(float64(*q.Speed)); err != nil {
					return nil, a.fail(problem.FromFields("the session can't be forked", &mission.FieldError{Field: "speed", Message: err.Error()}))
				}
			}
			s, err = a.Past.Fork(ctx, s.ID, session.Fork{From: q.From, Speed: q.Speed, Paused: q.Paused, Commands: q.Commands == nil || *q.Commands})
			return a.one(s, err)
		})

	huma.Register(g, status(op("delete-session", http.MethodDelete, "/sessions/{id}", "Delete a run that has ended, and give its space back", "history"), http.StatusNoContent),
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		}) (*struct{}, error) {
			s, err := a.session(ctx, in.ID)
			if err != nil {
				return nil, a.fail(err)
			}
			if err := a.Past.DeleteSession(ctx, s.ID); err != nil {
				return nil, a.fail(err)
			}
			return nil, nil
		})

	huma.Register(g, op("diff-sessions", http.MethodGet, "/sessions/{id}/diff/{other}", "Where two runs part", "history"),
		func(ctx context.Context, in *struct {
			ID    string `path:"id"`
			Other string `path:"other"`
		}) (*answer[session.Diff], error) {
			x, err := a.session(ctx, in.ID)
			if err != nil {
				return nil, a.fail(err)
			}
			y, err := a.session(ctx, in.Other)
			if err != nil {
				return nil, a.fail(err)
			}
			d, err := a.Past.Diff(ctx, x.ID, y.ID)
			if err != nil {
				return nil, a.fail(err)
			}
			return ok(*d), nil
		})
}

// one answers with a session.
func (a *api) one(s *session.Session, err error) (*answer[sessionView], error) {
	if err != nil {
		return nil, a.fail(err)
	}
	return ok(viewOf(s)), nil
}
