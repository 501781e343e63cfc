package socketio

import (
	"strconv"
	"testing"
	"time"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func after(seconds int) time.Time { return epoch.Add(time.Duration(seconds) * time.Second) }

func TestHeartbeat4PingsAndExpiresFromOneBase(t *testing.T) {
	h := heartbeat{eio: 4, interval: 25 * time.Second, timeout: 20 * time.Second, base: epoch}
	if ping, dead := h.step(after(24)); ping || dead || !h.next().Equal(after(25)) {
		t.Error("early")
	}
	if ping, _ := h.step(after(27)); !ping {
		t.Error("no ping when it was due")
	}
	// Two seconds late with the ping, but not with the deadline.
	if !h.next().Equal(after(45)) || h.expired(after(44)) || !h.expired(after(45)) {
		t.Errorf("deadline at %v", h.next())
	}
	h.answered(after(28))
	if h.rtt != time.Second || !h.next().Equal(after(53)) {
		t.Errorf("after the pong: rtt %v, next %v", h.rtt, h.next())
	}
	h.answered(after(40)) // nobody asked
	if !h.next().Equal(after(53)) {
		t.Error("an unasked pong moved the deadline")
	}
}

func TestHeartbeat4ForgivesClientsForOurOwnDelay(t *testing.T) {
	h := heartbeat{eio: 4, interval: 25 * time.Second, timeout: 20 * time.Second, base: epoch}
	if ping, dead := h.step(after(1000)); !ping || dead {
		t.Error("a process that was held up gave its client up")
	}
	if !h.next().Equal(after(1020)) {
		t.Errorf("deadline at %v", h.next())
	}
}

func TestHeartbeat3ExpiresWithoutPings(t *testing.T) {
	h := heartbeat{eio: 3, interval: 25 * time.Second, timeout: 20 * time.Second, base: epoch}
	h.heard(after(25))
	if ping, dead := h.step(after(69)); ping || dead {
		t.Error("early")
	}
	if _, dead := h.step(after(70)); !dead {
		t.Error("late")
	}
}

func TestBucketAllowsBurstThenRate(t *testing.T) {
	b := newBucket(20, 40)
	count := func(now time.Time) (n int) {
		for b.allow(now) {
			n++
		}
		return n
	}
	if n := count(after(0)); n != 40 {
		t.Errorf("burst of %d", n)
	}
	if n := count(after(1)); n != 20 {
		t.Errorf("%d in a second", n)
	}
	if n := count(after(1000)); n != 40 {
		t.Errorf("%d after a long time", n)
	}
	free := newBucket(-1, 1)
	for range 1000 {
		if !free.allow(after(0)) {
			t.Fatal("no limit refused")
		}
	}
}

func TestGuessesForgetRatherThanGrow(t *testing.T) {
	var g guesses
	for i := range 3 * guessParties {
		g.allow(strconv.Itoa(i), epoch)
	}
	if len(g.parties) > guessParties {
		t.Errorf("%d parties remembered", len(g.parties))
	}
}

func TestQueueReplacesTopicsInPlace(t *testing.T) {
	q := queue{maxMessages: 3, maxBytes: 100}
	a, b := &Socket{}, &Socket{}
	put := func(owner *Socket, topic, text string) queued {
		return q.push(item{wire: controlWire('4', text), owner: owner, topic: topic})
	}
	steps := []struct {
		owner       *Socket
		topic, text string
		want        queued
	}{
		{a, "t", "1", queueAccepted},
		{a, "", "2", queueAccepted},
		{a, "t", "3", queueReplaced},
		{b, "t", "4", queueAccepted}, // another socket's topic
		{a, "u", "5", queueRefused},
		{a, "", "6", queueOverflow},
		{a, "t", string(make([]byte, 200)), queueRefused},
		{nil, "", "7", queueAccepted}, // a ping still fits
	}
	for i, s := range steps {
		if got := put(s.owner, s.topic, s.text); got != s.want {
			t.Errorf("step %d: %v, want %v", i, got, s.want)
		}
	}
	packets, items := q.takePackets(2)
	if describe(packets) != "4:3 4:2" || items != 2 {
		t.Errorf("took %q", describe(packets))
	}
	if got := put(b, "t", "8"); got != queueReplaced { // it has moved to the front
		t.Errorf("after taking: %v", got)
	}
	packets, _ = q.takePackets(10)
	if describe(packets) != "4:8 4:7" || q.bytes != 0 || !q.empty() {
		t.Errorf("took %q, %d bytes left", describe(packets), q.bytes)
	}
	if got := put(a, "t", "9"); got != queueAccepted {
		t.Errorf("into the empty queue: %v", got)
	}
}

func TestQueueTakesOneItemHoweverLarge(t *testing.T) {
	q := queue{maxMessages: 3, maxBytes: 100}
	q.push(item{wire: newWire(make([]enginePacket, 11)...), owner: &Socket{}})
	if packets, items := q.takePackets(5); len(packets) != 11 || items != 1 {
		t.Errorf("took %d packets of %d items", len(packets), items)
	}
}

func TestTrackerWaitsForAll(t *testing.T) {
	tr := newTracker()
	if !tr.enter() {
		t.Fatal("shut from the beginning")
	}
	done := make(chan struct{})
	go func() { tr.wait(); close(done) }()
	for tr.enter() { // until the waiting has begun
		tr.leave()
	}
	tr.add()
	tr.leave()
	select {
	case <-done:
		t.Fatal("did not wait")
	default:
	}
	tr.leave()
	<-done
	tr.wait()
}
