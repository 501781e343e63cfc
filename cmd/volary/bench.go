package main

import (
	"context"
	"encoding/json"
	"os"
	"syscall"
	"time"

	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/program"
	"volary/internal/scenario"
	"volary/internal/verify/peer"
	"volary/internal/world"
)

type benchCmd struct {
	World  worldBench  `cmd:"" help:"Measure the world alone: wind, autopilot, flight and battery, no network, no database."`
	Flight flightBench `cmd:"" help:"Write the record of flight: reference flights, order, drift, gusts and speed."`
}

type worldBench struct {
	Drones     int     `default:"1000" help:"How many."`
	Seconds    float64 `default:"5" help:"Wall time to measure over."`
	Workers    int     `default:"1" help:"Cores to spread over."`
	Rate       int     `default:"250" help:"Ticks per simulated second; this build has 250."`
	Turbulence string  `default:"light" enum:"none,light,moderate,severe" help:"Gusts in the wind of 3 m/s: ${enum}."`
	Peer       bool    `help:"Run the smallest program that does the same beside it, and give the ratio."`
}

type worldResult struct {
	Drones       int     `json:"drones"`
	Workers      int     `json:"workers"`
	DroneSteps   float64 `json:"drone_steps_per_s"`
	NsPerStep    float64 `json:"ns_per_drone_step"`
	CPUNsPerStep float64 `json:"cpu_ns_per_drone_step"` // of all cores: other programs of this machine don't count
	RealTime     float64 `json:"rtf"`
	Ticks        int     `json:"ticks"`
	WallS        float64 `json:"wall_s"`
	TicksPerSimS int     `json:"rate"`
	PeerNs       float64 `json:"peer_cpu_ns_per_drone_step,omitempty"`
	Ratio        float64 `json:"ratio_to_peer,omitempty"`
}

// cpuTime is the time that processors spent on this process.
func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// Run prints one line of JSON.
func (c *worldBench) Run(ctx context.Context) error {
	if c.Rate != world.TickHz {
		return program.Usage("--rate %d: this build runs at %d ticks per simulated second", c.Rate, world.TickHz)
	}
	if c.Drones < 1 || c.Drones > drone.MaxFleet || c.Seconds <= 0 || c.Workers < 1 {
		return program.Usage("give --drones 1 to %d, --seconds above 0 and --workers from 1", drone.MaxFleet)
	}
	r, err := c.measure(ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// measure flies for so many seconds. With the peer, the two take turns, so that
// both meet the same machine.
func (c *worldBench) measure(ctx context.Context) (*worldResult, error) {
	up := 50.0
	w, err := world.New(&scenario.Scenario{
		Name: "bench", Home: geo.LLA{Lat: 47.397742, Lon: 8.545594},
		Wind:  scenario.Wind{Speed: 3, From: 240, Turbulence: c.Turbulence},
		Fleet: []scenario.Group{{Count: c.Drones, Model: "x500", Formation: "grid"}},
	}, world.Options{Workers: c.Workers})
	if err != nil {
		return nil, err
	}
	w.Do(&drone.Command{Drones: drone.Selection{All: true}, Type: drone.CmdTakeoff, Params: drone.Params{AltitudeM: &up}})
	for range 2 * world.TickHz { // all in the air
		w.Step()
	}
	var other *peer.Fleet
	if c.Peer {
		other = peer.New(c.Drones)
		other.Step(1.0 / world.TickHz)
	}
	r := &worldResult{Drones: c.Drones, Workers: c.Workers, TicksPerSimS: world.TickHz}
	var busy, otherBusy time.Duration
	begin := time.Now()
	for time.Since(begin).Seconds() < c.Seconds && ctx.Err() == nil {
		cpu, start := cpuTime(), time.Now()
		for range 10 {
			w.Step()
			r.Ticks++
		}
		r.WallS += time.Since(start).Seconds()
		between := cpuTime()
		busy += between - cpu
		if other != nil {
			for range 10 {
				other.Step(1.0 / world.TickHz)
			}
			otherBusy += cpuTime() - between
		}
	}
	steps := float64(r.Ticks * c.Drones)
	r.CPUNsPerStep = busy.Seconds() * 1e9 / steps
	r.DroneSteps = steps / r.WallS
	r.NsPerStep = 1e9 / r.DroneSteps
	r.RealTime = float64(r.Ticks) / world.TickHz / r.WallS
	if other != nil {
		r.PeerNs = otherBusy.Seconds() * 1e9 / steps
		r.Ratio = r.CPUNsPerStep / r.PeerNs
	}
	return r, ctx.Err()
}
