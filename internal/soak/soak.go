// Package soak flies a formation for a long time and says whether anything
// went astray: a state that is no longer a number, a drone that drifts out of its
// place, two that come too near each other.
package soak

import (
	"context"
	"fmt"
	"math"

	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/scenario"
	"volary/internal/telemetry"
	"volary/internal/world"
)

// Config is what to fly.
type Config struct {
	Drones  int
	Minutes float64 // of simulated time, take-off and the end not counted
	Spacing float64 // m between neighbours on the ground and in the air
	Model   string
	Workers int
	Seed    uint64
}

// Result is how it went. Distances are in metres.
type Result struct {
	Drones     int     `json:"drones"`
	SimMinutes float64 `json:"sim_minutes"`
	Laps       int     `json:"laps"`      // that the slowest drone flew
	Spacing    float64 `json:"spacing_m"` // asked for
	Separation float64 `json:"separation_min_m"`
	// Drift is how far the worst drone is from its place in the formation after
	// the last lap, at rest.
	Drift   float64 `json:"drift_max_m"`
	Faulted int     `json:"faulted"` // drones whose state was no longer a number
	Crashed int     `json:"crashed"`
	Hash    string  `json:"hash"`
}

// Bounds that a good run keeps.
const (
	maxDrift      = 0.2 // m, in gusts
	minSeparation = 0.5 // of the spacing
)

// Err says what went astray, or nil.
func (r *Result) Err() error {
	switch {
	case r.Faulted > 0 || r.Crashed > 0:
		return fmt.Errorf("soak: %d drones faulted and %d crashed", r.Faulted, r.Crashed)
	case !(r.Drift <= maxDrift):
		return fmt.Errorf("soak: a drone drifted %.3f m, at most %v m is good", r.Drift, maxDrift)
	case !(r.Separation >= float64(minSeparation*r.Spacing)):
		return fmt.Errorf("soak: two drones came within %.2f m, at least %v of the %v m spacing is good", r.Separation, minSeparation, r.Spacing)
	}
	return nil
}

const height = 20.0 // m, of the formation

// Fly takes the formation off, sends it round a square lap after lap in wind
// with light gusts, and brings it to rest.
func Fly(ctx context.Context, c Config) (Result, error) {
	r := Result{Drones: c.Drones, Spacing: c.Spacing}
	sc := &scenario.Scenario{
		Name: "soak", Home: geo.LLA{Lat: 47.397742, Lon: 8.545594, Alt: 488}, Seed: c.Seed, BatteryEndless: true,
		Environment: scenario.Environment{Wind: scenario.Wind{Speed: 3, From: 240, Turbulence: "light"}},
		Fleet:       []scenario.Group{{Count: c.Drones, Model: c.Model, Spacing: c.Spacing}},
	}
	w, err := world.New(sc, world.Options{Workers: c.Workers})
	if err != nil {
		return r, fmt.Errorf("soak: %w", err)
	}
	all := drone.Selection{All: true}
	up := height
	for id, res := range w.Do(&drone.Command{Drones: all, Type: drone.CmdTakeoff, Params: drone.Params{AltitudeM: &up}}) {
		if res.Status != "accepted" {
			return r, fmt.Errorf("soak: %s: %s", id, res.Reason)
		}
	}
	places := w.Samples(nil)
	_, names := w.Roster()
	run := func(seconds float64) error {
		for range int(seconds) {
			for range world.TickHz {
				w.Step()
			}
			w.Events()
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		return nil
	}
	if err := run(30); err != nil {
		return r, err
	}
	// The corners of a square, one after another, for all at once.
	for end := w.Tick() + uint64(60*c.Minutes*world.TickHz); w.Tick() < end; r.Laps++ {
		for _, corner := range []geo.Vec{{X: side}, {X: side, Y: side, Z: 10}, {Y: side}, {}} {
			for i, s := range places {
				x, y, z := float64(s.X)/1000+corner.X, float64(s.Y)/1000+corner.Y, height+corner.Z
				w.Do(&drone.Command{Drones: drone.Selection{IDs: []string{names[i].ID}}, Type: drone.CmdGoto, Params: drone.Params{X: &x, Y: &y, Z: &z}})
			}
			if err := run(perSide); err != nil {
				return r, err
			}
		}
	}
	if err := run(20); err != nil { // to rest
		return r, err
	}
	r.finish(w, places)
	return r, nil
}

// The square that the formation flies round, and the time it takes for a side.
const (
	side    = 60.0 // m
	perSide = 18.0 // s
)

func (r *Result) finish(w *world.World, places []telemetry.Sample) {
	for i, s := range w.Samples(nil) {
		switch s.Status {
		case drone.Faulted:
			r.Faulted++
		case drone.Crashed:
			r.Crashed++
		}
		d := geo.Vec{X: float64(s.X-places[i].X) / 1000, Y: float64(s.Y-places[i].Y) / 1000, Z: float64(s.Z)/1000 - height}
		r.Drift = math.Max(r.Drift, d.Norm())
	}
	r.Separation = w.Separation()
	r.SimMinutes = float64(w.Tick()) / world.TickHz / 60
	r.Hash = fmt.Sprintf("%016x", w.Hash())
}
