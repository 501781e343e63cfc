package link

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"volary/internal/drone"
	"volary/internal/telemetry"
)

func TestMain(m *testing.M) {
	// The NATS server keeps a few goroutines for the life of the process.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.init.0.func1"),
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server/ats.init.0.func1"),
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*Server).startGoRoutine.func1"),
	)
}

// pair is a backend and a simulator joined by a real NATS server over TCP.
type pair struct {
	server  *Server
	backend *Backend
	sim     *Simulator
	session uuid.UUID

	hello  chan Hello
	frames chan []byte
	events chan telemetry.Event
	beats  chan Heartbeat
	byes   chan Goodbye
	world  atomic.Pointer[[]byte] // what the backend holds ready as "w1"
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func start(t *testing.T) *pair {
	t.Helper()
	p := &pair{
		session: uuid.New(), hello: make(chan Hello, 10), frames: make(chan []byte, 1000),
		events: make(chan telemetry.Event, 10_000), beats: make(chan Heartbeat, 100), byes: make(chan Goodbye, 10),
	}
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	if p.server, err = StartServer(ServerConfig{Dir: t.TempDir(), Listen: "127.0.0.1:0", Token: "secret"}); err != nil {
		t.Fatal(err)
	}
	url := "nats://" + p.server.Addr().String()
	p.backend, err = Serve(ctx, BackendConfig{
		URL: url, Token: "secret", Log: zerolog.Nop(),
		OnHello: func(_ context.Context, h Hello) Welcome {
			p.hello <- h
			return Welcome{Session: p.session}
		},
		OnGoodbye: func(_ context.Context, g Goodbye) { p.byes <- g },
		OnBeat:    func(b Heartbeat) { p.beats <- b },
		OnFrame:   func(_ string, b []byte) { p.frames <- append([]byte(nil), b...) },
		OnEvents: func(all []telemetry.Event) {
			for _, e := range all {
				p.events <- e
			}
		},
		World: func(name string) []byte {
			if w := p.world.Load(); w != nil && name == "w1" {
				return *w
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if p.sim, err = Dial(SimulatorConfig{ID: "sim1", URL: url, Token: "secret", Log: zerolog.Nop()}); err != nil {
		t.Fatal(err)
	}
	var g errgroup.Group
	g.Go(func() error { return p.backend.Run(ctx) })
	g.Go(func() error { return p.sim.Run(ctx, time.Second) })
	t.Cleanup(func() {
		cancel()
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
		p.sim.Close()
		p.backend.Close()
		p.server.Close()
	})
	// What is published before the backend listens would be lost to the live view.
	if _, err := p.sim.Hello(within(t), Hello{}); err != nil {
		t.Fatal(err)
	}
	get(t, p.hello, "hello")
	return p
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func get[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		t.Fatalf("no %s within 20 s", what)
		panic("unreachable")
	}
}

func TestASimulatorIsWelcomedAndSaysGoodbye(t *testing.T) {
	p := start(t)
	w, err := p.sim.Hello(within(t), Hello{Name: "demo"})
	if err != nil {
		t.Fatal(err)
	}
	if w.Session != p.session {
		t.Errorf("session %s, want %s", w.Session, p.session)
	}
	if h := get(t, p.hello, "hello"); h.Simulator != "sim1" || h.Name != "demo" {
		t.Errorf("hello %+v", h)
	}
	if err := p.sim.Goodbye(within(t), Goodbye{Session: p.session, Reason: "done"}); err != nil {
		t.Fatal(err)
	}
	if g := get(t, p.byes, "goodbye"); g.Reason != "done" {
		t.Errorf("goodbye %+v", g)
	}
}

func TestFramesArriveInSlicesAndTelemetryIsKeptInOrder(t *testing.T) {
	p := start(t)
	samples := make([]telemetry.Sample, 2500)
	for i := range samples {
		samples[i].Slot = uint32(i)
	}
	h := telemetry.Header{Session: p.session, Seq: 1, Tick: 25, TickHz: 250}
	p.sim.Live(h, samples)
	seen := 0
	for range 3 {
		got, part, err := telemetry.DecodeSlice(get(t, p.frames, "slice"), nil)
		if err != nil || got.Tick != 25 || got.Slices != 3 || got.Drones != 2500 {
			t.Fatalf("slice %+v: %v", got, err)
		}
		seen += len(part)
	}
	if seen != 2500 {
		t.Errorf("%d samples arrived, want 2500", seen)
	}
	for i := range 20 {
		h.Seq, h.Tick = uint64(i+1), uint64(i*25)
		p.sim.Record(h, samples[:10])
	}
	s, err := p.backend.Telemetry(within(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var last uint64
	for n := 0; n < 20; {
		msgs, err := s.Read(within(t), last, 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range msgs {
			got, _, err := telemetry.DecodeSlice(m.Data, nil)
			if err != nil {
				t.Fatal(err)
			}
			if n++; got.Seq != uint64(n) || m.Seq != uint64(n) {
				t.Fatalf("message %d holds frame %d; want frame %d", m.Seq, got.Seq, n)
			}
			last = m.Seq
		}
	}
	if err := s.Forget(within(t), 15); err != nil {
		t.Fatal(err)
	}
	msgs, err := s.Read(within(t), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	if msgs[0].Seq != 16 {
		t.Errorf("after forgetting 15, the first message is %d, want 16", msgs[0].Seq)
	}
}

func TestAnOrderIsDeliveredAndItsReplyComesBackAsAnEvent(t *testing.T) {
	p := start(t)
	o := Order{ID: uuid.NewString(), Kind: OrderCommand, Expires: time.Now().Add(time.Minute), Command: &drone.Command{Type: drone.CmdHold, Drones: drone.Selection{All: true}}}
	for range 2 { // sent twice, as after a lost acknowledgement
		if err := p.backend.Send(within(t), "sim1", o); err != nil {
			t.Fatal(err)
		}
	}
	got := get(t, p.sim.Orders(), "order")
	if got.ID != o.ID || got.Command.Type != drone.CmdHold || !got.Command.Drones.All {
		t.Errorf("order %+v", got)
	}
	data, err := json.Marshal(Reply{ID: o.ID, Results: map[string]drone.Result{"d1": drone.Accepted()}})
	if err != nil {
		t.Fatal(err)
	}
	p.sim.Event(telemetry.Event{Session: p.session.String(), Seq: 1, Type: OrderDone, Data: data})
	var r Reply
	if err := json.Unmarshal(get(t, p.events, "event").Data, &r); err != nil || r.ID != o.ID {
		t.Errorf("reply %+v, %v", r, err)
	}
	select {
	case o := <-p.sim.Orders():
		t.Errorf("the order was delivered again: %+v", o)
	default:
	}
}

func TestARosterLargerThanAMessageArrivesWhole(t *testing.T) {
	p := start(t)
	all := make([]drone.Info, 10_000)
	for i := range all {
		all[i] = drone.Info{Slot: i, ID: fmt.Sprintf("d%d", i+1), Name: fmt.Sprintf("a drone with quite a long name %d", i), Model: "x500"}
	}
	p.sim.SetRoster(p.session, 7, all)
	// The simulator's subscription is made by Run: ask until it answers.
	ctx := within(t)
	for {
		version, got, err := p.backend.Roster(ctx, "sim1")
		if err != nil && ctx.Err() == nil {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if version != 7 || len(got) != len(all) || got[9999] != all[9999] {
			t.Errorf("version %d with %d drones", version, len(got))
		}
		return
	}
}

func TestTelemetryWaitsForABackendThatIsAwayAndLosesNothing(t *testing.T) {
	dir, addr := t.TempDir(), freeAddr(t)
	sim, err := Dial(SimulatorConfig{ID: "s", URL: "nats://" + addr, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- sim.Run(ctx, 10*time.Second) }()
	session := uuid.New()
	send := func(from, to int) {
		for i := from; i <= to; i++ {
			sim.Record(telemetry.Header{Session: session, Seq: uint64(i), Tick: uint64(i * 25), TickHz: 250}, make([]telemetry.Sample, 3))
		}
	}
	up := func() (*Server, *Backend, *Stream) {
		s, err := StartServer(ServerConfig{Dir: dir, Listen: addr})
		if err != nil {
			t.Fatal(err)
		}
		b, err := Serve(within(t), BackendConfig{Log: zerolog.Nop(), Server: s})
		if err != nil {
			t.Fatal(err)
		}
		st, err := b.Telemetry(within(t))
		if err != nil {
			t.Fatal(err)
		}
		return s, b, st
	}
	send(1, 50) // before there is a backend
	server, backend, stream := up()
	read := func(stream *Stream, from, to uint64) {
		t.Helper()
		for last := from - 1; last < to; {
			msgs, err := stream.Read(within(t), last, 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range msgs {
				h, _, err := telemetry.DecodeSlice(m.Data, nil)
				if err != nil || h.Seq != m.Seq || m.Seq != last+1 {
					t.Fatalf("message %d holds frame %d after %d: %v", m.Seq, h.Seq, last, err)
				}
				last = m.Seq
			}
		}
	}
	read(stream, 1, 50)
	stream.Close()
	backend.Close()
	server.Close() // the backend goes away
	send(51, 100)
	server, backend, stream = up()
	read(stream, 51, 100)
	stream.Close()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	sim.Close()
	backend.Close()
	server.Close()
	if l := sim.Losses(); l.Telemetry != 0 {
		t.Errorf("%d frames given up", l.Telemetry)
	}
}

func TestAFullRingGivesUpTheOldestAndCounts(t *testing.T) {
	r := newRing[int](10)
	for i := range 25 {
		r.push(i, 1)
	}
	waiting, dropped := r.size()
	if waiting != 10 || dropped != 15 {
		t.Errorf("%d wait, %d dropped; want 10 and 15", waiting, dropped)
	}
	if got := r.take(3); got[0] != 15 || got[2] != 17 {
		t.Errorf("took %v, want the oldest kept: 15, 16, 17", got)
	}
}

func TestAWrongTokenIsRefused(t *testing.T) {
	s, err := StartServer(ServerConfig{Dir: filepath.Join(t.TempDir(), "js"), Listen: "127.0.0.1:0", Token: "right"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	nc, err := nats.Connect("nats://"+s.Addr().String(), nats.Token("wrong"))
	if err == nil {
		nc.Close()
		t.Fatal("connected with a wrong token")
	}
}
