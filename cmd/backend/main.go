// Command backend serves Volary's REST API and Socket.IO hub, keeps the history,
// and is where simulators connect.
package main

import (
	"context"
	"net"
	"os"
	"time"

	"volary/deploy/scenarios"
	"volary/internal/backend"
	"volary/internal/link"
	"volary/internal/program"
	"volary/internal/store"
)

var version = "dev" // set by the build

type cli struct {
	Config string `help:"File of settings, a flag a line." type:"path" placeholder:"FILE"`
	program.Log
	program.Access

	Listen               []string      `default:"127.0.0.1:5000,127.0.0.1:5001" help:"Addresses that serve REST and Socket.IO." placeholder:"HOST:PORT"`
	Bind                 string        `help:"Address the ports are published on, when a container publishes them: it counts instead of --listen." placeholder:"HOST"`
	LinkListen           string        `default:"127.0.0.1:4222" help:"Where simulators connect."`
	LinkDir              string        `default:"data/link" help:"Where streams are kept." type:"path"`
	LinkTokenFile        string        `help:"File with what simulators must know." placeholder:"FILE"`
	NatsURL              string        `name:"nats-url" help:"A NATS server elsewhere instead of the one inside." placeholder:"nats://HOST:PORT"`
	Admin                string        `help:"Address for pprof and metrics, on this machine only; empty: none." placeholder:"127.0.0.1:6060"`
	Drain                time.Duration `default:"0s" help:"How long to serve on, but say not ready, when told to stop; at most 5s." placeholder:"2s"`
	ScenariosDir         string        `default:"data/scenarios" help:"Where scenarios that people send are kept." type:"path"`
	DatabaseURL          string        `name:"database-url" default:"sqlite:data/volary.db" help:"postgres://USER@HOST:PORT/NAME or sqlite:PATH."`
	DatabasePasswordFile string        `help:"File with the password of the database." placeholder:"FILE"`
	KeepFor              time.Duration `help:"Delete sessions that ended longer ago, and what is older of one that goes on; 0: never." placeholder:"720h"`
	KeepBytes            int64         `help:"Delete the oldest sessions while telemetry takes more bytes; 0: never." placeholder:"BYTES"`

	Run         runCmd              `cmd:"" default:"1" help:"Serve (the default)."`
	Healthcheck program.Healthcheck `cmd:"" help:"Exit with 0 when a backend is ready."`
	Token       program.Token       `cmd:"" help:"Make tokens for who comes over the network."`
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
	open, err := c.Access.Open(c.reachedAt()...)
	if err != nil {
		return err
	}
	token, err := program.Secret(c.LinkTokenFile)
	if err != nil {
		return err
	}
	if err := c.refuseDevelopment(token); err != nil {
		return err
	}
	tap := &backend.LogTap{}
	b, err := backend.New(ctx, backend.Config{
		Listen: c.Listen, Link: link.ServerConfig{Dir: c.LinkDir, Listen: c.LinkListen, Token: token}, NATS: c.NatsURL,
		Database: c.DatabaseURL, Store: store.Options{PasswordFile: c.DatabasePasswordFile, ConnectWait: time.Minute},
		Keep:  store.Bounds{Age: c.KeepFor, Bytes: c.KeepBytes},
		Admin: c.Admin, Drain: min(c.Drain, 5*time.Second),
		Builtin: scenarios.Files, Scenarios: c.ScenariosDir, Access: backend.Access(*open), Version: version, Log: c.Logger(os.Stderr, tap), Tap: tap,
	})
	if err != nil {
		return err
	}
	return b.Run(ctx)
}

// reachedAt lists the hosts the backend can be reached at. In a container it
// listens everywhere; what counts is where the ports are published.
func (c *cli) reachedAt() []string {
	if c.Bind != "" {
		return []string{c.Bind}
	}
	var all []string
	for _, a := range c.Listen {
		host, _, err := net.SplitHostPort(a)
		if err != nil {
			host = a
		}
		all = append(all, host)
	}
	return all
}

// refuseDevelopment refuses secrets that everybody knows, where others may come.
func (c *cli) refuseDevelopment(link string) error {
	password, err := program.Secret(c.DatabasePasswordFile)
	if err != nil {
		return err
	}
	for _, h := range c.reachedAt() {
		if !program.Loopback(h) && (program.KnownToAll(link) || program.KnownToAll(password)) {
			return program.Usage("reachable at %s with the development secrets, which everybody knows: make your own with deploy/secrets/make.sh and set VOLARY_SECRETS_DIR", h)
		}
	}
	return nil
}

func main() {
	os.Exit(program.Main("backend", "Volary's backend: REST, Socket.IO, history.", &cli{}, version, "http://127.0.0.1:5000/readyz", os.Args[1:]))
}
