package socketio_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"go.uber.org/goleak"

	"volary/internal/socketio"
	"volary/internal/socketio/conformance/suite"
)

// patience is how long a test waits for what must happen.
const patience = 10 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// station is a running server and the address tests reach it at.
type station struct {
	t      testing.TB
	server *socketio.Server
	http   *httptest.Server
	web    *http.Client
	panics chan string
	closes chan socketio.SessionInfo
	tune   func(*http.Server)
}

// quick is a configuration whose deadlines a test can wait for, and far enough
// away for a busy machine not to pass them by accident.
func quick() socketio.Config {
	return socketio.Config{
		PingInterval: 5 * time.Second, PingTimeout: 5 * time.Second,
		ConnectTimeout: 5 * time.Second, UpgradeTimeout: time.Second,
		ReadTimeout: time.Second, WriteTimeout: 2 * time.Second,
		AllowEIO3: true,
	}
}

// start serves config; setup registers namespaces. All of it ends, and is seen
// to end, with the test.
func start(t testing.TB, config socketio.Config, setup func(*socketio.Server)) *station {
	t.Helper()
	return startTuned(t, config, setup, nil)
}

// startTuned also changes the HTTP server around.
func startTuned(t testing.TB, config socketio.Config, setup func(*socketio.Server), tune func(*http.Server)) *station {
	t.Helper()
	st := &station{t: t, tune: tune, panics: make(chan string, 16), closes: make(chan socketio.SessionInfo, 4096)}
	config.OnPanic = func(where string, v any, _ []byte) { st.panics <- fmt.Sprint(where, ": ", v) }
	config.OnClose = func(i socketio.SessionInfo) {
		select {
		case st.closes <- i:
		default:
		}
	}
	st.server = socketio.NewServer(config)
	if setup == nil {
		setup = echoing
	}
	setup(st.server)
	st.serve(st.server, func(ctx context.Context) error { return st.server.Close(ctx) })
	return st
}

// startSuite serves what the public suites expect.
func startSuite(t testing.TB, servers *suite.Servers) *station {
	st := &station{t: t, server: servers.Socket()}
	st.serve(servers, servers.Close)
	return st
}

func (st *station) serve(h http.Handler, stop func(context.Context) error) {
	st.http = httptest.NewUnstartedServer(h)
	if st.tune != nil {
		st.tune(st.http.Config)
	}
	st.http.Start()
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	st.web = &http.Client{Transport: transport, Timeout: patience}
	st.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := stop(ctx); err != nil {
			st.t.Errorf("Close: %v", err)
		}
		transport.CloseIdleConnections()
		st.http.Close()
	})
}

// echoing is the application most tests talk to.
func echoing(s *socketio.Server) {
	for _, name := range []string{"/", "/custom"} {
		n := s.Of(name)
		n.OnConnect(func(sock *socketio.Socket, h socketio.Handshake) error {
			if bytes.Contains(h.Auth, []byte(`"wrong"`)) || len(h.Auth) > 10_000 {
				return &socketio.ConnectError{Message: "unauthorized", Data: map[string]string{"code": "unauthorized"}}
			}
			sock.Join("all")
			return nil
		})
		n.On("echo", func(_ *socketio.Socket, e *socketio.Event) { e.AckRaw(e.Args, e.Attachments) })
		n.On("back", func(s *socketio.Socket, e *socketio.Event) {
			s.Send(socketio.RawArgsMessage("back", e.Args, e.Attachments))
		})
		n.On("panic", func(*socketio.Socket, *socketio.Event) { panic("on purpose") })
	}
}

// reason returns why the next session closed.
func (st *station) reason() socketio.Reason {
	st.t.Helper()
	select {
	case i := <-st.closes:
		return i.Reason
	case <-time.After(patience):
		st.t.Fatal("no session closed in time")
		return 0
	}
}

func (st *station) wantReason(want socketio.Reason) {
	st.t.Helper()
	if got := st.reason(); got != want {
		st.t.Errorf("closed for %v, want %v", got, want)
	}
}

