package physics

import "volary/internal/geo"

// Air is what surrounds a drone during a step.
type Air struct {
	Wind geo.Vec // m/s, world frame: how the air moves
	// Density of the air over that of the standard atmosphere at sea level,
	// 1.225 kg/m³, at which the coefficients of the airframes hold.
	Density float64
	// Lift multiplies the thrust of the rotors: above 1 near the ground.
	Lift float64
	// Wake is how fast the wash of drones above comes down on the rotors, m/s.
	Wake float64
	// Rotors is what is left of each rotor's thrust and torque, from 0 (failed:
	// it is not driven any more and spins down) to 1. nil: all are whole.
	Rotors *[MaxRotors]float64
}

// StillAir is air at rest, at sea level, far from the ground.
func StillAir() Air { return Air{Density: 1, Lift: 1} }

// geometry is the sums over the rotors of powers of their places.
type geometry struct{ n, x, y, xx, xy, yy, xxx, xxy, xyy, yyy float64 }

func (g *geometry) add(x, y float64) {
	g.n++
	g.x += x
	g.y += y
	xx, xy, yy := float64(x*x), float64(x*y), float64(y*y)
	g.xx += xx
	g.xy += xy
	g.yy += yy
	g.xxx += float64(xx * x)
	g.xxy += float64(xx * y)
	g.xyy += float64(x * yy)
	g.yyy += float64(yy * y)
}

// spin is what a step needs of the rotor speeds: their sums, weighted with the
// places of the rotors, and the thrust and moments of the rotors in still air.
type spin struct {
	s, x, y, rr float64 // Σω, Σωx, Σωy, Σω(x²+y²)
	xx, xy, yy  float64 // Σωx², Σωxy, Σωy²: only where there is inflow drag
	thrust      float64 // Σ kη ω²
	roll, pitch float64 // Σ y kη ω², Σ x kη ω²
	yaw         float64 // Σ turn km ω²
}

// speeds are rotor speeds and their squares, or the means of both.
type speeds struct{ o, sq [MaxRotors]float64 }

// arm is a rotor's place in the products that the sums need.
type arm struct{ x, y, rr, xx, xy, yy, turn float64 }

// sum adds up the rotors. The loop is written out with local sums, which stay
// in registers: it is run three times a step.
func (p *Stepper) sum(v *speeds, lift float64, sp *spin) {
	var s, x, y, rr, t, roll, pitch, yaw float64
	arms := p.arms[:p.n]
	for i := range arms {
		a := &arms[i]
		o, sq := v.o[i&(MaxRotors-1)], v.sq[i&(MaxRotors-1)]
		s += o
		x += float64(o * a.x)
		y += float64(o * a.y)
		rr += float64(o * a.rr)
		t += sq
		roll += float64(sq * a.y)
		pitch += float64(sq * a.x)
		yaw += float64(sq * a.turn)
	}
	sp.s, sp.x, sp.y, sp.rr = s, x, y, rr
	sp.thrust, sp.roll, sp.pitch, sp.yaw = float64(lift*t), float64(lift*roll), float64(lift*pitch), float64(p.kM*yaw)
	if p.kZ == 0 {
		return
	}
	var xx, xy, yy float64
	for i := range arms {
		a := &arms[i]
		o := v.o[i&(MaxRotors-1)]
		xx += float64(o * a.xx)
		xy += float64(o * a.xy)
		yy += float64(o * a.yy)
	}
	sp.xx, sp.xy, sp.yy = xx, xy, yy
}

// spins computes how the rotors spin at the start, in the middle and at the end
// of a step towards cmd, and leaves the speeds at the end in s.
//
// The lag is linear, so its solution is known. The middle is not taken at a
// point: it is chosen so that the mean over the step (start + 4 middle + end)/6,
// by which Runge–Kutta sums up, is the exact mean of ω and of ω². A step may
// then be as long as the motors' time constant without losing impulse.
func (p *Stepper) spins(s *State, cmd *[MaxRotors]float64, air *Air, now, mid, end *spin) {
	var v [3]speeds
	p.speeds(s, cmd, air, &v)
	s.R = v[2].o
	lift := float64(p.kEta * air.Lift)
	p.sum(&v[0], lift, now)
	p.sum(&v[1], lift, mid)
	p.sum(&v[2], lift, end)
	if air.Wake != 0 {
		k := float64(p.kWake * air.Wake)
		now.sink(k)
		mid.sink(k)
		end.sink(k)
	}
}

// speeds computes the rotor speeds at the start, in the middle (see spins) and
// at the end of a step; a rotor that has lost thrust has lost so much of its
// square.
func (p *Stepper) speeds(s *State, cmd *[MaxRotors]float64, air *Air, v *[3]speeds) {
	for i := range p.n {
		o := s.R[i]
		e, m, m2 := p.follow(o, cmd[i])
		v[0].o[i], v[1].o[i], v[2].o[i] = o, m, e
		v[0].sq[i], v[1].sq[i], v[2].sq[i] = float64(o*o), m2, float64(e*e)
	}
	if air.Rotors != nil || p.linear {
		p.speedsApart(s, cmd, air, v)
	}
}

