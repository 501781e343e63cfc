package verify

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// The flights under testdata were flown by the MRS multirotor simulator.
func TestTheirCascadeOnOurPhysicsAnswersAStepAsTheirsDoes(t *testing.T) {
	b, err := os.ReadFile("testdata/mrs_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var f MRS
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	base := f.Cases["M03_x500_pos_cascade_step_200Hz"]
	for name, dt := range map[string]float64{"M03_x500_pos_cascade_step_200Hz": 0.005, "M05_x500_pos_cascade_step_1000Hz": 0.001} {
		t.Run(name, func(t *testing.T) {
			c := base
			c.Dt = dt
			ours, err := FlyMRS(&f, &c)
			if err != nil {
				t.Fatal(err)
			}
			theirs := columns(t, name+".csv")
			axis := [3][]float64{}
			for _, s := range ours {
				axis[0], axis[1], axis[2] = append(axis[0], s.P.X), append(axis[1], s.P.Y), append(axis[2], s.P.Z)
			}
			for i, label := range []string{"x", "y", "z"} {
				got, want := StepResponse(axis[i], c.Ref[i], 0.01), StepResponse(theirs[i], c.Ref[i], 0.01)
				t.Logf("%s: rise %.4f s (theirs %.4f), overshoot %.2f %% (theirs %.2f)", label, got.Rise, want.Rise, 100*got.Overshoot, 100*want.Overshoot)
				if !(math.Abs(got.Rise/want.Rise-1) <= 0.1) || !(math.Abs(got.Overshoot/want.Overshoot-1) <= 0.1) {
					t.Errorf("%s: %+v, theirs %+v: want within a tenth", label, got, want)
				}
			}
		})
	}
}

// columns reads px, py, pz of a flight.
func columns(t *testing.T, name string) (out [3][]float64) {
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
	for _, r := range recs[1:] {
		for i := range 3 {
			v, err := strconv.ParseFloat(r[1+i], 64)
			if err != nil {
				t.Fatal(err)
			}
			out[i] = append(out[i], v)
		}
	}
	return out
}
