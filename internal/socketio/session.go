package socketio

import (
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// protocol is what speaks on top of a session: Socket.IO, or the echo of the
// conformance program.
type protocol interface {
	// open is called once, before anything is received.
	open()
	// message takes a message packet. Calls never overlap. An error closes the
	// session; the reason is in a closeError.
	message(p enginePacket) error
	// closed is called once, last.
	closed(Reason)
}

type sessionState uint8

const (
	stateOpen    sessionState = iota
	stateClosing              // saying goodbye
	stateGone
)

const (
	// goodbyeTime is how long a closing session waits for its client to take
	// the last words: a poll that is on its way, a close frame's answer.
	goodbyeTime = time.Second

	transportPolling   = "polling"
	transportWebSocket = "websocket"
)

// session is one Engine.IO session: a client, on whatever transport it is.
type session struct {
	// Set before the session is shared, and constant.
	srv        *Server
	id         string
	eio        int
	base64Only bool // revision 3 on polling: binary as base64
	request    *http.Request
	opened     time.Time
	proto      protocol

	wake     chan struct{} // tells the keeper: something to write, a nearer deadline
	pollWake chan struct{} // tells the pending poll
	done     chan struct{} // closed when the session begins to close
	parted   chan struct{} // closed when a poll took the last words
	attached chan struct{} // closed when a websocket has become the transport

	receiving sync.Mutex // one inbound packet at a time, whatever brought it
	floods    bucket     // packets that cost us and bring nothing; under receiving

	mu         sync.Mutex
	state      sessionState
	reason     Reason
	beat       heartbeat
	out        queue
	sends      uint32        // counted where writes are timed
	conn       net.Conn      // nil while polling; the keeper writes to it
	readerDone chan struct{} // closed when nobody reads conn any more
	broken     bool          // a frame was written in part: no more can follow
	pongFrame  []byte        // answer to the latest websocket ping

	polling    bool      // a poll is pending
	posting    bool      // a post is being read
	stalled    time.Time // since when a polling client has left messages waiting
	probe      net.Conn  // a websocket that is being tried out
	upgrading  bool      // an upgrade request is under way
	probed     bool      // its probe was answered: polls are released
	saidParted bool

	joinBy   time.Time // a namespace must be joined by then; zero for no deadline
	attachBy time.Time // attachments must be complete by then
}

func (s *Server) newSession(r *http.Request, q query) *session {
	now := time.Now()
	c := &s.config
	sn := &session{
		srv: s, id: newID(), eio: q.eio, base64Only: q.base64Only, request: r, opened: now,
		wake: make(chan struct{}, 1), pollWake: make(chan struct{}, 1),
		done: make(chan struct{}), parted: make(chan struct{}), attached: make(chan struct{}),
		beat:   heartbeat{eio: q.eio, interval: c.PingInterval, timeout: c.PingTimeout, base: now},
		out:    queue{maxMessages: c.QueueMessages, maxBytes: c.QueueBytes},
		floods: newBucket(c.EventsPerSecond, float64(5*c.EventBurst)),
	}
	sn.proto = s.newProtocol(sn)
	return sn
}

// transport names the transport in use.
func (s *session) transport() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return transportPolling
	}
	return transportWebSocket
}

// closeReason says why the session is closing.
func (s *session) closeReason() Reason {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reason
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is awake already
	}
}

// send queues an item and never blocks.
func (s *session) send(it item) {
	s.mu.Lock()
	if s.state != stateOpen {
		s.mu.Unlock()
		return
	}
	if s.srv.config.OnWrite != nil {
		if s.sends++; s.sends%16 == 1 {
			it.since = time.Now()
		}
	}
	result := s.out.push(it)
	polling, newlyStalled := s.conn == nil, false
	if polling && !s.polling && s.stalled.IsZero() {
		s.stalled, newlyStalled = time.Now(), true
	}
	s.mu.Unlock()
	switch result {
	case queueReplaced, queueRefused:
		s.srv.counters.dropped.Add(1)
		it.owner.countDrop(it.topic)
	case queueOverflow:
		s.close(ReasonSlowConsumer)
		return
	}
	if polling {
		signal(s.pollWake)
	}
	if !polling || newlyStalled {
		signal(s.wake)
	}
}

func (s *session) sendControl(kind byte, data string) { s.send(item{wire: controlWire(kind, data)}) }

