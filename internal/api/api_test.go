package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"volary/internal/drone"
	"volary/internal/fleet"
	"volary/internal/mission"
	"volary/internal/problem"
	"volary/internal/scenario"
	"volary/internal/session"
)

// bridge stands where the backend is: it checks as the backend does and notes
// what reached it.
type bridge struct{ commands []drone.Command }

func (b *bridge) Command(_ context.Context, c *drone.Command) (*drone.Answer, error) {
	if err := c.Check(); err != nil {
		return nil, problem.FromFields("the command can't be carried out", err)
	}
	b.commands = append(b.commands, *c)
	return &drone.Answer{ID: "x", Results: map[string]drone.Result{"d1": drone.Accepted()}}, nil
}

func (b *bridge) Act(_ context.Context, a session.Action) error {
	if err := a.Check(); err != nil {
		return problem.FromFields("the action can't be carried out", err)
	}
	return nil
}

func (b *bridge) Spawn(_ context.Context, g scenario.Group) ([]drone.Info, error) {
	if err := g.Check(); err != nil {
		return nil, problem.New(problem.Invalid, "%v", err)
	}
	return make([]drone.Info, g.Count), nil
}

func (b *bridge) Remove(context.Context, drone.Selection) (map[string]drone.Result, error) {
	return nil, problem.New(problem.Unavailable, "no simulator is connected: nothing was done")
}

func (b *bridge) Scene(context.Context) (*scenario.Scene, error) { return &scenario.Scene{}, nil }

func (b *bridge) Inject(_ context.Context, f *drone.Fault) (string, map[string]drone.Result, error) {
	if err := f.Check(); err != nil {
		return "", nil, problem.FromFields("the fault can't happen", err)
	}
	return "f1", map[string]drone.Result{"d1": drone.Accepted()}, nil
}

func (b *bridge) Mend(_ context.Context, id string) error {
	if id != "f1" {
		return problem.New(problem.NotFound, "no fault is called %q", id)
	}
	return nil
}

func (b *bridge) SetEnvironment(_ context.Context, e *scenario.Environment) error {
	if err := e.Check(); err != nil {
		return problem.FromFields("the air can't be like that", err)
	}
	return nil
}

func (b *bridge) PutFence(_ context.Context, f *mission.Fence, replace bool) (*mission.Fence, error) {
	if err := f.Check(); err != nil {
		return nil, problem.FromFields("the geofence can't be", err)
	}
	if replace && f.ID != "g1" {
		return nil, problem.New(problem.NotFound, "no geofence is called %q", f.ID)
	}
	return f, nil
}

func (b *bridge) DropFence(context.Context, string) error { return nil }

// shelf is a history that holds nothing; what isn't overridden panics, as a
// handler might.
type shelf struct{ History }

func (shelf) Session(context.Context, uuid.UUID) (*session.Session, error) {
	return nil, session.ErrNotFound
}
func (shelf) CreateMission(context.Context, *mission.Mission) error { return nil }

