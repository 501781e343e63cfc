package socketio_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"volary/internal/socketio"
)

func message(t testing.TB, event string, args ...any) *socketio.Message {
	t.Helper()
	m, err := socketio.NewMessage(event, args...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMessagesCarryWhatTheyWereGiven(t *testing.T) {
	st := start(t, quick(), func(s *socketio.Server) {
		s.Of("/").OnConnect(func(sock *socketio.Socket, _ socketio.Handshake) error {
			sock.Send(message(t, "a", 1, "<&>", nil, []byte{1, 2}, json.RawMessage(`{"raw":true}`)))
			sock.Send(socketio.RawMessage("b", []byte(`[1]`)))
			sock.Send(socketio.RawMessage("c", nil, []byte{3}))
			return nil
		})
	})
	w := st.joined() // the connect packet comes first, whatever OnConnect sent
	w.want(`451-["a",1,"<&>",null,{"_placeholder":true,"num":0},{"raw":true}]`)
	w.wantBinary(1, 2)
	w.want(`42["b",[1]]`, `451-["c",{"_placeholder":true,"num":0}]`)
	w.wantBinary(3)
	if _, err := socketio.NewMessage("x", make(chan int)); err == nil {
		t.Error("a channel was encoded")
	}
}

func TestBroadcastsReachRoomsAndNamespaces(t *testing.T) {
	sockets := make(chan *socketio.Socket, 2)
	left := make(chan socketio.Reason, 2)
	st := start(t, quick(), func(s *socketio.Server) {
		n := s.Of("/")
		n.OnConnect(func(sock *socketio.Socket, _ socketio.Handshake) error { sockets <- sock; return nil })
		n.OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { left <- r })
	})
	n := st.server.Of("/")
	a, b := st.joined(), st.joined()
	first, second := <-sockets, <-sockets
	first.Join("room")
	n.To("room").Send(message(t, "room"))
	n.To("nobody").Send(message(t, "nobody"))
	n.Send(message(t, "all"))
	a.want(`42["room"]`, `42["all"]`)
	b.want(`42["all"]`)
	if n.Len() != 2 || n.To("room").Len() != 1 {
		t.Errorf("%d sockets, %d in the room", n.Len(), n.To("room").Len())
	}
	first.Leave("room")
	second.Join("room")
	n.To("room").Send(message(t, "moved"))
	b.want(`42["moved"]`)
	b.conn.Close()
	if r := <-left; r != socketio.ReasonTransportClosed {
		t.Errorf("left for %v", r)
	}
	if n.To("room").Len() != 0 || n.Len() != 1 {
		t.Error("a socket that left is still a member")
	}
	n.Each(func(s *socketio.Socket) { s.Disconnect(socketio.ReasonUnauthorized) })
	a.want("41")
	if code := a.wantClosed(); code != ws.StatusPolicyViolation {
		t.Errorf("closed with %d", code)
	}
	if r := <-left; r != socketio.ReasonUnauthorized {
		t.Errorf("left for %v", r)
	}
}

func TestPanicInAHandlerIsAnsweredAndSurvived(t *testing.T) {
	st := start(t, quick(), nil)
	w := st.joined()
	w.send(`421["panic"]`)
	w.want(`431[{"ok":false,"error":{"code":"internal","message":"internal error"}}]`)
	if got := <-st.panics; got != "event panic: on purpose" {
		t.Errorf("told of %q", got)
	}
	w.alive()
	if n := st.server.Stats().Panics; n != 1 {
		t.Errorf("%d panics counted", n)
	}
}

func TestPanicInOnConnectRefuses(t *testing.T) {
	st := start(t, quick(), func(s *socketio.Server) {
		s.Of("/").OnConnect(func(*socketio.Socket, socketio.Handshake) error { panic("on purpose") })
	})
	w := st.opened(socketPath, 4)
	w.send("40")
	w.want(`44{"message":"internal error"}`)
}

func TestHandshakeTellsWhoComes(t *testing.T) {
	got := make(chan socketio.Handshake, 1)
	st := start(t, quick(), func(s *socketio.Server) {
		s.Of("/ns").OnConnect(func(_ *socketio.Socket, h socketio.Handshake) error { got <- h; return errors.New("no entry") })
	})
	w := st.websocket(socketPath, "EIO=3&transport=websocket&a=1&b=2")
	w.text()
	w.want(`44"Invalid namespace"`) // revision 3 asks for the root by being there
	w.send("40/ns?b=3&token=x,")
	w.want(`44/ns,"no entry"`)
	h := <-got
	if h.EIO != 3 || h.Query.Get("a") != "1" || h.Query.Get("b") != "3" || h.Query.Get("token") != "x" || string(h.Auth) != "{}" {
		t.Errorf("handshake %+v", h)
	}
}

func TestSlowClientLosesOldTopicsAndNoOthersSuffer(t *testing.T) {
	t.Parallel()
	config := quick()
	config.WriteTimeout = time.Minute
	sockets := make(chan *socketio.Socket, 2)
	st := start(t, config, func(s *socketio.Server) {
		s.Of("/").OnConnect(func(sock *socketio.Socket, _ socketio.Handshake) error { sockets <- sock; return nil })
	})
	slow, quickOne := st.joined(), st.joined() // the first reads no more
	slowSocket := <-sockets
	<-sockets
	padding := strings.Repeat("x", 64<<10)
	var last int
	dropped := uint64(0)
	for n := 0; dropped < 3; n++ {
		last = n
		st.server.Of("/").Send(message(t, "state", n, padding).Topic("state"))
		quickOne.want(fmt.Sprintf(`42["state",%d,"%s"]`, n, padding)) // each frame arrives
		dropped += slowSocket.TakeDropped()["state"]
	}
	if slowSocket.TakeDropped() != nil {
		t.Error("drops were counted twice")
	}
	// The slow client, when it reads at last, gets older ones, in order, and
	// then the newest.
	for before := -1; before != last; {
		var n int
		if _, err := fmt.Sscanf(slow.text(), `42["state",%d,`, &n); err != nil || n <= before {
			t.Fatalf("got %d after %d, %v", n, before, err)
		}
		before = n
	}
	if got := st.server.Stats().DroppedMessages; got < 3 {
		t.Errorf("%d drops counted", got)
	}
}

func TestClientThatDoesNotReadIsDropped(t *testing.T) {
	t.Parallel()
	padding := strings.Repeat("x", 64<<10)
	for name, prepare := range map[string]func(*socketio.Config, *socketio.Message){
		"at the write timeout": func(c *socketio.Config, m *socketio.Message) { m.Topic("state") },
		"when a message that must not be lost has no place": func(c *socketio.Config, _ *socketio.Message) {
			c.WriteTimeout, c.QueueMessages = time.Minute, 8
		},
		"when its bytes have none": func(c *socketio.Config, _ *socketio.Message) {
			c.WriteTimeout, c.QueueBytes = time.Minute, 200<<10
		},
	} {
		t.Run(name, func(t *testing.T) {
			config := quick()
			m := message(t, "m", padding)
			prepare(&config, m)
			st := start(t, config, nil)
			st.joined() // and reads no more
			eventually(t, "the client is dropped", func() bool {
				st.server.Of("/").Send(m)
				return st.server.Stats().Closes["slow_consumer"] == 1
			})
		})
	}
}

// Twenty clients that never read beside fifty that do: the fifty get everything,
// the twenty are let go for it, and what they were owed goes with them.
func TestClientsThatNeverReadTakeNothingFromTheOthers(t *testing.T) {
	t.Parallel()
	config := quick()
	config.QueueBytes = 512 << 10
	config.PingInterval = time.Minute // the fifty are busy reading
	st := start(t, config, nil)
	n := st.server.Of("/")
	for range 20 {
		if tcp, ok := st.joined().conn.(*net.TCPConn); ok {
			_ = tcp.SetReadBuffer(4096)
		}
	}
	var readers []*wire
	for range 50 {
		readers = append(readers, st.joined())
	}
	eventually(t, "all have joined", func() bool { return n.Len() == 70 })
	padding := strings.Repeat("x", 64<<10)
	frames := 0
	for st.server.Stats().Closes["slow_consumer"] < 20 {
		if frames++; frames > 2000 {
			t.Fatalf("%d of 20 were dropped", st.server.Stats().Closes["slow_consumer"])
		}
		n.Send(message(t, "frame", frames, padding))
		want := fmt.Sprintf(`42["frame",%d,`, frames)
		for i, r := range readers {
			if got := r.text(); !strings.HasPrefix(got, want) {
				t.Fatalf("reader %d got %.30s…, want %s…", i, got, want)
			}
		}
	}
	if n.Len() != 50 {
		t.Errorf("%d clients are left, want the 50 that read", n.Len())
	}
	if closed := st.server.Stats().Closes; len(closed) != 1 {
		t.Errorf("closed for %v", closed)
	}
}

func TestPollingClientThatDoesNotPollIsDropped(t *testing.T) {
	st := start(t, quick(), nil)
	p := st.poller(socketPath, 4, "")
	want200(t, p.push("40"), "ok") // its answer is never fetched
	st.wantReason(socketio.ReasonSlowConsumer)
}

func TestPollIsAnsweredWithAtMost16Packets(t *testing.T) {
	t.Parallel()
	st := start(t, quick(), nil)
	p := st.poller(socketPath, 4, "")
	want200(t, p.push("40"), "ok")
	p.poll()
	for i := range 20 {
		st.server.Of("/").Send(message(t, "m", i).Topic(fmt.Sprint(i)))
	}
	for _, want := range []int{16, 4} {
		if got := strings.Count(p.poll().body, "42["); got != want {
			t.Errorf("%d packets, want %d", got, want)
		}
	}
}

func TestRequestWaitsForTheClient(t *testing.T) {
	replies := make(chan string, 8)
	st := start(t, quick(), func(s *socketio.Server) {
		// From within a handler: the reader goes on.
		s.Of("/").On("ask", func(sock *socketio.Socket, _ *socketio.Event) {
			ctx, cancel := context.WithTimeout(sock.Context(), patience)
			defer cancel()
			r, err := sock.Request(ctx, "question", "why")
			replies <- fmt.Sprintf("%s %v %v", r.Args, r.Attachments, err)
		})
		s.Of("/").On("impatient", func(sock *socketio.Socket, _ *socketio.Event) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			defer cancel()
			_, err := sock.Request(ctx, "question")
			replies <- err.Error()
		})
		s.Of("/").On("lonely", func(sock *socketio.Socket, _ *socketio.Event) {
			_, err := sock.Request(context.Background(), "question")
			replies <- err.Error()
		})
	})
	w := st.joined()
	w.send(`42["ask"]`)
	w.want(`420["question","why"]`)
	w.send(`430["because",1]`)
	if got := <-replies; got != `["because" 1] [] <nil>` {
		t.Errorf("got %s", got)
	}
	w.send(`42["ask"]`)
	w.want(`421["question","why"]`)
	w.send(`461-1[{"_placeholder":true,"num":0}]`)
	w.sendBinary(7, 8)
	if got := <-replies; got != `[{"_placeholder":true,"num":0}] [[7 8]] <nil>` {
		t.Errorf("got %s", got)
	}
	w.send(`42["impatient"]`)
	w.want(`422["question"]`)
	if got := <-replies; got != context.DeadlineExceeded.Error() {
		t.Errorf("got %s", got)
	}
	w.send(`432["too late"]`, `42["lonely"]`)
	w.want(`423["question"]`)
	w.conn.Close()
	if got := <-replies; got != socketio.ErrDisconnected.Error() {
		t.Errorf("got %s", got)
	}
	if n := st.server.Stats().UnknownAcks; n != 1 {
		t.Errorf("%d unknown acknowledgements", n)
	}
}

