package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"time"

	"volary/deploy/scenarios"
	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/program"
	"volary/internal/scenario"
	"volary/internal/world"
)

type hashCmd struct {
	Scenario string  `default:"demo" help:"Scenario: the path of a file, or the name of one that comes with Volary."`
	Ticks    int     `default:"2500" help:"How many ticks to run."`
	Workers  int     `default:"1" help:"Cores to spread over; the hash is the same."`
	Seed     *uint64 `help:"Seed instead of the scenario's."`
}

// Run prints "tick hash" lines, one a simulated second and one for the last tick.
func (c *hashCmd) Run(ctx context.Context) error {
	if c.Ticks < 1 || c.Workers < 1 || c.Workers > 1024 {
		return program.Usage("--ticks and --workers are 1 or more")
	}
	sc, err := scenario.Load(c.Scenario, scenarios.Files)
	if err == nil {
		err = sc.Override(nil, c.Seed)
	}
	if err != nil {
		return program.Usage("%v", err)
	}
	w, err := world.New(sc, world.Options{Workers: c.Workers})
	if err != nil {
		return err
	}
	for i := 1; i <= c.Ticks && ctx.Err() == nil; i++ {
		w.Step()
		w.Events()
		if i%world.TickHz == 0 || i == c.Ticks {
			fmt.Printf("%d %016x\n", i, w.Hash())
		}
	}
	return ctx.Err()
}

type benchCmd struct {
	World worldBench `cmd:"" help:"Measure the world alone: flight and autopilot, no network, no database."`
}

type worldBench struct {
	Drones  int     `default:"1000" help:"How many."`
	Seconds float64 `default:"5" help:"Wall time to measure over."`
	Workers int     `default:"1" help:"Cores to spread over."`
	Rate    int     `default:"250" help:"Ticks per simulated second; this build has 250."`
}

// cpuTime is the time that processors spent on this process.
func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

type worldResult struct {
	Drones       int     `json:"drones"`
	Workers      int     `json:"workers"`
	DroneSteps   float64 `json:"drone_steps_per_s"`
	NsPerStep    float64 `json:"ns_per_drone_step"`
	CPUNsPerStep float64 `json:"cpu_ns_per_drone_step"` // of all cores: what the others of this machine leave it doesn't count
	RealTime     float64 `json:"rtf"`
	Ticks        int     `json:"ticks"`
	WallS        float64 `json:"wall_s"`
	TicksPerSimS int     `json:"rate"`
}

// Run prints one line of JSON.
func (c *worldBench) Run(ctx context.Context) error {
	if c.Rate != world.TickHz {
		return program.Usage("--rate %d: this build runs at %d ticks per simulated second", c.Rate, world.TickHz)
	}
	if c.Drones < 1 || c.Drones > drone.MaxFleet || c.Seconds <= 0 || c.Workers < 1 {
		return program.Usage("give --drones 1 to %d, --seconds above 0 and --workers from 1", drone.MaxFleet)
	}
	up := 50.0
	w, err := world.New(&scenario.Scenario{
		Name: "bench", Home: geo.LLA{Lat: 47.397742, Lon: 8.545594}, Wind: scenario.Wind{Speed: 3, From: 240},
		Fleet: []scenario.Group{{Count: c.Drones, Model: "x500", Formation: "grid"}},
	}, world.Options{Workers: c.Workers})
	if err != nil {
		return err
	}
	w.Do(&drone.Command{Drones: drone.Selection{All: true}, Type: drone.CmdTakeoff, Params: drone.Params{AltitudeM: &up}})
	for range world.TickHz { // all in the air
		w.Step()
	}
	r := worldResult{Drones: c.Drones, Workers: c.Workers, TicksPerSimS: world.TickHz}
	start, busy := time.Now(), cpuTime()
	for time.Since(start).Seconds() < c.Seconds && ctx.Err() == nil {
		for range 10 {
			w.Step()
			r.Ticks++
		}
	}
	r.WallS = time.Since(start).Seconds()
	r.CPUNsPerStep = (cpuTime() - busy).Seconds() * 1e9 / float64(r.Ticks*c.Drones)
	r.DroneSteps = float64(r.Ticks*c.Drones) / r.WallS
	r.NsPerStep = 1e9 / r.DroneSteps
	r.RealTime = float64(r.Ticks) / world.TickHz / r.WallS
	return json.NewEncoder(os.Stdout).Encode(r)
}
