package physics

import (
	"math"

	"volary/internal/geo"
)

// Stepper advances drones of one airframe by a fixed time step. It is read only
// once made, so that any number of goroutines may share it.
type Stepper struct {
	a       *Airframe
	dt      float64
	n       int
	gravity float64
	up      lag
	down    lag
	linear  bool // thrust goes with the rotor state itself and not with its square
	flat    bool // all rotors in one plane, thrust along the body's z: sums suffice

	invMass                         float64
	kEta, kM, kD, kZ, kH, kF, kWake float64
	cd                              Drag
	cLin, cSpin                     float64
	parasitic                       bool
	rotors                          [MaxRotors]Rotor
	arms                            [MaxRotors]arm
	plates                          []plate
	idlePower, effortPower          float64 // W, and W for a unit of effort
	perCoulomb                      float64 // share of the charge
	plane                           float64 // m, height of the rotors above the centre of mass
	g                               geometry
	jx, jy, jz, ijx, ijy, ijz       float64
}

// lag is what is left of the distance to the commanded speed after a whole
// step, and the means over the step of that remainder and of its square.
type lag struct{ full, mean, meanSq float64 }

func newLag(tau, dt float64) lag {
	if tau == 0 {
		return lag{}
	}
	x := dt / tau
	e := geo.Exp(-x)
	return lag{full: e, mean: (1 - e) / x, meanSq: (1 - float64(e*e)) / (2 * x)}
}

// NewStepper makes a stepper for a with steps of dt seconds in standard gravity.
func NewStepper(a *Airframe, dt float64) *Stepper { return NewStepperIn(a, dt, Gravity) }

// NewStepperIn is NewStepper in a gravity of so many m/s².
func NewStepperIn(a *Airframe, dt, gravity float64) *Stepper {
	p := &Stepper{
		a: a, dt: dt, n: len(a.Rotors), gravity: gravity,
		up: newLag(a.LagUp.Value, dt), down: newLag(a.LagDown.Value, dt),
		linear: a.ThrustLaw == LinearThrust, invMass: 1 / a.Mass.Value,
		kEta: a.Thrust.Value, kM: a.Torque.Value, kD: a.RotorDrag.Value, kZ: a.InflowDrag.Value,
		kH: a.TransLift.Value, kF: a.Flapping.Value, cd: a.BodyDrag, cLin: a.LinearDrag.Value, cSpin: a.SpinDamping.Value,
		jx: a.Inertia.XX, jy: a.Inertia.YY, jz: a.Inertia.ZZ,
		ijx: 1 / a.Inertia.XX, ijy: 1 / a.Inertia.YY, ijz: 1 / a.Inertia.ZZ,
	}
	copy(p.rotors[:], a.Rotors)
	p.parasitic = p.cd.X != 0 || p.cd.Y != 0 || p.cd.Z != 0
	p.flat = true
	for i := range p.n {
		r := &p.rotors[i]
		r.Axis = r.axis()
		if i == 0 {
			p.plane = r.Z
		}
		p.flat = p.flat && r.Z == p.plane && r.Axis == geo.Vec{Z: 1}
		p.g.add(r.X, r.Y)
		xx, yy := float64(r.X*r.X), float64(r.Y*r.Y)
		p.arms[i] = arm{x: r.X, y: r.Y, rr: xx + yy, xx: xx, xy: r.X * r.Y, yy: yy, turn: r.Turn}
	}
	p.kWake = a.wakeLoss()
	p.charging()
	for i := range a.Wings {
		w, err := a.Wings[i].plate(p.n)
		if err != nil {
			continue // Init has refused it
		}
		p.plates, p.flat = append(p.plates, w), false
	}
	return p
}

// rate is the time derivative of the rigid body part of a State.
type rate struct {
	P, V geo.Vec
	Q    geo.Quat
	W    geo.Vec
}

// denormal is the rotor speed below which a rotor stands still: decaying on
// would reach numbers so small that the processor takes ten times as long.
const denormal = 1e-9

