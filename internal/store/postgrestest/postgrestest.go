// Package postgrestest starts a real PostgreSQL for the tests of a package, from
// the binaries installed on the machine, and gives each test a database of its own.
package postgrestest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrMissing is what Start says where PostgreSQL isn't installed. Tests fail with
// it: one that skips proves nothing.
var ErrMissing = errors.New("install PostgreSQL: run make deps")

// Server is a PostgreSQL server on a loopback port, in a directory of its own.
type Server struct {
	dir, bin string
	port     int
	cred     *syscall.Credential // whom it runs as, when that isn't us
	process  *exec.Cmd
	done     chan struct{} // closed when process has ended
}

// Start makes a database cluster and starts a server on it. Call Stop.
func Start() (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "volary-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, bin: bin}
	if err := s.init(); err != nil {
		os.RemoveAll(dir) //nolint:errcheck // the first error is the one to tell
		return nil, err
	}
	if err := s.Restart(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// binaries finds the newest PostgreSQL: where Debian puts it, or on the path.
func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	sort.Slice(found, func(i, k int) bool { return version(found[i]) > version(found[k]) })
	if len(found) == 0 {
		path, err := exec.LookPath("postgres")
		if err != nil {
			return "", ErrMissing
		}
		found = append(found, path)
	}
	dir := filepath.Dir(found[0])
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return "", ErrMissing
	}
	return dir, nil
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

func (s *Server) init() error {
	if os.Geteuid() == 0 { // PostgreSQL refuses to run as root
		cred, err := otherUser()
		if err != nil {
			return err
		}
		s.cred = cred
		if err := os.Chown(s.dir, int(cred.Uid), int(cred.Gid)); err != nil {
			return err
		}
	}
	// Durability stays on: the tests that kill the server are about it.
	cmd := s.command("initdb", "--pgdata", s.data(), "--username", "volary", "--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

func otherUser() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("PostgreSQL doesn't run as root, and there is neither a user postgres nor nobody")
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.cred, Setpgid: true} // Setpgid: Ctrl-C is for the test
	return cmd
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Restart starts the server after Kill, on the same port, and returns when it
// answers. It takes a few attempts when the killed processes aren't gone yet.
func (s *Server) Restart() error {
	var err error
	for range 20 {
		if err = s.start(); !errors.Is(err, errEnded) {
			return err
		}
		time.Sleep(100 * time.Millisecond) // for the kernel, which tells nobody
	}
	return err
}

var errEnded = errors.New("PostgreSQL ended at its start")

func (s *Server) start() error {
	if s.port == 0 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s.port = l.Addr().(*net.TCPAddr).Port
		l.Close() //nolint:errcheck // only its number was wanted
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the server has its own
	cmd := s.command("postgres", "-D", s.data(), "-p", strconv.Itoa(s.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200",
		"-c", "shared_buffers=64MB", "-c", "max_wal_size=512MB")
	cmd.Stdout, cmd.Stderr = log, log
	dieWithUs(cmd.SysProcAttr)
	s.done = make(chan struct{})
	started := make(chan error)
	go func(done chan struct{}) { // ends with the server; Kill and Stop wait for it
		runtime.LockOSThread() // see dieWithUs; never unlocked, so the thread ends too
		started <- cmd.Start()
		cmd.Wait() //nolint:errcheck // a server that was killed has no good exit
		close(done)
	}(s.done)
	if err := <-started; err != nil {
		return err
	}
	s.process = cmd
	return s.await()
}

func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-tick.C:
		case <-s.done:
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("%w:\n%s", errEnded, log)
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL doesn't answer: %w", err)
		}
	}
}

// Kill ends the server and all its processes at once, as a crash would. Those
// that serve connections left the server's process group, so each is named.
func (s *Server) Kill() {
	if s.process == nil {
		return
	}
	pid := s.process.Process.Pid
	s.process.Process.Signal(syscall.SIGSTOP) //nolint:errcheck // so that it starts no more of them
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for _, child := range strings.Fields(string(children)) {
		if n, err := strconv.Atoi(child); err == nil {
			syscall.Kill(n, syscall.SIGKILL) //nolint:errcheck // gone is as good
		}
	}
	s.process.Process.Kill() //nolint:errcheck // gone is as good
	<-s.done
	s.process = nil
}

// Stop ends the server and removes its files.
func (s *Server) Stop() {
	if s.process != nil {
		s.process.Process.Signal(syscall.SIGINT) //nolint:errcheck // fast shutdown
		select {
		case <-s.done:
		case <-time.After(20 * time.Second):
		}
		s.Kill()
	}
	os.RemoveAll(s.dir) //nolint:errcheck // a temporary directory
}

// URL of a database of this server.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://volary@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

// Database makes an empty database for a test, removes it after, and gives its URL.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	b := make([]byte, 8)
	rand.Read(b) //nolint:errcheck // never fails
	name := "test_" + hex.EncodeToString(b)
	s.admin(t, "CREATE DATABASE "+name+" TEMPLATE template0")
	t.Cleanup(func() { s.admin(t, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return s.URL(name)
}

func (s *Server) admin(t testing.TB, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing hangs on it
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", strings.SplitN(sql, " test_", 2)[0], err)
	}
}
