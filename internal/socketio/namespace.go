package socketio

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// Handler handles an event. The handlers of one connection run one at a time,
// in the order the events came.
type Handler func(s *Socket, e *Event)

// Handshake is what a client brought when it joined a namespace.
type Handshake struct {
	// Auth is the JSON object the client sent along, "{}" if none. Clients of
	// revision 3 can't send one; they use the query.
	Auth json.RawMessage
	// Request is the request that opened the session: headers, RemoteAddr.
	Request *http.Request
	// Query is the request's query and that of the namespace ("/ns?token=…").
	Query url.Values
	// EIO is the revision of Engine.IO, 3 or 4.
	EIO int
}

func mergeQuery(r *http.Request, namespaceQuery string) url.Values {
	q := r.URL.Query()
	if namespaceQuery == "" {
		return q
	}
	extra, err := url.ParseQuery(namespaceQuery)
	if err != nil {
		return q
	}
	for name, values := range extra {
		q[name] = values
	}
	return q
}

// ConnectError refuses a client a namespace. Message is for the client's eyes;
// Data is anything encoding/json can encode, and lost on revision 3 clients.
type ConnectError struct {
	Message string
	Data    any
}

func (e *ConnectError) Error() string { return e.Message }

func (e *ConnectError) encode() []byte {
	b := append([]byte(`{"message":`), appendString(nil, e.Message)...)
	if e.Data != nil {
		if data, err := json.Marshal(e.Data); err == nil {
			b = append(append(b, `,"data":`...), data...)
		}
	}
	return append(b, '}')
}

// Namespace is a channel with its own handlers, members and rooms. Clients share
// one connection for all of them.
type Namespace struct {
	name string

	// Set up before serving.
	onConnect    func(*Socket, Handshake) error
	onDisconnect func(*Socket, Reason)
	onUnknown    Handler
	handlers     map[string]Handler

	recovery *recovery // nil: clients join anew

	mu      sync.RWMutex
	sockets map[*Socket]struct{}
	byPID   map[string]*Socket
	rooms   map[string]map[*Socket]struct{}
}

// Of returns the namespace of that name, making it if need be. Names begin with
// a slash; "/" is the one clients join unless told otherwise.
func (s *Server) Of(name string) *Namespace {
	if !strings.HasPrefix(name, "/") {
		name = "/" + name
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.namespaces[name]
	if n == nil {
		n = &Namespace{
			name:         name,
			onConnect:    func(*Socket, Handshake) error { return nil },
			onDisconnect: func(*Socket, Reason) {},
			onUnknown:    func(_ *Socket, e *Event) { e.ackBody(refusalBody("unknown_event"), nil) },
			handlers:     make(map[string]Handler),
			recovery:     newRecovery(&s.config),
			sockets:      make(map[*Socket]struct{}),
			byPID:        make(map[string]*Socket),
			rooms:        make(map[string]map[*Socket]struct{}),
		}
		s.namespaces[name] = n
	}
	return n
}

func (s *Server) namespace(name string) *Namespace {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.namespaces[name]
}

// OnConnect sets who decides on clients that want to join. An error refuses,
// best a *ConnectError; the text of any other is shown to the client too. What
// the function sends to the socket arrives after the client knows it is in.
func (n *Namespace) OnConnect(f func(*Socket, Handshake) error) { n.onConnect = f }

// OnDisconnect sets who is told of sockets that left. By then they are in no
// room. It is called for each socket that OnConnect let in, once.
func (n *Namespace) OnDisconnect(f func(*Socket, Reason)) { n.onDisconnect = f }

// On sets the handler of an event.
func (n *Namespace) On(event string, h Handler) { n.handlers[event] = h }

// OnUnknown sets the handler of events that have none. By default they are
// acknowledged with {"ok":false,"error":{"code":"unknown_event",…}}.
func (n *Namespace) OnUnknown(h Handler) { n.onUnknown = h }

// Name returns the namespace's name.
func (n *Namespace) Name() string { return n.name }

func (n *Namespace) handler(event string) Handler {
	if h := n.handlers[event]; h != nil {
		return h
	}
	return n.onUnknown
}

func (n *Namespace) admit(s *Socket, h Handshake) error { return n.onConnect(s, h) }
func (n *Namespace) parted(s *Socket, r Reason)         { n.onDisconnect(s, r) }

// Len returns how many sockets are in the namespace.
func (n *Namespace) Len() int {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return len(n.sockets)
}

// Each calls f for every socket in the namespace, without holding a lock.
func (n *Namespace) Each(f func(*Socket)) {
	n.mu.RLock()
	all := make([]*Socket, 0, len(n.sockets))
	for s := range n.sockets {
		all = append(all, s)
	}
	n.mu.RUnlock()
	for _, s := range all {
		f(s)
	}
}

// Send sends a message to everybody in the namespace. It doesn't block.
func (n *Namespace) Send(m *Message) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	n.spread(m, "", n.sockets)
}

