package chance

import (
	"math"
	"math/bits"
	"testing"
)

func TestNormalHasTheMomentsOfANormalDistribution(t *testing.T) {
	const n = 200_000
	var m1, m2, m3, m4, cross float64
	for i := range uint64(n) {
		x, y := Normal(7, i%100, 3, i)
		cross += x * y / n
		for _, v := range []float64{x, y} {
			m1 += v / (2 * n)
			m2 += v * v / (2 * n)
			m3 += v * v * v / (2 * n)
			m4 += v * v * v * v / (2 * n)
		}
	}
	for _, c := range []struct {
		name      string
		got, want float64
	}{{"mean", m1, 0}, {"variance", m2, 1}, {"skew", m3, 0}, {"kurtosis", m4, 3}, {"correlation", cross, 0}} {
		if math.Abs(c.got-c.want) > 0.03 {
			t.Errorf("%s %.4f, want %v", c.name, c.got, c.want)
		}
	}
}

func TestEachPartOfTheKeyChangesHalfOfTheBits(t *testing.T) {
	const n = 4000
	for part, draw := range map[string]func(i uint64) uint64{
		"seed":    func(i uint64) uint64 { return Bits(i, 1, 2, 3) },
		"drone":   func(i uint64) uint64 { return Bits(1, i, 2, 3) },
		"channel": func(i uint64) uint64 { return Bits(1, 2, i, 3) },
		"count":   func(i uint64) uint64 { return Bits(1, 2, 3, i) },
	} {
		sum := 0
		for i := range uint64(n) {
			sum += bits.OnesCount64(draw(i) ^ draw(i+1))
		}
		if mean := float64(sum) / n; math.Abs(mean-32) > 0.5 {
			t.Errorf("%s: %.2f of 64 bits change, want 32", part, mean)
		}
	}
}

func TestTheSameKeyDrawsTheSameNumber(t *testing.T) {
	if got := Bits(1, 2, 3, 4); got != Bits(1, 2, 3, 4) || got == Bits(4, 3, 2, 1) {
		t.Errorf("%x", got)
	}
}
