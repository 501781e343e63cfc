package hub

import (
	"encoding/json"

	"volary/internal/access"
	"volary/internal/problem"
	"volary/internal/socketio"
)

// needs is the role each event asks for. An event that is not here is open to
// nobody.
var needs = map[string]access.Role{
	"subscribe": access.Viewer, "unsubscribe": access.Viewer, "latency": access.Viewer,
	"replay":  access.Viewer, // to watch; steering asks for more
	"command": access.Operator, "sim": access.Operator,
}

// admit lets a client in, or says why not. Libraries of version 2 can't send an
// auth object; their token comes in the query, or in the head of the request.
func (h *Hub) admit(s *socketio.Socket, hs socketio.Handshake) error {
	token := access.FromRequest(hs.Request)
	if q := hs.Query.Get("token"); q != "" {
		token = q
	}
	var auth struct {
		Token string `json:"token"`
	}
	if json.Unmarshal(hs.Auth, &auth) == nil && auth.Token != "" {
		token = auth.Token
	}
	p, err := h.cfg.Gate.Admit(token)
	if err != nil {
		h.log.Info().Str("why", err.Error()).Msg("a client was not let in")
		return &socketio.ConnectError{Message: "unauthorized", Data: map[string]any{"code": problem.Unauthorized, "message": err.Error()}}
	}
	s.Data = &guest{party: p, streams: guestOf(s).streams} // of a recovered client: its streams, but not its rights
	return nil
}

// guest is who a client is and what it follows.
type guest struct {
	party   *access.Party
	streams *subscriptions
}

func guestOf(s *socketio.Socket) *guest {
	if g, ok := s.Data.(*guest); ok {
		return g
	}
	return &guest{party: &access.Party{}, streams: &subscriptions{}}
}

func partyOf(s *socketio.Socket) *access.Party { return guestOf(s).party }

// guarded asks for an event's role before its handler runs.
func (h *Hub) guarded(event string, do socketio.Handler) socketio.Handler {
	need := needs[event]
	return func(s *socketio.Socket, e *socketio.Event) {
		if p := partyOf(s); !p.May(need) {
			ackError(e, problem.New(problem.Forbidden, "%s takes the role %s; your token has %s", event, need, p.Role))
			return
		}
		do(s, e)
	}
}

// putOut lets go of clients whose token was taken back, has run out or changed
// its role since they came. With the token file read every two seconds, that is a
// few seconds after.
func (h *Hub) putOut() {
	if !h.cfg.Gate.Closed() {
		return
	}
	h.ns.Each(func(s *socketio.Socket) {
		if p := partyOf(s); !h.cfg.Gate.Still(p) {
			h.log.Info().Str("party", p.Name).Msg("a client's token does not hold any more: letting it go")
			s.Disconnect(socketio.ReasonUnauthorized)
		}
	})
}
