// Package examples holds clients for people to start from; its test runs them.
package examples

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"math"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"volary/deploy/scenarios"
	"volary/internal/drone"
	"volary/internal/fleet"
	"volary/internal/hub"
	"volary/internal/scenario"
	"volary/internal/session"
	"volary/internal/telemetry"
	"volary/internal/world"
)

type deaf struct{}

func (deaf) Command(context.Context, *drone.Command) (*drone.Answer, error) {
	return &drone.Answer{}, nil
}
func (deaf) Act(context.Context, session.Action) error { return nil }

// flight is the demo in real time behind a hub, with all it published.
type flight struct {
	url   string
	mu    sync.Mutex
	truth map[uint64][]telemetry.Sample // by tick
}

func fly(t *testing.T) *flight {
	t.Helper()
	sc, err := scenario.Load("demo", scenarios.Files)
	if err != nil {
		t.Fatal(err)
	}
	w, err := world.New(sc, world.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 20 * world.TickHz { // until most are under way
		w.Step()
	}
	live := fleet.New()
	h := hub.New(hub.Config{Fleet: live, Commander: deaf{}, Status: func() fleet.Status { return fleet.Status{} }, Log: zerolog.Nop()})
	server := httptest.NewServer(h)
	f := &flight{url: server.URL, truth: map[uint64][]telemetry.Sample{}}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := h.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	wg.Go(func() { f.publish(ctx, t, w, live) })
	t.Cleanup(func() {
		stop()
		wg.Wait()
		server.Close()
	})
	return f
}

func (f *flight) publish(ctx context.Context, t *testing.T, w *world.World, live *fleet.Fleet) {
	head := telemetry.Header{Session: uuid.New(), TickHz: world.TickHz, Slices: 1, Speed: 1, Drones: uint32(w.Len())}
	live.Begin(fleet.Session{ID: head.Session, State: "running", Origin: w.Origin()}, time.Now())
	every := time.NewTicker(48 * time.Millisecond) // twelve ticks
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		for range 12 {
			w.Step()
		}
		all := w.Samples(nil)
		f.mu.Lock()
		f.truth[w.Tick()] = all
		f.mu.Unlock()
		head.Seq++
		head.Tick, head.PublishedUS = w.Tick(), time.Now().UnixMicro()
		if err := live.Frame(telemetry.AppendSlice(nil, &head, all), time.Now()); err != nil {
			t.Error(err)
			return
		}
	}
}

// python is one that has what the client needs.
func python() string {
	for _, p := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(p, "-c", "import socketio, aiohttp").Run() == nil {
			return p
		}
	}
	return "python3"
}

func TestClientsSeeTheFleetWhereItIs(t *testing.T) {
	f := fly(t)
	goClient := filepath.Join(t.TempDir(), "client")
	if out, err := exec.Command("go", "build", "-o", goClient, "./go").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const tolerance = 0.25
	args := []string{"--seconds", "4", "--tolerance", "0.25", f.url}
	for name, command := range map[string][]string{
		"JavaScript": append([]string{"node", "javascript/client.mjs"}, args...),
		"Python":     append([]string{python(), "python/client.py"}, args...),
		"Go":         append([]string{goClient}, args...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, command[0], command[1:]...)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v: run \"make deps\"?\n%s", err, stderr.Bytes())
			}
			seen := 0
			for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
				var l struct {
					Tick    uint64
					Drone   string
					Drones  int
					X, Y, Z float64
				}
				if err := json.Unmarshal(lines.Bytes(), &l); err != nil || l.Drone == "" {
					continue // the acknowledgement
				}
				f.mu.Lock()
				truth := f.truth[l.Tick]
				f.mu.Unlock()
				if len(truth) != l.Drones {
					t.Fatalf("%s: %d drones flew at that tick", lines.Text(), len(truth))
				}
				for i := range truth {
					s := &truth[i]
					if l.Drone != "d"+strconv.Itoa(int(s.Slot)+1) {
						continue
					}
					off := math.Hypot(math.Hypot(l.X-float64(s.X)/1000, l.Y-float64(s.Y)/1000), l.Z-float64(s.Z)/1000)
					if off > tolerance {
						t.Errorf("%s: %.3f m off", lines.Text(), off)
					}
					seen++
				}
			}
			if seen < 6 {
				t.Errorf("saw %d drones in four seconds:\n%s%s", seen, out, stderr.Bytes())
			}
		})
	}
}

func TestDecodersOfOtherLanguagesReadTheFixtures(t *testing.T) {
	for name, command := range map[string][]string{
		"JavaScript": {"node", "testdata/fixtures.mjs"},
		"Python":     {"python3", "testdata/fixtures.py"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
			if err != nil || !strings.HasPrefix(string(out), "compared ") {
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
}

// The decoder of the JavaScript example is the dashboard's, without its types.
func TestTheJavaScriptDecoderIsTheDashboards(t *testing.T) {
	dir := t.TempDir()
	tsc := exec.Command("node_modules/.bin/tsc", "src/wire/compact.ts", "--ignoreConfig", "--target", "es2022", "--module", "esnext", "--outDir", dir)
	tsc.Dir = "../web"
	if out, err := tsc.CombinedOutput(); err != nil {
		t.Fatalf("%v: run \"make deps\"?\n%s", err, out)
	}
	want, err := os.ReadFile(filepath.Join(dir, "compact.js"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("javascript/compact.mjs")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := bytes.Cut(got, []byte("\n"))
	if !bytes.Equal(body, want) {
		t.Errorf("javascript/compact.mjs is not what tsc makes of web/src/wire/compact.ts:\ncd web && node_modules/.bin/tsc src/wire/compact.ts --ignoreConfig --target es2022 --module esnext --outDir /tmp/x")
	}
}
