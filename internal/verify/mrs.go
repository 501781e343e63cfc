package verify

import (
	"errors"
	"math"

	"volary/internal/geo"
	"volary/internal/physics"
)

// MRS is the file of flights of the MRS multirotor simulator: one airframe, one
// cascade of PIDs, and steps in position.
type MRS struct {
	Params MRSParams          `json:"params_x500"`
	Gains  MRSGains           `json:"gains"`
	Cases  map[string]MRSCase `json:"cases"`
}

// MRSParams are the airframe in the MRS simulator's own terms.
type MRSParams struct {
	Mass       float64     `json:"mass"`
	Arm        float64     `json:"arm_length"`
	Kf         float64     `json:"kf_N_per_rpm2"`
	Km         float64     `json:"km"`
	PropRadius float64     `json:"prop_radius"`
	Lag        float64     `json:"motor_time_constant"`
	MaxRPM     float64     `json:"max_rpm"`
	MinRPM     float64     `json:"min_rpm"`
	Resistance float64     `json:"air_resistance_coeff"`
	J          [3]float64  `json:"J"`
	Alloc      [][]float64 `json:"alloc"`
}

// MRSGains are the gains of the cascade, from position down to rate.
type MRSGains struct {
	Position struct {
		MRSPID
		Max float64 `json:"max_velocity"`
	} `json:"position"`
	Velocity struct {
		MRSPID
		Max float64 `json:"max_acceleration"`
	} `json:"velocity"`
	Attitude struct {
		MRSPID
		Max    float64 `json:"max_rate_rp"`
		MaxYaw float64 `json:"max_rate_yaw"`
	} `json:"attitude"`
	Rate MRSPID `json:"rate"`
}

// MRSPID are the gains of one PID.
type MRSPID struct {
	P float64 `json:"kp"`
	I float64 `json:"ki"`
	D float64 `json:"kd"`
}

// MRSCase is a step to a position and heading (rad). A case that only says what
// differs takes the rest from another.
type MRSCase struct {
	Ref     []float64 `json:"ref"`
	Heading float64   `json:"heading"`
	Start   []float64 `json:"start"`
	Dt      float64   `json:"dt"`
	T       float64   `json:"T"`
	Same    string    `json:"same"`
}

const rpm = math.Pi / 30 // rad/s of one turn a minute

// Airframe is the vehicle in Volary's terms.
func (p *MRSParams) Airframe() (*physics.Airframe, error) {
	val := func(v float64) physics.Sourced {
		return physics.Sourced{Value: v, Source: "MRS multirotor simulator"}
	}
	kf := p.Kf / (rpm * rpm)
	drag := p.Resistance * math.Pi * p.Arm * p.Arm
	a := &physics.Airframe{
		Name: "mrs-x500", Mass: val(p.Mass), Inertia: physics.Inertia{XX: p.J[0], YY: p.J[1], ZZ: p.J[2]},
		Thrust: val(kf), Torque: val(kf * p.Km * 3 * p.PropRadius), BodyDrag: physics.Drag{X: drag, Y: drag, Z: drag},
		LagUp: val(p.Lag), LagDown: val(p.Lag), SpeedMax: val(p.MaxRPM * rpm),
	}
	for i := range p.Alloc[0] {
		a.Rotors = append(a.Rotors, physics.Rotor{X: -p.Alloc[1][i] * p.Arm, Y: p.Alloc[0][i] * p.Arm, Turn: p.Alloc[2][i]})
	}
	return a, a.Init()
}

// pid is the MRS simulator's PID: its sum is cut at limit (0: never), and its
// integral stands still while the sum is at or above wind.
type pid struct {
	MRSPID
	limit, wind    float64
	last, integral float64
}

func (p *pid) update(e, dt float64) float64 {
	sum := p.P*e + p.D*(e-p.last)/dt + p.I*p.integral
	p.last = e
	if p.limit > 0 {
		sum = geo.Clamp(sum, -p.limit, p.limit)
	}
	if math.Abs(sum) < p.wind {
		p.integral += e * dt
	}
	return sum
}

// MRSCascade is the MRS simulator's own controller, rebuilt from its source
// (ctu-mrs/mrs_multirotor_simulator, UavSystem and its controllers), so that our
// airframe can be flown as theirs is. It is for comparison only.
type MRSCascade struct {
	p                   *MRSParams
	pos, vel, att, rate [3]pid
	mix                 [][4]float64 // roll, pitch, yaw and throttle to each motor
}

// NewMRSCascade is a cascade at rest.
func NewMRSCascade(p *MRSParams, g *MRSGains) *MRSCascade {
	c := &MRSCascade{p: p}
	for i := range 3 {
		c.pos[i] = pid{MRSPID: g.Position.MRSPID, limit: g.Position.Max, wind: 1}
		c.vel[i] = pid{MRSPID: g.Velocity.MRSPID, limit: g.Velocity.Max, wind: 1}
		c.att[i] = pid{MRSPID: g.Attitude.MRSPID, limit: g.Attitude.Max, wind: 0.1}
		j := p.J[i]
		c.rate[i] = pid{MRSPID: MRSPID{P: g.Rate.P * j, I: g.Rate.I * j, D: g.Rate.D * j}, wind: 1}
	}
	c.att[2].limit = g.Attitude.MaxYaw
	// Each row of their pseudo-inverse is scaled to length one for roll and pitch
	// and to signs for yaw, which for a symmetric quadrotor is this.
	for i := range p.Alloc[0] {
		n := math.Hypot(p.Alloc[0][i], p.Alloc[1][i])
		c.mix = append(c.mix, [4]float64{p.Alloc[0][i] / n, p.Alloc[1][i] / n, math.Copysign(1, p.Alloc[2][i]), 1})
	}
	return c
}

