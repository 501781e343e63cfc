package link

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// ErrFenced ends a simulator whose place another one of the same name has taken.
// Two writers of one session would make a history that no flight was.
var ErrFenced = errors.New("link: another simulator of the same name has taken over: give each a name of its own (--id)")

// fence says which run of a simulator may go on. It is also the answer of one
// that stops, and so was alive.
type fence struct {
	Keep string `json:"keep"`
}

// fenceWait is how long a backend waits for the word of one that was fenced. It
// is many times the way there and back; one that is frozen hears it later.
const fenceWait = 300 * time.Millisecond

// obey stops this end when another run shall be kept.
func (s *Simulator) obey(m *nats.Msg, stop context.CancelCauseFunc) {
	var f fence
	if json.Unmarshal(m.Data, &f) != nil || f.Keep == "" || f.Keep == s.run {
		return
	}
	s.fenced.Store(true)
	if b, err := json.Marshal(fence{Keep: s.run}); err == nil {
		_ = m.Respond(b)
		_ = s.nc.Flush()
	}
	stop(ErrFenced)
}

// Fence stops every run of a simulator but one, and tells whether another was
// alive to hear it.
func (b *Backend) Fence(ctx context.Context, simulator, keep string) (bool, error) {
	m, err := json.Marshal(fence{Keep: keep})
	if err != nil {
		return false, fmt.Errorf("link: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, fenceWait)
	defer cancel()
	_, err = b.nc.RequestWithContext(ctx, subjectFence+simulator, m)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, nats.ErrNoResponders), errors.Is(err, context.DeadlineExceeded):
		return false, nil
	}
	return false, fmt.Errorf("link: fence of %s: %w", simulator, err)
}

// FenceLater stops every run of a simulator but one, without waiting.
func (b *Backend) FenceLater(simulator, keep string) {
	if m, err := json.Marshal(fence{Keep: keep}); err == nil {
		_ = b.nc.Publish(subjectFence+simulator, m) // said again with its next heartbeat
	}
}
