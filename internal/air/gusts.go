package air

import (
	"math"
	"math/bits"

	"volary/internal/chance"
	"volary/internal/geo"
)

// The gusts are Dryden's by MIL-F-8785C, as a field that the mean wind carries
// along unchanged (Taylor's hypothesis). For a distance s along the wind and
// spatial frequency Ω:
//
//	Φu(Ω) = σu² 2Lu/π · 1/(1+(LuΩ)²)
//	Φv(Ω) = σv² Lv/π · (1+3(LvΩ)²)/(1+(LvΩ)²)²          Φw as Φv
//	Lw = h   Lu = Lv = h/(0.177+0.000823h)^1.2   σu/σw = 1/(0.177+0.000823h)^0.4   h in ft, 10 to 1000
//
// Along the wind each component is a table with exactly this spectrum. Across
// the wind and upwards the space is cut into cells; every cell reads the table
// from another place, drawn by lot, and between cells the readings are blended
// with weights whose squares add up to one: so variance and spectrum are those
// of the formula at every place, and gusts an L apart are independent.

const (
	perLength = 32      // samples of a table for a turbulence length
	samples   = 1 << 14 // of a table: it repeats after 512 lengths
)

// tables are gusts of deviation 1 and length 1 along the wind.
type tables struct {
	along  [samples]float64 // with the spectrum Φu
	across [samples]float64 // with Φv
}

func newTables(seed uint64) *tables {
	t := &tables{}
	synthesise(seed, 1, &t.along, func(x float64) float64 { return 2 / math.Pi / (1 + float64(x*x)) })
	synthesise(seed, 2, &t.across, func(x float64) float64 {
		xx := float64(x * x)
		return (1 + float64(3*xx)) / math.Pi / float64((1+xx)*(1+xx))
	})
	return t
}

// synthesise fills a table with waves of the heights that a spectrum asks for,
// each shifted by lot.
func synthesise(seed, channel uint64, out *[samples]float64, spectrum func(x float64) float64) {
	re, im := make([]float64, samples), make([]float64, samples)
	const dw = 2 * math.Pi * perLength / samples
	for k := 1; k < samples/2; k++ {
		x := float64(dw * float64(k))
		// What is read between two samples is their mean: waves are flattened by it.
		half := x / (2 * perLength)
		s, _ := geo.Sincos(half)
		flat := s / half
		a := math.Sqrt(2*float64(spectrum(x)*dw)) / float64(flat*flat)
		sin, cos := geo.Sincos(2 * math.Pi * chance.Unit(chance.Bits(seed, channel, uint64(k), 0)))
		re[k], im[k] = float64(a*cos), float64(a*sin)
	}
	transform(re, im)
	var sum float64
	for i := range samples {
		sum += float64(re[i] * re[i])
	}
	// Short and long waves have no place in a table of this size: a share of a
	// hundredth of the variance, given to the others.
	k := math.Sqrt(samples / sum)
	for i := range samples {
		out[i] = float64(re[i] * k)
	}
}

// transform is the Fourier transform by halving, in place.
func transform(re, im []float64) {
	n := len(re)
	shift := 64 - bits.Len(uint(n-1))
	for i := range n {
		if j := int(bits.Reverse64(uint64(i)) >> shift); j > i {
			re[i], re[j] = re[j], re[i]
			im[i], im[j] = im[j], im[i]
		}
	}
	for size := 2; size <= n; size *= 2 {
		for k := range size / 2 {
			s, c := geo.Sincos(2 * math.Pi * float64(k) / float64(size))
			for i := k; i < n; i += size {
				j := i + size/2
				tr := float64(c*re[j]) - float64(s*im[j])
				ti := float64(c*im[j]) + float64(s*re[j])
				re[j], im[j] = re[i]-tr, im[i]-ti
				re[i], im[i] = re[i]+tr, im[i]+ti
			}
		}
	}
}

// read returns a table's value at x samples.
func read(t *[samples]float64, x float64) float64 {
	f := math.Floor(x)
	i := int64(f)
	a, b := t[i&(samples-1)], t[(i+1)&(samples-1)]
	return a + float64((b-a)*(x-f))
}

// layer is a height at which the gusts have lengths of their own.
type layer struct {
	carried float64 // m/s, how fast the wind carries the gusts
	su, sw  float64 // samples a metre, of the horizontal and vertical gusts
	cells   float64 // a metre across the wind
	ratio   float64 // σu/σw
}

const (
	layers  = 16
	lowest  = 10 * foot
	highest = 1000 * foot
)

// scales are the turbulence lengths in m and σu/σw at a height.
func scales(h float64) (lu, lw, ratio float64) {
	h = geo.Clamp(h, lowest, highest)
	ft := h / foot
	k := 0.177 + float64(0.000823*ft)
	return ft / geo.Pow(k, 1.2) * foot, h, 1 / geo.Pow(k, 0.4)
}

// slowest is how fast the gusts drift at least in m/s, so that those of a calm
// day don't stand still.
const slowest = 1.0

func newLayers(p *profile) (all [layers]layer) {
	for i := range all {
		h := lowest * geo.Pow(highest/lowest, float64(i)/(layers-1))
		lu, lw, ratio := scales(h)
		all[i] = layer{
			carried: math.Max(p.mean(geo.Log(h)), slowest),
			su:      perLength / lu, sw: perLength / lw, cells: 1 / lu, ratio: ratio,
		}
	}
	return all
}

// gust is the gust at a height of which the logarithm is given: along, across
// (to the left of) the wind, and up, for a place so many metres along and across
// the wind, t seconds in.
func (f *Field) gust(along, across, logH, t float64) (u, v, w float64) {
	// Between which two layers, and how far.
	x := geo.Clamp(float64((logH-f.logLowest)*f.perLog), 0, layers-1-1e-9)
	i := int(x)
	x -= float64(i)
	below, above := blend(x)
	u1, v1, w1 := f.layer(i, along, across, t)
	u2, v2, w2 := f.layer(i+1, along, across, t)
	r1, r2 := f.layers[i].ratio, f.layers[i+1].ratio
	sw := f.weather.Gusts
	su := float64(sw * (r1 + float64((r2-r1)*x)))
	return float64(su * (float64(below*u1) + float64(above*u2))),
		float64(su * (float64(below*v1) + float64(above*v2))),
		float64(sw * (float64(below*w1) + float64(above*w2)))
}

func (f *Field) layer(i int, along, across, t float64) (u, v, w float64) {
	l := &f.layers[i]
	s := along - float64(l.carried*t)
	c := float64(across * l.cells)
	cell := math.Floor(c)
	left, right := blend(c - cell)
	k := int64(cell)
	for j, weight := range [2]float64{left, right} {
		at := chance.Bits(f.seed, uint64(i), uint64(k+int64(j)), 3)
		u += float64(weight * read(&f.tables.along, float64(s*l.su)+float64(at&(samples-1))))
		v += float64(weight * read(&f.tables.across, float64(s*l.su)+float64(at>>20&(samples-1))))
		w += float64(weight * read(&f.tables.across, float64(s*l.sw)+float64(at>>40&(samples-1))))
	}
	return u, v, w
}

// blend gives two weights that pass from (1, 0) to (0, 1) smoothly while x goes
// from 0 to 1, and whose squares add up to one.
func blend(x float64) (a, b float64) {
	b = float64(float64(x*x) * (3 - float64(2*x)))
	a = 1 - b
	n := 1 / math.Sqrt(float64(a*a)+float64(b*b))
	return float64(a * n), float64(b * n)
}
