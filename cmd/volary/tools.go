package main

import (
	"context"
	"fmt"

	"volary/deploy/scenarios"
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
