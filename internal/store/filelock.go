package store

import (
	"context"
	"database/sql"
	"net/url"
)

// lockBeside holds off other processes that migrate the same SQLite file. The
// lock is a transaction in a second, empty SQLite file: SQLite gives no lock on
// the first that would outlast the transactions of the migrations, and this one
// ends with the process, however that ends.
func lockBeside(ctx context.Context, path string) (unlock func(), err error) {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path + "-migrate"}).EscapedPath()+"?_pragma=busy_timeout(60000)")
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err == nil {
		_, err = conn.ExecContext(ctx, `BEGIN EXCLUSIVE`)
	}
	if err != nil {
		db.Close() //nolint:errcheck // the first error is the one to tell
		return nil, err
	}
	return func() {
		conn.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`) //nolint:errcheck // closing ends it as well
		conn.Close()                                             //nolint:errcheck // as above
		db.Close()                                               //nolint:errcheck // as above
	}, nil
}
