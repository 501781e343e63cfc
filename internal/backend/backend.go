// Package backend is the half of Volary that people talk to: it joins the link,
// the picture of the fleet, the recorder, the hub and the API, and owns the life
// of sessions.
//
//	simulator ─► link ─► fleet ─► hub ─► Socket.IO clients
//	               │        └──► api ─► REST clients
//	               └─► recorder ─► store
//	clients ─► hub, api ─► orders ─► link ─► simulator
package backend

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"volary/internal/api"
	"volary/internal/fleet"
	"volary/internal/hub"
	"volary/internal/link"
	"volary/internal/logkey"
	"volary/internal/recording"
	"volary/internal/session"
	"volary/internal/store"
)

// Config is how the backend runs.
type Config struct {
	Listen    []string // host:port, each serves everything; at least one
	Link      link.ServerConfig
	NATS      string // nats://host:port of a server elsewhere; empty: the one inside
	Database  string // postgres://... or sqlite:PATH
	Store     store.Options
	Access    Access
	Keep      store.Bounds  // of the history; zero: all is kept
	Admin     string        // host:port for pprof and metrics, on this machine; empty: none
	Drain     time.Duration // how long it serves on, but says it is not ready, when it shall stop
	Builtin   fs.FS         // scenarios that come along
	Scenarios string        // folder where scenarios that people send are kept; empty: none are
	Dashboard http.Handler  // nil: served elsewhere
	Version   string
	Log       zerolog.Logger
	Tap       *LogTap // carries log lines to clients; may be nil
}

// Backend is a backend that listens. Run makes it work, Close lets go of what
// New opened when Run was never called.
type Backend struct {
	cfg Config
	log zerolog.Logger

	listeners []net.Listener
	adminPort net.Listener // nil: none
	leaving   atomic.Bool
	nats      *link.Server // nil: elsewhere
	link      *link.Backend
	store     store.Store
	shelf     *shelf
	recorder  *recording.Recorder
	streams   [3]*link.Stream
	fleet     *fleet.Fleet
	hub       *hub.Hub
	handler   http.Handler
	metrics   *metrics

	orders  waiters
	worlds  worlds
	replays replays
	strange chan link.Heartbeat // of a session this backend doesn't know
	roster  chan struct{}       // the list of drones shall be stored
	finish  chan link.Reply     // results of commands to be stored

	life    sync.Mutex // one change of the session's life at a time
	live    *session.Session
	bytesPS atomic.Uint64             // sent to clients, per second
	owed    atomic.Pointer[link.Owed] // what the streams hold
	run     atomic.Pointer[run]       // who flies as the simulator; nil: not known since the start
}

// New opens the listeners, the database and the link, in this order: what is
// wrong with an address or a database is said before anything runs.
func New(ctx context.Context, cfg Config) (*Backend, error) {
	b := &Backend{
		cfg: cfg, log: cfg.Log.With().Str(logkey.Part, "backend").Logger(), fleet: fleet.New(),
		strange: make(chan link.Heartbeat, 1), roster: make(chan struct{}, 1), finish: make(chan link.Reply, 1024),
	}
	b.orders.init()
	if err := b.open(ctx); err != nil {
		b.Close()
		return nil, err
	}
	b.recorder = recording.New(b.store, stream{b.streams[0]}, stream{b.streams[1]}, recording.Config{
		ShutdownTimeout: 3 * time.Second, Worlds: stream{b.streams[2]},
	}, cfg.Log)
	b.hub = hub.New(hub.Config{
		Fleet: b.fleet, Commander: b, Replays: b, Status: b.Status, Log: cfg.Log,
		CheckOrigin: cfg.Access.Origins.Allows, Gate: cfg.Access.Gate, ClientKey: cfg.Access.address,
	})
	if cfg.Tap != nil {
		cfg.Tap.to.Store(b.hub)
	}
	b.replays.ctx, b.replays.stop = context.WithCancel(context.WithoutCancel(ctx))
	b.replays.players = map[string]*replaying{}
	b.metrics = newMetrics(b)
	b.handler = api.New(api.Config{
		Fleet: b.fleet, Commander: b, Surroundings: b, History: history{b.store, b.recorder}, Past: b, Replays: b, Exporter: exporter{history{b.store, b.recorder}}, Status: b.Status, Ready: b.ready,
		Metrics: b.metrics.handler(), Hub: b.hub, Dashboard: cfg.Dashboard, Version: cfg.Version, Log: cfg.Log,
		Scenarios: b.shelf,
		Access:    api.Access{Gate: cfg.Access.Gate, Origins: cfg.Access.Origins, Proxies: cfg.Access.Proxies, PerSecond: cfg.Access.PerSecond},
	})
	return b, nil
}

func (b *Backend) open(ctx context.Context) (err error) {
	for _, addr := range b.cfg.Listen {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return fmt.Errorf("backend: can't listen on %s: %w", addr, err)
		}
		b.listeners = append(b.listeners, l)
	}
	if b.cfg.Admin != "" {
		if b.adminPort, err = listenAdmin(b.cfg.Admin); err != nil {
			return fmt.Errorf("backend: can't listen on %s: %w", b.cfg.Admin, err)
		}
	}
	if b.store, err = store.Open(ctx, b.cfg.Database, b.cfg.Store); err != nil {
		return err
	}
	if b.shelf, err = openShelf(b.cfg.Builtin, b.cfg.Scenarios, b.log); err != nil {
		return err
	}
	return b.openLink(ctx)
}

