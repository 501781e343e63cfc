// Command volary is backend, simulator and dashboard in one process, with nothing
// else to install, and the tools around them.
package main

import (
	"os"

	"volary/internal/program"
)

var version = "dev" // set by the build

type cli struct {
	Config string `help:"File of settings, a flag a line." type:"path" placeholder:"FILE"`

	Up          upCmd               `cmd:"" help:"Fly a scenario and serve everything on one address."`
	Verify      verifyCmd           `cmd:"" name:"verify-physics" help:"Fly the flights of other simulators and say how far off ours are."`
	Formation   formationCmd        `cmd:"" name:"verify-formation" help:"Fly a formation for a long time and say whether anything went astray."`
	Hash        hashCmd             `cmd:"" help:"Print the fingerprint of a run: the same on every machine."`
	Test        testCmd             `cmd:"" help:"Fly scenarios as fast as possible and check what they expect."`
	Token       program.Token       `cmd:"" help:"Make tokens for who comes over the network."`
	Bench       benchCmd            `cmd:"" help:"Measure how fast this machine is."`
	Export      exportCmd           `cmd:"" help:"Write a session as CSV, NDJSON, Parquet or MCAP."`
	Resim       resimCmd            `cmd:"" help:"Fly a session of the past again and compare every second."`
	GC          gcCmd               `cmd:"" name:"gc" help:"Delete old sessions and give their space back."`
	Backup      backupCmd           `cmd:"" help:"Copy the history to a file while it is used."`
	Healthcheck program.Healthcheck `cmd:"" help:"Exit with 0 when a running volary is ready."`
	Print       configCmd           `cmd:"" name:"config" help:"Show the settings of up."`
	Version     program.Version     `cmd:"" help:"Show the version."`
}

type configCmd struct {
	Print printCmd `cmd:"" help:"Print all settings, secrets masked."`
}

type printCmd struct{}

func (printCmd) Run(s *program.Settings) error { return s.Print(os.Stdout, "up") }

func main() {
	os.Exit(program.Main("volary", "A fleet of simulated drones to watch, command and replay.", &cli{}, version, "http://127.0.0.1:8080/readyz", os.Args[1:]))
}