// Step advances s by one time step with the rotor speeds cmd commanded (rad/s)
// in the air around it.
func (p *Stepper) Step(s *State, cmd *[MaxRotors]float64, air *Air) {
	var k1, k2, k3, k4 rate
	var t State
	h := p.dt
	if p.flat {
		var now, mid, end spin
		p.spins(s, cmd, air, &now, &mid, &end)
		p.derive(s, &now, air, &k1)
		t.ahead(s, &k1, 0.5*h)
		p.derive(&t, &mid, air, &k2)
		t.ahead(s, &k2, 0.5*h)
		p.derive(&t, &mid, air, &k3)
		t.ahead(s, &k3, h)
		p.derive(&t, &end, air, &k4)
	} else {
		p.stepTilted(s, cmd, air, &k1, &k2, &k3, &k4)
	}

	g := h / 6
	s.P = combine(s.P, &k1.P, &k2.P, &k3.P, &k4.P, g)
	s.V = combine(s.V, &k1.V, &k2.V, &k3.V, &k4.V, g)
	s.W = combine(s.W, &k1.W, &k2.W, &k3.W, &k4.W, g)
	qw := s.Q.W + float64(g*(k1.Q.W+float64(2*(k2.Q.W+k3.Q.W))+k4.Q.W))
	qx := s.Q.X + float64(g*(k1.Q.X+float64(2*(k2.Q.X+k3.Q.X))+k4.Q.X))
	qy := s.Q.Y + float64(g*(k1.Q.Y+float64(2*(k2.Q.Y+k3.Q.Y))+k4.Q.Y))
	qz := s.Q.Z + float64(g*(k1.Q.Z+float64(2*(k2.Q.Z+k3.Q.Z))+k4.Q.Z))
	n := 1 / math.Sqrt(float64(qw*qw)+float64(qx*qx)+float64(qy*qy)+float64(qz*qz))
	s.Q = geo.Quat{W: float64(qw * n), X: float64(qx * n), Y: float64(qy * n), Z: float64(qz * n)}
}

func combine(s geo.Vec, k1, k2, k3, k4 *geo.Vec, g float64) geo.Vec {
	return geo.Vec{
		X: s.X + float64(g*(k1.X+float64(2*(k2.X+k3.X))+k4.X)),
		Y: s.Y + float64(g*(k1.Y+float64(2*(k2.Y+k3.Y))+k4.Y)),
		Z: s.Z + float64(g*(k1.Z+float64(2*(k2.Z+k3.Z))+k4.Z)),
	}
}

// ahead sets the rigid body of o to s + h·k.
func (o *State) ahead(s *State, k *rate, h float64) {
	o.V = geo.Vec{X: s.V.X + float64(h*k.V.X), Y: s.V.Y + float64(h*k.V.Y), Z: s.V.Z + float64(h*k.V.Z)}
	o.Q = geo.Quat{W: s.Q.W + float64(h*k.Q.W), X: s.Q.X + float64(h*k.Q.X), Y: s.Q.Y + float64(h*k.Q.Y), Z: s.Q.Z + float64(h*k.Q.Z)}
	o.W = geo.Vec{X: s.W.X + float64(h*k.W.X), Y: s.W.Y + float64(h*k.W.Y), Z: s.W.Z + float64(h*k.W.Z)}
}

// turned is the rotation matrix of a quaternion that is not quite of length
// one, as it happens inside a step.
type turned struct{ xx, xy, xz, yx, yy, yz, zx, zy, zz float64 }

func (r *turned) set(q *geo.Quat) {
	n2 := 2 / (float64(q.W*q.W) + float64(q.X*q.X) + float64(q.Y*q.Y) + float64(q.Z*q.Z))
	x, y, z := float64(q.X*n2), float64(q.Y*n2), float64(q.Z*n2)
	xx, yy, zz := float64(q.X*x), float64(q.Y*y), float64(q.Z*z)
	xy, xz, yz := float64(q.X*y), float64(q.X*z), float64(q.Y*z)
	wx, wy, wz := float64(q.W*x), float64(q.W*y), float64(q.W*z)
	r.xx, r.xy, r.xz = 1-(yy+zz), xy-wz, xz+wy
	r.yx, r.yy, r.yz = xy+wz, 1-(xx+zz), yz-wx
	r.zx, r.zy, r.zz = xz-wy, yz+wx, 1-(xx+yy)
}

