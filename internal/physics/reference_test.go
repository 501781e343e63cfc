package physics

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"testing"

	"volary/internal/geo"
)

// The flights under testdata were computed by RotorPy 2.1.2 (DOP853, relative
// tolerance 1e-11): nobody here wrote them.
type rotorpyCase struct {
	Kind   string         `json:"kind"`
	Params map[string]any `json:"params"`
	Aero   bool           `json:"aero"`
	Wind   []float64      `json:"wind"`
	CSV    string         `json:"csv"`
	Init   struct {
		Wind []float64 `json:"wind"`
	} `json:"initial_state"`
}

func rotorpyAirframe(t testing.TB, m map[string]any, aero bool) *Airframe {
	t.Helper()
	num := func(k string) float64 { v, _ := m[k].(float64); return v }
	a := &Airframe{
		Name: "reference", Mass: Sourced{Value: num("mass")},
		Inertia: Inertia{XX: num("Ixx"), YY: num("Iyy"), ZZ: num("Izz"), XY: num("Ixy"), XZ: num("Ixz"), YZ: num("Iyz")},
		Thrust:  Sourced{Value: num("k_eta")}, Torque: Sourced{Value: num("k_m")},
		LagUp: Sourced{Value: num("tau_m")}, LagDown: Sourced{Value: num("tau_m")},
		SpeedMax: Sourced{Value: num("rotor_speed_max")},
	}
	if aero {
		a.RotorDrag.Value, a.InflowDrag.Value, a.TransLift.Value = num("k_d"), num("k_z"), num("k_h")
		a.BodyDrag = Drag{X: num("c_Dx"), Y: num("c_Dy"), Z: num("c_Dz")}
	}
	turns := m["rotor_directions"].([]any)
	for i, turn := range turns {
		p := m["rotor_pos"].(map[string]any)[fmt.Sprintf("r%d", i+1)].([]any)
		a.Rotors = append(a.Rotors, Rotor{X: p[0].(float64), Y: p[1].(float64), Z: p[2].(float64), Turn: turn.(float64)})
	}
	// One published set has an inertia no body can have; its flights are still
	// good arithmetic, so the check of the loader is passed by here.
	if err := a.invert(); err != nil {
		t.Fatal(err)
	}
	return a
}

func readRows(t testing.TB, name string) [][]float64 {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", filepath.Base(name)))
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

func stateOf(r []float64) State {
	s := State{
		P: geo.Vec{X: r[1], Y: r[2], Z: r[3]}, V: geo.Vec{X: r[4], Y: r[5], Z: r[6]},
		Q: geo.Quat{W: r[7], X: r[8], Y: r[9], Z: r[10]}, W: geo.Vec{X: r[11], Y: r[12], Z: r[13]},
	}
	copy(s.R[:4], r[14:18])
	return s
}

// attitudeError is the angle between two attitudes, from the vector part so that
// small angles keep their digits.
func attitudeError(a, b geo.Quat) float64 {
	w := a.W*b.W + a.X*b.X + a.Y*b.Y + a.Z*b.Z
	x := b.W*a.X - b.X*a.W - b.Y*a.Z + b.Z*a.Y
	y := b.W*a.Y + b.X*a.Z - b.Y*a.W - b.Z*a.X
	z := b.W*a.Z - b.X*a.Y + b.Y*a.X - b.Z*a.W
	return 2 * math.Atan2(math.Sqrt(x*x+y*y+z*z), math.Abs(w))
}

func TestOpenLoopFlightsAgreeWithRotorPy(t *testing.T) {
	b, err := os.ReadFile("testdata/rotorpy_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases map[string]rotorpyCase }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	var names []string
	for n, c := range file.Cases {
		if c.Kind == "open-loop" {
			names = append(names, n)
		}
	}
	sort.Strings(names)
	if len(names) < 8 {
		t.Fatalf("only %d open-loop flights in testdata", len(names))
	}
	const dt, tolerance = 0.002, 1e-5
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			c := file.Cases[name]
			step := NewStepper(rotorpyAirframe(t, c.Params, c.Aero), dt)
			rows := readRows(t, c.CSV)
			w := c.Wind
			if len(w) != 3 {
				w = c.Init.Wind
			}
			air := Air{Wind: geo.Vec{X: w[0], Y: w[1], Z: w[2]}, Density: 1, Lift: 1}
			s := stateOf(rows[0])
			var worstP, worstQ float64
			for i := range len(rows) - 1 {
				var cmd [MaxRotors]float64
				copy(cmd[:4], rows[i][18:22])
				for range 5 {
					step.Step(&s, &cmd, &air)
				}
				want := stateOf(rows[i+1])
				worstP = math.Max(worstP, s.P.Sub(want.P).Norm())
				worstQ = math.Max(worstQ, attitudeError(s.Q, want.Q))
			}
			t.Logf("largest error over %d rows: %.2e m, %.2e rad", len(rows), worstP, worstQ)
			if worstP > tolerance || worstQ > tolerance || math.IsNaN(worstP+worstQ) {
				t.Errorf("off by %.2e m and %.2e rad, want at most %.0e", worstP, worstQ, tolerance)
			}
		})
	}
}

func TestRigidBodyAgreesWithMuJoCo(t *testing.T) {
	const dt = 0.002
	rows := readRows(t, "J02_hummingbird_unequal_rotors_no_aero_no_lag.csv")
	d := 0.17 * 0.70710678118
	a := &Airframe{
		Mass: Sourced{Value: 0.5}, Inertia: Inertia{XX: 0.00365, YY: 0.00368, ZZ: 0.00703},
		Thrust: Sourced{Value: 5.57e-06}, Torque: Sourced{Value: 1.36e-07}, SpeedMax: Sourced{Value: 1500},
		Rotors: []Rotor{{X: d, Y: d, Turn: 1}, {X: d, Y: -d, Turn: -1}, {X: -d, Y: -d, Turn: 1}, {X: -d, Y: d, Turn: -1}},
	}
	if err := a.invert(); err != nil {
		t.Fatal(err)
	}
	step := NewStepper(a, dt)
	s := stateOf(rows[0])
	cmd := s.R
	for i := range len(rows) - 1 {
		for range 5 {
			step.Step(&s, &cmd, &still)
		}
		if e := s.P.Sub(stateOf(rows[i+1]).P).Norm(); !(e < 1e-6) {
			t.Fatalf("at %.2f s: off by %.2e m, want below 1e-6", rows[i+1][0], e)
		}
	}
}
