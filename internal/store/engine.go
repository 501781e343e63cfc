package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"volary/internal/telemetry"
)

// engine is what PostgreSQL and SQLite do each in its own way. SQL is written
// once, with $1 for parameters, in what both understand. Errors come back wrapped
// as ErrConflict, ErrNotFound or ErrInvalid where the database names such a reason.
type engine interface {
	name() string
	ping(ctx context.Context) error
	close()
	reader() runner
	// change runs f in one transaction, and commits it if f gives no error.
	change(ctx context.Context, f func(runner) error) error
	// copyChunks stores many chunks by the quickest way there is.
	copyChunks(ctx context.Context, tx runner, session uuid.UUID, chunks []telemetry.Chunk) error
	// beginTelemetry makes room for the chunks of a new session, dropTelemetry takes
	// it away, and giveBack returns free space to the disk.
	beginTelemetry(ctx context.Context, tx runner, session uuid.UUID) error
	dropTelemetry(ctx context.Context, tx runner, session uuid.UUID) error
	giveBack(ctx context.Context) error
	// sizes is the query of Sizes.
	sizes() string
	backup(ctx context.Context, file string) error
	// putLast overwrites where drones are.
	putLast(ctx context.Context, tx runner, session uuid.UUID, tick int64, samples []telemetry.Sample) error
}

// runner runs SQL, in a transaction or not.
type runner interface {
	exec(ctx context.Context, sql string, args ...any) (changed int64, err error)
	// execMany runs one statement for each list of arguments.
	execMany(ctx context.Context, sql string, args [][]any) error
	query(ctx context.Context, sql string, args ...any) (rows, error)
}

// rows are the answer to a query. close is safe to call twice.
type rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	close()
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, r runner, scan func(rows, *T) error, sql string, args ...any) ([]T, error) {
	found, err := r.query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer found.close()
	list := []T{}
	for found.Next() {
		var row T
		if err := scan(found, &row); err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, found.Err()
}

// one reads the only row of a query. ErrNotFound, without words.
func one[T any](ctx context.Context, r runner, scan func(rows, *T) error, sql string, args ...any) (*T, error) {
	list, err := collect(ctx, r, scan, sql, args...)
	switch {
	case err != nil:
		return nil, err
	case len(list) == 0:
		return nil, ErrNotFound
	}
	return &list[0], nil
}

// scanOne is the scan of a single column.
func scanOne[T any](r rows, v *T) error { return r.Scan(v) }

// stamp scans a time: PostgreSQL gives one, SQLite microseconds.
type stamp struct{ at *time.Time }

func (s stamp) Scan(src any) error {
	switch v := src.(type) {
	case time.Time:
		*s.at = v.UTC()
	case int64:
		*s.at = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("a time column holds %T", src)
	}
	return nil
}

// maybeStamp is a stamp that may be missing.
type maybeStamp struct{ at **time.Time }

func (s maybeStamp) Scan(src any) error {
	if src == nil {
		*s.at = nil
		return nil
	}
	var t time.Time
	*s.at = &t
	return stamp{&t}.Scan(src)
}

// micros cuts a time to what both engines keep.
func micros(t time.Time) time.Time { return time.UnixMicro(t.UnixMicro()).UTC() }

// sqliteArgs turns what PostgreSQL takes as it is into what SQLite knows.
func sqliteArgs(args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		switch v := a.(type) {
		case time.Time:
			out[i] = v.UnixMicro()
		case *time.Time:
			if v != nil {
				out[i] = v.UnixMicro()
			}
		case driver.Valuer: // uuid.UUID: text
			out[i], _ = v.Value()
		default:
			out[i] = a
		}
	}
	return out
}

// text is s as both databases can hold it: PostgreSQL takes neither NUL nor bytes
// that are no UTF-8, and an event must not be lost over one of them.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// jsonText is a JSON document as a parameter; an empty one is NULL.
func jsonText(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return text(string(b))
}

// signed is a tick, sequence or slot as a database holds it.
func signed(v uint64, what string) (int64, error) {
	if v > 1<<63-1 {
		return 0, fmt.Errorf("%s %d: %w: too big to store", what, v, ErrInvalid)
	}
	return int64(v), nil
}

// clamped is signed for the bound of a search, where too big means the most.
func clamped(v uint64) int64 { return int64(min(v, 1<<63-1)) }

// because wraps an error with what was tried; nil stays nil.
func because(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("store: "+format+": %w", append(args, err)...)
}

// errWords joins one of our errors with what the database said.
func errWords(kind, err error) error { return errors.Join(kind, err) }
