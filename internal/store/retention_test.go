package store_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib"

	"volary/internal/session"
	"volary/internal/store"
	"volary/internal/store/storetest"
)

// fill makes a session with so many batches of 50 drones.
func fill(t *testing.T, s store.Store, n, batches int) *session.Session {
	t.Helper()
	one := storetest.NewSession(n)
	if err := s.CreateSession(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	for i := range uint64(batches) {
		b := storetest.NewBatch(one.ID, i, i+1, 50)
		b.Stream = one.ID.String()
		for k := range b.Chunks { // what can't be packed
			b.Chunks[k].Data = append(b.Chunks[k].Data, make([]byte, 1000)...)
			for j := range b.Chunks[k].Data {
				b.Chunks[k].Data[j] ^= byte(uint64(j*k) * 2654435761 >> 7)
			}
		}
		if err := s.Ingest(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	return one
}

func TestDeletionGivesTheSpaceBack(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "v.db")
		s := open(t, "sqlite:"+file, store.Options{})
		size := func() int64 {
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			return info.Size()
		}
		small := fill(t, s, 1, 1)
		large := fill(t, s, 2, 40)
		end(t, s, small, large)
		if err := s.DeleteSession(t.Context(), small.ID); err != nil { // brings all to the file
			t.Fatal(err)
		}
		before := size()
		if err := s.DeleteSession(t.Context(), large.ID); err != nil {
			t.Fatal(err)
		}
		if after := size(); after > before/4 {
			t.Errorf("the file had %d bytes, and has %d", before, after)
		}
	})
	t.Run("postgresql", func(t *testing.T) {
		url := server.Database(t)
		s := open(t, url, store.Options{})
		db, err := sql.Open("pgx", url)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		size := func() (n int64) {
			if err := db.QueryRow(`SELECT pg_database_size(current_database())`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		empty := size()
		large := fill(t, s, 2, 40)
		end(t, s, large)
		before := size()
		if err := s.DeleteSession(t.Context(), large.ID); err != nil {
			t.Fatal(err)
		}
		if after := size(); after-empty > (before-empty)/4 {
			t.Errorf("the database grew from %d to %d bytes, and has %d", empty, before, after)
		}
	})
}

func end(t *testing.T, s store.Store, all ...*session.Session) {
	t.Helper()
	for _, one := range all {
		at := one.StartedAt.Add(time.Minute)
		if err := s.SetSessionState(t.Context(), one.ID, session.Ended, "", at); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHistoryIsCutToItsBounds(t *testing.T) {
	for name, url := range map[string]func() string{"sqlite": func() string { return sqliteURL(t) }, "postgresql": func() string { return server.Database(t) }} {
		t.Run(name, func(t *testing.T) {
			s := open(t, url(), store.Options{})
			one, two, three := fill(t, s, 0, 4), fill(t, s, 3600, 4), fill(t, s, 7200, 4)
			end(t, s, one, two)
			now := one.StartedAt.Add(90 * time.Minute)
			ids := func(all ...*session.Session) string {
				var out []string
				for _, x := range all {
					out = append(out, x.ID.String())
				}
				return strings.Join(out, " ")
			}
			text := func(all []uuid.UUID) string {
				var out []string
				for _, x := range all {
					out = append(out, x.String())
				}
				return strings.Join(out, " ")
			}
			keep := func(b store.Bounds, dry bool) *store.Kept {
				k, err := store.Keep(t.Context(), s, b, now, dry)
				if err != nil {
					t.Fatal(err)
				}
				return k
			}
			if k := keep(store.Bounds{Age: time.Hour}, true); text(k.Deleted) != ids(one) || k.Freed == 0 {
				t.Errorf("would delete %+v", k)
			}
			if _, err := s.Session(t.Context(), one.ID); err != nil {
				t.Errorf("a dry run deleted: %v", err)
			}
			if k := keep(store.Bounds{Age: time.Hour}, false); text(k.Deleted) != ids(one) || len(k.Trimmed) != 0 {
				t.Errorf("deleted %+v", k)
			}
			if k := keep(store.Bounds{Age: time.Hour}, false); len(k.Deleted) != 0 {
				t.Errorf("deleted again: %+v", k)
			}
			sizes, err := s.Sizes(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			// What doesn't fit: the second session, then half of the one that goes on.
			k := keep(store.Bounds{Bytes: sizes[three.ID] / 2}, false)
			if text(k.Deleted) != ids(two) || text(k.Trimmed) != ids(three) {
				t.Errorf("%+v", k)
			}
			n, err := s.CountSamples(t.Context(), three.ID)
			if err != nil || n == 0 || n > 3*50*100 {
				t.Errorf("%d samples are left of 20000, %v", n, err)
			}
			got, err := s.Session(t.Context(), three.ID)
			if err != nil || len(got.Gaps) != 1 || got.Gaps[0].Reason != store.GapDeleted {
				t.Errorf("gaps %+v, %v", got.Gaps, err)
			}
		})
	}
}

func TestABackupHoldsEverything(t *testing.T) {
	s := open(t, sqliteURL(t), store.Options{})
	one := fill(t, s, 1, 3)
	file := filepath.Join(t.TempDir(), "it's a backup.db")
	if err := s.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	b := open(t, "sqlite:"+file, store.Options{})
	want, err := s.CountSamples(t.Context(), one.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.CountSamples(t.Context(), one.ID); err != nil || got != want {
		t.Errorf("%d samples in the backup, %d in the original: %v", got, want, err)
	}
	if _, err := b.Position(context.Background(), one.ID.String()); err != nil {
		t.Error(err)
	}
}
