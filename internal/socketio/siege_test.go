package socketio_test

import (
	"bytes"
	"compress/flate"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"volary/internal/socketio"
)

// means is what a process holds.
type means struct {
	files, goroutines int
	heap              uint64
}

func held(t *testing.T) means {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return means{len(fds), runtime.NumGoroutine(), m.HeapAlloc}
}

// Attacks in their full number. After each, files, goroutines and memory are back
// where they were, and a client beside has missed nothing.
func TestSieges(t *testing.T) {
	bomb := func() []byte {
		var b bytes.Buffer
		w, err := flate.NewWriter(&b, flate.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		zeros := make([]byte, 1<<20)
		for range 50 {
			if _, err := w.Write(zeros); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}()
	for _, c := range []struct {
		name    string
		besiege func(t *testing.T, st *station)
	}{
		{"octets from a revision 4 client, a thousand times", func(t *testing.T, st *station) {
			octets := http.Header{"Content-Type": {"application/octet-stream"}}
			for range 1000 {
				p := st.poller(socketPath, 4, "")
				a, err := st.do("POST", p.target, strings.NewReader("4abc"), octets)
				if err != nil {
					t.Fatal(err)
				}
				if a.status != http.StatusBadRequest {
					t.Fatalf("got %d %q", a.status, a.body)
				}
				p.get(p.target)
				st.wantReason(socketio.ReasonParseError)
			}
		}},
		{"a hundred thousand guessed ids", func(t *testing.T, st *station) {
			limited := 0
			r := httptest.NewRequest("GET", polling4, nil)
			query := r.URL.RawQuery
			for i := range 100_000 {
				r.URL.RawQuery = fmt.Sprintf("%s&sid=guess%d", query, i)
				r.RemoteAddr = fmt.Sprintf("192.0.2.%d:1", i%4)
				w := httptest.NewRecorder()
				st.server.ServeHTTP(w, r)
				if !strings.Contains(w.Body.String(), `"code":1`) {
					t.Fatalf("got %d %q", w.Code, w.Body)
				}
				if w.Code == http.StatusTooManyRequests {
					limited++
				}
			}
			if limited < 50_000 { // how many depends on how long it took: 50 a second each are let through
				t.Errorf("%d of 100,000 guesses were limited", limited)
			}
		}},
		{"fifty megabytes, deflated", func(t *testing.T, st *station) {
			w, resp := st.handshakeWith(websocket4, "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n")
			if e := resp.Header.Get("Sec-WebSocket-Extensions"); e != "" {
				t.Fatalf("negotiated %q", e)
			}
			f := ws.NewTextFrame(bomb)
			f.Header.Rsv = ws.Rsv(true, false, false)
			w.raw(frame(f))
			if code := w.wantClosed(); code != ws.StatusProtocolError {
				t.Errorf("closed with %d", code)
			}
			w.conn.Close()
			st.wantReason(socketio.ReasonProtocolError)
		}},
		{"a thousand resets behind the upgrade request", func(t *testing.T, st *station) {
			for i := range 1000 {
				conn, err := net.Dial("tcp", st.http.Listener.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: test\r\n%sSec-WebSocket-Version: 13\r\n\r\n", websocket4, upgradeHeaders)
				if i%2 == 0 {
					conn.(*net.TCPConn).SetLinger(0) // a reset
				}
				conn.Close()
			}
		}},
		{"thousands of messages to nobody who may come back", func(t *testing.T, st *station) {
			w := st.opened(socketPath, 4)
			w.send(`40{"recover":true}`)
			w.text()
			w.conn.Close()
			big := message(t, "m", strings.Repeat("x", 10_000))
			eventually(t, "it is gone", func() bool { return st.server.Of("/custom").Len() == 0 })
			for range 5000 {
				st.server.Of("/custom").Send(big)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := quick()
			config.PingInterval = time.Minute // the client beside is not asked while it isn't looked at
			config.Recovery, config.RecoveryBytes = 1<<40, 1<<20
			st := start(t, config, echoing)
			beside := st.joined()
			beside.alive()
			for st.server.Stats().Sessions > 1 {
				runtime.Gosched()
			}
			before := held(t)
			// The station notes each end; here nobody reads them all.
			c.besiege(t, st)
			eventually(t, "only the client beside is left", func() bool {
				for len(st.closes) > 0 {
					<-st.closes
				}
				return st.server.Stats().Sessions == 1
			})
			beside.alive()
			st.web.CloseIdleConnections()
			eventually(t, "files and goroutines are back", func() bool {
				now := held(t)
				return now.files <= before.files+2 && now.goroutines <= before.goroutines+4
			})
			if now := held(t); now.heap > before.heap+8<<20 {
				t.Errorf("%d KiB more are held than before", (now.heap-before.heap)>>10)
			}
		})
	}
}