// derive computes the rate of change of s while the rotors spin as sp.
//
//	F = Σ kη ω² z + kh (vx²+vy²) z − ω diag(kd,kd,kz) v_i − |v| diag(c) v − c1 v      v_i = v_air + w × r_i
//	M = Σ r_i × F_i + turn_i km ω² z − kf ω v_i × z − c2 w
//	m v' = ρ/ρ0 R F − m g z        J w' = ρ/ρ0 M − w × J w        q' = ½ q ⊗ w
//
// Source of the rotor terms: RotorPy (Folk et al. 2023), after Svacha et al.
// 2017. All rotors are alike and in one plane, so that the sums over them are
// polynomials in the sums that spin holds: the cost doesn't grow with their number.
func (p *Stepper) derive(s *State, sp *spin, air *Air, d *rate) {
	var r turned
	r.set(&s.Q)
	w := s.W
	ax, ay, az := s.V.X-air.Wind.X, s.V.Y-air.Wind.Y, s.V.Z-air.Wind.Z
	bx := float64(r.xx*ax) + float64(r.yx*ay) + float64(r.zx*az)
	by := float64(r.xy*ax) + float64(r.yy*ay) + float64(r.zy*az)
	bz := float64(r.xz*ax) + float64(r.yz*ay) + float64(r.zz*az)
	ux := bx + float64(w.Y*p.plane)
	uy := by - float64(w.X*p.plane)

	// Sums of ω v_i over the rotors, across their axes.
	sx := float64(sp.s*ux) - float64(w.Z*sp.y)
	sy := float64(sp.s*uy) + float64(w.Z*sp.x)
	fx := -float64(p.kD * sx)
	fy := -float64(p.kD * sy)
	fz := sp.thrust
	mx := sp.roll - float64(p.plane*fy)
	my := float64(p.plane*fx) - sp.pitch
	mz := sp.yaw - float64(p.kD*(float64(sp.x*uy)-float64(sp.y*ux)+float64(w.Z*sp.rr)))
	if p.kZ != 0 {
		fz -= float64(p.kZ * (float64(sp.s*bz) + float64(w.X*sp.y) - float64(w.Y*sp.x)))
		mx -= float64(p.kZ * (float64(sp.y*bz) + float64(w.X*sp.yy) - float64(w.Y*sp.xy)))
		my += float64(p.kZ * (float64(sp.x*bz) + float64(w.X*sp.xy) - float64(w.Y*sp.xx)))
	}
	if p.kH != 0 {
		uu := float64(ux*ux) + float64(uy*uy)
		w2 := 2 * w.Z
		ww := float64(w.Z * w.Z)
		g := &p.g
		fz += float64(p.kH * (float64(g.n*uu) + float64(w2*(float64(uy*g.x)-float64(ux*g.y))) + float64(ww*(g.xx+g.yy))))
		mx += float64(p.kH * (float64(g.y*uu) + float64(w2*(float64(uy*g.xy)-float64(ux*g.yy))) + float64(ww*(g.xxy+g.yyy))))
		my -= float64(p.kH * (float64(g.x*uu) + float64(w2*(float64(uy*g.xx)-float64(ux*g.xy))) + float64(ww*(g.xxx+g.xyy))))
	}
	if p.kF != 0 {
		mx -= float64(p.kF * sy)
		my += float64(p.kF * sx)
	}
	if p.parasitic {
		vn := math.Sqrt(float64(bx*bx) + float64(by*by) + float64(bz*bz))
		fx -= float64(float64(vn*p.cd.X) * bx)
		fy -= float64(float64(vn*p.cd.Y) * by)
		fz -= float64(float64(vn*p.cd.Z) * bz)
	}
	if p.cLin != 0 {
		fx, fy, fz = fx-float64(p.cLin*bx), fy-float64(p.cLin*by), fz-float64(p.cLin*bz)
	}
	if p.cSpin != 0 {
		mx, my, mz = mx-float64(p.cSpin*w.X), my-float64(p.cSpin*w.Y), mz-float64(p.cSpin*w.Z)
	}
	p.move(s, &r, fx, fy, fz, mx, my, mz, air.Density, d)
}

