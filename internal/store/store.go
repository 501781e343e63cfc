// Package store keeps what must outlive the process: sessions and who flew in
// them, the telemetry chunks, events, missions and commands. It writes to
// PostgreSQL, or to a SQLite file where nothing else is installed; both give the
// same answers, and one suite of tests holds them to it.
//
// Everything is safe for concurrent use, and every call is bounded: by its
// context, by Options.Timeout, and at PostgreSQL by a statement timeout.
package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"volary/internal/drone"
	"volary/internal/mission"
	"volary/internal/session"
	"volary/internal/telemetry"
)

// Errors of a Store, wrapped with what was asked for. Any other error means that
// the database couldn't be reached or didn't answer in time: the same call may
// work later.
var (
	ErrNotFound = session.ErrNotFound
	ErrConflict = session.ErrConflict
	ErrInvalid  = session.ErrInvalid // the database can't hold such a value, ever
	ErrPosition = telemetry.ErrPosition

	ErrUnsupported = errors.New("not by this engine")
)

// Store is the memory of Volary. Times are kept to the microsecond, in UTC. Pages
// have an opaque cursor: "" begins, and what comes back with a page fetches the
// next one; it is "" when there is none. A cursor that no page gave is ErrInvalid.
type Store interface {
	// Engine is "postgresql" or "sqlite".
	Engine() string
	// Ping tells whether the database answers.
	Ping(ctx context.Context) error
	// Close ends all connections and waits for the calls that use them.
	Close()

	// Position is the sequence up to which a stream is stored; 0 for a stream
	// never heard of.
	Position(ctx context.Context, stream string) (uint64, error)
	// Ingest stores a batch in one transaction, all or nothing, once. It gives
	// ErrPosition when the stream is no longer at b.PrevSeq, ErrNotFound when
	// b.Session isn't known, ErrConflict when a chunk overlies a stored one, and
	// ErrInvalid for values out of range. After any other error the batch may or
	// may not be stored: repeat it, and take ErrPosition for the answer.
	Ingest(ctx context.Context, b *telemetry.Batch) error

	// CreateSession stores a new session with its gaps. ErrConflict: its id is taken.
	CreateSession(ctx context.Context, s *session.Session) error
	// Session gives one session, whole. ErrNotFound.
	Session(ctx context.Context, id uuid.UUID) (*session.Session, error)
	// Sessions lists sessions, newest first, without their scenario. limit 0 takes
	// 50; 200 is the most. ErrInvalid.
	Sessions(ctx context.Context, limit int, cursor string) (page []session.Session, next string, err error)
	// LatestSession is the one a simulator began last. ErrNotFound.
	LatestSession(ctx context.Context, simulator string) (*session.Session, error)
	// SetSessionState moves a session on, with the reason and the time it happened.
	// The state it has already is no change. ErrNotFound; ErrConflict for a way
	// that session.Transition forbids.
	SetSessionState(ctx context.Context, id uuid.UUID, state session.State, reason string, at time.Time) error
	// DeleteSession removes a session that has ended, with all that is kept of it,
	// and gives its space back. ErrNotFound; ErrConflict: it has not ended.
	DeleteSession(ctx context.Context, id uuid.UUID) error
	// TrimSession removes the telemetry of a session before a tick, in whole chunks,
	// and notes the gap.
	TrimSession(ctx context.Context, id uuid.UUID, beforeTick uint64) error
	// Sizes tells how many bytes the telemetry and worlds of each session take.
	Sizes(ctx context.Context) (map[uuid.UUID]int64, error)
	// Backup writes a copy of everything to a new file while the store is used.
	// ErrUnsupported: use the tools of the database.
	Backup(ctx context.Context, file string) error
	// PutMembers adds drones to a session, or changes those of the same slot.
	// ErrNotFound.
	PutMembers(ctx context.Context, session uuid.UUID, members []session.Member) error
	// Members lists the drones of a session by slot; none for an unknown session.
	Members(ctx context.Context, session uuid.UUID) ([]session.Member, error)

	// Chunks gives the chunks of a drone that reach into fromTick to toTick, in
	// order; toTick 0 means to the end. What is newer than the last commit is with
	// the recorder.
	Chunks(ctx context.Context, session uuid.UUID, slot uint32, fromTick, toTick uint64) ([]telemetry.Chunk, error)
	// ChunksOf gives the chunks of all drones that begin from one tick to another, by
	// first tick and slot.
	ChunksOf(ctx context.Context, session uuid.UUID, fromTick, toTick uint64) ([]telemetry.Chunk, error)
	// PutLast says where drones are now. Older news than what is there changes
	// nothing. ErrNotFound.
	PutLast(ctx context.Context, session uuid.UUID, tick uint64, samples []telemetry.Sample) error
	// Last tells where each drone of a session was last, by slot.
	Last(ctx context.Context, session uuid.UUID) ([]telemetry.TimedSample, error)
	// CountSamples counts the stored samples of a session.
	CountSamples(ctx context.Context, session uuid.UUID) (uint64, error)
	// Snapshot gives the last world of a session that was saved at a tick or
	// before. ErrNotFound.
	Snapshot(ctx context.Context, session uuid.UUID, tick uint64) (*telemetry.Snapshot, error)
	// Snapshots lists the worlds of a session by tick, without their data.
	Snapshots(ctx context.Context, session uuid.UUID) ([]telemetry.Snapshot, error)
	// Record lists the events of one of the types telemetry.EventDeed and
	// EventHashes, in the order they happened; toTick 0 means to the end.
	Record(ctx context.Context, session uuid.UUID, typ string, fromTick, toTick uint64) ([]telemetry.Event, error)
	// Events lists events, last stored first. ErrInvalid for a bad cursor.
	Events(ctx context.Context, f EventFilter) (page []telemetry.Event, next string, err error)

	// CreateMission stores a mission, and gives it an id when it has none.
	// ErrConflict: its id is taken.
	CreateMission(ctx context.Context, m *mission.Mission) error
	// Mission gives one mission, with its plan. ErrNotFound.
	Mission(ctx context.Context, id string) (*mission.Mission, error)
	// Missions lists missions, newest first, without their plans. limit 0 takes 50;
	// 200 is the most. ErrInvalid.
	Missions(ctx context.Context, limit int, cursor string) (page []mission.Mission, next string, err error)
	// UpdateMission replaces a mission. ErrNotFound.
	UpdateMission(ctx context.Context, m *mission.Mission) error
	// DeleteMission removes a mission. ErrNotFound.
	DeleteMission(ctx context.Context, id string) error

	// BeginCommand remembers a command as pending before it is sent. When the id
	// is known already, the earlier record comes back and nothing is stored:
	// compare its BodyHash.
	BeginCommand(ctx context.Context, c session.CommandRecord) (existing *session.CommandRecord, err error)
	// FinishCommand gives a pending command its final results. The same results
	// again change nothing. ErrNotFound; ErrConflict: it is done, with other ones.
	FinishCommand(ctx context.Context, id uuid.UUID, results map[string]drone.Result) error
	// PendingCommands lists commands begun before a time and not finished, oldest
	// first: what a process left behind that ended in between.
	PendingCommands(ctx context.Context, before time.Time, limit int) ([]session.CommandRecord, error)
}

