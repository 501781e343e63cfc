package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"volary/internal/telemetry"
)

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// postgres is the engine on PostgreSQL. Reading and writing have a pool each:
// whoever reads hours of history takes no connection from the recorder.
type postgres struct {
	read, write *pgxpool.Pool
}

func openPostgres(ctx context.Context, u *url.URL, opts Options) (engine, error) {
	config, err := postgresConfig(u, opts)
	if err != nil {
		return nil, err
	}
	if err := awaitPostgres(ctx, config.ConnConfig, opts.ConnectWait); err != nil {
		return nil, err
	}
	if err := migratePostgres(ctx, config.ConnConfig); err != nil {
		return nil, err
	}
	e := &postgres{}
	write := config.Copy()
	write.MaxConns = int32(max(2, opts.Connections/4))
	if e.write, err = pgxpool.NewWithConfig(ctx, write); err != nil {
		return nil, because(err, "connecting to PostgreSQL")
	}
	config.MaxConns = int32(opts.Connections)
	config.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	if e.read, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		e.write.Close()
		return nil, because(err, "connecting to PostgreSQL")
	}
	return e, nil
}

// postgresConfig turns the URL into settings. What it doesn't say gets a bound:
// PostgreSQL itself waits without one.
func postgresConfig(u *url.URL, opts Options) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(u.String())
	if err != nil {
		reason := "check the host, the port and the options after ?"
		var parse *pgconn.ParseConfigError
		if pw, _ := u.User.Password(); errors.As(err, &parse) && pw == "" {
			reason = err.Error()
		}
		return nil, fmt.Errorf("store: database URL can't be used: %s", reason)
	}
	conn := config.ConnConfig
	if opts.PasswordFile != "" {
		if conn.Password, err = readPassword(opts.PasswordFile); err != nil {
			return nil, err
		}
	}
	if conn.ConnectTimeout <= 0 {
		conn.ConnectTimeout = 5 * time.Second
	}
	if opts.dial != nil {
		conn.DialFunc = opts.dial
	}
	for name, value := range map[string]string{
		"application_name":                    "volary",
		"statement_timeout":                   milliseconds(max(opts.Timeout, opts.IngestTimeout)),
		"lock_timeout":                        milliseconds(opts.Timeout),
		"idle_in_transaction_session_timeout": milliseconds(opts.IngestTimeout),
	} {
		if _, given := conn.RuntimeParams[name]; !given {
			conn.RuntimeParams[name] = value
		}
	}
	return config, nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// awaitPostgres returns when the server takes a connection, or with the last
