package store

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/google/uuid"

	"volary/internal/telemetry"
)

func (d *database) Chunks(ctx context.Context, id uuid.UUID, slot uint32, fromTick, toTick uint64) ([]telemetry.Chunk, error) {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	if toTick == 0 {
		toTick = math.MaxUint64
	}
	// Chunks of a drone don't overlap, so only the last one that begins before
	// fromTick can reach into it. Beginning the search there keeps it to the key.
	list, err := collect(ctx, d.reader(), func(r rows, c *telemetry.Chunk) error {
		c.Slot = slot
		return r.Scan(&c.FirstTick, &c.LastTick, &c.Samples, &c.Enc, &c.Data)
	}, `SELECT first_tick, last_tick, samples, enc, data FROM telemetry
		WHERE session = $1 AND slot = $2 AND last_tick >= $3 AND first_tick <= $4
			AND first_tick >= coalesce((SELECT max(first_tick) FROM telemetry
				WHERE session = $1 AND slot = $2 AND first_tick <= $3), 0)
		ORDER BY first_tick`,
		id, int64(slot), clamped(fromTick), clamped(toTick))
	return list, because(err, "telemetry of slot %d in session %s", slot, id)
}

func (d *database) ChunksOf(ctx context.Context, id uuid.UUID, fromTick, toTick uint64) ([]telemetry.Chunk, error) {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	list, err := collect(ctx, d.reader(), func(r rows, c *telemetry.Chunk) error {
		return r.Scan(&c.Slot, &c.FirstTick, &c.LastTick, &c.Samples, &c.Enc, &c.Data)
	}, `SELECT slot, first_tick, last_tick, samples, enc, data FROM telemetry
		WHERE session = $1 AND first_tick >= $2 AND first_tick <= $3 ORDER BY first_tick, slot`,
		id, clamped(fromTick), clamped(toTick))
	return list, because(err, "telemetry of session %s", id)
}

func (d *database) PutLast(ctx context.Context, id uuid.UUID, tick uint64, samples []telemetry.Sample) error {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	t, err := signed(tick, "tick")
	if err == nil {
		err = d.change(ctx, func(tx runner) error { return d.putLast(ctx, tx, id, t, samples) })
	}
	return because(err, "last state of session %s", id)
}

func (d *database) Last(ctx context.Context, id uuid.UUID) ([]telemetry.TimedSample, error) {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	list, err := collect(ctx, d.reader(), func(r rows, s *telemetry.TimedSample) error {
		var packed []byte
		if err := r.Scan(&s.Tick, &packed); err != nil {
			return err
		}
		var err error
		s.Sample, err = telemetry.DecodeSample(packed)
		return err
	}, `SELECT tick, sample FROM drone_last WHERE session = $1 ORDER BY slot`, id)
	return list, because(err, "last state of session %s", id)
}

func (d *database) CountSamples(ctx context.Context, id uuid.UUID) (uint64, error) {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	n, err := one(ctx, d.reader(), scanOne[uint64],
		`SELECT CAST(coalesce(sum(samples), 0) AS bigint) FROM telemetry WHERE session = $1`, id)
	if err != nil {
		return 0, because(err, "counting samples of session %s", id)
	}
	return *n, nil
}

func (d *database) Events(ctx context.Context, f EventFilter) ([]telemetry.Event, string, error) {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	limit := pageSize(f.Limit, 100, 1000)
	args := []any{limit + 1}
	where := []string{`type NOT IN ('deed', 'state_hash')`} // see Record
	add := func(condition string, arg any) {
		args = append(args, arg)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	if f.Session != "" {
		add("session = $%d", text(f.Session))
	}
	if f.Severity != "" {
		add("severity = $%d", text(string(f.Severity)))
	}
	if f.Drone != "" {
		add("drone = $%d", text(f.Drone))
	}
	if f.Type != "" {
		add("type = $%d", text(f.Type))
	}
	if f.FromTick > 0 {
		add("tick >= $%d", clamped(f.FromTick))
	}
	if f.ToTick > 0 {
		add("tick <= $%d", clamped(f.ToTick))
	}
	if f.Cursor != "" {
		c, err := decodeCursor(eventCursor, f.Cursor)
		if err != nil {
			return nil, "", err
		}
		add("id < $%d", c.number)
	}
	sql := `SELECT id, session, seq, tick, sim_time, wall_us, severity, type, drone, message, data FROM event`
	sql += ` WHERE ` + strings.Join(where, " AND ")
	type row struct {
		id int64
		telemetry.Event
	}
	list, err := collect(ctx, d.reader(), func(r rows, e *row) error {
		var severity string
		var data []byte
		err := r.Scan(&e.id, &e.Session, &e.Seq, &e.Tick, &e.SimTime, &e.WallUS, &severity, &e.Type, &e.Drone, &e.Message, &data)
		e.Severity, e.Data = telemetry.Severity(severity), data
		return err
	}, sql+` ORDER BY id DESC LIMIT $1`, args...)
	if err != nil {
		return nil, "", because(err, "listing events")
	}
	next := ""
	if len(list) > limit {
		list = list[:limit]
		next = cursor{number: list[limit-1].id}.encode(eventCursor)
	}
	events := make([]telemetry.Event, len(list))
	for i := range list {
		events[i] = list[i].Event
	}
	return events, next, nil
}
