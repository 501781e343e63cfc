package socketio

import (
	"encoding/json"
	"errors"
	"runtime/debug"
	"sync"
	"time"
)

// client is the Socket.IO side of one session: which namespaces it is in, and
// what its packets mean.
//
// Packets are read on the session's receiving goroutine. Acknowledgements are
// resolved there; all else becomes a job for the dispatcher, which runs them
// one after the other, so that a handler may wait for an acknowledgement.
type client struct {
	srv *Server
	sn  *session

	// Touched by message only, whose calls never overlap.
	pending *packet // a header whose attachments are still to come
	refusal string  // why the pending packet will be refused; empty for not
	events  bucket
	strikes bucket // refused events; empty means the connection's end

	mu      sync.Mutex
	sockets map[string]*Socket // by namespace
	left    map[string]bool    // namespaces the client was in, or refused
	jobs    []func()
	running bool
	over    bool // the session is closed
}

// maxJobs is how many of a client's packets wait for its handlers. The event
// rate keeps the number far below, unless a handler hangs.
const maxJobs = 256

func newClient(srv *Server, sn *session) *client {
	c := &srv.config
	return &client{
		srv: srv, sn: sn,
		events:  newBucket(c.EventsPerSecond, float64(c.EventBurst)),
		strikes: newBucket(c.EventsPerSecond/4, float64(5*c.EventBurst)),
		sockets: make(map[string]*Socket),
		left:    make(map[string]bool),
	}
}

func (c *client) limits() limits {
	cfg := &c.srv.config
	return limits{attachments: cfg.MaxAttachments, depth: cfg.MaxDepth, values: cfg.MaxValues}
}

// open implements protocol. Revision 3 clients are in the root namespace
// without asking.
func (c *client) open() {
	c.sn.setJoinDeadline(true)
	if c.sn.eio == 3 {
		c.enqueue(func() { c.connect("/", nil, "") })
	}
}

// message implements protocol.
func (c *client) message(p enginePacket) error {
	if p.binary {
		return c.attachment(p.data)
	}
	if c.pending != nil {
		return parseError("text where an attachment was announced")
	}
	pk, err := decodePacket(p.data, c.limits())
	switch {
	case errors.Is(err, errTooLarge):
		c.refusal = "too_large"
	case err != nil:
		return err
	}
	if pk.announced > 0 {
		c.pending = pk
		c.sn.setAttachDeadline(true)
		return nil
	}
	return c.deliver(pk)
}

func (c *client) attachment(data []byte) error {
	pk := c.pending
	if pk == nil {
		return parseError("attachment without a header")
	}
	pk.attachments = append(pk.attachments, data)
	if len(pk.attachments) < pk.announced {
		return nil
	}
	c.pending = nil
	c.sn.setAttachDeadline(false)
	return c.deliver(pk)
}

// deliver hands a complete packet on.
func (c *client) deliver(pk *packet) error {
	refusal := c.refusal
	c.refusal = ""
	now := time.Now()
	if pk.kind == packetAck || pk.kind == packetBinaryAck {
		if s := c.socket(pk.namespace); refusal == "" && s != nil && s.resolve(pk.id, Reply{pk.args, pk.attachments}) {
			return nil
		}
		c.srv.counters.unknown.Add(1)
		return c.sn.flood(now)
	}
	if pk.kind != packetDisconnect && !c.events.allow(now) {
		refusal = "rate_limited"
		if !c.strikes.allow(now) {
			return &closeError{ReasonRateLimited, "events"}
		}
		c.srv.counters.limited.Add(1)
	}
	if refusal == "" && !c.enqueue(func() { c.handle(pk) }) {
		refusal = "rate_limited"
		c.srv.counters.limited.Add(1)
	}
	if refusal != "" {
		c.refuse(pk, refusal)
	}
	return nil
}

var refusals = map[string]string{
	"rate_limited":  "too many events, slow down",
	"too_large":     "the event has too many values",
	"unknown_event": "no such event",
	"internal":      "internal error",
}

// refusalBody is an acknowledgement's arguments for an event that failed.
func refusalBody(code string) []byte {
	return []byte(`[{"ok":false,"error":{"code":"` + code + `","message":"` + refusals[code] + `"}}]`)
}

// refuse answers a packet that will not be handled, where it wants an answer.
func (c *client) refuse(pk *packet, code string) {
	switch pk.kind {
	case packetConnect:
		c.sendConnectError(pk.namespace, &ConnectError{Message: code})
	case packetEvent, packetBinaryEvent:
		if pk.id != noID {
			c.send(encodePacket(packetAck, pk.namespace, pk.id, refusalBody(code), nil))
		}
	}
}

func (c *client) send(packets []enginePacket) { c.sn.send(item{wire: newWire(packets...)}) }

func (c *client) socket(namespace string) *Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sockets[namespace]
}

// enqueue adds a client's packet to the jobs; it reports false when too many wait.
func (c *client) enqueue(job func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return true // nobody is left to be told
	}
	if len(c.jobs) >= maxJobs {
		return false
	}
	c.pushLocked(job)
	return true
}

// pushLocked adds a job and sees to it that somebody does it; c.mu is held.
func (c *client) pushLocked(job func()) {
	c.jobs = append(c.jobs, job)
	if !c.running {
		c.running = true
		c.srv.goroutines.add()
		go c.dispatch()
	}
}

