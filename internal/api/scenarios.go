package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"volary/internal/mission"
	"volary/internal/problem"
	"volary/internal/scenario"
)

// Scenarios are the scenarios that can be flown. Errors are *problem.Error.
type Scenarios interface {
	Scenarios() []scenario.Card
	Scenario(name string) (scenario.Card, error)
	KeepScenario(sc *scenario.Scenario, replace bool) error
	RemoveScenario(name string) error
}

const mediaYAML = "application/yaml"

type scenariosPage struct {
	Scenarios []scenario.Card `json:"scenarios"`
}

func (a *api) scenarioRoutes(g huma.API) {
	huma.Register(g, op("list-scenarios", http.MethodGet, "/scenarios", "The scenarios that can be flown", "scenarios"),
		func(context.Context, *nothing) (*answer[scenariosPage], error) {
			return ok(scenariosPage{a.Scenarios.Scenarios()}), nil
		})

	huma.Register(g, op("get-scenario", http.MethodGet, "/scenarios/{name}", "A scenario as it was written, YAML", "scenarios"),
		func(_ context.Context, in *struct {
			Name        string   `path:"name"`
			IfNoneMatch []string `header:"If-None-Match"`
		}) (*document, error) {
			c, err := a.Scenarios.Scenario(in.Name)
			if err != nil {
				return nil, a.fail(err)
			}
			sum := sha256.Sum256(c.Text)
			out := &document{Status: http.StatusOK, ContentType: mediaYAML, ETag: `"` + hex.EncodeToString(sum[:12]) + `"`, Body: c.Text}
			if matches(in.IfNoneMatch, out.ETag) {
				out.Status, out.ContentType, out.Body = http.StatusNotModified, "", nil
			}
			return out, nil
		})

	add := status(op("add-scenario", http.MethodPost, "/scenarios", "Check a scenario, line by line, and keep it", "scenarios"), http.StatusCreated)
	add.Metadata = map[string]any{accepts: []string{mediaYAML, "application/x-yaml", "text/yaml", "text/x-yaml"}}
	add.SkipValidateBody = true
	add.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{mediaYAML: {Schema: &huma.Schema{Type: huma.TypeString}}}}
	huma.Register(g, add, func(_ context.Context, in *struct {
		Check   bool `query:"check" doc:"only read it; keep nothing"`
		Replace bool `query:"replace" doc:"replace the one of that name"`
		RawBody []byte
	}) (*answer[scenario.Card], error) {
		sc, err := scenario.Parse(in.RawBody)
		if err != nil {
			return nil, a.fail(scenarioProblem(err))
		}
		if err := mission.CheckName(sc.Name); err != nil {
			return nil, a.fail(problem.FromFields("the scenario can't be kept", &mission.FieldError{Field: "name", Message: err.Error()}))
		}
		if !in.Check {
			if err := a.Scenarios.KeepScenario(sc, in.Replace); err != nil {
				return nil, a.fail(err)
			}
		}
		return ok(sc.Card()), nil
	})

	huma.Register(g, status(op("remove-scenario", http.MethodDelete, "/scenarios/{name}", "Take a scenario off the shelf", "scenarios"), http.StatusNoContent),
		func(_ context.Context, in *struct {
			Name string `path:"name"`
		}) (*nothing, error) {
			if err := a.Scenarios.RemoveScenario(in.Name); err != nil {
				return nil, a.fail(err)
			}
			return nil, nil
		})
}

// scenarioProblem tells each thing that is wrong with its line and column.
func scenarioProblem(err error) error {
	p := &problem.Error{Code: problem.Invalid, Message: "the scenario can't be flown"}
	for _, one := range scenario.Problems(err) {
		field, text := one.Where()
		p.Fields = append(p.Fields, problem.Field{Name: field, Message: text})
	}
	return p
}

// scenarioText is what begins a session: the YAML itself, or the name of one on
// the shelf.
func (a *api) scenarioText(given string) (string, error) {
	if strings.ContainsAny(given, "\n:") || a.Scenarios == nil {
		return given, nil
	}
	c, err := a.Scenarios.Scenario(given)
	return string(c.Text), err
}
