// Command backend serves Volary's REST API and Socket.IO hub, keeps the history,
// and is where simulators connect.
package main

import (
	"context"
	"os"
	"time"

	"volary/internal/backend"
	"volary/internal/link"
	"volary/internal/program"
	"volary/internal/store"
)

var version = "dev" // set by the build

type cli struct {
	Config string `help:"File of settings, a flag a line." type:"path" placeholder:"FILE"`
	program.Log

	Listen               []string      `default:"127.0.0.1:5000,127.0.0.1:5001" help:"Addresses that serve REST and Socket.IO." placeholder:"HOST:PORT"`
	Bind                 string        `default:"127.0.0.1" help:"Address the ports are published on, when a container publishes them."`
	Insecure             bool          `help:"Publish without tokens: whoever reaches the ports commands the fleet."`
	LinkListen           string        `default:"127.0.0.1:4222" help:"Where simulators connect."`
	LinkDir              string        `default:"data/link" help:"Where streams are kept." type:"path"`
	LinkTokenFile        string        `help:"File with what simulators must know." placeholder:"FILE"`
	NatsURL              string        `name:"nats-url" help:"A NATS server elsewhere instead of the one inside." placeholder:"nats://HOST:PORT"`
	DatabaseURL          string        `name:"database-url" default:"sqlite:data/volary.db" help:"postgres://USER@HOST:PORT/NAME or sqlite:PATH."`
	DatabasePasswordFile string        `help:"File with the password of the database." placeholder:"FILE"`
	KeepFor              time.Duration `help:"Delete sessions that ended longer ago, and what is older of one that goes on; 0: never." placeholder:"720h"`
	KeepBytes            int64         `help:"Delete the oldest sessions while telemetry takes more bytes; 0: never." placeholder:"BYTES"`
	Origins              []string      `help:"Origins of web pages that may connect, beside the own host and this machine." placeholder:"URL"`

	Run         runCmd              `cmd:"" default:"1" help:"Serve (the default)."`
	Healthcheck program.Healthcheck `cmd:"" help:"Exit with 0 when a backend is ready."`
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
	if !program.Loopback(c.Bind) && !c.Insecure {
		return program.Usage("published on %s without tokens: whoever reaches it could command the fleet; keep VOLARY_BIND at 127.0.0.1, or set VOLARY_INSECURE=true if the network is yours alone", c.Bind)
	}
	token, err := program.Secret(c.LinkTokenFile)
	if err != nil {
		return err
	}
	tap := &backend.LogTap{}
	b, err := backend.New(ctx, backend.Config{
		Listen: c.Listen, Link: link.ServerConfig{Dir: c.LinkDir, Listen: c.LinkListen, Token: token}, NATS: c.NatsURL,
		Database: c.DatabaseURL, Store: store.Options{PasswordFile: c.DatabasePasswordFile, ConnectWait: time.Minute},
		Keep:    store.Bounds{Age: c.KeepFor, Bytes: c.KeepBytes},
		Origins: c.Origins, Version: version, Log: c.Logger(os.Stderr, tap), Tap: tap,
	})
	if err != nil {
		return err
	}
	return b.Run(ctx)
}

func main() {
	os.Exit(program.Main("backend", "Volary's backend: REST, Socket.IO, history.", &cli{}, version, "http://127.0.0.1:5000/readyz", os.Args[1:]))
}
