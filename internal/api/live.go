package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"volary/internal/drone"
	"volary/internal/fleet"
	"volary/internal/geo"
	"volary/internal/physics"
	"volary/internal/problem"
	"volary/internal/scenario"
	"volary/internal/session"
)

// answer is a response with a body.
type answer[T any] struct{ Body T }

func ok[T any](v T) *answer[T] { return &answer[T]{Body: v} }

type nothing struct{}

type dronesPage struct {
	Drones []fleet.Drone `json:"drones"`
	Next   string        `json:"next_cursor,omitempty" doc:"give it as cursor to get the next page; absent: there is none"`
}

type spawnRequest struct {
	Count     int      `json:"count" minimum:"1" maximum:"10000" doc:"how many drones" example:"10"`
	Model     string   `json:"model,omitempty" doc:"airframe, see GET /models; default x500" example:"x500"`
	Name      string   `json:"name,omitempty" maxLength:"200" doc:"the drones are called NAME-1, NAME-2, ..."`
	Formation string   `json:"formation,omitempty" enum:"grid,line,circle" doc:"default grid"`
	Spacing   float64  `json:"spacing_m,omitempty" minimum:"0" maximum:"10000" doc:"between neighbours; default 5 m"`
	Heading   float64  `json:"heading_deg,omitempty" minimum:"-360" maximum:"360" doc:"noses, clockwise from north"`
	Origin    *geo2D   `json:"origin,omitempty" doc:"centre of the formation; default the world's origin"`
	X         *float64 `json:"x,omitempty" doc:"centre, metres east of the world's origin, instead of origin"`
	Y         *float64 `json:"y,omitempty" doc:"centre, metres north of the world's origin"`
	Seed      uint64   `json:"seed,omitempty" doc:"for what is drawn by lot"`
}

// geo2D is a place on the ground.
type geo2D struct {
	Lat float64 `json:"lat" minimum:"-90" maximum:"90"`
	Lon float64 `json:"lon" minimum:"-180" maximum:"180"`
	Alt float64 `json:"alt_m,omitempty" doc:"ignored: drones stand on the ground"`
}

type spawned struct {
	IDs []string `json:"ids"`
}

type modelsPage struct {
	Models []model `json:"models"`
}

type model struct {
	Name           string            `json:"name"`
	Title          string            `json:"title"`
	MassKg         float64           `json:"mass_kg"`
	SizeM          float64           `json:"size_m" doc:"rotor axis to rotor axis, across"`
	Rotors         int               `json:"rotors"`
	MaxThrustN     float64           `json:"max_thrust_n"`
	ThrustToWeight float64           `json:"thrust_to_weight"`
	MaxSpeedMS     float64           `json:"max_speed_ms" doc:"limit of the autopilot"`
	CruiseMS       float64           `json:"cruise_ms"`
	EnduranceS     float64           `json:"endurance_s" doc:"hovering, from full to empty"`
	Sources        map[string]string `json:"sources" doc:"where the numbers come from"`
}

type simState struct {
	Tick    uint64  `json:"tick"`
	SimTime float64 `json:"sim_time"`
	Paused  bool    `json:"paused"`
	Speed   any     `json:"speed" doc:"a number, or \"max\""`
	RTF     float64 `json:"rtf"`
}

func (a *api) liveRoutes(g huma.API) {
	huma.Register(g, op("get-status", http.MethodGet, "/status", "The state of the whole in one page", "live"),
		func(context.Context, *nothing) (*answer[fleet.Status], error) { return ok(a.Status()), nil })

	huma.Register(g, op("list-drones", http.MethodGet, "/drones", "The fleet as last heard", "live"),
		func(_ context.Context, in *struct {
			Limit  int    `query:"limit" minimum:"1" maximum:"10000" default:"1000"`
			Cursor string `query:"cursor"`
		}) (*answer[dronesPage], error) {
			return a.listDrones(in.Limit, in.Cursor)
		})

	huma.Register(g, op("get-drone", http.MethodGet, "/drones/{id}", "One drone as last heard", "live"),
		func(_ context.Context, in *struct {
			ID string `path:"id"`
		}) (*answer[fleet.Drone], error) {
			p := a.Fleet.Picture()
			s, found := p.Find(in.ID)
			if !found {
				return nil, a.fail(problem.New(problem.NotFound, "no drone is called %q: list them with GET /api/v1/drones", in.ID))
			}
			d, err := p.Drone(&s)
			if err != nil {
				return nil, a.fail(err)
			}
			return ok(d), nil
		})

	huma.Register(g, status(op("add-drones", http.MethodPost, "/drones", "Put drones on the ground", "live"), http.StatusCreated),
		func(ctx context.Context, in *struct{ Body spawnRequest }) (*answer[spawned], error) {
			added, err := a.Commander.Spawn(ctx, in.Body.group())
			if err != nil {
				return nil, a.fail(err)
			}
			out := spawned{IDs: make([]string, len(added))}
			for i, d := range added {
				out.IDs[i] = d.ID
			}
			return ok(out), nil
		})

	huma.Register(g, op("remove-drone", http.MethodDelete, "/drones/{id}", "Take a drone out of the world", "live"),
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		}) (*answer[removed], error) {
			r, err := a.Commander.Remove(ctx, drone.Selection{IDs: []string{in.ID}})
			if err != nil {
				return nil, a.fail(err)
			}
			if r[in.ID] != drone.Accepted() {
				return nil, a.fail(problem.New(problem.NotFound, "no drone is called %q", in.ID))
			}
			return ok(removed{Removed: 1}), nil
		})

	huma.Register(g, op("remove-drones", http.MethodDelete, "/drones", "Take all drones out of the world", "live"),
		func(ctx context.Context, _ *nothing) (*answer[removed], error) {
			r, err := a.Commander.Remove(ctx, drone.Selection{All: true})
			if err != nil {
				return nil, a.fail(err)
			}
			return ok(removed{Removed: len(r)}), nil
		})

	huma.Register(g, op("list-models", http.MethodGet, "/models", "The airframes there are", "live"),
		func(context.Context, *nothing) (*answer[modelsPage], error) {
			page, err := models()
			if err != nil {
				return nil, a.fail(err)
			}
			return ok(page), nil
		})

	huma.Register(g, op("get-sim", http.MethodGet, "/sim", "Simulated time", "live"),
		func(context.Context, *nothing) (*answer[simState], error) { return ok(a.simState()), nil })

	huma.Register(g, op("steer-sim", http.MethodPost, "/sim", "Pause, resume, step, change the speed, or begin anew", "live"),
		func(ctx context.Context, in *struct{ Body actionRequest }) (*answer[simState], error) {
			if err := a.Commander.Act(ctx, in.Body.Action); err != nil {
				return nil, a.fail(err)
			}
			return ok(a.simState()), nil
		})
}

