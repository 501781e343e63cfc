// Package trial flies scenarios as fast as the machine allows, without clock,
// network or database, and holds what happens against what their files expect.
//
// The same scenario and seed give the same report each time, on any number of
// workers: what is compared are the world's own numbers at ticks of the run. The
// one exception is latency_below, which measures the machine.
package trial

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/scenario"
	"volary/internal/telemetry"
	"volary/internal/world"
)

// Result is what became of one expectation.
type Result struct {
	Name    string  `json:"name"`
	Kind    string  `json:"kind"`
	OK      bool    `json:"ok"`
	Message string  `json:"message,omitempty"`  // what was seen instead, or how near it was
	SimTime float64 `json:"sim_time,omitempty"` // of the first violation, seconds
	Tick    uint64  `json:"tick,omitempty"`
	Drone   string  `json:"drone,omitempty"` // the first that violated it
}

// Report is a scenario flown.
type Report struct {
	Scenario string        `json:"scenario"`
	File     string        `json:"file"`
	Seed     uint64        `json:"seed"`
	Drones   int           `json:"drones"`
	SimS     float64       `json:"sim_s"`
	Hash     string        `json:"hash"` // of the world at the end
	Results  []Result      `json:"results"`
	Wall     time.Duration `json:"-"`
}

// OK tells whether everything that was expected held.
func (r *Report) OK() bool {
	return !slices.ContainsFunc(r.Results, func(one Result) bool { return !one.OK })
}

// lookEvery is how many ticks lie between two looks at the drones: 25 a simulated
// second. At 20 m/s a drone moves 0.8 m in between.
const lookEvery = world.TickHz / 25

// Fly flies a scenario to its end and judges it.
func Fly(ctx context.Context, sc *scenario.Scenario, file string) (*Report, error) {
	w, err := world.New(sc, world.Options{Workers: runtime.NumCPU()}) // same bits on any number
	if err != nil {
		return nil, err
	}
	f := &flight{sc: sc, world: w, total: w.Len()}
	watchers, err := f.watchers()
	if err != nil {
		return nil, err
	}
	r := &Report{Scenario: sc.Name, File: file, Seed: sc.Seed, Drones: w.Len()}
	began := time.Now()
	last := uint64(sc.Duration() * world.TickHz)
	for f.look(watchers); w.Tick() < last; {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		f.step()
		if w.Tick()%lookEvery == 0 || w.Tick() == last {
			f.look(watchers)
		}
	}
	for i, one := range watchers {
		v := one.end(f)
		v.Kind = kindOf(&sc.Expect[i])
		if v.Name = sc.Expect[i].Name; v.Name == "" {
			v.Name = one.String()
		}
		r.Results = append(r.Results, v)
	}
	r.SimS, r.Hash, r.Wall = f.now(), fmt.Sprintf("%016x", w.Hash()), time.Since(began)
	return r, nil
}

// flight is a run under way.
type flight struct {
	sc    *scenario.Scenario
	world *world.World
	total int // drones at the start

	samples []telemetry.Sample
	events  []telemetry.Event
	steps   []time.Duration // only where somebody asks for latency
	timed   bool
	frame   []byte
}

func (f *flight) now() float64 { return float64(f.world.Tick()) / world.TickHz }

func (f *flight) step() {
	if !f.timed {
		f.world.Step()
		return
	}
	began := time.Now()
	f.world.Step()
	f.samples = f.world.Samples(f.samples[:0])
	for rest := f.samples; len(rest) > 0; {
		n := min(len(rest), telemetry.SliceDrones)
		f.frame = telemetry.AppendSlice(f.frame[:0], &telemetry.Header{Slices: 1, Drones: uint32(len(f.samples)), Tick: f.world.Tick()}, rest[:n])
		rest = rest[n:]
	}
	f.steps = append(f.steps, time.Since(began))
}

func (f *flight) look(all []watcher) {
	f.samples = f.world.Samples(f.samples[:0])
	f.events = f.world.Events()
	for _, w := range all {
		w.look(f)
	}
}

// watcher follows one expectation.
type watcher interface {
	look(f *flight)
	end(f *flight) Result
	String() string
}

// choice are the drones an expectation is about.
type choice struct {
	text string
	in   []bool // by slot
	n    int
}

func (f *flight) choose(text string) (choice, error) {
	all, err := scenario.Select(text, f.total)
	if err != nil {
		return choice{}, err
	}
	c := choice{text: text, in: make([]bool, f.total), n: len(all)}
	if text == "" {
		c.text = "all"
	}
	for _, n := range all {
		c.in[n-1] = true
	}
	return c, nil
}

func (c *choice) holds(slot uint32) bool { return int(slot) < len(c.in) && c.in[slot] }

func (c *choice) String() string {
	if c.text == "all" {
		return "all drones"
	}
	return "drones " + c.text
}

// first keeps the first violation.
type first struct{ Result }

func (v *first) violate(f *flight, id, format string, args ...any) {
	if v.Message == "" {
		v.Message, v.SimTime, v.Tick, v.Drone = fmt.Sprintf(format, args...), f.now(), f.world.Tick(), id
	}
}

func (v *first) verdict() Result {
	v.OK = v.Message == ""
	return v.Result
}

func name(slot uint32) string { return fmt.Sprintf("d%d", slot+1) }

func place(s *telemetry.Sample) geo.Vec {
	return geo.Vec{X: float64(s.X) / 1000, Y: float64(s.Y) / 1000, Z: float64(s.Z) / 1000}
}

func flying(s *telemetry.Sample) bool {
	return s.Flags&telemetry.OnGround == 0 && s.Mode != drone.Frozen
}

// missing names drones of a choice that are not in done, at most five.
func missing(c *choice, done []bool) (text string, firstID string) {
	var all []string
	for slot, in := range c.in {
		if in && !done[slot] {
			all = append(all, name(uint32(slot)))
		}
	}
	if len(all) == 0 {
		return "", ""
	}
	if n := len(all); n > 5 {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:5], ", "), n-5), all[0]
	}
	return strings.Join(all, ", "), all[0]
}
