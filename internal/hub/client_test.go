package hub

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"volary/internal/drone"
	"volary/internal/fleet"
	"volary/internal/session"
	"volary/internal/telemetry"
)

// stand is a hub with a server around it and a fleet that the test moves.
type stand struct {
	t     *testing.T
	hub   *Hub
	fleet *fleet.Fleet
	url   string
	head  telemetry.Header
	now   float64 // ticks
}

type nobody struct{}

func (nobody) Command(context.Context, *drone.Command) (*drone.Answer, error) {
	return &drone.Answer{}, nil
}
func (nobody) Act(context.Context, session.Action) error { return nil }

func newStand(t *testing.T) *stand {
	t.Helper()
	s := &stand{t: t, fleet: fleet.New(), head: telemetry.Header{Session: uuid.New(), TickHz: 250, Slices: 1, Speed: 1, PublishedUS: 1_700_000_000_000_000}}
	s.hub = New(Config{Fleet: s.fleet, Commander: nobody{}, Status: func() fleet.Status {
		return fleet.Status{Clients: s.hub.Clients(), Session: fleet.SessionStatus{State: "running"}}
	}, Log: zerolog.Nop()})
	s.fleet.Begin(fleet.Session{ID: s.head.Session, State: "running"}, time.Now())
	server := httptest.NewServer(s.hub)
	s.url = strings.Replace(server.URL, "http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.hub.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		stop()
		wg.Wait()
		server.Close()
	})
	return s
}

// show publishes the fleet 50 ms later.
func (s *stand) show(samples ...telemetry.Sample) {
	s.t.Helper()
	s.head.Seq++
	s.head.PublishedUS += 50_000
	s.now += 12.5
	s.head.Tick = uint64(s.now)
	s.head.Slices = uint8((len(samples) + telemetry.SliceDrones - 1) / telemetry.SliceDrones)
	s.head.Drones = uint32(len(samples))
	for i := range s.head.Slices {
		s.head.Slice = i
		part := samples[int(i)*telemetry.SliceDrones : min(len(samples), int(i+1)*telemetry.SliceDrones)]
		if err := s.fleet.Frame(telemetry.AppendSlice(nil, &s.head, part), time.Now()); err != nil {
			s.t.Fatal(err)
		}
	}
}

func still(n int) []telemetry.Sample {
	all := make([]telemetry.Sample, n)
	for i := range all {
		all[i] = telemetry.Sample{Slot: uint32(i), X: int32(i) * 20_000, Battery: 9000}
	}
	return all
}

// message is an event as a client gets it.
type message struct {
	event      string
	arg        json.RawMessage
	attachment []byte
}

// client is a Socket.IO client of the fewest lines.
type client struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
	id   int
	kept []message // events that came while an acknowledgement was awaited
}

func (s *stand) connect() *client { c, _ := s.connectAs(""); return c }

// connectAs joins with an auth object, and returns what the server answered.
func (s *stand) connectAs(auth string) (*client, string) {
	s.t.Helper()
	conn, buffered, _, err := ws.Dial(context.Background(), s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	if buffered == nil {
		buffered = bufio.NewReader(conn)
	}
	c := &client{t: s.t, conn: conn, in: buffered}
	s.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	c.text() // open
	c.write("40" + auth)
	hello, ok := strings.CutPrefix(c.text(), "40")
	if !ok {
		s.t.Fatalf("not let in: %s", hello)
	}
	return c, hello
}

func (c *client) write(text string) {
	c.t.Helper()
	if err := wsutil.WriteClientText(c.conn, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) frame() ([]byte, ws.OpCode) {
	c.t.Helper()
	data, op, err := wsutil.ReadServerData(readWriter{c.in, c.conn})
	if err != nil {
		c.t.Fatal(err)
	}
	return data, op
}

func (c *client) text() string {
	c.t.Helper()
	data, op := c.frame()
	if op != ws.OpText {
		c.t.Fatalf("%d binary bytes where text was awaited", len(data))
	}
	return string(data)
}

// next is the next event of a name; others are passed over.
func (c *client) next(event string) message {
	c.t.Helper()
	for len(c.kept) > 0 {
		m := c.kept[0]
		c.kept = c.kept[1:]
		if m.event == event {
			return m
		}
	}
	for {
		if m, ok := c.parse(c.text()); ok && m.event == event {
			return m
		}
	}
}

// parse reads an event, with its attachment if it has one.
func (c *client) parse(text string) (m message, ok bool) {
	c.t.Helper()
	body, binary := strings.CutPrefix(text, "451-")
	if !binary {
		if body, ok = strings.CutPrefix(text, "42"); !ok {
			return m, false
		}
	}
	var parts []json.RawMessage
	if err := json.Unmarshal([]byte(body), &parts); err != nil || len(parts) < 2 {
		c.t.Fatalf("%q: %v", text, err)
	}
	if err := json.Unmarshal(parts[0], &m.event); err != nil {
		c.t.Fatal(err)
	}
	m.arg = parts[1]
	if binary {
		m.attachment, _ = c.frame()
	}
	return m, true
}

// call sends an event and returns its acknowledgement.
func (c *client) call(event string, arg any) (ack struct {
	OK    bool
	Rate  float64 `json:"rate_hz"`
	Tol   float64 `json:"tolerance_m"`
	Far   float64 `json:"coarse_m"`
	Error struct{ Code, Message, Field string }
}) {
	c.t.Helper()
	b, err := json.Marshal(arg)
	if err != nil {
		c.t.Fatal(err)
	}
	c.id++
	c.write(fmt.Sprintf(`42%d[%q,%s]`, c.id, event, b))
	for {
		text := c.text()
		if body, ok := strings.CutPrefix(text, "43"+strconv.Itoa(c.id)); ok {
			args := []any{&ack}
			if err := json.Unmarshal([]byte(body), &args); err != nil {
				c.t.Fatalf("%q: %v", text, err)
			}
			return ack
		}
		if m, ok := c.parse(text); ok {
			c.kept = append(c.kept, m)
		}
	}
}

type readWriter struct {
	r *bufio.Reader
	w net.Conn
}

func (rw readWriter) Read(b []byte) (int, error)  { return rw.r.Read(b) }
func (rw readWriter) Write(b []byte) (int, error) { return rw.w.Write(b) }
