package socketio

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

var standardLimits = limits{attachments: 10, depth: 32, values: 10_000}

// payloads are bodies of both revisions; the fuzzers start from them.
var payloads = []struct {
	name, body string
	eio        int
	binary     bool
	want       string // the packets, as describe shows them; empty for an error
}{
	{"one", "4hello", 4, false, "4:hello"},
	{"three", "4a\x1e2\x1e4b", 4, false, "4:a 2: 4:b"},
	{"binary", "4hello\x1ebAQIDBA==", 4, false, "4:hello b:01020304"},
	{"empty binary", "b", 4, false, "b:"},
	{"separator at the end", "4a\x1e", 4, false, ""},
	{"unknown type", "7", 4, false, ""},
	{"one in revision 3", "6:4hello", 3, false, "4:hello"},
	{"UTF-16 units", "2:4€3:4🚁1:2", 3, false, "4:€ 4:🚁 2:"},
	{"half a surrogate pair", "2:4🚁", 3, false, ""},
	{"base64 in revision 3", "2:4€10:b4AQIDBA==", 3, false, "4:€ b:01020304"},
	{"base64 without type", "9:bAQIDBA==", 3, false, ""},
	{"leading zero", "02:4a", 3, false, "4:a"},
	{"length zero", "0:", 3, false, ""},
	{"bytes", "\x00\x06\xff4hello\x01\x05\xff\x04\x01\x02\x03\x04", 3, true, "4:hello b:01020304"},
	{"bytes of two digits", "\x00\x01\x02\xff4hello world", 3, true, "4:hello world"},
	{"bytes cut short", "\x00\x09\xff4hello", 3, true, ""},
	{"bytes with a marker of 2", "\x02\x02\xff4a", 3, true, ""},
	{"bytes with a binary ping", "\x01\x02\xff\x02a", 3, true, ""},
}

func describe(packets []enginePacket) string {
	var all []string
	for _, p := range packets {
		if p.binary {
			all = append(all, fmt.Sprintf("b:%x", p.data))
		} else {
			all = append(all, fmt.Sprintf("%c:%s", p.kind, p.data))
		}
	}
	return strings.Join(all, " ")
}

func decodePayload(body []byte, eio int, binary bool) ([]enginePacket, error) {
	switch {
	case eio == 4:
		return decodePayload4(body, 512)
	case binary:
		return decodePayload3Binary(body, 512)
	}
	return decodePayload3(body, 512)
}

func TestPayloadsDecode(t *testing.T) {
	for _, c := range payloads {
		packets, err := decodePayload([]byte(c.body), c.eio, c.binary)
		if c.want == "" {
			var ce *closeError
			if !errors.As(err, &ce) {
				t.Errorf("%s: got %q, %v, want an error", c.name, describe(packets), err)
			}
			continue
		}
		if err != nil || describe(packets) != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.name, describe(packets), err, c.want)
		}
	}
}

func TestPayloadsAreCapped(t *testing.T) {
	if _, err := decodePayload4([]byte(strings.Repeat("4\x1e", 3)+"4"), 3); err == nil {
		t.Error("revision 4: four packets of three were taken")
	}
	if _, err := decodePayload3([]byte(strings.Repeat("1:2", 4)), 3); err == nil {
		t.Error("revision 3: four packets of three were taken")
	}
	if _, err := decodePayload3Binary([]byte(strings.Repeat("\x00\x01\xff2", 4)), 3); err == nil {
		t.Error("revision 3, bytes: four packets of three were taken")
	}
}

// Decoders take anything without panicking, and what they take survives being
// written and read again.
func fuzzPayload(f *testing.F, eio int, binary bool) {
	for _, c := range payloads {
		if c.eio == eio && c.binary == binary {
			f.Add([]byte(c.body))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		packets, err := decodePayload(body, eio, binary)
		if err != nil {
			return
		}
		again, contentType := encodePayload(packets, eio, !binary)
		back, err := decodePayload(again, eio, contentType == binaryPayload)
		if err != nil || describe(back) != describe(packets) {
			t.Fatalf("%q became %q, then %q, %v", body, again, describe(back), err)
		}
	})
}

func FuzzPayload4(f *testing.F)       { fuzzPayload(f, 4, false) }
func FuzzPayload3(f *testing.F)       { fuzzPayload(f, 3, false) }
func FuzzPayload3Binary(f *testing.F) { fuzzPayload(f, 3, true) }

