package socketio

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Errors of Socket.Request, besides those of its context.
var (
	ErrDisconnected    = errors.New("the client has left")
	ErrTooManyRequests = errors.New("too many requests wait for this client")
)

type socketState uint8

const (
	socketJoining socketState = iota // OnConnect decides
	socketJoined
	socketLeft
)

// Socket is a client in one namespace.
type Socket struct {
	// Data is the application's. Set it in OnConnect; who changes it later must
	// see to it that nobody reads it meanwhile.
	Data any

	client    *client
	namespace *Namespace
	id        string
	pid       string // secret: who brings it may be recovered; empty without recovery
	since     uint64 // offset of the namespace's messages when it joined
	recovered bool
	ctx       context.Context
	cancel    context.CancelFunc

	// Under namespace.mu.
	rooms   map[string]struct{}
	outside bool // left the namespace, or was never let in

	joined atomic.Bool // the short way to know the state, for broadcasts

	mu       sync.Mutex
	is       socketState
	held     []item // sent while joining
	requests map[int64]chan Reply
	lastID   int64

	losses   atomic.Uint64
	dropping sync.Mutex // apart from mu: taken while the session is locked
	dropped  map[string]uint64
}

func newSocket(c *client, n *Namespace) *Socket {
	s := &Socket{client: c, namespace: n, id: newID()}
	if c.sn.eio == 3 { // its clients derive the id, we must agree
		s.id = c.sn.id
		if n.name != "/" {
			s.id = n.name + "#" + c.sn.id
		}
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// ID returns the socket's id, unique in the namespace.
func (s *Socket) ID() string { return s.id }

// Recovered tells whether the socket carries on where an earlier one lost its
// connection: with its id, its rooms and its Data, and nothing missed.
func (s *Socket) Recovered() bool { return s.recovered }

// Namespace returns the namespace the socket is in.
func (s *Socket) Namespace() *Namespace { return s.namespace }

// Context ends when the client leaves.
func (s *Socket) Context() context.Context { return s.ctx }

// RTT returns the last measured round trip; zero before the first ping, and for
// revision 3 clients, who ping themselves.
func (s *Socket) RTT() time.Duration { return s.client.sn.roundTrip() }

// Transport returns "polling" or "websocket".
func (s *Socket) Transport() string { return s.client.sn.transport() }

// Join puts the socket into a room. It leaves all rooms when it disconnects.
func (s *Socket) Join(room string) { s.namespace.join(s, room) }

// Leave takes the socket out of a room.
func (s *Socket) Leave(room string) {
	s.namespace.mu.Lock()
	defer s.namespace.mu.Unlock()
	s.namespace.leave(s, room)
}

// Send queues a message for the client. It doesn't block.
func (s *Socket) Send(m *Message) {
	r := s.namespace.recovery
	if r == nil || m.topic != "" || s.pid == "" {
		s.sendWire(m.wire(s.namespace.name), m.topic)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s.sendWire(r.number(m, s.namespace.name, "", s), "")
}

func (s *Socket) sendWire(w *wire, topic string) {
	it := item{wire: w, owner: s, topic: topic}
	if s.joined.Load() {
		s.client.sn.send(it)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.is {
	case socketJoined:
		s.client.sn.send(it)
	case socketJoining:
		if len(s.held) < s.client.srv.config.QueueMessages {
			s.held = append(s.held, it)
		} else {
			s.client.sn.close(ReasonSlowConsumer)
		}
	}
}

// accept tells the client it is in, and then all it was sent meanwhile.
func (s *Socket) accept() {
	var data []byte
	if s.client.sn.eio == 4 {
		data = appendString([]byte(`{"sid":`), s.id)
		if s.pid != "" {
			data = appendString(append(data, `,"pid":`...), s.pid)
		}
		data = append(data, '}')
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.is != socketJoining {
		return
	}
	s.client.send(encodePacket(packetConnect, s.namespace.name, noID, data, nil))
	for _, it := range s.held {
		s.client.sn.send(it)
	}
	s.held = nil
	s.is = socketJoined
	s.joined.Store(true)
}

func (s *Socket) state() socketState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.is
}

// end stops all sending and releases who waits.
func (s *Socket) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.is, s.held = socketLeft, nil
	s.joined.Store(false)
	s.cancel()
}

// Disconnect puts the client out of the namespace: it gets what is queued and a
// disconnect packet, after which the libraries don't reconnect by themselves.
// The connection is closed unless the client is in other namespaces too.
func (s *Socket) Disconnect(reason Reason) { s.client.kick(s, reason) }

// Losses is how many messages with a topic were dropped for this client so far.
// Who sends a stream in which each message builds on the last compares it before
// and after Send: when it rose, the client's stream is broken.
func (s *Socket) Losses() uint64 { return s.losses.Load() }

func (s *Socket) countDrop(topic string) {
	s.losses.Add(1)
	s.dropping.Lock()
	defer s.dropping.Unlock()
	if s.dropped == nil {
		s.dropped = make(map[string]uint64)
	}
	s.dropped[topic]++
}

// TakeDropped returns how many messages of each topic were dropped for this
// client since it was last asked; nil for none.
func (s *Socket) TakeDropped() map[string]uint64 {
	s.dropping.Lock()
	defer s.dropping.Unlock()
	dropped := s.dropped
	s.dropped = nil
	return dropped
}

// Reply is what a client acknowledged with. Where an argument is binary it is a
// placeholder, as in an Event.
type Reply struct {
	Args        []json.RawMessage
	Attachments [][]byte
}

// Request sends an event and waits for the client's acknowledgement. It returns
// ctx's error when that ends first, ErrDisconnected when the client leaves, and
// ErrTooManyRequests when MaxRequests are waiting.
func (s *Socket) Request(ctx context.Context, event string, args ...any) (Reply, error) {
	body, attachments, err := encodeArgs(&event, args)
	if err != nil {
		return Reply{}, err
	}
	id, reply, err := s.expect()
	if err != nil {
		return Reply{}, err
	}
	defer s.forget(id)
	w := newWire(encodePacket(packetEvent, s.namespace.name, id, body, attachments)...)
	s.sendWire(w, "")
	select {
	case r := <-reply:
		return r, nil
	case <-ctx.Done():
		return Reply{}, ctx.Err()
	case <-s.ctx.Done():
		return Reply{}, ErrDisconnected
	}
}

func (s *Socket) expect() (id int64, reply chan Reply, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.is == socketLeft:
		return 0, nil, ErrDisconnected
	case len(s.requests) >= s.client.srv.config.MaxRequests:
		return 0, nil, ErrTooManyRequests
	case s.requests == nil:
		s.requests = make(map[int64]chan Reply)
	}
	id = s.lastID
	s.lastID++
	reply = make(chan Reply, 1)
	s.requests[id] = reply
	return id, reply, nil
}

func (s *Socket) forget(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.requests, id)
}

// resolve hands an acknowledgement to who waits for it.
func (s *Socket) resolve(id int64, r Reply) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	reply, ok := s.requests[id]
	if !ok {
		return false
	}
	delete(s.requests, id)
	reply <- r
	return true
}

