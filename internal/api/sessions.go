package api

import (
	"context"
	"math"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"volary/internal/drone"
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

// trackPage is a stretch of one drone's flight, a column a field.
type trackPage struct {
	Session string               `json:"session"`
	Drone   string               `json:"drone"`
	Samples int                  `json:"samples" doc:"rows in each column"`
	Tick    []uint64             `json:"tick"`
	SimTime []float64            `json:"sim_time"`
	Columns map[string][]float64 `json:"columns" doc:"x, y, z, vx, vy, vz, roll_deg, pitch_deg, heading_deg, battery_pct, voltage_v, current_a"`
	Mode    []string             `json:"mode"`
	Gaps    []telemetry.Gap      `json:"gaps" doc:"stretches of which nothing was kept"`
	Next    *float64             `json:"next_from,omitempty" doc:"give it as from to get the rest; absent: this is all"`
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

	huma.Register(g, op("list-events", http.MethodGet, "/events", "What happened, newest first", "history"),
		func(ctx context.Context, in *struct {
			Session  string `query:"session" doc:"id; default: all"`
			Severity string `query:"severity" enum:"info,warning,error"`
			Drone    string `query:"drone"`
			Limit    int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
			Cursor   string `query:"cursor"`
		}) (*answer[eventsPage], error) {
			all, next, err := a.History.Events(ctx, session.EventFilter{
				Session: in.Session, Severity: telemetry.Severity(in.Severity), Drone: in.Drone, Limit: in.Limit, Cursor: in.Cursor,
			})
			if err != nil {
				return nil, a.failCursor(err, in.Cursor)
			}
			if all == nil {
				all = []telemetry.Event{}
			}
			return ok(eventsPage{all, next}), nil
		})
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

// maxRows bounds one page of a track.
const maxRows = 20_000

func (a *api) telemetry(ctx context.Context, in *struct {
	ID        string  `path:"id"`
	Drone     string  `query:"drone" required:"true" doc:"id of the drone" example:"d1"`
	From      float64 `query:"from" minimum:"0" doc:"simulated seconds; default: the beginning"`
	To        float64 `query:"to" minimum:"0" doc:"simulated seconds; default: the end"`
	MaxPoints int     `query:"max_points" minimum:"0" maximum:"20000" doc:"thin out evenly to so many rows; 0: all"`
}) (*answer[trackPage], error) {
	s, err := a.session(ctx, in.ID)
	if err != nil {
		return nil, a.fail(err)
	}
	if in.To > 0 && in.From > in.To {
		return nil, a.fail(&problem.Error{Code: problem.Malformed, Message: "the range is empty", Fields: []problem.Field{{Name: "query.from", Message: "lies after to"}}})
	}
	slot, err := a.slotOf(ctx, s, in.Drone)
	if err != nil {
		return nil, a.fail(err)
	}
	hz := float64(s.TickHz)
	rows, err := a.History.Track(ctx, s.ID, slot, uint64(math.Ceil(in.From*hz)), uint64(in.To*hz))
	if err != nil {
		return nil, a.fail(err)
	}
	page := trackPage{Session: s.ID.String(), Drone: in.Drone, Gaps: s.Gaps}
	if page.Gaps == nil {
		page.Gaps = []telemetry.Gap{}
	}
	if len(rows) > maxRows && in.MaxPoints == 0 {
		next := float64(rows[maxRows].Tick) / hz
		page.Next, rows = &next, rows[:maxRows]
	}
	page.fill(thin(rows, in.MaxPoints), hz)
	return ok(page), nil
}

func (a *api) slotOf(ctx context.Context, s *session.Session, id string) (uint32, error) {
	all, err := a.History.Members(ctx, s.ID)
	if err != nil {
		return 0, err
	}
	for _, m := range all {
		if m.ID == id {
			return uint32(m.Slot), nil
		}
	}
	return 0, problem.New(problem.NotFound, "no drone of this session is called %q: list them with GET /api/v1/sessions/%s/drones", id, s.ID)
}

// thin keeps n rows spread evenly, the first and the last among them.
func thin(rows []telemetry.TimedSample, n int) []telemetry.TimedSample {
	if n < 2 || len(rows) <= n {
		return rows
	}
	out := make([]telemetry.TimedSample, n)
	for i := range out {
		out[i] = rows[i*(len(rows)-1)/(n-1)]
	}
	return out
}

func (p *trackPage) fill(rows []telemetry.TimedSample, hz float64) {
	p.Samples = len(rows)
	p.Tick, p.SimTime, p.Mode = make([]uint64, len(rows)), make([]float64, len(rows)), make([]string, len(rows))
	columns := []struct {
		name string
		of   func(*telemetry.TimedSample) float64
	}{
		{"x", func(s *telemetry.TimedSample) float64 { return float64(s.X) / 1000 }},
		{"y", func(s *telemetry.TimedSample) float64 { return float64(s.Y) / 1000 }},
		{"z", func(s *telemetry.TimedSample) float64 { return float64(s.Z) / 1000 }},
		{"vx", func(s *telemetry.TimedSample) float64 { return float64(s.VX) / 100 }},
		{"vy", func(s *telemetry.TimedSample) float64 { return float64(s.VY) / 100 }},
		{"vz", func(s *telemetry.TimedSample) float64 { return float64(s.VZ) / 100 }},
		{"roll_deg", func(s *telemetry.TimedSample) float64 { return float64(s.Roll) / 100 }},
		{"pitch_deg", func(s *telemetry.TimedSample) float64 { return float64(s.Pitch) / 100 }},
		{"heading_deg", func(s *telemetry.TimedSample) float64 { return float64(s.Heading) / 100 }},
		{"battery_pct", func(s *telemetry.TimedSample) float64 { return float64(s.Battery) / 100 }},
		{"voltage_v", func(s *telemetry.TimedSample) float64 { return float64(s.Voltage) / 100 }},
		{"current_a", func(s *telemetry.TimedSample) float64 { return float64(s.Current) / 100 }},
	}
	p.Columns = make(map[string][]float64, len(columns))
	for _, c := range columns {
		p.Columns[c.name] = make([]float64, len(rows))
	}
	for i := range rows {
		r := &rows[i]
		p.Tick[i], p.SimTime[i], p.Mode[i] = r.Tick, float64(r.Tick)/hz, drone.Mode(r.Mode).String()
		for _, c := range columns {
			p.Columns[c.name][i] = c.of(r)
		}
	}
}
