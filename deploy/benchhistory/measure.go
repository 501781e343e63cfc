package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // the driver of the plain table

	"volary/internal/export"
	"volary/internal/store"
	"volary/internal/telemetry"
)

// engine is a database to be measured.
type engine struct {
	name, url, file string
	reload          func() error // so that the next reading is cold
}

type result struct {
	engine            string
	rate, plainRate   float64 // samples a second
	bytes, plainBytes float64 // a sample
	queries           []query
	exports           []exported
}

type query struct {
	name       string
	cold, warm float64 // ms
}

type exported struct {
	format  export.Format
	samples uint64
	rate    float64
	heap    float64 // bytes
}

func (r *result) print() {
	fmt.Printf("%s: %.2f M samples/s at %.1f B; plain rows %.2f M/s at %.0f B; ratio %.1f\n", r.engine, r.rate/1e6, r.bytes, r.plainRate/1e6, r.plainBytes, r.rate/r.plainRate)
	for _, q := range r.queries {
		fmt.Printf("  %-40s cold %7.1f ms, warm %7.1f ms\n", q.name, q.cold, q.warm)
	}
	for _, x := range r.exports {
		fmt.Printf("  export %-8s %d samples, %.2f M/s, heap %.0f MB\n", x.format, x.samples, x.rate/1e6, x.heap/1e6)
	}
}

func (e *engine) measure(ctx context.Context, flown [][]telemetry.TimedSample, batches int) (*result, error) {
	r := &result{engine: e.name}
	db, err := store.Open(ctx, e.url, store.Options{Timeout: 10 * time.Minute, IngestTimeout: 10 * time.Minute})
	if err != nil {
		return nil, err
	}
	id, err := newSession(ctx, db)
	if err != nil {
		return nil, err
	}
	rows, err := e.plainTable(ctx)
	if err != nil {
		return nil, err
	}
	into := make([][]telemetry.TimedSample, fleet)
	var rates, plainRates []float64
	for third := range 3 {
		rate, err := e.ingest(ctx, db, id, flown, into, third*batches/3, (third+1)*batches/3)
		if err != nil {
			return nil, err
		}
		rates = append(rates, rate)
		plainRate, err := rows.write(ctx, batch(flown, third, into), *plain/3)
		if err != nil {
			return nil, err
		}
		plainRates = append(plainRates, plainRate)
	}
	r.rate, r.plainRate = median(rates), median(plainRates)
	if err := e.sizes(ctx, db, id, rows, r, batches); err != nil {
		return nil, err
	}
	db.Close()
	if err := rows.close(); err != nil {
		return nil, err
	}
	if err := e.read(ctx, id, r, batches); err != nil {
		return nil, err
	}
	return r, nil
}

// ingest packs and stores some batches and returns samples a second. Making up
// the fleet's samples isn't counted.
func (e *engine) ingest(ctx context.Context, db store.Store, id uuid.UUID, flown, into [][]telemetry.TimedSample, from, to int) (float64, error) {
	var spent time.Duration
	for n := from; n < to; n++ {
		into = batch(flown, n, into)
		begin := time.Now()
		b := &telemetry.Batch{Stream: "bench", PrevSeq: uint64(n), Seq: uint64(n + 1), Session: id, LastTick: into[0][len(into[0])-1].Tick, Chunks: pack(into)}
		if err := db.Ingest(ctx, b); err != nil {
			return 0, err
		}
		spent += time.Since(begin)
	}
	return float64((to-from)*perBatch) / spent.Seconds(), nil
}

// pack packs tracks on all cores, as the recorder does.
func pack(tracks [][]telemetry.TimedSample) []telemetry.Chunk {
	chunks := make([]telemetry.Chunk, len(tracks))
	workers := runtime.GOMAXPROCS(0)
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := w; i < len(tracks); i += workers {
				chunks[i] = telemetry.PackChunk(uint32(i), tracks[i])
			}
		})
	}
	all.Wait()
	return chunks
}

// plainRows is a table with a row a sample.
type plainRows interface {
	// write stores n rows and returns rows a second.
	write(ctx context.Context, tracks [][]telemetry.TimedSample, n int) (float64, error)
	bytes(ctx context.Context) (int64, error)
	close() error
}

const plainColumns = `session %s, slot integer, tick bigint, x real, y real, z real, vx real, vy real, vz real, roll real, pitch real, heading real,
	battery real, voltage real, current real, home_z real, mode smallint, status smallint, flags smallint, item smallint, items smallint, PRIMARY KEY (session, slot, tick)`

