package hub

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"volary/internal/compact"
	"volary/internal/fleet"
	"volary/internal/telemetry"
)

// follow decodes the stream of a client until it has seen a tick, while the fleet
// flies on. The tests publish faster than any network takes, so frames may go
// missing; a snapshot must follow then.
func (s *stand) follow(c *client, d *compact.Decoder, tick uint64, all []telemetry.Sample) {
	s.t.Helper()
	for !d.Ready() || d.Tick() < tick {
		for range 21 { // more than a second: there is a frame in it
			s.show(all...)
		}
		if err := d.Decode(c.next(compactTopic).attachment); err != nil && !errors.Is(err, compact.ErrGap) {
			s.t.Fatal(err)
		}
	}
}

func TestCompactClientsShareAStreamAndSeeTheFleet(t *testing.T) {
	s := newStand(t)
	all := still(30)
	s.show(all...)
	first, second := s.connect(), s.connect()
	var a, b compact.Decoder
	for _, c := range []*client{first, second} {
		ack := c.call("subscribe", map[string]any{"stream": compactTopic, "tolerance_m": 0.3, "rate_hz": 5})
		if !ack.OK || ack.Tol != 0.25 || ack.Rate != 5 || ack.Far != 0.25 {
			t.Fatalf("%+v", ack)
		}
		for range 8 {
			for i := range all {
				all[i].X += 400 + int32(i)
			}
			s.show(all...)
		}
	}
	rest := s.head.Tick // from here on they stand still
	s.follow(first, &a, rest+260, all)
	s.follow(second, &b, rest+260, all)
	sawA, sawB := a.All(nil, s.now), b.All(nil, s.now)
	if len(sawA) != len(all) || len(sawB) != len(all) {
		t.Fatalf("%d and %d drones", len(sawA), len(sawB))
	}
	for i := range all {
		if sawA[i] != sawB[i] {
			t.Fatalf("one client sees %+v, another %+v", sawA[i], sawB[i])
		}
		if off := math.Abs(sawA[i].P[0] - float64(all[i].X)/1000); off > 0.25 {
			t.Errorf("drone %d is %.2f m off", i, off)
		}
	}
	if n := len(s.hub.compact.byKey); n != 1 {
		t.Errorf("%d streams for one class", n)
	}
	if ack := first.call("unsubscribe", map[string]any{"stream": compactTopic}); !ack.OK {
		t.Errorf("%+v", ack)
	}
	_ = second.conn.Close()
	second.t = t
	for s.hub.Clients() > 1 {
		s.show(all...)
	}
	first.call("latency", 1) // the handlers of the one who left have run, or do so now
	s.hub.compact.mu.Lock()
	defer s.hub.compact.mu.Unlock()
	if n := len(s.hub.compact.of); n > 1 {
		t.Errorf("%d members left", n)
	}
}

func TestAClientThatMissedAFrameGetsASnapshot(t *testing.T) {
	s := newStand(t)
	all := still(3)
	s.show(all...)
	c := s.connect()
	if ack := c.call("subscribe", map[string]any{"stream": compactTopic, "rate_hz": 10}); !ack.OK {
		t.Fatalf("%+v", ack)
	}
	var d compact.Decoder
	s.follow(c, &d, s.head.Tick, all)
	// What a full connection does to a frame, done on purpose.
	s.hub.compact.mu.Lock()
	for _, w := range s.hub.compact.byKey {
		for _, m := range w.members {
			m.behind = true
		}
		all[1].X += 5000
		w.encoder.Observe(&compact.Input{Session: s.head.Session, Tick: s.head.Tick + 1, TickHz: 250, PublishedUS: s.head.PublishedUS + 100_000, Speed: 1, Samples: all})
	}
	s.hub.compact.mu.Unlock()
	s.follow(c, &d, s.head.Tick+260, all)
	seen, _ := d.At(1, s.now)
	if off := math.Abs(seen.P[0] - float64(all[1].X)/1000); off > 0.5 {
		t.Errorf("%.2f m off after a missed frame", off)
	}
}

func TestARecoveredClientFollowsItsStreamsAgain(t *testing.T) {
	s := newStand(t)
	all := still(3)
	s.show(all...)
	c, hello := s.connectAs(`{"recover":true}`)
	var id struct{ PID, SID string }
	if err := json.Unmarshal([]byte(hello), &id); err != nil {
		t.Fatal(err)
	}
	for _, stream := range []string{compactTopic, "drones", "events"} {
		if ack := c.call("subscribe", map[string]any{"stream": stream}); !ack.OK {
			t.Fatalf("%s: %+v", stream, ack)
		}
	}
	if ack := c.call("unsubscribe", map[string]any{"stream": "drones"}); !ack.OK {
		t.Fatalf("%+v", ack)
	}
	_ = c.conn.Close()
	for s.hub.Clients() > 0 {
		s.show(all...)
	}
	s.hub.Event(&telemetry.Event{Message: "while it was away"})
	again, hello := s.connectAs(`{"recover":true,"pid":"` + id.PID + `"}`)
	if !strings.Contains(hello, id.SID) {
		t.Fatalf("not recovered: %s", hello)
	}
	if m := again.next("event"); !strings.Contains(string(m.arg), "while it was away") {
		t.Errorf("%s", m.arg)
	}
	var d compact.Decoder
	s.follow(again, &d, s.head.Tick, all)
	for _, m := range again.kept {
		if m.event == "drones" {
			t.Error("a stream it had left came back")
		}
	}
}

