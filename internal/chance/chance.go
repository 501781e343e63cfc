// Package chance draws random numbers that depend on what they are for and not
// on when they are drawn: the same seed, drone, channel and count always give
// the same number, in any order, on any number of cores.
//
// There is no state to keep or to restore: a replay or a fork draws what the
// first run drew.
package chance

import (
	"math"

	"volary/internal/geo"
)

// Bits hashes a seed and up to three numbers that say what the draw is for: a
// drone, a channel, a count.
func Bits(seed, a, b, c uint64) uint64 {
	h := mix(seed + 0x9e3779b97f4a7c15)
	h = mix(h ^ (a + 0xbf58476d1ce4e5b9))
	h = mix(h ^ (b + 0x94d049bb133111eb))
	return mix(h ^ (c + 0xd6e8feb86659fd93))
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood 2014), in the variant
// 13 of Stafford: every bit in changes half the bits out.
func mix(h uint64) uint64 {
	h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9
	h = (h ^ (h >> 27)) * 0x94d049bb133111eb
	return h ^ (h >> 31)
}

// Unit turns bits into a number from 0 up to, but not, 1.
func Unit(bits uint64) float64 { return float64(bits>>11) * (1.0 / (1 << 53)) }

// Normal draws two independent numbers of mean 0 and deviation 1.
func Normal(seed, a, b, c uint64) (x, y float64) {
	h := Bits(seed, a, b, c)
	u := 1 - Unit(h) // never 0
	s, k := geo.Sincos(2 * math.Pi * Unit(mix(h^0x5851f42d4c957f2d)))
	r := math.Sqrt(-2 * geo.Log(u))
	return float64(r * k), float64(r * s)
}
