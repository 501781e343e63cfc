// Package rerun flies the past again: it rebuilds the world of any moment of a
// session from what was kept of it, and holds a whole run against its record.
//
// Kept are the scenario, worlds every ten simulated seconds, what was done to
// them with the tick of each deed, and a fingerprint a second. The world being
// deterministic, these give back every bit in between.
package rerun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"volary/internal/scenario"
	"volary/internal/session"
	"volary/internal/telemetry"
	"volary/internal/world"
)

// History is what is kept. Its errors include session.ErrNotFound.
type History interface {
	Snapshot(ctx context.Context, session uuid.UUID, tick uint64) (*telemetry.Snapshot, error)
	Snapshots(ctx context.Context, session uuid.UUID) ([]telemetry.Snapshot, error)
	Record(ctx context.Context, session uuid.UUID, typ string, fromTick, toTick uint64) ([]telemetry.Event, error)
}

// ErrNoWorld says that no world was kept to begin with.
var ErrNoWorld = errors.New("no world of that time was kept")

// deed is what was done before the step from a tick.
type deed struct {
	tick uint64
	world.Deed
}

// WorldAt rebuilds the world of a session as it was at a tick, before anything
// was done to it at that tick. ErrNoWorld, and what world.Restore says.
func WorldAt(ctx context.Context, h History, s *session.Session, tick uint64, opt world.Options) (*world.World, error) {
	saved, err := h.Snapshot(ctx, s.ID, tick)
	if errors.Is(err, session.ErrNotFound) {
		return nil, fmt.Errorf("rerun: tick %d: %w", tick, ErrNoWorld)
	}
	if err != nil {
		return nil, err
	}
	w, err := restore(s, saved, opt)
	if err != nil || w.Tick() == tick {
		return w, err
	}
	done, err := deeds(ctx, h, s.ID, saved.Tick, tick-1)
	if err != nil {
		return nil, err
	}
	// A world is saved when its tick was reached, before anything is done at it.
	return w, fly(ctx, w, done, tick, nil)
}

func restore(s *session.Session, saved *telemetry.Snapshot, opt world.Options) (*world.World, error) {
	sc, err := scenario.Parse([]byte(s.Scenario))
	if err != nil {
		return nil, fmt.Errorf("rerun: scenario of session %s: %w", s.ID, err)
	}
	sc.Seed = s.Seed
	data, err := telemetry.Decompress(saved.Data)
	if err != nil {
		return nil, fmt.Errorf("rerun: world of tick %d: %w", saved.Tick, err)
	}
	w, err := world.Restore(sc, data, opt)
	if err != nil {
		return nil, fmt.Errorf("rerun: world of tick %d: %w", saved.Tick, err)
	}
	if w.Hash() != saved.Hash || w.Tick() != saved.Tick {
		return nil, fmt.Errorf("rerun: world of tick %d: it is not what was saved: hash %016x, not %016x", saved.Tick, w.Hash(), saved.Hash)
	}
	return w, nil
}

func deeds(ctx context.Context, h History, id uuid.UUID, from, to uint64) ([]deed, error) {
	events, err := h.Record(ctx, id, telemetry.EventDeed, from, to)
	if err != nil {
		return nil, err
	}
	all := make([]deed, len(events))
	for i := range events {
		all[i].tick = events[i].Tick
		if err := json.Unmarshal(events[i].Data, &all[i].Deed); err != nil {
			return nil, fmt.Errorf("rerun: a deed of tick %d can't be read: %w", events[i].Tick, err)
		}
	}
	return all, nil
}

// fly steps w to a tick and does what was done. each is called after each step;
// it may end the flight.
func fly(ctx context.Context, w *world.World, done []deed, to uint64, each func() (goOn bool)) error {
	for w.Tick() < to {
		for len(done) > 0 && done[0].tick <= w.Tick() {
			_, _ = w.Carry(&done[0].Deed) // what was refused then is refused now
			done = done[1:]
		}
		w.Step()
		w.Events()
		if w.Tick()%world.TickHz == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if each != nil && !each() {
			return nil
		}
	}
	return nil
}

