package autopilot

import (
	"math"

	"volary/internal/drone"
	"volary/internal/geo"
)

// Estimate is where the drone believes it is. Position and velocity in the
// world, rates in the body frame, rotor speeds as its motor controllers report them.
type Estimate struct {
	P, V geo.Vec
	Q    geo.Quat
	W    geo.Vec
	R    [MaxRotors]float64
}

// setpoint is the moving point the cascade follows: a trajectory that the
// vehicle can fly, made from where it should end.
type setpoint struct {
	p, v, a geo.Vec
	j       geo.Vec // m/s³, as far as it is passed on to the attitude
	yaw     float64
}

// maxLead is how far the set-point may run ahead of a drone that can't follow,
// in metres, before it waits.
const maxLead = 2.0

// settled is the distance at which a set-point is put onto its target, metres.
const settled = 0.005

// advance moves the set-point dt seconds towards target at up to speed, with
// limited acceleration and jerk, and stops there. here is where the drone is.
func (s *setpoint) advance(v *Vehicle, target, here geo.Vec, l limits, dt float64) {
	s.advanceXY(v, target, here, l.speed, dt)
	s.advanceZ(v, target.Z, here.Z, l, dt)
}

// limits are the speeds of one move, m/s.
type limits struct{ speed, climb, descend float64 }

func (s *setpoint) advanceXY(v *Vehicle, target, here geo.Vec, speed, dt float64) {
	g := &v.gain
	e := target.Sub(s.p)
	d := e.NormXY()
	if d < settled && s.v.NormXY() < 0.05 {
		s.p.X, s.p.Y, s.v.X, s.v.Y, s.a.X, s.a.Y, s.j = target.X, target.Y, 0, 0, 0, 0, geo.Vec{}
		return
	}
	want, brake := braking(d, float64(0.6*g.accXY), g.jerk, speed)
	want = float64(want * patience(s.p.Sub(here).NormXY()))
	var wx, wy, bx, by float64
	if d > 0 {
		wx, wy = float64(e.X*(want/d)), float64(e.Y*(want/d))
		bx, by = float64(e.X*(brake/d)), float64(e.Y*(brake/d))
	}
	s.accelerateXY(v, float64(3*(wx-s.v.X))-bx, float64(3*(wy-s.v.Y))-by, dt)
	s.p.X += float64(s.v.X * dt)
	s.p.Y += float64(s.v.Y * dt)
}

func (s *setpoint) advanceZ(v *Vehicle, target, here float64, l limits, dt float64) {
	g := &v.gain
	e := target - s.p.Z
	if math.Abs(e) < settled && math.Abs(s.v.Z) < 0.05 {
		s.p.Z, s.v.Z, s.a.Z = target, 0, 0
		return
	}
	acc, limit := g.accU, l.climb
	if e < 0 {
		acc, limit = g.accD, l.descend
	}
	want, brake := braking(math.Abs(e), float64(0.6*acc), g.jerk, limit)
	want = math.Copysign(float64(want*patience(math.Abs(s.p.Z-here))), e)
	s.accelerateZ(v, float64(3*(want-s.v.Z))-math.Copysign(brake, e), dt)
	s.p.Z += float64(s.v.Z * dt)
}

// patience slows a set-point that the drone lags by more than maxLead, down to
// a standstill at twice that.
func patience(lag float64) float64 {
	return geo.Clamp(2-lag/maxLead, 0, 1)
}

// follow moves the set-point at velocity want (m/s), for the velocity mode.
func (s *setpoint) follow(v *Vehicle, want, here geo.Vec, dt float64) {
	s.accelerateXY(v, float64(3*(want.X-s.v.X)), float64(3*(want.Y-s.v.Y)), dt)
	s.accelerateZ(v, float64(3*(want.Z-s.v.Z)), dt)
	s.p = s.p.Add(s.v.Scale(dt))
	if lag := s.p.Sub(here); lag.Norm() > maxLead {
		s.p = here.Add(lag.Scale(maxLead / lag.Norm()))
	}
}

