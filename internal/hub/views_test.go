package hub

import (
	"errors"
	"math"
	"strings"
	"testing"

	"volary/internal/fleet"
	"volary/internal/geo"
	"volary/internal/problem"
)

func rate(v float64) *float64 { return &v }

// frames counts how many of a source's frames a view lets through in a minute.
func frames(t *testing.T, w *view, sourceHz float64) int {
	t.Helper()
	v := views{byRoom: map[string]*view{w.room: w}}
	n := 0
	for i := range int(60 * sourceHz) {
		jitter := int64(2000 * math.Sin(float64(i))) // µs
		p := &fleet.Picture{PublishedUS: 1_700_000_000_000_000 + int64(float64(i)*1e6/sourceHz) + jitter}
		n += len(v.due(p))
	}
	return n
}

func TestAViewGetsTheRateItWasGranted(t *testing.T) {
	for _, hz := range []float64{1, 5, 7, 10, 15, 20} {
		w, err := newView(&request{RateHz: rate(hz)}, 100)
		if err != nil {
			t.Fatal(err)
		}
		if n := frames(t, w, 20); math.Abs(float64(n)-60*hz) > 2 {
			t.Errorf("%v Hz of 20: %d frames in a minute, want %v", hz, n, 60*hz)
		}
	}
}

func TestALargeFleetIsGrantedALowerRate(t *testing.T) {
	w, err := newView(&request{RateHz: rate(5)}, 10_000)
	if err != nil || w.rate != 2 {
		t.Fatalf("%+v, %v; want 2 Hz", w, err)
	}
	if w, err = newView(&request{RateHz: rate(20), IDs: []string{"d1"}}, 10_000); err != nil || w.rate != 20 {
		t.Errorf("one drone of them: rate %v, %v; want 20 Hz", w.rate, err)
	}
}

func TestViewsOfTheSameDronesShareARoom(t *testing.T) {
	a, _ := newView(&request{RateHz: rate(10), IDs: []string{"d2", "d1"}}, 5)
	b, _ := newView(&request{RateHz: rate(10), IDs: []string{"d1", "d2"}}, 5)
	c, _ := newView(&request{RateHz: rate(5), IDs: []string{"d1", "d2"}}, 5)
	if a.room != b.room || a.room == c.room || a.filter != c.filter {
		t.Errorf("rooms %q, %q, %q", a.room, b.room, c.room)
	}
}

func TestSubscriptionsThatCanNotBeNameTheField(t *testing.T) {
	for _, c := range []struct {
		name  string
		q     request
		field string
	}{
		{"no rate", request{RateHz: rate(0)}, "rate_hz"},
		{"negative rate", request{RateHz: rate(-1)}, "rate_hz"},
		{"rate that is no number", request{RateHz: rate(math.NaN())}, "rate_hz"},
		{"too fast", request{RateHz: rate(21)}, "rate_hz"},
		{"too many ids", request{IDs: strings.Split(strings.Repeat("d,", maxIDs+1), ",")}, "ids"},
		{"area beyond the pole", request{Area: &area{North: 91}}, "area.north"},
		{"area upside down", request{Area: &area{South: 2, North: 1}}, "area.south"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := newView(&c.q, 10)
			var p *problem.Error
			if !errors.As(err, &p) || len(p.Fields) != 1 || p.Fields[0].Name != c.field {
				t.Errorf("error %v, want one that names %s", err, c.field)
			}
		})
	}
}

func TestAnAreaMayCrossTheAntimeridian(t *testing.T) {
	a := area{West: 170, East: -170, South: -10, North: 10}
	for _, c := range []struct {
		lon  float64
		want bool
	}{{175, true}, {-175, true}, {0, false}, {169, false}} {
		if got := a.holds(geo.LLA{Lon: c.lon}); got != c.want {
			t.Errorf("longitude %v: %v, want %v", c.lon, got, c.want)
		}
	}
	if a.holds(geo.LLA{Lat: 11, Lon: 175}) {
		t.Error("holds a place north of it")
	}
}

func TestLogRoomsHoldTheLevelAndAllGraverOnes(t *testing.T) {
	rooms, err := logRoomsFrom("warn")
	if err != nil || strings.Join(rooms, " ") != "log:warn log:error" {
		t.Errorf("%v, %v", rooms, err)
	}
	if _, err := logRoomsFrom("loud"); err == nil {
		t.Error("loud is taken for a level")
	}
}

func TestJSONOfALargeFleetIsRefusedWithAdvice(t *testing.T) {
	for _, c := range []struct {
		drones  int
		hz      float64
		granted float64 // 0: refused
	}{
		{100, 20, 20}, {1000, 20, 20}, {2000, 20, 10}, {10_000, 5, 2}, {3000, 20, 20_000.0 / 3000},
		{3001, 20, 0}, {10_000, 10, 0}, {10_000, 20, 0},
	} {
		w, err := newView(&request{RateHz: rate(c.hz)}, c.drones)
		switch {
		case c.granted == 0 && (err == nil || !strings.Contains(err.Error(), "drones_compact")):
			t.Errorf("%d drones at %v Hz: %v, want a refusal that says what to take", c.drones, c.hz, err)
		case c.granted != 0 && (err != nil || math.Abs(w.rate-c.granted) > 1e-9):
			t.Errorf("%d drones at %v Hz: %+v, %v, want %v Hz", c.drones, c.hz, w, err, c.granted)
		}
	}
	if _, err := newView(&request{RateHz: rate(20), IDs: []string{"d1", "d2"}}, 10_000); err != nil {
		t.Errorf("two chosen drones of many: %v", err)
	}
}

func TestAViewSlowsDownWhenTheFleetGrows(t *testing.T) {
	w, err := newView(&request{RateHz: rate(20)}, 100)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.period(&fleet.Picture{Samples: still(100)}); got != 50_000 {
		t.Errorf("%d µs", got)
	}
	if got := w.period(&fleet.Picture{Samples: still(10_000)}); got != 500_000 {
		t.Errorf("%d µs for ten thousand drones, want half a second", got)
	}
}