func TestRequestsThatWaitAreBounded(t *testing.T) {
	config := quick()
	config.MaxRequests = 2
	sockets := make(chan *socketio.Socket, 1)
	st := start(t, config, func(s *socketio.Server) {
		s.Of("/").OnConnect(func(sock *socketio.Socket, _ socketio.Handshake) error { sockets <- sock; return nil })
	})
	w := st.joined()
	sock := <-sockets
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { sock.Request(ctx, "q") })
		w.text()
	}
	if _, err := sock.Request(ctx, "q"); !errors.Is(err, socketio.ErrTooManyRequests) {
		t.Errorf("got %v", err)
	}
	cancel()
	wg.Wait()
}

func TestHandlersOfAConnectionRunOneAtATime(t *testing.T) {
	var mu sync.Mutex
	running, order := 0, []string(nil)
	config := quick()
	config.EventBurst = 100
	st := start(t, config, func(s *socketio.Server) {
		s.Of("/").On("n", func(_ *socketio.Socket, e *socketio.Event) {
			mu.Lock()
			if running++; running > 1 {
				t.Error("two handlers at a time")
			}
			order = append(order, string(e.Args[0]))
			mu.Unlock()
			runtime.Gosched()
			mu.Lock()
			running--
			mu.Unlock()
			e.Ack()
		})
	})
	w := st.joined()
	for i := range 50 {
		w.send(fmt.Sprintf(`42%d["n",%d]`, i, i))
	}
	for i := range 50 {
		w.want(fmt.Sprintf(`43%d[]`, i))
	}
	mu.Lock()
	defer mu.Unlock()
	for i, n := range order {
		if n != fmt.Sprint(i) {
			t.Fatalf("event %s came as number %d", n, i)
		}
	}
}

