package socketio

import (
	"net"
	"net/http"
	"time"

	"github.com/gobwas/ws"
)

// upgrade moves a session from polling to a websocket:
//
//	client                      server
//	  │ GET …sid, Upgrade  ──────▶ │
//	  │ "2probe"           ──────▶ │ may I?
//	  │ ◀────────────────  "3probe"│ the pending poll is released
//	  │ (waits for its poll)       │ messages stay in the queue
//	  │ "5"                ──────▶ │ the websocket gets the queue
//
// Nothing is lost or reordered: the queue has one reader at a time, and the
// client speaks on the websocket only after its last post was answered.
func (s *session) upgrade(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	refused := s.conn != nil || s.upgrading || s.state != stateOpen
	if !refused {
		s.upgrading = true
	}
	s.mu.Unlock()
	conn, in, ok := s.srv.acceptWebSocket(w, r)
	if refused {
		// The reference implementation accepts and closes; clients listen for no
		// error here.
		if ok {
			conn.SetDeadline(time.Now().Add(goodbyeTime))
			writeClose(conn, ReasonProtocolError)
			conn.Close()
		}
		return
	}
	if !ok {
		s.endUpgrade()
		return
	}
	conn.SetDeadline(time.Now().Add(s.srv.config.UpgradeTimeout))
	s.mu.Lock()
	s.probe = conn
	closed := s.state != stateOpen
	s.mu.Unlock()
	frames := s.frameReader(conn, in, func(payload []byte) error {
		frame, err := ws.CompileFrame(ws.NewPongFrame(payload))
		if err == nil {
			_, err = conn.Write(frame)
		}
		return err
	})
	frames.deadline = func(time.Time) {} // one deadline for all of it
	if closed || !s.answerProbe(conn, frames) || !s.attach(conn) {
		s.endUpgrade()
		conn.Close()
		return
	}
	s.srv.counters.upgraded.Add(1)
	signal(s.wake)
	s.read(conn, in)
}

// answerProbe sees the client through the probe, up to its upgrade packet.
func (s *session) answerProbe(conn net.Conn, frames *frameReader) bool {
	if !expect(frames, "2probe") {
		return false
	}
	if _, err := conn.Write(controlWire(enginePong, "probe").frames(s.eio)); err != nil {
		return false
	}
	s.mu.Lock()
	s.probed = true
	s.mu.Unlock()
	signal(s.pollWake)
	return expect(frames, "5")
}

func expect(frames *frameReader, text string) bool {
	op, message, err := frames.next()
	return err == nil && op == ws.OpText && string(message) == text
}

// attach makes the websocket the session's transport.
func (s *session) attach(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateOpen {
		return false
	}
	conn.SetDeadline(time.Time{})
	s.conn, s.readerDone = conn, make(chan struct{})
	s.probe, s.upgrading, s.probed = nil, false, false
	s.stalled = time.Time{}
	close(s.attached)
	return true
}

// endUpgrade returns the session to polling.
func (s *session) endUpgrade() {
	s.mu.Lock()
	s.probe, s.upgrading, s.probed = nil, false, false
	if s.conn == nil && !s.polling && !s.out.empty() {
		s.stalled = time.Now()
	}
	s.mu.Unlock()
	signal(s.wake)
}
