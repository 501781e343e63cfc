package store_test

import (
	"database/sql"
	"os"
	"reflect"
	"testing"

	"github.com/google/uuid"
	"github.com/pressly/goose/v3"

	"volary/internal/store"
	"volary/internal/store/storetest"
	"volary/internal/telemetry"
)

// Every schema that was ever released goes forward, with what is in it.
func TestEverySchemaGoesForwardWithItsData(t *testing.T) {
	for _, c := range []struct {
		name, driver, folder string
		dialect              goose.Dialect
		url                  func() (ours, drivers string)
	}{
		{"sqlite", "sqlite", "migrations/sqlite", goose.DialectSQLite3, func() (string, string) {
			file := t.TempDir() + "/v.db"
			return "sqlite:" + file, file
		}},
		{"postgresql", "pgx", "migrations/postgres", goose.DialectPostgres, func() (string, string) {
			u := server.Database(t)
			return u, u
		}},
	} {
		files, err := os.ReadDir(c.folder)
		if err != nil {
			t.Fatal(err)
		}
		for version := 1; version < len(files); version++ {
			t.Run(c.name, func(t *testing.T) {
				ours, drivers := c.url()
				db, err := sql.Open(c.driver, drivers)
				if err != nil {
					t.Fatal(err)
				}
				p, err := goose.NewProvider(c.dialect, db, os.DirFS(c.folder), goose.WithDisableGlobalRegistry(true))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := p.UpTo(t.Context(), int64(version)); err != nil {
					t.Fatal(err)
				}
				id, chunk := uuid.New(), telemetry.PackChunk(3, storetest.Samples(3, 25, 100))
				began := any("2026-03-01T12:00:00Z")
				if c.driver == "sqlite" {
					began = 1772366400000000
				}
				run := func(sql string, args ...any) {
					t.Helper()
					if _, err := db.ExecContext(t.Context(), sql, args...); err != nil {
						t.Fatal(err)
					}
				}
				run(`INSERT INTO session (id, name, simulator, scenario, seed, version, state, tick_hz, record_every, origin_lat, origin_lon, origin_alt, last_tick, started_at)
					VALUES ($1, 'old', 'sim', 'name: old', 1, '0.1', 'running', 250, 25, 47, 8, 0, 2500, $2)`, id.String(), began)
				run(`INSERT INTO telemetry (session, slot, first_tick, last_tick, samples, enc, data) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
					id.String(), chunk.Slot, chunk.FirstTick, chunk.LastTick, chunk.Samples, chunk.Enc, chunk.Data)
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				s := open(t, ours, store.Options{})
				got, err := s.Session(t.Context(), id)
				if err != nil || got.Name != "old" || got.LastTick != 2500 || got.Parent != nil {
					t.Fatalf("%+v, %v", got, err)
				}
				chunks, err := s.ChunksOf(t.Context(), id, 0, 1<<40)
				if err != nil || len(chunks) != 1 || !reflect.DeepEqual(chunks[0], chunk) {
					t.Errorf("%d chunks, %v", len(chunks), err)
				}
				// And goes on being written to.
				b := storetest.NewBatch(id, 1, 2, 4)
				b.PrevSeq, b.Seq = 0, 1
				if err := s.Ingest(t.Context(), b); err != nil {
					t.Error(err)
				}
			})
		}
	}
}
