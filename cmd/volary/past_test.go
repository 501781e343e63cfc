package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// flown makes a session of at least so many simulated seconds that is stored and
// over, and begins another.
func (s site) flown(seconds float64) string {
	s.t.Helper()
	s.flying(60 * time.Second)
	s.until("enough was flown", 60*time.Second, func() bool { return s.status().SimTime > seconds })
	old := s.status().Session.ID
	if code, text := s.call("POST", "/api/v1/sim", map[string]any{"action": "reset"}, nil); code != 200 {
		s.t.Fatal(text)
	}
	s.until("another session flies", 20*time.Second, func() bool { st := s.status(); return st.Session.ID != old && st.Session.State == "running" })
	s.until("the first is stored", 20*time.Second, func() bool {
		var one struct {
			SimTime float64 `json:"sim_time"`
			State   string
		}
		s.call("GET", "/api/v1/sessions/"+old, nil, &one)
		return one.SimTime >= seconds && one.State == "ended"
	})
	return old
}

func TestASessionIsReplayedBesideTheLiveFleet(t *testing.T) {
	_, s := up(t, "--speed", "10")
	id := s.flown(30)
	out, err := exec.Command("node", "../../web/e2e/replay.mjs", s.url, id).CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Frames int
		Worst  struct {
			Position float64 `json:"position_m"`
			Velocity float64 `json:"velocity_ms"`
		}
		Speeds     map[string]float64
		EndedAt    float64 `json:"ended_at"`
		To         float64
		SecondTick uint64 `json:"second_tick"`
		Replays    int
		Refused    struct{ Code, Field string }
		LiveFrames int `json:"live_frames"`
		Strangers  int
	}
	if err := json.Unmarshal(out[bytes.IndexByte(out, '{'):], &r); err != nil {
		t.Fatal(err)
	}
	if r.Frames != 59 || r.Worst.Position > 1e-9 || r.Worst.Velocity > 1e-9 {
		t.Errorf("%d frames, worst %+v", r.Frames, r.Worst)
	}
	for want, got := range map[float64]float64{2: r.Speeds["2"], -2: r.Speeds["-2"], 0.1: r.Speeds["0.1"]} {
		if got/want < 0.5 || got/want > 2 {
			t.Errorf("speed %v was %v", want, got)
		}
	}
	if r.EndedAt != r.To || r.SecondTick != 1250 || r.Replays != 2 || r.Refused.Field != "speed" || r.LiveFrames == 0 || r.Strangers > 0 {
		t.Errorf("%+v", r)
	}
}

type diff struct {
	Same    bool
	PartsAt *uint64 `json:"parts_at_tick"`
	Why     string
	State   *struct{ Tick uint64 }
	Hashes  struct{ Compared, Equal int } `json:"fingerprints"`
}

