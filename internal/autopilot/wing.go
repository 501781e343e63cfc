package autopilot

import (
	"math"

	"volary/internal/drone"
	"volary/internal/geo"
)

// wing is what a pilot of a fixed-wing aircraft keeps beside the rest. It steers
// by bank, pitch and throttle, and can't stand still: where a multicopter holds,
// it circles.
type wing struct {
	bank, pitch, throttle float64 // wanted: rad right, rad nose up, 0 to 1
	speedI, pitchI        float64 // integrators: throttle, rad
	from                  geo.Vec // where the way to the target began
	to                    geo.Vec // the target that from belongs to
	stage                 landing
	approach              geo.Vec // where the final begins
	along                 float64 // course of the take-off or the final, rad
	dead                  bool    // the motor has failed: it glides
}

// landing is the part of a fixed-wing landing.
type landing uint8

const (
	notLanding landing = iota
	circlingDown
	final
	flare
)

// Figures of PX4's defaults, whose parameter is named; those of an aircraft are
// scaled from PX4's trim speed of 15 m/s (FW_AIRSPD_TRIM) to its cruise.
const (
	fwTrimSpeed   = 15.0                // m/s  FW_AIRSPD_TRIM
	loiterRadius  = 80.0                // m    NAV_LOITER_RAD
	bankLimit     = 50 * math.Pi / 180  // rad  FW_R_LIM
	pitchMax      = 30 * math.Pi / 180  // rad  FW_P_LIM_MAX
	pitchMin      = -30 * math.Pi / 180 // rad  FW_P_LIM_MIN
	attitudeTime  = 0.4                 // s    FW_R_TC, FW_P_TC
	rollRateMax   = 70 * math.Pi / 180  // rad/s FW_R_RMAX
	pitchRateMax  = 60 * math.Pi / 180  // rad/s FW_P_RMAX_POS
	launchPitch   = 10 * math.Pi / 180  // rad  FW_TKO_PITCH_MIN
	lostBank      = 15 * math.Pi / 180  // rad  FW_GPSF_R: bank without a position
	finalSlope    = 0.0875              // of 5°, FW_LND_ANG
	finalHeight   = 12.0                // m    above the ground, where the final begins
	flareHeight   = 1.5                 // m    of an aircraft this size, FW_LND_FLALT scaled
	courseGain    = 0.9                 // 1/s  turn towards the course wanted
	approachAngle = 1.2                 // rad  at which a far line is approached
)

// LaunchSpeed is how fast a fixed-wing aircraft is thrown for take-off, m/s.
func (v *Vehicle) LaunchSpeed() float64 { return v.Cruise }

// minSpeed is the slowest a fixed-wing aircraft flies by itself, m/s.
func (v *Vehicle) minSpeed() float64 { return float64(0.75 * v.Cruise) }

// circleRadius is the loiter radius of the aircraft, m.
func (v *Vehicle) circleRadius() float64 {
	r := v.Cruise / fwTrimSpeed
	return float64(loiterRadius * float64(r*r))
}

