package physics

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"volary/internal/geo"
)

// arbitrary draws a state of an airframe in flight.
func arbitrary(t *rapid.T, a *Airframe) State {
	f := func(lo, hi float64, n string) float64 { return rapid.Float64Range(lo, hi).Draw(t, n) }
	s := State{
		P: geo.Vec{X: f(-50, 50, "px"), Y: f(-50, 50, "py"), Z: f(10, 200, "pz")},
		V: geo.Vec{X: f(-10, 10, "vx"), Y: f(-10, 10, "vy"), Z: f(-5, 5, "vz")},
		Q: geo.Quat{W: f(-1, 1, "qw"), X: f(-1, 1, "qx"), Y: f(-1, 1, "qy"), Z: f(0.1, 1, "qz")},
		W: geo.Vec{X: f(-5, 5, "wx"), Y: f(-5, 5, "wy"), Z: f(-5, 5, "wz")},
	}
	n := 1 / math.Sqrt(s.Q.W*s.Q.W+s.Q.X*s.Q.X+s.Q.Y*s.Q.Y+s.Q.Z*s.Q.Z)
	s.Q = geo.Quat{W: s.Q.W * n, X: s.Q.X * n, Y: s.Q.Y * n, Z: s.Q.Z * n}
	for i := range a.Rotors {
		s.R[i] = a.SpeedMax.Value * f(0, 1, "r")
	}
	return s
}

func anyAirframe(t *rapid.T, all map[string]*Airframe) *Airframe {
	return all[rapid.SampledFrom(Names(all)).Draw(t, "airframe")]
}

func TestTheQuaternionStaysOfLengthOne(t *testing.T) {
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		a := anyAirframe(t, all)
		s := arbitrary(t, a)
		step := NewStepper(a, 0.004)
		var cmd [MaxRotors]float64
		for i := range a.Rotors {
			cmd[i] = a.SpeedMax.Value * rapid.Float64Range(0, 1).Draw(t, "cmd")
		}
		for range 100 {
			step.Step(&s, &cmd, &still)
			if n := s.Q.W*s.Q.W + s.Q.X*s.Q.X + s.Q.Y*s.Q.Y + s.Q.Z*s.Q.Z; math.Abs(n-1) > 1e-14 || !s.Finite() {
				t.Fatalf("length %v, state %+v", math.Sqrt(n), s)
			}
		}
	})
}

// Without its motors a body loses energy to the air, and never gains any.
func TestEnergyWithoutInputNeverGrows(t *testing.T) {
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		a := anyAirframe(t, all)
		if a.TransLift.Value != 0 {
			// Translational lift is thrust that goes with the airspeed alone, with the
			// rotors standing still too: RotorPy's fit, good in flight only.
			a2 := *a
			a2.TransLift.Value = 0
			a = &a2
		}
		s := arbitrary(t, a)
		s.R = [MaxRotors]float64{}
		step := NewStepper(a, 0.004)
		var off [MaxRotors]float64
		energy := func() float64 {
			return 0.5*a.Mass.Value*s.V.Dot(s.V) + a.Mass.Value*Gravity*s.P.Z + spinEnergy(a, s.W)
		}
		before := energy()
		for range 250 {
			step.Step(&s, &off, &still)
			now := energy()
			if now > before+1e-9*math.Abs(before) {
				t.Fatalf("%s: energy grew from %.12f to %.12f J", a.Name, before, now)
			}
			before = now
		}
	})
}

// What a drone does seen in a mirror, its left and right swapped, is what the
// mirrored drone does.
func TestMirroredInputsGiveMirroredFlights(t *testing.T) {
	a := builtinAirframe(t, "hummingbird")
	other := map[int]int{0: 1, 1: 0, 2: 3, 3: 2} // left and right of each other
	mirrored := func(s State) State {
		m := State{
			P: geo.Vec{X: s.P.X, Y: -s.P.Y, Z: s.P.Z}, V: geo.Vec{X: s.V.X, Y: -s.V.Y, Z: s.V.Z},
			Q: geo.Quat{W: s.Q.W, X: -s.Q.X, Y: s.Q.Y, Z: -s.Q.Z}, W: geo.Vec{X: -s.W.X, Y: s.W.Y, Z: -s.W.Z},
		}
		for i := range 4 {
			m.R[i] = s.R[other[i]]
		}
		return m
	}
	rapid.Check(t, func(t *rapid.T) {
		s := arbitrary(t, a)
		m := mirrored(s)
		var cmd, mcmd [MaxRotors]float64
		for i := range 4 {
			cmd[i] = rapid.Float64Range(0, 1500).Draw(t, "cmd")
			mcmd[other[i]] = cmd[i]
		}
		air := &Air{Wind: geo.Vec{X: 3, Y: -2, Z: 1}, Density: 0.9, Lift: 1.1}
		back := &Air{Wind: geo.Vec{X: 3, Y: 2, Z: 1}, Density: 0.9, Lift: 1.1}
		step := NewStepper(a, 0.004)
		for range 100 {
			step.Step(&s, &cmd, air)
			step.Step(&m, &mcmd, back)
		}
		w := mirrored(m)
		if d := s.P.Sub(w.P).Norm() + s.V.Sub(w.V).Norm() + s.W.Sub(w.W).Norm(); d > 1e-9 {
			t.Fatalf("the mirrored flight is off by %.2e", d)
		}
	})
}

// Rotors seen through the sums and rotors visited one by one are the same model.
func TestTheSumsOverTheRotorsAreTheRotors(t *testing.T) {
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		a := anyAirframe(t, all)
		if len(a.Wings) > 0 {
			return
		}
		b := *a
		b.Flapping.Value = 1e-6
		sums, one := NewStepper(&b, 0.004), NewStepper(&b, 0.004)
		one.flat = false
		s := arbitrary(t, a)
		o := s
		rotors := [MaxRotors]float64{1, 0, 0.7, 1, 1, 1, 0.2, 1}
		air := &Air{Wind: geo.Vec{X: 4, Y: 1, Z: -2}, Density: 0.8, Lift: 1.2, Wake: 3, Rotors: &rotors}
		cmd := s.R
		cmd[0], cmd[2] = 0.5*cmd[0], 0
		for range 25 {
			sums.Step(&s, &cmd, air)
			one.Step(&o, &cmd, air)
		}
		if d := s.P.Sub(o.P).Norm() + s.V.Sub(o.V).Norm() + s.W.Sub(o.W).Norm(); !(d < 1e-8) {
			t.Fatalf("%s: off by %.2e", a.Name, d)
		}
	})
}

func TestAFailedRotorSpinsDownAndALostShareIsLost(t *testing.T) {
	a := builtinAirframe(t, "x500")
	step := NewStepper(a, 0.004)
	h := a.HoverSpeed()
	cmd := [MaxRotors]float64{h, h, h, h}
	left := [MaxRotors]float64{1, 0, 1, 0.5}
	s := State{Q: geo.Quat{W: 1}, R: cmd}
	v, _ := step.Acceleration(&s, &Air{Density: 1, Lift: 1, Rotors: &left})
	if want := Gravity * (2.5/4 - 1); math.Abs(v.Z-want) > 1e-9 {
		t.Errorf("accelerates at %.4f m/s², want %.4f", v.Z, want)
	}
	for range 250 {
		step.Step(&s, &cmd, &Air{Density: 1, Lift: 1, Rotors: &left})
	}
	if s.R[1] > 1 || s.R[0] < h-1 || s.R[3] < h-1 {
		t.Errorf("rotors turn at %v", s.R)
	}
}
