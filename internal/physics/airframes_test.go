package physics

import (
	"math"
	"strings"
	"testing"

	"volary/internal/geo"
)

// Every number that flight depends on says where it comes from.
func TestEveryNumberOfAnAirframeHasASource(t *testing.T) {
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"crazyflie", "crazyflie_brushless", "hummingbird", "x500", "iris", "m600", "naki", "plane"} {
		if all[want] == nil {
			t.Errorf("no airframe %s among %v", want, Names(all))
		}
	}
	for name, a := range all {
		for field, s := range map[string]string{
			"size_m": a.Size.Source, "stand_m": a.Stand.Source, "mass_kg": a.Mass.Source, "inertia_kgm2": a.Inertia.Source, "rotors_source": a.RotorsFrom,
			"rotor_radius_m": a.RotorRadius.Source, "thrust_coefficient": a.Thrust.Source, "torque_coefficient": a.Torque.Source,
			"rotor_drag": a.RotorDrag.Source, "rotor_inflow_drag": a.InflowDrag.Source, "translational_lift": a.TransLift.Source,
			"body_drag": a.BodyDrag.Source, "motor_lag_up_s": a.LagUp.Source, "motor_lag_down_s": a.LagDown.Source,
			"rotor_speed_max": a.SpeedMax.Source, "battery": a.Battery.Source, "limits": a.Limits.Source, "cruise_ms": a.Cruise.Source,
		} {
			if len(s) < 8 {
				t.Errorf("%s: %s has no source", name, field)
			}
		}
		if len(a.Wings) > 0 && a.WingsFrom == "" {
			t.Errorf("%s: wings have no source", name)
		}
		for field, v := range map[string]Sourced{"rotor_flapping": a.Flapping, "linear_drag": a.LinearDrag, "spin_damping": a.SpinDamping} {
			if v.Value != 0 && v.Source == "" {
				t.Errorf("%s: %s has no source", name, field)
			}
		}
		if r := a.ThrustToWeight(); r < 1.5 || r > 15 {
			t.Errorf("%s: thrust to weight %.2f", name, r)
		}
		if e := a.EnduranceS(); e < 180 || e > 3600 {
			t.Errorf("%s: flies %.0f s", name, e)
		}
	}
}

// Rotors that face each other turn so that the moments about z cancel, and so do
// their places about the other axes.
func TestMultirotorsHoverLevelWithEqualRotors(t *testing.T) {
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for name, a := range all {
		if len(a.Wings) > 0 {
			continue
		}
		var x, y, turn float64
		for _, r := range a.Rotors {
			x, y, turn = x+r.X, y+r.Y, turn+r.Turn
		}
		if math.Abs(x) > 1e-9 || math.Abs(y) > 1e-9 || turn != 0 {
			t.Errorf("%s: sums of x %.2g, y %.2g, turn %v", name, x, y, turn)
		}
	}
}

func TestTheAllocationMatrixPlacesTheRotors(t *testing.T) {
	a := builtinAirframe(t, "naki")
	if len(a.Rotors) != 8 {
		t.Fatalf("%d rotors, want 8", len(a.Rotors))
	}
	if r := a.Rotors[0]; math.Abs(r.X-0.1414) > 1e-9 || math.Abs(r.Y+0.1414) > 1e-9 || r.Turn != -1 {
		t.Errorf("first rotor %+v, want front right, turning the body clockwise", r)
	}
}

