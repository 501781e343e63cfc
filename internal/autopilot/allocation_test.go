package autopilot

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"volary/internal/geo"
)

// around is a vehicle of n rotors on a circle, neighbours turning against each other.
func around(t testing.TB, n int) *Vehicle {
	t.Helper()
	v := &Vehicle{
		Mass: 2, Inertia: geo.Vec{X: 0.02, Y: 0.02, Z: 0.04}, Thrust: 1e-5, Torque: 2e-7, SpeedMax: 1000,
		MotorLagUp: 0.02, MotorLagDn: 0.03, Gravity: 9.81, MaxTilt: 0.6,
	}
	for i := range n {
		a := 2 * math.Pi * (float64(i) + 0.5) / float64(n)
		v.Rotors = append(v.Rotors, Rotor{X: 0.3 * math.Cos(a), Y: 0.3 * math.Sin(a), Turn: 1 - 2*float64(i%2)})
	}
	if err := v.Init(); err != nil {
		t.Fatal(err)
	}
	return v
}

// wrench is the thrust and the moment that rotor speeds give.
func wrench(v *Vehicle, r *[MaxRotors]float64) (thrust float64, m geo.Vec) {
	for i, rotor := range v.Rotors {
		w2 := r[i] * r[i]
		thrust += v.Thrust * w2
		m = m.Add(geo.Vec{X: v.Thrust * rotor.Y * w2, Y: -v.Thrust * rotor.X * w2, Z: v.Torque * rotor.Turn * w2})
	}
	return thrust, m
}

// steady are the rotor speeds that a mix settles at.
func steady(v *Vehicle, a *allocation, thrust float64, m geo.Vec) (r [MaxRotors]float64) {
	for range 200 {
		a.mixInto(v, thrust, m, &r, &r)
	}
	return r
}

func TestFourToEightRotorsGiveWhatIsAskedForWithinTheirLimits(t *testing.T) {
	for n := 4; n <= 8; n += 2 {
		v := around(t, n)
		rapid.Check(t, func(r *rapid.T) {
			thrust := rapid.Float64Range(15, 25).Draw(r, "thrust")
			m := geo.Vec{
				X: rapid.Float64Range(-0.5, 0.5).Draw(r, "x"), Y: rapid.Float64Range(-0.5, 0.5).Draw(r, "y"), Z: rapid.Float64Range(-0.02, 0.02).Draw(r, "z"),
			}
			speeds := steady(v, &v.whole, thrust, m)
			got, gm := wrench(v, &speeds)
			if math.Abs(got-thrust) > 1e-6 || gm.Sub(m).Norm() > 1e-6 {
				r.Errorf("%d rotors: asked for %v N and %+v N·m, got %v and %+v", n, thrust, m, got, gm)
			}
		})
	}
}

func TestWhenRotorsAreAtTheirLimitYawGoesFirstAndRollAndPitchStay(t *testing.T) {
	for n := 4; n <= 8; n += 2 {
		v := around(t, n)
		rapid.Check(t, func(r *rapid.T) {
			thrust := rapid.Float64Range(0, 200).Draw(r, "thrust")
			m := geo.Vec{
				X: rapid.Float64Range(-1, 1).Draw(r, "x"), Y: rapid.Float64Range(-1, 1).Draw(r, "y"), Z: rapid.Float64Range(-5, 5).Draw(r, "z"),
			}
			speeds := steady(v, &v.whole, thrust, m)
			for i := range n {
				if !(speeds[i] >= 0 && speeds[i] <= v.SpeedMax) {
					r.Fatalf("rotor %d at %v rad/s", i, speeds[i])
				}
			}
			_, gm := wrench(v, &speeds)
			if math.Hypot(gm.X-m.X, gm.Y-m.Y) > 1e-6 {
				r.Errorf("%d rotors: roll and pitch of %+v became %+v", n, m, gm)
			}
			if gm.Z*m.Z < -1e-9 || math.Abs(gm.Z) > math.Abs(m.Z)+1e-9 {
				r.Errorf("%d rotors: yaw of %v became %v", n, m.Z, gm.Z)
			}
		})
	}
}

func TestWithOneRotorLostSixAndEightFlyOnAndFourDoNot(t *testing.T) {
	for n, flies := range map[int]bool{4: false, 6: true, 8: true} {
		v := around(t, n)
		for lost := range n {
			var dead [MaxRotors]bool
			dead[lost] = true
			a := v.without(dead)
			if (a != nil) != flies {
				t.Errorf("%d rotors without number %d: flies %v, want %v", n, lost+1, a != nil, flies)
				continue
			}
			if a == nil {
				continue
			}
			speeds := steady(v, a, v.Mass*v.Gravity, geo.Vec{X: 0.05, Y: -0.03})
			thrust, m := wrench(v, &speeds)
			if speeds[lost] != 0 {
				t.Errorf("%d rotors: the lost one is told to turn at %v rad/s", n, speeds[lost])
			}
			if math.Abs(thrust-v.Mass*v.Gravity) > 1e-6 || math.Hypot(m.X-0.05, m.Y+0.03) > 1e-6 {
				t.Errorf("%d rotors without number %d: %v N, %+v N·m", n, lost+1, thrust, m)
			}
		}
	}
}

func TestRotorsThatCanNotMakeAllMomentsAreRefused(t *testing.T) {
	v := &Vehicle{Mass: 1, Thrust: 1e-5, Torque: 1e-7, SpeedMax: 1000, Gravity: 9.81}
	for i := range 4 { // all on one line
		v.Rotors = append(v.Rotors, Rotor{X: float64(i) - 1.5, Turn: 1 - 2*float64(i%2)})
	}
	if err := v.Init(); err == nil {
		t.Error("four rotors on one line were taken")
	}
}
