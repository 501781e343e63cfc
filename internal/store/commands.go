package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"

	"volary/internal/drone"
	"volary/internal/session"
)

const commandColumns = `id, session, body_hash, body, results, state, created_at`

func scanCommand(r rows, c *session.CommandRecord) error {
	var body, results []byte
	var state string
	if err := r.Scan(&c.ID, &c.Session, &c.BodyHash, &body, &results, &state, stamp{&c.Created}); err != nil {
		return err
	}
	c.Body, c.State = body, session.CommandState(state)
	if results == nil {
		return nil
	}
	return json.Unmarshal(results, &c.Results)
}

func (d *database) BeginCommand(ctx context.Context, c session.CommandRecord) (*session.CommandRecord, error) {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	created := c.Created
	if created.IsZero() {
		created = time.Now()
	}
	hash := c.BodyHash
	if hash == nil {
		hash = []byte{}
	}
	var existing *session.CommandRecord
	err := d.change(ctx, func(tx runner) error {
		n, err := tx.exec(ctx, `INSERT INTO command (id, session, body_hash, body, state, created_at)
			VALUES ($1, $2, $3, $4, 'pending', $5) ON CONFLICT (id) DO NOTHING`,
			c.ID, c.Session, hash, jsonText(c.Body), micros(created))
		if err != nil || n == 1 {
			return err
		}
		existing, err = one(ctx, tx, scanCommand, `SELECT `+commandColumns+` FROM command WHERE id = $1`, c.ID)
		return err
	})
	if err != nil {
		return nil, because(err, "command %s", c.ID)
	}
	return existing, nil
}

func (d *database) FinishCommand(ctx context.Context, id uuid.UUID, results map[string]drone.Result) error {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	if results == nil {
		results = map[string]drone.Result{}
	}
	body, err := json.Marshal(results)
	if err != nil {
		return because(err, "command %s", id)
	}
	err = d.change(ctx, func(tx runner) error {
		n, err := tx.exec(ctx, `UPDATE command SET state = 'done', results = $2, done_at = $3 WHERE id = $1 AND state = 'pending'`,
			id, jsonText(body), now())
		if err != nil || n == 1 {
			return err
		}
		c, err := one(ctx, tx, scanCommand, `SELECT `+commandColumns+` FROM command WHERE id = $1`, id)
		if err == nil && !maps.Equal(c.Results, results) {
			return fmt.Errorf("%w: it is done already, with other results", ErrConflict)
		}
		return err
	})
	return because(err, "command %s", id)
}

func (d *database) PendingCommands(ctx context.Context, before time.Time, limit int) ([]session.CommandRecord, error) {
	ctx, cancel := d.bounded(ctx)
	defer cancel()
	list, err := collect(ctx, d.reader(), scanCommand, `SELECT `+commandColumns+` FROM command
		WHERE state = 'pending' AND created_at < $1 ORDER BY created_at, id LIMIT $2`, micros(before), pageSize(limit, 100, 1000))
	return list, because(err, "listing pending commands")
}
