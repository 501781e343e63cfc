// Command benchhistory measures how fast history is written and read, on both
// engines, against plain rows in the same database in the same run, and writes
// docs/verification/history.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"volary/deploy/scenarios"
	"volary/internal/drone"
	"volary/internal/scenario"
	"volary/internal/session"
	"volary/internal/store"
	"volary/internal/store/postgrestest"
	"volary/internal/telemetry"
	"volary/internal/world"
)

var (
	samples = flag.Int("samples", 36_000_000, "samples of the history: 1,000 drones at 10 Hz")
	plain   = flag.Int("plain", 600_000, "rows of the plain table")
	output  = flag.String("output", "docs/verification/history.md", "record to write; empty: none")
	files   = flag.Bool("export", true, "measure an export too")
)

const (
	fleet    = 1000 // drones
	recordHz = 10
	window   = 10 // simulated seconds of a batch
	every    = world.TickHz / recordHz
	perBatch = fleet * recordHz * window
)

func main() {
	flag.Parse()
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "benchhistory:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	batches := max(6, *samples/perBatch)
	flown, err := fly(batches)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "volary-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	pg, err := postgrestest.Start()
	if err != nil {
		return err
	}
	defer pg.Stop()
	var results []*result
	for _, e := range []*engine{
		{name: "PostgreSQL", url: pg.URL("postgres"), reload: func() error { pg.Kill(); dropCaches(); return pg.Restart() }},
		{name: "SQLite", url: "sqlite:" + filepath.Join(dir, "v.db"), file: filepath.Join(dir, "v.db"), reload: func() error { dropCaches(); return nil }},
	} {
		r, err := e.measure(ctx, flown, batches)
		if err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
		r.print()
		results = append(results, r)
	}
	if *output == "" {
		return nil
	}
	return os.WriteFile(*output, []byte(report(results, batches)), 0o644)
}

// fly flies the demo scenario, with its wind, and keeps what is recorded of its
// hundred drones. Ten of each, at places of their own, make the fleet.
func fly(batches int) ([][]telemetry.TimedSample, error) {
	sc, err := scenario.Load("demo", scenarios.Files)
	if err != nil {
		return nil, err
	}
	w, err := world.New(sc, world.Options{Workers: runtime.NumCPU()})
	if err != nil {
		return nil, err
	}
	tracks := make([][]telemetry.TimedSample, w.Len())
	var buf []telemetry.Sample
	begin := time.Now()
	for range batches * window * recordHz {
		buf = w.Samples(buf[:0])
		for i := range buf {
			tracks[i] = append(tracks[i], telemetry.TimedSample{Tick: w.Tick(), Sample: buf[i]})
		}
		for range every {
			w.Step()
		}
		w.Events()
	}
	fmt.Printf("flew the demo scenario for %d s in %.0f s\n", batches*window, time.Since(begin).Seconds())
	return tracks, nil
}

// batch makes the samples of the fleet in window n, by slot.
func batch(flown [][]telemetry.TimedSample, n int, into [][]telemetry.TimedSample) [][]telemetry.TimedSample {
	per := window * recordHz
	for slot := range fleet {
		src := flown[slot%len(flown)][n*per : (n+1)*per]
		dst := into[slot][:0]
		shift := int32(slot / len(flown) * 2_000_123)
		for i := range src {
			s := src[i]
			s.Slot, s.X = uint32(slot), s.X+shift
			dst = append(dst, s)
		}
		into[slot] = dst
	}
	return into
}

// dropCaches makes the next reading come from the disk, where that is allowed.
func dropCaches() {
	_ = exec.Command("sync").Run()
	_ = os.WriteFile("/proc/sys/vm/drop_caches", []byte("3"), 0)
}

func median(all []float64) float64 {
	all = slices.Clone(all)
	slices.Sort(all)
	if len(all) == 0 {
		return 0
	}
	return all[len(all)/2]
}

func newSession(ctx context.Context, db store.Store) (uuid.UUID, error) {
	s := &session.Session{
		ID: uuid.New(), Name: "bench", Simulator: "bench", Scenario: "name: bench\nhome: {lat: 47, lon: 8}\n", State: session.Running,
		TickHz: world.TickHz, RecordEvery: every, StartedAt: time.Now(),
	}
	if err := db.CreateSession(ctx, s); err != nil {
		return s.ID, err
	}
	members := make([]session.Member, fleet)
	for i := range members {
		id := fmt.Sprintf("d%d", i+1)
		members[i] = session.Member{Info: drone.Info{Slot: i, ID: id, Name: id, Model: "x500"}}
	}
	return s.ID, db.PutMembers(ctx, s.ID, members)
}

func report(results []*result, batches int) string {
	commit, _ := exec.Command("git", "describe", "--always", "--dirty").Output()
	cpu, _ := exec.Command("sh", "-c", "sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1").Output()
	var b strings.Builder
	fmt.Fprintf(&b, `# How fast history is

Written by `+"`make bench`"+` on %s, commit %s, %d cores of %s, %s.
%d samples: %d drones at %d Hz for %d simulated seconds, flown by the demo scenario with its wind. Durability is on (synchronous_commit, synchronous=FULL).

## Writing

Packing and storing, as the recorder does it, in batches of ten simulated seconds; plain rows are one row a sample, by binary COPY into a table with the same key (SQLite: by a prepared INSERT). Medians of three stretches of each, taken in turn.

| engine | million samples/s | plain rows, million/s | ratio | bytes a sample | bytes a plain row | ratio |
|---|---:|---:|---:|---:|---:|---:|
`, time.Now().UTC().Format("2006-01-02"), strings.TrimSpace(string(commit)), runtime.NumCPU(), strings.TrimSpace(string(cpu)), runtime.Version(),
		batches*perBatch, fleet, recordHz, batches*window)
	for _, r := range results {
		fmt.Fprintf(&b, "| %s | %.2f | %.2f | %.1f | %.1f | %.0f | %.1f |\n", r.engine, r.rate/1e6, r.plainRate/1e6, r.rate/r.plainRate,
			r.bytes, r.plainBytes, r.plainBytes/r.bytes)
	}
	fmt.Fprint(&b, "\nThe prototype that decided for chunks: 4.8 million samples/s against 0.35, 9.3 bytes against 124.\n\n## Reading\n\nMilliseconds. Cold: after a restart of the server and with the caches of the system dropped. Warm: median of 20.\n\n| engine | query | cold | warm |\n|---|---|---:|---:|\n")
	for _, r := range results {
		for _, q := range r.queries {
			fmt.Fprintf(&b, "| %s | %s | %.1f | %.1f |\n", r.engine, q.name, q.cold, q.warm)
		}
	}
	if *files {
		fmt.Fprint(&b, "\n## Export\n\nThe whole history to a file that goes nowhere; the largest heap while it ran.\n\n| engine | format | samples | million samples/s | heap, MB |\n|---|---|---:|---:|---:|\n")
		for _, r := range results {
			for _, x := range r.exports {
				fmt.Fprintf(&b, "| %s | %s | %d | %.2f | %.0f |\n", r.engine, x.format, x.samples, x.rate/1e6, x.heap/1e6)
			}
		}
	}
	return b.String()
}
