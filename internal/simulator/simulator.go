// Package simulator is the half of Volary that flies: it owns the world, runs it
// at the pace asked for, publishes what happens and carries out orders.
//
// It is headless, and never waits for anyone: what the link can't take is
// dropped by the link and counted there.
//
//	orders ─► loop ─► world ─► frames, events ─► link
//	            ▲
//	          pacer ◄─ wall clock
package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"volary/internal/clock"
	"volary/internal/link"
	"volary/internal/logkey"
	"volary/internal/rerun"
	"volary/internal/scenario"
	"volary/internal/telemetry"
	"volary/internal/world"
)

// Config is how a simulator runs.
type Config struct {
	Link     link.SimulatorConfig
	Scenario *scenario.Scenario
	Version  string
	Speed    float64 // simulated seconds per wall second; clock.Max: as fast as it can; 0: 1
	LiveHz   int     // frames a wall second for those who watch; 0: 20
	RecordHz int     // samples a simulated second for the history; 0: 10
	Workers  int     // cores for the world; 0: 1
	Health   string  // host:port of the health check; empty: none
	Fresh    bool    // begin a new session even when an interrupted one could go on
	Log      zerolog.Logger
}

const (
	maxCatchUp = 125 // ticks run at once after a stall: half a second
	idle       = 50 * time.Millisecond
	beatEvery  = 250 * time.Millisecond
	// stuckAfter is the time without a turn of the loop after which the clock is
	// said to be stuck and the process ends, to be started again.
	stuckAfter = 10 * time.Second
	// farewell bounds what is sent after the order to stop.
	farewell = 2 * time.Second
)

// Simulator flies sessions until it is told to stop.
type Simulator struct {
	cfg  Config
	link *link.Simulator
	log  zerolog.Logger
	turn atomic.Int64 // wall time of the loop's last turn, Unix ns; 0: not in the air yet
	done *doneOrders
}

// New prepares a simulator: it opens the health check's listener and the link,
// so that a bad address fails at once.
func New(cfg Config) (*Simulator, net.Listener, error) {
	if cfg.Speed == 0 {
		cfg.Speed = 1
	}
	if err := clock.CheckSpeed(cfg.Speed); err != nil {
		return nil, nil, fmt.Errorf("simulator: %w", err)
	}
	if cfg.LiveHz == 0 {
		cfg.LiveHz = 20
	}
	if cfg.RecordHz == 0 {
		cfg.RecordHz = 10
	}
	if cfg.LiveHz < 1 || cfg.LiveHz > 50 || cfg.RecordHz < 1 || cfg.RecordHz > 50 {
		return nil, nil, fmt.Errorf("simulator: live and record rates are 1 to 50 Hz, not %d and %d", cfg.LiveHz, cfg.RecordHz)
	}
	var l net.Listener
	if cfg.Health != "" {
		var err error
		if l, err = net.Listen("tcp", cfg.Health); err != nil {
			return nil, nil, fmt.Errorf("simulator: health check: %w", err)
		}
	}
	ln, err := link.Dial(cfg.Link)
	if err != nil {
		if l != nil {
			_ = l.Close()
		}
		return nil, nil, err
	}
	log := cfg.Log.With().Str(logkey.Part, "simulator").Str(logkey.Simulator, cfg.Link.ID).Logger()
	return &Simulator{cfg: cfg, link: ln, log: log, done: newDoneOrders()}, l, nil
}

// Run flies until ctx is done, or until the clock is stuck. health may be nil.
func (s *Simulator) Run(ctx context.Context, health net.Listener) error {
	defer s.link.Close()
	// The link outlives the loop, to take its last words along.
	linkCtx, stopLink := context.WithCancel(context.WithoutCancel(ctx))
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.link.Run(linkCtx, farewell) })
	g.Go(func() error {
		defer stopLink()
		return s.fly(ctx)
	})
	g.Go(func() error { return s.watch(ctx) })
	if health != nil {
		g.Go(func() error { return s.serveHealth(ctx, health) })
	}
	return g.Wait()
}

// beginning is what a session begins with.
type beginning struct {
	scenario *scenario.Scenario
	fresh    bool
	fork     *link.Fork   // of a fork, with its world
	world    *world.World // nil: made from the scenario
	deeds    []rerun.Deed // to be done again
}

