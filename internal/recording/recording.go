// Package recording turns what the simulators say into history. A Recorder reads
// the streams of telemetry and events, gathers ten simulated seconds of each
// drone, and gives them to a store packed.
//
// Nothing is lost or doubled: the store moves its position in a stream in the
// same transaction that holds the data, the recorder begins where the store is,
// and the stream keeps every message until it was stored. So whoever is killed,
// and when, what wasn't stored is read again.
package recording

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"volary/internal/logkey"
	"volary/internal/session"
	"volary/internal/telemetry"
)

// Store is what the recorder needs of the store.
type Store interface {
	// Position is up to which sequence a stream is stored.
	Position(ctx context.Context, stream string) (uint64, error)
	// Ingest stores a batch once. telemetry.ErrPosition: the stream has moved on;
	// session.ErrNotFound, ErrConflict, ErrInvalid: it can't be stored, ever.
	Ingest(ctx context.Context, b *telemetry.Batch) error
	// Session gives the record of a session. session.ErrNotFound.
	Session(ctx context.Context, id uuid.UUID) (*session.Session, error)
}

// Message is one message of a stream. Sequences grow; they may have holes.
type Message struct {
	Seq  uint64
	Data []byte
}

// Stream is a durable stream of messages with one reader.
type Stream interface {
	// Identity changes when the stream was created anew and counts from 1 again.
	Identity() string
	// Read gives up to max messages after a sequence, in order. It blocks until
	// there is at least one. Messages may be asked for again until they are
	// forgotten.
	Read(ctx context.Context, after uint64, max int) ([]Message, error)
	// Forget tells that everything up to a sequence is stored: it may be dropped.
	Forget(ctx context.Context, upTo uint64) error
}

// Reasons of gaps.
const (
	GapLost       = "frames lost before they were recorded"
	GapIncomplete = "parts of frames lost"
	GapRefused    = "the store refused them"
)

// Window is the simulated time one chunk covers, in seconds.
const Window = 10

// Config of a Recorder. The zero value is fit for use.
type Config struct {
	// FlushAfter is how long telemetry may lie unstored while no new one comes, such
	// as when the simulation is paused. 0: 2 s.
	FlushAfter time.Duration
	// MaxSamples bounds what is held in memory. At the bound windows are stored
	// early; if the store doesn't take them, reading stops. 0: 2 million, 112 MB.
	MaxSamples int
	// UnknownAfter is how long the recorder waits for the record of a session that
	// telemetry has come of, before it skips that telemetry. 0: 30 s.
	UnknownAfter time.Duration
	// ShutdownTimeout bounds storing what is held when the recorder ends. 0: 5 s.
	ShutdownTimeout time.Duration
	// MaxBackoff is the longest wait before a failed call is repeated; the first
	// one is 50 ms, each further one twice as long. 0: 5 s.
	MaxBackoff time.Duration
	// Worlds is the stream of snapshots of worlds; nil: none are stored.
	Worlds Stream
}

func (c Config) withDefaults() Config {
	set := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	set(&c.FlushAfter, 2*time.Second)
	set(&c.UnknownAfter, 30*time.Second)
	set(&c.ShutdownTimeout, 5*time.Second)
	set(&c.MaxBackoff, 5*time.Second)
	if c.MaxSamples <= 0 {
		c.MaxSamples = 2_000_000
	}
	return c
}

// State says how the recorder is.
type State string

// The states.
const (
	OK       State = "ok"
	Degraded State = "degraded" // the store or a stream fails; it is tried again
)