var packetTable = []struct {
	text string
	ok   bool
	want packet
}{
	{`0`, true, packet{kind: packetConnect, namespace: "/", id: noID}},
	{`0{"token":"a"}`, true, packet{kind: packetConnect, namespace: "/", id: noID}},
	{`0/ns,{"a":1}`, true, packet{kind: packetConnect, namespace: "/ns", id: noID}},
	{`0/ns`, true, packet{kind: packetConnect, namespace: "/ns", id: noID}},
	{`0/ns?a=1,`, true, packet{kind: packetConnect, namespace: "/ns", query: "a=1", id: noID}},
	{`1/ns,`, true, packet{kind: packetDisconnect, namespace: "/ns", id: noID}},
	{`2["a",1]`, true, packet{kind: packetEvent, namespace: "/", id: noID, event: "a"}},
	{`2/ns,12["a"]`, true, packet{kind: packetEvent, namespace: "/ns", id: 12, event: "a"}},
	{`2[1.5]`, true, packet{kind: packetEvent, namespace: "/", id: noID, event: "1.5"}},
	{`312[]`, true, packet{kind: packetAck, namespace: "/", id: 12}},
	{`51-/ns,7["a",{"_placeholder":true,"num":0}]`, true, packet{kind: packetBinaryEvent, namespace: "/ns", id: 7, event: "a", announced: 1}},
	{`61-7[{"_placeholder":true,"num":0}]`, true, packet{kind: packetBinaryAck, namespace: "/", id: 7, announced: 1}},
	{``, false, packet{}},
	{`7`, false, packet{}},
	{`0[]`, false, packet{}},
	{`1{}`, false, packet{}},
	{`2["a"`, false, packet{}},
	{`2`, false, packet{}},
	{`29223372036854775808["a"]`, false, packet{}},
	{`5-["a"]`, false, packet{}},
	{`511-["a"]`, false, packet{}},
	{`4"no"`, false, packet{}},
	{`2["a",{"_placeholder":true,"num":9}]`, true, packet{kind: packetEvent, namespace: "/", id: noID, event: "a"}},
}

func TestPacketsDecode(t *testing.T) {
	for _, c := range packetTable {
		p, err := decodePacket([]byte(c.text), standardLimits)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if !c.ok {
			continue
		}
		got := packet{kind: p.kind, namespace: p.namespace, query: p.query, id: p.id, event: p.event, announced: p.announced}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: got %+v, want %+v", c.text, got, c.want)
		}
	}
}

func FuzzPacket(f *testing.F) {
	for _, c := range packetTable {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := decodePacket(text, standardLimits)
		if err != nil || p.query != "" {
			return
		}
		if p.announced > 0 {
			p.attachments = make([][]byte, p.announced)
		} else if p.kind >= packetBinaryEvent {
			return // binary without attachments is written as plain
		}
		again := encodePacket(p.kind, p.namespace, p.id, p.data, p.attachments)
		back, err := decodePacket(again[0].data, standardLimits)
		if err != nil || back.event != p.event || back.id != p.id || back.namespace != p.namespace || len(back.args) != len(p.args) {
			t.Fatalf("%q became %q, %+v, %v", text, again[0].data, back, err)
		}
	})
}

func readFrames(raw []byte) (messages [][]byte, err error) {
	r := &frameReader{
		in: bufio.NewReader(bytes.NewReader(raw)), limit: 10_000, timeout: time.Second,
		deadline: func(time.Time) {}, pinged: func([]byte) error { return nil },
	}
	for {
		op, message, err := r.next()
		if err != nil {
			return messages, err
		}
		if op == ws.OpText && !utf8.Valid(message) {
			return messages, errors.New("text that is not UTF-8 came through")
		}
		messages = append(messages, message)
	}
}

func masked(frames ...ws.Frame) (raw []byte) {
	for _, f := range frames {
		raw = append(raw, ws.MustCompileFrame(ws.MaskFrame(f))...)
	}
	return raw
}

func TestFragmentsBecomeOneMessage(t *testing.T) {
	raw := masked(
		ws.NewFrame(ws.OpText, false, []byte("4h")),
		ws.NewPingFrame([]byte("between")),
		ws.NewFrame(ws.OpContinuation, false, []byte("el")),
		ws.NewFrame(ws.OpContinuation, true, []byte("lo")),
		ws.NewBinaryFrame([]byte{1}),
	)
	messages, err := readFrames(raw)
	if len(messages) != 2 || string(messages[0]) != "4hello" {
		t.Errorf("got %q, %v", messages, err)
	}
}

func FuzzFrames(f *testing.F) {
	f.Add(masked(ws.NewTextFrame([]byte("40")), ws.NewBinaryFrame([]byte{1, 2})))
	f.Add(masked(ws.NewFrame(ws.OpText, false, []byte("4h")), ws.NewFrame(ws.OpContinuation, true, []byte("i"))))
	f.Add(masked(ws.NewPingFrame([]byte("x")), ws.NewCloseFrame(ws.NewCloseFrameBody(1000, "bye"))))
	f.Add([]byte{0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		messages, err := readFrames(raw)
		size := 0
		for _, m := range messages {
			size += len(m)
		}
		if size > len(raw) {
			t.Fatalf("%d bytes out of %d, %v", size, len(raw), err)
		}
	})
}
