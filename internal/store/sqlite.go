package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/google/uuid"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"volary/internal/telemetry"
)

// embedded is the engine on SQLite. There is one connection that writes: a
// second one would only wait for it, and fail when it waited too long.
type embedded struct {
	read, write *sql.DB
}

func openSQLite(ctx context.Context, path string, opts Options) (engine, error) {
	if dir := filepath.Dir(path); dir != "." {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return nil, because(err, "directory of the database")
		}
	}
	e := &embedded{}
	var err error
	// FULL: a commit is on the disk before it is told; NORMAL would lose the last
	// ones at a power cut. IMMEDIATE: a transaction that will write says so at its
	// begin, where waiting is possible.
	if e.write, err = openFile(path, opts, 1, "_txlock=immediate", "_pragma=auto_vacuum(2)", "_pragma=journal_mode(wal)"); err != nil {
		return nil, err
	}
	if err := migrateSQLite(ctx, e.write, path); err != nil {
		e.write.Close() //nolint:errcheck // the first error is the one to tell
		return nil, err
	}
	if e.read, err = openFile(path, opts, opts.Connections, "_pragma=query_only(1)"); err != nil {
		e.write.Close() //nolint:errcheck // the first error is the one to tell
		return nil, err
	}
	return e, nil
}

func openFile(path string, opts Options, connections int, params ...string) (*sql.DB, error) {
	name := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String() +
		fmt.Sprintf("?_pragma=busy_timeout(%d)&_pragma=foreign_keys(1)&_pragma=synchronous(full)", opts.Timeout.Milliseconds())
	for _, p := range params {
		name += "&" + p
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, because(err, "opening SQLite file %s", path)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

func (e *embedded) name() string { return "sqlite" }

func (e *embedded) ping(ctx context.Context) error {
	_, err := one(ctx, e.reader(), scanOne[int64], `SELECT count(*) FROM stream_position`)
	return because(err, "the SQLite file doesn't answer")
}

func (e *embedded) close() {
	e.read.Close()  //nolint:errcheck // nothing is lost: every commit is on the disk
	e.write.Close() //nolint:errcheck // as above
}

func (e *embedded) reader() runner { return liteRunner{e.read} }

func (e *embedded) change(ctx context.Context, f func(runner) error) error {
	tx, err := e.write.BeginTx(ctx, nil)
	if err != nil {
		return sqliteError(err)
	}
	if err := f(liteRunner{tx}); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return sqliteError(tx.Commit())
}

func (e *embedded) copyChunks(ctx context.Context, tx runner, session uuid.UUID, chunks []telemetry.Chunk) error {
	args := make([][]any, len(chunks))
	id := session.String()
	for i := range chunks {
		c := &chunks[i]
		args[i] = []any{id, int64(c.Slot), int64(c.FirstTick), int64(c.LastTick), int64(c.Samples), int64(c.Enc), c.Data}
	}
	return tx.execMany(ctx, `INSERT INTO telemetry (session, slot, first_tick, last_tick, samples, enc, data)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, args)
}

func (e *embedded) beginTelemetry(context.Context, runner, uuid.UUID) error { return nil }

func (e *embedded) dropTelemetry(ctx context.Context, tx runner, session uuid.UUID) error {
	_, err := tx.exec(ctx, `DELETE FROM telemetry WHERE session = $1`, session)
	return err
}

// giveBack shortens the file by its free pages. Files made before that was asked
// for when they were created are written anew once.
func (e *embedded) giveBack(ctx context.Context) error {
	mode, err := one(ctx, liteRunner{e.write}, scanOne[int64], `PRAGMA auto_vacuum`)
	if err != nil {
		return err
	}
	if *mode != incremental {
		if _, err := e.write.ExecContext(ctx, fmt.Sprintf(`PRAGMA auto_vacuum = %d`, incremental)); err != nil {
			return sqliteError(err)
		}
		_, err := e.write.ExecContext(ctx, `VACUUM`)
		return sqliteError(err)
	}
	// The pragma frees a page a row: they have to be read to the end.
	if _, err := collect(ctx, liteRunner{e.write}, func(rows, *struct{}) error { return nil }, `PRAGMA incremental_vacuum`); err != nil {
		return err
	}
	_, err = collect(ctx, liteRunner{e.write}, func(rows, *struct{}) error { return nil }, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return err
}

const incremental = 2 // of PRAGMA auto_vacuum

func (e *embedded) sizes() string {
	return `SELECT id, coalesce((SELECT sum(length(data)) FROM telemetry t WHERE t.session = s.id), 0)
		+ coalesce((SELECT sum(length(data)) FROM snapshot w WHERE w.session = s.id), 0) FROM session s`
}

func (e *embedded) backup(ctx context.Context, file string) error {
	// The reading connections may not write, not even to another file.
	_, err := e.write.ExecContext(ctx, `VACUUM INTO $1`, file)
	return sqliteError(err)
}

func (e *embedded) putLast(ctx context.Context, tx runner, session uuid.UUID, tick int64, samples []telemetry.Sample) error {
	args := make([][]any, len(samples))
	id := session.String()
	for i := range samples {
		args[i] = []any{id, int64(samples[i].Slot), tick, telemetry.AppendSample(nil, &samples[i])}
	}
	return tx.execMany(ctx, `INSERT INTO drone_last (session, slot, tick, sample) VALUES ($1, $2, $3, $4)
		ON CONFLICT (session, slot) DO UPDATE SET tick = excluded.tick, sample = excluded.sample
			WHERE drone_last.tick < excluded.tick`, args)
}

// liteQuerier is a database or a transaction.
type liteQuerier interface {
	ExecContext(ctx context.Context, sql string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, sql string, args ...any) (*sql.Rows, error)
	PrepareContext(ctx context.Context, sql string) (*sql.Stmt, error)
}

type liteRunner struct{ liteQuerier }

func (r liteRunner) exec(ctx context.Context, sql string, args ...any) (int64, error) {
	result, err := r.ExecContext(ctx, sql, sqliteArgs(args)...)
	if err != nil {
		return 0, sqliteError(err)
	}
	return result.RowsAffected()
}

func (r liteRunner) execMany(ctx context.Context, sql string, args [][]any) error {
	stmt, err := r.PrepareContext(ctx, sql)
	if err != nil {
		return sqliteError(err)
	}
	defer stmt.Close() //nolint:errcheck // what it did is told by Exec
	for _, a := range args {
		if _, err := stmt.ExecContext(ctx, sqliteArgs(a)...); err != nil {
			return sqliteError(err)
		}
	}
	return nil
}

func (r liteRunner) query(ctx context.Context, sql string, args ...any) (rows, error) {
	found, err := r.QueryContext(ctx, sql, sqliteArgs(args)...)
	if err != nil {
		return nil, sqliteError(err)
	}
	return liteRows{found}, nil
}

type liteRows struct{ *sql.Rows }

func (r liteRows) close()     { r.Rows.Close() } //nolint:errcheck // Err has told it
func (r liteRows) Err() error { return sqliteError(r.Rows.Err()) }

// sqliteError gives an error the name of its reason.
func sqliteError(err error) error {
	var lite *sqlite.Error
	if !errors.As(err, &lite) {
		return err
	}
	switch lite.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return errWords(ErrConflict, err)
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return errWords(ErrNotFound, err)
	case sqlite3.SQLITE_CONSTRAINT_CHECK, sqlite3.SQLITE_CONSTRAINT_NOTNULL, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG:
		return errWords(ErrInvalid, err)
	}
	return err
}