var plainNames = []string{
	"session", "slot", "tick", "x", "y", "z", "vx", "vy", "vz", "roll", "pitch", "heading", "battery", "voltage", "current", "home_z", "mode", "status", "flags", "item", "items",
}

func plainValues(id any, slot int, s *telemetry.TimedSample) []any {
	return []any{
		id, int32(slot), int64(s.Tick), float32(s.X) / 1000, float32(s.Y) / 1000, float32(s.Z) / 1000, float32(s.VX) / 100, float32(s.VY) / 100, float32(s.VZ) / 100,
		float32(s.Roll) / 100, float32(s.Pitch) / 100, float32(s.Heading) / 100, float32(s.Battery) / 100, float32(s.Voltage) / 100, float32(s.Current) / 100,
		float32(s.HomeZ) / 1000, int16(s.Mode), int16(s.Status), int16(s.Flags), int16(s.Item), int16(s.Items),
	}
}

func (e *engine) plainTable(ctx context.Context) (plainRows, error) {
	if e.file != "" {
		db, err := sql.Open("sqlite", "file:"+e.file+".plain?_pragma=journal_mode(wal)&_pragma=synchronous(full)")
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(1)
		_, err = db.ExecContext(ctx, `CREATE TABLE plain (`+fmt.Sprintf(plainColumns, "text")+`)`)
		return &plainLite{db, e.file + ".plain", uuid.NewString()}, err
	}
	c, err := pgx.Connect(ctx, e.url)
	if err != nil {
		return nil, err
	}
	_, err = c.Exec(ctx, `CREATE TABLE plain (`+fmt.Sprintf(plainColumns, "uuid")+`)`)
	return &plainPg{c, uuid.New()}, err
}

// each calls do for n samples in order of time, and begins again with another
// session when there are no more.
func each(tracks [][]telemetry.TimedSample, n int, again func(), do func(slot int, s *telemetry.TimedSample) error) error {
	for {
		again()
		for i := range tracks[0] {
			for slot := range tracks {
				if n == 0 {
					return nil
				}
				n--
				if err := do(slot, &tracks[slot][i]); err != nil {
					return err
				}
			}
		}
	}
}

type plainPg struct {
	c  *pgx.Conn
	id uuid.UUID
}

func (p *plainPg) write(ctx context.Context, tracks [][]telemetry.TimedSample, n int) (float64, error) {
	values := make([][]any, 0, n)
	err := each(tracks, n, func() { p.id = uuid.New() }, func(slot int, s *telemetry.TimedSample) error {
		values = append(values, plainValues(p.id, slot, s))
		return nil
	})
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	if _, err := p.c.CopyFrom(ctx, pgx.Identifier{"plain"}, plainNames, pgx.CopyFromRows(values)); err != nil {
		return 0, err
	}
	return float64(n) / time.Since(begin).Seconds(), nil
}

func (p *plainPg) bytes(ctx context.Context) (n int64, err error) {
	return n, p.c.QueryRow(ctx, `SELECT pg_total_relation_size('plain')`).Scan(&n)
}

func (p *plainPg) close() error { return p.c.Close(context.Background()) }

type plainLite struct {
	db   *sql.DB
	file string
	id   string
}

