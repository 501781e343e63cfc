package socketio

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Config holds what can be chosen about a Server. The zero value is a safe
// server for the public: every limit has a default.
type Config struct {
	// PingInterval is the time between two pings. Zero means 25 s. Shorter finds
	// dead clients sooner and costs a packet a client each time.
	PingInterval time.Duration
	// PingTimeout is how long a pong may take. Zero means 20 s.
	PingTimeout time.Duration
	// ConnectTimeout is how long a session may exist without having joined a
	// namespace. Zero means 10 s. It keeps strangers from parking connections.
	ConnectTimeout time.Duration
	// UpgradeTimeout is how long an upgrade from polling to websocket may take.
	// Zero means 10 s. The session stays on polling when it runs out.
	UpgradeTimeout time.Duration
	// WriteTimeout is how long a client may refuse to take data before it is
	// dropped. Zero means 8 s, so that it is gone within 10 s with the clean-up.
	WriteTimeout time.Duration
	// ReadTimeout is how long one message, its attachments or one request body
	// may take to arrive once begun. Zero means 10 s.
	ReadTimeout time.Duration

	// MaxPayload is the largest inbound message or request body, in bytes.
	// Zero means 100,000.
	MaxPayload int
	// MaxPackets is how many packets one request body may hold. Zero means 512:
	// a burst of 40 events with ten attachments each fits.
	MaxPackets int
	// MaxAttachments is how many binary attachments an event may have. Zero
	// means 10, negative none.
	MaxAttachments int
	// MaxDepth is how deeply JSON may be nested. Zero means 32.
	MaxDepth int
	// MaxValues is how many elements and members the JSON of one packet may have
	// in total. Zero means 10,000. An event over it is refused as too_large.
	MaxValues int

	// MaxSessions is how many sessions may be open at once. Zero means 10,000.
	// Over it a handshake is answered 503 with Retry-After.
	MaxSessions int
	// QueueMessages bounds each connection's outbound queue. Zero means 256.
	QueueMessages int
	// QueueBytes bounds the same queue in bytes. Zero means 4 MiB. What is being
	// written at the moment is not counted, so twice as much may be held.
	QueueBytes int
	// MaxRequests is how many Socket.Request may wait on one connection. Zero
	// means 64.
	MaxRequests int

	// Recovery is how long a client that lost its connection may come back to its
	// rooms and to the reliable messages it missed. Zero means not at all: then
	// messages carry no offsets. Two minutes is usual.
	Recovery time.Duration
	// RecoveryMessages bounds the messages that are remembered for that, in each
	// namespace. Zero means 10,000.
	RecoveryMessages int
	// RecoveryBytes bounds the same in bytes. Zero means 16 MiB.
	RecoveryBytes int

	// EventsPerSecond is how many events a client may send, sustained. Zero
	// means 20, negative no limit.
	EventsPerSecond float64
	// EventBurst is how many it may send at once. Zero means 40. Five bursts of
	// refused events close the connection.
	EventBurst int

	// AllowEIO3 admits Engine.IO revision 3: JavaScript clients of version 2 and
	// many libraries in other languages.
	AllowEIO3 bool
	// CheckOrigin says whether a browser's page may connect; it is asked on
	// polling and websocket alike, for requests that carry an Origin. Nil
	// accepts pages of the same host only.
	CheckOrigin func(*http.Request) bool
	// ClientKey names the party behind a request, to slow down the guessing of
	// session ids. Nil means the host part of RemoteAddr.
	ClientKey func(*http.Request) string

	// OnPanic is told when a handler panicked. The client is answered "internal
	// error" and the process lives on. Nil loses the story.
	OnPanic func(where string, value any, stack []byte)
	// OnWrite is told, of one message in sixteen, how long it waited from Send to
	// the operating system taking it. It must not block. Nil means nobody listens.
	OnWrite func(time.Duration)
	// OnClose is told of each session that ended, from the goroutine that
	// ended it; it must not block. Nil means nobody listens.
	OnClose func(SessionInfo)
}

func (c Config) withDefaults() Config {
	durations := []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.PingInterval, 25 * time.Second},
		{&c.PingTimeout, 20 * time.Second},
		{&c.ConnectTimeout, 10 * time.Second},
		{&c.UpgradeTimeout, 10 * time.Second},
		{&c.WriteTimeout, 8 * time.Second},
		{&c.ReadTimeout, 10 * time.Second},
	}
	for _, d := range durations {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	numbers := []struct {
		field *int
		value int
	}{
		{&c.MaxPayload, 100_000},
		{&c.MaxPackets, 512},
		{&c.MaxDepth, 32},
		{&c.MaxValues, 10_000},
		{&c.MaxSessions, 10_000},
		{&c.QueueMessages, 256},
		{&c.QueueBytes, 4 << 20},
		{&c.MaxRequests, 64},
		{&c.EventBurst, 40},
		{&c.RecoveryMessages, 10_000},
		{&c.RecoveryBytes, 16 << 20},
	}
	for _, n := range numbers {
		if *n.field <= 0 {
			*n.field = n.value
		}
	}
	switch {
	case c.MaxAttachments == 0:
		c.MaxAttachments = 10
	case c.MaxAttachments < 0:
		c.MaxAttachments = 0
	}
	if c.EventsPerSecond == 0 {
		c.EventsPerSecond = 20
	}
	if c.CheckOrigin == nil {
		c.CheckOrigin = sameOrigin
	}
	if c.ClientKey == nil {
		c.ClientKey = remoteHost
	}
	if c.OnPanic == nil {
		c.OnPanic = func(string, any, []byte) {}
	}
	if c.OnClose == nil {
		c.OnClose = func(SessionInfo) {}
	}
	return c
}

func sameOrigin(r *http.Request) bool {
	u, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

func remoteHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