func (b *Backend) openLink(ctx context.Context) (err error) {
	if b.cfg.NATS == "" {
		if b.nats, err = link.StartServer(b.cfg.Link); err != nil {
			return err
		}
	}
	b.link, err = link.Serve(ctx, link.BackendConfig{
		URL: b.cfg.NATS, Token: b.cfg.Link.Token, Log: b.cfg.Log, Server: b.nats,
		OnHello: b.hello, OnGoodbye: b.goodbye, OnBeat: b.beat, OnFrame: b.frame, OnEvents: b.events, World: b.worlds.get,
	})
	if err != nil {
		return err
	}
	if b.streams[0], err = b.link.Telemetry(ctx); err != nil {
		return err
	}
	if b.streams[1], err = b.link.Events(ctx); err != nil {
		return err
	}
	b.streams[2], err = b.link.Snapshots(ctx)
	return err
}

// LinkServer is the server inside, for a simulator in this process.
func (b *Backend) LinkServer() *link.Server { return b.nats }

// Addrs are the addresses listened on.
func (b *Backend) Addrs() []net.Addr {
	var all []net.Addr
	for _, l := range b.listeners {
		all = append(all, l.Addr())
	}
	return all
}

// Handler serves everything over HTTP.
func (b *Backend) Handler() http.Handler { return b.handler }

// Run works until ctx is done. Then clients are let go, what the recorder holds
// is stored, and everything New opened is closed.
func (b *Backend) Run(ctx context.Context) error {
	defer b.Close()
	ctx, cancel := b.outlive(ctx)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	var servers []*http.Server
	handlers := map[net.Listener]http.Handler{}
	for _, l := range b.listeners {
		handlers[l] = b.handler
	}
	if b.adminPort != nil {
		handlers[b.adminPort] = b.admin()
	}
	for l, h := range handlers {
		s := &http.Server{
			Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		}
		servers = append(servers, s)
		b.log.Info().Stringer(logkey.Addr, l.Addr()).Msg("listening")
		g.Go(func() error {
			if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("backend: %s: %w", l.Addr(), err)
			}
			return nil
		})
	}
	g.Go(func() error {
		<-ctx.Done()
		return shutdown(servers)
	})
	g.Go(func() error { return b.cfg.Access.Gate.Run(ctx, b.log) })
	g.Go(func() error { return b.hub.Run(ctx) })
	g.Go(func() error { return b.link.Run(ctx) })
	g.Go(func() error { return b.recorder.Run(ctx) })
	g.Go(func() error { return b.fleet.KeepRoster(ctx, b.askRoster) })
	g.Go(func() error { return b.keepMembers(ctx) })
	g.Go(func() error { return b.keepResults(ctx) })
	g.Go(func() error { return b.keepLast(ctx) })
	g.Go(func() error { return b.keepBounds(ctx) })
	g.Go(func() error {
		<-ctx.Done()
		b.replays.end()
		return nil
	})
	g.Go(func() error { return b.watch(ctx) })
	g.Go(func() error { return b.report(ctx) })
	return g.Wait()
}

// outlive gives a context that ends Drain later than ctx. Meanwhile readiness says
// no, so that whoever balances load sends new clients elsewhere.
func (b *Backend) outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		b.leaving.Store(true)
		if b.cfg.Drain > 0 {
			b.log.Info().Dur("for", b.cfg.Drain).Msg("draining: not ready any more, serving on")
		}
		t := time.NewTimer(b.cfg.Drain)
		defer t.Stop()
		select {
		case <-t.C:
		case <-later.Done():
		}
		cancel()
	})
	return later, func() { stop(); cancel() }
}

// goodbyeTime bounds the end of requests that are being served.
const goodbyeTime = 4 * time.Second

func shutdown(servers []*http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), goodbyeTime)
	defer cancel()
	var wg sync.WaitGroup
	for _, s := range servers {
		wg.Go(func() {
			if s.Shutdown(ctx) != nil {
				_ = s.Close() // out of patience: cut them off
			}
		})
	}
	wg.Wait()
	return nil
}

// Close lets go of everything, in the opposite order of New.
func (b *Backend) Close() {
	b.replays.end()
	for _, s := range b.streams {
		if s != nil {
			s.Close()
		}
	}
	if b.link != nil {
		b.link.Close()
	}
	if b.nats != nil {
		b.nats.Close()
	}
	if b.shelf != nil {
		b.shelf.close()
	}
	if b.store != nil {
		b.store.Close()
	}
	if b.cfg.Tap != nil {
		b.cfg.Tap.to.Store(nil)
	}
	for _, l := range b.listeners {
		_ = l.Close()
	}
	if b.adminPort != nil {
		_ = b.adminPort.Close()
	}
	b.streams, b.link, b.nats, b.store, b.listeners = [3]*link.Stream{}, nil, nil, nil, nil
}

// ready tells whether clients can be served: the database answers. A simulator
// that is away is shown in the status; without it history can still be read.
func (b *Backend) ready(ctx context.Context) error {
	if b.leaving.Load() {
		return errors.New("shutting down")
	}
	if err := b.store.Ping(ctx); err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	return nil
}

// stream fits a stream of the link to the recorder.
type stream struct{ *link.Stream }

func (s stream) Read(ctx context.Context, after uint64, limit int) ([]recording.Message, error) {
	all, err := s.Stream.Read(ctx, after, limit)
	out := make([]recording.Message, len(all))
	for i, m := range all {
		out[i] = recording.Message(m)
	}
	return out, err
}
