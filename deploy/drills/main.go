// Command drills breaks a running Volary on purpose and counts what it lost.
//
// Each drill starts the real programs on a real PostgreSQL, flies and commands
// drones, makes one fault, mends it, and then holds the history against what was
// promised: every sample up to the last tick stored is there once or lies in a
// recorded gap, nothing lies in a gap, and each acknowledged command was done
// exactly once. Linux; faults of disks need root, for tmpfs.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

var (
	only   = flag.String("only", "", "drills whose names contain this")
	drones = flag.Int("drones", 2000, "drones that fly; each is recorded 50 times a second")

	outage = flag.Duration("outage", 5*time.Minute, "how long PostgreSQL is down in the drill of a long outage")
	output = flag.String("output", "docs/verification/drills.md", "record to write; empty: none")
)

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "drills:", err)
		os.Exit(1)
	}
}

func run() error {
	bin, err := os.MkdirTemp("", "volary-drills-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(bin)
	build := exec.Command("go", "build", "-o", bin, "./cmd/...")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return err
	}
	var rows []string
	failed := 0
	for _, d := range drills {
		if !strings.Contains(d.name, *only) {
			continue
		}
		begin := time.Now()
		v, err := d.do(bin)
		if d.name == "postgres down" {
			d.how = fmt.Sprintf("stopped for %v, then started", *outage)
		}
		row := fmt.Sprintf("| %s | %s | ", d.name, d.how)
		switch {
		case err != nil:
			failed++
			row += fmt.Sprintf("failed: %s | | | | |", strings.ReplaceAll(err.Error(), "\n", " "))
			fmt.Printf("FAIL %-28s %v\n", d.name, err)
		default:
			ok := "ok"
			if !v.good() {
				ok = "FAIL"
				failed++
			}
			row += v.row()
			fmt.Printf("%-4s %-28s %s (%.0f s)\n", ok, d.name, v, time.Since(begin).Seconds())
		}
		rows = append(rows, row)
	}
	if *output != "" {
		if err := record(rows); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d drills failed", failed, len(rows))
	}
	return nil
}

func record(rows []string) error {
	commit, _ := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	cpu, _ := exec.Command("sh", "-c", "sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1").Output()
	pg, _ := exec.Command("sh", "-c", "$(ls -d /usr/lib/postgresql/*/bin | tail -1)/postgres --version").Output()
	text := fmt.Sprintf(`# Fault drills

Written by `+"`make drills`"+`, %s. Commit %s; %d cores of %s; %s.

%d drones, recorded 50 times a second: %d samples a second. Each drill runs the real programs, makes the fault while they fly and are commanded, mends it, waits until nothing is owed, ends the session, and reads back all of it.

*Lost*: samples up to the last tick stored that are neither there nor in a recorded gap; acknowledged commands that were never done. *Doubled*: samples stored twice; commands done twice. *In gaps*: samples that recorded gaps stand for. A drill also fails when a sample lies inside a gap.

| drill | fault | samples stored | in gaps | lost | doubled | commands acknowledged, lost, doubled |
|---|---|---:|---:|---:|---:|---|
%s
`, time.Now().UTC().Format("2 January 2006"), strings.TrimSpace(string(commit)), runtime.NumCPU(), strings.TrimSpace(string(cpu)), strings.TrimSpace(string(pg)),
		*drones, *drones*50, strings.Join(rows, "\n"))
	if err := os.MkdirAll(filepath.Dir(*output), 0o755); err != nil {
		return err
	}
	return os.WriteFile(*output, []byte(text), 0o644)
}
