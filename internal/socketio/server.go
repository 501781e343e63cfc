package socketio

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Server is an http.Handler that serves Socket.IO, at any path.
//
// The http.Server around it should have a ReadHeaderTimeout; its ReadTimeout and
// WriteTimeout do not matter here, the Server sets its own deadlines. Middleware
// must leave http.ResponseController and hijacking possible, by an Unwrap method.
type Server struct {
	config     Config
	counters   counters
	guesses    guesses
	goroutines *tracker
	aborted    chan struct{} // closed when Close ran out of patience
	// newProtocol makes what speaks on top of a new session.
	newProtocol func(*session) protocol

	mu         sync.RWMutex
	sessions   map[string]*session
	namespaces map[string]*Namespace
	draining   bool
	empty      chan struct{} // closed when draining and no session is left
	abortOnce  sync.Once
}

// NewServer makes a Server. Register namespaces and handlers before it gets its
// first request, and Close it at the end.
func NewServer(config Config) *Server {
	s := newServer(config)
	s.newProtocol = func(sn *session) protocol { return newClient(s, sn) }
	return s
}

func newServer(config Config) *Server {
	return &Server{
		config:     config.withDefaults(),
		goroutines: newTracker(),
		aborted:    make(chan struct{}),
		sessions:   make(map[string]*session),
		namespaces: make(map[string]*Namespace),
		empty:      make(chan struct{}),
	}
}

// ServeHTTP serves one request: a handshake, a poll, a post or a websocket. It
// returns when that is over, which for a websocket is the connection's end.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.goroutines.enter() {
		errShutdown.write(w)
		return
	}
	defer s.goroutines.leave()
	if e := s.serve(w, r); e != nil {
		e.write(w)
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) *engineError {
	if e := checkHeaders(r.Header); e != nil {
		return e
	}
	if e := s.admitOrigin(w, r); e != nil {
		return e
	}
	if r.Method == http.MethodOptions {
		preflight(w)
		return nil
	}
	q, e := s.readQuery(r.URL.RawQuery)
	if e != nil {
		return e
	}
	if q.sid == "" {
		return s.handshake(w, r, q)
	}
	sn := s.lookup(q.sid, r.Method)
	if sn == nil {
		if !s.guesses.allow(s.config.ClientKey(r), time.Now()) {
			return &errGuessing
		}
		return &errUnknownSID
	}
	if sn.eio != q.eio {
		return &errBadRequest
	}
	switch {
	case q.transport == transportWebSocket:
		if e := checkWebSocket(r); e != nil && e != &errWSVersion {
			return e
		}
		sn.upgrade(w, r)
	case r.Method == http.MethodGet:
		sn.poll(w, r)
	case r.Method == http.MethodPost:
		sn.post(w, r)
	default:
		return &errMethod
	}
	return nil
}

func (s *Server) handshake(w http.ResponseWriter, r *http.Request, q query) *engineError {
	if r.Method != http.MethodGet {
		return &errMethod
	}
	if e := s.room(); e != nil {
		return e
	}
	if q.transport == transportWebSocket {
		s.serveWebSocket(w, r, q)
		return nil
	}
	sn := s.newSession(r, q)
	if e := s.start(sn, true); e != nil {
		return e
	}
	sn.poll(w, r)
	return nil
}

// room says whether another session may be opened.
func (s *Server) room() *engineError {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.roomLocked()
}

func (s *Server) roomLocked() *engineError {
	switch {
	case s.draining:
		return &errShutdown
	case len(s.sessions) >= s.config.MaxSessions:
		s.counters.refused.Add(1)
		return &errFull
	}
	return nil
}

// start registers a session, greets its client and starts its keeper.
func (s *Server) start(sn *session, upgrades bool) *engineError {
	s.mu.Lock()
	if e := s.roomLocked(); e != nil {
		s.mu.Unlock()
		return e
	}
	s.sessions[sn.id] = sn
	s.mu.Unlock()
	s.counters.opened.Add(1)
	sn.sendControl(engineOpen, sn.openData(upgrades))
	sn.proto.open()
	s.goroutines.add()
	go sn.run()
	return nil
}

// lookup finds a session by its id. One that is closing in peace can still be
// polled, for its last words.
func (s *Server) lookup(id, method string) *session {
	s.mu.RLock()
	sn := s.sessions[id]
	s.mu.RUnlock()
	if sn == nil {
		return nil
	}
	sn.mu.Lock()
	expired := sn.state == stateOpen && sn.beat.expired(time.Now())
	lastWords := sn.state == stateClosing && sn.reason.polite() && !sn.saidParted
	open := sn.state == stateOpen || lastWords && method == http.MethodGet
	sn.mu.Unlock()
	if expired {
		sn.close(ReasonPingTimeout)
		return nil
	}
	if !open {
		return nil
	}
	return sn
}

func (s *Server) forget(sn *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, sn.id)
	s.checkEmpty()
}

func (s *Server) checkEmpty() {
	if s.draining && len(s.sessions) == 0 {
		select {
		case <-s.empty:
		default:
			close(s.empty)
		}
	}
}

func (s *Server) snapshot() []*session {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]*session, 0, len(s.sessions))
	for _, sn := range s.sessions {
		all = append(all, sn)
	}
	return all
}

// Close refuses new sessions, gives every client what is queued for it, closes
// them with ReasonShutdown, and returns when every goroutine of the Server has
// ended. When ctx ends first, connections are cut, and its error is returned.
//
// Close also waits for handlers; one that may take long should watch
// Socket.Context.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.draining = true
	s.checkEmpty()
	s.mu.Unlock()
	for _, sn := range s.snapshot() {
		sn.close(ReasonShutdown)
	}
	var err error
	select {
	case <-s.empty:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		s.abort()
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { s.abort(); close(done) })
	s.goroutines.wait()
	if !stop() {
		<-done
	}
	return err
}

// abort cuts all connections, and all waiting for last words.
func (s *Server) abort() {
	s.abortOnce.Do(func() { close(s.aborted) })
	for _, sn := range s.snapshot() {
		sn.mu.Lock()
		conn := sn.conn
		sn.mu.Unlock()
		if conn != nil {
			conn.Close()
		}
	}
}
