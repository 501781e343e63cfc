package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"volary/internal/drone"
)

// commandRequest is drone.Command with its description for the API.
type commandRequest struct {
	drone.Command
}

// Schema describes the body: drones is an array of ids or the word "all".
func (commandRequest) Schema(r huma.Registry) *huma.Schema {
	params := r.Schema(typeOf[drone.Params](), true, "CommandParams")
	closed := false
	s := &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: closed, Required: []string{"drones", "type"},
		Properties: map[string]*huma.Schema{
			"id": {Type: huma.TypeString, Format: "uuid", Description: "the same id and body again: the same answer, carried out once"},
			"drones": {
				Description: `ids, or "all"`,
				OneOf: []*huma.Schema{
					{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString}},
					{Type: huma.TypeString, Enum: []any{"all"}},
				},
				Examples: []any{"all"},
			},
			"type":   {Type: huma.TypeString, Description: "arm, disarm, takeoff, land, hold, goto, velocity, mission_start, mission_pause, mission_resume, orbit, rtl, set_speed, kill", Examples: []any{"takeoff"}},
			"params": params,
		},
	}
	s.PrecomputeMessages()
	return s
}

func (a *api) commandRoutes(g huma.API) {
	huma.Register(g, op("send-command", http.MethodPost, "/commands", "Tell drones what to do, and hear from each what became of it", "live"),
		func(ctx context.Context, in *struct {
			Key  string `header:"Idempotency-Key" doc:"UUID; stands for id where the body has none"`
			Body commandRequest
		}) (*answer[drone.Answer], error) {
			if in.Body.ID == "" {
				in.Body.ID = in.Key
			}
			r, err := a.Commander.Command(ctx, &in.Body.Command)
			if err != nil {
				return nil, a.fail(err)
			}
			return ok(*r), nil
		})
}
