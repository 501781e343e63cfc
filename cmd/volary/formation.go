package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"volary/internal/drone"
	"volary/internal/program"
	"volary/internal/soak"
)

type formationCmd struct {
	Drones  int     `default:"100" help:"How many."`
	Minutes float64 `default:"30" help:"Simulated minutes to fly, as fast as this machine can."`
	Spacing float64 `default:"5" help:"Metres between neighbours."`
	Model   string  `default:"x500" help:"Airframe."`
	Workers int     `default:"1" help:"Cores to spread over; the hash is the same."`
	Seed    uint64  `default:"1" help:"Draws the gusts."`
}

// Run prints one line of JSON and fails when a drone went astray.
func (c *formationCmd) Run(ctx context.Context) error {
	if c.Drones < 1 || c.Drones > drone.MaxFleet || c.Minutes <= 0 || c.Spacing <= 0 || c.Workers < 1 {
		return program.Usage("give --drones 1 to %d, and --minutes, --spacing and --workers above 0", drone.MaxFleet)
	}
	start := time.Now()
	r, err := soak.Fly(ctx, soak.Config{Drones: c.Drones, Minutes: c.Minutes, Spacing: c.Spacing, Model: c.Model, Workers: c.Workers, Seed: c.Seed})
	if err != nil {
		return err
	}
	out := struct {
		soak.Result
		WallS float64 `json:"wall_s"`
	}{r, time.Since(start).Seconds()}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		return err
	}
	return r.Err()
}
