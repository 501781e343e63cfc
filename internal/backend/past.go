package backend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"github.com/google/uuid"

	"volary/internal/export"
	"volary/internal/link"
	"volary/internal/logkey"
	"volary/internal/mission"
	"volary/internal/problem"
	"volary/internal/rerun"
	"volary/internal/scenario"
	"volary/internal/session"
	"volary/internal/telemetry"
	"volary/internal/world"
)

// worlds are those that simulators may fetch: the latest few, so that one that
// is never fetched costs a bounded piece of memory.
type worlds struct {
	mu   sync.Mutex
	held [4]struct {
		name string
		data []byte
	}
	next int
}

func (w *worlds) put(data []byte) (name string) {
	name = uuid.NewString()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held[w.next].name, w.held[w.next].data = name, telemetry.Compress(data)
	w.next = (w.next + 1) % len(w.held)
	return name
}

func (w *worlds) get(name string) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.held {
		if w.held[i].name == name && name != "" {
			return w.held[i].data
		}
	}
	return nil
}

// worldAt rebuilds the world of a moment and holds it ready for a simulator.
func (b *Backend) worldAt(ctx context.Context, s *session.Session, tick uint64) (name string, err error) {
	w, err := rerun.WorldAt(ctx, b.store, s, tick, world.Options{})
	if err != nil {
		return "", err
	}
	data, err := w.Snapshot(nil)
	if err != nil {
		return "", err
	}
	return b.worlds.put(data), nil
}

const (
	// rebuildTime bounds flying again to a moment of the past.
	rebuildTime = 30 * time.Second
	// newSessionTime bounds the wait for the session that was asked for.
	newSessionTime = 15 * time.Second
)

// Fork begins a live session that goes on from a moment of another.
func (b *Backend) Fork(ctx context.Context, id uuid.UUID, f session.Fork) (*session.Session, error) {
	s, err := b.store.Session(ctx, id)
	if err != nil {
		return nil, err
	}
	every := uint64(max(1, s.RecordEvery))
	tick := s.LastTick / every * every
	if f.From != nil {
		at := *f.From * float64(s.TickHz)
		if math.IsNaN(at) || at < 0 || at > float64(s.LastTick) {
			return nil, problem.FromFields("the session can't be forked there", &mission.FieldError{
				Field: "from", Message: fmt.Sprintf("%v s is outside the record: 0 to %.1f", *f.From, s.SimTime()),
			})
		}
		tick = uint64(at) / every * every
	}
	rebuild, cancel := context.WithTimeout(ctx, rebuildTime)
	defer cancel()
	name, err := b.worldAt(rebuild, s, tick)
	switch {
	case errors.Is(err, rerun.ErrNoWorld):
		return nil, problem.New(problem.Conflict, "the session can't be forked at %.1f s: no world of that time was kept", float64(tick)/float64(s.TickHz))
	case err != nil:
		b.log.Error().Err(err).Stringer(logkey.Session, id).Uint64(logkey.Tick, tick).Msg("a moment of the past could not be rebuilt")
		return nil, problem.New(problem.Conflict, "the session can't be forked at %.1f s: %v", float64(tick)/float64(s.TickHz), err)
	}
	o := link.Fork{World: name, Parent: id, Tick: tick, Scenario: s.Scenario, Seed: s.Seed, Speed: f.Speed, Paused: f.Paused}
	if f.Commands {
		later, err := rerun.Deeds(ctx, b.store, id, tick)
		if err != nil {
			return nil, err
		}
		if len(later) > 0 {
			data, err := json.Marshal(later)
			if err != nil {
				return nil, fmt.Errorf("backend: %w", err)
			}
			o.Deeds = b.worlds.put(data)
		}
	}
	return b.another(ctx, link.Order{Kind: link.OrderFork, Fork: &o}, func(n *session.Session) bool {
		return n.Parent != nil && *n.Parent == id
	})
}

