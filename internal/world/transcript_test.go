package world_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"volary/internal/scenario"
	"volary/internal/telemetry"
	"volary/internal/world"
)

var update = flag.Bool("update", false, "write the transcripts anew")

// Every scenario under testdata/transcripts is flown and written down: what
// happened, and every five seconds where each drone is. Read the difference
// before taking a new one with -update.
func TestFlightsGoAsWrittenDown(t *testing.T) {
	files, err := filepath.Glob("testdata/transcripts/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sc, err := scenario.Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			got := transcript(t, sc)
			golden := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the flight differs from %s from line %d on:\n%s", golden, firstDifference(got, string(want)), got)
			}
		})
	}
}

// transcript flies a scenario for as long as its first line says: "# fly 60 s".
func transcript(t *testing.T, sc *scenario.Scenario) string {
	t.Helper()
	w, err := world.New(sc, world.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, names := w.Roster()
	var out strings.Builder
	fmt.Fprintf(&out, "# %s\n", sc.Name)
	seconds := 60
	fmt.Sscanf(string(sc.Source), "# fly %d s", &seconds)
	for second := 0; second <= seconds; second++ {
		if second%5 == 0 {
			for i, s := range w.Samples(nil) {
				fmt.Fprintf(&out, "%7.2f  %-4s %s\n", float64(second), names[i].ID, describe(s))
			}
		}
		if second == seconds {
			break
		}
		for range world.TickHz {
			w.Step()
			for _, e := range w.Events() {
				fmt.Fprintf(&out, "%7.2f  %-4s > %s: %s\n", e.SimTime, e.Drone, e.Type, e.Message)
			}
		}
	}
	return out.String()
}

func describe(s telemetry.Sample) string {
	what := "motors off"
	if s.Flags&telemetry.Armed != 0 {
		what = "armed"
	}
	return fmt.Sprintf("%-8s %-16s %-10s x %6.1f y %6.1f z %5.1f  %4.1f m/s  battery %3.0f %%", s.Mode, s.Status, what,
		tenth(float64(s.X)/1000), tenth(float64(s.Y)/1000), tenth(float64(s.Z)/1000), speed(s), float64(s.Battery)/100)
}

func tenth(v float64) float64 {
	if v > -0.05 && v < 0.05 {
		return 0 // never "-0.0"
	}
	return v
}

func speed(s telemetry.Sample) float64 {
	return math.Hypot(math.Hypot(float64(s.VX), float64(s.VY)), float64(s.VZ)) / 100
}

func firstDifference(a, b string) int {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return i + 1
		}
	}
	return len(x)
}
