package physics

import (
	"math"
	"strings"
	"testing"

	"volary/internal/geo"
)

func builtinAirframe(t testing.TB, name string) *Airframe {
	t.Helper()
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	a := all[name]
	if a == nil {
		t.Fatalf("no airframe %q among %v", name, Names(all))
	}
	return a
}

func TestRotorsThatStopReachZeroAndNotDenormals(t *testing.T) {
	a := builtinAirframe(t, "x500")
	step := NewStepper(a, 0.004)
	s := State{Q: geo.Quat{W: 1}, R: [MaxRotors]float64{500, 500, 500, 500}}
	var off [MaxRotors]float64
	for range 2000 {
		step.Step(&s, &off, &still)
	}
	if s.R != off {
		t.Errorf("rotors still turn at %v", s.R)
	}
}

func TestHoverEmptiesTheBatteryInItsEndurance(t *testing.T) {
	a := builtinAirframe(t, "x500")
	step := NewStepper(a, 0.004)
	c := a.FullCharge()
	var r [MaxRotors]float64
	for i := range a.Rotors {
		r[i] = a.HoverSpeed()
	}
	s := 0.0
	for c.Left > 0 && s < 7200 {
		step.Draw(&c, &r, 1)
		s++
	}
	if want := a.EnduranceS(); math.Abs(s-want) > 0.1*want {
		t.Errorf("empty after %.0f s, want about %.0f s", s, want)
	}
}

func TestAirframesThatCanNotBeAreRefusedWithTheReason(t *testing.T) {
	good := "{name: a, mass_kg: {value: 1}, inertia_kgm2: {xx: 1, yy: 1, zz: 1}, thrust_coefficient: {value: 1}, rotor_speed_max: {value: 9}, rotors: [{x: 1}, {x: -1}, {y: 1}]}"
	for _, c := range []struct{ name, old, new, want string }{
		{"good", "", "", ""},
		{"no mass", "mass_kg: {value: 1}", "mass_kg: {value: 0}", "mass_kg"},
		{"impossible inertia", "zz: 1}", "zz: 2.1}", "no rigid body"},
		{"two rotors", "{x: -1}, {y: 1}]", "{x: -1}]", "rotors"},
		{"unknown key", "name: a", "name: a, weight: 3", "weight"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseAirframe([]byte(strings.Replace(good, c.old, c.new, 1)))
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
			} else if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that names %q", err, c.want)
			}
		})
	}
}

func BenchmarkStep(b *testing.B) {
	a := builtinAirframe(b, "x500")
	step := NewStepper(a, 0.004)
	s := State{P: geo.Vec{Z: 10}, Q: geo.Quat{W: 1}}
	var cmd [MaxRotors]float64
	for i := range a.Rotors {
		cmd[i], s.R[i] = a.HoverSpeed(), a.HoverSpeed()
	}
	b.ReportAllocs()
	for b.Loop() {
		step.Step(&s, &cmd, breeze(3))
	}
}

var still = StillAir()

func breeze(x float64) *Air { return &Air{Wind: geo.Vec{X: x}, Density: 1, Lift: 1} }
