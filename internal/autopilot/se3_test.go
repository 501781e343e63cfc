package autopilot_test

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"volary/internal/autopilot"
	"volary/internal/geo"
	"volary/internal/physics"
)

// hummingbird is the quadrotor of the flights under testdata, which RotorPy 2.1.2
// computed (DOP853, relative tolerance 1e-11): nobody here wrote them.
func hummingbird(t testing.TB) (*physics.Airframe, *autopilot.Vehicle) {
	t.Helper()
	const d = 0.12020815280060002
	val := func(v float64) physics.Sourced { return physics.Sourced{Value: v} }
	a := &physics.Airframe{
		Name: "hummingbird", Mass: val(0.5), Inertia: physics.Inertia{XX: 0.00365, YY: 0.00368, ZZ: 0.00703},
		Rotors: []physics.Rotor{{X: d, Y: d, Turn: 1}, {X: d, Y: -d, Turn: -1}, {X: -d, Y: -d, Turn: 1}, {X: -d, Y: d, Turn: -1}},
		Thrust: val(5.57e-06), Torque: val(1.36e-07), RotorDrag: val(0.000119), InflowDrag: val(0.000232), TransLift: val(0.00339),
		BodyDrag: physics.Drag{X: 0.005, Y: 0.005, Z: 0.01}, LagUp: val(0.005), LagDown: val(0.005), SpeedMax: val(1500),
	}
	if err := a.Init(); err != nil {
		t.Fatal(err)
	}
	v := &autopilot.Vehicle{
		Mass: 0.5, Inertia: geo.Vec{X: 0.00365, Y: 0.00368, Z: 0.00703}, Thrust: 5.57e-06, Torque: 1.36e-07,
		SpeedMax: 1500, Gravity: physics.Gravity, MotorLagUp: 0.005, MotorLagDn: 0.005,
	}
	for _, r := range a.Rotors {
		v.Rotors = append(v.Rotors, autopilot.Rotor{X: r.X, Y: r.Y, Turn: r.Turn})
	}
	if err := v.Init(); err != nil {
		t.Fatal(err)
	}
	return a, v
}

var rotorpyGains = autopilot.SE3Gains{
	PosP: geo.Vec{X: 6.5, Y: 6.5, Z: 15}, PosD: geo.Vec{X: 4, Y: 4, Z: 9}, AttP: 544, AttD: 46.64,
}

func TestTheGeometricControllerFliesAsRotorPysDoes(t *testing.T) {
	circle := autopilot.Ellipse{Center: geo.Vec{Z: 2}, Radius: geo.Vec{X: 1.5, Y: 1.5}, FreqHz: geo.Vec{X: 0.3, Y: 0.3, Z: 0.3}}
	for _, c := range []struct {
		csv string
		at  func(float64) autopilot.Flat
	}{
		{"R15_se3_step_x1m.csv", func(float64) autopilot.Flat { return autopilot.Flat{P: geo.Vec{X: 1, Z: 2}} }},
		{"R17_se3_circle_r1.5_f0.3.csv", circle.At},
	} {
		t.Run(c.csv, func(t *testing.T) {
			const dt, tolerance = 0.002, 1e-4
			air := physics.StillAir()
			a, v := hummingbird(t)
			step := physics.NewStepper(a, dt)
			rows := readRows(t, c.csv)
			s := stateOf(rows[0])
			var worst float64
			for i := range len(rows) - 1 {
				for k := range 5 {
					f := c.at(float64(5*i+k) * dt)
					e := autopilot.Estimate{P: s.P, V: s.V, Q: s.Q, W: s.W, R: s.R}
					var cmd [autopilot.MaxRotors]float64
					thrust, m := rotorpyGains.Wrench(v, &e, &f)
					v.Allot(thrust, m, &cmd)
					step.Step(&s, &cmd, &air)
				}
				worst = math.Max(worst, s.P.Sub(stateOf(rows[i+1]).P).Norm())
			}
			t.Logf("largest error over %d rows: %.2e m", len(rows), worst)
			if !(worst <= tolerance) {
				t.Errorf("off by %.2e m, want at most %.0e", worst, tolerance)
			}
		})
	}
}

func readRows(t testing.TB, name string) [][]float64 {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	recs, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows := make([][]float64, len(recs)-1)
	for i := range rows {
		for _, cell := range recs[i+1] {
			v, err := strconv.ParseFloat(cell, 64)
			if err != nil {
				t.Fatal(err)
			}
			rows[i] = append(rows[i], v)
		}
	}
	return rows
}

func stateOf(r []float64) physics.State {
	s := physics.State{
		P: geo.Vec{X: r[1], Y: r[2], Z: r[3]}, V: geo.Vec{X: r[4], Y: r[5], Z: r[6]},
		Q: geo.Quat{W: r[7], X: r[8], Y: r[9], Z: r[10]}, W: geo.Vec{X: r[11], Y: r[12], Z: r[13]},
	}
	copy(s.R[:4], r[14:18])
	return s
}
