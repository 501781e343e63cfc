package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"volary/internal/session"
	"volary/internal/store"
	"volary/internal/store/postgrestest"
	"volary/internal/store/storetest"
	"volary/internal/telemetry"
)

func created(t testing.TB, s store.Store) *session.Session {
	t.Helper()
	one := storetest.NewSession(0)
	if err := s.CreateSession(context.Background(), one); err != nil {
		t.Fatal(err)
	}
	return one
}

func execPostgres(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) //nolint:errcheck // nothing hangs on it
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// A newer release's database is refused before it is written to.
func TestNewerSchemaIsRefused(t *testing.T) {
	const newer = `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`
	t.Run("postgresql", func(t *testing.T) {
		url := server.Database(t)
		open(t, url, store.Options{})
		execPostgres(t, url, newer)
		refused(t, url)
	})
	t.Run("sqlite", func(t *testing.T) {
		url := "sqlite:" + filepath.Join(t.TempDir(), "v.db")
		open(t, url, store.Options{}).Close()
		db, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close() //nolint:errcheck // nothing hangs on it
		if _, err := db.Exec(newer); err != nil {
			t.Fatal(err)
		}
		refused(t, url)
	})
}

func refused(t *testing.T, url string) {
	t.Helper()
	_, err := store.Open(t.Context(), url, store.Options{})
	var newer *store.SchemaNewerError
	if !errors.As(err, &newer) || newer.Database != 9999 || newer.Known < 1 {
		t.Fatalf("%v", err)
	}
}

// Several processes may start at once on an empty database.
func TestConcurrentMigrations(t *testing.T) {
	for name, url := range map[string]string{"postgresql": server.Database(t), "sqlite": sqliteURL(t)} {
		t.Run(name, func(t *testing.T) {
			var opens sync.WaitGroup
			for range 5 {
				opens.Go(func() {
					s, err := store.Open(t.Context(), url, store.Options{})
					if err != nil {
						t.Errorf("%v", err)
						return
					}
					defer s.Close()
					if _, _, err := s.Sessions(t.Context(), 1, ""); err != nil {
						t.Errorf("%v", err)
					}
				})
			}
			opens.Wait()
		})
	}
}

// lostReply is a connection that loses the server's answer to a COMMIT: it came
// through, and nobody hears of it. Failing the Write would test nothing.
type lostReply struct {
	net.Conn
	armed *atomic.Bool
	lose  atomic.Bool
}

func (c *lostReply) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte("commit\x00")) && c.armed.CompareAndSwap(true, false) {
		c.lose.Store(true)
	}
	return c.Conn.Write(b)
}

func (c *lostReply) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == nil && c.lose.Load() {
		c.Conn.Close() //nolint:errcheck // being cut is the point
		return 0, errors.New("line cut")
	}
	return n, err
}

func TestLostCommitReply(t *testing.T) {
	var armed atomic.Bool
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		return &lostReply{Conn: c, armed: &armed}, err
	}
	s := open(t, server.Database(t), store.Options{}.WithDial(dial))
	one := created(t, s)
	for prev := range uint64(20) {
		b := storetest.NewBatch(one.ID, prev, prev+1, 5)
		armed.Store(true)
		err := s.Ingest(t.Context(), b)
		if err == nil || errors.Is(err, store.ErrPosition) || armed.Load() {
			t.Fatalf("the reply was not lost: %v", err)
		}
		if err := s.Ingest(t.Context(), b); !errors.Is(err, store.ErrPosition) {
			t.Fatalf("the repeated batch: %v", err)
		}
	}
	expect(t, s, one, 20, 5)
}

