package socketio_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"volary/internal/socketio"
)

// recovering is a server that remembers, with a room that everybody is in.
func recovering(t *testing.T, change func(*socketio.Config)) (*station, chan *socketio.Socket) {
	t.Helper()
	c := quick()
	c.Recovery = time.Minute
	if change != nil {
		change(&c)
	}
	sockets := make(chan *socketio.Socket, 8)
	st := start(t, c, func(s *socketio.Server) {
		s.Of("/").OnConnect(func(sock *socketio.Socket, _ socketio.Handshake) error {
			if !sock.Recovered() {
				sock.Join("room")
				sock.Data = "mine"
			}
			sockets <- sock
			return nil
		})
	})
	return st, sockets
}

// join connects with what a client kept of its last connection, and returns
// what the server says of it.
func join(t *testing.T, st *station, pid, offset string) (w *wire, sid, newPID string) {
	t.Helper()
	w = st.opened("/socket.io/?", 4)
	auth := `{"recover":true}`
	switch {
	case offset != "":
		auth = fmt.Sprintf(`{"pid":%q,"offset":%q}`, pid, offset)
	case pid != "":
		auth = fmt.Sprintf(`{"pid":%q}`, pid)
	}
	w.send("40" + auth)
	var hello struct{ SID, PID string }
	body := w.text()
	if err := json.Unmarshal([]byte(strings.TrimPrefix(body, "40")), &hello); err != nil || hello.PID == "" {
		t.Fatalf("%q: %v", body, err)
	}
	return w, hello.SID, hello.PID
}

// offsetOf takes the offset out of an event.
func offsetOf(t *testing.T, text string) string {
	t.Helper()
	var args []any
	if err := json.Unmarshal([]byte(strings.TrimPrefix(text, "42")), &args); err != nil || len(args) == 0 {
		t.Fatalf("%q: %v", text, err)
	}
	offset, ok := args[len(args)-1].(string)
	if !ok {
		t.Fatalf("%q carries no offset", text)
	}
	return offset
}

func TestWhoLostTheConnectionGetsWhatItMissed(t *testing.T) {
	st, sockets := recovering(t, nil)
	n := st.server.Of("/")
	w, sid, pid := join(t, st, "", "")
	first := <-sockets
	n.Send(message(t, "seen", 1))
	offset := offsetOf(t, w.text())
	w.conn.Close()
	eventually(t, "the server notices", func() bool { return n.Len() == 0 })
	n.Send(message(t, "to all", 2))
	n.To("room").Send(message(t, "to the room", 3))
	n.To("other").Send(message(t, "to others", 4))
	n.Send(message(t, "state", 5).Topic("state"))

	w, again, samePID := join(t, st, pid, offset)
	second := <-sockets
	if again != sid || samePID != pid || !second.Recovered() || second.Data != "mine" || first.Recovered() {
		t.Errorf("id %q and %q, pid %q and %q, recovered %v, data %v", sid, again, pid, samePID, second.Recovered(), second.Data)
	}
	second.Send(message(t, "own", 6))
	for _, want := range []string{`42["to all",2,`, `42["to the room",3,`, `42["own",6,`} {
		if got := w.text(); !strings.HasPrefix(got, want) {
			t.Errorf("%s, want %s…", got, want)
		}
	}
	n.To("room").Send(message(t, "still in", 7))
	if got := w.text(); !strings.HasPrefix(got, `42["still in",7,`) {
		t.Errorf("%s", got)
	}
}

func TestWhoMissedNothingIsRecoveredToo(t *testing.T) {
	st, sockets := recovering(t, nil)
	w, sid, pid := join(t, st, "", "")
	<-sockets
	w.conn.Close()
	eventually(t, "the server notices", func() bool { return st.server.Of("/").Len() == 0 })
	st.server.Of("/").Send(message(t, "missed", 1))
	w, again, _ := join(t, st, pid, "") // it never got a message, so it has no offset
	if again != sid {
		t.Fatal("joined anew")
	}
	if got := w.text(); !strings.HasPrefix(got, `42["missed",1,`) {
		t.Error(got)
	}
}