// EventFilter chooses events.
type EventFilter = session.EventFilter

// Options of Open. The zero value is fit for use.
type Options struct {
	// PasswordFile holds the password for PostgreSQL, so that it needn't stand in
	// the URL; a line end after it is cut off. It wins over the URL's.
	PasswordFile string
	// ConnectWait is how long Open keeps trying to reach PostgreSQL, which may
	// start later than we do. 0: one attempt.
	ConnectWait time.Duration
	// Timeout bounds each call but Ingest. 0: 15 s.
	Timeout time.Duration
	// IngestTimeout bounds one Ingest. 0: 60 s.
	IngestTimeout time.Duration
	// Connections for reading; a quarter as many, at least 2, are kept for writing,
	// so that a crowd reading history can't hold up the recorder. 0: 8.
	Connections int

	dial dialFunc // for tests that cut the line; nil: the network
}

func (o Options) withDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = 15 * time.Second
	}
	if o.IngestTimeout <= 0 {
		o.IngestTimeout = time.Minute
	}
	if o.Connections <= 0 {
		o.Connections = 8
	}
	return o
}

// Open connects to the database that a URL names, postgres://user@host:5432/name
// or sqlite:PATH, and brings its schema up to date. No error shows the password.
func Open(ctx context.Context, databaseURL string, opts Options) (Store, error) {
	opts = opts.withDefaults()
	target, err := parseURL(databaseURL)
	if err != nil {
		return nil, err
	}
	var e engine
	if target.sqlitePath != "" {
		e, err = openSQLite(ctx, target.sqlitePath, opts)
	} else {
		e, err = openPostgres(ctx, target.postgres, opts)
	}
	if err != nil {
		return nil, err
	}
	return &database{engine: e, opts: opts}, nil
}

// database is the one implementation: the SQL is the same for both engines, and
// what isn't is behind engine.
type database struct {
	engine
	opts Options
}

func (d *database) Engine() string { return d.name() }

func (d *database) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, min(d.opts.Timeout, 5*time.Second))
	defer cancel()
	return d.ping(ctx)
}

func (d *database) Close() { d.close() }

func (d *database) Backup(ctx context.Context, file string) error {
	return because(d.backup(ctx, file), "backup to %s", file)
}

// bounded limits a call; see Options.Timeout.
func (d *database) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d.opts.Timeout)
}
