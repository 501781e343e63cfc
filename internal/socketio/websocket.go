package socketio

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/gobwas/ws"
)

// acceptWebSocket takes the connection from net/http. On failure the request
// has been answered.
func (s *Server) acceptWebSocket(w http.ResponseWriter, r *http.Request) (net.Conn, *bufio.Reader, bool) {
	if e := checkWebSocket(r); e != nil {
		w.Header().Set("Connection", "close") // what follows was meant for a websocket
		if e == &errWSVersion {
			w.Header().Set("Sec-Websocket-Version", "13")
		}
		e.write(w)
		return nil, nil, false
	}
	// No extension is negotiated: deflate for each connection costs far more
	// than it saves when all receive the same frames.
	u := ws.HTTPUpgrader{Timeout: s.config.WriteTimeout}
	conn, rw, _, err := u.Upgrade(r, w)
	if err != nil {
		if conn != nil {
			conn.Close()
		}
		return nil, nil, false
	}
	return conn, rw.Reader, true
}

// serveWebSocket opens a session on a websocket and reads until it ends.
func (s *Server) serveWebSocket(w http.ResponseWriter, r *http.Request, q query) {
	conn, in, ok := s.acceptWebSocket(w, r)
	if !ok {
		return
	}
	sn := s.newSession(r, q)
	sn.conn, sn.readerDone = conn, make(chan struct{})
	if e := s.start(sn, false); e != nil {
		writeClose(conn, ReasonShutdown)
		conn.Close()
		return
	}
	sn.read(conn, in)
}

func (s *session) frameReader(conn net.Conn, in *bufio.Reader, pinged func([]byte) error) *frameReader {
	return &frameReader{
		in:       in,
		limit:    s.srv.config.MaxPayload,
		timeout:  s.srv.config.ReadTimeout,
		deadline: func(t time.Time) { conn.SetReadDeadline(t) },
		pinged:   pinged,
	}
}

// read takes the websocket's messages until there are no more.
func (s *session) read(conn net.Conn, in *bufio.Reader) {
	defer close(s.readerDone)
	frames := s.frameReader(conn, in, s.websocketPing)
	for {
		op, message, err := frames.next()
		if err == nil {
			err = s.receiveFrame(op, message)
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, errClosed) {
			s.close(reasonOf(err))
		}
		if _, network := err.(net.Error); !network && !errors.Is(err, io.EOF) {
			// Take what is still on its way, for the close frame to arrive.
			conn.SetReadDeadline(time.Now().Add(goodbyeTime))
			io.Copy(io.Discard, in)
		}
		return
	}
}

func (s *session) receiveFrame(op ws.OpCode, message []byte) error {
	p := enginePacket{kind: engineMessage, binary: true, data: message}
	var err error
	switch {
	case op == ws.OpText:
		p, err = decodeText(message)
	case s.eio == 3:
		p, err = decodeBinary3(message)
	}
	if err != nil {
		return err
	}
	s.receiving.Lock()
	defer s.receiving.Unlock()
	return s.receive(p)
}

// websocketPing leaves the answer for the keeper. There is room for one: a
// flood of pings is answered with the last.
func (s *session) websocketPing(payload []byte) error {
	frame, err := ws.CompileFrame(ws.NewPongFrame(payload))
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.pongFrame = frame
	s.mu.Unlock()
	signal(s.wake)
	s.receiving.Lock()
	defer s.receiving.Unlock()
	return s.flood(time.Now())
}
