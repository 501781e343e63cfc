package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"volary/internal/session"
	"volary/internal/telemetry"
)

const sessionColumns = `id, name, simulator, seed, version, state, end_reason, tick_hz, record_every,
	origin_lat, origin_lon, origin_alt, drones, last_tick, started_at, ended_at, parent, parent_tick`

func scanSession(r rows, s *session.Session) error { return scanSessionAnd(r, s) }

func scanWholeSession(r rows, s *session.Session) error { return scanSessionAnd(r, s, &s.Scenario) }

func scanSessionAnd(r rows, s *session.Session, more ...any) error {
	var seed, lastTick, parentTick int64
	var state string
	var parent uuid.NullUUID
	err := r.Scan(append([]any{
		&s.ID, &s.Name, &s.Simulator, &seed, &s.Version, &state, &s.EndReason, &s.TickHz, &s.RecordEvery,
		&s.Origin.Lat, &s.Origin.Lon, &s.Origin.Alt, &s.Drones, &lastTick, stamp{&s.StartedAt}, maybeStamp{&s.EndedAt},
		&parent, &parentTick,
	}, more...)...)
	if s.ParentTick = uint64(parentTick); parent.Valid {
		s.Parent = &parent.UUID
	}
	s.Seed, s.LastTick, s.State = uint64(seed), uint64(lastTick), session.State(state)
	s.Gaps = []telemetry.Gap{}
	return err
}

