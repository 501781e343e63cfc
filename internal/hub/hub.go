// Package hub streams the fleet to Socket.IO clients and takes their commands.
//
// A view is a choice of drones at a rate. All clients that chose the same share
// a room; for each picture of the fleet the view's frame is encoded once and its
// bytes are shared by every connection. What a slow client can't take is
// replaced by the next frame, counted, and told to it.
//
// A compact stream is a tolerance, a rate and an area. Each frame builds on the
// one before, so a client that missed one gets a snapshot in place of the next.
package hub

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"volary/internal/access"
	"volary/internal/drone"
	"volary/internal/fleet"
	"volary/internal/logkey"
	"volary/internal/problem"
	"volary/internal/session"
	"volary/internal/socketio"
	"volary/internal/telemetry"
)

// Commander carries out what clients ask for.
type Commander interface {
	// Command sends c and waits for what became of it at each drone. Errors are
	// *problem.Error: invalid, conflict, unavailable, timeout.
	Command(ctx context.Context, c *drone.Command) (*drone.Answer, error)
	// Act steers simulated time. Errors as above.
	Act(ctx context.Context, a session.Action) error
}

// Config is how the hub runs.
type Config struct {
	Fleet       *fleet.Fleet
	Commander   Commander
	Replays     Replays // nil: none
	Status      func() fleet.Status
	CheckOrigin func(*http.Request) bool   // nil: same host only, see socketio
	Gate        *access.Gate               // who may connect and do what; nil: everybody everything
	ClientKey   func(*http.Request) string // names the party behind a request, for limits; nil: its address
	MaxClients  int                        // over it a handshake gets 503; 0: 10,000
	Log         zerolog.Logger
}

// Hub is the Socket.IO side of the backend.
type Hub struct {
	cfg        Config
	log        zerolog.Logger
	io         *socketio.Server
	ns         *socketio.Namespace
	views      views
	compact    compactStreams
	legs       struct{ hub, write, client fleet.Meter }
	calls      sync.WaitGroup // commands that clients wait for
	lastFrames sync.Map       // by replay: its last frame, for who joins
}

// Names of rooms. Log rooms are one a level.
const (
	roomEvents = "events"
	roomLog    = "log:"
)

// New makes a hub and its handlers.
func New(cfg Config) *Hub {
	if cfg.MaxClients == 0 {
		cfg.MaxClients = 10_000
	}
	h := &Hub{cfg: cfg, log: cfg.Log.With().Str(logkey.Part, "hub").Logger()}
	h.io = socketio.NewServer(socketio.Config{
		AllowEIO3: true, CheckOrigin: cfg.CheckOrigin, ClientKey: cfg.ClientKey, MaxSessions: cfg.MaxClients, Recovery: recoverFor,
		OnWrite: func(waited time.Duration) { h.legs.write.Add(time.Now(), waited) },
		OnPanic: func(where string, value any, stack []byte) {
			h.log.Error().Str("where", where).Any("panic", value).Bytes("stack", stack).Msg("a handler panicked: the client got an error")
		},
		OnClose: func(i socketio.SessionInfo) {
			h.log.Debug().Stringer(logkey.Reason, i.Reason).Str("transport", i.Transport).Str(logkey.Addr, i.RemoteAddr).Dur("after", i.Duration).Msg("client left")
		},
	})
	h.ns = h.io.Of("/")
	h.views.init()
	h.compact.init()
	h.ns.OnConnect(h.connected)
	h.ns.OnDisconnect(func(s *socketio.Socket, _ socketio.Reason) {
		h.views.drop(s)
		h.compact.drop(s)
	})
	for event, do := range map[string]socketio.Handler{
		"subscribe": h.subscribe, "unsubscribe": h.unsubscribe, "command": h.command, "sim": h.sim, "latency": latency, "replay": h.replay,
	} {
		h.ns.On(event, h.guarded(event, do))
	}
	cfg.Fleet.OnPicture(h.show)
	return h
}

// ServeHTTP serves Socket.IO.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.io.ServeHTTP(w, r) }

// Stats are the counters of the Socket.IO layer.
func (h *Hub) Stats() socketio.Stats { return h.io.Stats() }

// Clients is how many clients are connected.
func (h *Hub) Clients() int { return h.ns.Len() }

