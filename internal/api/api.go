// Package api is the REST side of the backend: the fleet, commands, missions and
// sessions under /api/v1, beside health, readiness, metrics and the description
// of the API itself.
//
// Errors are application/problem+json (RFC 9457): a title, a sentence of what to
// do, and the place of each value that is wrong.
package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"volary/internal/access"
	"volary/internal/drone"
	"volary/internal/fleet"
	"volary/internal/logkey"
	"volary/internal/mission"
	"volary/internal/scenario"
	"volary/internal/session"
	"volary/internal/strictjson"
	"volary/internal/telemetry"
)

// Commander carries out what clients ask for. Its errors are *problem.Error.
type Commander interface {
	Command(ctx context.Context, c *drone.Command) (*drone.Answer, error)
	Act(ctx context.Context, a session.Action) error
	Spawn(ctx context.Context, g scenario.Group) ([]drone.Info, error)
	Remove(ctx context.Context, s drone.Selection) (map[string]drone.Result, error)
}

// History is what the API reads and writes of what is kept. The errors
// session.ErrNotFound, ErrConflict and ErrInvalid are told to clients as such.
type History interface {
	Session(ctx context.Context, id uuid.UUID) (*session.Session, error)
	Sessions(ctx context.Context, limit int, cursor string) ([]session.Session, string, error)
	Members(ctx context.Context, id uuid.UUID) ([]session.Member, error)
	Events(ctx context.Context, f session.EventFilter) ([]telemetry.Event, string, error)
	// Each gives the samples of a drone from one tick to another, in order, a stretch
	// at a time; toTick 0: to the end. An error of do ends it, and comes back.
	Each(ctx context.Context, id uuid.UUID, slot uint32, fromTick, toTick uint64, do func([]telemetry.TimedSample) error) error
	// Last tells where each drone of a session was last, by slot.
	Last(ctx context.Context, id uuid.UUID) ([]telemetry.TimedSample, error)
	CreateMission(ctx context.Context, m *mission.Mission) error
	Mission(ctx context.Context, id string) (*mission.Mission, error)
	Missions(ctx context.Context, limit int, cursor string) ([]mission.Mission, string, error)
	UpdateMission(ctx context.Context, m *mission.Mission) error
	DeleteMission(ctx context.Context, id string) error
}

// Past is what can be done with sessions. Its errors are *problem.Error, or those
// of History.
type Past interface {
	BeginSession(ctx context.Context, b session.Begin) (*session.Session, error)
	EndSession(ctx context.Context, id uuid.UUID) (*session.Session, error)
	Fork(ctx context.Context, id uuid.UUID, f session.Fork) (*session.Session, error)
	Diff(ctx context.Context, a, b uuid.UUID) (*session.Diff, error)
	DeleteSession(ctx context.Context, id uuid.UUID) error
}

// Config is what the API stands on.
type Config struct {
	Fleet        *fleet.Fleet
	Commander    Commander
	Surroundings Surroundings
	History      History
	Past         Past
	Exporter     Exporter
	Replays      Replays
	Status       func() fleet.Status
	Ready        func(context.Context) error // nil error: ready
	Metrics      http.Handler
	Hub          http.Handler // Socket.IO
	Dashboard    http.Handler // what else is asked for; nil: 404
	Version      string
	Log          zerolog.Logger
	Access       Access
	Scenarios    Scenarios
}

// Limits of a request.
const (
	maxBody   = 1 << 20
	maxUpload = 10 << 20
)

type api struct {
	Config
	log     zerolog.Logger
	exports chan struct{} // a token for each that runs
}

// New makes the handler of everything the backend serves over HTTP.
func New(cfg Config) http.Handler {
	a := &api{Config: cfg, exports: make(chan struct{}, maxExports), log: cfg.Log.With().Str(logkey.Part, "api").Logger()}
	a.Access.init()
	r := chi.NewRouter()
	r.Use(a.recovered, headers, a.fromHere)
	r.NotFound(a.elsewhere)
	r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, http.StatusMethodNotAllowed, r.Method+" is not a method of "+r.URL.Path)
	})
	if cfg.Hub != nil {
		r.Handle("/socket.io/", cfg.Hub)
		r.Handle("/socket.io", cfg.Hub)
	}
	r.Method(http.MethodGet, "/metrics", a.guarded(access.Viewer, cfg.Metrics))
	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	r.Get("/readyz", a.ready)

	hc := huma.DefaultConfig("Volary", cfg.Version)
	hc.Info.Description = "A fleet of simulated drones: watch it, command it, read its history. Times are RFC 3339; simulated time is in seconds; x is east, y north, z up, in metres from the world's origin."
	hc.Formats = map[string]huma.Format{"application/json": strictFormat(), "json": strictFormat()}
	hc.CreateHooks = nil // no $schema members in answers
	hc.OpenAPIPath, hc.DocsPath, hc.SchemasPath = "/openapi", "", ""
	h := humachi.New(r, hc)
	r.Get("/docs", docs)
	r.Get("/docs/{file}", docs)
	v1 := huma.NewGroup(h, "/api/v1")
	v1.UseMiddleware(a.authorize(h), a.wellFormed)
	hc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	a.liveRoutes(v1)
	a.commandRoutes(v1)
	a.missionRoutes(v1)
	a.sessionRoutes(v1)
	a.pastRoutes(v1)
	a.sceneRoutes(v1)
	a.replayRoutes(v1)
	a.scenarioRoutes(v1)
	return r
}

func strictFormat() huma.Format {
	f := huma.DefaultJSONFormat
	f.Unmarshal = strictjson.Decode
	return f
}

// elsewhere answers what no route does: API paths with a problem, the rest by
// the dashboard where there is one.
func (a *api) elsewhere(w http.ResponseWriter, r *http.Request) {
	if a.Dashboard == nil || strings.HasPrefix(r.URL.Path, "/api/") {
		writeProblem(w, http.StatusNotFound, "there is nothing at "+r.URL.Path+": the routes are listed at /docs")
		return
	}
	a.Dashboard.ServeHTTP(w, r)
}

// recovered answers a panic of a handler with 500, logs it, and lives on.
func (a *api) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { //nolint:errorlint // compared as net/http does
				panic(v)
			}
			a.log.Error().Any("panic", v).Str("path", r.URL.Path).Stack().Msg("a handler panicked")
			writeProblem(w, http.StatusInternalServerError, "something went wrong here: the log of the backend says what")
		}()
		next.ServeHTTP(w, r)
	})
}

// headers that every answer carries.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

func (a *api) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	if err := a.Ready(ctx); err != nil {
		plain(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	plain(w, http.StatusOK, "ready")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}
