package verify

import (
	"encoding/json"
	"io/fs"
	"math"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func load(t *testing.T, files fs.FS, name string) []Case {
	t.Helper()
	cases, err := Load(files, name)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

func TestOurFlightsAgreeWithThoseOfOtherSimulators(t *testing.T) {
	for _, c := range []struct {
		file     string
		flights  int
		pos, att float64
	}{
		{"rotorpy_cases.json", 10, 1e-6, 1e-6},
		{"mujoco_cases.json", 1, 1e-9, 1e-9},
		{"px4sih_cases.json", 2, 1e-8, 1e-9},
		{"gpd_cases.json", 1, 1e-12, 1e-12},
	} {
		cases := load(t, os.DirFS("testdata"), c.file)
		if len(cases) != c.flights {
			t.Errorf("%s: %d flights, want %d", c.file, len(cases), c.flights)
		}
		for _, one := range cases {
			t.Run(one.Name, func(t *testing.T) {
				r, err := one.Fly(0.002)
				if err != nil {
					t.Fatal(err)
				}
				if !(r.Pos <= c.pos) || !(r.Att <= c.att) {
					t.Errorf("off by %.2e m and %.2e rad, want at most %.0e and %.0e", r.Pos, r.Att, c.pos, c.att)
				}
			})
		}
	}
}

func TestTheirCascadeOnOurPhysicsAnswersAStepAsTheirsDoes(t *testing.T) {
	cases := load(t, os.DirFS("testdata"), "mrs_cases.json")
	if len(cases) != 2 {
		t.Fatalf("%d flights, want 2", len(cases))
	}
	for _, c := range cases {
		r, err := c.Fly(0.002)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Rise) != 3 {
			t.Fatalf("%s: %d axes moved, want 3", c.Name, len(r.Rise))
		}
		for i := range r.Rise {
			if !(math.Abs(r.Rise[i]/r.RiseTheirs[i]-1) <= 0.02) || !(math.Abs(r.Overshoot[i]/r.OvershootThere[i]-1) <= 0.02) {
				t.Errorf("%s: axis %d: rise %.3f s, theirs %.3f; overshoot %.4f, theirs %.4f",
					c.Name, i, r.Rise[i], r.RiseTheirs[i], r.Overshoot[i], r.OvershootThere[i])
			}
		}
	}
}

// changed is the file of cases with one text replaced by another, beside the
// flights as they are.
func changed(t *testing.T, name, from, to string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(os.DirFS("testdata"), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile("testdata/" + p)
		if p == name {
			if !strings.Contains(string(b), from) {
				t.Fatalf("%s has no %q", name, from)
			}
			b = []byte(strings.ReplaceAll(string(b), from, to))
		}
		files[p] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestADifferentAirframeIsFoundOut(t *testing.T) {
	for _, c := range []struct{ file, from, to string }{
		{"rotorpy_cases.json", `"mass": 0.5`, `"mass": 0.501`},
		{"rotorpy_cases.json", `"c_Dx": 0.005`, `"c_Dx": 0.0051`},
		{"rotorpy_cases.json", `"k_flap": 0.0`, `"k_flap": 1e-5`},
		{"rotorpy_cases.json", `"kp_att": 544`, `"kp_att": 540`},
		{"mujoco_cases.json", `"k_m": 1.36e-07`, `"k_m": 1.37e-07`},
		{"px4sih_cases.json", `"SIH_KDV": 1.0`, `"SIH_KDV": 1.01`},
		{"gpd_cases.json", `"g": 9.8`, `"g": 9.81`},
	} {
		worst := 0.0
		for _, one := range load(t, changed(t, c.file, c.from, c.to), c.file) {
			r, err := one.Fly(0.002)
			if err != nil {
				t.Fatal(err)
			}
			worst = math.Max(worst, math.Max(r.Pos, r.Att))
		}
		if worst < 1e-5 {
			t.Errorf("%s with %s: the largest error is %.2e", c.file, c.to, worst)
		}
	}
}

func TestWhatCanNotBeReadIsSaid(t *testing.T) {
	for _, c := range []struct{ name, file, from, to, want string }{
		{"not JSON", "mujoco_cases.json", "{", "[", "not a file of cases"},
		{"no cases", "mujoco_cases.json", `"cases"`, `"flights"`, "no cases"},
		{"no flight", "mujoco_cases.json", "J02", "J99", "J99"},
		{"no columns", "mujoco/J02_hummingbird_unequal_rotors_no_aero_no_lag.csv", "qw", "q0", "qw"},
		{"not a number", "mujoco/J02_hummingbird_unequal_rotors_no_aero_no_lag.csv", "0.010000", "soon", "row 2"},
		{"rotor without place", "rotorpy_cases.json", `"r4":`, `"r9":`, "r4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := c.file
			if strings.HasSuffix(file, ".csv") {
				file = "mujoco_cases.json"
			}
			cases, err := Load(changed(t, c.file, c.from, c.to), file)
			for i := range cases {
				if err == nil {
					_, err = cases[i].Fly(0.002)
				}
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that names %q", err, c.want)
			}
		})
	}
}

func TestAResultIsALineThatProgramsRead(t *testing.T) {
	b, err := json.Marshal(Result{Case: "R01", Off: Off{Pos: 1, Vel: 2, Att: 3, Rate: 4}})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"case":"R01","max_pos_m":1,"max_vel_ms":2,"max_att_rad":3,"max_rate_rads":4}`; string(b) != want {
		t.Errorf("%s, want %s", b, want)
	}
}
