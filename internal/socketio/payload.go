package socketio

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"unicode/utf8"
)

// enginePacket is one Engine.IO packet: its type as the digit that stands for
// it on the wire, and its data.
type enginePacket struct {
	kind   byte
	binary bool
	data   []byte
}

// The packet types of Engine.IO.
const (
	engineOpen    byte = '0'
	engineClose   byte = '1'
	enginePing    byte = '2'
	enginePong    byte = '3'
	engineMessage byte = '4'
	engineUpgrade byte = '5'
	engineNoop    byte = '6'
)

const (
	recordSeparator = 0x1e // between the packets of a revision 4 payload

	textPayload   = "text/plain; charset=UTF-8"
	binaryPayload = "application/octet-stream"
)

func isEngineKind(c byte) bool { return c >= engineOpen && c <= engineNoop }

// decodeText reads one packet that came as text.
func decodeText(s []byte) (enginePacket, error) {
	if len(s) == 0 || !isEngineKind(s[0]) {
		return enginePacket{}, parseError("unknown engine packet")
	}
	if !utf8.Valid(s) {
		return enginePacket{}, &closeError{ReasonInvalidUTF8, "engine packet"}
	}
	return enginePacket{kind: s[0], data: s[1:]}, nil
}

func decodeBase64(s []byte) (enginePacket, error) {
	data := make([]byte, base64.StdEncoding.DecodedLen(len(s)))
	n, err := base64.StdEncoding.Decode(data, s)
	if err != nil {
		return enginePacket{}, parseError("base64")
	}
	return enginePacket{kind: engineMessage, binary: true, data: data[:n]}, nil
}

// decodePayload4 reads the body of a revision 4 post: packets between record
// separators, binary ones as "b" and base64.
func decodePayload4(body []byte, maxPackets int) ([]enginePacket, error) {
	n := bytes.Count(body, []byte{recordSeparator}) + 1
	if n > maxPackets {
		return nil, parseError("too many packets")
	}
	packets := make([]enginePacket, 0, n)
	for part := range bytes.SplitSeq(body, []byte{recordSeparator}) {
		var p enginePacket
		var err error
		if len(part) > 0 && part[0] == 'b' {
			p, err = decodeBase64(part[1:])
		} else {
			p, err = decodeText(part)
		}
		if err != nil {
			return nil, err
		}
		packets = append(packets, p)
	}
	return packets, nil
}

// decodePayload3 reads the body of a revision 3 post sent as text:
// "length:packet" with the length in UTF-16 code units, since JavaScript
// counted it; binary packets as "b4" and base64.
func decodePayload3(body []byte, maxPackets int) ([]enginePacket, error) {
	if len(body) == 0 {
		return nil, parseError("empty payload")
	}
	var packets []enginePacket
	for len(body) > 0 {
		if len(packets) == maxPackets {
			return nil, parseError("too many packets")
		}
		units, rest, err := decodeLength3(body)
		if err != nil {
			return nil, err
		}
		size, err := utf16Prefix(rest, units)
		if err != nil {
			return nil, err
		}
		part := rest[:size]
		body = rest[size:]
		var p enginePacket
		if part[0] == 'b' {
			if len(part) < 2 || part[1] != engineMessage {
				return nil, parseError("binary packet type")
			}
			p, err = decodeBase64(part[2:])
		} else {
			p, err = decodeText(part)
		}
		if err != nil {
			return nil, err
		}
		packets = append(packets, p)
	}
	return packets, nil
}

// decodeLength3 reads "digits:" and returns the number and what follows.
func decodeLength3(body []byte) (n int, rest []byte, err error) {
	for i, c := range body {
		if c == ':' && i > 0 && n > 0 {
			return n, body[i+1:], nil
		}
		if c < '0' || c > '9' || i == 9 {
			break
		}
		n = n*10 + int(c-'0')
	}
	return 0, nil, parseError("packet length")
}