// dispatch does jobs until there are none.
func (c *client) dispatch() {
	defer c.srv.goroutines.leave()
	for {
		c.mu.Lock()
		if len(c.jobs) == 0 {
			c.running, c.jobs = false, nil
			c.mu.Unlock()
			return
		}
		job := c.jobs[0]
		c.jobs[0] = nil
		c.jobs = c.jobs[1:]
		c.mu.Unlock()
		job()
	}
}

// handle does what a packet asks for.
func (c *client) handle(pk *packet) {
	if pk.kind == packetConnect {
		c.connect(pk.namespace, pk.data, pk.query)
		return
	}
	s := c.socket(pk.namespace)
	if s == nil {
		// After a namespace was left, packets for it may still be on their way.
		if !c.wasIn(pk.namespace) {
			c.sn.close(ReasonParseError)
		}
		return
	}
	switch pk.kind {
	case packetDisconnect:
		c.part(s, ReasonClientDisconnect)
	case packetEvent, packetBinaryEvent:
		c.event(s, pk)
	}
}

func (c *client) wasIn(namespace string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.left[namespace]
}

func (c *client) event(s *Socket, pk *packet) {
	e := &Event{Name: pk.event, Args: pk.args, Attachments: pk.attachments, WantsAck: pk.id != noID, socket: s, id: pk.id}
	h := s.namespace.handler(pk.event)
	if c.guard("event "+pk.event, func() { h(s, e) }) {
		e.ackBody(refusalBody("internal"), nil)
	}
}

// guard runs application code and reports whether it panicked.
func (c *client) guard(where string, f func()) (panicked bool) {
	defer func() {
		if v := recover(); v != nil {
			panicked = true
			c.srv.counters.panics.Add(1)
			c.srv.config.OnPanic(where, v, debug.Stack())
		}
	}()
	f()
	return false
}

// connect joins a namespace, or says why not.
func (c *client) connect(name string, auth json.RawMessage, query string) {
	n := c.srv.namespace(name)
	if n == nil {
		c.sendConnectError(name, &ConnectError{Message: "Invalid namespace"})
		return
	}
	if c.socket(name) != nil {
		return
	}
	s := newSocket(c, n)
	n.recover(s, auth)
	var err error
	if c.guard("connect "+name, func() { err = n.admit(s, c.handshake(auth, query)) }) {
		err = &ConnectError{Message: "internal error"}
	}
	if err != nil {
		c.mu.Lock()
		c.left[name] = true
		c.mu.Unlock()
		n.remove(s)
		s.end()
		c.sendConnectError(name, err)
		return
	}
	c.mu.Lock()
	if c.over {
		c.mu.Unlock()
		n.remove(s)
		s.end()
		c.disconnected(s, c.sn.closeReason())
		return
	}
	c.sockets[name] = s
	c.mu.Unlock()
	c.sn.setJoinDeadline(false)
	n.add(s)
	s.accept()
}

func (c *client) handshake(auth json.RawMessage, query string) Handshake {
	if len(auth) == 0 {
		auth = json.RawMessage("{}")
	}
	return Handshake{Auth: auth, Request: c.sn.request, EIO: c.sn.eio, Query: mergeQuery(c.sn.request, query)}
}

// sendConnectError refuses a namespace. Revision 3 clients expect a string.
func (c *client) sendConnectError(name string, err error) {
	var refused *ConnectError
	if !errors.As(err, &refused) {
		refused = &ConnectError{Message: err.Error()}
	}
	var data []byte
	if c.sn.eio == 3 {
		data = appendString(nil, refused.Message)
	} else {
		data = refused.encode()
	}
	c.send(encodePacket(packetConnectError, name, noID, data, nil))
}

// part takes a socket out of its namespace, on the dispatcher. The session may
// go on in other namespaces, or have a while to join one.
func (c *client) part(s *Socket, reason Reason) {
	if c.remove(s, reason) {
		c.disconnected(s, reason)
	}
}

// remove ends a socket's membership at once; only the first call counts.
func (c *client) remove(s *Socket, reason Reason) bool {
	c.mu.Lock()
	if c.sockets[s.namespace.name] != s {
		c.mu.Unlock()
		return false
	}
	delete(c.sockets, s.namespace.name)
	c.left[s.namespace.name] = true
	none := len(c.sockets) == 0
	c.mu.Unlock()
	s.namespace.removeFor(s, reason)
	s.end()
	if none {
		c.sn.setJoinDeadline(true)
	}
	return true
}

func (c *client) disconnected(s *Socket, reason Reason) {
	c.guard("disconnect "+s.namespace.name, func() { s.namespace.parted(s, reason) })
}

// kick puts a socket out, from any goroutine.
func (c *client) kick(s *Socket, reason Reason) {
	if s.state() != socketJoined {
		return
	}
	c.send(encodePacket(packetDisconnect, s.namespace.name, noID, nil, nil))
	if !c.remove(s, reason) {
		return
	}
	c.mu.Lock()
	last := len(c.sockets) == 0
	if !c.over {
		c.pushLocked(func() { c.disconnected(s, reason) })
	}
	c.mu.Unlock()
	if last {
		c.sn.close(reason)
	}
}

// closed implements protocol: the session is over, for all its namespaces.
func (c *client) closed(reason Reason) {
	c.mu.Lock()
	all := make([]*Socket, 0, len(c.sockets))
	for _, s := range c.sockets {
		all = append(all, s)
	}
	c.over = true
	c.mu.Unlock()
	for _, s := range all {
		s.end() // now: a handler may be waiting for it
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pushLocked(func() {
		for _, s := range all {
			c.part(s, reason)
		}
	})
}