// eventually waits for a condition that nothing announces.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		<-tick.C
	}
}

// answer is an HTTP response, read.
type answer struct {
	status int
	header http.Header
	body   string
}

// code is the Engine.IO error code in the answer's body, -1 for none.
func (a answer) code() int {
	body := struct{ Code *int }{}
	if json.Unmarshal([]byte(a.body), &body) != nil || body.Code == nil {
		return -1
	}
	return *body.Code
}

const socketPath = "/socket.io/?"

func (st *station) do(method, target string, body io.Reader, header http.Header) (answer, error) {
	r, err := http.NewRequest(method, st.http.URL+target, body)
	if err != nil {
		return answer{}, err
	}
	for name, values := range header {
		r.Header[name] = values
	}
	resp, err := st.web.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(b)}, err
}

func (st *station) get(target string) answer {
	st.t.Helper()
	a, err := st.do(http.MethodGet, target, nil, nil)
	if err != nil {
		st.t.Fatal(err)
	}
	return a
}

func (st *station) post(target, body string) answer {
	st.t.Helper()
	a, err := st.do(http.MethodPost, target, strings.NewReader(body), nil)
	if err != nil {
		st.t.Fatal(err)
	}
	return a
}

// poller is a polling client of either revision.
type poller struct {
	*station
	eio    int
	target string // with the session's id
	sid    string
}

func (st *station) poller(path string, eio int, extra string) *poller {
	st.t.Helper()
	base := fmt.Sprintf("%sEIO=%d&transport=polling%s", path, eio, extra)
	a := st.get(base)
	if a.status != http.StatusOK {
		st.t.Fatalf("handshake: %d %s", a.status, a.body)
	}
	return &poller{st, eio, base + "&sid=" + openSID(st.t, a.body), openSID(st.t, a.body)}
}

// openSID finds the session's id in an open packet, whatever is around it.
func openSID(t testing.TB, body string) string {
	t.Helper()
	var open struct{ SID string }
	i, j := strings.Index(body, "0{"), strings.Index(body, "}")
	if i < 0 || j < i {
		t.Fatalf("no open packet in %q", body)
	}
	if err := json.Unmarshal([]byte(body[i+1:j+1]), &open); err != nil || open.SID == "" {
		t.Fatalf("open packet %q: %v", body, err)
	}
	return open.SID
}

func (p *poller) poll() answer            { p.t.Helper(); return p.get(p.target) }
func (p *poller) push(body string) answer { p.t.Helper(); return p.post(p.target, body) }
func (p *poller) wantPoll(want string)    { p.t.Helper(); want200(p.t, p.poll(), want) }
func (p *poller) wantGone()               { p.t.Helper(); wantCode(p.t, p.poll(), http.StatusBadRequest, 1) }
func (p *poller) websocket(path string) *wire {
	return p.station.websocket(path, fmt.Sprintf("EIO=%d&transport=websocket&sid=%s", p.eio, p.sid))
}

func want200(t testing.TB, a answer, body string) {
	t.Helper()
	if a.status != http.StatusOK || a.body != body {
		t.Errorf("got %d %q, want 200 %q", a.status, a.body, body)
	}
}

func wantCode(t testing.TB, a answer, status, code int) {
	t.Helper()
	if a.status != status || a.code() != code {
		t.Errorf("got %d %q, want %d with code %d", a.status, a.body, status, code)
	}
}

// wire is a websocket client that can be as wrong as a test needs.
type wire struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

func (st *station) dial() net.Conn {
	st.t.Helper()
	conn, err := net.Dial("tcp", st.http.Listener.Addr().String())
	if err != nil {
		st.t.Fatal(err)
	}
	st.t.Cleanup(func() { conn.Close() })
	return conn
}

const upgradeHeaders = "Upgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// handshakeWith sends an upgrade request with further headers and reads the answer.
func (st *station) handshakeWith(target, headers string) (*wire, *http.Response) {
	st.t.Helper()
	conn := st.dial()
	conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: test\r\n%s%s\r\n", target, upgradeHeaders, headers)
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		st.t.Fatalf("websocket handshake: %v", err)
	}
	return &wire{st.t, conn, in}, resp
}

