package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"volary/internal/drone"
	"volary/internal/mission"
	"volary/internal/problem"
	"volary/internal/scenario"
	"volary/internal/strictjson"
)

// Surroundings is what the API asks and changes around the drones. Its errors
// are *problem.Error.
type Surroundings interface {
	Scene(ctx context.Context) (*scenario.Scene, error)
	Inject(ctx context.Context, f *drone.Fault) (id string, results map[string]drone.Result, err error)
	Mend(ctx context.Context, fault string) error
	SetEnvironment(ctx context.Context, e *scenario.Environment) error
	PutFence(ctx context.Context, f *mission.Fence, replace bool) (*mission.Fence, error)
	DropFence(ctx context.Context, id string) error
}

// faultRequest is drone.Fault with its description for the API.
type faultRequest struct{ drone.Fault }

// Schema describes the body: drones is an array of ids or the word "all".
func (faultRequest) Schema(r huma.Registry) *huma.Schema {
	types := make([]any, len(drone.FaultTypes))
	for i, t := range drone.FaultTypes {
		types[i] = string(t)
	}
	s := &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false, Required: []string{"drones", "type"},
		Properties: map[string]*huma.Schema{
			"drones": {
				Description: "ids, or \"all\"",
				OneOf:       []*huma.Schema{{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString}}, {Type: huma.TypeString, Enum: []any{"all"}}},
			},
			"type":       {Type: huma.TypeString, Description: "what goes wrong: " + wordsOf(types), Examples: []any{"motor_failure"}},
			"params":     r.Schema(typeOf[drone.FaultParams](), true, "FaultParams"),
			"after_s":    {Type: huma.TypeNumber, Description: "simulated seconds from now until it begins"},
			"duration_s": {Type: huma.TypeNumber, Description: "simulated seconds it lasts; left out: until it is cleared"},
		},
	}
	s.PrecomputeMessages()
	return s
}

func wordsOf(all []any) string {
	words := make([]string, len(all))
	for i, w := range all {
		words[i], _ = w.(string)
	}
	return strings.Join(words, ", ")
}

type injected struct {
	ID      string                  `json:"id" doc:"to clear it with"`
	Results map[string]drone.Result `json:"results"`
}

type faultsPage struct {
	Faults []faultReport `json:"faults"`
}

// faultReport is drone.FaultReport flat, for the description of the API.
type faultReport struct {
	ID        string            `json:"id"`
	Drones    any               `json:"drones" doc:"ids, or \"all\""`
	Type      drone.FaultType   `json:"type"`
	Params    drone.FaultParams `json:"params"`
	AfterS    float64           `json:"after_s,omitempty"`
	DurationS float64           `json:"duration_s,omitempty"`
	State     string            `json:"state" enum:"scheduled,active,over,cleared"`
	BeginsS   float64           `json:"begins_s" doc:"simulated time it begins or began"`
	EndsS     float64           `json:"ends_s,omitempty" doc:"simulated time it ends or ended"`
}

type fencesPage struct {
	Geofences []mission.Fence `json:"geofences"`
}

func (a *api) sceneRoutes(g huma.API) {
	a.faultRoutes(g)
	a.fenceRoutes(g)

	huma.Register(g, op("get-environment", http.MethodGet, "/environment", "The air", "surroundings"),
		func(ctx context.Context, _ *nothing) (*answer[scenario.Environment], error) {
			s, err := a.Surroundings.Scene(ctx)
			if err != nil {
				return nil, a.fail(err)
			}
			return ok(s.Environment), nil
		})

	huma.Register(g, op("set-environment", http.MethodPut, "/environment", "Change the air: wind, gusts, temperature, pressure", "surroundings"),
		func(ctx context.Context, in *struct{ Body scenario.Environment }) (*answer[scenario.Environment], error) {
			if err := a.Surroundings.SetEnvironment(ctx, &in.Body); err != nil {
				return nil, a.fail(err)
			}
			return ok(in.Body), nil
		})

	huma.Register(g, op("list-obstacles", http.MethodGet, "/obstacles", "What stands in the way", "surroundings"),
		func(ctx context.Context, _ *nothing) (*answer[obstaclesPage], error) {
			s, err := a.Surroundings.Scene(ctx)
			if err != nil {
				return nil, a.fail(err)
			}
			return ok(obstaclesPage{Obstacles: orEmpty(s.Obstacles)}), nil
		})
}

type obstaclesPage struct {
	Obstacles []scenario.Obstacle `json:"obstacles"`
}