// expect counts what some batches of storetest.NewBatch must have left.
func expect(t *testing.T, s store.Store, one *session.Session, batches uint64, drones int) {
	t.Helper()
	n, err := s.CountSamples(t.Context(), one.ID)
	if err != nil {
		t.Fatal(err)
	}
	seq, err := s.Position(t.Context(), "stream-1")
	if err != nil {
		t.Fatal(err)
	}
	events := 0
	for f := (store.EventFilter{Session: one.ID.String(), Limit: 1000}); ; {
		page, next, err := s.Events(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		events += len(page)
		if f.Cursor = next; next == "" {
			break
		}
	}
	if n != batches*uint64(drones)*100 || seq != batches || events != int(batches) {
		t.Fatalf("after %d batches: %d samples, %d events, position %d", batches, n, events, seq)
	}
}

// PostgreSQL is killed with all its processes while batches are stored, three
// times: what was acknowledged is there, and all of it once.
func TestPostgresKilledInMidIngest(t *testing.T) {
	own, err := postgrestest.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer own.Stop()
	s := open(t, own.URL("postgres"), store.Options{})
	defer s.Close() // before its server
	one := created(t, s)
	const drones, batches, kills = 20, 200, 3
	w := writer{store: s, session: one, drones: drones, reached: make(chan struct{})}
	done := make(chan error, 1)
	go func() { done <- w.ingest(t.Context(), batches, batches/(kills+1)) }()
	for range kills {
		select {
		case <-w.reached: // and it goes on: the kill comes somewhere in the next batch
		case err := <-done:
			t.Fatalf("ended before the kill: %v", err)
		}
		w.down.Lock()
		own.Kill()
		if err := own.Restart(); err != nil {
			t.Fatal(err)
		}
		w.down.Unlock()
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if w.failed < kills {
		t.Fatalf("%d batches failed: the kills hit none", w.failed)
	}
	expect(t, s, one, batches, drones)
	t.Logf("%d attempts failed with the server; %d of the batches were stored nevertheless", w.failed, w.known)
}

// writer stores batches in order, as the recorder does: after an error it repeats
// the batch, and takes ErrPosition for an answer.
type writer struct {
	store   store.Store
	session *session.Session
	drones  int
	reached chan struct{} // given something each so many batches
	down    sync.RWMutex  // locked while the server is down
	failed  int           // attempts
	known   int           // batches whose failed attempt had been stored
}

func (w *writer) ingest(ctx context.Context, batches, each uint64) error {
	for prev := range batches {
		if prev > 0 && prev%each == 0 {
			select {
			case w.reached <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		b := storetest.NewBatch(w.session.ID, prev, prev+1, w.drones)
		err := w.store.Ingest(ctx, b)
		for attempts := 0; err != nil && !errors.Is(err, store.ErrPosition); attempts++ {
			if attempts == 20 {
				return err
			}
			w.failed++
			w.down.RLock() // until it is up
			w.down.RUnlock()
			err = w.store.Ingest(ctx, b)
		}
		if err != nil {
			w.known++
		}
	}
	return nil
}

// A caller waits no longer than Options.Timeout, whoever holds a lock.
func TestWaitsAreBounded(t *testing.T) {
	url := server.Database(t)
	s := open(t, url, store.Options{Timeout: 300 * time.Millisecond, IngestTimeout: 300 * time.Millisecond, Connections: 1})
	one := created(t, s)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) //nolint:errcheck // frees the lock
	if _, err := conn.Exec(t.Context(), `BEGIN; LOCK TABLE session, stream_position IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func() error{
		"read":   func() error { _, err := s.Session(t.Context(), one.ID); return err },
		"write":  func() error { return s.SetSessionState(t.Context(), one.ID, session.Ended, "", time.Now()) },
		"ingest": func() error { return s.Ingest(t.Context(), storetest.NewBatch(one.ID, 0, 1, 1)) },
	} {
		began := time.Now()
		err := call()
		if err == nil || time.Since(began) > 5*time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(began))
		}
	}
	if _, err := conn.Exec(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	// The store's wait stays short; a busy machine may need more than one.
	patience, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		err := s.Ingest(patience, storetest.NewBatch(one.ID, 0, 1, 1))
		if err == nil {
			return
		}
		if patience.Err() != nil {
			t.Fatalf("after the lock was given back: %v", err)
		}
	}
}

// A database that takes no writes acknowledges none.
func TestReadOnlyDatabase(t *testing.T) {
	url := server.Database(t)
	one := created(t, open(t, url, store.Options{}))
	u, _, _ := strings.Cut(url, "?")
	name := u[strings.LastIndex(u, "/")+1:]
	execPostgres(t, url, `ALTER DATABASE `+name+` SET default_transaction_read_only = on`)
	s := open(t, url, store.Options{}) // nothing to migrate: may still be read
	if err := s.Ingest(t.Context(), storetest.NewBatch(one.ID, 0, 1, 1)); err == nil {
		t.Fatal("a batch was acknowledged")
	}
	if _, err := s.Session(t.Context(), one.ID); err != nil {
		t.Fatal(err)
	}
}

// What SQLite acknowledged is in the file, whoever opens it next.
func TestSQLiteReopened(t *testing.T) {
	url := sqliteURL(t)
	s := open(t, url, store.Options{})
	one := created(t, s)
	for prev := range uint64(3) {
		if err := s.Ingest(t.Context(), storetest.NewBatch(one.ID, prev, prev+1, 5)); err != nil {
			t.Fatal(err)
		}
	}
	again := open(t, url, store.Options{}) // the first one still holds it
	expect(t, again, one, 3, 5)
	s.Close()
	again.Close()
	expect(t, open(t, url, store.Options{}), one, 3, 5)
}

func TestBadURL(t *testing.T) {
	for _, url := range []string{
		"", "s3cret", "mysql://u:s3cret@h/db", "postgres://u:s3cret@h:port/db", "postgres://u:s3cret/x@h/db",
		"postgres://u:s3cret#x@h/db", "postgres://u:s3cret?x@h/db", "postgres://u:s3cret%zz@h/db", "postgres://u:s3cret@h:99999/db",
		"postgres://u:s3cret@h/db?sslmode=bogus", "postgres://u:s3cret@h/db?connect_timeout=x", "postgres://u:s3cret@[::1/db",
		"postgres:u:s3cret@h", "postgres://u:s3cret@127.0.0.1:1/db", "sqlite:", "sqlite::memory:", "sqlite:/dev/null/x.db",
		"host=h password=s3cret", "postgres://h/db?password=s3cret&sslmode=bogus",
	} {
		s, err := store.Open(t.Context(), url, store.Options{Timeout: time.Second})
		switch {
		case err == nil:
			s.Close()
			t.Errorf("%q was opened", url)
		case strings.Contains(err.Error(), "s3cret"):
			t.Errorf("%q: the password is in the error: %v", url, err)
		}
	}
}

func TestPasswordFile(t *testing.T) {
	url := server.Database(t)
	write := func(content string) string {
		path := filepath.Join(t.TempDir(), "password")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for content, good := range map[string]bool{"pw": true, "pw\n": true, "pw\r\n": true, "": false, "\n": false, "a\nb\n": false} {
		s, err := store.Open(t.Context(), url, store.Options{PasswordFile: write(content)})
		if err == nil {
			s.Close()
		}
		if (err == nil) != good {
			t.Errorf("password file %q: %v", content, err)
		}
	}
	if _, err := store.Open(t.Context(), url, store.Options{PasswordFile: "/nonexistent/password"}); err == nil {
		t.Error("a missing password file was ignored")
	}
}

// Open waits for a server that starts later, if told to.
func TestConnectWait(t *testing.T) {
	own, err := postgrestest.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer own.Stop()
	own.Kill()
	restarted := make(chan error, 1)
	go func() { restarted <- own.Restart() }()
	s, err := store.Open(t.Context(), own.URL("postgres"), store.Options{ConnectWait: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if err := <-restarted; err != nil {
		t.Fatal(err)
	}
}

// BenchmarkIngest stores windows of ten seconds of 10,000 drones at 10 Hz.
func BenchmarkIngest(b *testing.B) {
	for name, url := range map[string]string{"postgresql": server.Database(b), "sqlite": sqliteURL(b)} {
		b.Run(name, func(b *testing.B) {
			s := open(b, url, store.Options{})
			one := created(b, s)
			pos, err := s.Position(b.Context(), one.ID.String())
			if err != nil {
				b.Fatal(err)
			}
			packed := telemetry.PackChunk(0, storetest.Samples(0, 25, 100)) // bytes of a real flight: about 800
			packed.Data = append(packed.Data, make([]byte, max(0, 800-len(packed.Data)))...)
			for b.Loop() {
				batch := &telemetry.Batch{Stream: one.ID.String(), PrevSeq: pos, Seq: pos + 1, Session: one.ID, LastTick: (pos + 1) * 2500}
				for slot := range uint32(10_000) {
					c := packed
					c.Slot, c.FirstTick, c.LastTick = slot, pos*2500+25, (pos+1)*2500
					batch.Chunks = append(batch.Chunks, c)
				}
				if err := s.Ingest(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
				pos++
			}
			b.ReportMetric(float64(b.N)*1_000_000/b.Elapsed().Seconds(), "samples/s")
		})
	}
}
