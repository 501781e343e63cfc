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

// A go-to ends where it should, for every airframe that can hover, near and
// far: it doesn't go beyond by more than a few centimetres, and it doesn't swing.
func TestAGotoNeitherOvershootsNorOscillates(t *testing.T) {
	for _, model := range []string{"crazyflie", "crazyflie_brushless", "hummingbird", "iris", "x500", "m600", "naki"} {
		for _, c := range []struct{ far, up, wind float64 }{{3, 0, 0}, {25, 0, 0}, {80, 12, 0}, {25, 0, 5}, {0, -8, 0}} {
			t.Run(fmt.Sprintf("%s %v m far, %v m up, wind %v", model, c.far, c.up, c.wind), func(t *testing.T) {
				t.Parallel()
				w, err := world.New(&scenario.Scenario{
					Name: "t", Home: geo.LLA{Lat: 47, Lon: 8}, Wind: scenario.Wind{Speed: c.wind, From: 300}, BatteryEndless: true,
					Fleet: []scenario.Group{{Count: 1, Model: model}},
				}, world.Options{})
				if err != nil {
					t.Fatal(err)
				}
				must(t, w, drone.Command{Drones: all, Type: drone.CmdTakeoff, Params: drone.Params{AltitudeM: num(12)}})
				for range 40 * world.TickHz {
					w.Step()
				}
				from := w.Place("d1")
				to := geo.Vec{X: c.far * 0.8, Y: c.far * 0.6, Z: 12 + c.up}
				must(t, w, drone.Command{Drones: all, Type: drone.CmdGoto, Params: drone.Params{X: &to.X, Y: &to.Y, Z: &to.Z}})
				way := to.Sub(from)
				over, swings, side := 0.0, 0, 0
				for range 110 * world.TickHz {
					w.Step()
					beyond := w.Place("d1").Sub(to).Dot(way) / way.Norm()
					over = math.Max(over, beyond)
					// A swing is a pass through the target by more than 3 cm either way.
					if now := sign(beyond, 0.03); now != 0 && now != side {
						swings, side = swings+1, now
					}
				}
				rest := w.Place("d1").Sub(to).Norm()
				t.Logf("overshoot %.3f m, %d swings, rests %.3f m away", over, swings-1, rest)
				if over > 0.1 || swings > 2 || rest > 0.05 {
					t.Errorf("overshoot %.3f m, %d swings, rests %.3f m from its target", over, swings-1, rest)
				}
			})
		}
	}
}

func sign(v, dead float64) int {
	switch {
	case v > dead:
		return 1
	case v < -dead:
		return -1
	}
	return 0
}