// Close tells clients, flushes and returns with no goroutine left; the leak
// check of this package holds it to that.
func TestCloseGivesClientsWhatIsQueued(t *testing.T) {
	t.Parallel()
	st := start(t, quick(), nil)
	w := st.joined()
	p := st.poller(socketPath, 4, "")
	want200(t, p.push("40"), "ok")
	p.poll()
	idle := st.poller(socketPath, 4, "")
	poll := inBackground(p.poll)
	st.server.Of("/").Send(message(t, "last"))
	want200(t, poll(), `42["last"]`)
	poll = inBackground(p.poll)
	closed := make(chan error, 1)
	go func() { closed <- st.server.Close(context.Background()) }()
	w.want(`42["last"]`)
	if code := w.wantClosed(); code != ws.StatusGoingAway {
		t.Errorf("closed with %d", code)
	}
	if a := poll(); a.status != 200 || !strings.HasSuffix(a.body, "1") {
		t.Errorf("last poll: %d %q", a.status, a.body)
	}
	if a := st.get(polling4); a.status != http.StatusServiceUnavailable {
		t.Errorf("handshake while closing: %d", a.status)
	}
	if a := idle.poll(); a.status != 503 && a.body != "1" {
		t.Errorf("poll while closing: %d %q", a.status, a.body)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if n := st.server.Stats().Closes["shutdown"]; n != 3 {
		t.Errorf("%d sessions closed for shutdown, want 3: %v", n, st.server.Stats().Closes)
	}
}

func TestCloseDoesNotWaitForClientsThatHang(t *testing.T) {
	config := quick()
	config.WriteTimeout = time.Minute
	st := start(t, config, nil)
	st.joined()
	m := message(t, "m", strings.Repeat("x", 256<<10)).Topic("m")
	for range 64 {
		st.server.Of("/").Send(m)
	}
	st.poller(socketPath, 4, "")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	begun := time.Now()
	if err := st.server.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Close: %v", err)
	}
	if d := time.Since(begun); d > 3*time.Second {
		t.Errorf("took %v", d)
	}
}

