package compact_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"

	"volary/internal/compact"
	"volary/internal/drone"
	"volary/internal/telemetry"
)

// source makes pictures of drones that stand still, 20 a second.
type source struct {
	in  compact.Input
	now float64 // ticks
}

func newSource(drones int) *source {
	s := &source{in: compact.Input{Session: uuid.New(), TickHz: 250, Speed: 1, PublishedUS: 1_700_000_000_000_000}}
	for i := range drones {
		s.in.Samples = append(s.in.Samples, telemetry.Sample{Slot: uint32(3 * i), X: int32(10_000 * i), Mode: drone.Standby, Battery: 9000})
	}
	return s
}

// next is the picture 50 ms on. Each is a copy: a picture never changes.
func (s *source) next() *compact.Input {
	s.in.PublishedUS += 50_000
	if !s.in.Paused {
		s.now += 12.5 * s.in.Speed
		s.in.Tick = uint64(s.now)
	}
	in := s.in
	in.Samples = append([]telemetry.Sample(nil), s.in.Samples...)
	return &in
}

// run feeds so many pictures and returns the frames that came of them.
func (s *source) run(e *compact.Encoder, pictures int) (frames [][]byte) {
	for range pictures {
		if b := e.Observe(s.next()); b != nil {
			frames = append(frames, b)
		}
	}
	return frames
}

func newEncoder() *compact.Encoder {
	return compact.NewEncoder(compact.Config{Tolerance: 0.5, Period: 200 * time.Millisecond})
}

func decodeAll(t *testing.T, d *compact.Decoder, frames [][]byte) {
	t.Helper()
	for _, b := range frames {
		mustDecode(t, d, b)
	}
}

func slots(d *compact.Decoder) (out []uint32) {
	for _, s := range d.All(nil, float64(d.Tick())) {
		out = append(out, s.Slot)
	}
	return out
}

func TestNothingNewCostsOneFrameASecond(t *testing.T) {
	s, e := newSource(5), newEncoder()
	frames := s.run(e, 1+20*10)
	if n := len(frames); n < 10 || n > 12 {
		t.Errorf("%d frames in ten seconds of nothing, want a snapshot and one a second", n)
	}
	for _, b := range frames[1:] {
		if len(b) > 6 {
			t.Errorf("a frame that says nothing has %d bytes", len(b))
		}
	}
}

