package physics

import (
	"math"

	"volary/internal/geo"
)

// Stepper advances drones of one airframe by a fixed time step.
type Stepper struct {
	a    *Airframe
	dt   float64
	n    int
	up   lag
	down lag

	mass, invMass             float64
	kEta, kM, kD, kZ, kH      float64
	cd                        Drag
	rotors                    [MaxRotors]Rotor
	dragless                  bool
	jx, jy, jz, ijx, ijy, ijz float64
}

// lag is what is left of the distance to the commanded speed after half and a whole step.
type lag struct{ half, full float64 }

func newLag(tau, dt float64) lag {
	if tau == 0 {
		return lag{}
	}
	h := geo.Exp(-0.5 * dt / tau)
	return lag{half: h, full: float64(h * h)}
}

// NewStepper makes a stepper for a with steps of dt seconds.
func NewStepper(a *Airframe, dt float64) *Stepper {
	s := &Stepper{
		a: a, dt: dt, n: len(a.Rotors),
		up: newLag(a.LagUp.Value, dt), down: newLag(a.LagDown.Value, dt),
		mass: a.Mass.Value, invMass: 1 / a.Mass.Value,
		kEta: a.Thrust.Value, kM: a.Torque.Value, kD: a.RotorDrag.Value, kZ: a.InflowDrag.Value, kH: a.TransLift.Value,
		cd: a.BodyDrag,
		jx: a.Inertia.XX, jy: a.Inertia.YY, jz: a.Inertia.ZZ,
		ijx: 1 / a.Inertia.XX, ijy: 1 / a.Inertia.YY, ijz: 1 / a.Inertia.ZZ,
	}
	copy(s.rotors[:], a.Rotors)
	s.dragless = s.kD == 0 && s.kZ == 0 && s.kH == 0 && s.cd.X == 0 && s.cd.Y == 0 && s.cd.Z == 0
	return s
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
// in air that moves with wind (m/s, world frame).
func (p *Stepper) Step(s *State, cmd *[MaxRotors]float64, wind geo.Vec) {
	var mid, end [MaxRotors]float64
	for i := range p.n {
		d := s.R[i] - cmd[i]
		l := p.down
		if d < 0 {
			l = p.up
		}
		mid[i] = cmd[i] + float64(d*l.half)
		end[i] = cmd[i] + float64(d*l.full)
		if end[i] < denormal {
			end[i] = 0
		}
	}
	h := p.dt
	var k1, k2, k3, k4 rate
	var t State
	p.derive(s, &s.R, wind, &k1)
	t.ahead(s, &k1, 0.5*h)
	p.derive(&t, &mid, wind, &k2)
	t.ahead(s, &k2, 0.5*h)
	p.derive(&t, &mid, wind, &k3)
	t.ahead(s, &k3, h)
	p.derive(&t, &end, wind, &k4)

	g := h / 6
	s.P = combine(s.P, k1.P, k2.P, k3.P, k4.P, g)
	s.V = combine(s.V, k1.V, k2.V, k3.V, k4.V, g)
	s.W = combine(s.W, k1.W, k2.W, k3.W, k4.W, g)
	qw := s.Q.W + float64(g*(k1.Q.W+float64(2*(k2.Q.W+k3.Q.W))+k4.Q.W))
	qx := s.Q.X + float64(g*(k1.Q.X+float64(2*(k2.Q.X+k3.Q.X))+k4.Q.X))
	qy := s.Q.Y + float64(g*(k1.Q.Y+float64(2*(k2.Q.Y+k3.Q.Y))+k4.Q.Y))
	qz := s.Q.Z + float64(g*(k1.Q.Z+float64(2*(k2.Q.Z+k3.Q.Z))+k4.Q.Z))
	n := 1 / math.Sqrt(float64(qw*qw)+float64(qx*qx)+float64(qy*qy)+float64(qz*qz))
	s.Q = geo.Quat{W: float64(qw * n), X: float64(qx * n), Y: float64(qy * n), Z: float64(qz * n)}
	s.R = end
}

func combine(s, k1, k2, k3, k4 geo.Vec, g float64) geo.Vec {
	return geo.Vec{
		X: s.X + float64(g*(k1.X+float64(2*(k2.X+k3.X))+k4.X)),
		Y: s.Y + float64(g*(k1.Y+float64(2*(k2.Y+k3.Y))+k4.Y)),
		Z: s.Z + float64(g*(k1.Z+float64(2*(k2.Z+k3.Z))+k4.Z)),
	}
}

// ahead sets the rigid body of o to s + h·k.
func (o *State) ahead(s *State, k *rate, h float64) {
	o.P = geo.Vec{X: s.P.X + float64(h*k.P.X), Y: s.P.Y + float64(h*k.P.Y), Z: s.P.Z + float64(h*k.P.Z)}
	o.V = geo.Vec{X: s.V.X + float64(h*k.V.X), Y: s.V.Y + float64(h*k.V.Y), Z: s.V.Z + float64(h*k.V.Z)}
	o.Q = geo.Quat{W: s.Q.W + float64(h*k.Q.W), X: s.Q.X + float64(h*k.Q.X), Y: s.Q.Y + float64(h*k.Q.Y), Z: s.Q.Z + float64(h*k.Q.Z)}
	o.W = geo.Vec{X: s.W.X + float64(h*k.W.X), Y: s.W.Y + float64(h*k.W.Y), Z: s.W.Z + float64(h*k.W.Z)}
}

// derive computes the rate of change of s with rotor speeds r.
//
//	F = Σ kη ω² z + kh (vx²+vy²) z − ω diag(kd,kd,kz) v_i − |v| diag(c) v      v_i = v_air + w × r_i
//	M = Σ r_i × F_i + turn_i km ω² z
//	m v' = R F − m g z        J w' = M − w × J w        q' = ½ q ⊗ w
//
// Source of the rotor terms: RotorPy (Folk et al. 2023), after Svacha et al. 2017.
func (p *Stepper) derive(s *State, r *[MaxRotors]float64, wind geo.Vec, d *rate) {
	qw, qx, qy, qz := s.Q.W, s.Q.X, s.Q.Y, s.Q.Z
	// Inside a step the quaternion is not quite of length one: normalise its rotation.
	n2 := 1 / (float64(qw*qw) + float64(qx*qx) + float64(qy*qy) + float64(qz*qz))
	xx, yy, zz := float64(float64(qx*qx)*n2), float64(float64(qy*qy)*n2), float64(float64(qz*qz)*n2)
	xy, xz, yz := float64(float64(qx*qy)*n2), float64(float64(qx*qz)*n2), float64(float64(qy*qz)*n2)
	wx, wy, wz := float64(float64(qw*qx)*n2), float64(float64(qw*qy)*n2), float64(float64(qw*qz)*n2)
	r00, r01, r02 := 1-float64(2*(yy+zz)), 2*(xy-wz), 2*(xz+wy)
	r10, r11, r12 := 2*(xy+wz), 1-float64(2*(xx+zz)), 2*(yz-wx)
	r20, r21, r22 := 2*(xz-wy), 2*(yz+wx), 1-float64(2*(xx+yy))
	w := s.W

	var fx, fy, fz, mx, my, mz float64
	if p.dragless {
		for i := range p.n {
			o := r[i]
			t := float64(p.kEta * float64(o*o))
			fz += t
			mx += float64(p.rotors[i].Y * t)
			my -= float64(p.rotors[i].X * t)
			mz += float64(p.rotors[i].Turn * float64(p.kM*float64(o*o)))
		}
	} else {
		ax, ay, az := s.V.X-wind.X, s.V.Y-wind.Y, s.V.Z-wind.Z
		bx := float64(r00*ax) + float64(r10*ay) + float64(r20*az)
		by := float64(r01*ax) + float64(r11*ay) + float64(r21*az)
		bz := float64(r02*ax) + float64(r12*ay) + float64(r22*az)
		for i := range p.n {
			c, o := &p.rotors[i], r[i]
			vx := bx + float64(w.Y*c.Z) - float64(w.Z*c.Y)
			vy := by + float64(w.Z*c.X) - float64(w.X*c.Z)
			vz := bz + float64(w.X*c.Y) - float64(w.Y*c.X)
			od := float64(o * p.kD)
			ix := -float64(od * vx)
			iy := -float64(od * vy)
			iz := float64(p.kEta*float64(o*o)) + float64(p.kH*(float64(vx*vx)+float64(vy*vy))) - float64(float64(o*p.kZ)*vz)
			fx += ix
			fy += iy
			fz += iz
			mx += float64(c.Y*iz) - float64(c.Z*iy)
			my += float64(c.Z*ix) - float64(c.X*iz)
			mz += float64(c.X*iy) - float64(c.Y*ix) + float64(c.Turn*float64(p.kM*float64(o*o)))
		}
		vn := math.Sqrt(float64(bx*bx) + float64(by*by) + float64(bz*bz))
		fx -= float64(float64(vn*p.cd.X) * bx)
		fy -= float64(float64(vn*p.cd.Y) * by)
		fz -= float64(float64(vn*p.cd.Z) * bz)
	}

	d.P = s.V
	im := p.invMass
	d.V.X = (float64(r00*fx) + float64(r01*fy) + float64(r02*fz)) * im
	d.V.Y = (float64(r10*fx) + float64(r11*fy) + float64(r12*fz)) * im
	d.V.Z = float64((float64(r20*fx)+float64(r21*fy)+float64(r22*fz))*im) - Gravity
	d.Q.W = 0.5 * (-float64(qx*w.X) - float64(qy*w.Y) - float64(qz*w.Z))
	d.Q.X = 0.5 * (float64(qw*w.X) + float64(qy*w.Z) - float64(qz*w.Y))
	d.Q.Y = 0.5 * (float64(qw*w.Y) - float64(qx*w.Z) + float64(qz*w.X))
	d.Q.Z = 0.5 * (float64(qw*w.Z) + float64(qx*w.Y) - float64(qy*w.X))
	if p.a.diag {
		d.W.X = (mx - float64(float64((p.jz-p.jy)*w.Y)*w.Z)) * p.ijx
		d.W.Y = (my - float64(float64((p.jx-p.jz)*w.Z)*w.X)) * p.ijy
		d.W.Z = (mz - float64(float64((p.jy-p.jx)*w.X)*w.Y)) * p.ijz
		return
	}
	j := &p.a.Inertia
	hx := float64(j.XX*w.X) + float64(j.XY*w.Y) + float64(j.XZ*w.Z)
	hy := float64(j.XY*w.X) + float64(j.YY*w.Y) + float64(j.YZ*w.Z)
	hz := float64(j.XZ*w.X) + float64(j.YZ*w.Y) + float64(j.ZZ*w.Z)
	nx := mx - (float64(w.Y*hz) - float64(w.Z*hy))
	ny := my - (float64(w.Z*hx) - float64(w.X*hz))
	nz := mz - (float64(w.X*hy) - float64(w.Y*hx))
	k := &p.a.invJ
	d.W.X = float64(k[0]*nx) + float64(k[1]*ny) + float64(k[2]*nz)
	d.W.Y = float64(k[3]*nx) + float64(k[4]*ny) + float64(k[5]*nz)
	d.W.Z = float64(k[6]*nx) + float64(k[7]*ny) + float64(k[8]*nz)
}