// Long polls outlive the timeouts of the HTTP server around.
func TestPollsOutliveTheServersTimeouts(t *testing.T) {
	const short = 50 * time.Millisecond
	config := quick()
	config.PingInterval = 6 * short
	st := startTuned(t, config, nil, func(s *http.Server) { s.ReadTimeout, s.WriteTimeout = short, short })
	p := st.poller(socketPath, 4, "")
	want200(t, p.push("40"), "ok")
	p.poll()
	p.wantPoll("2") // the ping, six timeouts later
	want200(t, p.push("3"), "ok")
	w := st.joined()
	op, payload, _, err := w.next()
	if err != nil || op != ws.OpText || string(payload) != "2" {
		t.Errorf("websocket: got %v %q %v", op, payload, err)
	}
}

func TestUpgradedClientKeepsItsSocket(t *testing.T) {
	st := start(t, quick(), nil)
	p := st.poller(socketPath, 4, "")
	want200(t, p.push("40"), "ok")
	p.poll()
	w := p.websocket(socketPath)
	w.send("2probe")
	w.want("3probe")
	st.server.Of("/").To("all").Send(message(t, "during"))
	w.send("5")
	w.want(`42["during"]`)
	w.alive()
	s := st.server.Stats()
	if s.Upgraded != 1 || s.WebSocket != 1 || s.Polling != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestReasonsHaveTextAndCode(t *testing.T) {
	seen := map[string]bool{}
	for r := socketio.Reason(0); r.String() != "unknown"; r++ {
		if seen[r.String()] || r.String() == "" {
			t.Errorf("reason %d: text %q", r, r)
		}
		seen[r.String()] = true
		if c := r.CloseCode(); c < 1000 || c > 1014 {
			t.Errorf("%v: code %d", r, c)
		}
	}
	if len(seen) < 10 || socketio.ReasonUnauthorized.Reconnect() || !socketio.ReasonShutdown.Reconnect() {
		t.Error("reasons are not what they were")
	}
}

// eager is an answer whose client polls again the moment the first byte is out.
type eager struct {
	*httptest.ResponseRecorder
	again func()
}

func (e *eager) Write(b []byte) (int, error) {
	e.again()
	return e.ResponseRecorder.Write(b)
}

// A client that has its answer may poll again before the handler that wrote it
// has returned: that is no overlap.
func TestNextPollMayOvertakeTheEndOfTheLast(t *testing.T) {
	st := start(t, quick(), nil)
	p := st.poller(socketPath, 4, "")
	want200(t, p.push("40"), "ok")
	p.poll()
	for i := range 20 {
		st.server.Of("/").Send(message(t, "m", i))
	}
	request := func() *http.Request { return httptest.NewRequest(http.MethodGet, p.target, nil) }
	second := httptest.NewRecorder()
	first := &eager{httptest.NewRecorder(), func() { st.server.ServeHTTP(second, request()) }}
	st.server.ServeHTTP(first, request())
	for _, c := range []struct {
		poll *httptest.ResponseRecorder
		want int
	}{{first.ResponseRecorder, 16}, {second, 4}} {
		if got := strings.Count(c.poll.Body.String(), "42["); c.poll.Code != http.StatusOK || got != c.want {
			t.Errorf("got %d with %d packets, want 200 with %d: %s", c.poll.Code, got, c.want, c.poll.Body)
		}
	}
}
