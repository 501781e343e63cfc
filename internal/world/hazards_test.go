package world_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/mission"
	"volary/internal/scenario"
	"volary/internal/telemetry"
	"volary/internal/world"
)

// rough is a world where everything goes on at once: gusts, fences, faults,
// drones that avoid each other.
func rough(t testing.TB, workers int) *world.World {
	t.Helper()
	sc, err := scenario.Parse([]byte(`
name: rough
home: {lat: 47.4, lon: 8.5, alt_m: 450}
seed: 7
environment: {wind: {speed_ms: 6, from_deg: 250, turbulence: moderate, shear: true}}
fleet:
  - {count: 180, model: x500, spacing_m: 6}
  - {count: 40, model: crazyflie, spacing_m: 3, x: 120}
geofences:
  - {name: field, type: inclusion, circle: {x: 0, y: 0, radius_m: 180}, ceiling_m: 60}
  - {name: mast, type: exclusion, circle: {x: 60, y: 60, radius_m: 12}, action: rtl}
obstacles:
  - {type: cylinder, x: 60, y: 60, radius_m: 2, height_m: 40}
avoidance: {mutual: true, separation_m: 3}
timeline:
  - {at_s: 0.5, command: takeoff, params: {altitude_m: 15}}
  - {at_s: 8, drones: "1-90", command: goto, params: {x: 80, y: 70}}
  - {at_s: 8, drones: "91-180", command: velocity, params: {vx: -9, vy: 3}}
  - {at_s: 9, drones: "181-220", command: orbit, params: {x: 120, y: 0, radius_m: 15, speed_ms: 1.5}}
faults:
  - {at_s: 6, drones: "3, 50-60", type: motor_failure, params: {rotor: 2}}
  - {at_s: 7, drones: "61-70", type: gps_loss, duration_s: 7}
  - {at_s: 7, drones: "71-80", type: link_loss}
  - {at_s: 9, drones: "81-90", type: battery_drop, params: {to_pct: 5}}
  - {at_s: 5, drones: "91-110", type: gust, params: {speed_ms: 12, from_deg: 10}, duration_s: 4}
  - {at_s: 6, drones: "111-120", type: sensor_bias, params: {sensor: compass, heading_deg: 40}}
  - {at_s: 6, drones: "121-124", type: sensor_stuck, params: {sensor: gyro}}
`))
	if err != nil {
		t.Fatal(err)
	}
	w, err := world.New(sc, world.Options{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// told is everything a world says in one line an event.
func told(w *world.World) (out []string) {
	for _, e := range w.Events() {
		out = append(out, fmt.Sprintf("%d %s %s %s %s", e.Tick, e.Drone, e.Type, e.Message, e.Data))
	}
	return out
}

func TestAWorldFullOfTroubleGivesTheSameBitsOnAnyNumberOfWorkers(t *testing.T) {
	t.Parallel()
	var want []string
	for _, workers := range []int{1, 2, 7} {
		w := rough(t, workers)
		var got []string
		for second := range 20 {
			for range world.TickHz {
				w.Step()
			}
			got = append(got, told(w)...)
			got = append(got, fmt.Sprintf("%d %016x", second, w.Hash()))
		}
		if want == nil {
			want = got
			continue
		}
		for i := range want {
			if i >= len(got) || got[i] != want[i] {
				t.Fatalf("%d workers: line %d differs from one worker's: %q", workers, i, want[i])
			}
		}
	}
	if len(want) < 500 {
		t.Errorf("only %d lines: too little happened", len(want))
	}
}

// order is something done to a world at a tick.
type order struct {
	tick uint64
	do   func(*world.World)
}

func TestARecordedRunIsFlownAgainToTheSameBits(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var orders []order
	at := func(do func(*world.World)) { orders = append(orders, order{uint64(r.IntN(15 * world.TickHz)), do}) }
	for range 60 {
		id := fmt.Sprintf("d%d", 1+r.IntN(220))
		sel := drone.Selection{IDs: []string{id}}
		x, y := 200*r.Float64()-100, 200*r.Float64()-100
		switch r.IntN(6) {
		case 0:
			at(func(w *world.World) {
				w.Do(&drone.Command{Drones: sel, Type: drone.CmdGoto, Params: drone.Params{X: &x, Y: &y}})
			})
		case 1:
			kind := drone.FaultTypes[r.IntN(5)]
			if kind == drone.SensorStuck {
				kind = drone.Gust
			}
			f := drone.Fault{Drones: sel, Type: kind, AfterS: r.Float64(), DurationS: 5 * r.Float64()}
			at(func(w *world.World) {
				if _, _, err := w.Inject(&f); err != nil {
					t.Error(err)
				}
			})
		case 2:
			e := scenario.Environment{Wind: scenario.Wind{Speed: 10 * r.Float64(), From: 360 * r.Float64(), Turbulence: "light"}}
			at(func(w *world.World) {
				if err := w.SetEnvironment(e); err != nil {
					t.Error(err)
				}
			})
		case 3:
			f := mission.Fence{ID: "moving", Kind: mission.Exclusion, Circle: &mission.FenceCircle{X: &x, Y: &y, Radius: 20}}
			at(func(w *world.World) {
				if _, err := w.PutFence(f); err != nil {
					t.Error(err)
				}
			})
		case 4:
			at(func(w *world.World) { _ = w.Clear("f1") })
		case 5:
			at(func(w *world.World) { w.Do(&drone.Command{Drones: sel, Type: drone.CmdReturn}) })
		}
	}
	fly := func(workers int) (out []string) {
		w := rough(t, workers)
		for range 15 * world.TickHz {
			for i := range orders { // between two ticks, as the simulator does
				if orders[i].tick == w.Tick() {
					orders[i].do(w)
				}
			}
			w.Step()
			out = append(out, told(w)...)
			if w.Tick()%world.TickHz == 0 {
				out = append(out, fmt.Sprintf("%016x", w.Hash()))
			}
		}
		return out
	}
	first, again := fly(1), fly(2)
	for i := range first {
		if i >= len(again) || first[i] != again[i] {
			t.Fatalf("line %d differs: %q", i, first[i])
		}
	}
}

func TestTheOthersFlyOnWithTheSameBitsWhenOneIsFrozen(t *testing.T) {
	run := func(poison bool) []telemetry.Sample {
		w := rough(t, 2)
		for i := range 8 * world.TickHz {
			if poison && i == 1000 {
				w.Poison("d220")
			}
			w.Step()
		}
		return w.Samples(nil)
	}
	good, bad := run(false), run(true)
	for i := range good[:180] { // the other Crazyflies are near enough to feel it
		if good[i] != bad[i] {
			t.Errorf("slot %d differs", i)
		}
	}
	if bad[219].Status != drone.Faulted {
		t.Errorf("d220 is %s, want fault", bad[219].Status)
	}
}

func TestOfTenThousandTheOthersHaveTheSameHashWhenOneIsFrozen(t *testing.T) {
	one := drone.Selection{IDs: []string{"d5000"}}
	run := func(poison bool) uint64 {
		w := newWorld(t, scenario.Group{Count: 10_000, Model: "x500", Formation: "grid", Spacing: 20})
		must(t, w, drone.Command{Drones: all, Type: drone.CmdTakeoff, Params: drone.Params{AltitudeM: num(12)}})
		for i := range 60 {
			if i == 30 && poison {
				w.Poison("d5000")
			}
			w.Step()
		}
		if poison {
			if s := w.Samples(nil)[4999]; s.Status != drone.Faulted || s.Mode != drone.Frozen {
				t.Errorf("d5000 is %s in mode %s, want it frozen", s.Status, s.Mode)
			}
		}
		w.Remove(one) // the hash is of the other 9,999
		return w.Hash()
	}
	if with, without := run(true), run(false); with != without {
		t.Errorf("hash %016x with one frozen, %016x when it flies", with, without)
	}
}

func TestMirroredInputsGiveMirroredFlights(t *testing.T) {
	fly := func(side float64) (out []geo.Vec) {
		w := newWorld(t, scenario.Group{Count: 1, Model: "x500", Heading: 90})
		must(t, w, drone.Command{Drones: all, Type: drone.CmdTakeoff, Params: drone.Params{AltitudeM: num(12)}})
		for second := range 70 {
			switch second {
			case 15:
				must(t, w, drone.Command{Drones: all, Type: drone.CmdGoto, Params: drone.Params{X: num(30), Y: num(20 * side)}})
			case 35:
				must(t, w, drone.Command{Drones: all, Type: drone.CmdVelocity, Params: drone.Params{VX: num(-3), VY: num(2 * side)}})
			case 45:
				must(t, w, drone.Command{Drones: all, Type: drone.CmdOrbit, Params: drone.Params{
					X: num(10), Y: num(5 * side), RadiusM: num(15), Clockwise: new(side > 0),
				}})
			}
			for range world.TickHz {
				w.Step()
			}
			p := w.Place("d1")
			out = append(out, p)
		}
		return out
	}
	left, right := fly(1), fly(-1)
	for i := range left {
		m := geo.Vec{X: right[i].X, Y: -right[i].Y, Z: right[i].Z}
		if d := left[i].Sub(m).Norm(); !(d < 1e-6) {
			t.Fatalf("after %d s the mirrored flight is %.2e m away", i+1, d)
		}
	}
}

func TestAMissionAlwaysEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		model := rapid.SampledFrom([]string{"x500", "crazyflie", "m600", "plane"}).Draw(r, "model")
		scale, lift := 1.0, 0.0
		if model == "plane" { // which needs room to turn
			scale, lift = 8, 25
		}
		m := &mission.Mission{Name: "random", SpeedMS: rapid.Float64Range(0, 12).Draw(r, "speed")}
		length, holds := 0.0, 0.0
		var last geo.Vec
		slowest := 5.0
		add := func(it mission.Item, to geo.Vec) {
			m.Items = append(m.Items, it)
			length += to.Sub(last).Norm()
			holds += it.HoldS
			if it.SpeedMS > 0 {
				slowest = math.Min(slowest, it.SpeedMS)
			}
			last = to
		}
		if m.SpeedMS > 0 {
			slowest = math.Min(slowest, m.SpeedMS)
		}
		near := rapid.Float64Range(-25, 25)
		for range rapid.IntRange(1, 4).Draw(r, "items") {
			to := geo.Vec{X: scale * near.Draw(r, "x"), Y: scale * near.Draw(r, "y"), Z: lift + rapid.Float64Range(2, 15).Draw(r, "z")}
			it := mission.Item{
				Kind: mission.Waypoint, Frame: mission.LocalENU, X: to.X, Y: to.Y, Z: to.Z,
				HoldS: rapid.SampledFrom([]float64{0, 0, 1, 4}).Draw(r, "hold"), Acceptance: rapid.SampledFrom([]float64{0, 0.3, 1, 5}).Draw(r, "accept"),
				SpeedMS: rapid.SampledFrom([]float64{0, 0, 1, 3, 12, 50}).Draw(r, "item speed"),
			}
			if rapid.Bool().Draw(r, "turns") {
				it.HeadingDeg = num(rapid.Float64Range(-360, 360).Draw(r, "heading"))
			}
			switch rapid.IntRange(0, 5).Draw(r, "kind") {
			case 0:
				it.Kind, it.HoldS = mission.Loiter, 3
			case 1:
				add(mission.Item{Kind: mission.Speed, SpeedMS: rapid.Float64Range(0.5, 20).Draw(r, "set speed")}, last)
			}
			add(it, to)
		}
		end := rapid.SampledFrom([]mission.Kind{mission.Waypoint, mission.Return, mission.Land}).Draw(r, "end")
		if end != mission.Waypoint {
			m.Items = append(m.Items, mission.Item{Kind: end})
		}
		if err := m.Check(); err != nil {
			r.Fatal(err)
		}
		if m.SpeedMS > 0 && m.SpeedMS < 0.3 {
			slowest = 0.3
			m.SpeedMS = 0.3
		}
		w, err := world.New(&scenario.Scenario{Name: "m", Home: geo.LLA{Lat: 47, Lon: 8}, BatteryEndless: true, Fleet: []scenario.Group{{Count: 1, Model: model}}}, world.Options{})
		if err != nil {
			r.Fatal(err)
		}
		w.Do(&drone.Command{Drones: all, Type: drone.CmdMissionStart, Params: drone.Params{MissionID: "m"}, Mission: m})
		// Climbs may take longer than the way along; the end a landing from 60 m.
		limit := 120 + 3*length/math.Min(slowest, 1.5) + holds + 10*float64(len(m.Items))
		for range int(limit) {
			for range world.TickHz {
				w.Step()
			}
			s := w.Samples(nil)[0]
			if s.Mode == drone.Hold || s.Mode == drone.Standby {
				return
			}
		}
		r.Fatalf("after %.0f s the mission still runs: %+v", limit, w.Samples(nil)[0])
	})
}
