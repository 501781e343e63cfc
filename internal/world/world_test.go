package world_test

import (
	"fmt"
	"math"
	"os"
	"testing"

	scenarios "volary/deploy/scenarios"
	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/mission"
	"volary/internal/scenario"
	"volary/internal/telemetry"
	"volary/internal/world"
)

func demo(t testing.TB) *scenario.Scenario {
	t.Helper()
	b, err := scenarios.Files.ReadFile(scenarios.Demo)
	if err != nil {
		t.Fatal(err)
	}
	sc, err := scenario.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

func newWorld(t testing.TB, groups ...scenario.Group) *world.World {
	t.Helper()
	w, err := world.New(&scenario.Scenario{Name: "test", Home: geo.LLA{Lat: 47.397742, Lon: 8.545594, Alt: 488}, Fleet: groups}, world.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func must(t testing.TB, w *world.World, c drone.Command) {
	t.Helper()
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	for id, r := range w.Do(&c) {
		if r.Status != "accepted" {
			t.Fatalf("%s of %s: %s", c.Type, id, r.Reason)
		}
	}
}

func num(v float64) *float64 { return &v }

var all = drone.Selection{All: true}

// fly steps until done says so, or fails after so many simulated seconds.
func fly(t testing.TB, w *world.World, seconds float64, what string, done func(telemetry.Sample) bool) float64 {
	t.Helper()
	start := w.Tick()
	var buf []telemetry.Sample
	for range int(seconds * world.TickHz) {
		w.Step()
		buf = w.Samples(buf[:0])
		if done(buf[0]) {
			return float64(w.Tick()-start) / world.TickHz
		}
	}
	t.Fatalf("after %.0f s: not %s; last %+v", seconds, what, buf[0])
	return 0
}

func TestSameScenarioGivesTheSameBitsOnAnyNumberOfWorkers(t *testing.T) {
	var want uint64
	for _, workers := range []int{1, 2, 7} {
		w, err := world.New(demo(t), world.Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		for range 2500 {
			w.Step()
		}
		if h := w.Hash(); want == 0 {
			want = h
		} else if h != want {
			t.Errorf("%d workers: hash %016x, one worker %016x", workers, h, want)
		}
	}
}

func TestGotoReachesItsTargetWithoutOvershoot(t *testing.T) {
	for _, model := range []string{"x500", "crazyflie"} {
		for _, wind := range []float64{0, 3} {
			t.Run(fmt.Sprintf("%s in %v m/s of wind", model, wind), func(t *testing.T) {
				w, err := world.New(&scenario.Scenario{
					Name: "t", Home: geo.LLA{Lat: 47, Lon: 8}, Wind: scenario.Wind{Speed: wind, From: 270},
					Fleet: []scenario.Group{{Count: 1, Model: model}},
				}, world.Options{})
				if err != nil {
					t.Fatal(err)
				}
				must(t, w, drone.Command{Drones: all, Type: drone.CmdTakeoff, Params: drone.Params{AltitudeM: num(10)}})
				up := fly(t, w, 40, "holding at 10 m", func(s telemetry.Sample) bool { return s.Mode == drone.Hold })
				must(t, w, drone.Command{Drones: all, Type: drone.CmdGoto, Params: drone.Params{X: num(20), Y: num(10)}})
				over, low := 0.0, math.Inf(1)
				along := fly(t, w, 60, "at its target", func(s telemetry.Sample) bool {
					x, y := float64(s.X)/1000, float64(s.Y)/1000
					over = math.Max(over, (x*20+y*10)/math.Hypot(20, 10)-math.Hypot(20, 10))
					low = math.Min(low, float64(s.Z)/1000)
					return s.Mode == drone.Hold
				})
				if over > 0.3 {
					t.Errorf("overshot by %.2f m", over)
				}
				if low < 9 {
					t.Errorf("sank to %.2f m on the way", low)
				}
				for range 10 * world.TickHz {
					w.Step()
				}
				s := w.Samples(nil)[0]
				if d := math.Hypot(math.Hypot(float64(s.X)/1000-20, float64(s.Y)/1000-10), float64(s.Z)/1000-10); d > 0.1 {
					t.Errorf("rests %.2f m from its target", d)
				}
				t.Logf("up in %.1f s, along in %.1f s, overshoot %.3f m, lowest %.2f m", up, along, over, low)
			})
		}
	}
}

func TestMissionVisitsEveryWaypointAndComesHome(t *testing.T) {
	w := newWorld(t, scenario.Group{Count: 1, Model: "x500"})
	m := &mission.Mission{Name: "square", Items: []mission.Item{
		{Kind: mission.Takeoff, Alt: num(20)},
		{Kind: mission.Waypoint, Frame: mission.LocalENU, X: 30, Z: 20},
		{Kind: mission.Waypoint, Frame: mission.LocalENU, X: 30, Y: 30, Z: 25, HoldS: 3},
		{Kind: mission.Speed, SpeedMS: 8},
		{Kind: mission.Waypoint, Frame: mission.LocalENU, Y: 30, Z: 20},
		{Kind: mission.Return},
	}}
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	must(t, w, drone.Command{Drones: all, Type: drone.CmdMissionStart, Params: drone.Params{MissionID: "m"}, Mission: m})
	visited := map[int]bool{}
	marks := []geo.Vec{{X: 30, Z: 20}, {X: 30, Y: 30, Z: 25}, {Y: 30, Z: 20}}
	took := fly(t, w, 300, "home and disarmed", func(s telemetry.Sample) bool {
		p := geo.Vec{X: float64(s.X) / 1000, Y: float64(s.Y) / 1000, Z: float64(s.Z) / 1000}
		for i, m := range marks {
			visited[i] = visited[i] || p.Sub(m).Norm() < 2.5
		}
		return w.Tick() > 1000 && s.Flags&telemetry.Armed == 0
	})
	if len(visited) != 3 || !visited[0] || !visited[1] || !visited[2] {
		t.Errorf("visited %v of 3 waypoints", visited)
	}
	s := w.Samples(nil)[0]
	if math.Hypot(float64(s.X), float64(s.Y)) > 500 || s.Z != 0 {
		t.Errorf("landed at (%d, %d, %d) mm, want home", s.X, s.Y, s.Z)
	}
	reached := 0
	for _, e := range w.Events() {
		if e.Type == "mission_item_reached" {
			reached++
		}
	}
	if reached != len(m.Items) {
		t.Errorf("%d items told as reached, want %d", reached, len(m.Items))
	}
	t.Logf("flown in %.0f s", took)
}

func TestAQGroundControlPlanIsFlownPastEveryWaypointAndHome(t *testing.T) {
	b, err := os.ReadFile("../mission/testdata/qgroundcontrol_sample.plan")
	if err != nil {
		t.Fatal(err)
	}
	m, err := mission.ParsePlan(b, "sample")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	if _, err := w.Spawn(scenario.Group{Count: 1, Model: "x500", Origin: m.Home}); err != nil {
		t.Fatal(err)
	}
	home := w.Samples(nil)[0]
	must(t, w, drone.Command{Drones: all, Type: drone.CmdMissionStart, Params: drone.Params{MissionID: "m"}, Mission: m})
	local := geo.NewLocal(w.Origin())
	nearest := map[int]float64{}
	fly(t, w, 600, "home and disarmed", func(s telemetry.Sample) bool {
		p := geo.Vec{X: float64(s.X) / 1000, Y: float64(s.Y) / 1000, Z: float64(s.Z) / 1000}
		for i, it := range m.Items {
			if it.Lat != nil {
				at := local.ToENU(geo.LLA{Lat: *it.Lat, Lon: *it.Lon, Alt: w.Origin().Alt})
				at.Z = *it.Alt
				if d, ok := nearest[i]; !ok || p.Sub(at).Norm() < d {
					nearest[i] = p.Sub(at).Norm()
				}
			}
		}
		return w.Tick() > 1000 && s.Flags&telemetry.Armed == 0
	})
	if len(nearest) != 4 {
		t.Fatalf("%d places in the plan, want 4", len(nearest))
	}
	for i, d := range nearest {
		if d > 2.5 {
			t.Errorf("item %d was passed at %.1f m, want within 2.5 m", i, d)
		}
	}
	s := w.Samples(nil)[0]
	if d := math.Hypot(float64(s.X-home.X), float64(s.Y-home.Y)) / 1000; d > 0.5 || s.Z != 0 {
		t.Errorf("landed %.2f m from home", d)
	}
}

func TestDemoFliesThroughBatterySwapsWithoutLosingADrone(t *testing.T) {
	t.Parallel()
	w, err := world.New(demo(t), world.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	var airborneAtLeast = 100
	for second := range 480 {
		for range world.TickHz {
			w.Step()
		}
		if second < 60 {
			continue
		}
		up := 0
		for _, s := range w.Samples(nil) {
			if s.Flags&telemetry.OnGround == 0 {
				up++
			}
			if s.Status == drone.Crashed || s.Status == drone.Faulted {
				t.Fatalf("at %d s: drone in slot %d is %s at %d %d %d", second, s.Slot, s.Status, s.X, s.Y, s.Z)
			}
		}
		airborneAtLeast = min(airborneAtLeast, up)
	}
	t.Logf("at least %d drones in the air at any second", airborneAtLeast)
	if airborneAtLeast < 20 {
		t.Errorf("only %d drones were in the air at some second", airborneAtLeast)
	}
	swapped := 0
	for _, e := range w.Events() {
		switch e.Type {
		case "timeline_rejected", "motors_stopped":
			t.Errorf("at %.1f s %s: %s", e.SimTime, e.Drone, e.Message)
		case "battery_swapped":
			swapped++
		}
	}
	if swapped == 0 {
		t.Error("no battery was swapped: the flight was too short to show it")
	}
}

func TestADroneThatIsNoLongerANumberIsFrozenAndTheOthersFlyOn(t *testing.T) {
	run := func(poison bool) *world.World {
		w := newWorld(t, scenario.Group{Count: 9, Model: "x500"})
		must(t, w, drone.Command{Drones: all, Type: drone.CmdTakeoff, Params: drone.Params{AltitudeM: num(10)}})
		for i := range 1000 {
			if poison && i == 500 {
				w.Poison("d5")
			}
			w.Step()
		}
		return w
	}
	good, bad := run(false).Samples(nil), run(true).Samples(nil)
	for i := range good {
		if i == 4 {
			if bad[i].Mode != drone.Frozen || bad[i].Status != drone.Faulted {
				t.Errorf("d5 is %s, %s; want fault", bad[i].Mode, bad[i].Status)
			}
		} else if good[i] != bad[i] {
			t.Errorf("slot %d differs: %+v, %+v", i, good[i], bad[i])
		}
	}
}

func TestCommandsThatMakeNoSenseAreRejectedWithTheReason(t *testing.T) {
	w := newWorld(t, scenario.Group{Count: 1, Model: "x500"})
	do := func(typ drone.CommandType, p drone.Params) drone.Result {
		c := drone.Command{Drones: drone.Selection{IDs: []string{"d1"}}, Type: typ, Params: p}
		return w.Do(&c)["d1"]
	}
	for _, typ := range []drone.CommandType{drone.CmdLand, drone.CmdHold, drone.CmdReturn, drone.CmdMissionResume} {
		if r := do(typ, drone.Params{}); r.Status != "rejected" || r.Reason == "" {
			t.Errorf("%s on the ground: %+v, want rejected with a reason", typ, r)
		}
	}
	if r := do(drone.CmdTakeoff, drone.Params{}); r.Status != "accepted" {
		t.Fatalf("takeoff: %+v", r)
	}
	fly(t, w, 20, "holding", func(s telemetry.Sample) bool { return s.Mode == drone.Hold })
	for _, typ := range []drone.CommandType{drone.CmdTakeoff, drone.CmdDisarm, drone.CmdMissionPause} {
		if r := do(typ, drone.Params{}); r.Status != "rejected" || r.Reason == "" {
			t.Errorf("%s in the air: %+v, want rejected with a reason", typ, r)
		}
	}
	c := drone.Command{Drones: drone.Selection{IDs: []string{"nobody"}}, Type: drone.CmdHold}
	if r := w.Do(&c)["nobody"]; r.Status != "rejected" {
		t.Errorf("unknown drone: %+v, want rejected", r)
	}
}
