package world_test

import (
	"fmt"
	"math"
	"testing"

	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/scenario"
	"volary/internal/world"
)

// ring puts n drones on a circle of radius r in the air and sends each to the
// opposite side, all through the middle.
func ring(t *testing.T, n int, r float64, a scenario.Avoidance, workers int) *world.World {
	t.Helper()
	w, err := world.New(&scenario.Scenario{
		Name: "ring", Home: geo.LLA{Lat: 47, Lon: 8}, Avoidance: a,
		Fleet: []scenario.Group{{Count: n, Model: "x500", Formation: "circle", Spacing: 2 * math.Pi * r / float64(n)}},
	}, world.Options{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	must(t, w, drone.Command{Drones: all, Type: drone.CmdTakeoff, Params: drone.Params{AltitudeM: num(15)}})
	for range 20 * world.TickHz {
		w.Step()
	}
	for i, s := range w.Samples(nil) {
		must(t, w, drone.Command{
			Drones: drone.Selection{IDs: []string{fmt.Sprintf("d%d", i+1)}}, Type: drone.CmdGoto,
			Params: drone.Params{X: num(-float64(s.X) / 1000), Y: num(-float64(s.Y) / 1000)},
		})
	}
	return w
}

func TestDronesThatAvoidEachOtherCrossAndArrive(t *testing.T) {
	for _, n := range []int{2, 3, 8, 16} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			const separation = 4.0
			w := ring(t, n, 40, scenario.Avoidance{Mutual: true, Separation: separation}, 1)
			start := w.Samples(nil)
			for range 90 * world.TickHz {
				w.Step()
			}
			for i, s := range w.Samples(nil) {
				if d := math.Hypot(float64(s.X+start[i].X), float64(s.Y+start[i].Y)) / 1000; d > 0.5 || s.Mode != drone.Hold {
					t.Errorf("drone %d is %s, %.1f m from where it was sent", i+1, s.Mode, d)
				}
			}
			t.Logf("%d drones kept %.2f m", n, w.Separation())
			// In the crush of the middle the separation asked for can't quite be kept.
			if got := w.Separation(); !(got > 0.7*separation) {
				t.Errorf("they came within %.2f m, want at least seven tenths of the %v m asked for", got, separation)
			}
		})
	}
}

func TestWithoutAvoidanceTheyWouldHaveCollided(t *testing.T) {
	w := ring(t, 8, 40, scenario.Avoidance{}, 1)
	crashed := 0
	for range 30 * world.TickHz {
		w.Step()
	}
	for _, s := range w.Samples(nil) {
		if s.Status == drone.Crashed {
			crashed++
		}
	}
	if crashed == 0 {
		t.Errorf("none crashed: the crossing shows nothing (separation %.2f m)", w.Separation())
	}
}
