package recording_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"volary/internal/recording"
	"volary/internal/session"
	"volary/internal/store"
	"volary/internal/telemetry"
)

func TestMain(m *testing.M) {
	// The codec makes its halves once. They must not belong to the first test's
	// bubble.
	if _, err := telemetry.UnpackChunk(telemetry.PackChunk(0, make([]telemetry.TimedSample, 1))); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

const (
	tickHz = 250
	every  = 25 // ticks between recorded samples: 10 Hz
	window = recording.Window * tickHz
)

// stream is a durable stream in memory.
type stream struct {
	mu        sync.Mutex
	id        string
	messages  []recording.Message
	next      uint64
	forgotten uint64
	failing   error // what Read and Forget give
	deaf      bool  // Forget fails
	wake      chan struct{}
}

func newStream(id string) *stream { return &stream{id: id, wake: make(chan struct{})} }

func (s *stream) put(data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	s.messages = append(s.messages, recording.Message{Seq: s.next, Data: data})
	close(s.wake)
	s.wake = make(chan struct{})
}

// renew empties the stream, as when its files were lost.
func (s *stream) renew(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.id, s.messages, s.next, s.forgotten = id, nil, 0, 0
}

func (s *stream) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *stream) Identity() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id
}

func (s *stream) Read(ctx context.Context, after uint64, most int) ([]recording.Message, error) {
	for {
		s.mu.Lock()
		failing, wake := s.failing, s.wake
		var found []recording.Message
		for _, m := range s.messages {
			if m.Seq > after && len(found) < most {
				found = append(found, m)
			}
		}
		s.mu.Unlock()
		switch {
		case failing != nil:
			return nil, failing
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case len(found) > 0:
			return found, nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (s *stream) Forget(_ context.Context, upTo uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failing != nil || s.deaf {
		return errors.New("not now")
	}
	for len(s.messages) > 0 && s.messages[0].Seq <= upTo {
		s.messages = s.messages[1:]
	}
	s.forgotten = max(s.forgotten, upTo)
	return nil
}

// faulty is a store that fails when it is told to.
type faulty struct {
	store.Store
	mu     sync.Mutex
	before func() error // asked before each Ingest
	after  func() error // and after one that worked: the answer is lost
}

func (f *faulty) set(before, after func() error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before, f.after = before, after
}

func (f *faulty) Ingest(ctx context.Context, b *telemetry.Batch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.before != nil {
		if err := f.before(); err != nil {
			return err
		}
	}
	if err := f.Store.Ingest(ctx, b); err != nil {
		return err
	}
	if f.after != nil {
		return f.after()
	}
	return nil
}

var errDown = errors.New("the database is down")

func down() error { return errDown }

// rig is a recorder between streams in memory and a real store.
type rig struct {
	*testing.T
	frames, events *stream
	store          *faulty
	config         recording.Config
	recorder       *recording.Recorder
	stop           func() error
}

// bubble runs a test in fake time on a new rig.
func bubble(t *testing.T, test func(*rig)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(context.Background(), "sqlite:"+filepath.Join(dir, "v.db"), store.Options{Connections: 2})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		r := &rig{T: t, frames: newStream("frames-1"), events: newStream("events-1"), store: &faulty{Store: s}}
		defer func() {
			if r.stop != nil {
				r.stop() //nolint:errcheck // the test has looked
			}
		}()
		test(r)
	})
}

// start starts a new recorder, as a new process would.
func (r *rig) start() {
	r.recorder = recording.New(r.store, r.frames, r.events, r.config, zerolog.Nop())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.recorder.Run(ctx) }()
	r.stop = func() error {
		cancel()
		r.stop = nil
		return <-done
	}
}

func (r *rig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *rig) session() *session.Session {
	r.Helper()
	one := &session.Session{
		ID: uuid.New(), Name: "n", Simulator: "s", State: session.Running, TickHz: tickHz, RecordEvery: every, StartedAt: time.Now(),
	}
	r.ok(r.store.CreateSession(context.Background(), one))
	return one
}

// sample is what a drone says at a tick; different for each.
func sample(slot uint32, tick uint64) telemetry.Sample {
	return telemetry.Sample{Slot: slot, X: int32(tick) * 3, Y: int32(slot), VX: int16(tick % 100), Battery: 9000, Flags: telemetry.Armed}
}

// slice is one slice of a frame of some drones, dealt out to the slices in turn.
func slice(id uuid.UUID, tick uint64, drones, slices, which int) []byte {
	var s []telemetry.Sample
	for slot := which; slot < drones; slot += slices {
		s = append(s, sample(uint32(slot), tick))
	}
	return telemetry.AppendSlice(nil, &telemetry.Header{
		Session: id, Tick: tick, TickHz: tickHz, Drones: uint32(drones), Slice: uint8(which), Slices: uint8(slices), Speed: 1,
	}, s)
}

// fly publishes frames of 3 drones in 2 slices, from one tick to another.
func (r *rig) fly(one *session.Session, from, to uint64) {
	for tick := from; tick <= to; tick += every {
		for i := range 2 {
			r.frames.put(slice(one.ID, tick, 3, 2, i))
		}
	}
}

// expect checks that each drone has each tick once, with the right sample.
func (r *rig) expect(one *session.Session, from, to uint64, without ...uint64) {
	r.Helper()
	skip := map[uint64]bool{}
	for _, tick := range without {
		skip[tick] = true
	}
	var want []uint64
	for tick := from; tick <= to; tick += every {
		if !skip[tick] {
			want = append(want, tick)
		}
	}
	for slot := range uint32(3) {
		chunks, err := r.store.Chunks(context.Background(), one.ID, slot, 0, 0)
		r.ok(err)
		var got []uint64
		for _, c := range chunks {
			if c.FirstTick/window != c.LastTick/window {
				r.Fatalf("a chunk reaches from tick %d to %d, over the boundary of a window", c.FirstTick, c.LastTick)
			}
			samples, err := telemetry.UnpackChunk(c)
			r.ok(err)
			for _, s := range samples {
				got = append(got, s.Tick)
				if s.Sample != sample(slot, s.Tick) {
					r.Fatalf("slot %d, tick %d: %+v", slot, s.Tick, s.Sample)
				}
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			r.Fatalf("slot %d: ticks %v\nwant %v", slot, got, want)
		}
	}
}

func (r *rig) gaps(one *session.Session, want ...telemetry.Gap) {
	r.Helper()
	got, err := r.store.Session(context.Background(), one.ID)
	r.ok(err)
	if fmt.Sprint(got.Gaps) != fmt.Sprint(want) {
		r.Fatalf("gaps %v\nwant %v", got.Gaps, want)
	}
}

func (r *rig) say(one *session.Session, from, to uint64) {
	for seq := from; seq <= to; seq++ {
		b, err := json.Marshal(telemetry.Event{Session: one.ID.String(), Seq: seq, Severity: telemetry.Info, Type: "t", Message: "m"})
		r.ok(err)
		r.events.put(b)
	}
}

func (r *rig) heard(one *session.Session) int {
	r.Helper()
	page, _, err := r.store.Events(context.Background(), store.EventFilter{Session: one.ID.String(), Limit: 1000})
	r.ok(err)
	return len(page)
}
