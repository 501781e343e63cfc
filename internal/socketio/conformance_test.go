package socketio_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"volary/internal/socketio/conformance/suite"
)

// The checks of the public protocol suites, so that a plain "go test" holds the
// layer against them. Both revisions of Engine.IO are checked alike; where they
// differ, the payloads below say how.

const enginePath = "/engine.io/?"

type revision struct {
	eio   int
	extra string // query parameters of a text-only polling session
	// pack writes packets as a payload.
	pack func(packets ...string) string
	// binary is a message of four bytes: in a text payload, in a websocket frame.
	binaryText  string
	binaryFrame []byte
}

var revisions = []revision{
	{
		eio: 3, extra: "&b64=1",
		pack: func(packets ...string) (s string) {
			for _, p := range packets {
				s += fmt.Sprintf("%d:%s", len(p), p)
			}
			return s
		},
		binaryText: "b4AQIDBA==", binaryFrame: []byte{4, 1, 2, 3, 4},
	},
	{
		eio:        4,
		pack:       func(packets ...string) string { return strings.Join(packets, "\x1e") },
		binaryText: "bAQIDBA==", binaryFrame: []byte{1, 2, 3, 4},
	},
}

// eachRevision takes everyday timing: a busy machine must not end sessions that a
// test is not done with. What is about time takes eachBriefRevision.
func eachRevision(t *testing.T, f func(t *testing.T, st *station, r revision)) {
	eachOf(t, suite.Patient, f)
}

func eachBriefRevision(t *testing.T, f func(t *testing.T, st *station, r revision)) {
	eachOf(t, suite.New, f)
}

func eachOf(t *testing.T, servers func() *suite.Servers, f func(t *testing.T, st *station, r revision)) {
	for _, r := range revisions {
		t.Run(fmt.Sprintf("EIO%d", r.eio), func(t *testing.T) { f(t, startSuite(t, servers()), r) })
	}
}

func (r revision) url(transport string) string {
	return fmt.Sprintf("%sEIO=%d&transport=%s", enginePath, r.eio, transport)
}

func checkOpen(t *testing.T, packet string, upgrades []string) {
	t.Helper()
	var open map[string]any
	if err := json.Unmarshal([]byte(strings.TrimPrefix(packet, "0")), &open); err != nil {
		t.Fatalf("open packet %q: %v", packet, err)
	}
	if sid, ok := open["sid"].(string); !ok || len(sid) < 20 {
		t.Errorf("sid %v is not 120 bits of text", open["sid"])
	}
	want := map[string]any{"pingInterval": 300.0, "pingTimeout": 200.0, "maxPayload": 1e6}
	for key, value := range want {
		if open[key] != value {
			t.Errorf("%s is %v, want %v", key, open[key], value)
		}
	}
	if got := fmt.Sprint(open["upgrades"]); got != fmt.Sprint(upgrades) {
		t.Errorf("upgrades %v, want %v", got, upgrades)
	}
	if len(open) != 5 {
		t.Errorf("open packet has other keys: %v", open)
	}
}

func TestHandshakeOpensASession(t *testing.T) {
	t.Parallel()
	eachBriefRevision(t, func(t *testing.T, st *station, r revision) {
		body := st.get(r.url("polling")).body
		if r.eio == 3 {
			length, packet, _ := strings.Cut(body, ":")
			if length != fmt.Sprint(len(packet)) {
				t.Errorf("length %s of %d characters", length, len(packet))
			}
			body = packet
		}
		checkOpen(t, body, []string{"websocket"})
		w := st.websocket("", r.url("websocket"))
		checkOpen(t, w.text(), []string{})
	})
}

func TestHandshakeRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	eachRevision(t, func(t *testing.T, st *station, r revision) {
		for _, target := range []string{
			enginePath + "transport=polling",
			enginePath + "EIO=abc&transport=polling",
			enginePath + fmt.Sprintf("EIO=%d", r.eio),
			enginePath + fmt.Sprintf("EIO=%d&transport=abc", r.eio),
		} {
			if a := st.get(target); a.status != http.StatusBadRequest {
				t.Errorf("GET %s: %d", target, a.status)
			}
			if _, resp := st.handshakeWith(target, "Sec-WebSocket-Version: 13\r\n"); resp.StatusCode != http.StatusBadRequest {
				t.Errorf("websocket %s: %d", target, resp.StatusCode)
			}
		}
		for _, method := range []string{http.MethodPost, http.MethodPut} {
			a, err := st.do(method, r.url("polling"), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			wantCode(t, a, http.StatusBadRequest, 2)
		}
	})
}

func TestPollingCarriesPackets(t *testing.T) {
	t.Parallel()
	eachRevision(t, func(t *testing.T, st *station, r revision) {
		for _, packets := range [][]string{
			{"4hello"}, {"4test1", "4test2", "4test3"}, {"4hello", r.binaryText}, {"4€", "4🚁"},
		} {
			if r.eio == 3 && packets[0] == "4€" {
				continue // lengths in UTF-16 units have their own test
			}
			p := st.poller(enginePath, r.eio, r.extra)
			want200(t, p.push(r.pack(packets...)), "ok")
			p.wantPoll(r.pack(packets...))
		}
	})
}

func TestPollingRevision3CountsUTF16Units(t *testing.T) {
	t.Parallel()
	p := startSuite(t, suite.New()).poller(enginePath, 3, "")
	want200(t, p.push("2:4€3:4🚁"), "ok")
	p.wantPoll("2:4€3:4🚁")
}

func TestPollingRevision3SendsBinaryAsBytes(t *testing.T) {
	t.Parallel()
	p := startSuite(t, suite.New()).poller(enginePath, 3, "")
	want200(t, p.push("6:4hello10:b4AQIDBA=="), "ok")
	a := p.poll()
	want200(t, a, "\x00\x06\xff4hello\x01\x05\xff\x04\x01\x02\x03\x04")
	if got := a.header.Get("Content-Type"); got != "application/octet-stream" {
		t.Errorf("content type %q", got)
	}
}

func TestPollingClosesOnInvalidPackets(t *testing.T) {
	eachRevision(t, func(t *testing.T, st *station, r revision) {
		p := st.poller(enginePath, r.eio, r.extra)
		if a := p.push("abc"); a.status != http.StatusBadRequest {
			t.Errorf("post: %d", a.status)
		}
		p.wantGone()
	})
}

// inBackground runs f and returns a function that waits for its result.
func inBackground(f func() answer) func() answer {
	c := make(chan answer, 1)
	go func() { c <- f() }()
	return func() answer { return <-c }
}

func TestSecondPollClosesTheSession(t *testing.T) {
	eachRevision(t, func(t *testing.T, st *station, r revision) {
		p := st.poller(enginePath, r.eio, r.extra)
		polls := [2]func() answer{inBackground(p.poll), inBackground(p.poll)}
		refused := 0
		for _, wait := range polls {
			switch a := wait(); {
			case a.status == http.StatusBadRequest:
				refused++
			default:
				want200(t, a, r.pack("1"))
			}
		}
		if refused != 1 {
			t.Errorf("%d polls of two were refused", refused)
		}
		p.wantGone()
	})
}

func TestWebSocketCarriesPackets(t *testing.T) {
	eachRevision(t, func(t *testing.T, st *station, r revision) {
		w := st.opened(enginePath, r.eio)
		w.send("4hello")
		w.want("4hello")
		w.sendBinary(r.binaryFrame...)
		w.wantBinary(r.binaryFrame...)
		w.send("abc")
		w.wantClosed()
	})
}

func TestHeartbeatOfRevision4IsTheServers(t *testing.T) {
	t.Parallel()
	st := startSuite(t, suite.New())
	p := st.poller(enginePath, 4, "")
	w := st.opened(enginePath, 4)
	for range 3 {
		p.wantPoll("2")
		want200(t, p.push("3"), "ok")
		op, payload, _, err := w.next()
		if err != nil || string(payload) != "2" {
			t.Fatalf("got %v %q %v, want a ping", op, payload, err)
		}
		w.send("3")
	}
}