// The inertia of the Iris as rotors_simulator has it, and of the Crazyflie as
// RotorPy has it: no rigid body has them.
func TestPublishedInertiasThatCanNotBeAreRefused(t *testing.T) {
	for name, j := range map[string]Inertia{
		"iris of rotors_simulator": {XX: 0.0347563, YY: 0.0458929, ZZ: 0.0977},
		"crazyflie of RotorPy":     {XX: 1.43e-5, YY: 1.43e-5, ZZ: 2.89e-5},
		"a product too large":      {XX: 1, YY: 1, ZZ: 1, XY: 0.9},
	} {
		a := *builtinAirframe(t, "x500")
		a.Inertia = j
		if err := a.Init(); err == nil || !strings.Contains(err.Error(), "no rigid body") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func glide(t *testing.T, elevator float64, seconds float64) (State, *Stepper) {
	t.Helper()
	step := NewStepper(builtinAirframe(t, "plane"), 0.004)
	s := State{P: geo.Vec{Z: 300}, V: geo.Vec{X: 9, Z: -1}, Q: geo.Quat{W: 1}}
	cmd := [MaxRotors]float64{0, 0, elevator}
	energy := math.Inf(1)
	for range int(seconds * 250) {
		step.Step(&s, &cmd, &still)
		e := 0.5*step.a.Mass.Value*s.V.Dot(s.V) + step.a.Mass.Value*Gravity*s.P.Z + spinEnergy(step.a, s.W)
		if e > energy+1e-9 {
			t.Fatalf("energy grew from %.9f to %.9f J without a motor", energy, e)
		}
		energy = e
	}
	return s, step
}

func spinEnergy(a *Airframe, w geo.Vec) float64 {
	j := a.Inertia
	return 0.5 * (j.XX*w.X*w.X + j.YY*w.Y*w.Y + j.ZZ*w.Z*w.Z + 2*(j.XY*w.X*w.Y+j.XZ*w.X*w.Z+j.YZ*w.Y*w.Z))
}

func TestThePlaneGlidesSteadilyAndStraight(t *testing.T) {
	s, _ := glide(t, 0, 30)
	ratio := s.V.NormXY() / -s.V.Z
	if ratio < 0.7 || ratio > 15 || s.V.Norm() < 4 || s.V.Norm() > 20 {
		t.Errorf("glides at %.1f m/s, %.1f m for each metre lost", s.V.Norm(), ratio)
	}
	if math.Abs(s.P.Y) > 1e-6 || s.W.Norm() > 0.05 {
		t.Errorf("drifted %.2e m to the side, turns at %.3f rad/s", s.P.Y, s.W.Norm())
	}
}

func TestControlSurfacesTurnThePlaneTheirWay(t *testing.T) {
	a := builtinAirframe(t, "plane")
	step := NewStepper(a, 0.004)
	for _, c := range []struct {
		name  string
		cmd   [MaxRotors]float64
		right func(w geo.Vec) bool
	}{
		{"aileron: right side down", [MaxRotors]float64{0, 0.5}, func(w geo.Vec) bool { return w.X > 0.1 }},
		{"elevator: nose up", [MaxRotors]float64{0, 0, 0.5}, func(w geo.Vec) bool { return w.Y < -0.1 }},
		{"rudder: nose right", [MaxRotors]float64{0, 0, 0, 0.5}, func(w geo.Vec) bool { return w.Z < -0.1 }},
	} {
		s := State{P: geo.Vec{Z: 100}, V: geo.Vec{X: 12}, Q: geo.Quat{W: 1}}
		free := s
		for range 25 {
			step.Step(&s, &c.cmd, &still)
			step.Step(&free, &[MaxRotors]float64{}, &still)
		}
		if w := s.W.Sub(free.W); !c.right(w) {
			t.Errorf("%s: changed the rates by %+v", c.name, w)
		}
	}
}

// A wing lifts in proportion to its angle of attack below its stall, and less
// beyond it.
func TestAWingStalls(t *testing.T) {
	w := builtinAirframe(t, "plane").Wings[0]
	p, err := w.plate(1)
	if err != nil {
		t.Fatal(err)
	}
	lift := func(deg float64) float64 { cl, _, _ := p.coefficients(deg*math.Pi/180, 0); return cl }
	if slope := (lift(8) - lift(4)) / 4 * 180 / math.Pi; slope < 3 || slope > 2*math.Pi {
		t.Errorf("lift grows by %.2f a radian", slope)
	}
	if lift(40) >= lift(20) {
		t.Errorf("lift %.2f at 40°, %.2f at 20°: no stall", lift(40), lift(20))
	}
}
