package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"volary/internal/program"
	"volary/internal/verify"
)

type verifyCmd struct {
	Cases string        `required:"" type:"path" help:"File of cases: of RotorPy, MuJoCo, PX4 SIH, the MRS simulator or gym-pybullet-drones."`
	Dt    time.Duration `default:"2ms" help:"Longest step to fly with."`
}

// Run prints one line of JSON a case. A case that can't be flown doesn't keep
// the others from being flown.
func (c *verifyCmd) Run(ctx context.Context) error {
	if c.Dt < 10*time.Microsecond || c.Dt > 100*time.Millisecond {
		return program.Usage("--dt %v: give 10us to 100ms", c.Dt)
	}
	dir, name := filepath.Split(c.Cases)
	if dir == "" {
		dir = "."
	}
	cases, err := verify.Load(os.DirFS(dir), name)
	if err != nil {
		return program.Usage("--cases: %v", err)
	}
	out := json.NewEncoder(os.Stdout)
	var failed []error
	for i := range cases {
		if err := ctx.Err(); err != nil {
			return err
		}
		r, err := cases[i].Fly(c.Dt.Seconds())
		if err == nil {
			err = out.Encode(r)
		}
		if err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