// actionRequest is session.Action with its description for the API.
type actionRequest struct{ session.Action }

// Schema describes the body: speed is a number or the word "max".
func (actionRequest) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false, Required: []string{"action"},
		Properties: map[string]*huma.Schema{
			"action": {Type: huma.TypeString, Description: "pause, resume, step, speed or reset", Examples: []any{"pause"}},
			"ticks":  {Type: huma.TypeInteger, Description: "step: how many ticks, default 1"},
			"speed": {
				Description: "speed: simulated seconds per wall second, 0.1 to 100, or \"max\"",
				OneOf:       []*huma.Schema{{Type: huma.TypeNumber}, {Type: huma.TypeString, Enum: []any{"max"}}},
			},
		},
	}
	s.PrecomputeMessages()
	return s
}

type removed struct {
	Removed int `json:"removed"`
}

func op(id, method, path, summary, tag string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{tag},
		MaxBodyBytes: maxBody,
	}
}

func status(o huma.Operation, code int) huma.Operation {
	o.DefaultStatus = code
	return o
}

func (a *api) simState() simState {
	s := a.Status()
	return simState{Tick: s.Tick, SimTime: s.SimTime, Paused: s.Paused, Speed: s.Speed, RTF: s.RTF}
}

func (a *api) listDrones(limit int, cursor string) (*answer[dronesPage], error) {
	p := a.Fleet.Picture()
	from := uint64(0) // slot to begin with
	if cursor != "" {
		var err error
		if from, err = strconv.ParseUint(cursor, 36, 32); err != nil {
			return nil, a.fail(&problem.Error{Code: problem.Malformed, Message: "the cursor is none that this API gave", Fields: []problem.Field{{Name: "query.cursor", Message: "give next_cursor of the last page"}}})
		}
	}
	page := dronesPage{Drones: []fleet.Drone{}}
	for i := range p.Samples {
		s := &p.Samples[i]
		if uint64(s.Slot) < from {
			continue
		}
		if len(page.Drones) == limit {
			page.Next = strconv.FormatUint(uint64(s.Slot), 36)
			break
		}
		d, err := p.Drone(s)
		if err != nil {
			return nil, a.fail(err)
		}
		page.Drones = append(page.Drones, d)
	}
	return ok(page), nil
}

func (q *spawnRequest) group() scenario.Group {
	g := scenario.Group{
		Count: q.Count, Model: q.Model, Name: q.Name, Formation: q.Formation, Spacing: q.Spacing, Heading: q.Heading, Seed: q.Seed,
	}
	if g.Model == "" {
		g.Model = "x500"
	}
	if q.X != nil {
		g.X = *q.X
	}
	if q.Y != nil {
		g.Y = *q.Y
	}
	if q.Origin != nil {
		g.Origin = &geo.LLA{Lat: q.Origin.Lat, Lon: q.Origin.Lon}
	}
	return g
}

func models() (modelsPage, error) {
	all, err := physics.Builtin()
	if err != nil {
		return modelsPage{}, fmt.Errorf("api: %w", err)
	}
	page := modelsPage{}
	for _, name := range physics.Names(all) {
		f := all[name]
		w := f.SpeedMax.Value
		page.Models = append(page.Models, model{
			Name: f.Name, Title: f.Title, MassKg: f.Mass.Value, SizeM: f.Size.Value, Rotors: len(f.Rotors),
			MaxThrustN: float64(len(f.Rotors)) * f.Thrust.Value * w * w, ThrustToWeight: f.ThrustToWeight(),
			MaxSpeedMS: f.Limits.Speed, CruiseMS: f.Cruise.Value, EnduranceS: f.EnduranceS(),
			Sources: map[string]string{
				"mass_kg": f.Mass.Source, "size_m": f.Size.Source, "max_thrust_n": f.Thrust.Source,
				"max_speed_ms": f.Limits.Source, "cruise_ms": f.Cruise.Source, "endurance_s": f.Battery.Source,
			},
		})
	}
	return page, nil
}
