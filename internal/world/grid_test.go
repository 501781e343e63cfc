package world

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/scenario"
)

func fleetOf(t interface{ Fatal(...any) }, n int) *World {
	w, err := New(&scenario.Scenario{Name: "t", Home: geo.LLA{Lat: 47, Lon: 8}, Fleet: []scenario.Group{{Count: n, Model: "x500"}}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestTheGridFindsWhoeverIsNear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := fleetOf(t, rapid.IntRange(1, 60).Draw(t, "drones"))
		for i := range w.bodies {
			at := func(n string) float64 { return rapid.Float64Range(-40, 40).Draw(t, n) }
			w.bodies[i].s.P = geo.Vec{X: at("x"), Y: at("y"), Z: 10}
		}
		w.grid.fill(w.bodies)
		p := w.bodies[0].s.P
		r := rapid.Float64Range(0, 25).Draw(t, "radius")
		var got, want []int
		w.grid.near(0, p, r, func(j int, _ *place) { got = append(got, j) })
		for j := 1; j < len(w.bodies); j++ {
			if w.bodies[j].s.P.Sub(p).NormXY() <= r {
				want = append(want, j)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("near %+v within %v: %v, want %v", p, r, got, want)
		}
	})
}

// airborne puts the drones of w into the air, armed and hovering.
func airborne(w *World, at ...geo.Vec) {
	for i, p := range at {
		b := &w.bodies[i]
		b.s.P, b.onGround, b.pilot.Armed = p, false, true
		b.pilot.Mode = drone.Hold
	}
}

func TestADroneBelowAnotherIsInItsWash(t *testing.T) {
	w := fleetOf(t, 3)
	airborne(w, geo.Vec{Z: 20}, geo.Vec{Z: 17}, geo.Vec{X: 4, Z: 17})
	w.look()
	for i := range w.bodies {
		w.breathe(&w.bodies[i], true)
		w.meet(i, &w.bodies[i])
	}
	if up, below, beside := w.bodies[0].air.Wake, w.bodies[1].air.Wake, w.bodies[2].air.Wake; up != 0 || below < 3 || below > 15 || beside != 0 {
		t.Errorf("wash of %.2f m/s on the upper, %.2f on the lower, %.2f on the one beside", up, below, beside)
	}
}

func TestDronesThatMeetBounceAndKeepTheirMomentum(t *testing.T) {
	w := fleetOf(t, 2)
	airborne(w, geo.Vec{X: -0.25, Z: 20}, geo.Vec{X: 0.25, Z: 20})
	w.bodies[0].s.V, w.bodies[1].s.V = geo.Vec{X: 2}, geo.Vec{X: -1}
	w.look()
	for i := range w.bodies {
		w.meet(i, &w.bodies[i])
	}
	a, b := &w.bodies[0], &w.bodies[1]
	if math.Abs(a.s.V.X+b.s.V.X-1) > 1e-12 || math.Abs(b.s.V.X-a.s.V.X-3*bounce) > 1e-12 {
		t.Errorf("after the impact %+v and %+v", a.s.V, b.s.V)
	}
	if !a.crashed || !b.crashed || a.pilot.Armed || b.pilot.Armed {
		t.Error("an impact at 3 m/s wrecks nobody")
	}
}

func TestAnObstacleStopsADrone(t *testing.T) {
	w := fleetOf(t, 1)
	airborne(w, geo.Vec{X: 2.1, Z: 5})
	w.solids = []geo.Solid{{Radius: 2, Height: 30}}
	b := &w.bodies[0]
	b.s.V = geo.Vec{X: -0.5}
	w.touch(b)
	if b.s.V.X <= 0 || b.s.P.X < 2.2 || b.crashed {
		t.Errorf("a touch at 0.5 m/s: at %+v, %+v, crashed %v", b.s.P, b.s.V, b.crashed)
	}
	b.s.P.X, b.s.V.X = 2.1, -5
	w.touch(b)
	if !b.crashed {
		t.Error("an impact at 5 m/s wrecks nothing")
	}
}

func TestTheGroundCarriesRotorsThatAreNear(t *testing.T) {
	c := &cushion{stand: 0.05, radius: 0.127}
	if near, half, far := c.lift(0), c.lift(0.1), c.lift(2); !(near > half && half > 1 && far == 1) || near > 1.34 {
		t.Errorf("lift %.3f on the ground, %.3f at 10 cm, %.3f at 2 m", near, half, far)
	}
}