func TestCompactRequestsOutOfBoundsAreRefusedWithTheField(t *testing.T) {
	for _, c := range []struct {
		name  string
		q     request
		field string
	}{
		{"finer than the finest", request{Tolerance: rate(0.01)}, "tolerance_m"},
		{"no tolerance", request{Tolerance: rate(0)}, "tolerance_m"},
		{"not a number", request{Tolerance: rate(math.NaN())}, "tolerance_m"},
		{"negative rate", request{RateHz: rate(-1)}, "rate_hz"},
		{"infinite rate", request{RateHz: rate(math.Inf(1))}, "rate_hz"},
		{"ids", request{IDs: []string{"d1"}}, "ids"},
		{"no place on Earth", request{Area: &area{West: 200}}, "area.west"},
		{"upside down", request{Area: &area{South: 2, North: 1}}, "area.south"},
	} {
		_, err := newCompactStream(&c.q)
		if err == nil || !strings.Contains(err.Error(), c.field) {
			t.Errorf("%s: %v, want something about %s", c.name, err, c.field)
		}
	}
}

func TestRequestsFallIntoClasses(t *testing.T) {
	near := &area{West: 8.5401, South: 47.3901, East: 8.5499, North: 47.3999}
	nearly := &area{West: 8.5405, South: 47.3905, East: 8.5495, North: 47.3995}
	for _, c := range []struct {
		a, b request
		same bool
	}{
		{request{}, request{Tolerance: rate(0.5), RateHz: rate(2.5)}, true},
		{request{Tolerance: rate(0.5)}, request{Tolerance: rate(0.9)}, true},
		{request{Tolerance: rate(0.5)}, request{Tolerance: rate(1)}, false},
		{request{RateHz: rate(5)}, request{RateHz: rate(7)}, true},
		{request{RateHz: rate(0.1)}, request{RateHz: rate(1)}, true},
		{request{Tolerance: rate(9000)}, request{Tolerance: rate(5)}, true},
		{request{Area: near}, request{Area: nearly}, true},
		{request{Area: near}, request{}, false},
	} {
		a, errA := newCompactStream(&c.a)
		b, errB := newCompactStream(&c.b)
		if errA != nil || errB != nil || (a.key == b.key) != c.same {
			t.Errorf("%q and %q: the same is %v, want %v (%v, %v)", a.key, b.key, a.key == b.key, c.same, errA, errB)
		}
	}
}

func TestInsideTheAreaIsFineAndTheRestIsCoarse(t *testing.T) {
	s := newStand(t)
	all := still(2)
	all[1].X = 5_000_000 // 5 km east
	s.show(all...)
	c := s.connect()
	ack := c.call("subscribe", map[string]any{"stream": compactTopic, "tolerance_m": 0.1, "area": map[string]any{"west": -0.001, "south": -0.001, "east": 0.001, "north": 0.001}})
	if !ack.OK || ack.Far != 2 {
		t.Fatalf("%+v", ack)
	}
	var d compact.Decoder
	s.follow(c, &d, 0, all)
	in, _ := d.At(0, s.now)
	out, _ := d.At(1, s.now)
	if in.Coarse || !out.Coarse {
		t.Errorf("inside: coarse %v; outside: coarse %v", in.Coarse, out.Coarse)
	}
}

func TestCompactStreamsAreBounded(t *testing.T) {
	var c compactStreams
	c.init()
	for i := range maxStreams {
		w, err := newCompactStream(&request{Area: &area{West: float64(i), East: float64(i) + 1, North: 1}})
		if err != nil {
			t.Fatal(err)
		}
		c.byKey[w.key] = w
	}
	if _, err := c.join(nil, &request{}, &fleet.Picture{}); err == nil || !strings.Contains(err.Error(), "area") {
		t.Errorf("%v, want a refusal with advice", err)
	}
}

func BenchmarkCompactEncoder(b *testing.B) {
	samples := make([]telemetry.Sample, 1000)
	for i := range samples {
		samples[i] = telemetry.Sample{Slot: uint32(i), VX: int16(100 + i)}
	}
	e := compact.NewEncoder(compact.Config{Tolerance: 0.5, Period: 400e6})
	tick := uint64(0)
	for b.Loop() {
		tick += 12
		for i := range samples {
			samples[i].X += int32(samples[i].VX) / 2
		}
		e.Observe(&compact.Input{Tick: tick, TickHz: 250, PublishedUS: int64(tick) * 4000, Speed: 1, Samples: samples})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/drone-picture")
}
