package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"

	"volary/internal/store/postgrestest"
)

// plant is a running Volary: PostgreSQL, backend and simulator, with a proxy on
// each line between them.
type plant struct {
	bin, dir string
	linkDir  string
	pg       *postgrestest.Server
	pgLine   *proxy
	line     *proxy // simulator to backend
	http     string
	link     string
	backend  *process
	sim      *process
	unmount  []string

	mu    sync.Mutex
	acked map[string]bool // commands, by id: acknowledged
	stop  context.CancelFunc
	busy  sync.WaitGroup
}

type process struct {
	cmd  *exec.Cmd
	log  *os.File
	done chan struct{}
}

func launch(bin, dir, name string, args ...string) (*process, error) {
	log, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(filepath.Join(bin, name), args...), log: log, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.cmd.Wait() //nolint:errcheck // killed ones have no good exit
		log.Close()  //nolint:errcheck // as above
		close(p.done)
	}()
	return p, nil
}

func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// end sends a signal and waits; what doesn't end is killed.
func (p *process) end(s syscall.Signal) {
	if p == nil {
		return
	}
	p.signal(s)
	select {
	case <-p.done:
	case <-time.After(15 * time.Second):
		p.signal(syscall.SIGKILL)
		<-p.done
	}
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// newPlant starts PostgreSQL and the proxies. tmpfs makes PostgreSQL's whole
// directory lie on a disk of its own.
func newPlant(bin string) (*plant, error) {
	dir, err := os.MkdirTemp("", "volary-drill-")
	if err != nil {
		return nil, err
	}
	p := &plant{bin: bin, dir: dir, linkDir: filepath.Join(dir, "link"), acked: map[string]bool{}}
	if p.pg, err = postgrestest.Start(); err != nil {
		return p, err
	}
	if p.http, err = freeAddr(); err != nil {
		return p, err
	}
	if p.link, err = freeAddr(); err != nil {
		return p, err
	}
	host := strings.TrimPrefix(p.pg.URL(""), "postgres://volary@")
	host, _, _ = strings.Cut(host, "/")
	if p.pgLine, err = newProxy(host); err != nil {
		return p, err
	}
	p.line, err = newProxy(p.link)
	return p, err
}

// disk mounts a small disk and gives its path.
func (p *plant) disk(name string, megabytes int) (string, error) {
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(path, 0o755); err != nil {
		return "", err
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm", megabytes), "none", path).CombinedOutput(); err != nil {
		return "", fmt.Errorf("a small disk (needs root): %w: %s", err, out)
	}
	p.unmount = append(p.unmount, path)
	return path, nil
}

// ballast fills a disk but for some bytes, and returns what gives them back.
func ballast(dir string, leave int64) (func(), error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return nil, err
	}
	free := int64(st.Bavail)*st.Bsize - leave
	file := filepath.Join(dir, "ballast")
	if free > 0 {
		f, err := os.Create(file)
		if err != nil {
			return nil, err
		}
		err = syscall.Fallocate(int(f.Fd()), 0, 0, free)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
	}
	return func() { _ = os.Remove(file) }, nil
}

func (p *plant) databaseURL() string {
	return "postgres://volary@" + p.pgLine.addr() + "/postgres?sslmode=disable"
}

func (p *plant) startBackend() (err error) {
	p.backend, err = launch(p.bin, p.dir, "backend", "--listen", p.http, "--link-listen", p.link, "--link-dir", p.linkDir,
		"--database-url", p.databaseURL(), "--log-format", "json")
	return err
}

func (p *plant) startSimulator() (err error) {
	health, err := freeAddr()
	if err != nil {
		return err
	}
	p.sim, err = launch(p.bin, p.dir, "simulator", "--link-url", "nats://"+p.line.addr(), "--health", health,
		"--drones", fmt.Sprint(*drones), "--record-hz", "50", "--log-format", "json")
	return err
}

