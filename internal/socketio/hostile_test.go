package socketio_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"volary/internal/socketio"
)

const (
	polling4   = socketPath + "EIO=4&transport=polling"
	websocket4 = socketPath + "EIO=4&transport=websocket"
)

// A request that is wrong gets the reference implementation's answer, and
// nothing comes of it.
func TestHostileHandshakes(t *testing.T) {
	t.Parallel()
	st := start(t, quick(), nil)
	p4 := st.poller(socketPath, 4, "")
	for _, c := range []struct {
		name, method, target string
		status, code         int
	}{
		{"transport __proto__", "GET", socketPath + "EIO=4&transport=__proto__", 400, 0},
		{"transport constructor", "GET", socketPath + "EIO=4&transport=constructor", 400, 0},
		{"transport tobi", "GET", socketPath + "EIO=4&transport=tobi", 400, 0},
		{"EIO missing", "GET", socketPath + "transport=polling", 400, 5},
		{"EIO abc", "GET", socketPath + "EIO=abc&transport=polling", 400, 5},
		{"EIO 5", "GET", socketPath + "EIO=5&transport=polling", 400, 5},
		{"sid unknown", "GET", polling4 + "&sid=nope", 400, 1},
		{"sid __proto__", "POST", polling4 + "&sid=__proto__", 400, 1},
		{"sid path", "GET", polling4 + "&sid=../../x", 400, 1},
		{"sid of 8 KB", "GET", polling4 + "&sid=" + strings.Repeat("a", 8<<10), 400, 1},
		{"POST without sid", "POST", polling4, 400, 2},
		{"PUT without sid", "PUT", polling4, 400, 2},
		{"DELETE with sid", "DELETE", p4.target, 400, 2},
		{"websocket without Upgrade", "GET", websocket4, 400, 3},
		{"polling sid as websocket without Upgrade", "GET", websocket4 + "&sid=" + p4.sid, 400, 3},
		{"revision 4 sid as revision 3", "GET", strings.Replace(p4.target, "EIO=4", "EIO=3", 1), 400, 3},
		{"EIO twice", "GET", polling4 + "&EIO=3", 400, 3},
		{"transport twice", "GET", polling4 + "&transport=websocket", 400, 3},
		{"sid twice", "GET", p4.target + "&sid=x", 400, 3},
		{"query that is none", "GET", polling4 + "&x=%zz", 400, 3},
		{"10,001 parameters", "GET", polling4 + strings.Repeat("&a", 10_001), 400, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			begun := time.Now()
			a, err := st.do(c.method, c.target, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			wantCode(t, a, c.status, c.code)
			if d := time.Since(begun); d > time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
	// The session used above is unharmed.
	want200(t, p4.push("40"), "ok")
	if a := p4.poll(); !strings.HasPrefix(a.body, `40{"sid":"`) {
		t.Errorf("poll: %q", a.body)
	}
}

func TestHostileHeaders(t *testing.T) {
	st := start(t, quick(), nil)
	many := strings.Builder{}
	for i := range 101 {
		fmt.Fprintf(&many, "X-%d: 1\r\n", i)
	}
	const version = "Sec-WebSocket-Version: 13\r\n"
	for _, c := range []struct {
		name, headers string
		status        int
	}{
		{"control character in Origin", version + "Origin: http://a\x01b\r\n", 400},
		{"two origins", version + "Origin: http://test\r\nOrigin: http://test\r\n", 400},
		{"origin elsewhere", version + "Origin: http://evil.example\r\n", 403},
		{"origin null", version + "Origin: null\r\n", 403},
		{"origin here", version + "Origin: http://test\r\n", 101},
		{"websocket version 99", "Sec-WebSocket-Version: 99\r\n", 426},
		{"no websocket version", "", 426},
		{"extensions that are none", version + "Sec-WebSocket-Extensions: ,;constructor\r\n", 101},
		{"deflate", version + "Sec-WebSocket-Extensions: permessage-deflate\r\n", 101},
		{"protocol of 60,000 spaces", version + "Sec-WebSocket-Protocol: a" + strings.Repeat(" ", 60_000) + "b\r\n", 431},
		{"over 100 headers", version + many.String(), 431},
		{"64 KB of headers", version + "X-Big: " + strings.Repeat("x", 64<<10) + "\r\n", 431},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, resp := st.handshakeWith(websocket4, c.headers)
			if resp.StatusCode != c.status {
				t.Errorf("got %s, want %d", resp.Status, c.status)
			}
			if e := resp.Header.Get("Sec-Websocket-Extensions"); e != "" {
				t.Errorf("negotiated %q", e)
			}
		})
	}
}

func TestOriginIsCheckedOnPollingToo(t *testing.T) {
	t.Parallel()
	st := start(t, quick(), nil)
	for origin, status := range map[string]int{"http://evil.example": 403, "null": 403, st.http.URL: 200} {
		a, err := st.do("GET", polling4, nil, http.Header{"Origin": {origin}})
		if err != nil {
			t.Fatal(err)
		}
		allowed := a.header.Get("Access-Control-Allow-Origin")
		if a.status != status || (allowed == origin) != (status == 200) {
			t.Errorf("%s: %d, allowed %q", origin, a.status, allowed)
		}
		a, err = st.do("OPTIONS", polling4, nil, http.Header{"Origin": {origin}})
		if err != nil {
			t.Fatal(err)
		}
		if (a.status == http.StatusNoContent) != (status == 200) {
			t.Errorf("preflight from %s: %d", origin, a.status)
		}
	}
}

// A second request behind a refused upgrade must not reach a handler as if it
// came through a tunnel.
func TestNothingFollowsARefusedUpgrade(t *testing.T) {
	st := start(t, quick(), nil)
	conn := st.dial()
	conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: test\r\n%sSec-WebSocket-Version: 99\r\n\r\n", websocket4, upgradeHeaders)
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: test\r\n\r\n", polling4)
	all, _ := io.ReadAll(conn)
	if n := strings.Count(string(all), "HTTP/1.1 "); n != 1 {
		t.Errorf("%d answers: %s", n, all)
	}
}

// Bodies that break the rules end the session.
func TestHostileBodies(t *testing.T) {
	config := quick()
	config.MaxPayload = 20_000
	st := start(t, config, nil)
	repeat := func(s string, size int) string { return strings.Repeat(s, size/len(s)) }
	full := config.MaxPayload
	binary3 := http.Header{"Content-Type": {"application/octet-stream"}}
	for _, c := range []struct {
		name   string
		eio    int
		body   string
		header http.Header
		status int
		reason socketio.Reason
	}{
		{"revision 4 as octets", 4, "40", binary3, 400, socketio.ReasonParseError},
		{"one byte over", 4, "4" + strings.Repeat("x", full), nil, 413, socketio.ReasonTooLarge},
		{"2:4¼ without end", 3, repeat("2:4¼", full), nil, 400, socketio.ReasonParseError},
		{"2:42 without end", 3, repeat("2:42", full), nil, 400, socketio.ReasonParseError},
		{"1:2 without end", 3, repeat("1:2", full), nil, 400, socketio.ReasonParseError},
		{"length far too long", 3, "99999991:4" + strings.Repeat("2", full-10), nil, 400, socketio.ReasonParseError},
		{"length missing", 3, ":", nil, 400, socketio.ReasonParseError},
		{"length negative", 3, "-1:", nil, 400, socketio.ReasonParseError},
		{"length 1e3", 3, "1e3:", nil, 400, socketio.ReasonParseError},
		{"length 0x2", 3, "0x2:", nil, 400, socketio.ReasonParseError},
		{"shorter than its length", 3, "3:4", nil, 400, socketio.ReasonParseError},
		{"length of 20 digits", 3, "11111111111111111111:4", nil, 400, socketio.ReasonParseError},
		{"binary without 0xff", 3, "\x00\x01\x02\x03", binary3, 400, socketio.ReasonParseError},
		{"binary length of 400 digits", 3, "\x00" + strings.Repeat("\x01", 400) + "\xff4", binary3, 400, socketio.ReasonParseError},
		{"separators only", 4, strings.Repeat("\x1e", full), nil, 400, socketio.ReasonParseError},
		{"packets without end", 4, repeat("4\x1e", full), nil, 400, socketio.ReasonParseError},
		{"no packet", 4, "abc", nil, 400, socketio.ReasonParseError},
		{"empty", 4, "", nil, 400, socketio.ReasonParseError},
		{"empty in revision 3", 3, "", nil, 400, socketio.ReasonParseError},
		{"bad base64", 4, "b!!!", nil, 400, socketio.ReasonParseError},
		{"byte order mark", 4, "\ufeff40", nil, 400, socketio.ReasonParseError},
		{"not UTF-8", 4, "4\xff\xfe", nil, 400, socketio.ReasonInvalidUTF8},
		{"overlong UTF-8", 4, "4\xc0\x80", nil, 400, socketio.ReasonInvalidUTF8},
		{"lone surrogate", 4, "4\xed\xa0\x80", nil, 400, socketio.ReasonInvalidUTF8},
		{"not UTF-8 in revision 3", 3, "2:4\xff", nil, 400, socketio.ReasonInvalidUTF8},
		{"ping from a revision 4 client", 4, "2", nil, 400, socketio.ReasonParseError},
		{"pong from a revision 3 client", 3, "1:3", nil, 400, socketio.ReasonParseError},
		{"messages behind a close packet", 4, "1\x1e4abc", nil, 200, socketio.ReasonClientClosed},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := st.poller(socketPath, c.eio, "")
			a, err := st.do("POST", p.target, strings.NewReader(c.body), c.header)
			if err != nil {
				t.Fatal(err)
			}
			if a.status != c.status {
				t.Errorf("got %d %q, want %d", a.status, a.body, c.status)
			}
			p.get(p.target) // takes the last words, if any
			st.wantReason(c.reason)
		})
	}
}

