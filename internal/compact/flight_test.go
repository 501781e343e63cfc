package compact_test

import (
	"math"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"volary/deploy/scenarios"
	"volary/internal/compact"
	"volary/internal/scenario"
	"volary/internal/telemetry"
	"volary/internal/world"
)

// flight is a stretch of the demo: what is published twenty times a second, and
// the truth at every tick between.
type flight struct {
	session uuid.UUID
	ticks   [][]telemetry.Sample // by tick, from 1
}

// fly gives the first seconds of the demo, when everybody takes off, accelerates
// and turns: the hardest part to predict.
var fly = sync.OnceValue(func() *flight {
	const seconds = 25
	sc, err := scenario.Load("demo", scenarios.Files)
	if err != nil {
		panic(err)
	}
	w, err := world.New(sc, world.Options{})
	if err != nil {
		panic(err)
	}
	f := &flight{session: uuid.MustParse("0b0c1d2e-0000-4000-8000-000000000001")}
	for range seconds * world.TickHz {
		w.Step()
		f.ticks = append(f.ticks, w.Samples(nil))
	}
	return f
})

// input is picture k of a flight, or nil at ticks that are not published.
func (f *flight) input(tick int) *compact.Input {
	if int(float64(tick)*20/world.TickHz) == int(float64(tick-1)*20/world.TickHz) {
		return nil
	}
	return &compact.Input{
		Session: f.session, Tick: uint64(tick), TickHz: world.TickHz, PublishedUS: 1_700_000_000_000_000 + int64(tick)*1e6/world.TickHz,
		Speed: 1, Samples: f.ticks[tick-1],
	}
}

func off(s *compact.State, t *telemetry.Sample) float64 {
	x, y, z := s.P[0]-float64(t.X)/1000, s.P[1]-float64(t.Y)/1000, s.P[2]-float64(t.Z)/1000
	return math.Sqrt(x*x + y*y + z*z)
}

func mustDecode(t testing.TB, d *compact.Decoder, b []byte) {
	t.Helper()
	if err := d.Decode(b); err != nil {
		t.Fatal(err)
	}
}

func TestThePictureStaysWithinItsTolerance(t *testing.T) {
	f := fly()
	for _, c := range []struct {
		name  string
		cfg   compact.Config
		delay int // ticks that a frame is under way
	}{
		{"a tenth of a metre", compact.Config{Tolerance: 0.1, Period: 200 * time.Millisecond}, 0},
		{"a tenth of a metre, and a delay", compact.Config{Tolerance: 0.1, Period: 400 * time.Millisecond, Delay: 52 * time.Millisecond}, 13},
		{"half a metre", compact.Config{Tolerance: 0.5, Period: 400 * time.Millisecond}, 0},
		{"half a metre, a long delay", compact.Config{Tolerance: 0.5, Period: 200 * time.Millisecond, Delay: 100 * time.Millisecond}, 25},
		{"two metres, seldom", compact.Config{Tolerance: 2, Period: time.Second, Delay: 52 * time.Millisecond}, 13},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := compact.NewEncoder(c.cfg)
			var d compact.Decoder
			due := map[int][]byte{}
			var states []compact.State
			frames := 0
			for tick := 1; tick <= len(f.ticks); tick++ {
				if in := f.input(tick); in != nil {
					if b := e.Observe(in); b != nil {
						due[tick+c.delay] = b
					}
				}
				if b := due[tick]; b != nil {
					mustDecode(t, &d, b)
					frames++
				}
				if !d.Ready() {
					continue
				}
				states = d.All(states[:0], float64(tick))
				truth := f.ticks[tick-1]
				if len(states) != len(truth) {
					t.Fatalf("tick %d: %d drones, want %d", tick, len(states), len(truth))
				}
				for i := range states {
					if o := off(&states[i], &truth[i]); o > c.cfg.Tolerance {
						t.Fatalf("tick %d: drone %d is %.3f m off, at most %v m allowed", tick, states[i].Slot, o, c.cfg.Tolerance)
					}
				}
			}
			if frames < 25 || frames > 25*12 {
				t.Errorf("%d frames in 25 s", frames)
			}
		})
	}
}

