package compact

import "math"

// sincos is the sine and cosine of an angle of any size: reduced by quarter
// turns, then two Taylor polynomials. Within 2e-9, and the same bits in every
// language whose numbers are IEEE doubles.
func sincos(a float64) (sin, cos float64) {
	k := math.Floor(float64(a*(2/math.Pi)) + 0.5)
	r := a - float64(k*(math.Pi/2))
	x := float64(r * r)
	s := float64(r * (1 - float64(x/6*(1-float64(x/20*(1-float64(x/42*(1-x/72))))))))
	c := 1 - float64(x/2*(1-float64(x/12*(1-float64(x/30*(1-float64(x/56*(1-x/90))))))))
	switch int64(k) & 3 {
	case 0:
		return s, c
	case 1:
		return c, -s
	case 2:
		return -s, -c
	}
	return -c, s
}

// round is to the nearest whole number, halves up: math.Round goes away from
// zero, and JavaScript's Math.round goes up.
func round(v float64) float64 { return math.Floor(v + 0.5) }
