package compact_test

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"math"
	"os"
	"testing"
	"time"

	"volary/internal/compact"
	"volary/internal/telemetry"
)

var update = flag.Bool("update", false, "write the fixtures anew: only after the layout or the encoder was changed on purpose")

// fixture is a stream and what a decoder must see in it, to the last bit. The
// decoders of all languages read the same file.
type fixture struct {
	Name  string `json:"name"`
	Steps []step `json:"steps"`
}

type step struct {
	Message string `json:"message,omitempty"` // base64
	Error   string `json:"error,omitempty"`   // "gap", "corrupt"; else the message is taken
	See     []seen `json:"see,omitempty"`     // afterwards
	Clock   *clock `json:"clock,omitempty"`
}

type clock struct {
	Tick        uint64  `json:"tick"`
	PublishedUS int64   `json:"published_us"`
	Speed       float64 `json:"speed"`
	Paused      bool    `json:"paused"`
}

// seen is a drone at a tick. Numbers of JSON hold every bit of a double.
type seen struct {
	At      float64    `json:"at"`
	Slot    uint32     `json:"slot"`
	P       [3]float64 `json:"p"`
	V       [3]float64 `json:"v"`
	Heading float64    `json:"heading"`
	Mode    uint8      `json:"mode"`
	Status  uint8      `json:"status"`
	Flags   uint8      `json:"flags"`
	Battery uint8      `json:"battery"`
	HomeZ   float64    `json:"home_z"`
	Coarse  bool       `json:"coarse"`
}

func seenOf(at float64, s compact.State) seen {
	return seen{at, s.Slot, s.P, s.V, s.Heading, s.Mode, s.Status, s.Flags, s.Battery, s.HomeZ, s.Coarse}
}

const fixtureFile = "testdata/streams.json"

// observed plays messages to a decoder and notes what it sees.
func observed(name string, messages [][]byte, lost int) fixture {
	f := fixture{Name: name}
	var d compact.Decoder
	for i, m := range messages {
		s := step{Message: base64.StdEncoding.EncodeToString(m)}
		if i == lost {
			continue
		}
		if err := d.Decode(m); err != nil {
			s.Error = "gap"
			f.Steps = append(f.Steps, s)
			continue
		}
		// Of a large stream a few drones, each in its turn, between ticks too and
		// long after the frame.
		for k, at := range []float64{0, 12.25, 700} {
			all := d.All(nil, float64(d.Tick())+at)
			for j := (i + k) % 7; j < len(all); j += 7 + len(all)/8 {
				s.See = append(s.See, seenOf(float64(d.Tick())+at, all[j]))
			}
		}
		c := d.Clock()
		s.Clock = &clock{c.Tick, c.PublishedUS, c.Speed, c.Paused}
		f.Steps = append(f.Steps, s)
	}
	return f
}

// record makes the streams of the fixtures.
func record() []fixture {
	f := fly()
	var demo, area [][]byte
	fine := compact.NewEncoder(compact.Config{Tolerance: 0.1, Period: 200 * time.Millisecond})
	part := compact.NewEncoder(compact.Config{Tolerance: 0.25, Coarse: 2, Period: 400 * time.Millisecond, Delay: 50 * time.Millisecond})
	for tick := 1; tick <= len(f.ticks); tick++ {
		in := f.input(tick)
		if in == nil {
			continue
		}
		in.Samples = append([]telemetry.Sample(nil), in.Samples...)
		some := in.Samples[:0:0] // every fourth: the file stays small
		for i := 0; i < len(in.Samples); i += 4 {
			some = append(some, in.Samples[i])
		}
		in.Samples = some
		if b := fine.Observe(in); b != nil && tick < 3000 {
			demo = append(demo, b)
		}
		in.Fine = func(s *telemetry.Sample, _ bool) bool { return s.Y > 0 }
		in.Paused = tick > 6200
		switch {
		case tick > 5000:
			in.Samples = in.Samples[2:] // two are gone
		case tick > 4500:
			in.Samples = in.Samples[1:]
		}
		if b := part.Observe(in); b != nil && tick > 3000 {
			if len(area) == 0 {
				b = part.Snapshot()
			}
			area = append(area, b)
		}
		if tick == 5600 {
			area = append(area, part.Snapshot())
		}
	}
	return []fixture{observed("takeoff and first legs", demo, -1), observed("an area, drones that go, a lost frame", area, 30)}
}

func TestDecodersAgreeWithTheFixtures(t *testing.T) {
	if *update {
		b, err := json.Marshal(record())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(fixtureFile, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(fixtureFile)
	if err != nil {
		t.Fatal(err)
	}
	var all []fixture
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	compared, gaps := 0, 0
	for _, f := range all {
		var d compact.Decoder
		for i, s := range f.Steps {
			m, err := base64.StdEncoding.DecodeString(s.Message)
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Decode(m); (err != nil) != (s.Error != "") {
				t.Fatalf("%s, message %d: %v, want %q", f.Name, i, err, s.Error)
			}
			if s.Error != "" {
				gaps++
				continue
			}
			if c := d.Clock(); (clock{c.Tick, c.PublishedUS, c.Speed, c.Paused}) != *s.Clock {
				t.Fatalf("%s, message %d: clock %+v, want %+v", f.Name, i, c, *s.Clock)
			}
			for _, want := range s.See {
				got, ok := d.At(want.Slot, want.At)
				if !ok || seenOf(want.At, got) != want || math.IsNaN(got.P[0]) {
					t.Fatalf("%s, message %d: %+v, want %+v", f.Name, i, got, want)
				}
				compared++
			}
		}
	}
	if compared < 500 || gaps == 0 {
		t.Fatalf("the fixtures hold %d states and %d gaps: too few", compared, gaps)
	}
}