// recoverFor is how long a client that lost its connection may come back to its
// subscriptions and to the events it missed, if it asks for that.
const recoverFor = 2 * time.Minute

// drain bounds the farewell to clients.
const drain = 3 * time.Second

// Run sends the status every second until ctx is done, then lets all clients go.
func (h *Hub) Run(ctx context.Context) error {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			h.sendStatus()
			h.tellDropped()
			h.timeClients()
			h.putOut()
		case <-ctx.Done():
			bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
			defer cancel()
			err := h.io.Close(bye)
			h.calls.Wait()
			return err
		}
	}
}

// Announce sends the status now, since something in it can't wait a second.
func (h *Hub) Announce() { h.sendStatus() }

func (h *Hub) sendStatus() {
	if h.ns.Len() == 0 {
		return
	}
	if b, err := json.Marshal(h.cfg.Status()); err == nil {
		h.ns.Send(socketio.RawMessage("status", b).Topic("status"))
	}
}

// Legs are the parts of the way to clients that the hub knows of.
func (h *Hub) Legs(now time.Time) fleet.Legs {
	return fleet.Legs{Hub: h.legs.hub.Summary(now), Write: h.legs.write.Summary(now), Client: h.legs.client.Summary(now)}
}

// timeClients notes how far away clients are; of many, some.
func (h *Hub) timeClients() {
	const some = 64
	now, n := time.Now(), 0
	h.ns.Each(func(s *socketio.Socket) {
		if rtt := s.RTT(); rtt > 0 && n < some {
			n++
			h.legs.client.Add(now, rtt/2)
		}
	})
}

// tellDropped tells clients how many frames they missed in the last second.
func (h *Hub) tellDropped() {
	h.ns.Each(func(s *socketio.Socket) {
		for topic, n := range s.TakeDropped() {
			if topic == "status" || topic == "replay" {
				continue // the next one says it all
			}
			if m, err := socketio.NewMessage("dropped", map[string]any{"stream": topic, "frames": n}); err == nil {
				s.Send(m)
			}
		}
	})
}

func (h *Hub) connected(s *socketio.Socket, hs socketio.Handshake) error {
	if err := h.admit(s, hs); err != nil {
		return err
	}
	h.resubscribe(s)
	if b, err := json.Marshal(h.cfg.Status()); err == nil {
		s.Send(socketio.RawMessage("status", b).Topic("status"))
	}
	return nil
}

// show sends a picture of the fleet to those whose view it is due for.
func (h *Hub) show(p *fleet.Picture) {
	for _, f := range h.views.due(p) {
		h.ns.To(f.room).Send(socketio.RawMessage("drones", f.frame).Topic("drones"))
	}
	h.compact.show(p)
	if now := time.Now(); h.ns.Len() > 0 {
		h.legs.hub.Add(now, now.Sub(p.Received))
	}
}

// Event sends an event of the session to those who listen.
func (h *Hub) Event(e *telemetry.Event) {
	h.toRoom(roomEvents, "event", e)
}

// Sim tells everybody that somebody steered simulated time.
func (h *Hub) Sim(a session.Action) {
	if b, err := json.Marshal(a); err == nil {
		h.ns.Send(socketio.RawMessage("sim", b))
	}
}

func (h *Hub) toRoom(room, event string, v any) {
	to := h.ns.To(room)
	if !to.Wanted() {
		return
	}
	if b, err := json.Marshal(v); err == nil {
		to.Send(socketio.RawMessage(event, b))
	}
}

// LogLine is a line of the backend's log as clients get it.
type LogLine struct {
	Time    time.Time       `json:"time"`
	Level   string          `json:"level"`
	Message string          `json:"message"`
	Fields  json.RawMessage `json:"fields,omitempty"`
}

// logLevels from loud to quiet.
var logLevels = []string{"debug", "info", "warn", "error"}

// Log sends a line of the log to those who listen at its level.
func (h *Hub) Log(line LogLine) { h.toRoom(roomLog+line.Level, "log", line) }

// ackError acknowledges with an error.
func ackError(e *socketio.Event, err error) {
	p := problem.Of(err)
	body := map[string]any{"code": p.Code, "message": p.Error()}
	if len(p.Fields) > 0 && p.Fields[0].Name != "" {
		body["field"] = p.Fields[0].Name
	}
	e.Ack(map[string]any{"ok": false, "error": body})
}
