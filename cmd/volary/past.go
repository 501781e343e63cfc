package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/google/uuid"

	"volary/internal/program"
	"volary/internal/rerun"
	"volary/internal/store"
	"volary/internal/world"
)

// database is where the commands that look into the past find it.
type database struct {
	Data         string `default:"data" help:"Where up keeps history." type:"path" placeholder:"DIR"`
	DatabaseURL  string `name:"database-url" help:"postgres://... instead of the embedded database." placeholder:"URL"`
	PasswordFile string `name:"database-password-file" help:"File with the password for PostgreSQL." type:"path" placeholder:"FILE"`
}

func (d *database) open(ctx context.Context) (store.Store, error) {
	url := d.DatabaseURL
	if url == "" {
		file := filepath.Join(d.Data, "volary.db")
		if _, err := os.Stat(file); err != nil {
			return nil, program.Usage("there is no history at %s: give --data or --database-url", file)
		}
		url = "sqlite:" + file
	}
	return store.Open(ctx, url, store.Options{PasswordFile: d.PasswordFile, Timeout: 2 * time.Minute})
}

type resimCmd struct {
	database
	Session string `arg:"" help:"Id of the session."`
	Workers int    `help:"Cores to spread over; default: all."`
	JSON    bool   `name:"json" help:"Print one JSON line at the end, and nothing else."`
}

// Run flies a session again and compares the fingerprint of each second.
func (c *resimCmd) Run(ctx context.Context) error {
	id, err := uuid.Parse(c.Session)
	if err != nil {
		return program.Usage("%q is no id of a session", c.Session)
	}
	db, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	s, err := db.Session(ctx, id)
	if err != nil {
		return err
	}
	if c.Workers == 0 {
		c.Workers = runtime.NumCPU()
	}
	tell := func(tick, got, want uint64) {
		if got != want {
			fmt.Printf("%d %016x differs from %016x\n", tick, got, want)
			return
		}
		fmt.Printf("%d %016x\n", tick, got)
	}
	if c.JSON {
		tell = nil
	}
	begin := time.Now()
	r, err := rerun.Run(ctx, db, s, world.Options{Workers: c.Workers}, tell)
	if err != nil {
		return err
	}
	switch took := time.Since(begin); {
	case c.JSON:
		if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
			return err
		}
	case r.Compared == 0:
		fmt.Println("nothing to compare: the session is shorter than a second, or its fingerprints were not kept")
	default:
		fmt.Printf("%d of %d fingerprints are the same; %.1f s flown again in %.1f s, %d commands\n",
			r.Equal, r.Compared, float64(r.ToTick-r.FromTick)/float64(s.TickHz), took.Seconds(), r.Deeds)
	}
	if !r.Same() {
		return fmt.Errorf("session %s could not be shown to be the same run", id)
	}
	return nil
}
