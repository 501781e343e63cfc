package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
)

// packetType is the first digit of a Socket.IO packet.
type packetType byte

// The packet types of Socket.IO, revisions 4 and 5 of its protocol alike.
const (
	packetConnect packetType = iota
	packetDisconnect
	packetEvent
	packetAck
	packetConnectError
	packetBinaryEvent
	packetBinaryAck
)

// maxNamespace bounds a namespace's name, in bytes: names are ours, and short.
const maxNamespace = 256

// noID marks a packet for which no acknowledgement is wanted.
const noID = -1

// errTooLarge refuses one event and keeps the connection.
var errTooLarge = errors.New("too many values in one packet")

// packet is one Socket.IO packet.
type packet struct {
	kind        packetType
	namespace   string
	query       string // behind the namespace's name, where version 2 clients put it
	id          int64  // noID for none
	data        json.RawMessage
	args        []json.RawMessage // of events and acknowledgements
	event       string
	announced   int // attachments still to come as binary messages
	attachments [][]byte
}

// limits bounds what one packet may contain.
type limits struct{ attachments, depth, values int }

// decodePacket reads the text of a packet. With errTooLarge the packet is
// returned as far as it was read, for the refusal to reach its sender.
func decodePacket(text []byte, lim limits) (*packet, error) {
	if len(text) == 0 || text[0] < '0' || text[0] > '6' {
		return nil, parseError("unknown packet type")
	}
	p := &packet{kind: packetType(text[0] - '0'), namespace: "/", id: noID}
	rest := text[1:]
	var err error
	if p.kind == packetBinaryEvent || p.kind == packetBinaryAck {
		if rest, err = p.readAttachmentCount(rest, lim.attachments); err != nil {
			return nil, err
		}
	}
	if rest, err = p.readNamespace(rest); err != nil {
		return nil, err
	}
	if rest, err = p.readID(rest); err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		switch err := checkJSON(rest, lim); {
		case errors.Is(err, errTooLarge):
			return p, err
		case err != nil:
			return nil, err
		}
		p.data = json.RawMessage(rest)
	}
	return p, p.check()
}

func (p *packet) readAttachmentCount(rest []byte, limit int) ([]byte, error) {
	i := bytes.IndexByte(rest, '-')
	if i < 1 || i > 3 {
		return nil, parseError("attachment count")
	}
	n, err := strconv.ParseUint(string(rest[:i]), 10, 16)
	if err != nil || int(n) > limit {
		return nil, parseError("attachment count")
	}
	p.announced = int(n)
	return rest[i+1:], nil
}

func (p *packet) readNamespace(rest []byte) ([]byte, error) {
	if len(rest) == 0 || rest[0] != '/' {
		return rest, nil
	}
	name := rest
	if i := bytes.IndexByte(rest, ','); i >= 0 {
		name, rest = rest[:i], rest[i+1:]
	} else {
		rest = nil
	}
	if i := bytes.IndexByte(name, '?'); i >= 0 {
		p.query = string(name[i+1:])
		name = name[:i]
	}
	if len(name) > maxNamespace {
		return nil, parseError("namespace name")
	}
	p.namespace = string(name)
	return rest, nil
}

func (p *packet) readID(rest []byte) ([]byte, error) {
	n := 0
	for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
		if n++; n > 19 {
			return nil, parseError("acknowledgement id")
		}
	}
	if n == 0 {
		return rest, nil
	}
	id, err := strconv.ParseInt(string(rest[:n]), 10, 64)
	if err != nil {
		return nil, parseError("acknowledgement id")
	}
	p.id = id
	return rest[n:], nil
}

