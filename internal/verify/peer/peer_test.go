package peer

import "testing"

// A yardstick that doesn't fly measures nothing.
func TestThePeerFliesToItsPlaces(t *testing.T) {
	f := New(100)
	for range 20 * 250 {
		f.Step(0.004)
	}
	for i := range 100 {
		if d := f.Off(i); !(d < 0.2) {
			t.Fatalf("drone %d is %.2f m from its place after 20 s", i, d)
		}
	}
}

func BenchmarkStep(b *testing.B) {
	const n = 10_000
	f := New(n)
	for b.Loop() {
		f.Step(0.004)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/drone-step")
}
