// Command simulator flies the drones of a scenario, headless, and streams their
// state to a backend.
package main

import (
	"context"
	"os"
	"runtime"

	"volary/deploy/scenarios"
	"volary/internal/link"
	"volary/internal/program"
	"volary/internal/scenario"
	"volary/internal/simulator"
)

var version = "dev" // set by the build

type cli struct {
	Config string `help:"File of settings, a flag a line." type:"path" placeholder:"FILE"`
	program.Log

	ID            string `default:"sim1" help:"Names this simulator; no two may share one."`
	LinkURL       string `name:"link-url" default:"nats://127.0.0.1:4222" help:"Where the backend is."`
	LinkTokenFile string `help:"File with what the backend wants to know." placeholder:"FILE"`
	Health        string `default:"127.0.0.1:5010" help:"Address of the health check; empty: none."`
	program.Flight

	Run         runCmd              `cmd:"" default:"1" help:"Fly (the default)."`
	Healthcheck program.Healthcheck `cmd:"" help:"Exit with 0 when a simulator is well."`
	Print       configCmd           `cmd:"" name:"config" help:"Show the settings."`
	Version     program.Version     `cmd:"" help:"Show the version."`
}

type configCmd struct {
	Print printCmd `cmd:"" help:"Print all settings, secrets masked."`
}

type printCmd struct{}

func (printCmd) Run(s *program.Settings) error { return s.Print(os.Stdout, "") }

type runCmd struct{}

func (runCmd) Run(ctx context.Context, c *cli) error {
	sc, err := scenario.Load(c.Scenario, scenarios.Files)
	if err == nil {
		err = sc.Override(c.Drones, c.Seed)
	}
	if err != nil {
		return program.Usage("%v", err)
	}
	speed, err := c.Pace()
	if err != nil {
		return err
	}
	token, err := program.Secret(c.LinkTokenFile)
	if err != nil {
		return err
	}
	log := c.Logger(os.Stderr, nil)
	s, health, err := simulator.New(simulator.Config{
		Link:     link.SimulatorConfig{ID: c.ID, URL: c.LinkURL, Token: token, Log: log},
		Scenario: sc, Version: version, Speed: speed, LiveHz: c.LiveHz, RecordHz: c.RecordHz, Workers: runtime.NumCPU(), Health: c.Health, Log: log,
	})
	if err != nil {
		return err
	}
	return s.Run(ctx, health)
}

func main() {
	os.Exit(program.Main("simulator", "Volary's simulator: flies the drones of a scenario, headless.", &cli{}, version, "http://127.0.0.1:5010/healthz", os.Args[1:]))
}
