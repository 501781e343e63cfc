package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"volary/internal/store/postgrestest"
)

// These tests run the real programs against real parts: PostgreSQL, the client
// libraries people use, Chromium.

var bin string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "volary-system-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		bin = dir
		build := exec.Command("go", "build", "-o", dir, "volary/cmd/...")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Printf("%v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// process is a program that runs.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	log *transcript
	end chan error
}

// transcript is what a program said so far; it may be read while it speaks.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *transcript) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *transcript) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func start(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(filepath.Join(bin, name), args...), log: &transcript{}, end: make(chan error, 1)}
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.end <- p.cmd.Wait() }()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		if t.Failed() {
			<-p.end
			t.Logf("%s said:\n%s", name, p.log)
		}
	})
	return p
}

// stop sends a signal and waits for the end.
func (p *process) stop(sig os.Signal) error {
	p.t.Helper()
	_ = p.cmd.Process.Signal(sig)
	select {
	case err := <-p.end:
		p.end <- err
		return err
	case <-time.After(10 * time.Second):
		p.t.Fatalf("%v did not stop within 10 s of %v", p.cmd.Args, sig)
		return nil
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// site is where a running Volary answers.
type site struct {
	t   *testing.T
	url string
}

func (s site) call(method, path string, body, into any) (int, string) {
	s.t.Helper()
	var r io.Reader
	if body != nil {
		switch v := body.(type) {
		case []byte:
			r = bytes.NewReader(v)
		default:
			b, err := json.Marshal(v)
			if err != nil {
				s.t.Fatal(err)
			}
			r = bytes.NewReader(b)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, r)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	if into != nil {
		if err := json.Unmarshal(b, into); err != nil {
			return res.StatusCode, fmt.Sprintf("%v: %s", err, b)
		}
	}
	return res.StatusCode, string(b)
}

type status struct {
	Session struct{ ID, State string }
	Tick    uint64
	SimTime float64 `json:"sim_time"`
	Drones  int
	Link    struct{ Connected bool }
}

// until asks again until a condition holds.
func (s site) until(what string, limit time.Duration, holds func() bool) time.Duration {
	s.t.Helper()
	begin := time.Now()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		if time.Since(begin) > limit {
			s.t.Fatalf("not within %v: %s", limit, what)
		}
		<-tick.C
	}
	return time.Since(begin)
}

func (s site) status() (st status) {
	s.call("GET", "/api/v1/status", nil, &st)
	return st
}

func (s site) flying(limit time.Duration) {
	s.t.Helper()
	s.until("drones fly", limit, func() bool { st := s.status(); return st.Session.State == "running" && st.Tick > 250 && st.Drones > 0 })
}

func up(t *testing.T, args ...string) (*process, site) {
	t.Helper()
	addr := freeAddr(t)
	p := start(t, "volary", append([]string{"up", "--http", addr, "--data", t.TempDir()}, args...)...)
	return p, site{t, "http://" + addr}
}

func TestDashboardShowsTheFleetFlying(t *testing.T) {
	_, s := up(t)
	s.flying(60 * time.Second)
	out, err := exec.Command("node", "../../web/e2e/live.mjs", s.url, t.TempDir()).CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Drones, Moved int
		Others        int `json:"requests_to_other_hosts"`
	}
	if err := json.Unmarshal(out[bytes.IndexByte(out, '{'):], &r); err != nil {
		t.Fatal(err)
	}
	if r.Drones != 100 || r.Moved == 0 || r.Others != 0 {
		t.Errorf("%+v, want 100 drones that move and no request to another host", r)
	}
}

func TestEveryClientGenerationReceivesDronesAndCommandsThem(t *testing.T) {
	_, s := up(t, "--drones", "20")
	s.flying(60 * time.Second)
	s.call("POST", "/api/v1/sim", map[string]any{"action": "speed", "speed": 1}, nil)
	clients := "../../internal/socketio/clients/"
	goclient := filepath.Join(t.TempDir(), "goclient")
	build := exec.Command("go", "build", "-o", goclient, ".")
	build.Dir = clients + "goclient"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	python := "python3"
	if exec.Command(python, "-c", "import socketio, aiohttp").Run() != nil {
		python = "/usr/bin/python3" // the system's, whose packages are meant
	}
	for _, c := range []struct {
		name string
		args []string
		want int
	}{
		{"JavaScript 2.5, 3.1, 4.8", []string{"node", clients + "matrix.js", "--url", s.url, "--mode", "hub", "--count", "20"}, 9},
		{"Python", []string{python, clients + "matrix.py", "--url", s.url, "--mode", "hub", "--count", "20"}, 3},
		{"Go, Engine.IO 3", []string{goclient, "-url", s.url, "-mode", "hub", "-count", "20"}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command(c.args[0], c.args[1:]...)
			var errs bytes.Buffer
			cmd.Stderr = &errs
			out, err := cmd.Output()
			t.Logf("%s", out)
			if err != nil {
				t.Fatalf("%v\n%s", err, errs.String())
			}
			if n := strings.Count(string(out), `"ok":20`) + strings.Count(string(out), `"ok": 20`); n != c.want {
				t.Errorf("%d of %d pairs of client and transport made all 20 connections", n, c.want)
			}
		})
	}
}