func (s *setpoint) accelerateXY(v *Vehicle, ax, ay, dt float64) {
	g := &v.gain
	ax, ay = limitXY(ax, ay, g.accXY)
	jx, jy := limitXY(ax-s.a.X, ay-s.a.Y, float64(g.jerk*dt))
	s.a.X += jx
	s.a.Y += jy
	s.j.X, s.j.Y = jx/dt, jy/dt
	s.v.X += float64(s.a.X * dt)
	s.v.Y += float64(s.a.Y * dt)
}

func (s *setpoint) accelerateZ(v *Vehicle, a, dt float64) {
	g := &v.gain
	a = geo.Clamp(a, -g.accD, g.accU)
	s.a.Z += geo.Clamp(a-s.a.Z, float64(-g.jerk*dt), float64(g.jerk*dt))
	s.v.Z += float64(s.a.Z * dt)
}

// brakingSpeed is the speed from which one can stop within d with deceleration a
// that builds up with jerk j (PX4 computeMaxSpeedFromDistance).
func brakingSpeed(d, a, j float64) float64 {
	b := 4 * float64(a*a) / j
	return 0.5 * (math.Sqrt(float64(b*b)+float64(8*float64(a*d))) - b)
}

// braking is the speed at a distance d from where one shall stop, and how fast
// it falls on the way there: none while it is limited by more than the stop.
func braking(d, a, j, limit float64) (speed, rate float64) {
	b := 4 * float64(a*a) / j
	root := math.Sqrt(float64(b*b) + float64(8*float64(a*d)))
	if speed = 0.5 * (root - b); speed >= limit {
		return limit, 0
	}
	return speed, float64(speed * (2 * a / root))
}

func limitXY(x, y, limit float64) (float64, float64) {
	if n := math.Sqrt(float64(x*x) + float64(y*y)); n > limit {
		return float64(x * (limit / n)), float64(y * (limit / n))
	}
	return x, y
}

// maxIntegral bounds the acceleration that the velocity integrators hold, m/s².
const maxIntegral = 4.0

// hold computes the attitude and thrust wanted from the set-point: the outer
// half of the cascade.
func (p *Pilot) hold(e *Estimate, dt float64) {
	if p.Mode == drone.Descend {
		p.sink(e)
		return
	}
	v, g := p.veh, &p.veh.gain
	s := &p.sp
	vx := s.v.X + float64(g.posXY*(s.p.X-e.P.X)) - e.V.X
	vy := s.v.Y + float64(g.posXY*(s.p.Y-e.P.Y)) - e.V.Y
	vz := s.v.Z + float64(g.posZ*(s.p.Z-e.P.Z)) - e.V.Z
	// The drag of flying at the set-point's speed is known: left to the
	// integrators, they would have to forget it again at every stop.
	drag := v.Drag + float64(v.DragSq*s.v.NormXY())
	// The attitude follows late: so it is asked for early.
	ax := s.a.X + float64(g.lag*s.j.X) + float64(drag*s.v.X) + float64(g.velXY*vx) + p.integral.X
	ay := s.a.Y + float64(g.lag*s.j.Y) + float64(drag*s.v.Y) + float64(g.velXY*vy) + p.integral.Y
	az := s.a.Z + float64(v.DragZ*s.v.Z) + float64(g.velZ*vz) + p.integral.Z + v.Gravity

	ix := geo.Clamp(p.integral.X+float64(float64(g.intXY*vx)*dt), -maxIntegral, maxIntegral)
	iy := geo.Clamp(p.integral.Y+float64(float64(g.intXY*vy)*dt), -maxIntegral, maxIntegral)
	iz := geo.Clamp(p.integral.Z+float64(float64(g.intZ*vz)*dt), -maxIntegral, maxIntegral)

	// Thrust never points down, nor further from the vertical than the tilt limit.
	az = math.Max(az, 0.3*v.Gravity)
	if h, lim := math.Sqrt(float64(ax*ax)+float64(ay*ay)), float64(v.tanT*az); h > lim {
		ax, ay = float64(ax*(lim/h)), float64(ay*(lim/h))
		ix, iy = p.integral.X, p.integral.Y // saturated: don't wind up
	}
	p.integral = geo.Vec{X: ix, Y: iy, Z: iz}
	p.acc = geo.Vec{X: ax, Y: ay, Z: az}

	n := p.acc.Norm()
	zx, zy, zz := ax/n, ay/n, az/n
	sy, cy := geo.Sincos(float64(0.5 * s.yaw))
	tw := math.Sqrt(float64(0.5 * (1 + zz)))
	k := 0.5 / tw
	tx, ty := -float64(zy*k), float64(zx*k)
	p.want = geo.Quat{
		W: float64(tw * cy), X: float64(tx*cy) + float64(ty*sy),
		Y: float64(ty*cy) - float64(tx*sy), Z: float64(tw * sy),
	}
}

