package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"volary/deploy/scenarios"
	"volary/internal/backend"
	"volary/internal/link"
	"volary/internal/program"
	"volary/internal/scenario"
	"volary/internal/simulator"
	"volary/internal/store"
	"volary/web"
)

type upCmd struct {
	program.Log
	HTTP        string        `name:"http" default:"127.0.0.1:8080" help:"Address that serves the dashboard, REST and Socket.IO." placeholder:"HOST:PORT"`
	Data        string        `default:"data" help:"Where history and streams are kept." type:"path" placeholder:"DIR"`
	DatabaseURL string        `name:"database-url" help:"postgres://... instead of the embedded database." placeholder:"URL"`
	KeepFor     time.Duration `help:"Delete sessions that ended longer ago, and what is older of one that goes on; 0: never." placeholder:"720h"`
	KeepBytes   int64         `help:"Delete the oldest sessions while telemetry takes more bytes; 0: never." placeholder:"BYTES"`
	program.Access
	Admin string `help:"Address for pprof and metrics, on this machine only; empty: none." placeholder:"127.0.0.1:6060"`
	program.Flight
}

// Run joins the parts:
//
//	browser ─► backend ◄─ link in this process ─ simulator
//	              └─ SQLite
//
// The simulator stops first, so that its last words are heard and stored.
func (c *upCmd) Run(ctx context.Context) error {
	host, _, err := net.SplitHostPort(c.HTTP)
	if err != nil {
		return program.Usage("--http %q: give host:port", c.HTTP)
	}
	open, err := c.Open(host)
	if err != nil {
		return err
	}
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
	if err := os.MkdirAll(c.Data, 0o750); err != nil {
		return fmt.Errorf("the data can't be kept: %w", err)
	}
	database := c.DatabaseURL
	if database == "" {
		database = "sqlite:" + filepath.Join(c.Data, "volary.db")
	}
	tap := &backend.LogTap{}
	log := c.Logger(os.Stderr, tap)
	b, err := backend.New(ctx, backend.Config{
		Listen: []string{c.HTTP}, Link: link.ServerConfig{Dir: filepath.Join(c.Data, "link")},
		Database: database, Store: store.Options{ConnectWait: 10 * time.Second}, Keep: store.Bounds{Age: c.KeepFor, Bytes: c.KeepBytes},
		Dashboard: http.Handler(dashboard(web.Dashboard())), Version: version, Log: log, Tap: tap, Access: backend.Access(*open),
		Admin: c.Admin, Builtin: scenarios.Files, Scenarios: filepath.Join(c.Data, "scenarios"),
	})
	if err != nil {
		return err
	}
	sim, _, err := simulator.New(simulator.Config{
		Link:     link.SimulatorConfig{ID: "local", Log: log, Server: b.LinkServer()},
		Scenario: sc, Version: version, Speed: speed, LiveHz: c.LiveHz, RecordHz: c.RecordHz, Workers: runtime.NumCPU(), Log: log,
	})
	if err != nil {
		b.Close()
		return err
	}
	fmt.Printf("\n  Volary flies scenario %q: http://%s\n  Ctrl-C stops.\n\n", sc.Name, b.Addrs()[0])

	backendCtx, stopBackend := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBackend()
	g, simCtx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer stopBackend()
		return sim.Run(simCtx, nil)
	})
	g.Go(func() error { return b.Run(backendCtx) })
	return g.Wait()
}
