package store

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/google/uuid"

	"volary/internal/telemetry"
)

func (d *database) Position(ctx context.Context, stream string) (uint64, error) {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	seq, err := one(ctx, d.reader(), scanOne[uint64], `SELECT seq FROM stream_position WHERE stream = $1`, text(stream))
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, because(err, "position of stream %q", stream)
	}
	return *seq, nil
}

func (d *database) Ingest(ctx context.Context, b *telemetry.Batch) error {
	if err := checkBatch(b); err != nil {
		return because(err, "batch of stream %q", b.Stream)
	}
	ctx, cancel := context.WithTimeout(ctx, d.opts.IngestTimeout)
	defer cancel()
	err := d.change(ctx, func(tx runner) error {
		if err := movePosition(ctx, tx, b); err != nil {
			return err
		}
		if b.Session != uuid.Nil {
			if err := reachTick(ctx, tx, b); err != nil {
				return err
			}
		}
		if len(b.Chunks) > 0 {
			if err := d.copyChunks(ctx, tx, b.Session, b.Chunks); err != nil {
				return err
			}
		}
		if err := insertSnapshot(ctx, tx, b.Snapshot); err != nil {
			return err
		}
		if err := insertGaps(ctx, tx, b.Session, b.Gaps); err != nil {
			return err
		}
		return insertEvents(ctx, tx, b.Events)
	})
	return because(err, "storing %d to %d of stream %q", b.PrevSeq+1, b.Seq, b.Stream)
}

// checkBatch refuses what no database can hold, before one is asked.
func checkBatch(b *telemetry.Batch) error {
	switch {
	case b.Stream == "":
		return fmt.Errorf("%w: it has no name", ErrInvalid)
	case b.Seq <= b.PrevSeq || b.Seq > math.MaxInt64:
		return fmt.Errorf("%w: it goes from %d to %d", ErrInvalid, b.PrevSeq, b.Seq)
	case b.LastTick > math.MaxInt64:
		return fmt.Errorf("%w: tick %d is too big", ErrInvalid, b.LastTick)
	case b.Snapshot != nil && (b.Snapshot.Session != b.Session || len(b.Snapshot.Data) == 0):
		return fmt.Errorf("%w: it has a world of another session, or an empty one", ErrInvalid)
	case b.Session == uuid.Nil && (len(b.Chunks) > 0 || len(b.Gaps) > 0 || b.LastTick > 0):
		return fmt.Errorf("%w: it has telemetry of no session", ErrInvalid)
	}
	for i := range b.Chunks {
		if c := &b.Chunks[i]; c.Slot > math.MaxInt32 || c.LastTick > math.MaxInt64 || c.FirstTick > c.LastTick ||
			c.Samples < 1 || c.Samples > telemetry.MaxChunkSamples || len(c.Data) == 0 {
			return fmt.Errorf("%w: chunk of slot %d: ticks %d to %d, %d samples in %d bytes",
				ErrInvalid, c.Slot, c.FirstTick, c.LastTick, c.Samples, len(c.Data))
		}
	}
	return nil
}

// movePosition is the compare-and-swap that makes a batch stored once. A second
// writer waits here for the first one's row, and then finds it moved.
func movePosition(ctx context.Context, tx runner, b *telemetry.Batch) error {
	sql, args := `UPDATE stream_position SET seq = $2, stored_at = $3 WHERE stream = $1 AND seq = $4`,
		[]any{text(b.Stream), int64(b.Seq), now(), int64(b.PrevSeq)}
	if b.PrevSeq == 0 {
		sql, args = `INSERT INTO stream_position (stream, seq, stored_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, args[:3]
	}
	n, err := tx.exec(ctx, sql, args...)
	if err == nil && n == 0 {
		return ErrPosition
	}
	return err
}

// reachTick moves the session's last tick on, and so proves there is a session.
func reachTick(ctx context.Context, tx runner, b *telemetry.Batch) error {
	n, err := tx.exec(ctx, `UPDATE session SET last_tick = CASE WHEN last_tick < $2 THEN $2 ELSE last_tick END WHERE id = $1`,
		b.Session, int64(b.LastTick))
	if err == nil && n == 0 {
		return fmt.Errorf("session %s: %w", b.Session, ErrNotFound)
	}
	return err
}

func insertEvents(ctx context.Context, tx runner, events []telemetry.Event) error {
	if len(events) == 0 {
		return nil
	}
	args := make([][]any, len(events))
	for i := range events {
		e := &events[i]
		tick, err := signed(e.Tick, "tick")
		if err != nil {
			return err
		}
		seq, err := signed(e.Seq, "event")
		if err != nil {
			return err
		}
		args[i] = []any{
			text(e.Session), seq, tick, e.SimTime, e.WallUS, text(string(e.Severity)),
			text(e.Type), text(e.Drone), text(e.Message), jsonText(e.Data),
		}
	}
	return tx.execMany(ctx, `INSERT INTO event (session, seq, tick, sim_time, wall_us, severity, type, drone, message, data)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (session, seq, wall_us) DO NOTHING`, args)
}