func TestAPlanFromQGroundControlIsFlownToItsEnd(t *testing.T) {
	_, s := up(t, "--drones", "0")
	s.until("a simulator", 60*time.Second, func() bool { return s.status().Session.State == "running" })
	plan, err := os.ReadFile("../../internal/mission/testdata/qgroundcontrol_sample.plan")
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := os.ReadFile("../../internal/mission/testdata/qgroundcontrol_sample_wrong_overall_version.plan")
	if err != nil {
		t.Fatal(err)
	}
	if code, text := s.call("POST", "/api/v1/missions?format=plan", wrong, nil); code != 422 || !strings.Contains(text, "body.version") {
		t.Errorf("the plan of a wrong version: %d %s; want 422 that names version", code, text)
	}
	var m struct {
		ID    string
		Home  struct{ Lat, Lon float64 }
		Items []any
	}
	if code, text := s.call("POST", "/api/v1/missions?format=plan&name=sample", plan, &m); code != 201 {
		t.Fatalf("the plan: %d %s", code, text)
	}
	var added struct{ IDs []string }
	if code, text := s.call("POST", "/api/v1/drones", map[string]any{"count": 1, "origin": map[string]any{"lat": m.Home.Lat, "lon": m.Home.Lon}}, &added); code != 201 || len(added.IDs) != 1 {
		t.Fatalf("a drone at its home: %d %s", code, text)
	}
	id := added.IDs[0]
	if code, text := s.call("POST", "/api/v1/sim", map[string]any{"action": "speed", "speed": 20}, nil); code != 200 {
		t.Fatalf("speed: %d %s", code, text)
	}
	command := map[string]any{"id": "6f2b3c1e-6f0a-4f5e-9d38-0f3c5a1f7d11", "drones": []string{id}, "type": "mission_start", "params": map[string]any{"mission_id": m.ID}}
	code, first := s.call("POST", "/api/v1/commands", command, nil)
	if code != 200 || !strings.Contains(first, `"accepted"`) {
		t.Fatalf("mission_start: %d %s", code, first)
	}
	if code, again := s.call("POST", "/api/v1/commands", command, nil); code != 200 || again != first {
		t.Errorf("the same id and body: %d %s; want the same answer", code, again)
	}
	command["type"] = "hold"
	if code, text := s.call("POST", "/api/v1/commands", command, nil); code != 409 {
		t.Errorf("the same id, another body: %d %s; want 409", code, text)
	}
	var events struct {
		Events []struct {
			Type string
			Data struct{ Item int }
		}
	}
	reached := map[int]bool{}
	landed := false
	s.until("the mission flown and the drone landed", 90*time.Second, func() bool {
		s.call("GET", "/api/v1/events?limit=200&drone="+id, nil, &events)
		for _, e := range events.Events {
			landed = landed || e.Type == "landed"
			if e.Type == "mission_item_reached" {
				reached[e.Data.Item] = true
			}
		}
		return landed
	})
	if len(reached) != len(m.Items) {
		t.Errorf("%d of %d items were reached: %v", len(reached), len(m.Items), reached)
	}
}

