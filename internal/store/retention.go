package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"volary/internal/session"
	"volary/internal/telemetry"
)

// GapDeleted is the reason of gaps that were made to keep to a bound.
const GapDeleted = "deleted to keep to the bounds of the history"

func (d *database) DeleteSession(ctx context.Context, id uuid.UUID) error {
	ctx, cancel := context.WithTimeout(ctx, d.opts.IngestTimeout)
	defer cancel()
	err := d.change(ctx, func(tx runner) error {
		state, err := one(ctx, tx, scanOne[string], `SELECT state FROM session WHERE id = $1`, id)
		if err != nil {
			return err
		}
		if session.State(*state) != session.Ended {
			return fmt.Errorf("%w: it is %s: end it first", ErrConflict, *state)
		}
		if err := d.dropTelemetry(ctx, tx, id); err != nil {
			return err
		}
		for _, sql := range []string{
			`DELETE FROM event WHERE session = $1`, // text
			`DELETE FROM command WHERE session = $1`,
			`DELETE FROM session WHERE id = $1`, // the rest goes with it
		} {
			arg := any(id)
			if sql == `DELETE FROM event WHERE session = $1` {
				arg = id.String()
			}
			if _, err := tx.exec(ctx, sql, arg); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = d.giveBack(ctx)
	}
	return because(err, "deleting session %s", id)
}

func (d *database) TrimSession(ctx context.Context, id uuid.UUID, beforeTick uint64) error {
	ctx, cancel := context.WithTimeout(ctx, d.opts.IngestTimeout)
	defer cancel()
	tick := clamped(beforeTick)
	err := d.change(ctx, func(tx runner) error {
		// Whole chunks go: those that end before the tick.
		kept, err := one(ctx, tx, scanOne[int64], `SELECT CAST(coalesce(min(first_tick), $2) AS bigint) FROM telemetry
			WHERE session = $1 AND last_tick >= $2`, id, tick)
		if err != nil {
			return err
		}
		n, err := tx.exec(ctx, `DELETE FROM telemetry WHERE session = $1 AND first_tick < $2 AND last_tick < $2`, id, *kept)
		if err != nil || n == 0 {
			return err
		}
		if _, err := tx.exec(ctx, `DELETE FROM session_gap WHERE session = $1 AND to_tick <= $2`, id, *kept); err != nil {
			return err
		}
		return insertGaps(ctx, tx, id, []telemetry.Gap{{FromTick: 0, ToTick: uint64(*kept), Reason: GapDeleted}})
	})
	if err == nil {
		err = d.giveBack(ctx)
	}
	return because(err, "trimming session %s", id)
}

func (d *database) Sizes(ctx context.Context) (map[uuid.UUID]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, d.opts.IngestTimeout)
	defer cancel()
	type size struct {
		id    uuid.UUID
		bytes int64
	}
	list, err := collect(ctx, d.reader(), func(r rows, s *size) error { return r.Scan(&s.id, &s.bytes) }, d.sizes())
	all := make(map[uuid.UUID]int64, len(list))
	for _, s := range list {
		all[s.id] = s.bytes
	}
	return all, because(err, "measuring sessions")
}

// Bounds of what is kept. A zero bound is none.
type Bounds struct {
	Age   time.Duration // since a session ended; of one that has not, since it was recorded
	Bytes int64         // of telemetry and worlds in all
}

// Kept says what keeping to bounds did.
type Kept struct {
	Deleted []uuid.UUID `json:"deleted"` // sessions
	Trimmed []uuid.UUID `json:"trimmed"` // sessions that go on, of which the beginning was removed
	Freed   int64       `json:"freed_bytes"`
	Left    int64       `json:"left_bytes"`
}

// Keep deletes what lies beyond the bounds: sessions that ended long ago, then the
// oldest until the rest fits. Of a session that goes on the beginning is removed,
// and a gap noted. dry only tells what would be done.
func Keep(ctx context.Context, s Store, b Bounds, now time.Time, dry bool) (*Kept, error) {
	sizes, err := s.Sizes(ctx)
	if err != nil {
		return nil, err
	}
	all, err := oldestFirst(ctx, s)
	if err != nil {
		return nil, err
	}
	k := &Kept{Deleted: []uuid.UUID{}, Trimmed: []uuid.UUID{}}
	for _, n := range sizes {
		k.Left += n
	}
	for i := range all {
		one := &all[i]
		old := b.Age > 0 && one.EndedAt != nil && now.Sub(*one.EndedAt) > b.Age
		large := b.Bytes > 0 && k.Left > b.Bytes
		if one.State == session.Ended && (old || large) {
			if !dry {
				if err := s.DeleteSession(ctx, one.ID); err != nil {
					return k, err
				}
			}
			k.Deleted = append(k.Deleted, one.ID)
			k.Freed, k.Left = k.Freed+sizes[one.ID], k.Left-sizes[one.ID]
		}
	}
	for i := range all {
		one := &all[i]
		if one.State == session.Ended {
			continue
		}
		if tick := trimTo(one, b, now, k.Left, sizes[one.ID]); tick > 0 {
			if !dry {
				if err := s.TrimSession(ctx, one.ID, tick); err != nil {
					return k, err
				}
			}
			share := int64(float64(sizes[one.ID]) * float64(tick) / float64(one.LastTick))
			k.Trimmed = append(k.Trimmed, one.ID)
			k.Freed, k.Left = k.Freed+share, k.Left-share
		}
	}
	return k, nil
}

// trimTo is the tick before which a session that goes on must give way; 0: none.
// Its telemetry is taken to be spread evenly over its life.
func trimTo(s *session.Session, b Bounds, now time.Time, left, size int64) uint64 {
	share := 0.0
	if life := now.Sub(s.StartedAt); b.Age > 0 && life > b.Age {
		share = 1 - b.Age.Seconds()/life.Seconds()
	}
	if b.Bytes > 0 && left > b.Bytes && size > 0 {
		share = max(share, min(1, float64(left-b.Bytes)/float64(size)))
	}
	tick := uint64(share * float64(s.LastTick))
	for _, g := range s.Gaps {
		if g.Reason == GapDeleted && tick < g.ToTick+uint64(60*s.TickHz) {
			return 0 // it was trimmed to about there already
		}
	}
	return tick
}

func oldestFirst(ctx context.Context, s Store) ([]session.Session, error) {
	var all []session.Session
	for at := ""; ; {
		page, next, err := s.Sessions(ctx, 200, at)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if at = next; at == "" {
			slices.Reverse(all)
			return all, nil
		}
	}
}
