// Package socketio speaks Socket.IO to browsers, scripts and other programs,
// so that the rest of the platform can think in events, rooms and messages.
//
// # What it is made of
//
// A client's bytes pass through three layers, each in files of its own:
//
//	HTTP request
//	   │  handshake.go   is this request well formed, allowed, known?
//	   ▼
//	Engine.IO session    session.go, heartbeat.go, queue.go
//	   │  polling.go     GET and POST with many packets in a body (payload.go)
//	   │  websocket.go   one packet a frame (frame.go)
//	   │  upgrade.go     from the first to the second, losing nothing
//	   ▼
//	Socket.IO client     client.go, packet.go
//	   │                 namespaces, events, acknowledgements, rate limit
//	   ▼
//	Namespace, Socket    namespace.go, socket.go, message.go: the public API
//
// Revisions 3 and 4 of Engine.IO share one path: the query's EIO parameter
// tells them apart, and only heartbeat, payload and binary framing differ.
//
// # Who runs what
//
// A session has one goroutine of its own, the keeper. It owns time (pings,
// deadlines) and, once there is a websocket, everything that is written to it.
// Reading happens on the goroutine net/http gave the request. Handlers run on a
// third goroutine that exists only while there is something to handle; so a
// handler may wait for Socket.Request without stopping the reader, and the
// handlers of one connection never run at the same time. Server.Close returns
// when all of them have ended.
//
// # Slow clients
//
// Send never blocks. Each connection has its own bounded queue. A Message with
// a Topic is state: a newer one takes the place of an older one that is still
// queued, and the loss is counted for Socket.TakeDropped. A Message without a
// topic is a promise: when it doesn't fit, the connection is closed with
// ReasonSlowConsumer, since a client that silently missed an event is worse off
// than one that knows it must start again.
//
// # Use
//
//	srv := socketio.NewServer(socketio.Config{})
//	root := srv.Of("/")
//	root.OnConnect(func(s *socketio.Socket, h socketio.Handshake) error { s.Join("all"); return nil })
//	root.On("hello", func(s *socketio.Socket, e *socketio.Event) { e.Ack("hi") })
//	mux.Handle("/socket.io/", srv)
//
// All methods of Server, Namespace, Socket and Event are safe for concurrent
// use. Namespaces and handlers are registered before the first request.
package socketio
