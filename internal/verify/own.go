package verify

import (
	"math"

	"volary/internal/geo"
	"volary/internal/physics"
)

// ConvergenceOrder measures how the error of a smooth flight of an airframe
// falls with the step: 4 for a method of fourth order. The flight is a second
// of turning and drifting in wind with rotors that run up to unequal speeds.
func ConvergenceOrder(a *physics.Airframe) float64 {
	fly := func(steps int) physics.State {
		p := physics.NewStepper(a, 1/float64(steps))
		s := physics.State{P: geo.Vec{Z: 50}, Q: geo.Quat{W: 1}, W: geo.Vec{X: 0.5, Y: -0.35, Z: 0.2}, V: geo.Vec{X: 3}}
		h := a.HoverSpeed()
		var cmd [physics.MaxRotors]float64
		for i := range a.Rotors {
			cmd[i] = h * (1 + 0.01*float64(i%3))
			s.R[i] = cmd[i]
		}
		air := physics.Air{Wind: geo.Vec{X: 2, Y: -1}, Density: 1, Lift: 1}
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

// HoverDrift is how far an airframe moves in 10 s of still air with all rotors
// at the speed that carries it, in m.
func HoverDrift(a *physics.Airframe, dt float64) float64 {
	p, air := physics.NewStepper(a, dt), physics.StillAir()
	s := physics.State{P: geo.Vec{Z: 10}, Q: geo.Quat{W: 1}}
	var cmd [physics.MaxRotors]float64
	for i := range a.Rotors {
		cmd[i], s.R[i] = a.HoverSpeed(), a.HoverSpeed()
	}
	for range int(math.Round(10 / dt)) {
		p.Step(&s, &cmd, &air)
	}
	return s.P.Sub(geo.Vec{Z: 10}).Norm()
}

// TumbleDrift is by what share a free tumble of 10 s changes its energy and its
// angular momentum.
func TumbleDrift(dt float64) (energy, momentum float64) {
	a := &physics.Airframe{
		Mass: value(1), SpeedMax: value(1), Thrust: value(1),
		Inertia: physics.Inertia{XX: 0.02, YY: 0.03, ZZ: 0.04, XY: 0.003, XZ: -0.002, YZ: 0.004},
		Rotors:  []physics.Rotor{{X: 1, Y: 1}, {X: 1, Y: -1}, {X: -1}},
	}
	if err := a.Prepare(); err != nil {
		return math.Inf(1), math.Inf(1)
	}
	p, air := physics.NewStepperIn(a, dt, 0), physics.StillAir()
	s := physics.State{Q: geo.Quat{W: 1}, W: geo.Vec{X: 0.3, Y: 2, Z: -0.4}}
	measure := func() (float64, geo.Vec) {
		j, w := &a.Inertia, s.W
		l := geo.Vec{X: j.XX*w.X + j.XY*w.Y + j.XZ*w.Z, Y: j.XY*w.X + j.YY*w.Y + j.YZ*w.Z, Z: j.XZ*w.X + j.YZ*w.Y + j.ZZ*w.Z}
		x, y, z := s.Q.Axes()
		return 0.5 * w.Dot(l), x.Scale(l.X).Add(y.Scale(l.Y)).Add(z.Scale(l.Z))
	}
	e0, l0 := measure()
	var off [physics.MaxRotors]float64
	for range int(math.Round(10 / dt)) {
		p.Step(&s, &off, &air)
	}
	e, l := measure()
	return math.Abs(e/e0 - 1), l.Sub(l0).Norm() / l0.Norm()
}