func TestDronesComeAndGo(t *testing.T) {
	s, e := newSource(4), newEncoder()
	var d compact.Decoder
	decodeAll(t, &d, s.run(e, 8))
	all := s.in.Samples
	for _, c := range []struct {
		name string
		have []telemetry.Sample
		want []uint32
	}{
		{"one leaves", []telemetry.Sample{all[0], all[2], all[3]}, []uint32{0, 6, 9}},
		{"two leave", []telemetry.Sample{all[2]}, []uint32{6}},
		{"one comes, behind all", []telemetry.Sample{all[2], {Slot: 5000, X: 77_000}}, []uint32{6, 5000}},
		{"one goes as another comes", []telemetry.Sample{all[0], {Slot: 5000, X: 77_000}}, []uint32{0, 5000}},
		{"all leave", nil, nil},
		{"all come back", all, []uint32{0, 3, 6, 9}},
	} {
		s.in.Samples = c.have
		decodeAll(t, &d, s.run(e, 8))
		if got := slots(&d); !equal(got, c.want) || d.Len() != len(c.want) {
			t.Fatalf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	for i, got := range d.All(nil, float64(d.Tick())) {
		if o := off(&got, &all[i]); o > 0.5 {
			t.Errorf("drone %d is %v m off", got.Slot, o)
		}
	}
}

func equal(a, b []uint32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestAMissedFrameIsNoticedAndASnapshotHeals(t *testing.T) {
	s, e := newSource(3), newEncoder()
	var d compact.Decoder
	decodeAll(t, &d, s.run(e, 8))
	s.in.Samples[1].X += 5000
	if lost := s.run(e, 4); len(lost) != 1 {
		t.Fatalf("%d frames, want the one that gets lost", len(lost))
	}
	s.in.Samples[1].X += 5000
	for _, b := range s.run(e, 8) {
		if err := d.Decode(b); !errors.Is(err, compact.ErrGap) {
			t.Fatalf("%v, want ErrGap", err)
		}
	}
	if d.Ready() {
		t.Fatal("ready after a gap")
	}
	mustDecode(t, &d, e.Snapshot())
	decodeAll(t, &d, s.run(e, 40))
	for i, got := range d.All(nil, float64(d.Tick())) {
		if o := off(&got, &s.in.Samples[i]); o > 0.5 {
			t.Errorf("drone %d is %v m off", got.Slot, o)
		}
	}
}

func TestASnapshotBeginsAnotherSession(t *testing.T) {
	s, e := newSource(3), newEncoder()
	var d compact.Decoder
	decodeAll(t, &d, s.run(e, 8))
	for name, change := range map[string]func(){
		"another session":  func() { s.in.Session = uuid.New() },
		"time goes back":   func() { s.now = 0 },
		"another tick":     func() { s.in.TickHz = 500 },
		"fewer drones too": func() { s.in.Session, s.in.Samples = uuid.New(), s.in.Samples[:1] },
	} {
		before := e.Stats.Snapshots
		change()
		decodeAll(t, &d, s.run(e, 2))
		if e.Stats.Snapshots != before+1 {
			t.Errorf("%s: %d snapshots", name, e.Stats.Snapshots-before)
		}
		if d.Session() != s.in.Session || d.Len() != len(s.in.Samples) || d.Hz() != s.in.TickHz {
			t.Errorf("%s: the client shows session %v, %d drones, %d Hz", name, d.Session(), d.Len(), d.Hz())
		}
	}
}

func TestTheClockSaysWhenTicksWerePublished(t *testing.T) {
	s, e := newSource(2), newEncoder()
	var d compact.Decoder
	// published is what a client reckons from the clock.
	published := func(tick uint64) float64 {
		c := d.Clock()
		return float64(c.PublishedUS) + (float64(tick)-float64(c.Tick))/250/c.Speed*1e6
	}
	decodeAll(t, &d, s.run(e, 21))
	for _, c := range []struct {
		name   string
		change func()
	}{
		{"as it was", func() {}},
		{"faster", func() { s.in.Speed = 4 }},
		{"a stall", func() { s.in.PublishedUS += 700_000 }},
		{"slower", func() { s.in.Speed = 0.8 }},
	} {
		c.change()
		decodeAll(t, &d, s.run(e, 41))
		if o := math.Abs(published(s.in.Tick) - float64(s.in.PublishedUS)); o > 20_000 || d.Clock().Speed != float64(float32(s.in.Speed)) {
			t.Errorf("%s: the client's clock is off by %.1f ms: %+v", c.name, o/1000, d.Clock())
		}
	}
	s.in.Paused = true
	decodeAll(t, &d, s.run(e, 8))
	if !d.Clock().Paused || d.Clock().Tick != s.in.Tick {
		t.Errorf("paused at tick %d, but the client's clock says %+v", s.in.Tick, d.Clock())
	}
}

func TestDronesOutsideTheAreaAreCoarse(t *testing.T) {
	s := newSource(4)
	e := compact.NewEncoder(compact.Config{Tolerance: 0.1, Coarse: 5, Period: 200 * time.Millisecond})
	s.in.Fine = func(s *telemetry.Sample, _ bool) bool { return s.X < 15_000 }
	var d compact.Decoder
	decodeAll(t, &d, s.run(e, 8))
	if fine, coarse := d.Tolerance(); math.Abs(fine-0.1) > 1e-6 || coarse != 5 {
		t.Fatal(fine, coarse)
	}
	check := func(want ...bool) {
		t.Helper()
		for i, got := range d.All(nil, float64(d.Tick())) {
			allowed := 0.1
			if want[i] {
				allowed = 5
			}
			if o := off(&got, &s.in.Samples[i]); got.Coarse != want[i] || o > allowed {
				t.Errorf("drone %d: coarse %v and %v m off", got.Slot, got.Coarse, o)
			}
		}
	}
	check(false, false, true, true)
	before := e.Stats.Updates
	s.in.Samples[3].X += 3000 // within the coarse tolerance
	decodeAll(t, &d, s.run(e, 8))
	if e.Stats.Updates != before {
		t.Error("a drone outside the area was sent for 3 m")
	}
	s.in.Samples[1].X, s.in.Samples[2].X = 20_000, 12_000 // one leaves the area, one enters
	decodeAll(t, &d, s.run(e, 8))
	check(false, true, false, true)
}

func TestStrangeBytesAreRefused(t *testing.T) {
	s, e := newSource(3), newEncoder()
	snapshot := e.Observe(s.next())
	for name, b := range map[string][]byte{
		"nothing": nil, "a byte": {0x13}, "a frame before the snapshot": {0x10, 1, 0, 0},
		"cut short": snapshot[:len(snapshot)-1], "only a header": snapshot[:40],
		"another version": append([]byte{0x23}, snapshot[1:]...),
	} {
		var d compact.Decoder
		if err := d.Decode(b); err == nil || d.Ready() {
			t.Errorf("%s: %v, ready %v", name, err, d.Ready())
		}
	}
}

func FuzzDecoder(f *testing.F) {
	s, e := newSource(3), newEncoder()
	first := e.Observe(s.next())
	s.in.Samples[1].X += 9000
	frames := s.run(e, 8)
	f.Add(first, frames[0])
	f.Add(first, []byte{0x10, 2, 1, 0xff, 0xff, 0xff, 0xff})
	f.Add(append([]byte{0x13, 0}, make([]byte, 80)...), []byte{0x11, 1})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var d compact.Decoder
		for _, m := range [][]byte{a, b} {
			if err := d.Decode(m); (err == nil) != d.Ready() {
				t.Fatalf("error %v but ready %v", err, d.Ready())
			}
			if d.Len() > compact.MaxDrones {
				t.Fatal(d.Len())
			}
			d.All(nil, float64(d.Tick())+10)
		}
	})
}
