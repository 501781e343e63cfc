// Package suite is the server that the public protocol suites talk to, apart
// from the command, for the tests to run it in-process.
package suite

import (
	"context"
	"errors"
	"net/http"
	"time"

	"volary/internal/socketio"
)

// Servers serves Engine.IO on /engine.io/ and Socket.IO on /socket.io/.
type Servers struct {
	http.Handler
	engine, socket *socketio.Server
}

// New makes the servers with the timing the suites are written for: half a
// second without an answer ends a session.
func New() *Servers {
	return newServers(socketio.Config{
		PingInterval:   300 * time.Millisecond,
		PingTimeout:    200 * time.Millisecond,
		ConnectTimeout: time.Second,
	})
}

// Patient makes the same servers with everyday timing, for real clients on a
// busy machine.
func Patient() *Servers { return newServers(socketio.Config{}) }

func newServers(config socketio.Config) *Servers {
	config.MaxPayload = 1_000_000
	config.AllowEIO3 = true
	config.Recovery = 2 * time.Minute
	config.EventsPerSecond = -1
	config.CheckOrigin = func(*http.Request) bool { return true }
	s := &Servers{
		engine: socketio.NewEngineServer(config, func(c *socketio.EngineConn, data []byte, binary bool) {
			c.Send(data, binary)
		}),
		socket: socketio.NewServer(config),
	}
	for _, name := range []string{"/", "/custom"} {
		serve(s.socket.Of(name))
	}
	mux := http.NewServeMux()
	mux.Handle("/engine.io/", s.engine)
	mux.Handle("/socket.io/", s.socket)
	s.Handler = mux
	return s
}

func serve(n *socketio.Namespace) {
	n.OnConnect(func(s *socketio.Socket, h socketio.Handshake) error {
		s.Send(socketio.RawMessage("auth", h.Auth))
		return nil
	})
	n.On("message", func(s *socketio.Socket, e *socketio.Event) {
		s.Send(socketio.RawArgsMessage("message-back", e.Args, e.Attachments))
	})
	// Not in the suites: real clients are to receive a broadcast, on demand.
	n.On("broadcast", func(_ *socketio.Socket, e *socketio.Event) {
		n.Send(socketio.RawArgsMessage("broadcast-back", e.Args, e.Attachments))
	})
	n.On("message-with-ack", func(_ *socketio.Socket, e *socketio.Event) {
		e.AckRaw(e.Args, e.Attachments)
	})
}

// Socket returns the Socket.IO server.
func (s *Servers) Socket() *socketio.Server { return s.socket }

// Close closes both servers.
func (s *Servers) Close(ctx context.Context) error {
	return errors.Join(s.engine.Close(ctx), s.socket.Close(ctx))
}
