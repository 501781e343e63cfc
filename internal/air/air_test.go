package air

import (
	"math"
	"strings"
	"testing"

	"volary/internal/geo"
)

// track is the gusts that a drone feels that flies against the wind at height h:
// a sample every L/16, along, across and up.
func track(f *Field, h, across float64, n int) (u, v, w []float64) {
	lu, _, _ := scales(h)
	for i := range n {
		a, b, c := f.gust(float64(i)*lu/16, across, math.Log(h), 0)
		u, v, w = append(u, a), append(v, b), append(w, c)
	}
	return u, v, w
}

func deviation(x []float64) float64 {
	var m, s float64
	for _, v := range x {
		m += v / float64(len(x))
	}
	for _, v := range x {
		s += (v - m) * (v - m) / float64(len(x))
	}
	return math.Sqrt(s)
}

// Gusts are as strong as MIL-F-8785C says, at and between the places where
// their field is put together.
func TestDeviationIsThatOfTheFormulaWithinTwoHundredths(t *testing.T) {
	f := New(11, Weather{Speed: 10, Gusts: 1.5}, 0)
	for _, ft := range []float64{10, 23, 50, 137, 400, 1000} {
		h := ft * foot
		k := 0.177 + 0.000823*ft
		su := 1.5 / math.Pow(k, 0.4)
		var u, v, w []float64
		for y := range 12 {
			a, b, c := track(f, h, float64(y)*37.3, 8192)
			u, v, w = append(u, a...), append(v, b...), append(w, c...)
		}
		for _, c := range []struct {
			name      string
			got, want float64
		}{{"along", deviation(u), su}, {"across", deviation(v), su}, {"up", deviation(w), 1.5}} {
			if math.Abs(c.got/c.want-1) > 0.02 {
				t.Errorf("%v ft, %s: %.4f m/s, want %.4f: %+.1f %%", ft, c.name, c.got, c.want, 100*(c.got/c.want-1))
			}
		}
	}
}

// density is the power spectral density of x, a sample every ds metres, by
// Welch's method: mean over halves of segments under a Hann window.
func density(x []float64, ds float64, segment int) []float64 {
	out := make([]float64, segment/2)
	runs := 0
	for at := 0; at+segment <= len(x); at += segment / 2 {
		re, im := make([]float64, segment), make([]float64, segment)
		for i := range re {
			re[i] = x[at+i] * 0.5 * (1 - math.Cos(2*math.Pi*float64(i)/float64(segment)))
		}
		transform(re, im)
		for k := range out {
			out[k] += re[k]*re[k] + im[k]*im[k]
		}
		runs++
	}
	for k := range out { // one-sided, in rad/m; the window has 3/8 of the power
		out[k] *= ds / (math.Pi * float64(segment) * 0.375 * float64(runs))
	}
	return out
}

func TestSpectrumIsThatOfTheFormulaWithinATenth(t *testing.T) {
	f := New(3, Weather{Speed: 10, Gusts: 1.5}, 0)
	for _, ft := range []float64{20, 100, 330, 1000} {
		h := ft * foot
		k := 0.177 + 0.000823*ft
		lu := ft / math.Pow(k, 1.2) * foot
		su := 1.5 / math.Pow(k, 0.4)
		const segment = 1024
		var pu, pv, pw [segment / 2]float64
		const lines = 64
		for y := range lines {
			u, v, w := track(f, h, float64(y)*1.37*lu, 1<<13)
			for i, p := range [][]float64{density(u, lu/16, segment), density(v, lu/16, segment), density(w, lu/16, segment)} {
				for k := range p {
					[]*[segment / 2]float64{&pu, &pv, &pw}[i][k] += p[k] / lines
				}
			}
		}
		along := func(o, s, l float64) float64 { return s * s * 2 * l / math.Pi / (1 + l*l*o*o) }
		across := func(o, s, l float64) float64 {
			x := l * l * o * o
			return s * s * l / math.Pi * (1 + 3*x) / ((1 + x) * (1 + x))
		}
		for _, c := range []struct {
			name string
			p    *[segment / 2]float64
			want func(o float64) float64
		}{
			{"along", &pu, func(o float64) float64 { return along(o, su, lu) }},
			{"across", &pv, func(o float64) float64 { return across(o, su, lu) }},
			{"up", &pw, func(o float64) float64 { return across(o, 1.5, h) }},
		} {
			// Bands of half an octave, from L·Ω = 0.3 to 10 of the horizontal length.
			for lo := 0.3; lo < 10; lo *= math.Sqrt2 {
				var got, want float64
				for k := range c.p {
					o := 2 * math.Pi * float64(k) / (segment * lu / 16)
					if o*lu >= lo && o*lu < lo*math.Sqrt2 {
						got += c.p[k]
						want += c.want(o)
					}
				}
				if r := got / want; r < 0.9 || r > 1.1 {
					t.Errorf("%v ft, %s, L·Ω from %.2f: %.3f of the formula", ft, c.name, lo, r)
				}
			}
		}
	}
}