// utf16Prefix returns how many bytes of b make up the given number of UTF-16
// code units.
func utf16Prefix(b []byte, units int) (size int, err error) {
	for units > 0 && size < len(b) {
		r, width := utf8.DecodeRune(b[size:])
		if r == utf8.RuneError && width == 1 {
			return 0, &closeError{ReasonInvalidUTF8, "payload"}
		}
		size += width
		units--
		if r > 0xffff {
			units--
		}
	}
	if units != 0 {
		return 0, parseError("packet shorter than its length")
	}
	return size, nil
}

func utf16Len(b []byte) (n int) {
	for len(b) > 0 {
		r, width := utf8.DecodeRune(b)
		b = b[width:]
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// decodePayload3Binary reads the body of a revision 3 post sent as bytes: a
// zero (text) or one (binary), the length as one byte a decimal digit, 0xff,
// and as many bytes.
func decodePayload3Binary(body []byte, maxPackets int) ([]enginePacket, error) {
	if len(body) == 0 {
		return nil, parseError("empty payload")
	}
	var packets []enginePacket
	for len(body) > 0 {
		if len(packets) == maxPackets {
			return nil, parseError("too many packets")
		}
		text := body[0] == 0
		if body[0] > 1 {
			return nil, parseError("payload marker")
		}
		n, i := 0, 1
		for ; i < len(body) && body[i] != 0xff; i++ {
			if body[i] > 9 || i > 9 {
				return nil, parseError("packet length")
			}
			n = n*10 + int(body[i])
		}
		i++
		if n < 1 || n > len(body)-i {
			return nil, parseError("packet length")
		}
		p, err := decodePart3(body[i:i+n], text)
		if err != nil {
			return nil, err
		}
		packets = append(packets, p)
		body = body[i+n:]
	}
	return packets, nil
}

func decodePart3(part []byte, text bool) (enginePacket, error) {
	if text {
		return decodeText(part)
	}
	return decodeBinary3(part)
}

// decodeBinary3 reads one revision 3 packet that came as bytes: its type is a
// number, not a digit.
func decodeBinary3(part []byte) (enginePacket, error) {
	if len(part) == 0 || part[0] != engineMessage-'0' {
		return enginePacket{}, parseError("binary packet type")
	}
	return enginePacket{kind: engineMessage, binary: true, data: part[1:]}, nil
}

// encodePayload writes packets as the answer to a poll and names its content
// type. Revision 3 takes base64 only when the client asked for it.
func encodePayload(packets []enginePacket, eio int, base64Only bool) (body []byte, contentType string) {
	if eio == 4 {
		return encodePayload4(packets), textPayload
	}
	if !base64Only {
		for _, p := range packets {
			if p.binary {
				return encodePayload3Binary(packets), binaryPayload
			}
		}
	}
	return encodePayload3(packets), textPayload
}

func encodePayload4(packets []enginePacket) []byte {
	var b []byte
	for i, p := range packets {
		if i > 0 {
			b = append(b, recordSeparator)
		}
		if p.binary {
			b = append(b, 'b')
			b = base64.StdEncoding.AppendEncode(b, p.data)
		} else {
			b = append(b, p.kind)
			b = append(b, p.data...)
		}
	}
	return b
}

func encodePayload3(packets []enginePacket) []byte {
	var b []byte
	for _, p := range packets {
		if p.binary {
			b = strconv.AppendInt(b, int64(base64.StdEncoding.EncodedLen(len(p.data))+2), 10)
			b = append(b, ':', 'b', engineMessage)
			b = base64.StdEncoding.AppendEncode(b, p.data)
		} else {
			b = strconv.AppendInt(b, int64(utf16Len(p.data)+1), 10)
			b = append(b, ':', p.kind)
			b = append(b, p.data...)
		}
	}
	return b
}

func encodePayload3Binary(packets []enginePacket) []byte {
	var b []byte
	for _, p := range packets {
		marker, kind := byte(0), p.kind
		if p.binary {
			marker, kind = 1, p.kind-'0'
		}
		b = append(b, marker)
		for _, digit := range strconv.Itoa(len(p.data) + 1) {
			b = append(b, byte(digit-'0'))
		}
		b = append(b, 0xff, kind)
		b = append(b, p.data...)
	}
	return b
}
