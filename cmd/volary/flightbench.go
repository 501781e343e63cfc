package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"time"

	"volary/internal/physics"
	"volary/internal/soak"
	"volary/internal/verify"
)

type flightBench struct {
	Cases   string  `default:"internal/verify/testdata" type:"existingdir" help:"Folder of the files of reference flights."`
	Out     string  `help:"File to write; without it, the record goes to the standard output." placeholder:"FILE"`
	Commit  string  `default:"unknown" help:"What was measured, for the record."`
	Seconds float64 `default:"5" help:"Wall time of each measurement of speed."`
	Minutes float64 `default:"30" help:"Simulated minutes that a formation flies."`
}

// sets are the files of reference flights, with the largest error in position
// and attitude that passes.
var sets = []struct {
	file     string
	pos, att float64
}{
	{"rotorpy_cases.json", 1e-5, 1e-5},
	{"mujoco_cases.json", 1e-6, 1e-5},
	{"px4sih_cases.json", 1e-5, 1e-5},
	{"gpd_cases.json", 1e-9, 1e-9},
	{"mrs_cases.json", 0, 0},
}

// closedLoop is the bound in position for flights with a controller, m.
const closedLoop = 1e-4

// Run measures, writes the record, and fails when something misses its bound.
func (c *flightBench) Run(ctx context.Context) error {
	w, finish := io.Writer(os.Stdout), func() error { return nil }
	if c.Out != "" {
		f, err := os.CreateTemp(filepath.Dir(c.Out), ".flight-*")
		if err != nil {
			return err
		}
		defer os.Remove(f.Name())
		w, finish = f, func() error {
			return errors.Join(f.Chmod(0o644), f.Close(), os.Rename(f.Name(), c.Out))
		}
	}
	r := &record{w: w}
	r.line("# Flight: what agrees, and how fast\n\nWritten by `make bench` on %s, commit %s, %d cores, %s.",
		time.Now().UTC().Format(time.DateOnly), c.Commit, runtime.NumCPU(), runtime.Version())
	r.references(c.Cases)
	r.own()
	if err := r.formation(ctx, c.Minutes); err != nil {
		return err
	}
	if err := r.speed(ctx, c.Seconds); err != nil {
		return err
	}
	return errors.Join(errors.Join(r.missed...), finish())
}

type record struct {
	w      io.Writer
	missed []error
}

func (r *record) line(format string, args ...any) { fmt.Fprintf(r.w, format+"\n", args...) }

func (r *record) hold(ok bool, format string, args ...any) string {
	if ok {
		return "yes"
	}
	r.missed = append(r.missed, fmt.Errorf(format, args...))
	return "**no**"
}

// references flies every reference flight in steps of 2 ms.
func (r *record) references(dir string) {
	r.line("\n## Against other simulators\n\nLargest difference over all rows of each flight, flown in steps of 2 ms by `volary verify-physics`.\n")
	r.line("| flight | position, m | velocity, m/s | attitude, rad | rates, rad/s | bound | kept |\n|---|---|---|---|---|---|---|")
	var steps []verify.Result
	for _, set := range sets {
		cases, err := verify.Load(os.DirFS(dir), set.file)
		if err != nil {
			r.missed = append(r.missed, err)
			continue
		}
		for i := range cases {
			one, err := cases[i].Fly(0.002)
			if err != nil {
				r.missed = append(r.missed, err)
				continue
			}
			if len(one.Rise) > 0 {
				steps = append(steps, one)
				continue
			}
			bound, pos, att := fmt.Sprintf("%.0e m and rad", set.pos), set.pos, set.att
			if one.Note == verify.NoteSE3 {
				bound, pos, att = fmt.Sprintf("%.0e m", closedLoop), closedLoop, 1
			}
			r.line("| %s | %.1e | %.1e | %.1e | %.1e | %s | %s |", one.Case, one.Pos, one.Vel, one.Att, one.Rate, bound,
				r.hold(one.Pos <= pos && one.Att <= att, "%s: off by %.1e m and %.1e rad", one.Case, one.Pos, one.Att))
		}
	}
	r.line("\nSteps in position, flown with the MRS simulator's own cascade: each axis answers as theirs does, within a tenth.\n")
	r.line("| flight | axis | rise time, s | theirs | overshoot | theirs | kept |\n|---|---|---|---|---|---|---|")
	for _, s := range steps {
		for i := range s.Rise {
			rise, over := s.Rise[i]/s.RiseTheirs[i], s.Overshoot[i]/s.OvershootThere[i]
			r.line("| %s | %c | %.3f | %.3f | %.2f %% | %.2f %% | %s |", s.Case, "xyz"[i], s.Rise[i], s.RiseTheirs[i],
				100*s.Overshoot[i], 100*s.OvershootThere[i],
				r.hold(rise > 0.9 && rise < 1.1 && over > 0.9 && over < 1.1, "%s: rise %.2f and overshoot %.2f of theirs", s.Case, rise, over))
		}
	}
}

