package geo

import "math"

// The polynomials are those of the Cephes library (Moshier), as in package math;
// here no product is fused into a sum, so that every build gives the same bits.

const (
	pi4A = 7.85398125648498535156e-1  // π/4 cut into three parts
	pi4B = 3.77489470793079817668e-8  // so that x - j·π/4
	pi4C = 2.69515142907905952645e-15 // keeps its digits
)

// Sincos returns sin x and cos x for |x| < 2^29; outside, and for NaN, it
// returns NaN: an angle that large is a fault upstream, not a direction.
func Sincos(x float64) (sin, cos float64) {
	if math.IsNaN(x) || x > 1<<29 || x < -(1<<29) {
		return math.NaN(), math.NaN()
	}
	negSin, negCos := false, false
	if x < 0 {
		x, negSin = -x, true
	}
	j := uint64(float64(x * (4 / math.Pi)))
	y := float64(j)
	if j&1 == 1 {
		j++
		y++
	}
	j &= 7
	if j > 3 {
		j -= 4
		negSin, negCos = !negSin, !negCos
	}
	if j > 1 {
		negCos = !negCos
	}
	z := ((x - float64(y*pi4A)) - float64(y*pi4B)) - float64(y*pi4C)
	zz := float64(z * z)
	c := 1 - float64(0.5*zz) + float64(float64(zz*zz)*poly(zz,
		-1.13585365213876817300e-11, 2.08757008419747316778e-9, -2.75573141792967388112e-7,
		2.48015872888517045348e-5, -1.38888888888730564116e-3, 4.16666666666665929218e-2))
	s := z + float64(float64(z*zz)*poly(zz,
		1.58962301576546568060e-10, -2.50507477628578072866e-8, 2.75573136213857245213e-6,
		-1.98412698295895385996e-4, 8.33333333332211858878e-3, -1.66666666666666307295e-1))
	if j == 1 || j == 2 {
		s, c = c, s
	}
	if negCos {
		c = -c
	}
	if negSin {
		s = -s
	}
	return s, c
}

func poly(x, a, b, c, d, e, f float64) float64 {
	r := float64(a*x) + b
	r = float64(r*x) + c
	r = float64(r*x) + d
	r = float64(r*x) + e
	return float64(r*x) + f
}

// Atan2 returns the angle of the point (x, y) in (-π, π].
func Atan2(y, x float64) float64 {
	switch {
	case math.IsNaN(x) || math.IsNaN(y):
		return math.NaN()
	case y == 0:
		if x > 0 || (x == 0 && !math.Signbit(x)) {
			return y
		}
		return math.Copysign(math.Pi, y)
	case x == 0:
		return math.Copysign(math.Pi/2, y)
	}
	a := satan(math.Abs(y / x))
	if x < 0 {
		a = math.Pi - a
	}
	return math.Copysign(a, y)
}

func satan(x float64) float64 {
	const (
		morebits = 6.123233995736765886130e-17 // π/2 = PIO2 + morebits
		tan3pio8 = 2.41421356237309504880
	)
	switch {
	case x <= 0.66:
		return xatan(x)
	case x > tan3pio8:
		return math.Pi/2 - xatan(1/x) + morebits
	}
	return math.Pi/4 + xatan((x-1)/(x+1)) + 0.5*morebits
}

func xatan(x float64) float64 {
	z := float64(x * x)
	p := float64(-8.750608600031904122785e-01*z) - 1.615753718733365076637e+01
	p = float64(p*z) - 7.500855792314704667340e+01
	p = float64(p*z) - 1.228866684490136173410e+02
	p = float64(p*z) - 6.485021904942025371773e+01
	q := z + 2.485846490142306297962e+01
	q = float64(q*z) + 1.650270098316988542046e+02
	q = float64(q*z) + 4.328810604912902668951e+02
	q = float64(q*z) + 4.853903996359136964868e+02
	q = float64(q*z) + 1.945506571482613964425e+02
	return float64(x*(float64(z*p)/q)) + x
}

// Exp returns e^x for |x| < 700, accurate to an ulp or two; beyond, 0 or +Inf.
// Package math's version is assembly that looks at the processor it runs on.
func Exp(x float64) float64 {
	switch {
	case math.IsNaN(x):
		return x
	case x > 700:
		return math.Inf(1)
	case x < -700:
		return 0
	}
	const (
		ln2Hi = 6.93147180369123816490e-01
		ln2Lo = 1.90821492927058770002e-10
	)
	k := math.Floor(float64(x*(1/math.Ln2)) + 0.5)
	hi := x - float64(k*ln2Hi)
	lo := float64(k * ln2Lo)
	r := hi - lo
	t := float64(r * r)
	c := r - float64(t*expPoly(t))
	y := 1 - ((lo - float64(r*c)/(2-c)) - hi)
	return math.Ldexp(y, int(k))
}

func expPoly(t float64) float64 {
	p := float64(4.13813679705723846039e-08*t) - 1.65339022054652515390e-06
	p = float64(p*t) + 6.61375632143793436117e-05
	p = float64(p*t) - 2.77777777770155933842e-03
	return float64(p*t) + 1.66666666666666019037e-01
}

// Log returns the natural logarithm of x > 0, accurate to an ulp or two; NaN for
// the rest. The method is that of FreeBSD's e_log.c.
func Log(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 1) {
		return math.NaN()
	}
	const (
		ln2Hi = 6.93147180369123816490e-01
		ln2Lo = 1.90821492927058770002e-10
	)
	f1, ki := math.Frexp(x)
	if f1 < math.Sqrt2/2 {
		f1 *= 2
		ki--
	}
	f, k := f1-1, float64(ki)
	s := f / (2 + f)
	s2 := float64(s * s)
	s4 := float64(s2 * s2)
	t1 := float64(1.479819860511658591e-01*s4) + 1.818357216161805012e-01
	t1 = float64(t1*s4) + 2.857142874366239149e-01
	t1 = float64(t1*s4) + 6.666666666666735130e-01
	t2 := float64(1.531383769920937332e-01*s4) + 2.222219843214978396e-01
	t2 = float64(t2*s4) + 3.999999999940941908e-01
	r := float64(s2*t1) + float64(s4*t2)
	half := float64(0.5 * float64(f*f))
	return float64(k*ln2Hi) - ((half - (float64(s*(half+r)) + float64(k*ln2Lo))) - f)
}

// Pow returns x^y for x > 0.
func Pow(x, y float64) float64 { return Exp(float64(y * Log(x))) }