// Stats is what a Recorder counts, since it was made.
type Stats struct {
	State           State         `json:"state"`
	Error           string        `json:"error,omitempty"` // the last one, while degraded
	Samples         uint64        `json:"samples"`         // stored
	Chunks          uint64        `json:"chunks"`          // stored
	Bytes           uint64        `json:"bytes"`           // of chunks stored
	Events          uint64        `json:"events"`          // stored
	EventsLost      uint64        `json:"events_lost"`     // messages that the stream gave up before they were stored
	Worlds          uint64        `json:"worlds"`          // stored
	Commits         uint64        `json:"commits"`
	Failures        uint64        `json:"failures"`         // calls to the store or a stream that failed
	PendingMessages uint64        `json:"pending_messages"` // of telemetry read, not stored yet
	PendingSamples  uint64        `json:"pending_samples"`
	Gaps            uint64        `json:"gaps"`           // recorded
	Incomplete      uint64        `json:"incomplete"`     // frames of which a slice was missing
	Corrupt         uint64        `json:"corrupt"`        // messages that couldn't be read
	Duplicates      uint64        `json:"duplicates"`     // messages of ticks recorded already
	Unknown         uint64        `json:"unknown"`        // messages of sessions nobody knows
	Refused         uint64        `json:"refused"`        // samples and events the store can't hold
	LastCommit      time.Duration `json:"last_commit_ns"` // how long it took
	LastCommitAt    time.Time     `json:"last_commit_at"`
}

// Recorder stores telemetry and events. Make one with New and run it once.
type Recorder struct {
	// in
	store     Store
	telemetry Stream
	events    Stream
	worlds    Stream // nil: none
	config    Config
	log       zerolog.Logger

	mu     sync.Mutex
	stats  Stats
	errors [sides]error // why degraded
	window window       // written by the telemetry side only, so that side reads it without mu
}

// New makes a recorder of two streams.
func New(store Store, telemetry, events Stream, config Config, log zerolog.Logger) *Recorder {
	return &Recorder{
		store: store, telemetry: telemetry, events: events, worlds: config.Worlds, config: config.withDefaults(),
		log:   log.With().Str(logkey.Part, "recorder").Logger(),
		stats: Stats{State: OK},
	}
}

// Run records until ctx ends, stores what it holds, and returns when both sides
// have ended. An error says that something held wasn't stored; it stays in the
// stream for the next run.
func (r *Recorder) Run(ctx context.Context) error {
	var sides sync.WaitGroup
	var failed [3]error
	sides.Go(func() { failed[0] = newTelemetrySide(r).run(ctx) })
	sides.Go(func() { failed[1] = newEventSide(r).run(ctx) })
	if r.worlds != nil {
		sides.Go(func() { failed[2] = newWorldSide(r).run(ctx) })
	}
	sides.Wait()
	return errors.Join(failed[:]...)
}

// Open gives the samples of a drone that are not stored yet, by tick. Ask for
// them before the stored ones, and drop ticks that are in both: what is stored
// in between is missing from neither then.
func (r *Recorder) Open(id uuid.UUID, slot uint32) []telemetry.TimedSample {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.window.of(id, slot)
}

// OpenAll gives the samples of all drones from one tick to another that are not
// stored yet, by slot. As for Open, ask before you ask the store.
func (r *Recorder) OpenAll(id uuid.UUID, fromTick, toTick uint64) map[uint32][]telemetry.TimedSample {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.window.between(id, fromTick, toTick)
}

// Stats gives the counts as they are now.
func (r *Recorder) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stats
	if err := errors.Join(r.errors[:]...); err != nil {
		s.State, s.Error = Degraded, err.Error()
	}
	s.PendingSamples = uint64(r.window.samples)
	return s
}

// count changes the counts.
func (r *Recorder) count(f func(*Stats)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.stats)
}

// committed counts a batch that was stored.
func (r *Recorder) committed(b *telemetry.Batch, took time.Duration) {
	r.count(func(s *Stats) {
		for i := range b.Chunks {
			s.Samples += uint64(b.Chunks[i].Samples)
			s.Bytes += uint64(len(b.Chunks[i].Data))
		}
		s.Chunks += uint64(len(b.Chunks))
		s.Gaps += uint64(len(b.Gaps))
		s.Events += uint64(len(b.Events))
		s.Commits++
		s.LastCommit, s.LastCommitAt = took, time.Now()
	})
}

// permanent tells whether an error of Ingest stays, however often it is repeated.
func permanent(err error) bool {
	return errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrConflict) || errors.Is(err, session.ErrInvalid)
}
