package scenario

import (
	"math"
	"strings"
	"testing"

	"volary/deploy/scenarios"
)

const good = `name: t
home: {lat: 47, lon: 8}
fleet:
  - {count: 4, model: x500}
missions:
  - name: m
    items: [{type: takeoff, z: 10}, {type: waypoint, x: 5, z: 10}]
timeline:
  - {at_s: 1, drones: "1-2, 4", command: takeoff, params: {altitude_m: 5}, stagger_s: 0.5}
  - {at_s: 0.5, drones: all, command: mission_start, mission: m}
`

func TestTheTimelineIsSpreadOutAndInOrder(t *testing.T) {
	s, err := Parse([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.Orders()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, o := range all {
		if i > 0 && o.AtS < all[i-1].AtS {
			t.Errorf("order %d at %v s comes after one at %v s", i, o.AtS, all[i-1].AtS)
		}
		got = append(got, o.Command.Drones.IDs...)
	}
	if s := strings.Join(got, " "); s != "d1 d2 d3 d4 d1 d2 d4" {
		t.Errorf("orders for %s", s)
	}
	if all[0].Command.Mission == nil || all[6].AtS != 2 {
		t.Errorf("mission %v, last at %v s", all[0].Command.Mission, all[6].AtS)
	}
}

func TestAScenarioThatCanNotBeFlownSaysWhere(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"empty", good, "", "empty"},
		{"not YAML", "name: t", "name: [", "line"},
		{"unknown key with its line", "home:", "hone:", "line 2, column 1: field hone"},
		{"value of another type", "lat: 47", "lat: north", "line 2, column 13"},
		{"a waypoint beyond the world", "x: 5", "x: 5e9", "line 7, column 57: missions[0].items[1].x"},
		{"expectation of nothing", "timeline:", "expect: [{}]\ntimeline:", "line 8, column 10: expect[0]"},
		{"expectation of two things", "timeline:", "expect: [{latency_below: {ms: 1}, event_seen: {type: x}}]\ntimeline:", "expect[0]"},
		{"expectation of a drone that is not there", "timeline:", "expect:\n  - reached: {drones: 9, within_m: 1, by_s: 3}\ntimeline:", "line 9, column 23: expect[0].reached.drones"},
		{"expectation after the end", "timeline:", "duration_s: 5\nexpect: [{lands_by: {at_s: 6}}]\ntimeline:", "expect[0].lands_by.at_s"},
		{"mode that is none", "timeline:", "expect: [{mode_at: {mode: dance, at_s: 6}}]\ntimeline:", "expect[0].mode_at.mode"},
		{"limit that is no number", "timeline:", "expect: [{never_closer_than: {distance_m: .nan}}]\ntimeline:", "expect[0].never_closer_than.distance_m"},
		{"impossible home", "lat: 47", "lat: 147", "line 2, column 13: home.lat"},
		{"no drones in a group", "count: 4", "count: 0", "fleet[0].count"},
		{"unknown formation", "model: x500", "model: x500, formation: heart", "fleet[0].formation"},
		{"unknown command", "command: takeoff", "command: dance", "timeline[0]"},
		{"drone that is not there", "1-2, 4", "1-9", "timeline[0].drones"},
		{"unknown mission", "mission: m}", "mission: n}", "timeline[1].mission"},
		{"mission without items", "items: [{type: takeoff, z: 10}, {type: waypoint, x: 5, z: 10}]", "items: []", "missions[0]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(strings.Replace(good, c.old, c.new, 1)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that names %q", err, c.want)
			}
		})
	}
}

func TestFormationsKeepTheirSpacing(t *testing.T) {
	for _, formation := range []string{"grid", "line", "circle"} {
		for _, n := range []int{1, 2, 7, 100} {
			g := Group{Count: n, Formation: formation, Spacing: 4}
			at := g.Places()
			if len(at) != n {
				t.Fatalf("%s of %d has %d places", formation, n, len(at))
			}
			for i := range at {
				for j := range i {
					if d := at[i].Sub(at[j]).Norm(); d < 4*2/math.Pi-1e-9 {
						t.Fatalf("%s of %d: %d and %d are %.2f m apart", formation, n, i, j, d)
					}
				}
			}
		}
	}
}