func TestEveryRequestIsAnsweredAsTheContractSays(t *testing.T) {
	b := &bridge{}
	h := New(Config{
		Fleet: fleet.New(), Commander: b, Surroundings: b, History: shelf{}, Status: func() fleet.Status { return fleet.Status{} },
		Ready: func(context.Context) error { return nil }, Metrics: http.NotFoundHandler(), Version: "test", Log: zerolog.Nop(),
	})
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		where                    string // place of an error, "" for any
	}{
		{"health", "GET", "/healthz", "", 200, ""},
		{"readiness", "GET", "/readyz", "", 200, ""},
		{"description", "GET", "/openapi.json", "", 200, ""},
		{"page of the description", "GET", "/docs", "", 200, ""},
		{"status", "GET", "/api/v1/status", "", 200, ""},
		{"models", "GET", "/api/v1/models", "", 200, ""},
		{"no drones", "GET", "/api/v1/drones", "", 200, ""},
		{"command", "POST", "/api/v1/commands", `{"drones":"all","type":"takeoff","params":{"altitude_m":20}}`, 200, ""},
		{"steer", "POST", "/api/v1/sim", `{"action":"pause"}`, 200, ""},
		{"steer to the limit", "POST", "/api/v1/sim", `{"action":"speed","speed":"max"}`, 200, ""},
		{"add", "POST", "/api/v1/drones", `{"count":3}`, 201, ""},

		{"fault", "POST", "/api/v1/faults", `{"drones":["d1"],"type":"motor_failure","params":{"rotor":2},"after_s":1,"duration_s":10}`, 201, ""},
		{"faults", "GET", "/api/v1/faults", "", 200, ""},
		{"clear a fault", "DELETE", "/api/v1/faults/f1", "", 204, ""},
		{"air", "GET", "/api/v1/environment", "", 200, ""},
		{"set the air", "PUT", "/api/v1/environment", `{"wind":{"speed_ms":5,"from_deg":270,"turbulence":"light"},"temperature_c":30}`, 200, ""},
		{"fence", "POST", "/api/v1/geofences", `{"type":"inclusion","circle":{"lat":47,"lon":8,"radius_m":100}}`, 201, ""},
		{"fences of a plan", "POST", "/api/v1/geofences?format=plan", `{"fileType":"Plan","geoFence":{"circles":[],"polygons":[{"inclusion":true,"polygon":[[47,8],[47,9],[48,8]]}]}}`, 201, ""},
		{"fences", "GET", "/api/v1/geofences", "", 200, ""},
		{"replace a fence", "PUT", "/api/v1/geofences/g1", `{"type":"exclusion","ceiling_m":30}`, 200, ""},
		{"remove a fence", "DELETE", "/api/v1/geofences/g1", "", 204, ""},
		{"obstacles", "GET", "/api/v1/obstacles", "", 200, ""},

		{"fault of no kind", "POST", "/api/v1/faults", `{"drones":"all","type":"meteor"}`, 422, "body.type"},
		{"fault of no drone", "POST", "/api/v1/faults", `{"drones":[],"type":"gps_loss"}`, 422, "body.drones"},
		{"fault with a stray number", "POST", "/api/v1/faults", `{"drones":"all","type":"gps_loss","params":{"to_pct":5}}`, 422, "body.params.to_pct"},
		{"fault of a ninth rotor", "POST", "/api/v1/faults", `{"drones":"all","type":"motor_failure","params":{"rotor":9}}`, 422, "body.params.rotor"},
		{"fault without a sensor", "POST", "/api/v1/faults", `{"drones":"all","type":"sensor_bias"}`, 422, "body.params.sensor"},
		{"fault before now", "POST", "/api/v1/faults", `{"drones":"all","type":"gps_loss","after_s":-1}`, 422, "body.after_s"},
		{"fault with an unknown key", "POST", "/api/v1/faults", `{"drones":"all","type":"gps_loss","when":1}`, 400, "body.when"},
		{"unknown fault", "DELETE", "/api/v1/faults/f7", "", 404, ""},
		{"hurricane", "PUT", "/api/v1/environment", `{"wind":{"speed_ms":90,"from_deg":0}}`, 422, "body.wind.speed_ms"},
		{"air of no kind", "PUT", "/api/v1/environment", `{"wind":{"speed_ms":1,"from_deg":0,"turbulence":"some"}}`, 422, "body.wind.turbulence"},
		{"fence of no shape", "POST", "/api/v1/geofences", `{"type":"inclusion"}`, 422, "body.polygon"},
		{"fence of two corners", "POST", "/api/v1/geofences", `{"type":"inclusion","polygon":[{"x":0,"y":0},{"x":1,"y":1}]}`, 422, "body.polygon"},
		{"fence with a corner beyond the pole", "POST", "/api/v1/geofences", `{"type":"inclusion","polygon":[{"lat":91,"lon":0},{"x":1,"y":1},{"x":2,"y":0}]}`, 422, "body.polygon[0]"},
		{"fence with an unknown key", "POST", "/api/v1/geofences", `{"type":"inclusion","colour":"red"}`, 400, "body.colour"},
		{"unknown fence", "PUT", "/api/v1/geofences/g9", `{"type":"exclusion","ceiling_m":30}`, 404, ""},
		{"plan without a fence", "POST", "/api/v1/geofences?format=plan", `{"fileType":"Plan"}`, 422, ""},
		{"plan with a crooked fence", "POST", "/api/v1/geofences?format=plan", `{"fileType":"Plan","geoFence":{"polygons":[{"inclusion":true,"polygon":[[47]]}]}}`, 422, "body.geoFence.polygons[0].polygon[0]"},

		{"nothing there", "GET", "/api/v1/nothing", "", 404, ""},
		{"wrong method", "PATCH", "/api/v1/status", "", 405, ""},
		{"unknown drone", "GET", "/api/v1/drones/d7", "", 404, ""},
		{"unknown session", "GET", "/api/v1/sessions/" + uuid.NewString(), "", 404, ""},
		{"session that is no id", "GET", "/api/v1/sessions/..%2f..%2fetc", "", 404, ""},
		{"cursor of another kind", "GET", "/api/v1/drones?cursor=~", "", 400, "query.cursor"},
		{"limit out of range", "GET", "/api/v1/drones?limit=-1", "", 400, "query.limit"},
		{"empty body", "POST", "/api/v1/commands", "", 400, ""},
		{"null", "POST", "/api/v1/commands", "null", 400, ""},
		{"not JSON", "POST", "/api/v1/commands", "{", 400, ""},
		{"two values", "POST", "/api/v1/commands", `{"drones":"all","type":"hold"} {}`, 400, ""},
		{"duplicate key", "POST", "/api/v1/commands", `{"drones":"all","type":"hold","type":"kill"}`, 400, "body.type"},
		{"unknown key", "POST", "/api/v1/commands", `{"drones":"all","type":"hold","now":true}`, 400, "body.now"},
		{"key of another case", "POST", "/api/v1/commands", `{"Drones":"all","drones":"all","type":"hold"}`, 400, "body.Drones"},
		{"too deep", "POST", "/api/v1/commands", deep, 400, ""},
		{"NaN", "POST", "/api/v1/commands", `{"drones":"all","type":"takeoff","params":{"altitude_m":NaN}}`, 400, ""},
		{"number too large", "POST", "/api/v1/commands", `{"drones":"all","type":"takeoff","params":{"altitude_m":1e9}}`, 422, "body.params.altitude_m"},
		{"text for a number", "POST", "/api/v1/commands", `{"drones":"all","type":"takeoff","params":{"altitude_m":"high"}}`, 400, "body.params.altitude_m"},
		{"unknown command", "POST", "/api/v1/commands", `{"drones":"all","type":"dance"}`, 422, "body.type"},
		{"a word for the drones", "POST", "/api/v1/commands", `{"drones":"some","type":"hold"}`, 422, "body.drones"},
		{"unknown action", "POST", "/api/v1/sim", `{"action":"rewind"}`, 422, "body.action"},
		{"impossible speed", "POST", "/api/v1/sim", `{"action":"speed","speed":1000}`, 422, "body.speed"},
		{"no drones to add", "POST", "/api/v1/drones", `{"count":0}`, 422, "body.count"},
		{"origin beyond the pole", "POST", "/api/v1/drones", `{"count":1,"origin":{"lat":91,"lon":0}}`, 422, "body.origin.lat"},
		{"no simulator", "DELETE", "/api/v1/drones", "", 503, ""},
		{"mission without items", "POST", "/api/v1/missions", `{"name":"m","items":[]}`, 422, "body.items"},
		{"mission beyond the pole", "POST", "/api/v1/missions", `{"name":"m","items":[{"type":"waypoint","lat":95,"lon":8,"alt_m":5}]}`, 422, "body.items[0].lat"},
		{"mission with an unknown key", "POST", "/api/v1/missions", `{"name":"m","items":[{"type":"rtl","when":1}]}`, 400, "body.items[0].when"},
		{"plan that is none", "POST", "/api/v1/missions?format=plan", `{"fileType":"Plan","version":42}`, 422, "body.version"},
		{"unknown format", "POST", "/api/v1/missions?format=doc", `{}`, 400, "query.format"},
		{"handler that panics", "GET", "/api/v1/missions", "", 500, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(c.body))
			if c.body != "" {
				r.Header.Set("Content-Type", "application/json")
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.status {
				t.Fatalf("%d %s, want %d", w.Code, w.Body, c.status)
			}
			if c.status < 400 {
				return
			}
			var p struct {
				Title, Detail string
				Status        int
				Errors        []struct{ Location, Message string }
			}
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Status != c.status || p.Title == "" || p.Detail == "" {
				t.Fatalf("%s is no problem: %v", w.Body, err)
			}
			if ct := w.Header().Get("Content-Type"); !strings.HasPrefix(ct, "application/problem+json") {
				t.Errorf("content type %q", ct)
			}
			found := c.where == ""
			for _, e := range p.Errors {
				found = found || e.Location == c.where
			}
			if !found {
				t.Errorf("%s names no %s", w.Body, c.where)
			}
		})
	}
	if len(b.commands) != 1 {
		t.Errorf("%d commands came through, want the one good one", len(b.commands))
	}
}
