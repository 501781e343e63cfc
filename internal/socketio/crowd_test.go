package socketio_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"volary/internal/socketio"
)

// visit joins with a revision over a websocket and returns the connection; it
// reports errors instead of ending the test, so that many can run at a time.
func (st *station) visit(eio int) (net.Conn, error) {
	conn, err := net.Dial("tcp", st.http.Listener.Addr().String())
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(3 * patience))
	fmt.Fprintf(conn, "GET %sEIO=%d&transport=websocket HTTP/1.1\r\nHost: test\r\n%sSec-WebSocket-Version: 13\r\n\r\n", socketPath, eio, upgradeHeaders)
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		return conn, fmt.Errorf("handshake: %v %v", resp, err)
	}
	if eio == 4 {
		if _, err := conn.Write(frame(ws.NewTextFrame([]byte("40")))); err != nil {
			return conn, err
		}
	}
	for {
		f, err := ws.ReadFrame(in)
		if err != nil {
			return conn, err
		}
		if strings.HasPrefix(string(f.Payload), "40") {
			return conn, nil
		}
	}
}

// crowd lets n visitors in, so many at a time.
func (st *station) crowd(n, atOnce int, stay bool) {
	st.t.Helper()
	var wg sync.WaitGroup
	gate := make(chan struct{}, atOnce)
	var failed atomic.Pointer[error]
	for i := range n {
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			conn, err := st.visit(3 + i%2)
			if err != nil {
				failed.Store(&err)
			}
			if conn == nil {
				return
			}
			if stay {
				st.t.Cleanup(func() { conn.Close() })
				return
			}
			if i%3 == 0 {
				_ = conn.(*net.TCPConn).SetLinger(0) // a reset
			}
			conn.Close()
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		st.t.Fatal(*err)
	}
}

// Five thousand sessions come and go, of both generations, and leave nothing.
func TestFiveThousandSessionsLeaveNothing(t *testing.T) {
	var joined, left atomic.Int64
	st := start(t, quick(), func(s *socketio.Server) {
		s.Of("/").OnConnect(func(s *socketio.Socket, _ socketio.Handshake) error {
			joined.Add(1)
			s.Join("all")
			return nil
		})
		s.Of("/").OnDisconnect(func(*socketio.Socket, socketio.Reason) { left.Add(1) })
	})
	gone := func() bool {
		for len(st.closes) > 0 {
			<-st.closes
		}
		return st.server.Stats().Sessions == 0 && joined.Load() == left.Load()
	}
	st.crowd(200, 32, false) // until pools are warm
	eventually(t, "all are gone", gone)
	before := held(t)
	for range 10 {
		st.crowd(500, 32, false)
		eventually(t, "all are gone", gone)
	}
	eventually(t, "files and goroutines are back", func() bool {
		now := held(t)
		return now.files <= before.files+2 && now.goroutines <= before.goroutines+4
	})
	if now := held(t); now.heap > before.heap+4<<20 {
		t.Errorf("%d KiB more are held than before", (now.heap-before.heap)>>10)
	}
	if n := joined.Load(); n != 5200 {
		t.Errorf("%d were let in", n)
	}
}

// After a restart everybody comes back at the same moment.
func TestAStormOfReconnectsIsLetIn(t *testing.T) {
	config := quick()
	config.PingInterval = time.Minute
	config.ConnectTimeout = time.Minute // a busy machine is not a client's fault
	st := start(t, config, nil)
	begun := time.Now()
	st.crowd(2000, 2000, true)
	t.Logf("2,000 clients were back after %v", time.Since(begun).Round(time.Millisecond))
	eventually(t, "all are in", func() bool { return st.server.Of("/").Len() == 2000 })
}
