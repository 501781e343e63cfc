// Package series is one drone's flight as columns of numbers over time: chosen by
// name, thinned for a chart, or summed up in buckets.
package series

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"volary/internal/telemetry"
)

// Column is one quantity of a sample.
type Column struct {
	Name string
	Of   func(*telemetry.Sample) float64
}

// Columns are all there are, in the order they are shown.
var Columns = []Column{
	{"x", func(s *telemetry.Sample) float64 { return float64(s.X) / 1000 }},
	{"y", func(s *telemetry.Sample) float64 { return float64(s.Y) / 1000 }},
	{"z", func(s *telemetry.Sample) float64 { return float64(s.Z) / 1000 }},
	{"vx", func(s *telemetry.Sample) float64 { return float64(s.VX) / 100 }},
	{"vy", func(s *telemetry.Sample) float64 { return float64(s.VY) / 100 }},
	{"vz", func(s *telemetry.Sample) float64 { return float64(s.VZ) / 100 }},
	{"roll_deg", func(s *telemetry.Sample) float64 { return float64(s.Roll) / 100 }},
	{"pitch_deg", func(s *telemetry.Sample) float64 { return float64(s.Pitch) / 100 }},
	{"heading_deg", func(s *telemetry.Sample) float64 { return float64(s.Heading) / 100 }},
	{"battery_pct", func(s *telemetry.Sample) float64 { return float64(s.Battery) / 100 }},
	{"voltage_v", func(s *telemetry.Sample) float64 { return float64(s.Voltage) / 100 }},
	{"current_a", func(s *telemetry.Sample) float64 { return float64(s.Current) / 100 }},
}

// Names are the names of all columns.
func Names() []string {
	names := make([]string, len(Columns))
	for i := range Columns {
		names[i] = Columns[i].Name
	}
	return names
}

// Choose gives the columns of a comma-separated list; "" is all.
func Choose(list string) ([]Column, error) {
	if list == "" {
		return Columns, nil
	}
	var chosen []Column
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		i := slices.IndexFunc(Columns, func(c Column) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("%q is no field: %s", name, strings.Join(Names(), ", "))
		}
		if !slices.ContainsFunc(chosen, func(c Column) bool { return c.Name == name }) {
			chosen = append(chosen, Columns[i])
		}
	}
	return chosen, nil
}

// Thin returns the indices of n rows that keep the look of all columns: largest
// triangle three buckets (Steinarsson 2013) over the sum of the triangles of the
// columns, each measured in its own range, so that one set of moments serves all.
// The first and the last row are among them. n below 3 keeps the ends.
func Thin(rows []telemetry.TimedSample, columns []Column, n int) []int {
	if len(rows) <= n || n < 1 {
		all := make([]int, len(rows))
		for i := range all {
			all[i] = i
		}
		return all
	}
	last := len(rows) - 1
	if n < 3 {
		return []int{0, last}[:min(n, 2)]
	}
	values := scaled(rows, columns)
	at := func(i int) float64 { return float64(rows[i].Tick - rows[0].Tick) }
	span := math.Max(1, at(last))
	kept := make([]int, 1, n)
	inner := last - 1 // rows between the ends
	mean := make([]float64, len(columns))
	for b := range n - 2 {
		from, to := 1+b*inner/(n-2), 1+(b+1)*inner/(n-2)
		// The mean of the next bucket is the third corner.
		nextFrom, nextTo := to, min(1+(b+2)*inner/(n-2), len(rows))
		if b == n-3 {
			nextFrom, nextTo = last, last+1
		}
		meanAt := 0.0
		clear(mean)
		for i := nextFrom; i < nextTo; i++ {
			meanAt += at(i) / span
			for c := range columns {
				mean[c] += values[c][i]
			}
		}
		k := float64(nextTo - nextFrom)
		meanAt /= k
		a := kept[len(kept)-1]
		best, largest := from, -1.0
		for i := from; i < to; i++ {
			area := 0.0
			for c := range columns {
				v := values[c]
				area += math.Abs((at(a)/span-meanAt)*(v[i]-v[a]) - (at(a)-at(i))/span*(mean[c]/k-v[a]))
			}
			if area > largest {
				best, largest = i, area
			}
		}
		kept = append(kept, best)
	}
	return append(kept, last)
}

// scaled gives each column in units of its range.
func scaled(rows []telemetry.TimedSample, columns []Column) [][]float64 {
	out := make([][]float64, len(columns))
	for c := range columns {
		v := make([]float64, len(rows))
		low, high := math.Inf(1), math.Inf(-1)
		for i := range rows {
			v[i] = columns[c].Of(&rows[i].Sample)
			low, high = math.Min(low, v[i]), math.Max(high, v[i])
		}
		if r := high - low; r > 0 {
			for i := range v {
				v[i] /= r
			}
		}
		out[c] = v
	}
	return out
}

// Bucket sums up the samples of a stretch of time.
type Bucket struct {
	Tick  uint64 // it begins at
	Count int
	Last  telemetry.TimedSample
	Min   []float64
	Max   []float64
	Mean  []float64
}

// Buckets gathers samples into buckets of so many ticks. Samples come in order.
type Buckets struct {
	columns []Column
	ticks   uint64
	List    []Bucket
}

// NewBuckets makes an empty list.
func NewBuckets(columns []Column, ticks uint64) *Buckets {
	return &Buckets{columns: columns, ticks: max(1, ticks)}
}

// Add takes samples.
func (b *Buckets) Add(rows []telemetry.TimedSample) {
	for i := range rows {
		begin := rows[i].Tick / b.ticks * b.ticks
		if n := len(b.List); n == 0 || b.List[n-1].Tick != begin {
			k := len(b.columns)
			all := make([]float64, 3*k)
			b.List = append(b.List, Bucket{Tick: begin, Min: all[:k:k], Max: all[k : 2*k : 2*k], Mean: all[2*k:]})
			for c := range k {
				all[c], all[k+c] = math.Inf(1), math.Inf(-1)
			}
		}
		one := &b.List[len(b.List)-1]
		one.Count++
		one.Last = rows[i]
		for c := range b.columns {
			v := b.columns[c].Of(&rows[i].Sample)
			one.Min[c], one.Max[c] = math.Min(one.Min[c], v), math.Max(one.Max[c], v)
			one.Mean[c] += (v - one.Mean[c]) / float64(one.Count)
		}
	}
}