// steer is the slow half of a fixed-wing pilot: guidance, and the wishes for
// bank, pitch and throttle.
func (p *Pilot) steer(e *Estimate, wind geo.Vec, onGround bool, dt float64) {
	w := p.wing
	p.sp = setpoint{p: e.P, v: e.V, yaw: p.sp.yaw} // commands that say "here" mean this
	speed := geo.Clamp(p.speed, p.veh.minSpeed(), p.veh.MaxSpeed)
	if onGround && p.Mode == drone.Standby {
		w.bank, w.pitch, w.throttle = 0, 0, 0
		return
	}
	switch p.Mode {
	case drone.Takeoff:
		p.holdCourse(e, w.along)
		p.climbTo(e, wind, p.target.Z, speed, dt)
		w.pitch = math.Max(w.pitch, launchPitch)
		if e.P.Z > p.target.Z-2 {
			p.target = geo.Vec{X: e.P.X, Y: e.P.Y, Z: p.target.Z}
			p.enter(drone.Hold)
		}
	case drone.Goto:
		p.flyTo(e, p.target)
		p.climbTo(e, wind, p.target.Z, speed, dt)
		if p.target.Sub(e.P).NormXY() < p.switchRadius(e) {
			p.say("goto_reached", "reached its target: circling")
			p.enter(drone.Hold)
		}
	case drone.Velocity:
		if n := p.vel.NormXY(); n > 0.1 {
			p.holdCourse(e, geo.Atan2(p.vel.Y, p.vel.X))
			speed = geo.Clamp(n, p.veh.minSpeed(), p.veh.MaxSpeed)
		}
		p.climbAt(e, wind, p.vel.Z, speed, dt)
		p.target = e.P
	case drone.Orbit:
		o := &p.orbit
		speed = geo.Clamp(math.Abs(o.speed), p.veh.minSpeed(), p.veh.MaxSpeed)
		p.round(e, o.center, math.Max(o.radius, p.tightest(speed)), math.Copysign(1, o.speed))
		p.climbTo(e, wind, o.center.Z, speed, dt)
	case drone.Mission:
		p.flyPlan(e, dt)
		if p.Mode == drone.Mission {
			p.wingLeg(e, wind, speed, dt)
		}
	case drone.Return:
		if p.phase == descending {
			p.landWing(e, wind, p.Home, onGround, dt)
			break
		}
		p.flyTo(e, p.Home)
		p.climbTo(e, wind, math.Max(p.target.Z, p.Home.Z+returnHeight), speed, dt)
		if p.Home.Sub(e.P).NormXY() < float64(1.5*p.veh.circleRadius()) {
			p.target, p.phase = p.Home, descending
		}
	case drone.Land:
		p.landWing(e, wind, geo.Vec{X: p.target.X, Y: p.target.Y, Z: p.Home.Z}, onGround, dt)
	case drone.Descend:
		w.bank = lostBank
		p.climbAt(e, wind, -1, p.veh.Cruise, dt)
		p.touchdown(onGround, dt)
	default:
		p.round(e, p.target, p.veh.circleRadius(), -1)
		p.climbTo(e, wind, p.target.Z, speed, dt)
	}
}

// switchRadius is how near a place counts as reached, m: what the aircraft flies
// in a second and a half, so that it turns in time.
func (p *Pilot) switchRadius(e *Estimate) float64 { return float64(1.5 * e.V.NormXY()) }

// tightest is the smallest circle flown at a speed, m: at a bank of 35°.
func (p *Pilot) tightest(speed float64) float64 {
	return float64(speed*speed) / float64(0.7*p.veh.Gravity)
}

// wingLeg steers along the leg of a mission that is being flown.
func (p *Pilot) wingLeg(e *Estimate, wind geo.Vec, speed, dt float64) {
	l := &p.plan.legs[min(p.plan.at, len(p.plan.legs)-1)]
	if l.speed > 0 {
		speed = geo.Clamp(l.speed, p.veh.minSpeed(), p.veh.MaxSpeed)
	}
	switch {
	case !l.moveXY && !math.IsInf(l.hold, 1) && l.hold == 0: // a climb: straight on
		p.holdCourse(e, p.wing.along)
	case l.hold > 0 && p.target.Sub(e.P).NormXY() < float64(1.5*p.veh.circleRadius()):
		p.round(e, p.target, p.veh.circleRadius(), -1)
	default:
		p.flyTo(e, p.target)
	}
	p.climbTo(e, wind, p.target.Z, speed, dt)
}

// wingArrived tells whether a fixed-wing aircraft has done the way of a leg.
func (p *Pilot) wingArrived(l *leg, e *Estimate) bool {
	if !l.moveXY {
		return e.P.Z > p.target.Z-2
	}
	near := math.Max(l.accept, p.switchRadius(e))
	if l.hold > 0 {
		near = float64(1.3 * p.veh.circleRadius())
	}
	return p.target.Sub(e.P).NormXY() < near
}

// turnTo banks so that the course over ground becomes the one wanted, which
// itself turns at rate.
func (p *Pilot) turnTo(e *Estimate, course, rate float64) {
	v := e.V.NormXY()
	if v < 1 {
		p.wing.bank = 0
		return
	}
	err := geo.WrapPi(course - geo.Atan2(e.V.Y, e.V.X))
	// A bank to the right turns clockwise: against the sense of the course.
	turn := rate + float64(courseGain*err)
	p.wing.bank = geo.Clamp(-geo.Atan2(float64(v*turn), p.veh.Gravity), -bankLimit, bankLimit)
}

func (p *Pilot) holdCourse(e *Estimate, course float64) { p.turnTo(e, course, 0) }