// run is the keeper: it owns the session's time and writes to its websocket.
func (s *session) run() {
	defer s.srv.goroutines.leave()
	timer := time.NewTimer(time.Until(s.beat.next()))
	defer timer.Stop()
	var w batchWriter
	for {
		select {
		case <-s.wake:
		case <-timer.C:
		case <-s.done:
			s.finish(&w)
			return
		}
		now := time.Now()
		if reason, over := s.deadlines(now); over {
			s.close(reason)
			continue
		}
		s.flush(&w, s.srv.config.WriteTimeout)
		timer.Reset(time.Until(s.nextDeadline()))
	}
}

// deadlines pings if it is time to, and reports whether one has passed.
func (s *session) deadlines(now time.Time) (Reason, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ping, dead := s.beat.step(now)
	if ping {
		s.out.push(item{wire: pingWire})
		signal(s.pollWake)
		if s.conn == nil && !s.polling && s.stalled.IsZero() {
			s.stalled = now
		}
	}
	past := func(t time.Time) bool { return !t.IsZero() && !now.Before(t) }
	switch {
	case dead:
		return ReasonPingTimeout, true
	case past(s.joinBy):
		return ReasonConnectTimeout, true
	case past(s.attachBy):
		return ReasonAttachmentTimeout, true
	case past(s.stallDeadline()):
		return ReasonSlowConsumer, true
	}
	return 0, false
}

var (
	pingWire = controlWire(enginePing, "")
	noopWire = controlWire(engineNoop, "")
)

// stallDeadline is when a polling client that fetches nothing is given up. An
// upgrade stops the polls for its own time.
func (s *session) stallDeadline() time.Time {
	if s.stalled.IsZero() || s.conn != nil || s.upgrading {
		return time.Time{}
	}
	return s.stalled.Add(s.srv.config.WriteTimeout)
}

func (s *session) nextDeadline() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.beat.next()
	for _, t := range []time.Time{s.joinBy, s.attachBy, s.stallDeadline()} {
		if !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	return next
}

// setJoinDeadline begins or ends the time a session may be in no namespace.
func (s *session) setJoinDeadline(on bool) { s.setDeadline(&s.joinBy, on, s.srv.config.ConnectTimeout) }

// setAttachDeadline does the same for attachments that are still to come.
func (s *session) setAttachDeadline(on bool) {
	s.setDeadline(&s.attachBy, on, s.srv.config.ReadTimeout)
}

func (s *session) setDeadline(field *time.Time, on bool, after time.Duration) {
	s.mu.Lock()
	if *field = (time.Time{}); on {
		*field = time.Now().Add(after)
	}
	s.mu.Unlock()
	signal(s.wake)
}

// batchWriter keeps the buffers of the keeper's writes from one to the next.
type batchWriter struct {
	items   []item
	buffers net.Buffers
}

// flush writes all that is queued to the websocket, if there is one, in one
// system call: the frames themselves are shared with other connections.
func (s *session) flush(w *batchWriter, timeout time.Duration) {
	s.mu.Lock()
	conn := s.conn
	if conn == nil || s.broken || s.state != stateOpen && !s.reason.polite() {
		s.mu.Unlock()
		return
	}
	w.items = s.out.take(w.items)
	w.buffers = w.buffers[:0]
	if s.pongFrame != nil {
		w.buffers = append(w.buffers, s.pongFrame)
		s.pongFrame = nil
	}
	conn.SetWriteDeadline(time.Now().Add(timeout))
	s.mu.Unlock()
	for _, it := range w.items {
		w.buffers = append(w.buffers, it.frames(s.eio))
	}
	sent := len(w.items)
	defer clear(w.items)
	if len(w.buffers) == 0 {
		return
	}
	rest := w.buffers // WriteTo consumes its receiver
	n, err := rest.WriteTo(conn)
	clear(w.buffers)
	s.srv.counters.bytesSent.Add(uint64(n))
	if err != nil {
		s.mu.Lock()
		s.broken = true
		s.mu.Unlock()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			s.close(ReasonSlowConsumer)
		} else {
			s.close(ReasonTransportClosed)
		}
		return
	}
	s.srv.counters.messagesSent.Add(uint64(sent))
	for _, it := range w.items {
		if !it.since.IsZero() {
			s.srv.config.OnWrite(time.Since(it.since))
		}
	}
}