func TestWhoJoinsSeesTheSameBits(t *testing.T) {
	f := fly()
	e := compact.NewEncoder(compact.Config{Tolerance: 0.25, Period: 200 * time.Millisecond})
	var resident, joiner compact.Decoder
	joined, compared := false, 0
	for tick := 1; tick <= len(f.ticks); tick++ {
		in := f.input(tick)
		if in == nil {
			continue
		}
		if b := e.Observe(in); b != nil {
			mustDecode(t, &resident, b)
			if joined {
				mustDecode(t, &joiner, b)
			}
		}
		// Between two frames: the snapshot must speak of the last one.
		if tick > 2000 && !joined {
			mustDecode(t, &joiner, e.Snapshot())
			joined = true
		}
		if !joined {
			continue
		}
		at := float64(tick) + 0.37
		a, b := resident.All(nil, at), joiner.All(nil, at)
		for i := range a {
			if a[i] != b[i] {
				t.Fatalf("tick %d: %+v and %+v", tick, a[i], b[i])
			}
		}
		compared += len(a)
	}
	if compared < 10_000 {
		t.Fatalf("only %d states compared", compared)
	}
}

func TestStatesArriveWithTheNextFrame(t *testing.T) {
	f := fly()
	e := compact.NewEncoder(compact.Config{Tolerance: 0.5, Period: 200 * time.Millisecond})
	var d compact.Decoder
	for tick := 1; tick <= len(f.ticks); tick++ {
		in := f.input(tick)
		if in == nil {
			continue
		}
		b := e.Observe(in)
		if b == nil {
			continue
		}
		mustDecode(t, &d, b)
		if e.Stats.OutOfTurn > 0 { // says only what can't wait
			e.Stats.OutOfTurn = 0
			continue
		}
		for i, s := range d.All(nil, float64(tick)) {
			truth := &in.Samples[i]
			if s.Mode != uint8(truth.Mode) || s.Status != uint8(truth.Status) || s.Flags != truth.Flags {
				t.Fatalf("tick %d: drone %d: %+v, want mode %v status %v flags %d", tick, s.Slot, s, truth.Mode, truth.Status, truth.Flags)
			}
			if o := math.Abs(math.Remainder(s.Heading-float64(truth.Heading)/100, 360)); o > 20 {
				t.Fatalf("tick %d: drone %d: heading %.1f° off", tick, s.Slot, o)
			}
			if o := math.Abs(float64(s.Battery) - float64(truth.Battery)/100); o > 4 {
				t.Fatalf("tick %d: drone %d: battery %.1f %% off", tick, s.Slot, o)
			}
			if o := math.Abs(s.HomeZ - float64(truth.HomeZ)/1000); o > 0.06 {
				t.Fatalf("tick %d: drone %d: home %.2f m off", tick, s.Slot, o)
			}
		}
	}
}

// A touchdown stops a drone between two pictures.
func TestATouchdownStaysWithinTheTolerance(t *testing.T) {
	for phase := range 120 { // of the touchdown between frames, and of how it sways
		f := &flight{session: uuid.New()}
		for tick := 1; tick <= 1500; tick++ {
			height := 2.9 + float64(phase)*0.9/world.TickHz - 0.9*float64(tick)/world.TickHz
			sway := float64(tick)/world.TickHz*1.3 + float64(phase)
			s := telemetry.Sample{Z: int32(1000 * height), VZ: -90, X: int32(120 * math.Sin(sway)), VX: int16(15.6 * math.Cos(sway)), Flags: telemetry.Armed}
			if height <= 0 {
				s.Z, s.VZ, s.Flags = 0, 0, telemetry.Armed|telemetry.OnGround
			}
			f.ticks = append(f.ticks, []telemetry.Sample{s})
		}
		e := compact.NewEncoder(compact.Config{Tolerance: 0.1, Period: 200 * time.Millisecond, Delay: 52 * time.Millisecond})
		var d compact.Decoder
		due := map[int][]byte{}
		for tick := 1; tick <= len(f.ticks); tick++ {
			if in := f.input(tick); in != nil {
				if b := e.Observe(in); b != nil {
					due[tick+13] = b
				}
			}
			if b := due[tick]; b != nil {
				mustDecode(t, &d, b)
			}
			if s, ok := d.At(0, float64(tick)); ok && off(&s, &f.ticks[tick-1][0]) > 0.1 {
				t.Fatalf("phase %d, tick %d: %.3f m off", phase, tick, off(&s, &f.ticks[tick-1][0]))
			}
		}
	}
}
