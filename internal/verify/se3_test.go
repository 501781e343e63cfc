package verify

import (
	"math"
	"testing"

	"volary/internal/autopilot"
	"volary/internal/geo"
)

func TestTheReferenceOfAStepIsReadFromItsWords(t *testing.T) {
	for _, c := range []struct {
		text string
		want autopilot.Flat
	}{
		{"SE(3), x ref 0->1 m at t=0", autopilot.Flat{P: geo.Vec{X: 1, Z: 2}}},
		{"z ref 2 -> 3.5 m and yaw ref 0->0.5 rad", autopilot.Flat{P: geo.Vec{Z: 3.5}, Yaw: 0.5}},
		{"yaw ref 0->90 deg", autopilot.Flat{P: geo.Vec{Z: 2}, Yaw: math.Pi / 2}},
		{"y ref 0->-1.5 m", autopilot.Flat{P: geo.Vec{Y: -1.5, Z: 2}}},
		{"a step", autopilot.Flat{P: geo.Vec{X: 7, Y: 8, Z: 9}}},
	} {
		k := SE3Case{Description: c.text}
		k.Start.X = [3]float64{0, 0, 2}
		k.Final.Pos, k.Final.Q = [3]float64{7, 8, 9}, [4]float64{1, 0, 0, 0}
		if got := k.Reference()(1); got != c.want {
			t.Errorf("%q: %+v, want %+v", c.text, got, c.want)
		}
	}
}