func TestHeartbeatOfRevision3IsTheClients(t *testing.T) {
	t.Parallel()
	st := startSuite(t, suite.New())
	p := st.poller(enginePath, 3, "")
	w := st.opened(enginePath, 3)
	for range 3 {
		want200(t, p.push("1:2"), "ok")
		p.wantPoll("1:3")
		w.send("2")
		w.want("3")
	}
}

// A silent client is gone half a second after its handshake, and not before.
func TestSilenceClosesTheSession(t *testing.T) {
	eachBriefRevision(t, func(t *testing.T, st *station, r revision) {
		begun := time.Now()
		p := st.poller(enginePath, r.eio, r.extra)
		opened := time.Now()
		w := st.opened(enginePath, r.eio)
		w.wantClosed()
		if age := time.Since(begun); age < 500*time.Millisecond || age > 900*time.Millisecond {
			t.Errorf("websocket closed after %v", age)
		}
		timer := time.NewTimer(time.Until(opened.Add(500 * time.Millisecond)))
		<-timer.C
		if a := p.push(r.pack("4late")); a.status != http.StatusBadRequest {
			t.Errorf("post after the deadline: %d", a.status)
		}
		p.wantGone()
	})
}

func TestClosePacketEndsTheSession(t *testing.T) {
	t.Parallel()
	eachRevision(t, func(t *testing.T, st *station, r revision) {
		p := st.poller(enginePath, r.eio, r.extra)
		poll := inBackground(p.poll)
		want200(t, p.push(r.pack("1")), "ok")
		want200(t, poll(), r.pack("6"))
		p.wantGone()
		w := st.opened(enginePath, r.eio)
		w.send("1")
		w.wantClosed()
	})
}

func TestUpgradeReleasesThePollAndMovesOn(t *testing.T) {
	eachRevision(t, func(t *testing.T, st *station, r revision) {
		p := st.poller(enginePath, r.eio, r.extra)
		w := p.websocket(enginePath)
		w.send("2probe")
		w.want("3probe")
		p.wantPoll(r.pack("6"))
		w.send("5", "4hello")
		w.want("4hello")
		wantCode(t, p.poll(), http.StatusBadRequest, 3)
		second := p.websocket(enginePath)
		second.wantClosed()
		w.send("4still here")
		w.want("4still here")
	})
}

func TestPollBehindTheUpgradePacketIsRefused(t *testing.T) {
	eachRevision(t, func(t *testing.T, st *station, r revision) {
		for range 20 {
			p := st.poller(enginePath, r.eio, r.extra)
			w := p.websocket(enginePath)
			w.send("2probe", "5")
			if a := p.poll(); a.status != http.StatusBadRequest {
				t.Fatalf("poll: %d %q", a.status, a.body)
			}
			w.want("3probe")
		}
	})
}

func TestSocketConnect(t *testing.T) {
	for _, c := range []struct{ send, prefix, auth string }{
		{`40`, `40{"sid":"`, `42["auth",{}]`},
		{`40{"token":"123"}`, `40{"sid":"`, `42["auth",{"token":"123"}]`},
		{`40/custom,`, `40/custom,{"sid":"`, `42/custom,["auth",{}]`},
		{`40/custom,{"token":"abc"}`, `40/custom,{"sid":"`, `42/custom,["auth",{"token":"abc"}]`},
	} {
		w := startSuite(t, suite.New()).opened(socketPath, 4)
		w.send(c.send)
		if got := w.text(); !strings.HasPrefix(got, c.prefix) {
			t.Errorf("%s: got %q", c.send, got)
		}
		w.want(c.auth)
	}
}

