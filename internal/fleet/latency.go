package fleet

import (
	"slices"
	"sync"
	"time"
)

// Latency is how long frames took from the simulator's tick to the hub.
type Latency struct {
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
	N   int     `json:"frames" doc:"frames counted, of the last ten seconds"`
}

const (
	latencyWindow = 10 * time.Second
	latencyMax    = 1024 // frames kept: ten seconds at 50 Hz, twice
)

// Legs are the parts of the way from a tick to a client's screen, each measured
// by whoever walks it.
type Legs struct {
	Link   Latency `json:"link" doc:"from the simulator publishing a tick to the backend having the whole frame; its clock and ours may differ"`
	Hub    Latency `json:"hub" doc:"from there to the last client's queue: choosing and encoding"`
	Write  Latency `json:"write" doc:"from a client's queue to the operating system; one message in sixteen is timed"`
	Client Latency `json:"client" doc:"half of the way to a client and back, by the heartbeat of the connection"`
}

// Meter keeps the latest measurements of one leg. Safe for concurrent use.
type Meter struct {
	mu   sync.Mutex
	at   [latencyMax]time.Time
	took [latencyMax]time.Duration
	next int
}

// Add takes a measurement in.
func (l *Meter) Add(now time.Time, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at[l.next], l.took[l.next] = now, took
	l.next = (l.next + 1) % latencyMax
}

// Summary is that of the last ten seconds, or of the last thousand measurements
// when there were more.
func (l *Meter) Summary(now time.Time) Latency {
	l.mu.Lock()
	var ms []float64
	for i, at := range l.at {
		if !at.IsZero() && now.Sub(at) <= latencyWindow {
			ms = append(ms, float64(l.took[i].Microseconds())/1000)
		}
	}
	l.mu.Unlock()
	if len(ms) == 0 {
		return Latency{}
	}
	slices.Sort(ms)
	return Latency{P50: quantile(ms, 0.5), P99: quantile(ms, 0.99), Max: ms[len(ms)-1], N: len(ms)}
}

// quantile takes the value at q of sorted values, by nearest rank.
func quantile(sorted []float64, q float64) float64 {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