// move turns a force and a moment in the body frame into the rate of change of s.
func (p *Stepper) move(s *State, r *turned, fx, fy, fz, mx, my, mz, density float64, d *rate) {
	w, q := &s.W, &s.Q
	im := float64(p.invMass * density)
	fx, fy, fz = float64(fx*im), float64(fy*im), float64(fz*im)
	mx, my, mz = float64(mx*density), float64(my*density), float64(mz*density)
	d.P = s.V
	d.V.X = float64(r.xx*fx) + float64(r.xy*fy) + float64(r.xz*fz)
	d.V.Y = float64(r.yx*fx) + float64(r.yy*fy) + float64(r.yz*fz)
	d.V.Z = float64(r.zx*fx) + float64(r.zy*fy) + float64(r.zz*fz) - p.gravity
	hx, hy, hz := float64(0.5*w.X), float64(0.5*w.Y), float64(0.5*w.Z)
	d.Q.W = -float64(q.X*hx) - float64(q.Y*hy) - float64(q.Z*hz)
	d.Q.X = float64(q.W*hx) + float64(q.Y*hz) - float64(q.Z*hy)
	d.Q.Y = float64(q.W*hy) - float64(q.X*hz) + float64(q.Z*hx)
	d.Q.Z = float64(q.W*hz) + float64(q.X*hy) - float64(q.Y*hx)
	if p.a.diag {
		d.W.X = float64((mx - float64(float64((p.jz-p.jy)*w.Y)*w.Z)) * p.ijx)
		d.W.Y = float64((my - float64(float64((p.jx-p.jz)*w.Z)*w.X)) * p.ijy)
		d.W.Z = float64((mz - float64(float64((p.jy-p.jx)*w.X)*w.Y)) * p.ijz)
		return
	}
	j := &p.a.Inertia
	lx := float64(j.XX*w.X) + float64(j.XY*w.Y) + float64(j.XZ*w.Z)
	ly := float64(j.XY*w.X) + float64(j.YY*w.Y) + float64(j.YZ*w.Z)
	lz := float64(j.XZ*w.X) + float64(j.YZ*w.Y) + float64(j.ZZ*w.Z)
	nx := mx - (float64(w.Y*lz) - float64(w.Z*ly))
	ny := my - (float64(w.Z*lx) - float64(w.X*lz))
	nz := mz - (float64(w.X*ly) - float64(w.Y*lx))
	k := &p.a.invJ
	d.W.X = float64(k[0]*nx) + float64(k[1]*ny) + float64(k[2]*nz)
	d.W.Y = float64(k[3]*nx) + float64(k[4]*ny) + float64(k[5]*nz)
	d.W.Z = float64(k[6]*nx) + float64(k[7]*ny) + float64(k[8]*nz)
}

// Acceleration is the rate of change of velocity (m/s², world frame, gravity
// included) and of body rates (rad/s²) at this instant.
func (p *Stepper) Acceleration(s *State, air *Air) (v, w geo.Vec) {
	var d rate
	now := p.at(&s.R, air)
	if p.flat {
		var sp spin
		p.sum(&now, float64(p.kEta*air.Lift), &sp)
		sp.sink(float64(p.kWake * air.Wake))
		p.derive(s, &sp, air, &d)
	} else {
		p.deriveTilted(s, &now, air, &d)
	}
	return d.V, d.W
}
