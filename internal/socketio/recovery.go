package socketio

import (
	"encoding/json"
	"strconv"
	"sync"
	"time"
)

// recovery lets a client that lost its connection come back as if it had not:
// same id, same rooms, and every reliable message it missed, in order. It is all
// or nothing: where one message is no longer remembered, the client joins anew,
// and its library says so (socket.recovered).
//
// A client asks for it with "recover": true in its auth. Each reliable message
// then carries its offset as a last argument, which the JavaScript client (4.6 and
// later) remembers and brings back. Clients that did not ask get no such argument:
// the Python library hands it to handlers that don't expect one. Messages with a
// topic are state and are not remembered; acknowledgements and requests end with
// the connection.
type recovery struct {
	keep     time.Duration
	messages int // bounds of the memory
	bytes    int

	mu     sync.Mutex // held while a message is numbered and queued: order of offsets is order of arrival
	last   uint64     // offset of the newest message
	log    []logged
	size   int
	parked map[string]*parked
}

// logged is a message that was sent.
type logged struct {
	offset uint64
	at     time.Time
	wire   *wire
	room   string  // empty: to all
	to     *Socket // of one client only: who had this id at the time
	toID   string
}

// parked is what is kept of a client that lost its connection.
type parked struct {
	id      string
	rooms   map[string]struct{}
	data    any
	joined  uint64 // offset when it joined: what came before was not for it
	expires time.Time
}

func newRecovery(c *Config) *recovery {
	if c.Recovery <= 0 {
		return nil
	}
	return &recovery{keep: c.Recovery, messages: c.RecoveryMessages, bytes: c.RecoveryBytes, parked: map[string]*parked{}}
}

// recoverable tells whether a client that left for this reason may come back to
// what it had. Who was put out, or broke the rules, may not.
func (r Reason) recoverable() bool {
	switch r {
	case ReasonTransportClosed, ReasonPingTimeout, ReasonPollAborted, ReasonPollOverlap, ReasonSlowConsumer:
		return true
	}
	return false
}

// number makes the message's packets with the next offset and remembers them;
// r.mu is held.
func (r *recovery) number(m *Message, namespace, room string, to *Socket) *wire {
	r.last++
	body := append(make([]byte, 0, len(m.body)+24), m.body[:len(m.body)-1]...)
	body = append(body, ',', '"')
	body = strconv.AppendUint(body, r.last, 36)
	body = append(body, '"', ']')
	w := newWire(encodePacket(packetEvent, namespace, noID, body, m.attachments)...)
	l := logged{offset: r.last, at: time.Now(), wire: w, room: room, to: to}
	if to != nil {
		l.toID = to.id
	}
	r.log = append(r.log, l)
	r.size += w.size
	r.trim()
	return w
}

// trim forgets what is too old or too much.
func (r *recovery) trim() {
	n, old := 0, time.Now().Add(-r.keep)
	for n < len(r.log) && (r.log[n].at.Before(old) || len(r.log)-n > r.messages || r.size > r.bytes) {
		r.size -= r.log[n].wire.size
		n++
	}
	if n > 0 {
		r.log = append(r.log[:0:0], r.log[n:]...)
	}
}

// park keeps what a client had; n.mu is held by the caller.
func (r *recovery) park(s *Socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for pid, p := range r.parked {
		if p.expires.Before(now) {
			delete(r.parked, pid)
		}
	}
	if len(r.parked) >= s.client.srv.config.MaxSessions {
		return // it joins anew, if it comes back
	}
	rooms := make(map[string]struct{}, len(s.rooms))
	for room := range s.rooms {
		rooms[room] = struct{}{}
	}
	r.parked[s.pid] = &parked{id: s.id, rooms: rooms, data: s.Data, joined: s.since, expires: now.Add(r.keep)}
}

// missed is what a client that has all up to offset has to get; false when that
// is not known any more, or is more than its queue takes. r.mu is held.
func (r *recovery) missed(p *parked, offset uint64, most, mostBytes int) ([]*wire, bool) {
	r.trim()
	if offset > r.last {
		return nil, false
	}
	if offset < r.last && (len(r.log) == 0 || r.log[0].offset > offset+1) {
		return nil, false
	}
	var all []*wire
	size := 0
	for i := range r.log {
		l := &r.log[i]
		if l.offset <= offset {
			continue
		}
		_, member := p.rooms[l.room]
		if l.to != nil && l.toID != p.id || l.to == nil && l.room != "" && !member {
			continue
		}
		all = append(all, l.wire)
		size += l.wire.size
	}
	return all, len(all) <= most && size <= mostBytes
}

// ticket is what a client brings along to be recovered.
type ticket struct {
	Recover bool    `json:"recover"`
	PID     string  `json:"pid"`
	Offset  *string `json:"offset"`
}

// recover gives a new socket what an earlier one had, or a ticket for the next
// time, when the client asks for either.
func (n *Namespace) recover(s *Socket, auth json.RawMessage) {
	var t ticket
	if n.recovery == nil || s.client.sn.eio == 3 || len(auth) == 0 || json.Unmarshal(auth, &t) != nil {
		return
	}
	if t.PID != "" && n.restore(s, &t) || !t.Recover && t.PID == "" {
		return
	}
	n.recovery.mu.Lock()
	defer n.recovery.mu.Unlock()
	s.pid, s.since = newID(), n.recovery.last
}

// restore gives a new socket what the one before had, if all of it is known. It
// is then a member of the namespace, and what is sent to it is held until it
// has been let in.
func (n *Namespace) restore(s *Socket, t *ticket) bool {
	r := n.recovery
	n.evict(t.PID)
	n.mu.Lock()
	defer n.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.parked[t.PID]
	if p == nil {
		return false
	}
	delete(r.parked, t.PID)
	if p.expires.Before(time.Now()) {
		return false
	}
	offset := p.joined
	if t.Offset != nil {
		o, err := strconv.ParseUint(*t.Offset, 36, 64)
		if err != nil {
			return false
		}
		offset = max(offset, o)
	}
	c := &s.client.srv.config
	missed, ok := r.missed(p, offset, c.QueueMessages/2, c.QueueBytes/2)
	if !ok {
		return false
	}
	s.id, s.pid, s.since, s.Data, s.recovered = p.id, t.PID, p.joined, p.data, true
	s.mu.Lock()
	for _, w := range missed {
		s.held = append(s.held, item{wire: w, owner: s})
	}
	s.mu.Unlock()
	n.sockets[s] = struct{}{}
	n.byPID[s.pid] = s
	for room := range p.rooms {
		n.joinLocked(s, room)
	}
	return true
}

// evict parks the client that still seems to be there under a ticket: its network
// is gone, and we had not noticed.
func (n *Namespace) evict(pid string) {
	n.mu.RLock()
	old := n.byPID[pid]
	n.mu.RUnlock()
	if old == nil {
		return
	}
	n.removeFor(old, ReasonTransportClosed)
	old.client.sn.close(ReasonTransportClosed)
}
