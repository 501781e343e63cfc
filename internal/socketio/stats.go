package socketio

import (
	"sync/atomic"
	"time"
)

// Stats is a snapshot of a Server's counters since it was made.
type Stats struct {
	Sessions  int // open now
	Polling   int // of these
	WebSocket int

	Opened   uint64 // sessions
	Refused  uint64 // handshakes refused for MaxSessions
	Upgraded uint64 // sessions that went from polling to websocket

	MessagesReceived uint64 // Engine.IO packets
	MessagesSent     uint64 // queue entries: an event with its attachments counts once
	BytesReceived    uint64 // payload, without HTTP and websocket framing
	BytesSent        uint64

	DroppedMessages uint64 // topic messages replaced or without room
	LimitedEvents   uint64 // events refused as rate_limited
	UnknownAcks     uint64 // acknowledgements nobody waits for
	Panics          uint64 // recovered in handlers

	Closes map[string]uint64 // sessions closed, by reason
}

// SessionInfo describes a session that ended.
type SessionInfo struct {
	EIO        int
	Transport  string // what it ended on
	RemoteAddr string
	Reason     Reason
	Duration   time.Duration
}

type counters struct {
	opened, refused, upgraded         atomic.Uint64
	messagesReceived, messagesSent    atomic.Uint64
	bytesReceived, bytesSent          atomic.Uint64
	dropped, limited, unknown, panics atomic.Uint64
	closes                            [reasonCount]atomic.Uint64
}

// Stats returns the counters as they are now.
func (s *Server) Stats() Stats {
	c := &s.counters
	st := Stats{
		Opened:           c.opened.Load(),
		Refused:          c.refused.Load(),
		Upgraded:         c.upgraded.Load(),
		MessagesReceived: c.messagesReceived.Load(),
		MessagesSent:     c.messagesSent.Load(),
		BytesReceived:    c.bytesReceived.Load(),
		BytesSent:        c.bytesSent.Load(),
		DroppedMessages:  c.dropped.Load(),
		LimitedEvents:    c.limited.Load(),
		UnknownAcks:      c.unknown.Load(),
		Panics:           c.panics.Load(),
		Closes:           make(map[string]uint64),
	}
	for r := range reasonCount {
		if n := c.closes[r].Load(); n > 0 {
			st.Closes[r.String()] = n
		}
	}
	for _, session := range s.snapshot() {
		st.Sessions++
		if session.transport() == transportPolling {
			st.Polling++
		} else {
			st.WebSocket++
		}
	}
	return st
}
