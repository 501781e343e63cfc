package physics

import (
	"math"

	"volary/internal/geo"
)

// ConvergenceOrder measures how the error of a smooth flight of an airframe
// falls with the step: 4 for a method of fourth order. The flight is a second
// of turning and drifting in wind with rotors that run up to unequal speeds.
func ConvergenceOrder(a *Airframe) float64 {
	fly := func(steps int) State {
		p := NewStepper(a, 1/float64(steps))
		s := State{P: geo.Vec{Z: 50}, Q: geo.Quat{W: 1}, W: geo.Vec{X: 0.5, Y: -0.35, Z: 0.2}, V: geo.Vec{X: 3}}
		h := a.HoverSpeed()
		var cmd [MaxRotors]float64
		for i := range a.Rotors {
			cmd[i] = h * (1 + float64(0.01*float64(i%3)))
			s.R[i] = cmd[i]
		}
		air := Air{Wind: geo.Vec{X: 2, Y: -1}, Density: 1, Lift: 1}
		for range steps {
			p.Step(&s, &cmd, &air)
		}
		return s
	}
	// Steps small enough to be smooth, and large enough to see their error.
	exact := fly(3200)
	off := func(steps int) float64 {
		s := fly(steps)
		return s.P.Sub(exact.P).Norm() + s.V.Sub(exact.V).Norm() + s.W.Sub(exact.W).Norm()
	}
	return math.Log2(off(50) / off(100))
}
