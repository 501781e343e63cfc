package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// preparePeers installs and builds what is not built yet. What can't be had is
// missing in the table, and said.
func preparePeers(peers, dir string) error {
	var errs []error
	run := func(in, name string, args ...string) {
		cmd := exec.Command(name, args...)
		cmd.Dir = in
		if out, err := cmd.CombinedOutput(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(out)))
		}
	}
	if _, err := os.Stat(filepath.Join(peers, "node_modules/socket.io")); err != nil {
		run(peers, "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
	}
	run(filepath.Join(peers, "googollee"), "go", "build", "-o", filepath.Join(dir, "googollee"), ".")
	if exec.Command("/usr/bin/python3", "-c", "import flask_socketio, eventlet").Run() != nil {
		errs = append(errs, errors.New("Flask-SocketIO: apt-get install python3-flask-socketio python3-eventlet"))
	}
	return errors.Join(errs...)
}

// freePort is one that nobody listens on.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// pinned runs a command on one core.
func pinned(core int, command []string) *exec.Cmd {
	core = min(core, runtime.NumCPU()-1)
	cmd := exec.Command("taskset", append([]string{"-c", strconv.Itoa(core)}, command...)...)
	cmd.Stderr = os.Stderr
	return cmd
}

// measure starts a server, loads it, and ends it.
func measure(s server, self, peers, frames string, clients int, seconds float64) (result, error) {
	port, err := freePort()
	if err != nil {
		return result{}, err
	}
	cmd := pinned(0, s.command(peers, port, frames))
	if err := cmd.Start(); err != nil {
		return result{}, err
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	if err := await("127.0.0.1:"+port, 15*time.Second); err != nil {
		return result{}, err
	}
	load := pinned(1, []string{
		self, "load", "-addr", "127.0.0.1:" + port, "-speak", s.load, "-clients", strconv.Itoa(clients),
		"-seconds", fmt.Sprint(seconds), "-pid", strconv.Itoa(cmd.Process.Pid),
	})
	var said bytes.Buffer
	load.Stderr = &said
	out, err := load.Output()
	if err != nil {
		return result{}, fmt.Errorf("%s", strings.TrimPrefix(strings.TrimSpace(said.String()), "hubbench: "))
	}
	return parseResult(out)
}

func await(addr string, patience time.Duration) error {
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			return c.Close()
		}
		if time.Now().After(end) {
			return fmt.Errorf("the server did not start: %w", err)
		}
	}
}

// usage is the processor time and the memory of a process so far.
func usage(pid int) (cpu time.Duration, mib float64, err error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, err
	}
	_, rest, ok := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 13 {
		return 0, 0, fmt.Errorf("/proc/%d/stat: %q", pid, stat)
	}
	const hundredths = 10 * time.Millisecond // USER_HZ is 100 wherever Linux runs
	var ticks int64
	for _, f := range fields[11:13] { // utime, stime: proc(5)
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, 0, err
		}
		ticks += n
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	for _, line := range strings.Split(string(status), "\n") {
		if kib, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(kib, "kB")), 64)
			return time.Duration(ticks) * hundredths, n / 1024, err
		}
	}
	return 0, 0, fmt.Errorf("/proc/%d/status: no VmRSS", pid)
}