func (d *database) CreateSession(ctx context.Context, s *session.Session) error {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	lastTick, err := signed(s.LastTick, "tick")
	if err != nil {
		return because(err, "session %s", s.ID)
	}
	parentTick, err := signed(s.ParentTick, "tick")
	if err != nil {
		return because(err, "session %s", s.ID)
	}
	var ended, parent any
	if s.Parent != nil {
		parent = *s.Parent
	}
	if s.EndedAt != nil {
		ended = micros(*s.EndedAt)
	}
	err = d.change(ctx, func(tx runner) error {
		_, err := tx.exec(ctx, `INSERT INTO session (`+sessionColumns+`, scenario)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
			s.ID, text(s.Name), text(s.Simulator), int64(s.Seed), text(s.Version), string(s.State), text(s.EndReason),
			s.TickHz, s.RecordEvery, s.Origin.Lat, s.Origin.Lon, s.Origin.Alt, s.Drones, lastTick,
			micros(s.StartedAt), ended, parent, parentTick, text(s.Scenario))
		if err != nil {
			return err
		}
		if err := d.beginTelemetry(ctx, tx, s.ID); err != nil {
			return err
		}
		return insertGaps(ctx, tx, s.ID, s.Gaps)
	})
	return because(err, "creating session %s", s.ID)
}

func (d *database) Session(ctx context.Context, id uuid.UUID) (*session.Session, error) {
	s, err := d.oneSession(ctx, `WHERE id = $1`, id)
	return s, because(err, "session %s", id)
}

func (d *database) LatestSession(ctx context.Context, simulator string) (*session.Session, error) {
	s, err := d.oneSession(ctx, `WHERE simulator = $1 ORDER BY started_at DESC, id DESC LIMIT 1`, text(simulator))
	return s, because(err, "latest session of simulator %q", simulator)
}

func (d *database) oneSession(ctx context.Context, where string, arg any) (*session.Session, error) {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	s, err := one(ctx, d.reader(), scanWholeSession, `SELECT `+sessionColumns+`, scenario FROM session `+where, arg)
	if err != nil {
		return nil, err
	}
	list := []session.Session{*s}
	if err := d.addGaps(ctx, list); err != nil {
		return nil, err
	}
	return &list[0], nil
}

func (d *database) Sessions(ctx context.Context, limit int, at string) ([]session.Session, string, error) {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	limit = pageSize(limit, 50, 200)
	where, args := "", []any{limit + 1}
	if at != "" {
		c, err := decodeCursor(sessionCursor, at)
		if err != nil {
			return nil, "", err
		}
		id, err := uuid.Parse(c.id)
		if err != nil {
			return nil, "", fmt.Errorf("cursor: %w: use the next_cursor of a page of this list", ErrInvalid)
		}
		where, args = `WHERE (started_at, id) < ($2, $3)`, append(args, c.time(), id)
	}
	list, err := collect(ctx, d.reader(), scanSession,
		`SELECT `+sessionColumns+` FROM session `+where+` ORDER BY started_at DESC, id DESC LIMIT $1`, args...)
	if err != nil {
		return nil, "", because(err, "listing sessions")
	}
	next := ""
	if len(list) > limit {
		list = list[:limit]
		next = timeCursor(list[limit-1].StartedAt, list[limit-1].ID.String()).encode(sessionCursor)
	}
	return list, next, because(d.addGaps(ctx, list), "listing sessions")
}

// addGaps fills in the gaps of some sessions.
func (d *database) addGaps(ctx context.Context, list []session.Session) error {
	if len(list) == 0 {
		return nil
	}
	at := make(map[uuid.UUID]*session.Session, len(list))
	marks, args := make([]string, len(list)), make([]any, len(list))
	for i := range list {
		at[list[i].ID] = &list[i]
		marks[i], args[i] = fmt.Sprintf("$%d", i+1), list[i].ID
	}
	type gap struct {
		session uuid.UUID
		telemetry.Gap
	}
	gaps, err := collect(ctx, d.reader(), func(r rows, g *gap) error {
		return r.Scan(&g.session, &g.FromTick, &g.ToTick, &g.Reason)
	}, `SELECT session, from_tick, to_tick, reason FROM session_gap
		WHERE session IN (`+strings.Join(marks, ", ")+`) ORDER BY session, from_tick, to_tick`, args...)
	for _, g := range gaps {
		s := at[g.session]
		s.Gaps = append(s.Gaps, g.Gap)
	}
	return err
}

func insertGaps(ctx context.Context, tx runner, id uuid.UUID, gaps []telemetry.Gap) error {
	if len(gaps) == 0 {
		return nil
	}
	args := make([][]any, len(gaps))
	for i, g := range gaps {
		from, err := signed(g.FromTick, "tick")
		if err != nil {
			return err
		}
		to, err := signed(g.ToTick, "tick")
		if err != nil {
			return err
		}
		args[i] = []any{id, from, to, text(g.Reason)}
	}
	return tx.execMany(ctx, `INSERT INTO session_gap (session, from_tick, to_tick, reason) VALUES ($1, $2, $3, $4)
		ON CONFLICT DO NOTHING`, args)
}

func (d *database) SetSessionState(ctx context.Context, id uuid.UUID, state session.State, reason string, at time.Time) error {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	// From which states this one can be reached, as a condition of the update: two
	// who move a session at once are put in order by the database.
	var from []any
	marks := []string{}
	for _, s := range []session.State{session.Running, session.Interrupted, session.Ended} {
		if s != state && session.Transition(s, state) == nil {
			from = append(from, string(s))
			marks = append(marks, fmt.Sprintf("$%d", 4+len(from)))
		}
	}
	if len(from) == 0 {
		return because(fmt.Errorf("%w: no session becomes %q", ErrConflict, state), "session %s", id)
	}
	var ended any
	switch state {
	case session.Ended:
		ended = micros(at)
	case session.Running:
		reason = ""
	}
	err := d.change(ctx, func(tx runner) error {
		n, err := tx.exec(ctx, `UPDATE session SET state = $2, end_reason = $3, ended_at = $4
			WHERE id = $1 AND state IN (`+strings.Join(marks, ", ")+`)`,
			append([]any{id, string(state), text(reason), ended}, from...)...)
		if err != nil || n == 1 {
			return err
		}
		now, err := one(ctx, tx, scanOne[string], `SELECT state FROM session WHERE id = $1`, id)
		if err != nil {
			return err
		}
		if err := session.Transition(session.State(*now), state); err != nil {
			return fmt.Errorf("%w: %w", ErrConflict, err)
		}
		return nil // it is there already
	})
	return because(err, "session %s", id)
}

func (d *database) PutMembers(ctx context.Context, id uuid.UUID, members []session.Member) error {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	args := make([][]any, len(members))
	for i, m := range members {
		from, err := signed(m.FromTick, "tick")
		if err != nil {
			return because(err, "members of session %s", id)
		}
		to, err := signed(m.ToTick, "tick")
		if err != nil {
			return because(err, "members of session %s", id)
		}
		args[i] = []any{id, m.Slot, text(m.ID), text(m.Name), text(m.Model), from, to}
	}
	err := d.change(ctx, func(tx runner) error {
		// The session's row first: it tells whether there is one, and keeps the
		// count right when two add members at once.
		n, err := tx.exec(ctx, `UPDATE session SET drones = drones WHERE id = $1`, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotFound
		}
		if err := tx.execMany(ctx, `INSERT INTO member (session, slot, id, name, model, from_tick, to_tick)
			VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (session, slot) DO UPDATE SET id = excluded.id, name = excluded.name, model = excluded.model,
				from_tick = excluded.from_tick, to_tick = excluded.to_tick`, args); err != nil {
			return err
		}
		_, err = tx.exec(ctx, `UPDATE session SET drones = (SELECT count(*) FROM member WHERE session = $1) WHERE id = $1`, id)
		return err
	})
	return because(err, "members of session %s", id)
}

func (d *database) Members(ctx context.Context, id uuid.UUID) ([]session.Member, error) {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	list, err := collect(ctx, d.reader(), func(r rows, m *session.Member) error {
		return r.Scan(&m.Slot, &m.ID, &m.Name, &m.Model, &m.FromTick, &m.ToTick)
	}, `SELECT slot, id, name, model, from_tick, to_tick FROM member WHERE session = $1 ORDER BY slot`, id)
	return list, because(err, "members of session %s", id)
}