func TestBodyTooLongIsRefusedWithoutReadingIt(t *testing.T) {
	t.Parallel()
	st := start(t, quick(), nil)
	for name, head := range map[string]string{
		"promised": "Content-Length: 99999999999\r\n\r\n",
		"chunked":  "Transfer-Encoding: chunked\r\n\r\n186a1\r\n" + strings.Repeat("4", 100_001) + "\r\n0\r\n\r\n",
	} {
		p := st.poller(socketPath, 4, "")
		conn := st.dial()
		conn.SetDeadline(time.Now().Add(patience))
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: test\r\n%s", p.target, head)
		answer := make([]byte, 12)
		if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "HTTP/1.1 413" {
			t.Errorf("%s: got %q, %v", name, answer, err)
		}
		st.wantReason(socketio.ReasonTooLarge)
	}
}

func TestBodyThatDoesNotArriveEndsTheSession(t *testing.T) {
	st := start(t, quick(), nil)
	p := st.poller(socketPath, 4, "")
	want200(t, p.push("40"), "ok")
	conn := st.dial()
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n4", p.target)
	conn.SetDeadline(time.Now().Add(patience))
	answer := make([]byte, 12)
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "HTTP/1.1 400" {
		t.Errorf("got %q, %v", answer, err)
	}
	st.reason()
	p.wantGone()
}

