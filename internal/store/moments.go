package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"volary/internal/telemetry"
)

// Moments reads the samples of all drones from one tick to another, by slot. It
// unpacks on all cores.
func Moments(ctx context.Context, s Store, session uuid.UUID, fromTick, toTick uint64) (map[uint32][]telemetry.TimedSample, error) {
	record, err := s.Session(ctx, session)
	if err != nil {
		return nil, err
	}
	// Chunks begin at boundaries of ten simulated seconds, or after them.
	span := uint64(10 * max(1, record.TickHz))
	chunks, err := s.ChunksOf(ctx, session, fromTick/span*span, toTick)
	if err != nil {
		return nil, err
	}
	pieces := make([][]telemetry.TimedSample, len(chunks))
	var g errgroup.Group
	const workers = 4
	for w := range workers {
		g.Go(func() error {
			for i := w; i < len(chunks); i += workers {
				if chunks[i].LastTick < fromTick {
					continue
				}
				all, err := telemetry.UnpackChunk(chunks[i])
				if err != nil {
					return fmt.Errorf("store: a chunk of session %s, slot %d, tick %d: %w", session, chunks[i].Slot, chunks[i].FirstTick, err)
				}
				at := func(t uint64) int {
					i, _ := slices.BinarySearchFunc(all, t, func(s telemetry.TimedSample, t uint64) int { return cmp.Compare(s.Tick, t) })
					return i
				}
				end := len(all)
				if toTick < 1<<63 {
					end = at(toTick + 1)
				}
				pieces[i] = all[min(at(fromTick), end):end]
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	out := make(map[uint32][]telemetry.TimedSample, len(chunks))
	for i := range chunks {
		if len(pieces[i]) > 0 {
			out[chunks[i].Slot] = append(out[chunks[i].Slot], pieces[i]...)
		}
	}
	return out, nil
}
