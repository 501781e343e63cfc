// Command hubbench puts the same load on the project's hub and on its peers, in
// turn, and writes a page of Markdown: a hundred drones of the demo as JSON at
// 20 Hz to many clients, then drones_compact.
//
// The server is pinned to one core and the clients to another, so that each can
// have no more than one. Every figure is the median of the rounds; a round goes
// through all servers before the next begins, so that a busy minute of the
// machine does not fall on one of them.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// hz is how often a frame is published.
const hz = 20

func main() {
	var err error
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		err = serve(os.Args[2], os.Args[3])
	} else if len(os.Args) > 1 && os.Args[1] == "load" {
		err = load(os.Args[2:])
	} else {
		err = compare()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "hubbench:", err)
		os.Exit(1)
	}
}

// server is one to measure.
type server struct {
	name    string
	command func(dir, port, frames string) []string
	load    string // what its clients speak
}

func servers(self string) []server {
	own := func(kind string) func(string, string, string) []string {
		return func(_, port, _ string) []string { return []string{self, "serve", kind, port} }
	}
	return []server{
		{"bare WebSocket broadcaster, Go", own("bare"), "bare"},
		{"Volary's hub", own("hub"), "eio4"},
		{"socket.io 4.8, Node", func(dir, port, frames string) []string {
			return []string{"node", filepath.Join(dir, "node.cjs"), port, frames}
		}, "eio4"},
		{"Flask-SocketIO 5.3, eventlet", func(dir, port, frames string) []string {
			return []string{"/usr/bin/python3", filepath.Join(dir, "flask_server.py"), port, frames}
		}, "eio4"},
		{"googollee/go-socket.io 1.7", func(dir, port, frames string) []string {
			return []string{filepath.Join(filepath.Dir(frames), "googollee"), port, frames}
		}, "eio3"},
		{"Volary's hub, drones_compact", own("hub"), "compact"},
	}
}

type cell struct {
	server  string
	clients int
}

func compare() error {
	clients := flag.String("clients", "50,200,1000", "numbers of clients")
	rounds := flag.Int("rounds", 3, "medians are of so many")
	seconds := flag.Float64("seconds", 4, "measured in each round")
	only := flag.String("only", "", "part of the name of the servers to measure")
	peers := flag.String("peers", "deploy/ci/hubbench/peers", "where the peers are")
	flag.Parse()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "hubbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	frames := filepath.Join(dir, "frames.json")
	size, err := writeFrames(frames)
	if err != nil {
		return err
	}
	if err := preparePeers(*peers, dir); err != nil {
		fmt.Fprintln(os.Stderr, "hubbench: not all peers are here:", err)
	}
	var numbers []int
	for _, s := range strings.Split(*clients, ",") {
		n, err := strconv.Atoi(s)
		if err != nil {
			return fmt.Errorf("-clients: %w", err)
		}
		numbers = append(numbers, n)
	}
	results := map[cell][]result{}
	failures := map[cell]error{}
	for range *rounds {
		for _, n := range numbers {
			for _, s := range servers(self) {
				if !strings.Contains(s.name, *only) {
					continue
				}
				r, err := measure(s, self, *peers, frames, n, *seconds)
				if err != nil {
					failures[cell{s.name, n}] = err
					fmt.Fprintf(os.Stderr, "%s, %d clients: %v\n", s.name, n, err)
					continue
				}
				results[cell{s.name, n}] = append(results[cell{s.name, n}], r)
			}
		}
	}
	return report(servers(self), numbers, *rounds, *seconds, size, results, failures)
}

// result is what one round measured.
type result struct {
	P50MS      float64 `json:"p50_ms"`
	P99MS      float64 `json:"p99_ms"`
	Delivered  float64 `json:"delivered"` // share of what was published
	Mbps       float64 `json:"mbps"`      // received by all clients
	CPU        float64 `json:"cpu"`       // of a core, of the server
	MiB        float64 `json:"mib"`       // resident, of the server
	Joined     int     `json:"joined"`
	ClientLoad float64 `json:"client_cpu"`
}

func median(all []result, pick func(*result) float64) float64 {
	var v []float64
	for i := range all {
		v = append(v, pick(&all[i]))
	}
	slices.Sort(v)
	return v[len(v)/2]
}

func report(all []server, numbers []int, rounds int, seconds float64, size int, results map[cell][]result, failures map[cell]error) error {
	fmt.Printf("A hundred drones of the demo as JSON, %d bytes a frame, %d frames a second. Server and clients have one core each. Medians of %d rounds of %g s; the servers take turns within a round. Latency is from the frame's `published_us` to the client having read it.\n",
		size, hz, rounds, seconds)
	for _, n := range numbers {
		fmt.Printf("\n## %d clients\n\n| server | p50 | p99 | delivered | CPU of the server | memory | to all clients |\n|---|---|---|---|---|---|---|\n", n)
		for _, s := range all {
			c := cell{s.name, n}
			r := results[c]
			if len(r) == 0 {
				if err := failures[c]; err != nil {
					fmt.Printf("| %s | not measured: %v |\n", s.name, err)
				}
				continue
			}
			fmt.Printf("| %s | %.1f ms | %.1f ms | %.1f %% | %.0f %% | %.0f MiB | %.0f Mbps |\n", s.name,
				median(r, func(r *result) float64 { return r.P50MS }), median(r, func(r *result) float64 { return r.P99MS }),
				100*median(r, func(r *result) float64 { return r.Delivered }), 100*median(r, func(r *result) float64 { return r.CPU }),
				median(r, func(r *result) float64 { return r.MiB }), median(r, func(r *result) float64 { return r.Mbps }))
		}
		ratios(all, n, results)
	}
	if len(results) == 0 {
		return errors.New("nothing was measured")
	}
	return nil
}

// ratios compares the hub to the two that matter, in the same rounds.
func ratios(all []server, n int, results map[cell][]result) {
	bare, hub, node := results[cell{all[0].name, n}], results[cell{all[1].name, n}], results[cell{all[2].name, n}]
	if len(bare) == 0 || len(hub) == 0 || len(node) == 0 {
		return
	}
	cpu := func(r *result) float64 { return r.CPU }
	p99 := func(r *result) float64 { return r.P99MS }
	fmt.Printf("\nThe hub's CPU is %.2f times the bare broadcaster's and %.2f times Node's; its p99 is %.2f times the bare one's.\n",
		median(hub, cpu)/median(bare, cpu), median(hub, cpu)/median(node, cpu), median(hub, p99)/median(bare, p99))
}

func parseResult(b []byte) (r result, err error) {
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("%w: %q", err, b)
	}
	return r, nil
}