// fly runs one session after another: a reset or a fork ends one and begins the
// next.
func (s *Simulator) fly(ctx context.Context) error {
	next := &beginning{scenario: s.cfg.Scenario, fresh: s.cfg.Fresh}
	for next != nil {
		var err error
		if next, err = s.session(ctx, next); err != nil {
			return err
		}
	}
	return nil
}

// session joins the backend and runs one session. It returns what another shall
// begin with, or nil.
func (s *Simulator) session(ctx context.Context, from *beginning) (next *beginning, err error) {
	sc, w := from.scenario, from.world
	if w == nil {
		if w, err = world.New(sc, world.Options{Workers: s.cfg.Workers}); err != nil {
			return nil, fmt.Errorf("simulator: %w", err)
		}
	}
	recordEvery := world.TickHz / s.cfg.RecordHz
	hello := link.Hello{
		Version: s.cfg.Version, Name: sc.Name, Scenario: string(sc.Source), Seed: sc.Seed,
		TickHz: world.TickHz, RecordEvery: recordEvery, Origin: w.Origin(), Fresh: from.fresh,
	}
	if from.fork != nil {
		hello.Parent, hello.StartTick = from.fork.Parent, w.Tick()
	}
	welcome, err := s.link.Hello(ctx, hello)
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil
		}
		return nil, err
	}
	if welcome.World != "" {
		if before, err := s.fetch(ctx, welcome.World, sc); err != nil {
			s.log.Warn().Err(err).Msg("the world of before could not be restored: the drones start from the ground")
		} else {
			w = before
		}
	}
	w.StartAt(welcome.StartTick)
	l := &loop{
		sim: s, world: w, pacer: clock.New(world.TickHz, maxCatchUp), session: welcome.Session, again: from.deeds, ctx: ctx,
		recordEvery: uint64(recordEvery), eventSeq: welcome.EventSeq,
	}
	l.pacer.SetSpeed(s.cfg.Speed)
	if f := from.fork; f != nil {
		if f.Speed != nil {
			l.pacer.SetSpeed(float64(*f.Speed))
		}
		if f.Paused {
			l.pacer.Pause()
		}
	}
	s.log.Info().Stringer(logkey.Session, welcome.Session).Uint64(logkey.Tick, welcome.StartTick).Int(logkey.Drones, w.Len()).
		Str("scenario", sc.Name).Msg("flying")
	why := l.run(ctx)
	if why == rejoined {
		return &beginning{scenario: sc, fresh: true}, nil
	}
	bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	if err := s.link.Goodbye(bye, link.Goodbye{Session: l.session, Tick: w.Tick(), Reason: string(why)}); err != nil {
		s.log.Warn().Err(err).Msg("the backend did not hear that the session ended")
	}
	s.log.Info().Stringer(logkey.Session, l.session).Uint64(logkey.Tick, w.Tick()).Str(logkey.Reason, string(why)).Msg("session over")
	switch why {
	case reset:
		return &beginning{scenario: sc, fresh: true}, nil
	case forked, another:
		return l.next, nil
	case ended:
		return s.wait(ctx, l)
	}
	return nil, nil
}

// wait takes orders when a session was ended on request, until one begins another.
func (s *Simulator) wait(ctx context.Context, l *loop) (*beginning, error) {
	l.ending = ""
	for l.ending == "" {
		select {
		case <-ctx.Done():
			return nil, nil
		case o := <-s.link.Orders():
			switch {
			case o.Kind == link.OrderBegin || o.Kind == link.OrderFork:
				l.carryOut(o)
			case o.Kind == link.OrderRejoin:
				return &beginning{scenario: s.cfg.Scenario, fresh: true}, nil
			default:
				if s.done.first(o.ID) {
					l.reply(&link.Reply{ID: o.ID, Kind: o.Kind, Tick: l.world.Tick(), Error: "the session it was meant for is over"})
				}
			}
		}
	}
	return l.next, nil
}

// fetchTimeout bounds how long the clock stands still for a world to arrive.
const fetchTimeout = 4 * time.Second

// fetch gets a world from the backend.
func (s *Simulator) fetch(ctx context.Context, name string, sc *scenario.Scenario) (*world.World, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	data, err := s.link.World(ctx, name)
	if err != nil {
		return nil, err
	}
	return world.Restore(sc, data, world.Options{Workers: s.cfg.Workers})
}

