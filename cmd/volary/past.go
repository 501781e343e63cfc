package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
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

type gcCmd struct {
	database
	KeepFor   time.Duration `help:"Delete sessions that ended longer ago." placeholder:"720h"`
	KeepBytes int64         `help:"Delete the oldest sessions while telemetry takes more bytes." placeholder:"BYTES"`
	DryRun    bool          `help:"Only tell what would be deleted."`
	JSON      bool          `name:"json" help:"Print one JSON line."`
}

// Run deletes what lies beyond the bounds.
func (c *gcCmd) Run(ctx context.Context) error {
	if c.KeepFor <= 0 && c.KeepBytes <= 0 {
		return program.Usage("give --keep-for or --keep-bytes: without a bound nothing would be deleted")
	}
	db, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	k, err := store.Keep(ctx, db, store.Bounds{Age: c.KeepFor, Bytes: c.KeepBytes}, time.Now(), c.DryRun)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(k)
	}
	verb := "deleted"
	if c.DryRun {
		verb = "would delete"
	}
	fmt.Printf("%s %d sessions and the beginning of %d: %.1f MB; %.1f MB are left\n", verb, len(k.Deleted), len(k.Trimmed), float64(k.Freed)/1e6, float64(k.Left)/1e6)
	return nil
}

type backupCmd struct {
	database
	File string `arg:"" help:"File to write; it must not exist." type:"path"`
}

// Run copies an embedded database while it is used. PostgreSQL has a tool of its
// own, which is called.
func (c *backupCmd) Run(ctx context.Context) error {
	if _, err := os.Stat(c.File); err == nil {
		return program.Usage("%s exists: give a new name", c.File)
	}
	if strings.HasPrefix(c.DatabaseURL, "postgres") {
		tool, err := exec.LookPath("pg_dump")
		if err != nil {
			return errors.New("pg_dump is not installed: it comes with PostgreSQL, in the version of the server")
		}
		dump := exec.CommandContext(ctx, tool, "--format=custom", "--file="+c.File, "--dbname="+c.DatabaseURL)
		dump.Stderr = os.Stderr
		password, err := program.Secret(c.PasswordFile)
		if err != nil {
			return err
		}
		if password != "" {
			dump.Env = append(os.Environ(), "PGPASSWORD="+password)
		}
		return dump.Run()
	}
	db, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Backup(ctx, c.File)
}