func orEmpty[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

func (a *api) faultRoutes(g huma.API) {
	huma.Register(g, status(op("inject-fault", http.MethodPost, "/faults", "Make something go wrong, now or later", "surroundings"), http.StatusCreated),
		func(ctx context.Context, in *struct{ Body faultRequest }) (*answer[injected], error) {
			id, results, err := a.Surroundings.Inject(ctx, &in.Body.Fault)
			if err != nil {
				return nil, a.fail(err)
			}
			return ok(injected{ID: id, Results: results}), nil
		})

	huma.Register(g, op("list-faults", http.MethodGet, "/faults", "What goes wrong, will, and did", "surroundings"),
		func(ctx context.Context, _ *nothing) (*answer[faultsPage], error) {
			s, err := a.Surroundings.Scene(ctx)
			if err != nil {
				return nil, a.fail(err)
			}
			page := faultsPage{Faults: []faultReport{}}
			for i := range s.Faults {
				f := &s.Faults[i]
				page.Faults = append(page.Faults, faultReport{
					ID: f.ID, Drones: f.Drones, Type: f.Type, Params: f.Params, AfterS: f.AfterS, DurationS: f.DurationS,
					State: f.State, BeginsS: f.BeginsS, EndsS: f.EndsS,
				})
			}
			return ok(page), nil
		})

	huma.Register(g, status(op("clear-fault", http.MethodDelete, "/faults/{id}", "End a fault, or take it off the schedule", "surroundings"), http.StatusNoContent),
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"200"`
		}) (*nothing, error) {
			if err := a.Surroundings.Mend(ctx, in.ID); err != nil {
				return nil, a.fail(err)
			}
			return nil, nil
		})
}

func (a *api) fenceRoutes(g huma.API) {
	huma.Register(g, op("list-geofences", http.MethodGet, "/geofences", "The geofences in force", "surroundings"),
		func(ctx context.Context, _ *nothing) (*answer[fencesPage], error) {
			s, err := a.Surroundings.Scene(ctx)
			if err != nil {
				return nil, a.fail(err)
			}
			return ok(fencesPage{Geofences: orEmpty(s.Geofences)}), nil
		})

	create := status(op("add-geofence", http.MethodPost, "/geofences", "Add a geofence as JSON, or those of a QGroundControl plan", "surroundings"), http.StatusCreated)
	create.MaxBodyBytes = maxUpload
	create.SkipValidateBody = true
	create.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: g.OpenAPI().Components.Schemas.Schema(typeOf[mission.Fence](), true, "Fence")},
	}}
	huma.Register(g, create, func(ctx context.Context, in *upload) (*answer[fencesPage], error) {
		fences, err := in.fences()
		if err != nil {
			return nil, a.fail(err)
		}
		page := fencesPage{Geofences: []mission.Fence{}}
		for i := range fences {
			f, err := a.Surroundings.PutFence(ctx, &fences[i], false)
			if err != nil {
				return nil, a.fail(err)
			}
			page.Geofences = append(page.Geofences, *f)
		}
		return ok(page), nil
	})

	huma.Register(g, op("get-geofence", http.MethodGet, "/geofences/{id}", "One geofence", "surroundings"),
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"200"`
		}) (*answer[mission.Fence], error) {
			s, err := a.Surroundings.Scene(ctx)
			if err != nil {
				return nil, a.fail(err)
			}
			i := slices.IndexFunc(s.Geofences, func(f mission.Fence) bool { return f.ID == in.ID })
			if i < 0 {
				return nil, a.fail(problem.New(problem.NotFound, "no geofence is called %q: list them with GET /api/v1/geofences", in.ID))
			}
			return ok(s.Geofences[i]), nil
		})

	huma.Register(g, op("replace-geofence", http.MethodPut, "/geofences/{id}", "Replace a geofence", "surroundings"),
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"200"`
			Body mission.Fence
		}) (*answer[mission.Fence], error) {
			in.Body.ID = in.ID
			f, err := a.Surroundings.PutFence(ctx, &in.Body, true)
			if err != nil {
				return nil, a.fail(err)
			}
			return ok(*f), nil
		})

	huma.Register(g, status(op("remove-geofence", http.MethodDelete, "/geofences/{id}", "Remove a geofence", "surroundings"), http.StatusNoContent),
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"200"`
		}) (*nothing, error) {
			if err := a.Surroundings.DropFence(ctx, in.ID); err != nil {
				return nil, a.fail(err)
			}
			return nil, nil
		})
}

// fences makes geofences of what was uploaded.
func (u *upload) fences() ([]mission.Fence, error) {
	if u.Format == "plan" || strings.Contains(u.ContentType, "qgroundcontrol") {
		name := u.Name
		if name == "" {
			name = "plan"
		}
		all, err := mission.ParsePlanFences(u.RawBody, name)
		if err != nil {
			return nil, problem.FromFields("the plan's fences can't be taken", err)
		}
		if len(all) == 0 {
			return nil, problem.New(problem.Invalid, "the plan holds no geofence")
		}
		return all, nil
	}
	var f mission.Fence
	if err := strictjson.Decode(u.RawBody, &f); err != nil {
		p := problem.FromFields("the body can't be read", err)
		p.Code = problem.Malformed
		return nil, p
	}
	if err := f.Check(); err != nil {
		return nil, problem.FromFields("the geofence can't be", err)
	}
	return []mission.Fence{f}, nil
}
