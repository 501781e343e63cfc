package socketio_test

import (
	"fmt"
	"net"
	"net/http"
	"testing"
)

// Connections that are reset or abandoned at any point leave nothing behind.
func TestAbandonedConnectionsLeaveNothing(t *testing.T) {
	st := start(t, quick(), nil)
	for i := range 200 {
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
	eventually(t, "all sessions are closed", func() bool { return st.server.Stats().Sessions == 0 })
}

func TestSessionsOverTheLimitAreSentAway(t *testing.T) {
	t.Parallel()
	config := quick()
	config.MaxSessions = 2
	st := start(t, config, nil)
	first := st.joined()
	st.joined()
	a := st.get(polling4)
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("got %d, Retry-After %q", a.status, a.header.Get("Retry-After"))
	}
	if _, resp := st.handshakeWith(websocket4, "Sec-WebSocket-Version: 13\r\n"); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("websocket: %s", resp.Status)
	}
	if n := st.server.Stats().Refused; n != 2 {
		t.Errorf("%d refusals counted, want 2", n)
	}
	first.conn.Close()
	eventually(t, "there is room again", func() bool { return st.get(polling4).status == http.StatusOK })
}