func TestFaultsFencesAndTheAirAreSetWhileTheFleetFlies(t *testing.T) {
	_, s := up(t, "--drones", "4", "--speed", "10")
	s.flying(60 * time.Second)
	want := func(code int, method, path string, body, into any) string {
		t.Helper()
		got, text := s.call(method, path, body, into)
		if got != code {
			t.Fatalf("%s %s: %d %s, want %d", method, path, got, text, code)
		}
		return text
	}
	var air struct {
		Wind struct {
			Speed float64 `json:"speed_ms"`
		}
	}
	want(200, "PUT", "/api/v1/environment", []byte(`{"wind":{"speed_ms":4,"from_deg":200,"turbulence":"light"}}`), nil)
	if want(200, "GET", "/api/v1/environment", nil, &air); air.Wind.Speed != 4 {
		t.Errorf("the wind is %v m/s, want the 4 that were set", air.Wind.Speed)
	}
	var fences struct{ Geofences []struct{ ID string } }
	want(201, "POST", "/api/v1/geofences", []byte(`{"name":"lid","type":"inclusion","ceiling_m":500}`), &fences)
	if len(fences.Geofences) != 1 || fences.Geofences[0].ID == "" {
		t.Fatalf("the fence added is %+v", fences)
	}
	fence := "/api/v1/geofences/" + fences.Geofences[0].ID
	want(200, "PUT", fence, []byte(`{"name":"lid","type":"inclusion","ceiling_m":400}`), nil)
	if text := want(200, "GET", fence, nil, nil); !strings.Contains(text, `"ceiling_m":400`) {
		t.Errorf("the fence is %s", text)
	}
	want(204, "DELETE", fence, nil, nil)
	want(404, "GET", fence, nil, nil)
	want(404, "DELETE", fence, nil, nil)

	var f struct{ ID string }
	want(201, "POST", "/api/v1/faults", []byte(`{"drones":["d1"],"type":"motor_failure","params":{"rotor":1}}`), &f)
	var later struct{ ID string }
	want(201, "POST", "/api/v1/faults", []byte(`{"drones":["d2"],"type":"gps_loss","after_s":86400}`), &later)
	want(422, "POST", "/api/v1/faults", []byte(`{"drones":["d2"],"type":"motor_failure","params":{"rotor":7}}`), nil)
	want(204, "DELETE", "/api/v1/faults/"+later.ID, nil, nil)
	want(404, "DELETE", "/api/v1/faults/f99", nil, nil)
	var d struct{ Status string }
	s.until("d1 to fall", 30*time.Second, func() bool {
		s.call("GET", "/api/v1/drones/d1", nil, &d)
		return d.Status == "crashed" || d.Status == "motor_failure"
	})
	var list struct {
		Faults []struct{ ID, State string }
	}
	want(200, "GET", "/api/v1/faults", nil, &list)
	if len(list.Faults) != 2 || list.Faults[0].State != "active" || list.Faults[1].State != "cleared" {
		t.Errorf("faults are %+v, want one active and one cleared", list.Faults)
	}
}

func TestStopsCleanlyAndRemembersTheEarlierSession(t *testing.T) {
	addr, data := freeAddr(t), t.TempDir()
	s := site{t, "http://" + addr}
	run := func() (*process, string) {
		p := start(t, "volary", "up", "--http", addr, "--data", data, "--drones", "5")
		s.flying(60 * time.Second)
		return p, s.status().Session.ID
	}
	p, first := run()
	if err := p.stop(os.Interrupt); err != nil {
		t.Fatalf("Ctrl-C: %v\n%s", err, p.log)
	}
	p, second := run()
	if first == second {
		t.Error("the second run has the session of the first")
	}
	var page struct {
		Sessions []struct {
			ID, State string
			LastTick  uint64 `json:"last_tick"`
		}
	}
	s.call("GET", "/api/v1/sessions", nil, &page)
	found := false
	for _, one := range page.Sessions {
		found = found || one.ID == first && one.State == "ended" && one.LastTick > 0
	}
	if !found {
		t.Errorf("sessions %+v, want %s among them, ended", page.Sessions, first)
	}
	if err := p.stop(syscall.SIGTERM); err != nil {
		t.Fatalf("SIGTERM: %v", err)
	}
}

