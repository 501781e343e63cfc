package series

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"volary/internal/telemetry"
)

func rowsOf(f func(i int) telemetry.Sample, n int) []telemetry.TimedSample {
	out := make([]telemetry.TimedSample, n)
	for i := range out {
		out[i] = telemetry.TimedSample{Tick: uint64(i) * 25, Sample: f(i)}
	}
	return out
}

func TestThinKeepsTheEndsTheOrderAndTheNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int32Range(-100_000, 100_000), 0, 300).Draw(t, "values")
		n := rapid.IntRange(1, 320).Draw(t, "n")
		rows := rowsOf(func(i int) telemetry.Sample { return telemetry.Sample{X: values[i], Y: values[(i*7)%len(values)]} }, len(values))
		kept := Thin(rows, Columns, n)
		if len(kept) != min(n, len(rows)) {
			t.Fatalf("%d of %d rows, want %d", len(kept), len(rows), n)
		}
		if !slices.IsSorted(kept) || len(slices.Compact(slices.Clone(kept))) != len(kept) {
			t.Fatalf("%v is out of order or has a row twice", kept)
		}
		if len(kept) > 1 && (kept[0] != 0 || kept[len(kept)-1] != len(rows)-1) {
			t.Fatalf("the ends are missing: %v", kept)
		}
	})
}

func TestThinKeepsASpikeOfAnyColumn(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*telemetry.Sample)
	}{
		{"x", func(s *telemetry.Sample) { s.X += 1000 }},
		{"z", func(s *telemetry.Sample) { s.Z = -500 }},
		{"voltage", func(s *telemetry.Sample) { s.Voltage = 900 }},
		{"roll", func(s *telemetry.Sample) { s.Roll = 2500 }},
	} {
		rows := rowsOf(func(i int) telemetry.Sample { return telemetry.Sample{X: int32(i), Voltage: 1600} }, 10_000)
		c.set(&rows[7321].Sample)
		if !slices.Contains(Thin(rows, Columns, 200), 7321) {
			t.Errorf("the spike of %s is gone", c.name)
		}
	}
}

func TestBucketsHoldEverySampleOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int32Range(-1000, 1000), 1, 200).Draw(t, "values")
		rows := rowsOf(func(i int) telemetry.Sample { return telemetry.Sample{X: values[i]} }, len(values))
		ticks := rapid.Uint64Range(1, 400).Draw(t, "ticks")
		cut := rapid.IntRange(0, len(rows)).Draw(t, "cut")
		b := NewBuckets(Columns[:1], ticks)
		b.Add(rows[:cut])
		b.Add(rows[cut:])
		i := 0
		for _, one := range b.List {
			low, high, sum := math.Inf(1), math.Inf(-1), 0.0
			for k := range one.Count {
				r := rows[i+k]
				if r.Tick < one.Tick || r.Tick >= one.Tick+ticks {
					t.Fatalf("tick %d is in the bucket of %d", r.Tick, one.Tick)
				}
				v := float64(r.X) / 1000
				low, high, sum = math.Min(low, v), math.Max(high, v), sum+v
			}
			i += one.Count
			if one.Min[0] != low || one.Max[0] != high || math.Abs(one.Mean[0]-sum/float64(one.Count)) > 1e-9 || one.Last != rows[i-1] {
				t.Fatalf("%+v", one)
			}
		}
		if i != len(rows) {
			t.Fatalf("%d of %d samples", i, len(rows))
		}
	})
}

func TestFieldsAreChosenByName(t *testing.T) {
	c, err := Choose("z, x,z")
	if err != nil || len(c) != 2 || c[0].Name != "z" || c[1].Name != "x" {
		t.Errorf("%v, %v", c, err)
	}
	if _, err := Choose("x,height"); err == nil {
		t.Error("a field that is none was taken")
	}
	if c, err := Choose(""); err != nil || len(c) != len(Columns) {
		t.Errorf("%d columns, %v", len(c), err)
	}
}