// check holds the packet's data against its type and takes it apart.
func (p *packet) check() error {
	switch p.kind {
	case packetConnect:
		if len(p.data) > 0 && p.data[0] != '{' {
			return parseError("connect data")
		}
	case packetDisconnect:
		if len(p.data) > 0 {
			return parseError("disconnect data")
		}
	case packetConnectError:
		return parseError("connect error from a client")
	case packetEvent, packetBinaryEvent:
		if err := p.readArgs(); err != nil {
			return err
		}
		if len(p.args) == 0 {
			return parseError("event without a name")
		}
		name, err := eventName(p.args[0])
		if err != nil {
			return err
		}
		p.event, p.args = name, p.args[1:]
	case packetAck, packetBinaryAck:
		if p.id == noID {
			return parseError("acknowledgement without an id")
		}
		return p.readArgs()
	}
	return nil
}

func (p *packet) readArgs() error {
	if len(p.data) == 0 || p.data[0] != '[' {
		return parseError("arguments")
	}
	if json.Unmarshal(p.data, &p.args) != nil {
		return parseError("arguments")
	}
	if p.kind == packetBinaryEvent || p.kind == packetBinaryAck {
		return checkPlaceholders(p.data, p.announced)
	}
	return nil
}

// eventName reads an event's name: a string, or a number, which some clients
// use; the number's text is its name.
func eventName(raw json.RawMessage) (string, error) {
	switch c := raw[0]; {
	case c == '"':
		var name string
		if err := json.Unmarshal(raw, &name); err != nil {
			return "", parseError("event name")
		}
		if isReserved(name) {
			return "", parseError("reserved event name")
		}
		return name, nil
	case c == '-' || c >= '0' && c <= '9':
		return string(raw), nil
	}
	return "", parseError("event name")
}

// isReserved reports the names client libraries emit to themselves: taking them
// from the network would let a stranger fake a library's own events.
func isReserved(name string) bool {
	switch name {
	case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener":
		return true
	}
	return false
}

// checkJSON holds JSON against the limits before anything is built from it.
func checkJSON(b []byte, lim limits) error {
	depth, values, inString := 0, 1, false
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '[' || c == '{':
			if depth++; depth > lim.depth {
				return parseError("JSON nested too deeply")
			}
		case c == ']' || c == '}':
			depth--
		case c == ',':
			values++
		}
	}
	if !json.Valid(b) {
		return parseError("JSON")
	}
	if values > lim.values {
		return errTooLarge
	}
	return nil
}

// checkPlaceholders makes sure every placeholder names an attachment that was
// announced, so that a handler may index without looking.
func checkPlaceholders(data []byte, attachments int) error {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return parseError("JSON")
	}
	if !placeholdersValid(v, attachments) {
		return parseError("attachment placeholder")
	}
	return nil
}

func placeholdersValid(v any, attachments int) bool {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if !placeholdersValid(e, attachments) {
				return false
			}
		}
	case map[string]any:
		if v["_placeholder"] == true {
			num, ok := v["num"].(float64)
			return ok && num == math.Trunc(num) && num >= 0 && num < float64(attachments)
		}
		for _, e := range v {
			if !placeholdersValid(e, attachments) {
				return false
			}
		}
	}
	return true
}

// encodePacket writes a packet as the Engine.IO packets that carry it: one text
// message and one binary message an attachment.
func encodePacket(kind packetType, namespace string, id int64, data []byte, attachments [][]byte) []enginePacket {
	if len(attachments) > 0 && kind < packetBinaryEvent {
		kind += packetBinaryEvent - packetEvent
	}
	b := make([]byte, 0, len(data)+len(namespace)+32)
	b = append(b, '0'+byte(kind))
	if kind >= packetBinaryEvent {
		b = strconv.AppendInt(b, int64(len(attachments)), 10)
		b = append(b, '-')
	}
	if namespace != "/" {
		b = append(b, namespace...)
		b = append(b, ',')
	}
	if id != noID {
		b = strconv.AppendInt(b, id, 10)
	}
	b = append(b, data...)
	packets := make([]enginePacket, 1, 1+len(attachments))
	packets[0] = enginePacket{kind: engineMessage, data: b}
	for _, a := range attachments {
		packets = append(packets, enginePacket{kind: engineMessage, binary: true, data: a})
	}
	return packets
}
