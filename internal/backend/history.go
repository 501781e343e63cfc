package backend

import (
	"context"
	"fmt"
	"slices"

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

// Track gives the samples of a drone from one tick to another, in order.
func (h history) Track(ctx context.Context, id uuid.UUID, slot uint32, from, to uint64) ([]telemetry.TimedSample, error) {
	// First what is open, then what is stored: a window that is stored in between
	// is then in both, not in neither.
	open := h.recorder.Open(id, slot)
	chunks, err := h.Chunks(ctx, id, slot, from, to)
	if err != nil {
		return nil, err
	}
	var out []telemetry.TimedSample
	add := func(all []telemetry.TimedSample) {
		for _, s := range all {
			if s.Tick >= from && (to == 0 || s.Tick <= to) && (len(out) == 0 || s.Tick > out[len(out)-1].Tick) {
				out = append(out, s)
			}
		}
	}
	for i := range chunks {
		all, err := telemetry.UnpackChunk(chunks[i])
		if err != nil {
			return nil, fmt.Errorf("backend: a chunk of session %s, slot %d: %w", id, slot, err)
		}
		add(all)
	}
	add(open)
	return slices.Clip(out), nil
}
