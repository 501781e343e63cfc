package hub

import (
	"sync"

	"volary/internal/socketio"
)

// subscriptions are the streams of state that a client follows, kept with its
// socket so that one that is recovered follows them again. Rooms of events are
// the Socket.IO layer's to restore.
type subscriptions struct {
	mu sync.Mutex // the socket before may still be at work
	of map[string]request
}

func remember(s *socketio.Socket, q *request) {
	subs := guestOf(s).streams
	subs.mu.Lock()
	defer subs.mu.Unlock()
	if subs.of == nil {
		subs.of = map[string]request{}
	}
	subs.of[q.Stream] = *q
}

func forget(s *socketio.Socket, stream string) {
	subs := guestOf(s).streams
	subs.mu.Lock()
	defer subs.mu.Unlock()
	delete(subs.of, stream)
}

// resubscribe gives a recovered client its streams of state again. What can't be
// granted any more is told in the log only: the client sees that no frame comes.
func (h *Hub) resubscribe(s *socketio.Socket) {
	subs := guestOf(s).streams
	subs.mu.Lock()
	again := make([]request, 0, len(subs.of))
	for _, q := range subs.of {
		again = append(again, q)
	}
	subs.mu.Unlock()
	for i := range again {
		if _, err := h.grant(s, &again[i]); err != nil {
			h.log.Info().Err(err).Str("stream", again[i].Stream).Msg("a recovered client's stream can't be granted again")
		}
	}
}