// fly starts the programs and the commands.
func (p *plant) fly() error {
	if err := p.startBackend(); err != nil {
		return err
	}
	if err := p.startSimulator(); err != nil {
		return err
	}
	if err := p.until("drones fly", time.Minute, func(s *status) bool { return s.Session.State == "running" && s.SimTime > 1 && s.Drones == *drones }); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	p.busy.Go(func() { p.command(ctx) })
	return nil
}

type status struct {
	Session struct{ ID, State string }
	SimTime float64 `json:"sim_time"`
	Drones  int
	Store   struct {
		State   string
		Pending uint64
		Owed    uint64 `json:"owed_messages"`
	}
}

func (p *plant) call(method, path string, body, into any) error {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		r = bytes.NewReader(b)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+p.http+"/api/v1"+path, r)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, b)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(b, into)
}

// command sends commands until ctx ends, and remembers which were acknowledged.
func (p *plant) command(ctx context.Context) {
	t := time.NewTicker(100 * time.Millisecond)
	defer t.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		id := uuid.NewString()
		body := map[string]any{
			"id": id, "drones": []string{fmt.Sprintf("d%d", 1+rand.IntN(*drones))}, "type": "goto",
			"params": map[string]any{"x": rand.Float64() * 100, "y": rand.Float64() * 100, "z": 30 + rand.Float64()*20},
		}
		err := p.call("POST", "/commands", body, nil)
		p.mu.Lock()
		p.acked[id] = err == nil
		p.mu.Unlock()
	}
}

func (p *plant) until(what string, limit time.Duration, holds func(*status) bool) error {
	begin := time.Now()
	var s status
	for {
		s = status{}
		err := p.call("GET", "/status", nil, &s)
		if err == nil && holds(&s) {
			return nil
		}
		if time.Since(begin) > limit {
			return fmt.Errorf("not within %v: %s; status %+v, %v", limit, what, s, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// wait lets the drones fly on.
func wait(d time.Duration) { time.Sleep(d) }

// settle ends the commands and the session, and waits until all is stored.
func (p *plant) settle() (session string, err error) {
	if err := p.until("all is well", 2*time.Minute, func(s *status) bool { return s.Session.State == "running" && s.Store.State == "ok" }); err != nil {
		return "", err
	}
	wait(2 * time.Second)
	p.stop()
	p.busy.Wait()
	var s status
	if err := p.call("GET", "/status", nil, &s); err != nil {
		return "", err
	}
	if err := p.call("POST", "/sessions/"+s.Session.ID+"/end", nil, nil); err != nil {
		return "", err
	}
	err = p.until("nothing is owed", 5*time.Minute, func(s *status) bool { return s.Store.State == "ok" && s.Store.Pending == 0 && s.Store.Owed == 0 })
	return s.Session.ID, err
}

func (p *plant) close() {
	if p.stop != nil {
		p.stop()
		p.busy.Wait()
	}
	p.sim.end(syscall.SIGKILL)
	p.backend.end(syscall.SIGKILL)
	if p.pg != nil {
		p.pg.Stop()
	}
	for _, l := range []*proxy{p.pgLine, p.line} {
		if l != nil {
			l.close()
		}
	}
	for _, path := range p.unmount {
		_ = exec.Command("umount", "-l", path).Run()
	}
	_ = os.RemoveAll(p.dir)
}

// tail is the end of the logs, for a drill that failed.
func (p *plant) tail() string {
	var out strings.Builder
	for _, name := range []string{"backend", "simulator"} {
		b, _ := os.ReadFile(filepath.Join(p.dir, name+".log"))
		lines := strings.Split(strings.TrimSpace(string(b)), "\n")
		var kept []string
		for _, l := range lines {
			if !strings.Contains(l, `"level":"info"`) {
				kept = append(kept, l)
			}
		}
		fmt.Fprintf(&out, "--- %s\n%s\n", name, strings.Join(kept[max(0, len(kept)-12):], "\n"))
	}
	return out.String()
}