func TestGustsAreContinuousAndCarriedByTheWind(t *testing.T) {
	f := New(5, Weather{Speed: 8, From: 250, Gusts: 1}, 0)
	step := 0.0
	for i := range 20000 {
		p := geo.Vec{X: float64(i) * 0.11, Y: float64(i) * 0.07, Z: 2 + float64(i)*0.01}
		q := p.Add(geo.Vec{X: 0.005, Y: 0.005, Z: 0.005})
		step = math.Max(step, f.Wind(p, 3).Sub(f.Wind(q, 3)).Norm())
	}
	if step > 0.15 {
		t.Errorf("the wind jumps by %.2f m/s within 9 mm", step)
	}
	// What is felt here now is felt downwind when the wind has come there.
	s, c := geo.Sincos(geo.HeadingToYaw(250))
	to := geo.Vec{X: -c, Y: -s}
	for i := range 50 {
		p := geo.Vec{X: float64(i) * 13, Y: -float64(i) * 7, Z: 40}
		here, there := f.Wind(p, 10), f.Wind(p.Add(to.Scale(8*2.5)), 12.5)
		if d := here.Sub(there).Norm(); d > 1e-9 {
			t.Fatalf("changed by %.2e m/s on the way", d)
		}
	}
}

func TestDronesFarApartFeelOtherGusts(t *testing.T) {
	f := New(5, Weather{Speed: 8, Gusts: 1}, 0)
	h := 100 * foot
	lu, _, _ := scales(h)
	var cross, n float64
	for line := range 40 {
		a, _, _ := track(f, h, float64(line)*10*lu, 2048)
		b, _, _ := track(f, h, float64(line)*10*lu+3*lu, 2048)
		for i := range a {
			cross += a[i] * b[i]
			n += a[i] * a[i]
		}
	}
	if r := cross / n; math.Abs(r) > 0.1 {
		t.Errorf("correlation %.2f three lengths apart", r)
	}
}

func TestMeanWindGrowsWithHeightByTheLogarithm(t *testing.T) {
	f := New(0, Weather{Speed: 10, From: 270, Roughness: OpenLand}, 0)
	for _, c := range []struct{ ft, want float64 }{
		{20, 10}, {100, 10 * math.Log(100/0.15) / math.Log(20/0.15)}, {1000, 10 * math.Log(1000/0.15) / math.Log(20/0.15)},
		{3000, 10 * math.Log(1000/0.15) / math.Log(20/0.15)}, {0, 0},
	} {
		if w := f.Wind(geo.Vec{Z: c.ft * foot}, 0); math.Abs(w.X-c.want) > 1e-9 || math.Abs(w.Y)+math.Abs(w.Z) > 1e-9 {
			t.Errorf("%v ft: %+v, want %v m/s to the east", c.ft, w, c.want)
		}
	}
}

// The figures are those of the tables of ISO 2533.
func TestDensityIsThatOfTheStandardAtmosphere(t *testing.T) {
	f := New(0, Weather{}, 0)
	for _, c := range []struct{ z, want float64 }{{0, 1.2250}, {500, 1.1673}, {1000, 1.1117}, {3000, 0.90912}, {8000, 0.52517}} {
		if got := f.Density(c.z) * 1.225; math.Abs(got-c.want) > 1e-4 {
			t.Errorf("%v m: %.4f kg/m³, want %.4f", c.z, got, c.want)
		}
	}
	high := New(0, Weather{}, 1500)
	if got, want := high.Density(500), f.Density(2000); math.Abs(got-want) > 1e-5 {
		t.Errorf("500 m above an origin at 1500 m: %.5f, want %.5f", got, want)
	}
	hot := 35.0
	if got := New(0, Weather{Temperature: &hot}, 0).Density(0); math.Abs(got-288.15/308.15) > 1e-6 {
		t.Errorf("at 35 °C: %.5f, want %.5f", got, 288.15/308.15)
	}
}

func TestWeatherThatCanNotBeIsRefused(t *testing.T) {
	bad := 2000.0
	for field, w := range map[string]Weather{
		"speed_ms": {Speed: -1}, "from_deg": {From: math.NaN()}, "gusts_ms": {Gusts: math.Inf(1)},
		"height_m": {Height: -3}, "roughness_m": {Roughness: 9}, "pressure_hpa": {Pressure: &bad}, "temperature_c": {Temperature: &bad},
	} {
		if err := w.Check(); err == nil || !strings.HasPrefix(err.Error(), field) {
			t.Errorf("%s: error %v", field, err)
		}
	}
	if err := (&Weather{Speed: 12, From: 270, Roughness: OpenLand, Gusts: ModerateGusts}).Check(); err != nil {
		t.Error(err)
	}
}

func BenchmarkWind(b *testing.B) {
	f := New(5, Weather{Speed: 8, Gusts: 1, Roughness: OpenLand}, 0)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		f.Wind(geo.Vec{X: float64(i % 1000), Y: float64(i % 777), Z: float64(i % 100)}, 3)
	}
}