// flyTo follows the line from where the way to the target began, by a field of
// courses that lead onto it (Beard and McLain, Small Unmanned Aircraft, 10.1).
func (p *Pilot) flyTo(e *Estimate, target geo.Vec) {
	w := p.wing
	if w.to.X != target.X || w.to.Y != target.Y {
		w.from, w.to = e.P, target
	}
	line := target.Sub(w.from)
	d := target.Sub(e.P)
	n := line.NormXY()
	if n < p.veh.circleRadius() || d.NormXY() < p.veh.circleRadius() {
		p.holdCourse(e, geo.Atan2(d.Y, d.X))
		return
	}
	off := e.P.Sub(w.from)
	across := (float64(line.X*off.Y) - float64(line.Y*off.X)) / n // left of the line
	length := float64(0.6 * p.veh.circleRadius())
	p.holdCourse(e, geo.WrapPi(geo.Atan2(line.Y, line.X)-float64(approachAngle*(2/math.Pi)*geo.Atan2(across, length))))
}

// round flies round a place, counter-clockwise for sense 1: by a field of
// courses that lead onto the circle (Beard and McLain, 10.2).
func (p *Pilot) round(e *Estimate, center geo.Vec, radius, sense float64) {
	d := e.P.Sub(center)
	r := d.NormXY()
	around := geo.Atan2(d.Y, d.X)
	k := float64(3 * (r - radius) / radius)
	rate := 0.0
	if math.Abs(r-radius) < float64(0.5*radius) {
		rate = float64(sense * e.V.NormXY() / math.Max(r, 1))
	}
	p.turnTo(e, geo.WrapPi(around+float64(sense*(0.5*math.Pi+geo.Atan2(k, 1)))), rate)
}

// climbTo wants the height z, and climbAt a vertical speed: pitch goes with the
// climb, throttle with the airspeed and the climb, as total energy asks.
func (p *Pilot) climbTo(e *Estimate, wind geo.Vec, z, speed, dt float64) {
	p.climbAt(e, wind, geo.Clamp(float64(0.5*(z-e.P.Z)), float64(-0.4*p.veh.MaxDesc), float64(0.6*p.veh.MaxClimb)), speed, dt)
}

func (p *Pilot) climbAt(e *Estimate, wind geo.Vec, climb, speed, dt float64) {
	w := p.wing
	air := e.V.Sub(wind).Norm()
	err := speed - air
	if w.dead { // glide: the nose keeps the speed
		w.throttle = 0
		w.pitch = geo.Clamp(-0.12-float64(0.06*err), pitchMin, 0.1)
		return
	}
	// More lift, and so more drag, is needed in a turn.
	s, c := geo.Sincos(w.bank)
	turn := float64(float64(s*s) / (c * c))
	w.throttle = geo.Clamp(float64(0.4*speed/p.veh.Cruise)+float64(0.08*err)+float64(0.06*climb)+float64(0.1*turn)+w.speedI, 0, 1)
	if w.throttle > 0 && w.throttle < 1 {
		w.speedI = geo.Clamp(w.speedI+float64(float64(0.03*err)*dt), -0.5, 0.5)
	}
	up := climb - e.V.Z
	w.pitch = geo.Clamp(float64(climb/math.Max(speed, 1))+float64(0.04*up)+float64(0.05*turn)+w.pitchI, pitchMin, pitchMax)
	if math.Abs(w.pitch) < pitchMax {
		w.pitchI = geo.Clamp(w.pitchI+float64(float64(0.04*up)*dt), -0.3, 0.3)
	}
	if air < float64(0.8*p.veh.minSpeed()) { // before it stalls
		w.pitch = math.Min(w.pitch, 0)
	}
}