func TestEveryScenarioThatComesWithVolaryCanBeFlown(t *testing.T) {
	s, err := Load("demo", scenarios.Files)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Expect) == 0 {
		t.Error("the demo expects nothing of itself")
	}
	if err := s.Resize(7); err != nil || s.Fleet[0].Count != 7 {
		t.Errorf("resized to %+v, %v", s.Fleet, err)
	}
	if _, err := Load("nowhere", scenarios.Files); err == nil || !strings.Contains(err.Error(), "demo") {
		t.Errorf("error %v, want one that lists what there is", err)
	}
}

func TestWindBlowsFromWhereItIsSaidTo(t *testing.T) {
	v := Wind{Speed: 3, From: 270}.Vector() // from the west: towards the east
	if math.Abs(v.X-3) > 1e-9 || math.Abs(v.Y) > 1e-9 {
		t.Errorf("wind from 270° moves %v", v)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := Parse(b); err == nil {
			if _, err := s.Orders(); err != nil {
				t.Fatalf("accepted a timeline that can't be flown: %v", err)
			}
		}
	})
}

const rough = `name: t
home: {lat: 47, lon: 8}
environment:
  wind: {speed_ms: 5, from_deg: 200, turbulence: light}
  temperature_c: 30
fleet:
  - {count: 4, model: x500}
faults:
  - {at_s: 1, drones: "1-2", type: motor_failure, params: {rotor: 2}, duration_s: 5}
  - at_s: 2
    type: sensor_bias
    params: {sensor: baro, z: 2}
geofences:
  - {name: field, type: inclusion, circle: {x: 0, y: 0, radius_m: 50}}
obstacles:
  - {type: box, x: 5, y: 5, length_m: 4, width_m: 2, height_m: 10}
avoidance: {mutual: true, separation_m: 5}
`

func TestHazardsAreRead(t *testing.T) {
	s, err := Parse([]byte(rough))
	if err != nil {
		t.Fatal(err)
	}
	faults, err := s.FaultList()
	if err != nil {
		t.Fatal(err)
	}
	if len(faults) != 2 || len(faults[0].Drones.IDs) != 2 || !faults[1].Drones.All || faults[0].AfterS != 1 || *faults[1].Params.Z != 2 {
		t.Errorf("faults %+v", faults)
	}
	if a := s.Air(); a.Wind.Turbulence != "light" || *a.TemperatureC != 30 {
		t.Errorf("air %+v", a)
	}
	if len(s.Geofences) != 1 || len(s.Obstacles) != 1 || !s.Avoidance.Mutual {
		t.Errorf("%+v", s)
	}
}

func TestWhatIsWrongIsSaidWithItsLineAndColumn(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"wind", "speed_ms: 5", "speed_ms: 90", "line 4, column 20: environment.wind.speed_ms: "},
		{"turbulence", "turbulence: light", "turbulence: some", "line 4, column 50: environment.wind.turbulence: "},
		{"temperature", "temperature_c: 30", "temperature_c: 300", "line 5, column 18: environment.temperature_c: "},
		{"fault", "type: motor_failure", "type: meteor", "line 9, column 36: faults[0].type: "},
		{"fault at no drone", `"1-2"`, `"1-9"`, "line 9, column 23: faults[0].drones: "},
		{"parameter of another fault", "{rotor: 2}", "{to_pct: 2}", "line 9, column 68: faults[0].params.to_pct: "},
		{"sensor", "sensor: baro", "sensor: nose", "line 12, column 22: faults[1].params.sensor: "},
		{"fence", "radius_m: 50", "radius_m: 0", "line 14, column 67: geofences[0].circle.radius_m: "},
		{"kind of fence", "inclusion", "illusion", "line 14, column 25: geofences[0].type: "},
		{"obstacle", "length_m: 4", "length_m: 0", "line 16, column 39: obstacles[0].length_m: "},
		{"obstacle of no kind", "type: box", "type: cloud", "line 16, column 12: obstacles[0].type: "},
		{"avoidance", "separation_m: 5", "separation_m: 500", "line 17, column 41: avoidance.separation_m: "},
		{"count", "count: 4", "count: 0", "line 7, column 13: fleet[0].count: "},
		{"home", "lat: 47", "lat: 97", "line 2, column 13: home.lat: "},
		{"wind twice", "fleet:", "wind: {speed_ms: 1, from_deg: 0}\nfleet:", "wind: given here and in environment"},
		{"unknown key", "separation_m", "distance_m", "distance_m"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(strings.Replace(rough, c.old, c.new, 1)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}