func TestNothingIsLostWhenEitherHalfIsKilled(t *testing.T) {
	pg, err := postgrestest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pg.Stop)
	url := pg.Database(t)
	addr, nats, data := freeAddr(t), freeAddr(t), t.TempDir()
	s := site{t, "http://" + addr}
	backend := func() *process {
		return start(t, "backend", "--listen", addr, "--link-listen", nats, "--link-dir", data, "--database-url", url)
	}
	simulator := func() *process {
		return start(t, "simulator", "--link-url", "nats://"+nats, "--health", freeAddr(t), "--drones", "10")
	}
	b, sim := backend(), simulator()
	s.flying(60 * time.Second)
	id := s.status().Session.ID

	_ = sim.stop(syscall.SIGKILL)
	took := s.until("the backend says the simulator is gone", 10*time.Second, func() bool { return !s.status().Link.Connected })
	t.Logf("simulator killed: known after %v", took.Round(time.Millisecond))
	if took > 2*time.Second {
		t.Errorf("it took %v to say so, want at most 2 s", took)
	}
	if code, text := s.call("POST", "/api/v1/commands", map[string]any{"drones": "all", "type": "hold"}, nil); code != 503 {
		t.Errorf("a command without a simulator: %d %s; want 503", code, text)
	}
	before := s.status().Tick
	simulator()
	s.until("drones fly again", 30*time.Second, func() bool { st := s.status(); return st.Link.Connected && st.Tick > before+500 })
	if got := s.status().Session.ID; got != id {
		t.Errorf("session %s after the restart, want %s to go on", got, id)
	}

	_ = b.stop(syscall.SIGKILL)
	b = backend()
	s.until("the backend is back", 30*time.Second, func() bool { return s.status().Link.Connected })
	if got := s.status().Session.ID; got != id {
		t.Errorf("session %s after the backend's restart, want %s", got, id)
	}
	target := s.status().Tick + 3000
	s.until("twelve more seconds", 40*time.Second, func() bool { return s.status().Tick > target })

	var session struct {
		RecordEvery uint64 `json:"record_every"`
		Gaps        []struct {
			From uint64 `json:"from_tick"`
			To   uint64 `json:"to_tick"`
		}
	}
	s.until("the gap in the record", 30*time.Second, func() bool {
		s.call("GET", "/api/v1/sessions/"+id, nil, &session)
		return len(session.Gaps) > 0
	})
	t.Logf("gaps %+v", session.Gaps)
	if len(session.Gaps) != 1 {
		t.Errorf("%d gaps, want one: the simulator's absence", len(session.Gaps))
	}
	for _, drone := range []string{"d1", "d10"} {
		var track struct{ Tick []uint64 }
		if code, text := s.call("GET", "/api/v1/sessions/"+id+"/telemetry?drone="+drone, nil, &track); code != 200 {
			t.Fatalf("telemetry of %s: %d %s", drone, code, text)
		}
		if len(track.Tick) < 100 {
			t.Fatalf("%d samples of %s", len(track.Tick), drone)
		}
		for i := 1; i < len(track.Tick); i++ {
			step := track.Tick[i] - track.Tick[i-1]
			if step == session.RecordEvery {
				continue
			}
			if g := session.Gaps[0]; track.Tick[i-1] != g.From || track.Tick[i] != g.To {
				t.Errorf("%s: ticks %d and %d follow each other, and no gap says so", drone, track.Tick[i-1], track.Tick[i])
			}
		}
	}
	if err := b.stop(syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
}