func TestSecondPostClosesTheSession(t *testing.T) {
	st := start(t, quick(), nil)
	p := st.poller(socketPath, 4, "")
	conn := st.dial()
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n4", p.target)
	eventually(t, "the second post is refused", func() bool { return p.push("40").status == 400 })
	st.wantReason(socketio.ReasonPollOverlap)
}

func TestAbortedPollClosesTheSession(t *testing.T) {
	st := start(t, quick(), nil)
	p := st.poller(socketPath, 4, "")
	conn := st.dial()
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: test\r\n\r\n", p.target)
	eventually(t, "the poll is pending", func() bool { return st.server.Stats().Sessions == 1 })
	conn.Close()
	st.reason()
	p.wantGone()
}

func TestGuessingSessionIDsIsSlowedDown(t *testing.T) {
	st := start(t, quick(), nil)
	limited := 0
	for range 2000 {
		a := st.get(polling4 + "&sid=guess")
		if a.code() != 1 {
			t.Fatalf("got %d %q", a.status, a.body)
		}
		if a.status == http.StatusTooManyRequests {
			limited++
		}
	}
	if limited < 100 {
		t.Errorf("%d of 2000 guesses were limited", limited)
	}
}

// header builds a frame header the libraries would not.
func header(first byte, masked bool, length uint64) []byte {
	b := []byte{first, 127}
	if masked {
		b[1] |= 0x80
	}
	b = binary.BigEndian.AppendUint64(b, length)
	if masked {
		b = append(b, 0, 0, 0, 0)
	}
	return b
}