func TestAForkGoesOnLikeItsParentUntilItIsToldMore(t *testing.T) {
	p, s := up(t, "--speed", "10", "--data", t.TempDir())
	s.flying(60 * time.Second)
	s.until("ten seconds", 20*time.Second, func() bool { return s.status().SimTime > 10 })
	goTo := map[string]any{"drones": []string{"d3"}, "type": "goto", "params": map[string]any{"x": 1, "y": 2, "z": 50}}
	if code, text := s.call("POST", "/api/v1/commands", goTo, nil); code != 200 {
		t.Fatal(text)
	}
	id := s.flown(40)
	var fork struct {
		ID         string
		Parent     string
		ParentTick uint64 `json:"parent_tick"`
	}
	if code, text := s.call("POST", "/api/v1/sessions/"+id+"/fork", map[string]any{"from": 7.5}, &fork); code != 201 || fork.Parent != id || fork.ParentTick != 1875 {
		t.Fatal(code, text)
	}
	s.until("the fork flew past its parent's command", 30*time.Second, func() bool { return s.status().SimTime > 30 })
	var d diff
	s.call("GET", "/api/v1/sessions/"+id+"/diff/"+fork.ID, nil, &d)
	if !d.Same || d.Hashes.Compared < 10 {
		t.Errorf("%+v", d)
	}
	if code, text := s.call("POST", "/api/v1/sessions/"+id+"/fork", map[string]any{"from": 20}, &fork); code != 201 {
		t.Fatal(code, text)
	}
	if code, text := s.call("POST", "/api/v1/commands", map[string]any{"drones": []string{"d5"}, "type": "land"}, nil); code != 200 {
		t.Fatal(text)
	}
	s.until("the second fork flew on", 30*time.Second, func() bool { return s.status().SimTime > 32 })
	s.until("its fingerprints are stored", 30*time.Second, func() bool {
		d = diff{}
		s.call("GET", "/api/v1/sessions/"+id+"/diff/"+fork.ID, nil, &d)
		return d.PartsAt != nil && d.State != nil
	})
	if d.Same || !strings.Contains(d.Why, "land to [d5]") || d.State.Tick < *d.PartsAt || d.State.Tick > *d.PartsAt+50 {
		t.Errorf("%+v", d)
	}
	if code, text := s.call("POST", "/api/v1/sessions/"+fork.ID+"/fork", map[string]any{"from": 1e6}, nil); code != 422 {
		t.Errorf("beyond the end: %d %s", code, text)
	}
	if err := p.stop(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	data := p.cmd.Args[len(p.cmd.Args)-1]
	for _, one := range []string{id, fork.ID} {
		out, err := exec.Command(filepath.Join(bin, "volary"), "resim", "--data", data, "--json", one).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", one, err, out)
		}
		t.Logf("%s", out)
	}
	file := filepath.Join(t.TempDir(), "x.parquet")
	if out, err := exec.Command(filepath.Join(bin, "volary"), "export", "--data", data, "--format", "parquet", "-o", file, id).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if b, err := os.ReadFile(file); err != nil || !bytes.HasPrefix(b, []byte("PAR1")) {
		t.Errorf("no Parquet file: %v", err)
	}
}

func TestASessionIsExportedOverREST(t *testing.T) {
	_, s := up(t, "--speed", "10")
	id := s.flown(25)
	for format, begins := range map[string]string{"csv": "tick,sim_time,", "ndjson": `{"tick":0,`, "parquet": "PAR1", "mcap": "\x89MCAP0\r\n"} {
		code, body := s.call("GET", fmt.Sprintf("/api/v1/sessions/%s/export?format=%s&to=20&drones=d1,d2", id, format), nil, nil)
		if code != 200 || !strings.HasPrefix(body, begins) {
			t.Errorf("%s: %d, %d bytes", format, code, len(body))
		}
		if format == "csv" {
			if n := strings.Count(body, "\r\n"); n != 1+2*201 {
				t.Errorf("%d lines of CSV", n)
			}
		}
	}
	for bad, want := range map[string]int{"format=xls": 400, "drones=d9999": 422, "from=9&to=3": 422} {
		if code, text := s.call("GET", "/api/v1/sessions/"+id+"/export?"+bad, nil, nil); code != want {
			t.Errorf("%s: %d %s", bad, code, text)
		}
	}
}

// A session that is ended while its simulator is silent is over for the simulator
// too, as soon as it is heard again: it would fly on in a session that is no more.
func TestASessionEndedWhileItsSimulatorWasSilentIsOverForBoth(t *testing.T) {
	addr, link := freeAddr(t), freeAddr(t)
	start(t, "backend", "--listen", addr, "--link-listen", link, "--link-dir", t.TempDir(), "--database-url", "sqlite:"+filepath.Join(t.TempDir(), "v.db"))
	sim := start(t, "simulator", "--link-url", "nats://"+link, "--health", freeAddr(t))
	s := site{t, "http://" + addr}
	s.flying(60 * time.Second)
	id := s.status().Session.ID
	if err := sim.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	s.until("it is missed", 20*time.Second, func() bool { return s.status().Session.State == "interrupted" })
	if code, text := s.call("POST", "/api/v1/sessions/"+id+"/end", nil, nil); code != 200 {
		t.Fatal(text)
	}
	if err := sim.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	var last uint64
	stood := 0
	s.until("time stands still", 30*time.Second, func() bool {
		if tick := s.status().Tick; tick == last {
			stood++
		} else {
			last, stood = tick, 0
		}
		return stood >= 40 // two seconds
	})
	if code, text := s.call("POST", "/api/v1/sessions", map[string]any{"scenario": "name: next\nhome: {lat: 47, lon: 8}\nfleet: [{count: 2, model: x500}]\n"}, nil); code != 201 {
		t.Errorf("%d %s", code, text)
	}
}
