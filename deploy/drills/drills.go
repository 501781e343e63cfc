package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"volary/internal/store"
)

// drill is one fault.
type drill struct {
	name, how string
	do        func(bin string) (verdict, error)
}

// while makes a drill of a fault that is made while drones fly. before may change
// the plant first.
func while(fault func(*plant) error, before ...func(*plant) error) func(string) (verdict, error) {
	return func(bin string) (v verdict, err error) {
		p, err := newPlant(bin)
		if p != nil {
			defer p.close()
		}
		defer func() {
			if (err != nil || !v.good()) && p != nil {
				fmt.Fprint(os.Stderr, p.tail())
			}
		}()
		if err != nil {
			return v, err
		}
		for _, f := range before {
			if err := f(p); err != nil {
				return v, err
			}
		}
		if err := p.fly(); err != nil {
			return v, err
		}
		wait(3 * time.Second)
		if err := fault(p); err != nil {
			return v, err
		}
		id, err := p.settle()
		if err != nil {
			return v, err
		}
		return p.verify(id)
	}
}

var drills = []drill{
	{"no fault", "none: what the others are held against", while(func(*plant) error { wait(10 * time.Second); return nil })},
	{"postgres killed", "all its processes, kill -9, five times, as soon as a COPY runs", while(func(p *plant) error {
		for range 5 {
			if err := p.awaitCopy(); err != nil {
				return err
			}
			p.pg.Kill()
			wait(time.Second)
			if err := p.pg.Restart(); err != nil {
				return err
			}
			wait(2 * time.Second)
		}
		return nil
	})},
	{"postgres down", "stopped for the length of the outage, then started", while(func(p *plant) error {
		p.pg.Kill()
		wait(*outage)
		return p.pg.Restart()
	})},
	{"data disk full", "the tablespace lies on a small disk that is filled, and emptied after 15 s", while(func(p *plant) error {
		free, err := ballast(filepath.Join(p.dir, "data"), 64<<10)
		if err != nil {
			return err
		}
		if err := p.until("the history says so", time.Minute, func(s *status) bool { return s.Store.State == "degraded" }); err != nil {
			return err
		}
		wait(15 * time.Second)
		free()
		return nil
	}, (*plant).dataOnSmallDisk)},
	{"WAL disk full", "pg_wal lies on a small disk that is filled; the server falls, and is started when there is room", while(func(p *plant) error {
		free, err := ballast(filepath.Join(p.dir, "wal"), 0)
		if err != nil {
			return err
		}
		if err := p.until("the history says so", 2*time.Minute, func(s *status) bool { return s.Store.State == "degraded" }); err != nil {
			return err
		}
		wait(5 * time.Second)
		free()
		p.pg.Kill()
		return p.pg.Restart()
	}, (*plant).walOnSmallDisk)},
	{"COMMIT replies lost", "20 times the line is cut when the answer to a COMMIT is read", while(func(p *plant) error {
		p.pgLine.loseCommit.Store(20)
		for begin := time.Now(); p.pgLine.loseCommit.Load() > 0; wait(100 * time.Millisecond) {
			if time.Since(begin) > 2*time.Minute {
				return fmt.Errorf("%d replies are still to be lost", p.pgLine.loseCommit.Load())
			}
		}
		return nil
	})},
	{"postgres read-only", "default_transaction_read_only for 15 s", while(func(p *plant) error {
		if err := p.sql("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()"); err != nil {
			return err
		}
		wait(15 * time.Second)
		return p.sql("SET default_transaction_read_only = off", "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")
	})},
	{"backend killed", "kill -9, three times", while(func(p *plant) error {
		for range 3 {
			p.backend.end(syscall.SIGKILL)
			wait(time.Second)
			if err := p.startBackend(); err != nil {
				return err
			}
			if err := p.until("it is back", time.Minute, func(s *status) bool { return s.Session.State == "running" }); err != nil {
				return err
			}
			wait(3 * time.Second)
		}
		return nil
	})},
	{"backend stopped in order", "SIGTERM in mid-batch, three times", while(func(p *plant) error {
		for range 3 {
			p.backend.end(syscall.SIGTERM)
			if err := p.startBackend(); err != nil {
				return err
			}
			if err := p.until("it is back", time.Minute, func(s *status) bool { return s.Session.State == "running" }); err != nil {
				return err
			}
			wait(3 * time.Second)
		}
		return nil
	})},
	{"backend frozen", "SIGSTOP for 8 s", while(func(p *plant) error { return frozen(p.backend, 8*time.Second) })},
	{"simulator killed", "kill -9; started again, it resumes the session", while(func(p *plant) error {
		p.sim.end(syscall.SIGKILL)
		if err := p.until("it is missed", 5*time.Second, func(s *status) bool { return s.Session.State == "interrupted" }); err != nil {
			return err
		}
		wait(2 * time.Second)
		if err := p.startSimulator(); err != nil {
			return err
		}
		return p.until("it is back", time.Minute, func(s *status) bool { return s.Session.State == "running" && s.Drones == *drones })
	})},
	{"simulator frozen", "SIGSTOP for 8 s", while(func(p *plant) error { return frozen(p.sim, 8*time.Second) })},
	{"link cut to the backend", "nothing passes from simulator to backend for 8 s", while(func(p *plant) error { p.line.up.Store(true); wait(8 * time.Second); p.line.up.Store(false); return nil })},
	{"link cut to the simulator", "nothing passes from backend to simulator for 8 s", while(func(p *plant) error {
		p.line.down.Store(true)
		wait(8 * time.Second)
		p.line.down.Store(false)
		return nil
	})},
	{"link cut both ways", "nothing passes for 8 s", while(func(p *plant) error {
		p.line.up.Store(true)
		p.line.down.Store(true)
		wait(8 * time.Second)
		p.line.up.Store(false)
		p.line.down.Store(false)
		return nil
	})},
	{"link reset", "TCP reset of the link, ten times", while(func(p *plant) error {
		for range 10 {
			p.line.reset()
			wait(700 * time.Millisecond)
		}
		return nil
	})},
	{"link delayed", "300 ms each way for 10 s", while(func(p *plant) error {
		p.line.delay.Store(int64(300 * time.Millisecond))
		wait(10 * time.Second)
		p.line.delay.Store(0)
		return nil
	})},
	{"link throttled", "1 Mbit/s for 10 s", while(func(p *plant) error {
		p.line.bytesPS.Store(125_000)
		wait(10 * time.Second)
		p.line.bytesPS.Store(0)
		return nil
	})},
	{"stream disk full", "the disk of the streams is filled while PostgreSQL is down; both are mended after 10 s", while(func(p *plant) error {
		p.pg.Kill()
		free, err := ballast(p.linkDir, 1<<20)
		if err != nil {
			return err
		}
		wait(10 * time.Second)
		free()
		return p.pg.Restart()
	}, func(p *plant) error {
		dir, err := p.disk("streams", 512)
		p.linkDir = dir
		return err
	})},
	{"two migrate at once", "four programs open an empty database together", migrateTogether},
	{"migration killed", "kill -9 in the middle, ten times at ten moments; then it is run again", migrateKilled},
}

