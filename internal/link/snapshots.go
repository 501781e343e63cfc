package link

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"volary/internal/telemetry"
)

// Snapshot sends a world to the history. s.Data is as the world wrote it; it is
// packed here, away from the tick.
func (s *Simulator) Snapshot(w telemetry.Snapshot) { s.snapshots.push(w, len(w.Data)) }

func (s *Simulator) publishSnapshots(ctx context.Context, closing <-chan struct{}) error {
	sent := 0
	for {
		for {
			batch := s.snapshots.take(1)
			if len(batch) == 0 {
				break
			}
			w := batch[0]
			w.Data = telemetry.Compress(w.Data)
			sent++
			n := sent
			if err := s.store(ctx, subjectSnapshot+s.cfg.ID, w.Cut(), func(i int) string {
				return fmt.Sprintf("%s/w%d/%d", s.run, n, i)
			}); err != nil {
				return err
			}
		}
		if done, err := idle(ctx, s.snapshots.wake, closing); done || err != nil {
			return err
		}
	}
}

// World fetches a world that a Welcome or a Fork named, as the world wrote it.
func (s *Simulator) World(ctx context.Context, name string) ([]byte, error) {
	var all []byte
	for {
		q, err := json.Marshal(worldRequest{World: name, From: len(all)})
		if err != nil {
			return nil, fmt.Errorf("link: %w", err)
		}
		m, err := s.nc.RequestWithContext(ctx, subjectWorld, q)
		if err != nil {
			return nil, fmt.Errorf("link: fetching a world: %w", err)
		}
		total, err := strconv.Atoi(m.Header.Get(headerTotal))
		if err != nil || total == 0 {
			return nil, errors.New("link: the backend no longer has that world")
		}
		all = append(all, m.Data...)
		if len(all) >= total || len(m.Data) == 0 {
			return telemetry.Decompress(all)
		}
	}
}
