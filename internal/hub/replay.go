package hub

import (
	"context"
	"encoding/json"

	"volary/internal/access"
	"volary/internal/problem"
	"volary/internal/session"
	"volary/internal/socketio"
	"volary/internal/telemetry"
)

// Replays are the recorded sessions being played.
type Replays interface {
	// Replay tells how one is. Errors are *problem.Error.
	Replay(ctx context.Context, id string) (session.Replay, error)
	// SteerReplay steers one. Errors as above.
	SteerReplay(ctx context.Context, id string, a session.ReplayAction) (session.Replay, error)
}

// roomReplay is the room of those who watch a replay; its id follows.
const roomReplay = "replay:"

// replayRequest is what the event `replay` carries: join, leave, or an action.
type replayRequest struct {
	ID string `json:"id"`
	session.ReplayAction
}

// replay lets a client join a replay, leave it, or steer it. Who joins gets its
// frames and events in place of the live ones.
func (h *Hub) replay(s *socketio.Socket, e *socketio.Event) {
	var q replayRequest
	if err := argument(e, &q); err != nil {
		ackError(e, err)
		return
	}
	if h.cfg.Replays == nil {
		ackError(e, fieldProblem("id", "%q is no replay", q.ID))
		return
	}
	if q.Action == "leave" {
		s.Leave(roomReplay + q.ID)
		e.Ack(map[string]any{"ok": true})
		return
	}
	if p := partyOf(s); q.Action != "join" && !p.May(access.Operator) {
		ackError(e, problem.New(problem.Forbidden, "steering a replay takes the role %s; your token has %s", access.Operator, p.Role))
		return
	}
	h.later(s, e, func(ctx context.Context) (any, error) {
		var r session.Replay
		var err error
		if q.Action == "join" {
			if r, err = h.cfg.Replays.Replay(ctx, q.ID); err == nil {
				h.views.drop(s)
				h.compact.drop(s)
				s.Leave(roomEvents)
				s.Join(roomReplay + q.ID)
				h.joined(s, q.ID)
			}
		} else {
			r, err = h.cfg.Replays.SteerReplay(ctx, q.ID, q.ReplayAction)
		}
		if err != nil {
			return nil, err
		}
		return map[string]any{"ok": true, "replay": r}, nil
	})
}

// joined shows a client what the others of a replay see already.
func (h *Hub) joined(s *socketio.Socket, id string) {
	if frame, ok := h.lastFrames.Load(id); ok {
		s.Send(socketio.RawMessage("drones", frame.([]byte)).Topic("drones"))
	}
}

// ReplayWatchers is how many clients watch a replay.
func (h *Hub) ReplayWatchers(id string) int { return h.ns.To(roomReplay + id).Len() }

// ReplayFrame shows a frame to those who watch a replay.
func (h *Hub) ReplayFrame(id string, frame []byte) {
	h.lastFrames.Store(id, frame)
	h.ns.To(roomReplay + id).Send(socketio.RawMessage("drones", frame).Topic("drones"))
}

// ReplayEvent tells an event of the past to those who watch a replay.
func (h *Hub) ReplayEvent(id string, e *telemetry.Event) { h.toRoom(roomReplay+id, "event", e) }

// ReplayState tells those who watch a replay how it is.
func (h *Hub) ReplayState(id string, r session.Replay) {
	if b, err := json.Marshal(r); err == nil {
		h.ns.To(roomReplay + id).Send(socketio.RawMessage("replay", b).Topic("replay"))
	}
}

// ReplayOver forgets a replay.
func (h *Hub) ReplayOver(id string) {
	h.toRoom(roomReplay+id, "replay", map[string]any{"id": id, "state": "closed"})
	h.lastFrames.Delete(id)
	h.ns.Each(func(s *socketio.Socket) { s.Leave(roomReplay + id) })
}
