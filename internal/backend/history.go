package backend

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"volary/internal/recording"
	"volary/internal/store"
	"volary/internal/telemetry"
)

// history is the store together with what the recorder has not stored yet.
type history struct {
	store.Store
	recorder *recording.Recorder
}

// stretch is how many ticks of a track are read at once: ten minutes at 250 Hz.
const stretch = 150_000

// Each gives the samples of a drone from one tick to another, in order, a stretch
// at a time, so that a flight of any length takes a bounded piece of memory.
// toTick 0: to the end. An error of do ends it.
func (h history) Each(ctx context.Context, id uuid.UUID, slot uint32, from, to uint64, do func([]telemetry.TimedSample) error) error {
	// First what is open, then what is stored: a window that is stored in between
	// is then in both, not in neither.
	open := h.recorder.Open(id, slot)
	s, err := h.Session(ctx, id)
	if err != nil {
		return err
	}
	end := s.LastTick
	if n := len(open); n > 0 {
		end = max(end, open[n-1].Tick)
	}
	if to > 0 {
		end = min(end, to)
	}
	var last uint64
	seen := false
	hand := func(all []telemetry.TimedSample, from, to uint64) error {
		for len(all) > 0 && (all[0].Tick < from || seen && all[0].Tick <= last) {
			all = all[1:]
		}
		n := len(all)
		for n > 0 && all[n-1].Tick > to {
			n--
		}
		if n == 0 {
			return nil
		}
		last, seen = all[n-1].Tick, true
		return do(all[:n])
	}
	for at := from; at <= end; at += stretch {
		until := min(end, at+stretch-1)
		chunks, err := h.Chunks(ctx, id, slot, at, until)
		if err != nil {
			return err
		}
		for i := range chunks {
			all, err := telemetry.UnpackChunk(chunks[i])
			if err != nil {
				return fmt.Errorf("backend: a chunk of session %s, slot %d: %w", id, slot, err)
			}
			if err := hand(all, at, until); err != nil {
				return err
			}
		}
	}
	return hand(open, from, end)
}

// Track gives the samples of a drone from one tick to another, in order.
func (h history) Track(ctx context.Context, id uuid.UUID, slot uint32, from, to uint64) ([]telemetry.TimedSample, error) {
	var out []telemetry.TimedSample
	err := h.Each(ctx, id, slot, from, to, func(all []telemetry.TimedSample) error {
		out = append(out, all...)
		return nil
	})
	return out, err
}

// Moments gives the samples of all drones from one tick to another, by slot.
func (h history) Moments(ctx context.Context, id uuid.UUID, from, to uint64) (map[uint32][]telemetry.TimedSample, error) {
	open := h.recorder.OpenAll(id, from, to)
	stored, err := store.Moments(ctx, h.Store, id, from, to)
	if err != nil {
		return nil, err
	}
	for slot, more := range open {
		have := stored[slot]
		for len(more) > 0 && len(have) > 0 && more[0].Tick <= have[len(have)-1].Tick {
			more = more[1:]
		}
		stored[slot] = append(have, more...)
	}
	return stored, nil
}

// keepLast says once a second where the drones are, so that their last place is
// known without reading a flight.
func (b *Backend) keepLast(ctx context.Context) error {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	var told struct {
		session uuid.UUID
		tick    uint64
	}
	failed := false
	tell := func(ctx context.Context) {
		p := b.fleet.Picture()
		if p.TickHz == 0 || len(p.Samples) == 0 || p.Session == told.session && p.Tick == told.tick {
			return
		}
		ctx, cancel := context.WithTimeout(ctx, storeWait)
		defer cancel()
		if err := b.store.PutLast(ctx, p.Session, p.Tick, p.Samples); err != nil {
			if !failed {
				b.log.Warn().Err(err).Msg("the last places of the drones could not be stored: trying again")
			}
			failed = true
			return
		}
		told.session, told.tick, failed = p.Session, p.Tick, false
	}
	for {
		select {
		case <-t.C:
			tell(ctx)
		case <-ctx.Done():
			tell(context.WithoutCancel(ctx))
			return nil
		}
	}
}

// boundsEvery is how often the history is cut to its bounds.
const boundsEvery = 10 * time.Minute

// keepBounds deletes what lies beyond the bounds of the history.
func (b *Backend) keepBounds(ctx context.Context) error {
	if b.cfg.Keep == (store.Bounds{}) {
		return nil
	}
	t := time.NewTimer(time.Minute)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		t.Reset(boundsEvery)
		k, err := store.Keep(ctx, b.store, b.cfg.Keep, time.Now(), false)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			b.log.Warn().Err(err).Msg("the history could not be cut to its bounds: trying again later")
		case len(k.Deleted)+len(k.Trimmed) > 0:
			b.log.Info().Int("deleted", len(k.Deleted)).Int("trimmed", len(k.Trimmed)).Int64("freed_bytes", k.Freed).Int64("left_bytes", k.Left).Msg("the history was cut to its bounds")
		}
	}
}

// DeleteSession removes a session that has ended.
func (b *Backend) DeleteSession(ctx context.Context, id uuid.UUID) error {
	return b.store.DeleteSession(ctx, id)
}
