package api

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"volary/internal/mission"
	"volary/internal/problem"
	"volary/internal/strictjson"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

type missionsPage struct {
	Missions []mission.Mission `json:"missions"`
	Next     string            `json:"next_cursor,omitempty"`
}

// missionRequest is a mission as a client writes it.
type missionRequest struct {
	Name    string         `json:"name" doc:"for people"`
	SpeedMS float64        `json:"speed_ms,omitempty" doc:"cruise speed, m/s; 0 takes the drone's own"`
	Repeat  bool           `json:"repeat,omitempty" doc:"begin again after the last item"`
	Items   []mission.Item `json:"items"`
}

type upload struct {
	Format      string `query:"format" enum:"json,plan" default:"json" doc:"json, or plan: a QGroundControl file"`
	Name        string `query:"name" maxLength:"200" doc:"of a plan, which has none"`
	ContentType string `header:"Content-Type"`
	RawBody     []byte
}

func (a *api) missionRoutes(g huma.API) {
	huma.Register(g, op("list-missions", http.MethodGet, "/missions", "The missions there are, newest first", "missions"),
		func(ctx context.Context, in *struct {
			Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
			Cursor string `query:"cursor"`
		}) (*answer[missionsPage], error) {
			all, next, err := a.History.Missions(ctx, in.Limit, in.Cursor)
			if err != nil {
				return nil, a.fail(err)
			}
			if all == nil {
				all = []mission.Mission{}
			}
			return ok(missionsPage{all, next}), nil
		})

	create := status(op("add-mission", http.MethodPost, "/missions", "Add a mission, as JSON or as a QGroundControl plan", "missions"), http.StatusCreated)
	create.MaxBodyBytes = maxUpload
	huma.Register(g, describe(g, create), func(ctx context.Context, in *upload) (*answer[mission.Mission], error) {
		m, err := in.read()
		if err != nil {
			return nil, a.fail(err)
		}
		m.ID = uuid.NewString()
		if err := a.History.CreateMission(ctx, m); err != nil {
			return nil, a.fail(err)
		}
		return ok(withoutPlan(m)), nil
	})

	huma.Register(g, op("get-mission", http.MethodGet, "/missions/{id}", "One mission, or the QGroundControl plan it came from", "missions"), a.getMission)

	replace := op("replace-mission", http.MethodPut, "/missions/{id}", "Replace a mission", "missions")
	replace.MaxBodyBytes = maxUpload
	huma.Register(g, describe(g, replace), func(ctx context.Context, in *struct {
		ID string `path:"id"`
		upload
	}) (*answer[mission.Mission], error) {
		m, err := in.read()
		if err != nil {
			return nil, a.fail(err)
		}
		m.ID = in.ID
		if err := a.History.UpdateMission(ctx, m); err != nil {
			return nil, a.fail(err)
		}
		return ok(withoutPlan(m)), nil
	})

	huma.Register(g, status(op("delete-mission", http.MethodDelete, "/missions/{id}", "Remove a mission", "missions"), http.StatusNoContent),
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		}) (*nothing, error) {
			if err := a.History.DeleteMission(ctx, in.ID); err != nil {
				return nil, a.fail(err)
			}
			return nil, nil
		})
}

// describe adds to an operation what huma can't see behind a raw body.
func describe(g huma.API, o huma.Operation) huma.Operation {
	o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: g.OpenAPI().Components.Schemas.Schema(typeOf[missionRequest](), true, "MissionRequest")},
	}}
	o.SkipValidateBody = true
	return o
}

// read makes a mission of what was uploaded.
func (u *upload) read() (*mission.Mission, error) {
	name := u.Name
	if u.Format == "plan" || strings.Contains(u.ContentType, "qgroundcontrol") {
		if name == "" {
			name = "plan"
		}
		m, err := mission.ParsePlan(u.RawBody, name)
		if err != nil {
			return nil, problem.FromFields("the plan can't be flown", err)
		}
		return m, nil
	}
	var q missionRequest
	if err := strictjson.Decode(u.RawBody, &q); err != nil {
		p := problem.FromFields("the body can't be read", err)
		p.Code = problem.Malformed
		return nil, p
	}
	m := &mission.Mission{Name: q.Name, SpeedMS: q.SpeedMS, Repeat: q.Repeat, Items: q.Items}
	if err := m.Check(); err != nil {
		return nil, problem.FromFields("the mission can't be flown", err)
	}
	return m, nil
}

func withoutPlan(m *mission.Mission) mission.Mission {
	c := *m
	c.Plan = nil
	return c
}

func (a *api) getMission(ctx context.Context, in *struct {
	ID     string `path:"id"`
	Format string `query:"format" enum:"json,plan" default:"json"`
}) (*answer[any], error) {
	m, err := a.History.Mission(ctx, in.ID)
	if err != nil {
		return nil, a.fail(err)
	}
	if in.Format == "plan" {
		if len(m.Plan) == 0 {
			return nil, a.fail(problem.New(problem.Unsupported, "this mission did not come from a plan, and writing one is not part of this version"))
		}
		return ok[any](m.Plan), nil
	}
	return ok[any](withoutPlan(m)), nil
}