func TestHostileFrames(t *testing.T) {
	t.Parallel()
	st := start(t, quick(), nil)
	fragment := func(fin bool, op ws.OpCode, payload string) []byte {
		f := ws.NewFrame(op, fin, []byte(payload))
		return frame(f)
	}
	join := func(parts ...[]byte) (all []byte) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	rsv := ws.NewTextFrame([]byte("4x"))
	rsv.Header.Rsv = ws.Rsv(true, false, false)
	huge := strings.Repeat("x", 60_000)
	for _, c := range []struct {
		name string
		raw  []byte
		code ws.StatusCode
	}{
		{"junk", []byte("GET / HTTP/1.1\r\n\r\n"), 1002},
		{"reserved bit, as deflate would set", frame(rsv), 1002},
		{"reserved opcode", fragment(true, 3, "x"), 1002},
		{"unmasked", ws.MustCompileFrame(ws.NewTextFrame([]byte("40"))), 1002},
		{"length with the top bit", header(0x81, true, 1<<63), 1002},
		{"length 2^63-1", header(0x81, true, 1<<63-1), 1009},
		{"over the limit", header(0x81, true, 100_001), 1009},
		{"fragments over the limit", join(fragment(false, ws.OpText, "4"+huge), fragment(true, ws.OpContinuation, huge)), 1009},
		{"1,025 empty fragments", join(fragment(false, ws.OpText, "4"), []byte(strings.Repeat(string(fragment(false, ws.OpContinuation, "")), 1024))), 1008},
		{"message never finished", fragment(false, ws.OpText, "4"), 1008},
		{"header never finished", []byte{0x81}, 1008},
		{"payload never finished", header(0x81, true, 90_000), 1008},
		{"continuation of nothing", fragment(true, ws.OpContinuation, "4"), 1002},
		{"message inside a message", join(fragment(false, ws.OpText, "4"), fragment(true, ws.OpText, "4")), 1002},
		{"control frame over 125 bytes", fragment(true, ws.OpPing, strings.Repeat("x", 126)), 1002},
		{"control frame in fragments", fragment(false, ws.OpPing, "x"), 1002},
		{"text that is not UTF-8", fragment(true, ws.OpText, "4\xff\xfe"), 1007},
		{"overlong UTF-8", fragment(true, ws.OpText, "4\xc0\x80"), 1007},
		{"lone surrogate", fragment(true, ws.OpText, "4\xed\xa0\x80"), 1007},
		{"byte order mark", fragment(true, ws.OpText, "\ufeff40"), 1007},
		{"close code 999", fragment(true, ws.OpClose, "\x03\xe7"), 1002},
		{"close code 1005", fragment(true, ws.OpClose, "\x03\xed"), 1002},
		{"close payload of one byte", fragment(true, ws.OpClose, "\x03"), 1002},
		{"close reason that is not UTF-8", fragment(true, ws.OpClose, "\x03\xe8\xff"), 1007},
		{"a proper close", fragment(true, ws.OpClose, "\x03\xe8bye"), 1000},
		{"empty message", fragment(true, ws.OpText, ""), 1007},
		{"ping from a revision 4 client", fragment(true, ws.OpText, "2"), 1007},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := st.joined()
			w.raw(c.raw)
			if code := w.wantClosed(); code != c.code {
				t.Errorf("closed with %d, want %d", code, c.code)
			}
		})
	}
}

func TestWebSocketPingsAreAnswered(t *testing.T) {
	w := start(t, quick(), nil).joined()
	w.raw(frame(ws.NewPingFrame([]byte("are you there"))))
	op, payload, _, err := w.next()
	if err != nil || op != ws.OpPong || string(payload) != "are you there" {
		t.Fatalf("got %v %q %v", op, payload, err)
	}
	w.alive()
}

func TestFloodsEndTheConnection(t *testing.T) {
	t.Parallel()
	for name, flood := range map[string][]byte{
		"websocket pings":          frame(ws.NewPingFrame([]byte("x"))),
		"engine noops":             frame(ws.NewTextFrame([]byte("6"))),
		"acknowledgements unasked": frame(ws.NewTextFrame([]byte("4312[]"))),
		"events":                   frame(ws.NewTextFrame([]byte(`42["echo"]`))),
		"namespaces":               frame(ws.NewTextFrame([]byte(`40/nowhere`))),
	} {
		t.Run(name, func(t *testing.T) {
			st := start(t, quick(), nil)
			w := st.joined()
			w.raw([]byte(strings.Repeat(string(flood), 2000)))
			w.wantClosed()
			st.wantReason(socketio.ReasonRateLimited)
		})
	}
}