func (p *plainLite) write(ctx context.Context, tracks [][]telemetry.TimedSample, n int) (float64, error) {
	begin := time.Now()
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	stmt, err := tx.PrepareContext(ctx, `INSERT INTO plain VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return 0, err
	}
	if err := each(tracks, n, func() { p.id = uuid.NewString() }, func(slot int, s *telemetry.TimedSample) error {
		_, err := stmt.ExecContext(ctx, plainValues(p.id, slot, s)...)
		return err
	}); err != nil {
		return 0, err
	}
	if err := tx.Commit(); err != nil {
		return 0, err
	}
	return float64(n) / time.Since(begin).Seconds(), nil
}

func (p *plainLite) bytes(ctx context.Context) (int64, error) {
	if _, err := p.db.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		return 0, err
	}
	info, err := os.Stat(p.file)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (p *plainLite) close() error { return p.db.Close() }

// sizes measures what a sample takes: all of the table and its indices.
func (e *engine) sizes(ctx context.Context, db store.Store, id uuid.UUID, rows plainRows, r *result, batches int) error {
	n, err := rows.bytes(ctx)
	if err != nil {
		return err
	}
	r.plainBytes = float64(n) / float64(*plain/3*3)
	if e.file == "" {
		sizes, err := db.Sizes(ctx)
		if err != nil {
			return err
		}
		r.bytes = float64(sizes[id]) / float64(batches*perBatch)
		return nil
	}
	var total int64
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(e.file + suffix); err == nil && (suffix == "" || total == 0) {
			total += info.Size()
		}
	}
	r.bytes = float64(total) / float64(batches*perBatch)
	return nil
}

// read measures queries, cold and warm, and the export.
func (e *engine) read(ctx context.Context, id uuid.UUID, r *result, batches int) error {
	open := func() (store.Store, error) {
		return store.Open(ctx, e.url, store.Options{Timeout: 10 * time.Minute, ConnectWait: time.Minute})
	}
	last := uint64(batches * window * 250)
	track := min(last, 3600*250)
	list := []struct {
		name string
		do   func(store.Store, int) (int, error)
		want int
	}{
		{"last state of 1,000 drones", func(db store.Store, _ int) (int, error) {
			all, err := db.Last(ctx, id)
			return len(all), err
		}, fleet},
		{fmt.Sprintf("one drone, %d s", track/250), func(db store.Store, i int) (int, error) {
			chunks, err := db.Chunks(ctx, id, uint32(i*37%fleet), 0, track)
			n := 0
			for k := range chunks {
				rows, err := telemetry.UnpackChunk(chunks[k])
				if err != nil {
					return 0, err
				}
				n += len(rows)
			}
			return n, err
		}, int(track / every)},
		{"10 s of 1,000 drones", func(db store.Store, i int) (int, error) {
			from := uint64(i*7%max(1, batches-1)) * window * 250
			all, err := store.Moments(ctx, db, id, from, from+window*250-1)
			n := 0
			for _, t := range all {
				n += len(t)
			}
			return n, err
		}, perBatch},
	}
	db, err := open()
	if err != nil {
		return err
	}
	states := make([]telemetry.Sample, fleet)
	for i := range states {
		states[i].Slot = uint32(i)
	}
	if err := db.PutLast(ctx, id, last, states); err != nil {
		return err
	}
	db.Close()
	for _, q := range list {
		if err := e.reload(); err != nil {
			return err
		}
		db, err := open()
		if err != nil {
			return err
		}
		// The connection and the catalogue are not what is measured.
		if _, err := db.Session(ctx, id); err != nil {
			return err
		}
		times := make([]float64, 0, 21)
		for i := range 21 {
			begin := time.Now()
			n, err := q.do(db, i)
			if err != nil {
				return err
			}
			times = append(times, float64(time.Since(begin).Microseconds())/1000)
			if n != q.want {
				return fmt.Errorf("%s gave %d, want %d", q.name, n, q.want)
			}
		}
		// Every other of the warm ones reads what was not read before, so each is run
		// once more.
		for i := range 20 {
			begin := time.Now()
			if _, err := q.do(db, i+1); err != nil {
				return err
			}
			times[i+1] = float64(time.Since(begin).Microseconds()) / 1000
		}
		r.queries = append(r.queries, query{q.name, times[0], median(times[1:])})
		db.Close()
	}
	if !*files {
		return nil
	}
	return e.exports(ctx, id, r, open)
}

type records struct{ store.Store }

func (r records) Moments(ctx context.Context, id uuid.UUID, from, to uint64) (map[uint32][]telemetry.TimedSample, error) {
	return store.Moments(ctx, r.Store, id, from, to)
}

func (e *engine) exports(ctx context.Context, id uuid.UUID, r *result, open func() (store.Store, error)) error {
	db, err := open()
	if err != nil {
		return err
	}
	defer db.Close()
	s, err := db.Session(ctx, id)
	if err != nil {
		return err
	}
	format := export.CSV
	if e.file != "" {
		format = export.Parquet // each engine one: the reading is the same
	}
	runtime.GC()
	var peak uint64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		t := time.NewTicker(50 * time.Millisecond)
		defer t.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
			select {
			case <-t.C:
			case <-stop:
				return
			}
		}
	}()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := time.Now()
	n, err := export.Write(ctx, io.Discard, format, records{db}, s, export.Choice{})
	took := time.Since(begin)
	close(stop)
	<-done
	r.exports = append(r.exports, exported{format, n, float64(n) / took.Seconds(), float64(peak - min(peak, before.HeapInuse))})
	return err
}