// Rotors returns the rotor speeds commanded (rad/s) dt seconds after the last call.
func (c *MRSCascade) Rotors(s *physics.State, ref geo.Vec, heading, dt float64) (cmd [physics.MaxRotors]float64) {
	e := ref.Sub(s.P)
	v := geo.Vec{X: c.pos[0].update(e.X, dt), Y: c.pos[1].update(e.Y, dt), Z: c.pos[2].update(e.Z, dt)}.Sub(s.V)
	fd := geo.Vec{X: c.vel[0].update(v.X, dt), Y: c.vel[1].update(v.Y, dt), Z: c.vel[2].update(v.Z, dt) + physics.Gravity}.Scale(c.p.Mass)

	x, y, z := s.Q.Axes()
	zd := fd.Scale(1 / fd.Norm())
	// Their oblique projection keeps the horizontal direction of the nose.
	sin, cos := math.Sincos(heading)
	xd := geo.Vec{X: cos, Y: sin, Z: -(zd.X*cos + zd.Y*sin) / zd.Z}
	xd = xd.Scale(1 / xd.Norm())
	yd := zd.Cross(xd)
	throttle := (math.Sqrt(math.Max(0, fd.Dot(z))/(c.p.Kf*float64(len(c.mix)))) - c.p.MinRPM) / (c.p.MaxRPM - c.p.MinRPM)

	w := [3]float64{
		c.att[0].update(0.5*(yd.Dot(z)-zd.Dot(y)), dt),
		c.att[1].update(0.5*(zd.Dot(x)-xd.Dot(z)), dt),
		c.att[2].update(0.5*(xd.Dot(y)-yd.Dot(x)), dt),
	}
	group := [4]float64{
		c.rate[0].update(w[0]-s.W.X, dt), c.rate[1].update(w[1]-s.W.Y, dt), c.rate[2].update(w[2]-s.W.Z, dt), throttle,
	}
	for i, u := range c.motors(group) {
		cmd[i] = (c.p.MinRPM + (c.p.MaxRPM-c.p.MinRPM)*geo.Clamp(u, 0, 1)) * rpm
	}
	return cmd
}

// motors mixes a control group as theirs does: what is below zero lifts all,
// what is above one shrinks roll, pitch and yaw.
func (c *MRSCascade) motors(g [4]float64) []float64 {
	u := make([]float64, len(c.mix))
	mix := func() (lo, hi, mean float64) {
		lo, hi = math.Inf(1), math.Inf(-1)
		for i, m := range c.mix {
			u[i] = m[0]*g[0] + m[1]*g[1] + m[2]*g[2] + m[3]*g[3]
			lo, hi = math.Min(lo, u[i]), math.Max(hi, u[i])
			mean += u[i] / float64(len(u))
		}
		return lo, hi, mean
	}
	lo, hi, mean := mix()
	if lo < 0 {
		for i := range u {
			u[i] -= lo
		}
		hi, mean = hi-lo, mean-lo
	}
	if hi > 1 {
		if g[3] > 1e-2 {
			for i := range 3 {
				g[i] /= mean / g[3]
			}
			mix()
		} else {
			for i := range u {
				u[i] /= hi
			}
		}
	}
	return u
}

// FlyMRS flies a case with their cascade on our physics, in steps of at most dt
// seconds, and calls row at the start and after every 10 ms.
func FlyMRS(f *MRS, c *MRSCase, dt float64, row func(i int, s *physics.State)) error {
	if len(c.Ref) != 3 || len(c.Start) != 3 || c.Dt <= 0 || c.T <= 0 {
		return errors.New("ref, start, dt and T: give three numbers, three numbers and two seconds above 0")
	}
	a, err := f.Params.Airframe()
	if err != nil {
		return err
	}
	cascade := NewMRSCascade(&f.Params, &f.Gains)
	s := physics.State{P: geo.Vec{X: c.Start[0], Y: c.Start[1], Z: c.Start[2]}, Q: geo.Quat{W: 1}}
	ref := geo.Vec{X: c.Ref[0], Y: c.Ref[1], Z: c.Ref[2]}
	every := int(math.Round(0.01 / c.Dt))
	n := parts(c.Dt, dt)
	step, air := physics.NewStepper(a, c.Dt/float64(n)), physics.StillAir()
	row(0, &s)
	for i := 1; i <= int(math.Round(c.T/c.Dt)); i++ {
		cmd := cascade.Rotors(&s, ref, c.Heading, c.Dt)
		for range n {
			step.Step(&s, &cmd, &air)
		}
		if i%every == 0 {
			row(i/every, &s)
		}
	}
	return nil
}

// Response is how one axis answers a step.
type Response struct {
	Rise      float64 // s from a tenth to nine tenths of the step
	Overshoot float64 // beyond the step, as a share of it
}

// StepResponse measures x, sampled every dt seconds, on its way from x[0] to ref.
func StepResponse(x []float64, ref, dt float64) Response {
	size := ref - x[0]
	at := func(share float64) float64 {
		for i := 1; i < len(x); i++ {
			a, b := (x[i-1]-x[0])/size, (x[i]-x[0])/size
			if a < share && b >= share {
				return (float64(i-1) + (share-a)/(b-a)) * dt
			}
		}
		return math.NaN()
	}
	r := Response{Rise: at(0.9) - at(0.1)}
	for _, v := range x {
		r.Overshoot = math.Max(r.Overshoot, (v-x[0])/size-1)
	}
	return r
}
