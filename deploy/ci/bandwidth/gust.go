package main

import (
	"math"
	"math/rand/v2"
)

// gust is Dryden turbulence by MIL-F-8785C at low altitude, discretised exactly
// at its step: u along the mean wind, v across, w up.
type gust struct {
	r      *rand.Rand
	u      float64
	v, w   [2]float64
	au, bu float64
	kv, kw shaping
}

// shaping is sigma·sqrt(tau)·(1+sqrt3·tau·s)/(1+tau·s)².
type shaping struct{ a11, a12, a21, a22, l11, l21, l22, c1, c2 float64 }

func newShaping(sigma, tau, dt float64) (g shaping) {
	e := math.Exp(-dt / tau)
	g.a11, g.a12, g.a21, g.a22 = e*(1+dt/tau), e*dt, -e*dt/(tau*tau), e*(1-dt/tau)
	p1, p2 := tau*tau*tau/4, tau/4 // stationary covariance
	q11 := p1 - (g.a11*g.a11*p1 + g.a12*g.a12*p2)
	q12 := -(g.a11*g.a21*p1 + g.a12*g.a22*p2)
	q22 := p2 - (g.a21*g.a21*p1 + g.a22*g.a22*p2)
	g.l11 = math.Sqrt(math.Max(q11, 0))
	if g.l11 > 0 {
		g.l21 = q12 / g.l11
	}
	g.l22 = math.Sqrt(math.Max(q22-g.l21*g.l21, 0))
	k := sigma * math.Sqrt(tau) / (tau * tau)
	g.c1, g.c2 = k, k*math.Sqrt(3)*tau
	return g
}

func (g *shaping) step(x *[2]float64, r *rand.Rand) float64 {
	n1, n2 := r.NormFloat64(), r.NormFloat64()
	x[0], x[1] = g.a11*x[0]+g.a12*x[1]+g.l11*n1, g.a21*x[0]+g.a22*x[1]+g.l21*n1+g.l22*n2
	return g.c1*x[0] + g.c2*x[1]
}

// newGust makes gusts as felt at height (m) and airspeed (m/s), of a wind of w20
// (m/s) at 20 feet.
func newGust(seed uint64, height, airspeed, w20, dt float64) *gust {
	feet := math.Max(10, math.Min(1000, height/0.3048))
	k := 0.177 + 0.000823*feet
	sw := 0.1 * w20
	su := sw / math.Pow(k, 0.4)
	lw, lu := feet*0.3048, feet/math.Pow(k, 1.2)*0.3048
	e := math.Exp(-dt * airspeed / lu)
	g := &gust{r: rand.New(rand.NewPCG(seed, 7)), au: e, bu: su * math.Sqrt(1-e*e), kv: newShaping(su, lu/airspeed, dt), kw: newShaping(sw, lw/airspeed, dt)}
	for range 2000 { // until it has forgotten where it began
		g.step()
	}
	return g
}

func (g *gust) step() (u, v, w float64) {
	g.u = g.au*g.u + g.bu*g.r.NormFloat64()
	return g.u, g.kv.step(&g.v, g.r), g.kw.step(&g.w, g.r)
}