// watch ends the simulator when the loop has stopped turning: a clock that
// sticks must not do so silently.
func (s *Simulator) watch(ctx context.Context) error {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-t.C:
			if age := s.age(now); age > stuckAfter {
				return fmt.Errorf("simulator: the clock is stuck: no tick was looked at for %v", age.Round(time.Second))
			}
		}
	}
}

// age is the time since the loop last turned; 0 while it has not begun.
func (s *Simulator) age(now time.Time) time.Duration {
	last := s.turn.Load()
	if last == 0 {
		return 0
	}
	return now.Sub(time.Unix(0, last))
}

func (s *Simulator) serveHealth(ctx context.Context, l net.Listener) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if age := s.age(time.Now()); age > stuckAfter/2 {
			http.Error(w, fmt.Sprintf("the clock has not turned for %v", age), http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if s.turn.Load() == 0 {
			http.Error(w, "waiting for the backend", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("simulator: health check: %w", err)
	}
	return nil
}

// ending is why a loop ended.
type ending string

const (
	stopped  ending = "simulator stopped"
	reset    ending = "reset"
	rejoined ending = "rejoin"
	forked   ending = "another session was forked from the past"
	another  ending = "another scenario was asked for"
	ended    ending = "ended on request"
)

// loop is one session in flight. It belongs to one goroutine.
type loop struct {
	sim      *Simulator
	world    *world.World
	pacer    *clock.Pacer
	session  uuid.UUID
	scenario *scenario.Scenario

	recordEvery uint64
	eventSeq    uint64
	liveSeq     uint64
	recordSeq   uint64
	samples     []telemetry.Sample // reused
	roster      uint32             // version the link knows
	scene       uint32             // version the link knows
	hash        uint64
	hashTick    uint64
	hashes      telemetry.Hashes // not told yet
	ending      ending
	next        *beginning   // of a fork, or another scenario
	again       []rerun.Deed // to be done again, by tick

	ctx context.Context //nolint:containedctx // of run, for what an order has to fetch

	nextLive time.Time
	nextBeat time.Time
	shown    uint64 // tick of the last live frame
	shownAt  time.Time
}

func (l *loop) run(ctx context.Context) ending {
	l.publishRoster()
	l.publishScene()
	l.record() // the first moment belongs to the history
	l.save(true)
	wake := time.NewTimer(0)
	defer wake.Stop()
	for l.ending == "" {
		now := time.Now()
		l.sim.turn.Store(now.UnixNano())
		for range l.pacer.Due(now) {
			l.step()
		}
		l.show(now)
		wake.Reset(l.pacer.Wait(idle))
		select {
		case <-ctx.Done():
			l.ending = stopped
		case o := <-l.sim.link.Orders():
			l.carryOut(o)
		case <-wake.C:
		}
	}
	l.tell()
	l.tellHashes()
	l.record()
	l.sim.turn.Store(0)
	return l.ending
}

// saveEvery is the simulated time between two worlds that are kept, in ticks: a
// moment of the past costs at most so much flying again.
const saveEvery = 10 * world.TickHz

// save sends the world as it is to the history.
func (l *loop) save(begin bool) {
	data, err := l.world.Snapshot(nil)
	if err != nil {
		l.sim.log.Error().Err(err).Msg("the world can't be saved")
		return
	}
	l.sim.link.Snapshot(telemetry.Snapshot{
		Session: l.session, Tick: l.world.Tick(), Begin: begin, Hash: l.world.Hash(), Data: data,
	})
}

// hashesAtOnce is how many fingerprints travel together.
const hashesAtOnce = 10

// keepHash remembers the fingerprint of this tick for the history.
func (l *loop) keepHash() {
	if len(l.hashes.Hashes) == 0 {
		l.hashes.From, l.hashes.Every = l.hashTick, world.TickHz
	}
	if l.hashes.Hashes = append(l.hashes.Hashes, fmt.Sprintf("%016x", l.hash)); len(l.hashes.Hashes) >= hashesAtOnce {
		l.tellHashes()
	}
}

func (l *loop) tellHashes() {
	if len(l.hashes.Hashes) == 0 {
		return
	}
	l.note(telemetry.EventHashes, fmt.Sprintf("%d fingerprints", len(l.hashes.Hashes)), &l.hashes)
	l.hashes = telemetry.Hashes{}
}

// note adds to the record of the run.
func (l *loop) note(typ, message string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		l.sim.log.Error().Err(err).Str("event", typ).Msg("a part of the record can't be written")
		return
	}
	l.emit(telemetry.Event{
		Tick: l.world.Tick(), SimTime: float64(l.world.Tick()) / world.TickHz, Severity: telemetry.Info, Type: typ, Message: message, Data: data,
	})
}

// step runs one tick and sends what it brought about.
func (l *loop) step() {
	for len(l.again) > 0 && l.again[0].Tick <= l.world.Tick() {
		var r link.Reply
		l.carry(&l.again[0].Deed, &r) // what was refused then is refused now
		l.again = l.again[1:]
		l.tell()
	}
	l.world.Step()
	tick := l.world.Tick()
	if tick%l.recordEvery == 0 {
		l.record()
	}
	if tick%world.TickHz == 0 {
		l.hash, l.hashTick = l.world.Hash(), tick
		l.keepHash()
	}
	l.tell()
	if tick%saveEvery == 0 {
		l.save(false)
	}
}

// tell sends the events that have come up.
func (l *loop) tell() {
	for _, e := range l.world.Events() {
		l.emit(e)
	}
}

func (l *loop) emit(e telemetry.Event) {
	l.eventSeq++
	e.Session, e.Seq, e.WallUS = l.session.String(), l.eventSeq, time.Now().UnixMicro()
	l.sim.link.Event(e)
}

func (l *loop) header(seq uint64) telemetry.Header {
	return telemetry.Header{
		Session: l.session, Seq: seq, Tick: l.world.Tick(), TickHz: world.TickHz, PublishedUS: time.Now().UnixMicro(),
		Roster: l.world.RosterVersion(), Paused: l.pacer.Paused(), Speed: float32(l.pacer.Speed()),
	}
}

// record sends the present moment to the history.
func (l *loop) record() {
	l.recordSeq++
	l.samples = l.world.Samples(l.samples[:0])
	l.sim.link.Record(l.header(l.recordSeq), l.samples)
}

// repeatLive is how often a world that stands still is shown again.
const repeatLive = time.Second

// show sends a live frame and a heartbeat when they are due.
func (l *loop) show(now time.Time) {
	if l.world.RosterVersion() != l.roster {
		l.publishRoster()
	}
	if l.world.SceneVersion() != l.scene {
		l.publishScene()
	}
	if !now.Before(l.nextLive) && (l.world.Tick() != l.shown || now.Sub(l.shownAt) >= repeatLive) {
		l.shown, l.shownAt = l.world.Tick(), now
		every := time.Second / time.Duration(l.sim.cfg.LiveHz)
		// Keep the beat; after a break, start a new one.
		if l.nextLive = l.nextLive.Add(every); l.nextLive.Before(now) {
			l.nextLive = now.Add(every)
		}
		l.liveSeq++
		l.samples = l.world.Samples(l.samples[:0])
		l.sim.link.Live(l.header(l.liveSeq), l.samples)
	}
	if !now.Before(l.nextBeat) {
		l.nextBeat = now.Add(beatEvery)
		l.beat()
	}
}

func (l *loop) beat() {
	rtf := l.pacer.RealTimeFactor()
	if math.IsNaN(rtf) {
		rtf = 0
	}
	l.sim.link.Beat(link.Heartbeat{
		Session: l.session, Tick: l.world.Tick(), SimTime: float64(l.world.Tick()) / world.TickHz,
		Speed: clock.Speed(l.pacer.Speed()), Paused: l.pacer.Paused(), RTF: rtf, Drift: l.pacer.Drift(),
		Drones: l.world.Len(), Roster: l.roster, Hash: fmt.Sprintf("%016x", l.hash), HashTick: l.hashTick,
	})
}

func (l *loop) publishRoster() {
	version, all := l.world.Roster()
	l.sim.link.SetRoster(l.session, version, all)
	l.roster = version
}

func (l *loop) publishScene() {
	l.scene = l.world.SceneVersion()
	s := l.world.Scene()
	if err := l.sim.link.SetScene(&s); err != nil {
		l.sim.log.Error().Err(err).Msg("the scene can't be written")
	}
}
