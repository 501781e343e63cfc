package socketio

// EngineConn is a connection of a Server made by NewEngineServer.
type EngineConn struct {
	sn      *session
	receive func(c *EngineConn, data []byte, binary bool)
}

// NewEngineServer makes a Server that speaks Engine.IO only, with nothing on
// top: receive gets the data of each message packet, on the goroutine that read
// it. It is there to hold the lower layer against the public protocol suites.
func NewEngineServer(config Config, receive func(c *EngineConn, data []byte, binary bool)) *Server {
	s := newServer(config)
	s.newProtocol = func(sn *session) protocol { return &EngineConn{sn, receive} }
	return s
}

// Send queues a message packet.
func (c *EngineConn) Send(data []byte, binary bool) {
	c.sn.send(item{wire: newWire(enginePacket{kind: engineMessage, binary: binary, data: data})})
}

func (c *EngineConn) open() {}

func (c *EngineConn) message(p enginePacket) error {
	c.receive(c, p.data, p.binary)
	return nil
}

func (c *EngineConn) closed(Reason) {}
