package store

import (
	"context"
	"math"

	"github.com/google/uuid"

	"volary/internal/telemetry"
)

func insertSnapshot(ctx context.Context, tx runner, s *telemetry.Snapshot) error {
	if s == nil {
		return nil
	}
	tick, err := signed(s.Tick, "tick")
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO snapshot (session, tick, begins, hash, data) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (session, tick) DO NOTHING`, s.Session, tick, s.Begin, int64(s.Hash), s.Data)
	return err
}

const snapshotColumns = `session, tick, begins, hash, data`

func scanSnapshot(r rows, s *telemetry.Snapshot) error {
	var hash int64
	err := r.Scan(&s.Session, &s.Tick, &s.Begin, &hash, &s.Data)
	s.Hash = uint64(hash)
	return err
}

func (d *database) Snapshot(ctx context.Context, id uuid.UUID, tick uint64) (*telemetry.Snapshot, error) {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	s, err := one(ctx, d.reader(), scanSnapshot, `SELECT `+snapshotColumns+` FROM snapshot
		WHERE session = $1 AND tick <= $2 ORDER BY tick DESC LIMIT 1`, id, clamped(tick))
	return s, because(err, "world of session %s at tick %d", id, tick)
}

func (d *database) Snapshots(ctx context.Context, id uuid.UUID) ([]telemetry.Snapshot, error) {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	list, err := collect(ctx, d.reader(), func(r rows, s *telemetry.Snapshot) error {
		var hash int64
		err := r.Scan(&s.Session, &s.Tick, &s.Begin, &hash)
		s.Hash = uint64(hash)
		return err
	}, `SELECT session, tick, begins, hash FROM snapshot WHERE session = $1 ORDER BY tick`, id)
	return list, because(err, "worlds of session %s", id)
}

func (d *database) Record(ctx context.Context, id uuid.UUID, typ string, fromTick, toTick uint64) ([]telemetry.Event, error) {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	if toTick == 0 {
		toTick = math.MaxUint64
	}
	// The literal list lets both engines see that the partial index serves.
	list, err := collect(ctx, d.reader(), func(r rows, e *telemetry.Event) error {
		var severity string
		var data []byte
		err := r.Scan(&e.Session, &e.Seq, &e.Tick, &e.SimTime, &e.WallUS, &severity, &e.Type, &e.Drone, &e.Message, &data)
		e.Severity, e.Data = telemetry.Severity(severity), data
		return err
	}, `SELECT session, seq, tick, sim_time, wall_us, severity, type, drone, message, data FROM event
		WHERE session = $1 AND type = $2 AND type IN ('deed', 'state_hash') AND tick >= $3 AND tick <= $4 ORDER BY seq`,
		id.String(), text(typ), clamped(fromTick), clamped(toTick))
	return list, because(err, "record of session %s", id)
}
