package geo

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestGapIsTheDistanceToTheSurface(t *testing.T) {
	box := Solid{X: 10, Y: 20, Length: 4, Width: 2, Height: 5, Heading: 0} // length to the north
	mast := Solid{X: -5, Y: 0, Radius: 1, Height: 30}
	for _, c := range []struct {
		name string
		s    Solid
		p    Vec
		gap  float64
		away Vec
	}{
		{"east of the box", box, Vec{X: 14, Y: 20, Z: 1}, 3, Vec{X: 1}},
		{"north of the box", box, Vec{X: 10, Y: 25, Z: 1}, 3, Vec{Y: 1}},
		{"above the box", box, Vec{X: 10, Y: 20, Z: 7}, 2, Vec{Z: 1}},
		{"inside, near the east face", box, Vec{X: 10.8, Y: 20, Z: 2}, -0.2, Vec{X: 1}},
		{"off an edge", box, Vec{X: 14, Y: 26, Z: 2}, 5, Vec{X: 0.6, Y: 0.8}},
		{"south of the mast", mast, Vec{X: -5, Y: -3, Z: 10}, 2, Vec{Y: -1}},
		{"over the mast", mast, Vec{X: -5, Y: 0, Z: 31}, 1, Vec{Z: 1}},
	} {
		gap, away := c.s.Gap(c.p)
		if math.Abs(gap-c.gap) > 1e-9 || away.Sub(c.away).Norm() > 1e-9 {
			t.Errorf("%s: %.3f along %+v, want %.3f along %+v", c.name, gap, away, c.gap, c.away)
		}
	}
}

func TestGapFallsByWhatOneGoesTowardsTheSurface(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := func(lo, hi float64, n string) float64 { return rapid.Float64Range(lo, hi).Draw(t, n) }
		s := Solid{X: f(-9, 9, "x"), Y: f(-9, 9, "y"), Height: f(0.1, 9, "h"), Length: f(0.1, 9, "l"), Width: f(0.1, 9, "w"), Heading: f(-360, 360, "heading")}
		if rapid.Bool().Draw(t, "round") {
			s.Length, s.Width, s.Radius = 0, 0, f(0.1, 9, "r")
		}
		p := Vec{X: f(-30, 30, "px"), Y: f(-30, 30, "py"), Z: f(-5, 20, "pz")}
		gap, away := s.Gap(p)
		if math.Abs(away.Norm()-1) > 1e-9 {
			t.Fatalf("direction of length %v", away.Norm())
		}
		if gap <= 0 {
			return
		}
		if on, _ := s.Gap(p.Sub(away.Scale(gap))); math.Abs(on) > 1e-9 {
			t.Fatalf("%+v is %.3e from the surface after going %.3f towards it", s, on, gap)
		}
	})
}