func TestUnaskedPongsChangeNothing(t *testing.T) {
	st := start(t, quick(), nil)
	w := st.joined()
	before := runtime.NumGoroutine()
	w.raw([]byte(strings.Repeat(string(frame(ws.NewTextFrame([]byte("3")))), 10_000)))
	w.alive()
	if after := runtime.NumGoroutine(); after > before+2 {
		t.Errorf("%d goroutines became %d", before, after)
	}
}

// Socket.IO packets that break the rules end the connection; those that are
// merely unwelcome are answered and it stays.
func TestHostilePackets(t *testing.T) {
	t.Parallel()
	const closed = "closed"
	st := start(t, quick(), nil)
	unknown := `[{"ok":false,"error":{"code":"unknown_event","message":"no such event"}}]`
	for _, c := range []struct {
		name, send string
		binary     bool // send a binary message too
		want       string
	}{
		{"empty", `4`, false, closed},
		{"unknown type", `49`, false, closed},
		{"letters", `4abc`, false, closed},
		{"unknown namespace", `40/random`, false, `44/random,{"message":"Invalid namespace"}`},
		{"namespace __proto__", `40/__proto__`, false, `44/__proto__,{"message":"Invalid namespace"}`},
		{"namespace name of 90 KB", `40/` + strings.Repeat("n", 90_000), false, closed},
		{"auth that is a list", `40/custom,[]`, false, closed},
		{"auth cut short", `40/custom,{"token":`, false, closed},
		{"wrong token", `40/custom,{"token":"wrong"}`, false, `44/custom,{"message":"unauthorized","data":{"code":"unauthorized"}}`},
		{"token of 90 KB", `40/custom,{"token":"` + strings.Repeat("t", 90_000) + `"}`, false, `44/custom,{"message":"unauthorized","data":{"code":"unauthorized"}}`},
		{"event for a namespace not joined", `42/custom,["echo"]`, false, closed},
		{"event object", `42{}`, false, closed},
		{"event empty", `42[]`, false, closed},
		{"event null", `42[null]`, false, closed},
		{"event true", `42[true]`, false, closed},
		{"event name object", `42[{"toString":"foo"}]`, false, closed},
		{"reserved connect", `42["connect"]`, false, closed},
		{"reserved disconnect", `42["disconnect"]`, false, closed},
		{"reserved connect_error", `42["connect_error"]`, false, closed},
		{"reserved disconnecting", `42["disconnecting"]`, false, closed},
		{"reserved newListener", `42["newListener"]`, false, closed},
		{"reserved removeListener", `42["removeListener"]`, false, closed},
		{"event __proto__", `421["__proto__"]`, false, `431` + unknown},
		{"event constructor", `421["constructor"]`, false, `431` + unknown},
		{"event error", `421["error"]`, false, `431` + unknown},
		{"event number", `421[7]`, false, `431` + unknown},
		{"binary without count", `45`, false, closed},
		{"binary without dash", `451`, false, closed},
		{"binary count letters", `45a-["x"]`, false, closed},
		{"binary count fraction", `451.23-["x"]`, false, closed},
		{"no attachments, then one", `450-["x"]`, true, closed},
		{"11 attachments", `4511-["x"]`, false, closed},
		{"999999999 attachments", `45999999999-["x"]`, false, closed},
		{"text for an attachment", `451-["x",{"_placeholder":true,"num":0}]` + "\x00" + `42["echo"]`, false, closed},
		{"attachment never sent", `451-["x",{"_placeholder":true,"num":0}]`, false, closed},
		{"attachment without header", ``, true, closed},
		{"placeholder splice", `451-["x",{"_placeholder":true,"num":"splice"}]`, true, closed},
		{"placeholder -1", `451-["x",{"_placeholder":true,"num":-1}]`, true, closed},
		{"placeholder 1 of 1", `451-["x",{"_placeholder":true,"num":1}]`, true, closed},
		{"placeholder 1e99", `451-["x",{"_placeholder":true,"num":1e99}]`, true, closed},
		{"placeholder 0.5", `452-["x",{"_placeholder":true,"num":0.5}]`, true, closed},
		{"ack id 2^64", `4218446744073709551616["echo"]`, false, closed},
		{"ack id negative", `42-1["echo"]`, false, closed},
		{"ack id letters", `42abc["echo"]`, false, closed},
		{"nested 10,001 deep", `42["echo",` + strings.Repeat("[", 10_001), false, closed},
		{"nested 33 deep", `42["echo",` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `]`, false, closed},
		{"nested 32 deep", `421["echo",` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `]`, false, `431[` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `]`},
		{"99,000 digits", `42` + strings.Repeat("1", 99_000), false, closed},
		{"40,000 arguments", `421["echo"` + strings.Repeat(",1", 40_000) + `]`, false, `431[{"ok":false,"error":{"code":"too_large","message":"the event has too many values"}}]`},
		{"connect error from a client", `44{}`, false, closed},
		{"ack without id", `43[]`, false, closed},
		{"JSON with a tail", `42["echo"]x`, false, closed},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := st.joined()
			if c.send != "" {
				w.send(strings.Split(c.send, "\x00")...)
			}
			if c.binary {
				w.sendBinary(1)
				w.sendBinary(2)
			}
			if c.want == closed {
				w.wantClosed()
				return
			}
			w.want(c.want)
			w.alive()
		})
	}
}

