package socketio

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/gobwas/ws"
)

// Message is an event ready to be sent. It is encoded once, and all receivers
// share the bytes, websocket frames included.
type Message struct {
	body        []byte // the JSON array: event name and arguments
	attachments [][]byte
	topic       string
	cached      atomic.Pointer[namespacedWire]
}

type namespacedWire struct {
	namespace string
	*wire
}

// NewMessage encodes an event. An argument of type []byte becomes a binary
// attachment; json.RawMessage is sent as it is; all else goes through
// encoding/json, whose error is returned.
func NewMessage(event string, args ...any) (*Message, error) {
	body, attachments, err := encodeArgs(&event, args)
	if err != nil {
		return nil, err
	}
	return &Message{body: body, attachments: attachments}, nil
}

// RawMessage makes a message of one argument that is JSON already. It is not
// checked. Where attachments are given and the argument is empty, a placeholder
// for each is the argument list.
func RawMessage(event string, jsonArg []byte, attachments ...[]byte) *Message {
	var args []json.RawMessage
	if len(jsonArg) > 0 {
		args = append(args, jsonArg)
	} else {
		for i := range attachments {
			args = append(args, placeholder(i))
		}
	}
	return RawArgsMessage(event, args, attachments)
}

// RawArgsMessage makes a message of arguments that are JSON already and name
// their attachments by placeholders, as they do in an Event.
func RawArgsMessage(event string, args []json.RawMessage, attachments [][]byte) *Message {
	return &Message{body: joinArgs(&event, args), attachments: attachments}
}

// Topic makes the message replaceable: while it waits in a slow connection's
// queue, a newer one of the same topic takes its place. Call it before sending.
func (m *Message) Topic(topic string) *Message {
	m.topic = topic
	return m
}

// Size is what the message weighs before framing, in bytes.
func (m *Message) Size() int {
	n := len(m.body)
	for _, a := range m.attachments {
		n += len(a)
	}
	return n
}

// wire returns the message as it travels in a namespace. Messages rarely go to
// two namespaces, so the first one is remembered.
func (m *Message) wire(namespace string) *wire {
	if c := m.cached.Load(); c != nil && c.namespace == namespace {
		return c.wire
	}
	w := newWire(encodePacket(packetEvent, namespace, noID, m.body, m.attachments)...)
	m.cached.CompareAndSwap(nil, &namespacedWire{namespace, w})
	if c := m.cached.Load(); c.namespace == namespace {
		return c.wire
	}
	return w
}

func placeholder(i int) json.RawMessage {
	return json.RawMessage(`{"_placeholder":true,"num":` + strconv.Itoa(i) + `}`)
}

// encodeArgs writes a JSON array of the event's name, if any, and args.
func encodeArgs(event *string, args []any) (body []byte, attachments [][]byte, err error) {
	raws := make([]json.RawMessage, len(args))
	for i, arg := range args {
		switch arg := arg.(type) {
		case []byte:
			raws[i] = placeholder(len(attachments))
			attachments = append(attachments, arg)
		case json.RawMessage:
			raws[i] = arg
			if len(arg) == 0 {
				raws[i] = json.RawMessage("null")
			}
		default:
			var b bytes.Buffer
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			if err := enc.Encode(arg); err != nil {
				return nil, nil, fmt.Errorf("argument %d: %w", i, err)
			}
			raws[i] = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
		}
	}
	return joinArgs(event, raws), attachments, nil
}

func joinArgs(event *string, args []json.RawMessage) []byte {
	size := 2
	for _, a := range args {
		size += len(a) + 1
	}
	b := make([]byte, 0, size+32)
	b = append(b, '[')
	if event != nil {
		b = appendString(b, *event)
		if len(args) > 0 {
			b = append(b, ',')
		}
	}
	for i, a := range args {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, a...)
	}
	return append(b, ']')
}

func appendString(b []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil { // strings always encode
		panic(err)
	}
	return append(b, quoted...)
}

// wire is a run of Engine.IO packets that is queued, sent and counted as one:
// an event's header and its attachments must not be torn apart.
type wire struct {
	packets []enginePacket
	size    int

	text   framesOnce // for text, and revision 4
	binary framesOnce // for revision 3, where binary frames begin with a type
}

type framesOnce struct {
	once sync.Once
	buf  []byte
}

func newWire(packets ...enginePacket) *wire {
	w := &wire{packets: packets}
	for _, p := range packets {
		w.size += len(p.data) + 1
	}
	return w
}

func controlWire(kind byte, data string) *wire {
	return newWire(enginePacket{kind: kind, data: []byte(data)})
}

// frames returns the packets as websocket frames. Text is the same in both
// revisions, so only messages with attachments are encoded twice.
func (w *wire) frames(eio int) []byte {
	f := &w.text
	if eio == 3 && w.hasBinary() {
		f = &w.binary
	}
	f.once.Do(func() { f.buf = encodeFrames(w.packets, eio, w.size) })
	return f.buf
}

func (w *wire) hasBinary() bool { return w.packets[len(w.packets)-1].binary }

func encodeFrames(packets []enginePacket, eio, size int) []byte {
	b := bytes.NewBuffer(make([]byte, 0, size+len(packets)*ws.MaxHeaderSize))
	for _, p := range packets {
		h := ws.Header{Fin: true, OpCode: ws.OpText, Length: int64(len(p.data) + 1)}
		switch {
		case !p.binary:
			ws.WriteHeader(b, h)
			b.WriteByte(p.kind)
		case eio == 3:
			h.OpCode = ws.OpBinary
			ws.WriteHeader(b, h)
			b.WriteByte(p.kind - '0')
		default:
			h.OpCode = ws.OpBinary
			h.Length--
			ws.WriteHeader(b, h)
		}
		b.Write(p.data)
	}
	return b.Bytes()
}
