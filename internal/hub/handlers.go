package hub

import (
	"context"
	"time"

	"volary/internal/drone"
	"volary/internal/fleet"
	"volary/internal/problem"
	"volary/internal/session"
	"volary/internal/socketio"
	"volary/internal/strictjson"
)

// argument reads the one argument of an event into v.
func argument(e *socketio.Event, v any) error {
	if len(e.Args) != 1 {
		return problem.New(problem.Malformed, "%s takes one object, not %d arguments", e.Name, len(e.Args))
	}
	if err := strictjson.Decode(e.Args[0], v); err != nil {
		p := problem.FromFields("the argument of "+e.Name+" can't be read", err)
		p.Code = problem.Malformed
		return p
	}
	return nil
}

func (h *Hub) subscribe(s *socketio.Socket, e *socketio.Event) {
	var q request
	if err := argument(e, &q); err != nil {
		ackError(e, err)
		return
	}
	granted, err := h.grant(s, &q)
	if err != nil {
		ackError(e, err)
		return
	}
	granted["ok"], granted["stream"] = true, q.Stream
	e.Ack(granted)
}

func (h *Hub) grant(s *socketio.Socket, q *request) (map[string]any, error) {
	switch q.Stream {
	case "drones":
		p := h.cfg.Fleet.Picture()
		w, err := newView(q, candidates(q, p))
		if err != nil {
			return nil, err
		}
		h.views.join(s, w)
		remember(s, q)
		if p.TickHz != 0 { // what there is now, in case time stands still
			frame := p.AppendFrame(nil, w.keep(p))
			s.Send(socketio.RawMessage("drones", frame).Topic("drones"))
		}
		return map[string]any{"rate_hz": w.rate, "drones": w.size(p)}, nil
	case "events":
		s.Join(roomEvents)
		return map[string]any{}, nil
	case "log":
		rooms, err := logRoomsFrom(q.Level)
		if err != nil {
			return nil, err
		}
		leaveLog(s)
		for _, r := range rooms {
			s.Join(r)
		}
		return map[string]any{"level": rooms[0][len(roomLog):]}, nil
	case compactTopic:
		c, err := h.compact.join(s, q, h.cfg.Fleet.Picture())
		if err != nil {
			return nil, err
		}
		remember(s, q)
		return map[string]any{"rate_hz": c.rate, "tolerance_m": c.tolerance, "coarse_m": c.coarse}, nil
	}
	return nil, notAStream(q.Stream)
}

// candidates is how many drones a request could show now.
func candidates(q *request, p *fleet.Picture) int {
	if q.Area == nil {
		return len(p.Samples)
	}
	n := 0
	for i := range p.Samples {
		if q.Area.holds(p.Place(&p.Samples[i])) {
			n++
		}
	}
	return n
}

func notAStream(name string) error {
	return fieldProblem("stream", "%q is not a stream: drones, drones_compact, events, log", name)
}

func leaveLog(s *socketio.Socket) {
	for _, l := range logLevels {
		s.Leave(roomLog + l)
	}
}

func (h *Hub) unsubscribe(s *socketio.Socket, e *socketio.Event) {
	var q struct {
		Stream string `json:"stream"`
	}
	if err := argument(e, &q); err != nil {
		ackError(e, err)
		return
	}
	switch q.Stream {
	case "drones":
		h.views.drop(s)
		forget(s, q.Stream)
	case compactTopic:
		h.compact.drop(s)
		forget(s, q.Stream)
	case "events":
		s.Leave(roomEvents)
	case "log":
		leaveLog(s)
	default:
		ackError(e, notAStream(q.Stream))
		return
	}
	e.Ack(map[string]any{"ok": true, "stream": q.Stream})
}

// callTimeout bounds the wait for the simulator.
const callTimeout = 10 * time.Second

// later answers an event when its work is done, so that the client's next event
// doesn't wait. The rate limit of the Socket.IO layer bounds how many there are.
func (h *Hub) later(s *socketio.Socket, e *socketio.Event, work func(context.Context) (any, error)) {
	h.calls.Go(func() {
		ctx, cancel := context.WithTimeout(s.Context(), callTimeout)
		defer cancel()
		answer, err := work(ctx)
		if err != nil {
			ackError(e, err)
			return
		}
		e.Ack(answer)
	})
}

func (h *Hub) command(s *socketio.Socket, e *socketio.Event) {
	var c drone.Command
	if err := argument(e, &c); err != nil {
		ackError(e, err)
		return
	}
	h.later(s, e, func(ctx context.Context) (any, error) {
		a, err := h.cfg.Commander.Command(ctx, &c)
		if err != nil {
			return nil, err
		}
		return map[string]any{"ok": true, "id": a.ID, "results": a.Results}, nil
	})
}

func (h *Hub) sim(s *socketio.Socket, e *socketio.Event) {
	var a session.Action
	if err := argument(e, &a); err != nil {
		ackError(e, err)
		return
	}
	h.later(s, e, func(ctx context.Context) (any, error) {
		if err := h.cfg.Commander.Act(ctx, a); err != nil {
			return nil, err
		}
		return map[string]any{"ok": true, "action": a.Action}, nil
	})
}

// latency answers at once: clients measure the way there and back with it.
func latency(_ *socketio.Socket, e *socketio.Event) {
	e.Ack(map[string]any{"ok": true, "server_time_us": time.Now().UnixMicro()})
}