// speedsApart is speeds for what is not as usual.
func (p *Stepper) speedsApart(s *State, cmd *[MaxRotors]float64, air *Air, v *[3]speeds) {
	for i := range p.n {
		c, left := p.driven(cmd[i], i, air)
		o := s.R[i]
		e, m, m2 := p.follow(o, c)
		v[0].o[i], v[1].o[i], v[2].o[i] = o, m, e
		if p.linear {
			m2 = m
		}
		v[0].sq[i], v[1].sq[i], v[2].sq[i] = float64(p.square(o)*left), float64(m2*left), float64(p.square(e)*left)
	}
}

// driven is the speed that rotor i is driven to and what is left of its thrust.
func (p *Stepper) driven(cmd float64, i int, air *Air) (c, left float64) {
	if air.Rotors == nil {
		return cmd, 1
	}
	if left = air.Rotors[i]; left == 0 {
		return 0, 0
	}
	return cmd, left
}

func (p *Stepper) square(o float64) float64 {
	if p.linear {
		return o
	}
	return float64(o * o)
}

// at are the speeds at one instant.
func (p *Stepper) at(r *[MaxRotors]float64, air *Air) (v speeds) {
	v.o = *r
	for i := range p.n {
		_, left := p.driven(0, i, air)
		v.sq[i] = float64(p.square(r[i]) * left)
	}
	return v
}

// follow gives the speed of a rotor after a step from o towards c, and the
// middle values of the speed and of its square (see spins).
func (p *Stepper) follow(o, c float64) (end, mid, midSq float64) {
	d := o - c
	l := &p.down
	if d < 0 {
		l = &p.up
	}
	end = c + float64(d*l.full)
	if end < denormal {
		end = 0
	}
	dm := float64(d * l.mean)
	mean := c + dm
	meanSq := float64(c*(c+float64(2*dm))) + float64(float64(d*d)*l.meanSq)
	mid = float64(0.25 * (float64(6*mean) - o - end))
	midSq = float64(0.25 * (float64(6*meanSq) - float64(o*o) - float64(end*end)))
	return end, mid, midSq
}

// sink takes from the thrust what rotors lose in the wash of others, k newtons
// for each rad/s.
func (sp *spin) sink(k float64) {
	sp.thrust -= float64(k * sp.s)
	sp.roll -= float64(k * sp.y)
	sp.pitch -= float64(k * sp.x)
}

// stepTilted computes the four slopes of a step for an airframe whose rotors
// are tilted or at several heights, or that has wings: every slope visits every
// rotor.
func (p *Stepper) stepTilted(s *State, cmd *[MaxRotors]float64, air *Air, k1, k2, k3, k4 *rate) {
	var v [3]speeds
	p.speeds(s, cmd, air, &v)
	if len(p.plates) > 0 { // control surfaces are where they are told to be
		for i := p.n; i < p.n+len(controls); i++ {
			c := geo.Clamp(cmd[i], -1, 1)
			v[0].o[i], v[1].o[i], v[2].o[i] = c, c, c
		}
	}
	h := p.dt
	var t State
	p.deriveTilted(s, &v[0], air, k1)
	t.ahead(s, k1, 0.5*h)
	p.deriveTilted(&t, &v[1], air, k2)
	t.ahead(s, k2, 0.5*h)
	p.deriveTilted(&t, &v[1], air, k3)
	t.ahead(s, k3, h)
	p.deriveTilted(&t, &v[2], air, k4)
	s.R = v[2].o
}

// deriveTilted is derive for rotors with any axis at any height.
func (p *Stepper) deriveTilted(s *State, sp *speeds, air *Air, d *rate) {
	var r turned
	r.set(&s.Q)
	a := s.V.Sub(air.Wind)
	b := geo.Vec{
		X: float64(r.xx*a.X) + float64(r.yx*a.Y) + float64(r.zx*a.Z),
		Y: float64(r.xy*a.X) + float64(r.yy*a.Y) + float64(r.zy*a.Z),
		Z: float64(r.xz*a.X) + float64(r.yz*a.Y) + float64(r.zz*a.Z),
	}
	var f, m geo.Vec
	var total float64
	for i := range p.n {
		c := &p.rotors[i]
		at := geo.Vec{X: c.X, Y: c.Y, Z: c.Z}
		v := b.Add(s.W.Cross(at))
		along := v.Dot(c.Axis)
		across := v.Sub(c.Axis.Scale(along))
		o, sq := sp.o[i], sp.sq[i]
		thrust := float64(float64(p.kEta*air.Lift)*sq) + float64(p.kH*across.Dot(across)) -
			float64((float64(p.kZ*along)+float64(p.kWake*air.Wake))*o)
		total += thrust
		force := c.Axis.Scale(thrust).Sub(across.Scale(float64(p.kD * o)))
		f = f.Add(force)
		m = m.Add(at.Cross(force)).Add(c.Axis.Scale(float64(float64(c.Turn*p.kM) * sq)))
		m = m.Sub(v.Cross(c.Axis).Scale(float64(p.kF * o)))
	}
	if p.parasitic {
		vn := b.Norm()
		f = f.Sub(geo.Vec{X: float64(float64(vn*p.cd.X) * b.X), Y: float64(float64(vn*p.cd.Y) * b.Y), Z: float64(float64(vn*p.cd.Z) * b.Z)})
	}
	if len(p.plates) > 0 {
		wf, wm := p.wingForces(b, s.W, total, &sp.o)
		f, m = f.Add(wf), m.Add(wm)
	}
	f = f.Sub(b.Scale(p.cLin))
	m = m.Sub(s.W.Scale(p.cSpin))
	p.move(s, &r, f.X, f.Y, f.Z, m.X, m.Y, m.Z, air.Density, d)
}
