package fleet

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/telemetry"
)

var now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func live(t *testing.T, n int) (*Fleet, uuid.UUID) {
	t.Helper()
	f := New()
	id := uuid.New()
	f.Begin(Session{ID: id, Simulator: "s", State: "running", Origin: geo.LLA{Lat: 47.397742, Lon: 8.545594, Alt: 488}}, now)
	var all []drone.Info
	for i := range n {
		all = append(all, drone.Info{Slot: i, ID: "d" + string(rune('1'+i)), Name: "<b>\"é", Model: "x500"})
	}
	f.SetRoster(1, all)
	return f, id
}

func slice(id uuid.UUID, seq, tick uint64, part, parts uint8, slots ...uint32) []byte {
	h := telemetry.Header{Session: id, Seq: seq, Tick: tick, TickHz: 250, Roster: 1, Slice: part, Slices: parts, PublishedUS: now.UnixMicro()}
	var all []telemetry.Sample
	for _, s := range slots {
		all = append(all, telemetry.Sample{Slot: s, X: int32(s) * 1000, Z: 20_500, HomeZ: 500, VX: -5, Heading: 35_999, Battery: 9950, Items: 3})
	}
	return telemetry.AppendSlice(nil, &h, all)
}

func TestAPictureAppearsWhenTheLastSliceIsThere(t *testing.T) {
	f, id := live(t, 4)
	var seen []*Picture
	f.OnPicture(func(p *Picture) { seen = append(seen, p) })
	feed := func(b []byte) {
		t.Helper()
		if err := f.Frame(b, now.Add(3*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
	feed(slice(id, 1, 10, 1, 2, 2, 3))
	if len(seen) != 0 {
		t.Fatal("a picture of half a frame")
	}
	feed(slice(id, 1, 10, 0, 2, 0, 1))
	if len(seen) != 1 || len(seen[0].Samples) != 4 || seen[0].Samples[3].Slot != 3 {
		t.Fatalf("%d pictures", len(seen))
	}
	feed(slice(id, 2, 20, 0, 2, 0, 1)) // overtaken by
	feed(slice(id, 3, 30, 0, 1, 0, 1))
	if n, _ := f.Losses(); n != 1 || len(seen) != 2 {
		t.Errorf("%d incomplete frames, %d pictures; want 1 and 2", n, len(seen))
	}
	feed(slice(id, 4, 5, 0, 1, 0)) // from the past
	feed(slice(uuid.New(), 5, 40, 0, 1, 0))
	if len(seen) != 2 || f.Picture().Tick != 30 {
		t.Errorf("a frame of the past or of another session was shown")
	}
	if err := f.Frame([]byte("junk"), now); err == nil {
		t.Error("junk is taken for a frame")
	}
	if l := f.Latency(now.Add(time.Second)); l.P50 != 3 || l.Max != 3 || l.N != 2 {
		t.Errorf("latency %+v, want 3 ms", l)
	}
}

func TestADroneIsShownAsTheContractSays(t *testing.T) {
	f, id := live(t, 1)
	if err := f.Frame(slice(id, 1, 25, 0, 1, 0), now); err != nil {
		t.Fatal(err)
	}
	p := f.Picture()
	var frame struct {
		Session string
		Tick    uint64
		SimTime float64 `json:"sim_time"`
		Drones  []map[string]any
	}
	if err := json.Unmarshal(p.AppendFrame(nil, nil), &frame); err != nil {
		t.Fatal(err)
	}
	if frame.Session != id.String() || frame.Tick != 25 || frame.SimTime != 0.1 || len(frame.Drones) != 1 {
		t.Fatalf("%+v", frame)
	}
	d := frame.Drones[0]
	for key, want := range map[string]any{
		"id": "d1", "name": "<b>\"é", "model": "x500", "mode": "standby", "armed": false, "alt_m": 508.5, "rel_alt_m": 20.0,
		"x": 0.0, "z": 20.5, "vx": -0.05, "vy": 0.0, "heading_deg": 0.0, "battery_pct": 99.5, "status": "ok",
		"mission": map[string]any{"item": 0.0, "items": 3.0}, "lat": 47.397742, "lon": 8.545594,
	} {
		if !reflect.DeepEqual(d[key], want) {
			t.Errorf("%s is %v, want %v", key, d[key], want)
		}
	}
	// The struct for the API has a field for each member, and the other way round.
	s, ok := p.Find("d1")
	if !ok {
		t.Fatal("d1 is not found")
	}
	one, err := p.Drone(&s)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(one)
	if err != nil {
		t.Fatal(err)
	}
	var again map[string]any
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again, d) {
		t.Errorf("API %v\nstream %v", again, d)
	}
}

func BenchmarkAppendFrame(b *testing.B) {
	f := New()
	id := uuid.New()
	f.Begin(Session{ID: id, Origin: geo.LLA{Lat: 47, Lon: 8}}, now)
	var slots []uint32
	for i := range uint32(100) {
		slots = append(slots, i)
	}
	if err := f.Frame(slice(id, 1, 1, 0, 1, slots...), now); err != nil {
		b.Fatal(err)
	}
	p := f.Picture()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = p.AppendFrame(buf[:0], nil)
	}
	b.ReportMetric(float64(len(buf)), "bytes/frame")
}