// spread queues a message for a room, empty for all; n.mu is held.
func (n *Namespace) spread(m *Message, room string, to map[*Socket]struct{}) {
	if n.recovery == nil || m.topic != "" {
		if len(to) == 0 {
			return // not even encoded
		}
		w := m.wire(n.name)
		for s := range to {
			s.sendWire(w, m.topic)
		}
		return
	}
	// Also for nobody: somebody who is away for a moment may want it.
	n.recovery.mu.Lock()
	defer n.recovery.mu.Unlock()
	if len(n.byPID) == 0 && len(n.recovery.parked) == 0 {
		for s := range to {
			s.sendWire(m.wire(n.name), "")
		}
		return
	}
	w := n.recovery.number(m, n.name, room, nil)
	for s := range to {
		if s.pid != "" {
			s.sendWire(w, "")
		} else {
			s.sendWire(m.wire(n.name), "")
		}
	}
}

// Sender sends to the sockets of one room.
type Sender struct {
	namespace *Namespace
	room      string
}

// To addresses a room.
func (n *Namespace) To(room string) Sender { return Sender{n, room} }

// Send sends a message to everybody in the room. It doesn't block.
func (t Sender) Send(m *Message) {
	n := t.namespace
	n.mu.RLock()
	defer n.mu.RUnlock()
	n.spread(m, t.room, n.rooms[t.room])
}

// Len returns how many sockets are in the room. Nothing need be encoded for
// none.
func (t Sender) Len() int {
	t.namespace.mu.RLock()
	defer t.namespace.mu.RUnlock()
	return len(t.namespace.rooms[t.room])
}

// Wanted tells whether a message to the room would reach anybody: who is in it,
// or who may come back to it.
func (t Sender) Wanted() bool {
	if t.Len() > 0 {
		return true
	}
	r := t.namespace.recovery
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.parked {
		if _, in := p.rooms[t.room]; in {
			return true
		}
	}
	return false
}

func (n *Namespace) add(s *Socket) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if s.outside {
		return
	}
	n.sockets[s] = struct{}{}
	if s.pid != "" {
		n.byPID[s.pid] = s
	}
}

// remove takes a socket out of the namespace and all rooms, for good.
func (n *Namespace) remove(s *Socket) { n.removeFor(s, ReasonClientDisconnect) }

// removeFor does the same, and keeps what it had when it may come back.
func (n *Namespace) removeFor(s *Socket, why Reason) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if s.outside {
		return
	}
	s.outside = true
	if n.byPID[s.pid] == s {
		delete(n.byPID, s.pid)
		if why.recoverable() {
			n.recovery.park(s)
		}
	}
	for room := range s.rooms {
		n.leave(s, room)
	}
	delete(n.sockets, s)
}

func (n *Namespace) join(s *Socket, room string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.joinLocked(s, room)
}

func (n *Namespace) joinLocked(s *Socket, room string) {
	if s.outside {
		return
	}
	members := n.rooms[room]
	if members == nil {
		members = make(map[*Socket]struct{})
		n.rooms[room] = members
	}
	members[s] = struct{}{}
	if s.rooms == nil {
		s.rooms = make(map[string]struct{})
	}
	s.rooms[room] = struct{}{}
}

// leave takes a socket out of a room; n.mu is held.
func (n *Namespace) leave(s *Socket, room string) {
	delete(s.rooms, room)
	members := n.rooms[room]
	delete(members, s)
	if len(members) == 0 {
		delete(n.rooms, room)
	}
}