func TestTheSameRunOnEveryBuildAndAnyNumberOfWorkers(t *testing.T) {
	v3 := filepath.Join(t.TempDir(), "volary-v3")
	build := exec.Command("go", "build", "-o", v3, "volary/cmd/volary")
	build.Env = append(build.Environ(), "GOAMD64=v3")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	last := regexp.MustCompile(`5000 [0-9a-f]{16}\n$`)
	want := ""
	for _, program := range []string{filepath.Join(bin, "volary"), v3} {
		for _, workers := range []string{"1", "2", "7"} {
			out, err := exec.Command(program, "hash", "--ticks", "5000", "--workers", workers).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			got := last.FindString(string(out))
			if got == "" {
				t.Fatalf("no hash of tick 5000:\n%s", out)
			}
			if want == "" {
				want = got
			}
			if got != want {
				t.Errorf("%s with %s workers: %s, want %s", filepath.Base(program), workers, got, want)
			}
		}
	}
	t.Logf("%s", want)
}

// The library is flown by the program itself: built as it is shipped, without
// the race detector, it flies the whole of it in a minute.
func TestEveryScenarioOfTheLibraryDoesWhatItExpectsTwice(t *testing.T) {
	files, err := filepath.Glob("../../deploy/scenarios/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{"test", "--junit", filepath.Join(t.TempDir(), "junit.xml")}, files...)
	var reports [2][]byte
	for i := range reports {
		out, err := exec.Command(filepath.Join(bin, "volary"), args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if reports[i], err = os.ReadFile(args[2]); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s", out[bytes.LastIndexByte(bytes.TrimSpace(out), '\n')+1:])
	}
	if !bytes.Equal(reports[0], reports[1]) {
		t.Error("the second run reported something else")
	}
}

func TestScenariosThatFailOrCanNotBeFlownSaySoWithTheirExitCode(t *testing.T) {
	fails := filepath.Join(t.TempDir(), "fails.yaml")
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	for name, text := range map[string]string{
		fails: "name: f\nhome: {lat: 47, lon: 8}\nfleet: [{count: 1, model: x500}]\nduration_s: 5\nexpect: [{mode_at: {mode: hold, at_s: 4}}]\n",
		bad:   "name: b\nhome: {lat: 47, lon: 8}\nfleet:\n  - {count: 1, modell: x500}\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		file string
		code int
		want string
	}{
		{fails, 1, "at 4.00 s (tick 1000): d1 was in mode standby"},
		{bad, 2, "line 4, column 16"},
		{"nowhere", 2, "demo"},
	} {
		cmd := exec.Command(filepath.Join(bin, "volary"), "test", c.file)
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != c.code || !strings.Contains(string(out), c.want) {
			t.Errorf("%s: exit code %d, want %d\n%s", c.file, cmd.ProcessState.ExitCode(), c.code, out)
		}
	}
}

func TestMisuseIsExplainedWithExitCodeTwo(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"unknown flag", []string{"volary", "up", "--speeed", "2"}, "--speeed"},
		{"impossible speed", []string{"volary", "up", "--speed", "1000"}, "0.1"},
		{"unknown scenario", []string{"volary", "up", "--scenario", "nowhere"}, "demo"},
		{"beyond this machine without tokens", []string{"volary", "up", "--http", "0.0.0.0:0"}, "--insecure"},
		{"all addresses without tokens", []string{"volary", "up", "--http", ":0"}, "--insecure"},
		{"published without tokens", []string{"backend", "--bind", "0.0.0.0"}, "VOLARY_BIND"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command(filepath.Join(bin, c.args[0]), c.args[1:]...)
			cmd.Dir = t.TempDir()
			out, err := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != 2 || err == nil {
				t.Errorf("exit code %d, want 2\n%s", code, out)
			}
			if !strings.Contains(string(out), c.want) {
				t.Errorf("says %s; want it to name %q", out, c.want)
			}
		})
	}
}

func TestAnAddressInUseIsSaidAndExitsWithOne(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cmd := exec.Command(filepath.Join(bin, "volary"), "up", "--http", l.Addr().String(), "--data", t.TempDir())
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "can't listen on") {
		t.Errorf("exit code %d: %s", cmd.ProcessState.ExitCode(), out)
	}
}