// landWing circles down at the beginning of the final, flies it along a glide
// slope, and flares.
func (p *Pilot) landWing(e *Estimate, wind geo.Vec, at geo.Vec, onGround bool, dt float64) {
	w := p.wing
	r := p.veh.circleRadius()
	switch w.stage {
	case notLanding:
		// The final begins on the lee side, or on the side the aircraft is on.
		dir := wind
		if dir.NormXY() < 1 {
			dir = e.P.Sub(at)
		}
		if dir.NormXY() < 1 {
			dir = geo.Vec{X: 1}
		}
		n := dir.NormXY()
		far := finalHeight / finalSlope
		w.approach = geo.Vec{X: at.X + float64(dir.X*(far/n)), Y: at.Y + float64(dir.Y*(far/n)), Z: at.Z + finalHeight}
		w.along = geo.Atan2(-dir.Y, -dir.X)
		w.stage = circlingDown
		if w.dead { // no second try without a motor: straight ahead
			w.stage, w.along = final, geo.Atan2(e.V.Y, e.V.X)
		}
		p.ground = 0
	case circlingDown:
		// Round a place beside the final, so that the circle touches it.
		s, c := geo.Sincos(w.along)
		center := geo.Vec{X: w.approach.X + float64(r*s), Y: w.approach.Y - float64(r*c), Z: w.approach.Z}
		p.round(e, center, r, -1)
		p.climbTo(e, wind, w.approach.Z, p.veh.Cruise, dt)
		course := geo.Atan2(e.V.Y, e.V.X)
		if e.P.Z < w.approach.Z+3 && math.Abs(geo.WrapPi(course-w.along)) < 0.25 && w.approach.Sub(e.P).NormXY() < 0.6*r {
			w.stage = final
			w.from, w.to = w.approach, at
		}
	case final:
		if w.dead {
			p.holdCourse(e, w.along)
		} else {
			p.alongFinal(e, at)
		}
		s, c := geo.Sincos(w.along)
		togo := float64((at.X-e.P.X)*c) + float64((at.Y-e.P.Y)*s)
		p.climbAt(e, wind, geo.Clamp(float64(-finalSlope*p.veh.Cruise)+float64(0.6*(at.Z+float64(finalSlope*math.Max(0, togo))-e.P.Z)), -2.5, 0.5), float64(0.9*p.veh.Cruise), dt)
		if e.P.Z-at.Z < flareHeight {
			w.stage = flare
		}
	case flare:
		w.bank, w.throttle = 0, 0
		w.pitch = 0.06
	}
	p.touchdown(onGround, dt)
}

func (p *Pilot) alongFinal(e *Estimate, at geo.Vec) {
	w := p.wing
	s, c := geo.Sincos(w.along)
	off := e.P.Sub(at)
	across := float64(c*off.Y) - float64(s*off.X)
	p.holdCourse(e, geo.WrapPi(w.along-float64(approachAngle*(2/math.Pi)*geo.Atan2(across, float64(0.4*p.veh.circleRadius())))))
}

// touchdown ends a landing when the ground has been felt long enough.
func (p *Pilot) touchdown(onGround bool, dt float64) {
	if !onGround {
		p.ground = 0
		return
	}
	p.wing.throttle = 0
	if p.ground += dt; p.ground >= disarmAfter {
		p.say("landed", "landed")
		p.disarm("after landing")
	}
}

// surfaces is the fast half: bank and pitch to rates, rates to the surfaces,
// whose effect grows with the square of the airspeed.
func (p *Pilot) surfaces(e *Estimate, wind geo.Vec, out *[MaxRotors]float64) {
	w, v := p.wing, p.veh
	x, y, z := e.Q.Axes()
	air := math.Max(e.V.Sub(wind).Norm(), float64(0.4*v.Cruise))
	scale := v.Cruise / air
	scale2 := float64(scale * scale)
	bank := geo.Atan2(y.Z, z.Z) // the left wing up is to the right
	pitch := geo.Atan2(x.Z, x.NormXY())
	p1 := geo.Clamp((w.bank-bank)/attitudeTime, -rollRateMax, rollRateMax)
	s, c := geo.Sincos(geo.Clamp(bank, -1.2, 1.2))
	turn := float64(v.Gravity*s) / float64(c*air) // rad/s to the right, coordinated
	q1 := geo.Clamp((w.pitch-pitch)/attitudeTime, -pitchRateMax, pitchRateMax) + float64(turn*s)
	// Body rates to the right, up, right.
	pr, qr, rr := e.W.X, -e.W.Y, -e.W.Z
	ail := float64(float64(0.25*p1)*scale) + float64(float64(0.15*(p1-pr))*scale2)
	ele := float64(float64(0.5*q1)*scale) + float64(float64(0.25*(q1-qr))*scale2)
	rud := float64(float64(0.15*(float64(turn*c)-rr)) * scale2)
	for i := range v.n {
		out[i] = w.throttle
		if w.dead {
			out[i] = 0
		}
	}
	out[v.n] = geo.Clamp(ail, -1, 1)
	out[v.n+1] = geo.Clamp(ele, -1, 1)
	out[v.n+2] = geo.Clamp(rud, -1, 1)
}
