package fleet

import (
	"slices"
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

// latency keeps the latest measurements in a ring.
type latency struct {
	at   [latencyMax]time.Time
	took [latencyMax]time.Duration
	next int
}

func (l *latency) add(now time.Time, took time.Duration) {
	l.at[l.next], l.took[l.next] = now, took
	l.next = (l.next + 1) % latencyMax
}

func (l *latency) summary(now time.Time) Latency {
	var ms []float64
	for i, at := range l.at {
		if !at.IsZero() && now.Sub(at) <= latencyWindow {
			ms = append(ms, float64(l.took[i].Microseconds())/1000)
		}
	}
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
