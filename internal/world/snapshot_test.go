package world_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"volary/internal/drone"
	"volary/internal/mission"
	"volary/internal/scenario"
	"volary/internal/snapshot"
	"volary/internal/world"
)

func save(t interface {
	Helper()
	Fatal(...any)
}, w *world.World) []byte {
	t.Helper()
	b, err := w.Snapshot(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// deeds that a world of some drones may be told, drawn by lot.
func drawDeed(t *rapid.T) *world.Deed {
	some := drone.Selection{IDs: []string{rapid.SampledFrom([]string{"d1", "d3", "d9", "d13", "d15", "d17", "d9999"}).Draw(t, "drone")}}
	if rapid.IntRange(0, 3).Draw(t, "all") == 0 {
		some = drone.Selection{All: true}
	}
	command := func(kind drone.CommandType, p drone.Params) *world.Deed {
		return &world.Deed{Command: &drone.Command{Type: kind, Drones: some, Params: p}}
	}
	switch rapid.IntRange(0, 12).Draw(t, "deed") {
	case 0:
		return command(drone.CmdGoto, drone.Params{X: num(rapid.Float64Range(-200, 200).Draw(t, "x")), Y: num(10), Z: num(40)})
	case 1:
		return command(drone.CmdVelocity, drone.Params{VX: num(2), VY: num(-1.5), VZ: num(0.5), HeadingDeg: num(33)})
	case 2:
		return command(drone.CmdOrbit, drone.Params{X: num(20), Y: num(30), Z: num(35), RadiusM: num(12), SpeedMS: num(3)})
	case 3:
		return command(drone.CmdReturn, drone.Params{})
	case 4:
		return command(drone.CmdLand, drone.Params{})
	case 5:
		return command(drone.CmdKill, drone.Params{})
	case 6:
		return &world.Deed{Spawn: &scenario.Group{Count: 3, Model: "crazyflie", X: 300, Formation: "line"}}
	case 7:
		return &world.Deed{Remove: &some}
	case 8:
		m := &mission.Mission{Name: "m", Repeat: true, Items: []mission.Item{
			{Kind: mission.Takeoff, Frame: mission.LocalENU, Z: 10}, {Kind: mission.Waypoint, Frame: mission.LocalENU, X: 30, Z: 20, HeadingDeg: num(90)},
			{Kind: mission.Loiter, Frame: mission.LocalENU, Y: 30, Z: 20, HoldS: 2},
		}}
		d := command(drone.CmdMissionStart, drone.Params{MissionID: "m"})
		d.Mission = m
		return d
	case 9:
		return &world.Deed{Fault: &drone.Fault{
			Drones: some, Type: rapid.SampledFrom(drone.FaultTypes).Draw(t, "fault"), Params: drone.FaultParams{Sensor: drone.SensorBaro, Z: num(1)}, AfterS: 0.5, DurationS: 1,
		}}
	case 10:
		return &world.Deed{Fence: &mission.Fence{Kind: "exclusion", Circle: &mission.FenceCircle{X: num(50), Y: num(0), Radius: 30}, Action: "rtl"}}
	case 11:
		return &world.Deed{Air: &scenario.Environment{Wind: scenario.Wind{Speed: 5, From: 250, Turbulence: "moderate"}}}
	}
	return command(drone.CmdTakeoff, drone.Params{AltitudeM: num(15)})
}

func TestARestoredWorldGoesOnWithTheSameBits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sc := quickDemo
		a, err := world.New(sc, world.Options{})
		if err != nil {
			t.Fatal(err)
		}
		steps := func(n int) {
			for range n {
				a.Step()
			}
		}
		for range rapid.IntRange(0, 3).Draw(t, "deeds before") {
			steps(rapid.IntRange(1, 700).Draw(t, "ticks"))
			_, _ = a.Carry(drawDeed(t)) // a deed may be refused: the same on both
		}
		steps(rapid.IntRange(0, 300).Draw(t, "ticks"))
		a.Events()
		saved := save(t, a)
		b, err := world.Restore(sc, saved, world.Options{Workers: 3})
		if err != nil {
			t.Fatal(err)
		}
		if a.Tick() != b.Tick() || a.Hash() != b.Hash() {
			t.Fatalf("restored at tick %d with hash %016x, saved at %d with %016x", b.Tick(), b.Hash(), a.Tick(), a.Hash())
		}
		for range rapid.IntRange(1, 3).Draw(t, "deeds after") {
			d := drawDeed(t)
			ra, ea := a.Carry(d)
			rb, eb := b.Carry(d)
			if !reflect.DeepEqual(ra, rb) || (ea == nil) != (eb == nil) {
				t.Fatalf("a deed had other results: %v %v, %v %v", ra, ea, rb, eb)
			}
			for range rapid.IntRange(1, 400).Draw(t, "ticks") {
				a.Step()
				b.Step()
			}
			if a.Hash() != b.Hash() {
				t.Fatalf("tick %d: %016x in the first life, %016x in the second", a.Tick(), a.Hash(), b.Hash())
			}
		}
		if !reflect.DeepEqual(a.Events(), b.Events()) {
			t.Fatal("other events in the second life")
		}
		if !bytes.Equal(save(t, a), save(t, b)) {
			t.Fatal("all that was compared is equal, and yet something differs")
		}
	})
}

func TestASnapshotOfAnotherWorldIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scenario.Group{Count: 2, Model: "x500"})
	good := save(t, w)
	for i := 0; i < len(good); i += 1 + i/100 { // each byte of its head, and some of the rest
		bad := bytes.Clone(good)
		bad[i] ^= 1
		if _, err := world.Restore(&scenario.Scenario{}, bad, world.Options{}); !errors.Is(err, snapshot.ErrDamaged) {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
}

func BenchmarkSnapshot(b *testing.B) {
	w := newWorld(b, scenario.Group{Count: 1000, Model: "x500"})
	var buf []byte
	for b.Loop() {
		buf, _ = w.Snapshot(buf[:0])
	}
	b.ReportMetric(float64(len(buf))/1000, "B/drone")
}

// quickDemo is a scenario where much happens soon: missions, orbits, and
// batteries that are swapped.
var quickDemo = func() *scenario.Scenario {
	sc, err := scenario.Parse([]byte(`name: quick
home: {lat: 47.397742, lon: 8.545594, alt_m: 488}
seed: 7
wind: {speed_ms: 4, from_deg: 200}
battery_swap_s: 1
fleet:
  - {count: 12, model: x500, formation: grid, spacing_m: 20}
  - {count: 3, model: crazyflie, formation: circle, x: 300}
missions:
  - name: square
    repeat: true
    items: [{type: takeoff, z: 5}, {type: waypoint, x: 5, y: 5, z: 6}, {type: loiter, x: -5, y: 5, z: 6, hold_s: 1}, {type: rtl}]
timeline:
  - {at_s: 0.2, drones: 1-6, command: mission_start, mission: square, stagger_s: 0.05}
  - {at_s: 0.5, drones: 7-15, command: takeoff, params: {altitude_m: 4}}
  - {at_s: 6, drones: 7-12, command: orbit, params: {x: 10, y: 10, z: 8, radius_m: 10}}
  - {at_s: 9, drones: 1-2, command: land}
`))
	if err != nil {
		panic(err)
	}
	return sc
}()