// reason why not.
func awaitPostgres(ctx context.Context, config *pgx.ConnConfig, wait time.Duration) error {
	limit := time.Now().Add(wait)
	for {
		conn, err := pgx.ConnectConfig(ctx, config)
		if err == nil {
			return conn.Close(ctx)
		}
		if ctx.Err() != nil || !time.Now().Before(limit) {
			return because(err, "connecting to PostgreSQL")
		}
		select {
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

func (e *postgres) name() string { return "postgresql" }

func (e *postgres) ping(ctx context.Context) error {
	return because(e.read.Ping(ctx), "PostgreSQL doesn't answer")
}

func (e *postgres) close() {
	e.read.Close()
	e.write.Close()
}

func (e *postgres) reader() runner { return pgRunner{e.read} }

func (e *postgres) change(ctx context.Context, f func(runner) error) error {
	return postgresError(pgx.BeginFunc(ctx, e.write, func(tx pgx.Tx) error { return f(pgRunner{tx}) }))
}

func (e *postgres) copyChunks(ctx context.Context, tx runner, session uuid.UUID, chunks []telemetry.Chunk) error {
	columns := []string{"session", "slot", "first_tick", "last_tick", "samples", "enc", "data"}
	_, err := tx.(pgRunner).pgQuerier.(pgx.Tx).CopyFrom(ctx, pgx.Identifier{"telemetry"}, columns,
		pgx.CopyFromSlice(len(chunks), func(i int) ([]any, error) {
			c := &chunks[i]
			return []any{session, int32(c.Slot), int64(c.FirstTick), int64(c.LastTick), int32(c.Samples), c.Enc, c.Data}, nil
		}))
	return postgresError(err)
}

func (e *postgres) beginTelemetry(ctx context.Context, tx runner, session uuid.UUID) error {
	_, err := tx.exec(ctx, `SELECT telemetry_partition($1)`, session)
	return err
}

func partition(session uuid.UUID) string {
	return pgx.Identifier{"telemetry_" + strings.ReplaceAll(session.String(), "-", "")}.Sanitize()
}

func (e *postgres) dropTelemetry(ctx context.Context, tx runner, session uuid.UUID) error {
	_, err := tx.exec(ctx, `DROP TABLE IF EXISTS `+partition(session))
	return err
}

// giveBack has nothing to do: a partition dropped is space given back, and what
// was deleted elsewhere is used again.
func (e *postgres) giveBack(context.Context) error { return nil }

func (e *postgres) sizes() string {
	return `SELECT s.id, coalesce(pg_total_relation_size(to_regclass('telemetry_' || replace(s.id::text, '-', ''))), 0)
		+ coalesce((SELECT sum(octet_length(data)) FROM snapshot w WHERE w.session = s.id), 0)::bigint FROM session s`
}

func (e *postgres) backup(context.Context, string) error { return ErrUnsupported }

func (e *postgres) putLast(ctx context.Context, tx runner, session uuid.UUID, tick int64, samples []telemetry.Sample) error {
	slots, packed := make([]int32, len(samples)), make([][]byte, len(samples))
	for i := range samples {
		slots[i], packed[i] = int32(samples[i].Slot), telemetry.AppendSample(nil, &samples[i])
	}
	_, err := tx.exec(ctx, `INSERT INTO drone_last (session, slot, tick, sample)
		SELECT $1, slot, $2, sample FROM unnest($3::integer[], $4::bytea[]) AS t (slot, sample)
		ON CONFLICT (session, slot) DO UPDATE SET tick = excluded.tick, sample = excluded.sample
			WHERE drone_last.tick < excluded.tick`, session, tick, slots, packed)
	return err
}

// pgQuerier is a pool or a transaction.
type pgQuerier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

type pgRunner struct{ pgQuerier }

func (r pgRunner) exec(ctx context.Context, sql string, args ...any) (int64, error) {
	tag, err := r.Exec(ctx, sql, args...)
	return tag.RowsAffected(), postgresError(err)
}

func (r pgRunner) execMany(ctx context.Context, sql string, args [][]any) error {
	var b pgx.Batch
	for _, a := range args {
		b.Queue(sql, a...)
	}
	return postgresError(r.SendBatch(ctx, &b).Close())
}

func (r pgRunner) query(ctx context.Context, sql string, args ...any) (rows, error) {
	found, err := r.Query(ctx, sql, args...)
	if err != nil {
		return nil, postgresError(err)
	}
	return pgRows{found}, nil
}

type pgRows struct{ pgx.Rows }

func (r pgRows) close()     { r.Rows.Close() }
func (r pgRows) Err() error { return postgresError(r.Rows.Err()) }

// postgresError gives an error the name of its reason. Codes are SQLSTATE, of
// which the first two letters are the class.
func postgresError(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	for _, known := range []error{ErrConflict, ErrNotFound, ErrInvalid} {
		if errors.Is(err, known) {
			return err
		}
	}
	switch {
	case pg.Code == "23505": // unique_violation
		return errWords(ErrConflict, err)
	case pg.Code == "23503": // foreign_key_violation
		return errWords(ErrNotFound, err)
	case strings.HasPrefix(pg.Code, "22"), strings.HasPrefix(pg.Code, "23"): // data exception, other constraints
		return errWords(ErrInvalid, err)
	}
	return err
}