func (st *station) websocket(path, query string) *wire {
	st.t.Helper()
	w, resp := st.handshakeWith(path+query, "Sec-WebSocket-Version: 13\r\n")
	if resp.StatusCode != http.StatusSwitchingProtocols {
		st.t.Fatalf("websocket handshake: %s", resp.Status)
	}
	return w
}

// opened is a websocket behind its open packet.
func (st *station) opened(path string, eio int) *wire {
	st.t.Helper()
	w := st.websocket(path, fmt.Sprintf("EIO=%d&transport=websocket", eio))
	openSID(st.t, w.text())
	return w
}

// joined is a revision 4 client in the root namespace.
func (st *station) joined() *wire {
	st.t.Helper()
	w := st.opened(socketPath, 4)
	w.send("40")
	if got := w.text(); !strings.HasPrefix(got, `40{"sid":"`) {
		st.t.Fatalf("joined with %q", got)
	}
	return w
}

func (w *wire) raw(b []byte) {
	w.t.Helper()
	if _, err := w.conn.Write(b); err != nil {
		w.t.Logf("write: %v", err) // the server may have closed already
	}
}

func frame(f ws.Frame) []byte { return ws.MustCompileFrame(ws.MaskFrame(f)) }

func (w *wire) send(texts ...string) {
	w.t.Helper()
	for _, s := range texts {
		w.raw(frame(ws.NewTextFrame([]byte(s))))
	}
}

func (w *wire) sendBinary(b ...byte) { w.t.Helper(); w.raw(frame(ws.NewBinaryFrame(b))) }

var errHangup = errors.New("closed without a close frame")

// next returns the next message, or the close frame's code.
func (w *wire) next() (op ws.OpCode, payload []byte, code ws.StatusCode, err error) {
	w.conn.SetReadDeadline(time.Now().Add(patience))
	f, err := ws.ReadFrame(w.in)
	if err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return 0, nil, 0, err
		}
		return 0, nil, 0, errHangup
	}
	if f.Header.OpCode == ws.OpClose {
		code, _ := ws.ParseCloseFrameData(f.Payload)
		return ws.OpClose, nil, code, nil
	}
	return f.Header.OpCode, f.Payload, 0, nil
}

// message returns the next message that is not an Engine.IO ping.
func (w *wire) message() (ws.OpCode, string) {
	w.t.Helper()
	for {
		op, payload, code, err := w.next()
		switch {
		case err != nil:
			w.t.Fatalf("waiting for a message: %v", err)
		case op == ws.OpClose:
			w.t.Fatalf("closed with %d while waiting for a message", code)
		case op == ws.OpText && string(payload) == "2":
			continue
		}
		return op, string(payload)
	}
}

func (w *wire) text() string {
	w.t.Helper()
	op, s := w.message()
	if op != ws.OpText {
		w.t.Fatalf("got opcode %v, want text", op)
	}
	return s
}

func (w *wire) want(texts ...string) {
	w.t.Helper()
	for _, want := range texts {
		if got := w.text(); got != want {
			w.t.Fatalf("got %q, want %q", got, want)
		}
	}
}

func (w *wire) wantBinary(want ...byte) {
	w.t.Helper()
	op, s := w.message()
	if op != ws.OpBinary || s != string(want) {
		w.t.Fatalf("got opcode %v %q, want binary %q", op, s, want)
	}
}

// wantClosed waits for the end of the connection and returns the close code, 0
// when there was none.
func (w *wire) wantClosed() ws.StatusCode {
	w.t.Helper()
	for {
		op, _, code, err := w.next()
		if errors.Is(err, errHangup) {
			return 0
		}
		if err != nil {
			w.t.Fatal("the server did not close")
		}
		if op == ws.OpClose {
			return code
		}
	}
}

// alive makes sure that the connection still serves.
func (w *wire) alive() {
	w.t.Helper()
	w.send(`42999["echo","alive"]`)
	for {
		if s := w.text(); s == `43999["alive"]` {
			return
		}
	}
}