func TestEventBeforeConnectEndsTheConnection(t *testing.T) {
	t.Parallel()
	st := start(t, quick(), nil)
	w := st.opened(socketPath, 4)
	w.send(`42["echo"]`)
	w.wantClosed()
	st.wantReason(socketio.ReasonParseError)
}

func TestSessionWithoutNamespaceEndsAtTheConnectTimeout(t *testing.T) {
	t.Parallel()
	config := quick()
	config.ConnectTimeout = 300 * time.Millisecond
	st := start(t, config, nil)
	st.opened(socketPath, 4).wantClosed()
	st.wantReason(socketio.ReasonConnectTimeout)
	w := st.joined()
	w.send("41") // and none again
	w.wantClosed()
	st.wantReason(socketio.ReasonConnectTimeout)
}

func TestAcksForNothingAreIgnoredAndCounted(t *testing.T) {
	st := start(t, quick(), nil)
	w := st.joined()
	w.send(`430[]`, `430[]`, `43/custom,5[1]`)
	w.alive()
	if n := st.server.Stats().UnknownAcks; n != 3 {
		t.Errorf("%d unknown acknowledgements counted, want 3", n)
	}
}

func TestEventsOverTheRateAreRefusedFirst(t *testing.T) {
	config := quick()
	config.EventsPerSecond, config.EventBurst = 1, 5
	st := start(t, config, nil)
	w := st.joined() // joining counts as one
	for id := range 8 {
		w.send(fmt.Sprintf(`42%d["echo"]`, id))
	}
	limited := 0
	for id := range 8 {
		switch got := w.text(); got {
		case fmt.Sprintf(`43%d[]`, id):
		case fmt.Sprintf(`43%d[{"ok":false,"error":{"code":"rate_limited","message":"too many events, slow down"}}]`, id):
			limited++
		default:
			// Refusals may overtake what still waits for its handler.
			if !strings.HasPrefix(got, "43") {
				t.Errorf("got %q", got)
			}
			if strings.Contains(got, "rate_limited") {
				limited++
			}
		}
	}
	if limited != 4 {
		t.Errorf("%d of 8 events were refused, want 4", limited)
	}
}

func TestProbeWithoutUpgradeLeavesPollingAlone(t *testing.T) {
	t.Parallel()
	st := start(t, quick(), nil)
	p := st.poller(socketPath, 4, "")
	want200(t, p.push("40"), "ok")
	p.poll()
	for name, act := range map[string]func(*wire){
		"upgrade packet without a probe":  func(w *wire) { w.send("5") },
		"something else than a probe":     func(w *wire) { w.send("2prob") },
		"binary":                          func(w *wire) { w.sendBinary(1) },
		"never finished":                  func(w *wire) { w.send("2probe"); w.want("3probe") },
		"nothing":                         func(*wire) {},
		"a close packet behind the probe": func(w *wire) { w.send("2probe", "1"); w.want("3probe") },
	} {
		w := p.websocket(socketPath)
		act(w)
		w.wantClosed()
		want200(t, p.push(`420["echo",1]`), "ok")
		if a := p.poll(); a.body != `430[1]` {
			t.Errorf("after %s: %d %q", name, a.status, a.body)
		}
	}
}

func TestSecondUpgradeIsClosedAndTheFirstLives(t *testing.T) {
	st := start(t, quick(), nil)
	p := st.poller(socketPath, 4, "")
	first := p.websocket(socketPath)
	first.send("2probe")
	first.want("3probe")
	p.websocket(socketPath).wantClosed()
	first.send("5", "40")
	first.text()
	p.websocket(socketPath).wantClosed()
	first.alive()
}