// sink keeps the drone level and at the vertical speed of the set-point: what is
// left to do without a position.
func (p *Pilot) sink(e *Estimate) {
	vz := float64(2 * (p.sp.v.Z - e.V.Z))
	p.acc = geo.Vec{Z: math.Max(p.veh.Gravity+vz, 0.3*p.veh.Gravity)}
	p.want = geo.FromYaw(p.sp.yaw)
}

// stabilise computes rotor speeds from the attitude wanted: the inner half.
func (p *Pilot) stabilise(e *Estimate, out *[MaxRotors]float64) {
	v, g := p.veh, &p.veh.gain
	q, d := &e.Q, &p.want
	ew := float64(q.W*d.W) + float64(q.X*d.X) + float64(q.Y*d.Y) + float64(q.Z*d.Z)
	ex := float64(q.W*d.X) - float64(q.X*d.W) - float64(q.Y*d.Z) + float64(q.Z*d.Y)
	ey := float64(q.W*d.Y) + float64(q.X*d.Z) - float64(q.Y*d.W) - float64(q.Z*d.X)
	ez := float64(q.W*d.Z) - float64(q.X*d.Y) + float64(q.Y*d.X) - float64(q.Z*d.W)
	sign := 2.0
	if ew < 0 { // the short way round
		sign = -2
	}
	rx := geo.Clamp(float64(float64(g.att*sign)*ex), -g.maxRate, g.maxRate)
	ry := geo.Clamp(float64(float64(g.att*sign)*ey), -g.maxRate, g.maxRate)
	rz := geo.Clamp(float64(float64(g.yaw*sign)*ez), -g.maxYawRate, g.maxYawRate)
	w, j := e.W, v.Inertia
	m := geo.Vec{
		X: float64(j.X*float64(g.rate*(rx-w.X))) + float64(float64((j.Z-j.Y)*w.Y)*w.Z),
		Y: float64(j.Y*float64(g.rate*(ry-w.Y))) + float64(float64((j.X-j.Z)*w.Z)*w.X),
		Z: float64(j.Z*float64(g.yawRate*(rz-w.Z))) + float64(float64((j.Y-j.X)*w.X)*w.Y),
	}
	// Thrust along the body's own axis, so that a tilted drone doesn't overshoot.
	bx := 2 * (float64(q.X*q.Z) + float64(q.W*q.Y))
	by := 2 * (float64(q.Y*q.Z) - float64(q.W*q.X))
	bz := 1 - float64(2*(float64(q.X*q.X)+float64(q.Y*q.Y)))
	a := float64(p.acc.X*bx) + float64(p.acc.Y*by) + float64(p.acc.Z*bz)
	p.alloc.mixInto(v, float64(v.Mass*max(0, a)), m, &e.R, out)
}
