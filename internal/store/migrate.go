package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// migrateLimit is how long Open waits for another process that migrates, and for
// its own migrations.
const migrateLimit = 5 * time.Minute

// migrationLock is the advisory lock that one migrating process holds. Such locks
// belong to one database, and to the connection: they end with it.
const migrationLock = 0x766f6c617279 // "volary"

// SchemaNewerError says that a newer release has been at the database.
type SchemaNewerError struct{ Database, Known int64 }

func (e *SchemaNewerError) Error() string {
	return fmt.Sprintf("database schema is version %d, this build knows up to %d: run the newer release, or restore the backup made before it", e.Database, e.Known)
}

func migratePostgres(ctx context.Context, config *pgx.ConnConfig) error {
	ctx, cancel := context.WithTimeout(ctx, migrateLimit)
	defer cancel()
	config = config.Copy()
	config.RuntimeParams = maps.Clone(config.RuntimeParams)
	for _, limit := range []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"} {
		config.RuntimeParams[limit] = "0" // ctx is the bound here
	}
	db := stdlib.OpenDB(*config)
	defer db.Close() //nolint:errcheck // ends the lock's connection too
	lock, err := db.Conn(ctx)
	if err != nil {
		return because(err, "connecting to PostgreSQL")
	}
	defer lock.Close() //nolint:errcheck // the lock was given back, or its connection is gone
	if _, err := lock.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		return because(err, "waiting for another process that migrates the database")
	}
	defer lock.ExecContext(ctx, `SELECT pg_advisory_unlock($1)`, int64(migrationLock)) //nolint:errcheck // closing ends it as well
	return migrateWith(ctx, goose.DialectPostgres, db, "migrations/postgres")
}

func migrateSQLite(ctx context.Context, db *sql.DB, path string) error {
	ctx, cancel := context.WithTimeout(ctx, migrateLimit)
	defer cancel()
	unlock, err := lockBeside(ctx, path)
	if err != nil {
		return because(err, "waiting for another process that migrates the database")
	}
	defer unlock()
	return migrateWith(ctx, goose.DialectSQLite3, db, "migrations/sqlite")
}

// migrateWith brings the schema up to date. The caller holds the lock. Each
// migration is one transaction: killed in the middle, it has not begun.
func migrateWith(ctx context.Context, dialect goose.Dialect, db *sql.DB, folder string) error {
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return because(err, "reading migrations")
	}
	provider, err := goose.NewProvider(dialect, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return because(err, "reading migrations")
	}
	current, known, err := provider.GetVersions(ctx)
	if err != nil {
		return because(err, "asking for the version of the schema")
	}
	if current > known {
		return fmt.Errorf("store: %w", &SchemaNewerError{Database: current, Known: known})
	}
	if current == known {
		return nil
	}
	if _, err := provider.Up(ctx); err != nil {
		return because(err, "migrating the schema from version %d to %d (nothing of the failed step was kept: mend the cause and start again)", current, known)
	}
	return nil
}