// close begins to close the session and returns at once; the keeper does the
// rest. Only the first reason counts.
func (s *session) close(reason Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateOpen {
		return
	}
	s.state, s.reason = stateClosing, reason
	past := time.Unix(1, 0)
	if s.conn != nil && !reason.polite() {
		s.conn.SetWriteDeadline(past) // the keeper may be stuck in a write
	}
	if s.probe != nil {
		s.probe.SetDeadline(past)
	}
	close(s.done)
}

// finish is the keeper's last act.
func (s *session) finish(w *batchWriter) {
	s.mu.Lock()
	conn, reason, polling := s.conn, s.reason, s.polling
	s.mu.Unlock()
	if conn != nil {
		s.srv.forget(s)
		s.partWebSocket(conn, reason, w)
	} else {
		if polling || reason.polite() {
			s.waitParted()
		}
		s.srv.forget(s)
	}
	s.mu.Lock()
	s.state = stateGone
	s.out.take(nil)
	s.mu.Unlock()
	s.srv.counters.closes[reason].Add(1)
	s.proto.closed(reason)
	transport := transportPolling
	if conn != nil {
		transport = transportWebSocket
	}
	s.srv.config.OnClose(SessionInfo{
		EIO: s.eio, Transport: transport, RemoteAddr: s.request.RemoteAddr,
		Reason: reason, Duration: time.Since(s.opened),
	})
}

// waitParted gives a polling client a moment to fetch its last words.
func (s *session) waitParted() {
	timer := time.NewTimer(goodbyeTime)
	defer timer.Stop()
	select {
	case <-s.parted:
	case <-timer.C:
	case <-s.srv.aborted:
	}
}

// partWebSocket sends what is left and the close frame, then waits a moment for
// the client's own: closing with unread input would make the kernel reset the
// connection and the client lose the last words.
func (s *session) partWebSocket(conn net.Conn, reason Reason, w *batchWriter) {
	defer conn.Close()
	if reason.polite() {
		s.flush(w, goodbyeTime)
	}
	s.mu.Lock()
	broken := s.broken
	s.mu.Unlock()
	if broken || reason == ReasonTransportClosed {
		return
	}
	conn.SetDeadline(time.Now().Add(goodbyeTime))
	if !writeClose(conn, reason) {
		return
	}
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	timer := time.NewTimer(goodbyeTime)
	defer timer.Stop()
	select {
	case <-s.readerDone:
	case <-timer.C:
	case <-s.srv.aborted:
	}
}

func writeClose(conn net.Conn, reason Reason) bool {
	body := ws.NewCloseFrameBody(ws.StatusCode(reason.CloseCode()), reason.String())
	frame, err := ws.CompileFrame(ws.NewCloseFrame(body))
	if err != nil {
		return false
	}
	_, err = conn.Write(frame)
	return err == nil
}

var errClosed = errors.New("session is closed")

// receive takes one inbound packet; the caller holds s.receiving.
func (s *session) receive(p enginePacket) error {
	select {
	case <-s.done:
		return errClosed
	default:
	}
	s.srv.counters.messagesReceived.Add(1)
	s.srv.counters.bytesReceived.Add(uint64(len(p.data) + 1))
	now := time.Now()
	switch p.kind {
	case engineMessage:
		return s.proto.message(p)
	case enginePong:
		if s.eio != 4 {
			return parseError("pong from a revision 3 client")
		}
		s.mu.Lock()
		s.beat.answered(now)
		s.mu.Unlock()
		signal(s.wake)
		return nil
	case enginePing:
		if s.eio != 3 {
			return parseError("ping from a revision 4 client")
		}
		s.mu.Lock()
		s.beat.heard(now)
		s.mu.Unlock()
		s.sendControl(enginePong, string(p.data))
	case engineClose:
		return &closeError{ReasonClientClosed, "close packet"}
	case engineOpen:
		return parseError("open packet from a client")
	}
	return s.flood(now)
}

// flood counts a packet that costs an answer or a look and is no event.
func (s *session) flood(now time.Time) error {
	if !s.floods.allow(now) {
		return &closeError{ReasonRateLimited, "control packets"}
	}
	return nil
}

// roundTrip is the last measured time from ping to pong; zero before the first.
func (s *session) roundTrip() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.beat.rtt
}
