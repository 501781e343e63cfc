package socketio

import (
	"bufio"
	"errors"
	"io"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// maxFragments is how many pieces a message may come in: without a limit,
// empty fragments would keep a reader busy for ever.
const maxFragments = 1024

// frameReader reads websocket messages and is strict about it: the network's
// lies end here.
type frameReader struct {
	in    *bufio.Reader
	limit int // bytes in a message, over all its fragments
	// timeout is how long a message may take once its first byte is here.
	timeout time.Duration
	// deadline sets the connection's read deadline; the zero time clears it.
	deadline func(time.Time)
	// pinged is told of a ping; an error ends the reading.
	pinged func(payload []byte) error
}

func protocolError(detail string) error { return &closeError{ReasonProtocolError, detail} }

// next returns the next text or binary message. A closeError tells why there
// will be no more; other errors are the network's.
func (f *frameReader) next() (op ws.OpCode, message []byte, err error) {
	if _, err := f.in.Peek(1); err != nil { // idle: as long as it likes
		return 0, nil, err
	}
	f.deadline(time.Now().Add(f.timeout))
	op, message, err = f.message()
	var network interface{ Timeout() bool }
	if errors.As(err, &network) && network.Timeout() {
		return 0, nil, &closeError{ReasonFragments, "unfinished message"}
	}
	if err == nil {
		f.deadline(time.Time{})
	}
	return op, message, err
}

func (f *frameReader) message() (op ws.OpCode, message []byte, err error) {
	for fragments := 0; ; {
		h, err := ws.ReadHeader(f.in)
		if err != nil {
			if errors.Is(err, ws.ErrHeaderLengthMSB) || errors.Is(err, ws.ErrHeaderLengthUnexpected) {
				err = protocolError("frame length")
			}
			return 0, nil, err
		}
		if err := f.check(h, op, len(message)); err != nil {
			return 0, nil, err
		}
		if h.OpCode.IsControl() {
			if err := f.control(h); err != nil {
				return 0, nil, err
			}
			if op == 0 { // between messages: idle again
				f.deadline(time.Time{})
				if _, err := f.in.Peek(1); err != nil {
					return 0, nil, err
				}
				f.deadline(time.Now().Add(f.timeout))
			}
			continue
		}
		if fragments++; fragments > maxFragments {
			return 0, nil, &closeError{ReasonFragments, "too many"}
		}
		if h.OpCode != ws.OpContinuation {
			op = h.OpCode
		}
		if message, err = f.payload(message, h); err != nil {
			return 0, nil, err
		}
		if !h.Fin {
			continue
		}
		if op == ws.OpText && !utf8.Valid(message) {
			return 0, nil, &closeError{ReasonInvalidUTF8, "websocket text"}
		}
		return op, message, nil
	}
}

// check holds a frame's header against the rules; op is the message under way,
// zero for none.
func (f *frameReader) check(h ws.Header, op ws.OpCode, have int) error {
	switch {
	case h.Rsv != 0:
		return protocolError("reserved bits without an extension")
	case !h.Masked:
		return protocolError("unmasked frame")
	case h.OpCode.IsReserved():
		return protocolError("reserved opcode")
	case h.OpCode.IsControl():
		if !h.Fin || h.Length > ws.MaxControlFramePayloadSize {
			return protocolError("control frame")
		}
		return nil
	case h.OpCode == ws.OpContinuation && op == 0:
		return protocolError("continuation of nothing")
	case h.OpCode != ws.OpContinuation && op != 0:
		return protocolError("message inside a message")
	case h.Length > int64(f.limit-have):
		return &closeError{ReasonTooLarge, "websocket message"}
	}
	return nil
}

// payload appends a frame's payload. Memory follows what has arrived, not what
// the header promised.
func (f *frameReader) payload(message []byte, h ws.Header) ([]byte, error) {
	const step = 16 << 10
	for left, offset := int(h.Length), 0; left > 0; {
		n := min(left, step)
		start := len(message)
		message = append(message, make([]byte, n)...)
		if _, err := io.ReadFull(f.in, message[start:]); err != nil {
			return nil, err
		}
		ws.Cipher(message[start:], h.Mask, offset)
		left -= n
		offset += n
	}
	return message, nil
}

func (f *frameReader) control(h ws.Header) error {
	payload, err := f.payload(nil, h)
	if err != nil {
		return err
	}
	switch h.OpCode {
	case ws.OpPing:
		return f.pinged(payload)
	case ws.OpClose:
		return closeFrame(payload)
	}
	return nil // a pong nobody asked for
}

// closeFrame returns the error a client's close frame amounts to.
func closeFrame(payload []byte) error {
	if len(payload) == 0 {
		return &closeError{ReasonClientClosed, "close frame"}
	}
	if len(payload) == 1 {
		return protocolError("close frame of one byte")
	}
	code, text := ws.ParseCloseFrameData(payload)
	switch {
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014, code >= 3000 && code <= 4999:
	default:
		return protocolError("close code")
	}
	if !utf8.ValidString(text) {
		return &closeError{ReasonInvalidUTF8, "close frame"}
	}
	return &closeError{ReasonClientClosed, "close frame"}
}