// Event is what a client sent.
type Event struct {
	Name string
	// Args are the arguments behind the name, valid JSON. Where an argument is
	// binary, it is a placeholder: {"_placeholder":true,"num":i} stands for
	// Attachments[i], and i has been checked.
	Args        []json.RawMessage
	Attachments [][]byte
	// WantsAck says that the client waits for an acknowledgement.
	WantsAck bool

	socket *Socket
	id     int64
	acked  atomic.Bool
}

// Ack acknowledges the event, encoding args as NewMessage does; arguments that
// can't be encoded become an internal error. It does nothing the second time, or
// if the client asked for none.
func (e *Event) Ack(args ...any) {
	body, attachments, err := encodeArgs(nil, args)
	if err != nil {
		body, attachments = refusalBody("internal"), nil
	}
	e.ackBody(body, attachments)
}

// AckRaw acknowledges the event with arguments that are JSON already.
func (e *Event) AckRaw(args []json.RawMessage, attachments [][]byte) {
	e.ackBody(joinArgs(nil, args), attachments)
}

func (e *Event) ackBody(body []byte, attachments [][]byte) {
	if !e.WantsAck || e.acked.Swap(true) {
		return
	}
	packets := encodePacket(packetAck, e.socket.namespace.name, e.id, body, attachments)
	e.socket.sendWire(newWire(packets...), "")
}