// BeginSession begins a live session from a scenario.
func (b *Backend) BeginSession(ctx context.Context, g session.Begin) (*session.Session, error) {
	sc, err := scenario.Parse([]byte(g.Scenario))
	if err == nil {
		err = sc.Override(g.Drones, g.Seed)
	}
	if err != nil {
		return nil, problem.FromFields("the scenario can't be flown", &mission.FieldError{Field: "scenario", Message: err.Error()})
	}
	o := link.Order{Kind: link.OrderBegin, Begin: &link.Begin{Scenario: g.Scenario, Seed: g.Seed, Drones: g.Drones}}
	return b.another(ctx, o, func(*session.Session) bool { return true })
}

// another sends an order that ends the live session and begins another, and
// waits for that one.
func (b *Backend) another(ctx context.Context, o link.Order, is func(*session.Session) bool) (*session.Session, error) {
	before := b.fleet.Session().ID
	if _, err := b.send(ctx, o); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, newSessionTime)
	defer cancel()
	t := time.NewTicker(20 * time.Millisecond)
	defer t.Stop()
	for {
		b.life.Lock()
		live := b.live
		b.life.Unlock()
		if live != nil && live.ID != before && is(live) {
			return b.store.Session(ctx, live.ID)
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return nil, problem.New(problem.Timeout, "the simulator took the order, and no session began within %v: see GET /api/v1/sessions", newSessionTime)
		}
	}
}

// EndSession ends a session: the live one by its simulator, another in the record.
func (b *Backend) EndSession(ctx context.Context, id uuid.UUID) (*session.Session, error) {
	s, err := b.store.Session(ctx, id)
	if err != nil {
		return nil, err
	}
	live := b.fleet.Session()
	switch {
	case s.State == session.Ended:
		return s, nil
	case live.ID == id && live.State == string(session.Running):
		if _, err := b.send(ctx, link.Order{Kind: link.OrderEnd}); err != nil {
			return nil, err
		}
		return b.ended(ctx, id)
	}
	b.life.Lock()
	defer b.life.Unlock()
	if err := b.store.SetSessionState(ctx, id, session.Ended, "ended on request", time.Now()); err != nil {
		return nil, err
	}
	if b.live != nil && b.live.ID == id {
		b.fleet.SetState(string(session.Ended))
		// Its simulator is silent, and may be flying: it is told when it is heard again,
		// or it would fly on in a session that is over.
		o := link.Order{ID: uuid.NewString(), Kind: link.OrderEnd, Session: id, Expires: time.Now().Add(24 * time.Hour)}
		if err := b.link.Send(ctx, b.live.Simulator, o); err != nil {
			b.log.Error().Err(err).Msg("the simulator could not be told that its session is over")
		}
	}
	return b.store.Session(ctx, id)
}

// ended waits until a session is over.
func (b *Backend) ended(ctx context.Context, id uuid.UUID) (*session.Session, error) {
	ctx, cancel := context.WithTimeout(ctx, newSessionTime)
	defer cancel()
	t := time.NewTicker(20 * time.Millisecond)
	defer t.Stop()
	for {
		s, err := b.store.Session(ctx, id)
		if err != nil || s.State == session.Ended {
			return s, err
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return nil, problem.New(problem.Timeout, "the simulator took the order, and the session is not over yet: see GET /api/v1/sessions/%s", id)
		}
	}
}

// Diff says where two sessions part.
func (b *Backend) Diff(ctx context.Context, a, c uuid.UUID) (*session.Diff, error) {
	sa, err := b.store.Session(ctx, a)
	if err != nil {
		return nil, err
	}
	sc, err := b.store.Session(ctx, c)
	if err != nil {
		return nil, err
	}
	// What the recorder holds of the live session belongs to its record.
	for _, s := range []*session.Session{sa, sc} {
		if p := b.fleet.Picture(); p.Session == s.ID {
			s.LastTick = max(s.LastTick, p.Tick)
		}
	}
	return rerun.Diff(ctx, history{b.store, b.recorder}, sa, sc)
}

// exporter fits package export to the API.
type exporter struct{ history }

func (e exporter) Formats() map[string]string {
	all := map[string]string{}
	for _, f := range export.Formats {
		all[string(f)] = f.ContentType()
	}
	return all
}

func (e exporter) Export(ctx context.Context, w io.Writer, format string, s *session.Session, from, to uint64, drones []string) (uint64, error) {
	return export.Write(ctx, w, export.Format(format), e.history, s, export.Choice{FromTick: from, ToTick: to, Drones: drones})
}