// Result is what a whole run, done again, gave.
type Result struct {
	Session  uuid.UUID `json:"session"`
	Lives    int       `json:"lives"` // stretches between interruptions that were flown again
	FromTick uint64    `json:"from_tick"`
	ToTick   uint64    `json:"to_tick"`
	Deeds    int       `json:"deeds"`
	Compared int       `json:"compared"` // fingerprints
	Equal    int       `json:"equal"`
	// Parted is the first tick whose fingerprint differs; nil: none does.
	Parted *uint64 `json:"parted_tick,omitempty"`
}

// Same tells whether the run was the same, as far as there was anything to compare.
func (r *Result) Same() bool { return r.Compared > 0 && r.Equal == r.Compared }

// Run does a session again, life by life, each from the world it began with, and
// compares the fingerprint of every second. tell is called after each; it may be nil.
func Run(ctx context.Context, h History, s *session.Session, opt world.Options, tell func(tick uint64, got, want uint64)) (*Result, error) {
	lives, err := begins(ctx, h, s.ID)
	if err != nil {
		return nil, err
	}
	r := &Result{Session: s.ID}
	for i, at := range lives {
		end := uint64(0) // of the record
		if i+1 < len(lives) {
			end = lives[i+1] - 1
		}
		if err := runLife(ctx, h, s, opt, at, end, r, tell); err != nil {
			return r, err
		}
	}
	return r, nil
}

// begins lists the ticks that lives of the session began at.
func begins(ctx context.Context, h History, id uuid.UUID) ([]uint64, error) {
	saved, err := h.Snapshots(ctx, id)
	if err != nil {
		return nil, err
	}
	var ticks []uint64
	for i := range saved {
		if saved[i].Begin {
			ticks = append(ticks, saved[i].Tick)
		}
	}
	if len(ticks) == 0 {
		return nil, fmt.Errorf("rerun: session %s: %w", id, ErrNoWorld)
	}
	return ticks, nil
}

func runLife(ctx context.Context, h History, s *session.Session, opt world.Options, from, end uint64, r *Result, tell func(tick, got, want uint64)) error {
	want, err := fingerprints(ctx, h, s.ID, from, end)
	if err != nil || len(want) == 0 {
		return err
	}
	last := uint64(0)
	for tick := range want {
		last = max(last, tick)
	}
	saved, err := h.Snapshot(ctx, s.ID, from)
	if err != nil {
		return err
	}
	w, err := restore(s, saved, opt)
	if err != nil {
		return err
	}
	done, err := deeds(ctx, h, s.ID, from, last)
	if err != nil {
		return err
	}
	if r.Lives++; r.Lives == 1 {
		r.FromTick = from
	}
	r.Deeds += len(done)
	err = fly(ctx, w, done, last, func() bool {
		expected, ok := want[w.Tick()]
		if !ok {
			return true
		}
		got := w.Hash()
		r.Compared++
		if got == expected {
			r.Equal++
		} else if r.Parted == nil {
			tick := w.Tick()
			r.Parted = &tick
		}
		if tell != nil {
			tell(w.Tick(), got, expected)
		}
		return true
	})
	r.ToTick = w.Tick()
	return err
}

// fingerprints gives the fingerprints kept, by tick; to 0: to the end.
func fingerprints(ctx context.Context, h History, id uuid.UUID, from, to uint64) (map[uint64]uint64, error) {
	events, err := h.Record(ctx, id, telemetry.EventHashes, from, 0)
	if err != nil {
		return nil, err
	}
	all := map[uint64]uint64{}
	for i := range events {
		var f telemetry.Hashes
		if err := json.Unmarshal(events[i].Data, &f); err != nil {
			return nil, fmt.Errorf("rerun: fingerprints of tick %d can't be read: %w", events[i].Tick, err)
		}
		for k, text := range f.Hashes {
			v, err := strconv.ParseUint(text, 16, 64)
			if err != nil {
				return nil, fmt.Errorf("rerun: fingerprints of tick %d can't be read: %w", events[i].Tick, err)
			}
			if tick := f.From + uint64(k)*f.Every; tick >= from && (to == 0 || tick <= to) {
				all[tick] = v
			}
		}
	}
	return all, nil
}