// The network can be gone long before a ping times out.
func TestAClientIsRecoveredBeforeItsOldConnectionIsMissed(t *testing.T) {
	st, sockets := recovering(t, nil)
	_, sid, pid := join(t, st, "", "")
	old := <-sockets
	w, again, _ := join(t, st, pid, "")
	<-sockets
	if again != sid {
		t.Fatal("joined anew")
	}
	<-old.Context().Done()
	if got := st.server.Of("/").Len(); got != 1 {
		t.Errorf("%d clients", got)
	}
	st.server.Of("/").Send(message(t, "on", 1))
	if got := w.text(); !strings.HasPrefix(got, `42["on",1,`) {
		t.Error(got)
	}
}

// All or nothing: whoever can't have all it missed joins anew, and sees that it
// did by another pid and id.
func TestNothingIsRecoveredInPart(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*socketio.Config)
		leave  func(*socketio.Socket, *wire)
		pid    func(string) string
		offset func(string) string
		missed int
	}{
		{name: "more was missed than is remembered", change: func(c *socketio.Config) { c.RecoveryMessages = 3 }, missed: 5},
		{name: "more bytes than are remembered", change: func(c *socketio.Config) { c.RecoveryBytes = 60 }, missed: 5},
		{name: "more than the queue takes", change: func(c *socketio.Config) { c.QueueMessages = 20 }, missed: 15},
		{name: "too long ago", change: func(c *socketio.Config) { c.Recovery = time.Nanosecond }, missed: 1},
		{name: "another's pid", pid: func(string) string { return "AAAAAAAAAAAAAAAAAAAA" }, missed: 1},
		{name: "an offset from the future", offset: func(string) string { return "zzzz" }, missed: 1},
		{name: "an offset that is none", offset: func(string) string { return "-1" }, missed: 1},
		{name: "put out by the server", leave: func(s *socketio.Socket, _ *wire) { s.Disconnect(socketio.ReasonServerDisconnect) }, missed: 1},
		{name: "left by itself", leave: func(_ *socketio.Socket, w *wire) { w.send("41") }, missed: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			st, sockets := recovering(t, c.change)
			n := st.server.Of("/")
			w, sid, pid := join(t, st, "", "")
			sock := <-sockets
			n.Send(message(t, "seen", 0))
			offset := offsetOf(t, w.text())
			if c.leave != nil {
				c.leave(sock, w)
			} else {
				w.conn.Close()
			}
			eventually(t, "the server notices", func() bool { return n.Len() == 0 })
			for i := range c.missed {
				n.Send(message(t, "missed", i))
			}
			ask := pid
			if c.pid != nil {
				ask = c.pid(pid)
			}
			if c.offset != nil {
				offset = c.offset(offset)
			}
			w, again, newPID := join(t, st, ask, offset)
			if again == sid || newPID == pid {
				t.Fatal("recovered")
			}
			n.Send(message(t, "new", 1))
			if got := w.text(); !strings.HasPrefix(got, `42["new",1,`) {
				t.Errorf("%s: an old message was delivered", got)
			}
		})
	}
}

func TestATicketIsGoodOnce(t *testing.T) {
	st, sockets := recovering(t, nil)
	w, sid, pid := join(t, st, "", "")
	<-sockets
	w.conn.Close()
	eventually(t, "the server notices", func() bool { return st.server.Of("/").Len() == 0 })
	_, first, _ := join(t, st, pid, "")
	<-sockets
	if first != sid {
		t.Fatal("not recovered")
	}
	if _, second, _ := join(t, st, pid, ""); second != sid {
		t.Fatal("the newest connection has the ticket: it is taken over from the one before")
	}
	eventually(t, "one is left", func() bool { return st.server.Of("/").Len() == 1 })
}

func TestWhoDidNotAskGetsNoOffsets(t *testing.T) {
	st, sockets := recovering(t, nil)
	asks, _, _ := join(t, st, "", "")
	<-sockets
	plain := st.joined()
	<-sockets
	st.server.Of("/").Send(message(t, "e", 1))
	plain.want(`42["e",1]`)
	offsetOf(t, asks.text())
	old := st.opened("/socket.io/?", 3)
	old.want("40")
	<-sockets
	st.server.Of("/").Send(message(t, "e", 2))
	old.want(`42["e",2]`)
	plain.want(`42["e",2]`)
}
