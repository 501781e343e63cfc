package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"volary/deploy/scenarios"
	"volary/internal/drone"
	"volary/internal/fleet"
	"volary/internal/hub"
	"volary/internal/scenario"
	"volary/internal/session"
	"volary/internal/telemetry"
	"volary/internal/world"
)

// pictures of the demo that the load consists of: ten seconds of it, under way.
const pictures = 10 * hz

// source publishes the demo.
type source struct {
	fleet *fleet.Fleet
	head  telemetry.Header
	all   [][]telemetry.Sample
}

func newSource() (*source, error) {
	sc, err := scenario.Load("demo", scenarios.Files)
	if err != nil {
		return nil, err
	}
	w, err := world.New(sc, world.Options{})
	if err != nil {
		return nil, err
	}
	s := &source{fleet: fleet.New(), head: telemetry.Header{Session: uuid.New(), TickHz: hz, Slices: 1, Speed: 1, Drones: uint32(w.Len())}}
	for range 40 * world.TickHz {
		w.Step()
	}
	for i := range pictures {
		for w.Tick() < 40*world.TickHz+uint64(i)*world.TickHz/hz {
			w.Step()
		}
		s.all = append(s.all, w.Samples(nil))
	}
	s.fleet.Begin(fleet.Session{ID: s.head.Session, State: "running", Origin: w.Origin()}, time.Now())
	version, roster := w.Roster()
	s.head.Roster = version
	s.fleet.SetRoster(version, roster)
	return s, nil
}

// publish brings a picture in. A tick is 50 ms here, so that the clock of the
// compact stream says to the microsecond when each was meant to be published.
func (s *source) publish(tick uint64, published time.Time) error {
	s.head.Seq, s.head.Tick, s.head.PublishedUS = tick, tick, published.UnixMicro()
	return s.fleet.Frame(telemetry.AppendSlice(nil, &s.head, s.all[tick%pictures]), time.Now())
}

func (s *source) run() error {
	start := time.Now()
	for tick := uint64(1); ; tick++ {
		due := start.Add(time.Duration(tick) * time.Second / hz)
		time.Sleep(time.Until(due))
		if err := s.publish(tick, due); err != nil {
			return err
		}
	}
}

// writeFrames writes the load as JSON, for the servers that aren't ours.
func writeFrames(path string) (size int, err error) {
	s, err := newSource()
	if err != nil {
		return 0, err
	}
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	sep := "["
	for i := range uint64(pictures) {
		if err := s.publish(i+1, time.Now()); err != nil {
			return 0, err
		}
		b := s.fleet.Picture().AppendFrame(nil, nil)
		size += len(b)
		fmt.Fprintf(f, "%s%s\n", sep, b)
		sep = ","
	}
	_, err = fmt.Fprintln(f, "]")
	return size / pictures, err
}

type nobody struct{}

func (nobody) Command(context.Context, *drone.Command) (*drone.Answer, error) {
	return &drone.Answer{}, nil
}
func (nobody) Act(context.Context, session.Action) error { return nil }

// serve is one of our own servers.
func serve(kind, port string) error {
	s, err := newSource()
	if err != nil {
		return err
	}
	var h http.Handler
	switch kind {
	case "hub":
		io := hub.New(hub.Config{Fleet: s.fleet, Commander: nobody{}, Status: func() fleet.Status { return fleet.Status{} }, Log: zerolog.Nop()})
		go func() { _ = io.Run(context.Background()) }()
		h = io
	case "bare":
		b := &broadcaster{to: map[chan []byte]struct{}{}}
		s.fleet.OnPicture(func(p *fleet.Picture) { b.send(p.AppendFrame(nil, nil)) })
		h = b
	default:
		return fmt.Errorf("no server of kind %q", kind)
	}
	l, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		return err
	}
	go func() { _ = http.Serve(l, h) }()
	return s.run()
}

// broadcaster is the least a program must do to send a text to all: one frame, a
// goroutine and a short queue a connection.
type broadcaster struct {
	mu sync.Mutex
	to map[chan []byte]struct{}
}

func (b *broadcaster) send(text []byte) {
	frame, err := ws.CompileFrame(ws.NewTextFrame(text))
	if err != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.to {
		select {
		case c <- frame:
		default: // a slow client misses it
		}
	}
}

func (b *broadcaster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, _, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		return
	}
	defer conn.Close()
	c := make(chan []byte, 8)
	b.mu.Lock()
	b.to[c] = struct{}{}
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.to, c)
		b.mu.Unlock()
	}()
	for frame := range c {
		if _, err := conn.Write(frame); err != nil {
			return
		}
	}
}