func frozen(p *process, d time.Duration) error {
	p.signal(syscall.SIGSTOP)
	wait(d)
	p.signal(syscall.SIGCONT)
	return nil
}

// sql runs statements on one connection, past the proxy.
func (p *plant) sql(all ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgx.Connect(ctx, p.pg.URL("postgres"))
	if err != nil {
		return err
	}
	defer c.Close(ctx) //nolint:errcheck // nothing hangs on it
	for _, s := range all {
		if _, err := c.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// awaitCopy returns when the recorder is in the middle of a COPY.
func (p *plant) awaitCopy() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgx.Connect(ctx, p.pg.URL("postgres"))
	if err != nil {
		return err
	}
	defer c.Close(ctx) //nolint:errcheck // the server is about to be killed
	for {
		var n int
		if err := c.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE query ILIKE 'copy%' AND state = 'active' AND pid <> pg_backend_pid()`).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return nil
		}
	}
}

func (p *plant) dataDirectory() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgx.Connect(ctx, p.pg.URL("postgres"))
	if err != nil {
		return "", err
	}
	defer c.Close(ctx) //nolint:errcheck // nothing hangs on it
	var dir string
	return dir, c.QueryRow(ctx, "SHOW data_directory").Scan(&dir)
}

// dataOnSmallDisk makes new tables lie on a disk of 64 MB.
func (p *plant) dataOnSmallDisk() error {
	dir, err := p.disk("data", 64)
	if err != nil {
		return err
	}
	home, err := p.dataDirectory()
	if err != nil {
		return err
	}
	if err := giveTo(dir, home); err != nil {
		return err
	}
	if err := os.Chmod(p.dir, 0o755); err != nil {
		return err
	}
	return p.sql("CREATE TABLESPACE small LOCATION '"+dir+"'", "ALTER SYSTEM SET default_tablespace = 'small'", "SELECT pg_reload_conf()")
}

// walOnSmallDisk moves pg_wal to a disk of 160 MB.
func (p *plant) walOnSmallDisk() error {
	dir, err := p.disk("wal", 160)
	if err != nil {
		return err
	}
	home, err := p.dataDirectory()
	if err != nil {
		return err
	}
	if err := p.sql("ALTER SYSTEM SET max_wal_size = '80MB'", "ALTER SYSTEM SET min_wal_size = '32MB'"); err != nil {
		return err
	}
	p.pg.Kill()
	wal := filepath.Join(home, "pg_wal")
	if out, err := exec.Command("cp", "-a", wal+"/.", dir).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	if err := errors.Join(os.RemoveAll(wal), os.Symlink(dir, wal), os.Chmod(p.dir, 0o755)); err != nil {
		return err
	}
	if err := giveTo(dir, home); err != nil {
		return err
	}
	return p.pg.Restart()
}

// giveTo makes a path belong to whoever owns another.
func giveTo(path, like string) error {
	info, err := os.Stat(like)
	if err != nil {
		return err
	}
	st := info.Sys().(*syscall.Stat_t)
	return os.Chown(path, int(st.Uid), int(st.Gid))
}

// migration is a program that does nothing but open the database.
func (p *plant) migration() *exec.Cmd {
	return exec.Command(filepath.Join(p.bin, "volary"), "gc", "--keep-for", "1000h", "--database-url", p.pg.URL("postgres"))
}

func (p *plant) opens() error {
	s, err := store.Open(context.Background(), p.pg.URL("postgres"), store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	_, _, err = s.Sessions(context.Background(), 1, "")
	return err
}

func migrateTogether(bin string) (v verdict, err error) {
	p, err := newPlant(bin)
	if p != nil {
		defer p.close()
	}
	if err != nil {
		return v, err
	}
	errs := make(chan error)
	const n = 4
	for range n {
		go func() {
			out, err := p.migration().CombinedOutput()
			if err != nil {
				err = fmt.Errorf("%w: %s", err, out)
			}
			errs <- err
		}()
	}
	for range n {
		err = errors.Join(err, <-errs)
	}
	v.note = "one migrated, three waited for it"
	return v, errors.Join(err, p.opens())
}

func migrateKilled(bin string) (v verdict, err error) {
	p, err := newPlant(bin)
	if p != nil {
		defer p.close()
	}
	if err != nil {
		return v, err
	}
	killed := 0
	for i := range 10 {
		if err := p.sql("DROP SCHEMA public CASCADE", "CREATE SCHEMA public"); err != nil {
			return v, err
		}
		cmd := p.migration()
		if err := cmd.Start(); err != nil {
			return v, err
		}
		time.Sleep(time.Duration(10+15*i) * time.Millisecond)
		_ = cmd.Process.Kill()
		if err := cmd.Wait(); err != nil {
			killed++
		}
		if out, err := p.migration().CombinedOutput(); err != nil {
			return v, fmt.Errorf("after being killed at %d ms: %w: %s", 10+15*i, err, out)
		}
		if err := p.opens(); err != nil {
			return v, err
		}
	}
	v.note = fmt.Sprintf("killed %d times of 10 before its end; run again, it worked each time", killed)
	return v, nil
}