func TestSocketRefusesUnknownNamespaces(t *testing.T) {
	st := startSuite(t, suite.New())
	w := st.opened(socketPath, 4)
	w.send("40/random")
	w.want(`44/random,{"message":"Invalid namespace"}`)
	w.send("4abc")
	w.wantClosed()
}

func suiteSocket(t *testing.T) *wire {
	w := startSuite(t, suite.New()).opened(socketPath, 4)
	w.send("40")
	w.text()
	w.want(`42["auth",{}]`)
	return w
}

func TestSocketDisconnect(t *testing.T) {
	w := suiteSocket(t)
	w.send("40/custom")
	w.text()
	w.want(`42/custom,["auth",{}]`)
	w.send("41/custom", `42["message","message to main namespace"]`)
	w.want(`42["message-back","message to main namespace"]`)
	w.send("41")
	w.wantClosed()
}

func TestSocketMessages(t *testing.T) {
	w := suiteSocket(t)
	w.send(`42["message",1,"2",{"3":[true]}]`)
	w.want(`42["message-back",1,"2",{"3":[true]}]`)
	const two = `{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}`
	w.send(`452-["message",` + two + `]`)
	w.sendBinary(1, 2, 3)
	w.sendBinary(4, 5, 6)
	w.want(`452-["message-back",` + two + `]`)
	w.wantBinary(1, 2, 3)
	w.wantBinary(4, 5, 6)
	w.send(`42456["message-with-ack",1,"2",{"3":[false]}]`)
	w.want(`43456[1,"2",{"3":[false]}]`)
	w.send(`452-789["message-with-ack",` + two + `]`)
	w.sendBinary(1, 2, 3)
	w.sendBinary(4, 5, 6)
	w.want(`462-789[` + two + `]`)
	w.wantBinary(1, 2, 3)
	w.wantBinary(4, 5, 6)
}

func TestSocketClosesOnInvalidPackets(t *testing.T) {
	for _, packet := range []string{`4abc`, `42{}`, `42abc["message-with-ack",1]`} {
		w := suiteSocket(t)
		w.send(packet)
		w.wantClosed()
	}
}

func TestRevision3ClientsAreInTheRootNamespace(t *testing.T) {
	w := startSuite(t, suite.New()).opened(socketPath, 3)
	w.want("40", `42["auth",{}]`)
	w.send("40/custom?token=abc,")
	w.want("40/custom,", `42/custom,["auth",{}]`)
	w.send("40/random")
	w.want(`44/random,"Invalid namespace"`)
	w.send(`451-["message",{"_placeholder":true,"num":0}]`)
	w.sendBinary(4, 9, 8)
	w.want(`451-["message-back",{"_placeholder":true,"num":0}]`)
	w.wantBinary(4, 9, 8)
}

// Whatever is sent while a client upgrades arrives once and in order.
func TestUpgradeLosesAndReordersNothing(t *testing.T) {
	eachRevision(t, func(t *testing.T, st *station, r revision) {
		p := st.poller(enginePath, r.eio, r.extra)
		var got []string
		var sent int
		post := func(n int) {
			for range n {
				want200(t, p.push(r.pack(fmt.Sprintf("4m%02d", sent))), "ok")
				sent++
			}
		}
		collect := func(body string) {
			for i := 0; i+3 <= len(body); i++ {
				if body[i] == 'm' {
					got = append(got, body[i:i+3])
				}
			}
		}
		post(3)
		w := p.websocket(enginePath)
		post(3)
		w.send("2probe")
		var wg sync.WaitGroup
		var polled string
		wg.Go(func() { polled = p.poll().body })
		w.want("3probe")
		wg.Wait()
		collect(polled)
		post(3)
		w.send("5")
		for i := range 3 {
			w.send(fmt.Sprintf("4m%02d", sent+i))
		}
		sent += 3
		for len(got) < sent {
			collect(w.text())
		}
		for i, m := range got {
			if m != fmt.Sprintf("m%02d", i) {
				t.Fatalf("message %d is %s: %v", i, m, got)
			}
		}
	})
}
