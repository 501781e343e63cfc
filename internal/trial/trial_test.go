package trial

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"volary/internal/scenario"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// base is two drones that rise to 10 m, fly 20 m east, and land by about 30 s.
const base = `name: t
home: {lat: 47, lon: 8, alt_m: 400}
fleet:
  - {count: 2, model: x500, formation: line, spacing_m: 6}
missions:
  - name: m
    speed_ms: 5
    items: [{type: takeoff, z: 10}, {type: waypoint, x: 20, z: 10}, {type: land}]
timeline:
  - {at_s: 1, drones: all, command: mission_start, mission: m}
duration_s: 60
expect:
`

func fly(t *testing.T, expect string) *Report {
	t.Helper()
	sc, err := scenario.Parse([]byte(base + expect))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Fly(t.Context(), sc, "t.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEachExpectationHoldsAndFailsWithItsTime(t *testing.T) {
	for _, c := range []struct {
		expect string
		fails  string  // what the message holds; "" for one that holds
		from   float64 // and when, simulated seconds
		to     float64
	}{
		{"reached: {drones: 1, x: 17, z: 10, within_m: 2, by_s: 30}", "", 0, 0},
		{"reached: {drones: all, x: 23, z: 10, within_m: 2, by_s: 30}", "d1: the nearest", 30, 30.1},
		{"reached: {drones: 1, lat: 47, lon: 8.000224, z: 10, within_m: 2, by_s: 30}", "", 0, 0}, // 17 m east
		{"reached: {drones: 1, x: 17, z: 10, within_m: 2, by_s: 3}", "not reached by d1", 3, 3.1},
		{"stays_within: {radius_m: 40, max_alt_m: 12}", "", 0, 0},
		{"stays_within: {max_alt_m: 9}", "too high", 2, 12},
		{"stays_within: {radius_m: 15}", "m away", 5, 20},
		{"stays_within: {min_alt_m: 5, from_s: 10, to_s: 11}", "", 0, 0},
		{"stays_within: {min_alt_m: 5}", "too low", 0, 0.1},
		{"never_closer_than: {distance_m: 5}", "", 0, 0},
		{"never_closer_than: {distance_m: 7}", "d1 and d2", 1, 5},
		{"lands_by: {at_s: 55}", "", 0, 0},
		{"lands_by: {at_s: 12}", "d1 was still", 12, 12.1},
		{"lands_by: {at_s: 55, near_start_m: 0.0001}", "from where it started", 55, 55.1},
		{"mode_at: {mode: mission, at_s: 10}", "", 0, 0},
		{"mode_at: {mode: hold, at_s: 10}", "in mode mission", 10, 10.1},
		{"mode_reached_by: {mode: mission, by_s: 5}", "", 0, 0},
		{"mode_reached_by: {mode: orbit, by_s: 5}", "d1, d2", 5, 5.1},
		{"event_seen: {type: mission_finished, drones: all}", "", 0, 0},
		{"event_seen: {type: landed, drones: 2, count: 2}", "seen 1 times at d2", 59, 61},
		{"event_seen: {type: landed, by_s: 5}", "seen 0 times", 5, 5.1},
		{"event_not_seen: {type: crashed}", "", 0, 0},
		{"event_not_seen: {type: landed}", "d1", 15, 50},
		{"battery_above: {percent: 50}", "", 0, 0},
		{"battery_above: {percent: 99}", "left", 5, 30},
		{"latency_below: {ms: 60000}", "", 0, 0},
		{"latency_below: {ms: 0.000001}", "1 of 100 ticks", 0, 0},
	} {
		t.Run(c.expect, func(t *testing.T) {
			r := fly(t, "  - "+c.expect+"\n")
			one := r.Results[0]
			if one.OK != (c.fails == "") || r.OK() != one.OK || !strings.Contains(one.Message, c.fails) {
				t.Fatalf("%+v, want %q", one, c.fails)
			}
			if !one.OK && (one.SimTime < c.from || one.SimTime > c.to || math.Abs(one.SimTime*250-float64(one.Tick)) > 1e-6) {
				t.Errorf("at %v s, tick %d; want between %v and %v s", one.SimTime, one.Tick, c.from, c.to)
			}
			if !strings.HasPrefix(c.expect, one.Kind+":") || one.Name == "" {
				t.Errorf("kind %q, name %q", one.Kind, one.Name)
			}
		})
	}
}

func TestTheSameRunGivesTheSameReport(t *testing.T) {
	expect := "  - never_closer_than: {distance_m: 7}\n  - battery_above: {percent: 99}\n"
	one, other := fly(t, expect), fly(t, expect)
	one.Wall, other.Wall = 0, 0
	if a, b := fmt.Sprintf("%+v", one), fmt.Sprintf("%+v", other); a != b {
		t.Errorf("%s\nthen\n%s", a, b)
	}
	var first, second bytes.Buffer
	for w, r := range map[*bytes.Buffer]*Report{&first: one, &second: other} {
		if err := JUnit(w, []Outcome{{File: "t.yaml", Report: r}}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("%s\nthen\n%s", first.String(), second.String())
	}
}

func TestTheJUnitReportCountsAndEscapes(t *testing.T) {
	r := fly(t, "  - name: <near> & \"far\"\n    never_closer_than: {distance_m: 7}\n  - lands_by: {at_s: 55}\n")
	var b bytes.Buffer
	if err := JUnit(&b, []Outcome{{File: "t.yaml", Report: r}, {File: "bad.yaml", Err: errors.New("line 3: no")}}); err != nil {
		t.Fatal(err)
	}
	var got suites
	if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Tests != 3 || got.Failures != 1 || got.Errors != 1 || got.Suites[0].Cases[0].Name != `<near> & "far"` {
		t.Errorf("%+v", got)
	}
	if f := got.Suites[0].Cases[0].Failure; f == nil || !strings.Contains(f.Message, "tick") || !strings.Contains(f.Text, "volary up --scenario t.yaml --seed") {
		t.Errorf("%+v", f)
	}
	var text bytes.Buffer
	if err := r.Print(&text); err != nil || !strings.Contains(text.String(), "FAIL  <near>") || !strings.Contains(text.String(), "fly it again: volary up") {
		t.Errorf("%s %v", text.String(), err)
	}
}

func TestAFlightEndsWithItsContext(t *testing.T) {
	sc, err := scenario.Parse([]byte(base + "  - lands_by: {at_s: 55}\n"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Fly(ctx, sc, "t.yaml"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// Twenty drones, as many simulated seconds as the loop turns: how many times
// faster than real time one core flies them.
func BenchmarkTwentyDrones(b *testing.B) {
	text := strings.Replace(base, "count: 2", "count: 20", 1)
	text = strings.Replace(text, "{type: land}]", "{type: waypoint, z: 10}]\n    repeat: true", 1)
	sc, err := scenario.Parse([]byte(text + "  - never_closer_than: {distance_m: 1}\n"))
	if err != nil {
		b.Fatal(err)
	}
	sim, wall := 0.0, 0.0
	for b.Loop() {
		r, err := Fly(b.Context(), sc, "t.yaml")
		if err != nil || !r.OK() {
			b.Fatal(err, r)
		}
		sim, wall = sim+r.SimS, wall+r.Wall.Seconds()
	}
	b.ReportMetric(sim/wall, "times_real_time")
}