// own are the checks that need nobody else.
func (r *record) own() {
	r.line("\n## Against itself\n\n| airframe | order of convergence (at least 3.8) | drift in 10 s of hover, m (below 1e-9) | kept |\n|---|---|---|---|")
	all, err := physics.Builtin()
	if err != nil {
		r.missed = append(r.missed, err)
	}
	for _, name := range physics.Names(all) {
		a := all[name]
		if len(a.Wings) > 0 {
			continue
		}
		order, drift := verify.ConvergenceOrder(a), verify.HoverDrift(a, 0.004)
		r.line("| %s | %.2f | %.1e | %s |", name, order, drift, r.hold(order >= 3.8 && drift < 1e-9, "%s: order %.2f, drift %.1e m", name, order, drift))
	}
	e, l := verify.TumbleDrift(0.002)
	r.line("\nA free tumble of 10 s with products of inertia keeps its energy to %.1e and its angular momentum to %.1e (below 1e-10: %s).",
		e, l, r.hold(e < 1e-10 && l < 1e-10, "tumble: energy %.1e, momentum %.1e", e, l))
}

func (r *record) formation(ctx context.Context, minutes float64) error {
	const drones, spacing = 100, 5
	s, err := soak.Fly(ctx, soak.Config{Drones: drones, Minutes: minutes, Spacing: spacing, Model: "x500", Workers: runtime.NumCPU(), Seed: 1})
	if err != nil {
		return err
	}
	r.line("\n## A formation over time\n\n%d drones %d m apart, %.0f simulated minutes in gusts, %d laps: nearest to each other %.2f m, furthest from its place at the end %.3f m, %d no longer numbers, %d crashed (%s).",
		s.Drones, spacing, s.SimMinutes, s.Laps, s.Separation, s.Drift, s.Faulted, s.Crashed, r.hold(s.Err() == nil, "%v", s.Err()))
	return nil
}

// speed measures the world beside the peer, the median of three runs each.
func (r *record) speed(ctx context.Context, seconds float64) error {
	r.line("\n## Speed\n\nWind of 3 m/s with gusts, autopilot, flight, battery, neighbours, at 250 Hz, no network, no database. The peer is `internal/verify/peer`: the smallest program that flies quadrotors by the same method, with a cascade and nothing else, on one core; both take turns. Processor time; median of three runs of %.0f s.\n", seconds)
	r.line("| drones | workers | ns a drone-step | real-time factor | peer, ns | ratio |\n|---|---|---|---|---|---|")
	for _, n := range []int{100, 1000, 10_000} {
		for _, workers := range []int{1, runtime.NumCPU()} {
			var runs []*worldResult
			for range 3 {
				b := worldBench{Drones: n, Seconds: seconds, Workers: workers, Turbulence: "light", Peer: true}
				one, err := b.measure(ctx)
				if err != nil {
					return err
				}
				runs = append(runs, one)
			}
			sort.Slice(runs, func(i, j int) bool { return runs[i].Ratio < runs[j].Ratio })
			m := runs[1]
			r.line("| %d | %d | %.0f | %.2f | %.0f | %.2f |", n, workers, m.CPUNsPerStep, m.RealTime, m.PeerNs, m.Ratio)
		}
	}
	return nil
}
