package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"volary/internal/mission"
)

// missionBody is a mission as its column holds it: without the plan, which has a
// column of its own because lists leave it out.
func missionBody(m *mission.Mission) (body, plan any, err error) {
	rest := *m
	rest.Plan = nil
	b, err := json.Marshal(rest)
	return jsonText(b), jsonText(m.Plan), err
}

func scanMission(r rows, m *mission.Mission) error {
	var created time.Time
	return scanMissionAnd(r, m, &created)
}

func scanMissionAnd(r rows, m *mission.Mission, created *time.Time) error {
	var id string
	var body, plan []byte
	if err := r.Scan(&id, stamp{created}, &body, &plan); err != nil {
		return err
	}
	if err := json.Unmarshal(body, m); err != nil {
		return because(err, "mission %s can't be read", id)
	}
	m.ID, m.Plan = id, plan
	return nil
}

func (d *database) CreateMission(ctx context.Context, m *mission.Mission) error {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	if m.ID == "" {
		m.ID = uuid.NewString()
	}
	body, plan, err := missionBody(m)
	if err != nil {
		return because(err, "creating mission %q", m.ID)
	}
	err = d.change(ctx, func(tx runner) error {
		_, err := tx.exec(ctx, `INSERT INTO mission (id, name, body, plan, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			text(m.ID), text(m.Name), body, plan, now(), now())
		return err
	})
	return because(err, "creating mission %q", m.ID)
}

func (d *database) Mission(ctx context.Context, id string) (*mission.Mission, error) {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	m, err := one(ctx, d.reader(), scanMission, `SELECT id, created_at, body, plan FROM mission WHERE id = $1`, text(id))
	return m, because(err, "mission %q", id)
}

func (d *database) Missions(ctx context.Context, limit int, at string) ([]mission.Mission, string, error) {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	limit = pageSize(limit, 50, 200)
	where, args := "", []any{limit + 1}
	if at != "" {
		c, err := decodeCursor(missionCursor, at)
		if err != nil {
			return nil, "", err
		}
		where, args = `WHERE (created_at, id) < ($2, $3)`, append(args, c.time(), c.id)
	}
	type row struct {
		created time.Time
		mission.Mission
	}
	list, err := collect(ctx, d.reader(), func(r rows, m *row) error { return scanMissionAnd(r, &m.Mission, &m.created) },
		`SELECT id, created_at, body, NULL FROM mission `+where+` ORDER BY created_at DESC, id DESC LIMIT $1`, args...)
	if err != nil {
		return nil, "", because(err, "listing missions")
	}
	next := ""
	if len(list) > limit {
		list = list[:limit]
		next = timeCursor(list[limit-1].created, list[limit-1].ID).encode(missionCursor)
	}
	missions := make([]mission.Mission, len(list))
	for i := range list {
		missions[i] = list[i].Mission
	}
	return missions, next, nil
}

func (d *database) UpdateMission(ctx context.Context, m *mission.Mission) error {
	body, plan, err := missionBody(m)
	if err != nil {
		return because(err, "updating mission %q", m.ID)
	}
	err = d.changeOne(ctx, `UPDATE mission SET name = $2, body = $3, plan = $4, updated_at = $5 WHERE id = $1`,
		text(m.ID), text(m.Name), body, plan, now())
	return because(err, "updating mission %q", m.ID)
}

func (d *database) DeleteMission(ctx context.Context, id string) error {
	return because(d.changeOne(ctx, `DELETE FROM mission WHERE id = $1`, text(id)), "deleting mission %q", id)
}

// changeOne runs a statement that must find its row. ErrNotFound.
func (d *database) changeOne(ctx context.Context, sql string, args ...any) error {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	return d.change(ctx, func(tx runner) error {
		n, err := tx.exec(ctx, sql, args...)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	})
}

func now() time.Time { return micros(time.Now()) }
