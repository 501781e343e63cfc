package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"volary/deploy/scenarios"
	"volary/internal/program"
	"volary/internal/scenario"
	"volary/internal/trial"
)

type testCmd struct {
	Files   []string `arg:"" name:"scenario" help:"Scenarios: paths of files, or names of those that come with Volary."`
	Junit   string   `help:"Write a JUnit report for a CI system." placeholder:"FILE" type:"path"`
	JSON    bool     `name:"json" help:"Print one object a scenario, for programs."`
	Workers int      `default:"0" help:"How many scenarios fly at once; 0: one a core."`
	Seed    *uint64  `help:"Seed instead of the scenarios' own."`
	Check   bool     `help:"Only read the files; fly nothing."`
}

var errExpectation = errors.New("not everything that was expected came true")

// Run flies the scenarios side by side and reports in the order they were named.
// Exit code 0: all that was expected came true; 1: something did not; 2: a file
// can't be flown.
func (c *testCmd) Run(ctx context.Context) error {
	files := expand(c.Files)
	workers := c.Workers
	if workers <= 0 {
		workers = runtime.NumCPU()
	}
	began := time.Now()
	all := make([]trial.Outcome, len(files))
	done := make([]chan struct{}, len(files))
	turns := make(chan struct{}, workers)
	var wg sync.WaitGroup
	defer wg.Wait()
	for i, name := range files {
		done[i] = make(chan struct{})
		wg.Go(func() {
			defer close(done[i])
			turns <- struct{}{}
			defer func() { <-turns }()
			all[i] = c.fly(ctx, name)
		})
	}
	failed, unreadable, sim := 0, 0, 0.0
	for i := range files {
		<-done[i]
		switch o := &all[i]; {
		case o.Err != nil && ctx.Err() != nil:
			return ctx.Err()
		case o.Err != nil:
			unreadable++
			fmt.Printf("ERROR %s\n", o.File)
			for _, p := range scenario.Problems(o.Err) {
				fmt.Printf("      %v\n", p)
			}
		case o.Report != nil:
			sim += o.Report.SimS
			if !o.Report.OK() {
				failed++
			}
			if err := c.show(o.Report); err != nil {
				return err
			}
		}
	}
	if c.Junit != "" {
		if err := writeJUnit(c.Junit, all); err != nil {
			return err
		}
	}
	if wall := time.Since(began).Seconds(); !c.JSON && !c.Check {
		fmt.Printf("%d scenarios: %d passed, %d failed, %d can't be flown; %.0f simulated seconds in %.1f s, %.0f times real time\n",
			len(files), len(files)-failed-unreadable, failed, unreadable, sim, wall, sim/wall)
	}
	switch {
	case unreadable > 0:
		return program.Usage("a scenario can't be flown")
	case failed > 0:
		return errExpectation
	}
	return nil
}

func (c *testCmd) fly(ctx context.Context, name string) trial.Outcome {
	o := trial.Outcome{File: name}
	sc, err := scenario.Load(name, scenarios.Files)
	if err == nil {
		err = sc.Override(nil, c.Seed)
	}
	if err == nil && len(sc.Expect) == 0 && !c.Check {
		err = &scenario.Problem{Field: "expect", Message: "nothing is expected of this scenario: say what must hold"}
	}
	if err != nil || c.Check {
		o.Err = err
		return o
	}
	o.Report, o.Err = trial.Fly(ctx, sc, name)
	return o
}

func (c *testCmd) show(r *trial.Report) error {
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	return r.Print(os.Stdout)
}

// expand resolves patterns that the shell left alone.
func expand(patterns []string) []string {
	var all []string
	for _, p := range patterns {
		if found, err := filepath.Glob(p); err == nil && len(found) > 0 {
			all = append(all, found...)
			continue
		}
		all = append(all, p)
	}
	return all
}

func writeJUnit(name string, all []trial.Outcome) error {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("the report can't be written: %w", err)
	}
	return errors.Join(trial.JUnit(f, all), f.Close())
}
