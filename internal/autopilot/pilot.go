package autopilot

import (
	"fmt"
	"math"

	"volary/internal/drone"
	"volary/internal/geo"
)

// Event is something a pilot has to tell. The world adds who and when.
type Event struct {
	Type    string
	Warning bool
	Message string
	Item    int // mission item it is about; -1: none
}

// Pilot flies one drone. It is not safe for concurrent use. What its fast half
// needs comes first, to be read in one go.
type Pilot struct {
	// in: set by commands
	Mode  drone.Mode
	Armed bool

	veh    *Vehicle
	alloc  *allocation // how thrust and moments are spread over the rotors
	wing   *wing       // nil: a multicopter
	acc    geo.Vec     // m/s², wanted of the thrust
	want   geo.Quat
	events []Event

	// cascade
	sp       setpoint
	integral geo.Vec

	Home   geo.Vec // where it was armed last; return goes there
	target geo.Vec // where the set-point should end
	yaw    float64 // heading wanted, rad
	speed  float64 // cruise speed, m/s
	vel    geo.Vec // velocity mode
	orbit  orbit
	plan   plan
	phase  phase
	ground float64 // s of ground contact without a break

	dodge   geo.Vec // velocity that keeps it away from others
	dodging bool

	fs failsafe
}

// phase is the part of a return or a landing that is being flown.
type phase uint8

const (
	climbing phase = iota
	cruising
	descending
)

type orbit struct {
	center geo.Vec
	radius float64
	speed  float64 // m/s along the circle; negative: clockwise from above
	angle  float64
	now    float64 // speed reached
	on     bool    // on the circle; before, flying to it
}

// Figures of PX4's defaults, whose parameter is named.
const (
	DefaultTakeoffM = 2.5  // m      MIS_TAKEOFF_ALT
	takeoffSpeed    = 1.5  // m/s    MPC_TKO_SPEED
	landSpeed       = 0.7  // m/s    MPC_LAND_SPEED
	landSlowBelow   = 5.0  // m      MPC_LAND_ALT2
	returnHeight    = 30.0 // m      RTL_DESCEND_ALT
	returnNear      = 10.0 // m      RTL_MIN_DIST: nearer, it returns at its height
	disarmAfter     = 2.0  // s      COM_DISARM_LAND
	acceptance      = 2.0  // m      NAV_ACC_RAD of a small multicopter
)

// NewPilot makes a pilot for a drone of kind v that stands at home with its
// nose at yaw.
func NewPilot(v *Vehicle, home geo.Vec, yaw float64) Pilot {
	p := Pilot{veh: v, Home: home, yaw: yaw, speed: v.Cruise, sp: setpoint{p: home, yaw: yaw}, want: geo.FromYaw(yaw), alloc: &v.whole}
	if v.Fixed {
		p.wing = &wing{}
	}
	return p
}

// Events hands over what happened since the last call. The slice is reused.
func (p *Pilot) Events() []Event {
	e := p.events
	p.events = p.events[:0]
	return e
}

// warn is say for what a person should look at.
func (p *Pilot) warn(typ, format string, args ...any) {
	p.events = append(p.events, Event{Type: typ, Warning: true, Item: -1, Message: fmt.Sprintf(format, args...)})
}

func (p *Pilot) say(typ, format string, args ...any) {
	p.events = append(p.events, Event{Type: typ, Item: -1, Message: fmt.Sprintf(format, args...)})
}

// Target is where the drone is flying to.
func (p *Pilot) Target() geo.Vec { return p.target }

// Outer runs the slow half of the autopilot over dt seconds: what the mode asks
// for, position and velocity. wind is what the airspeed sensor of an aircraft
// with wings makes of the air; multicopters have none.
func (p *Pilot) Outer(e *Estimate, wind *geo.Vec, onGround bool, dt float64) {
	if !p.Armed {
		return
	}
	if p.wing != nil {
		p.steer(e, *wind, onGround, dt)
		return
	}
	if p.dodging {
		p.sp.follow(p.veh, p.dodge, e.P, dt)
	} else {
		p.navigate(e, onGround, dt)
	}
	p.turn(dt)
	p.hold(e, dt)
}

// Inner runs the fast half, attitude and rate, and writes the rotor speeds.
func (p *Pilot) Inner(e *Estimate, wind *geo.Vec, out *[MaxRotors]float64) {
	if !p.Armed {
		*out = [MaxRotors]float64{}
		return
	}
	if p.wing != nil {
		p.surfaces(e, *wind, out)
		return
	}
	p.stabilise(e, out)
}

func (p *Pilot) limits() limits {
	return limits{speed: math.Min(p.speed, p.veh.MaxSpeed), climb: p.veh.MaxClimb, descend: p.veh.MaxDesc}
}

// navigate moves the set-point as the mode asks.
func (p *Pilot) navigate(e *Estimate, onGround bool, dt float64) {
	switch p.Mode {
	case drone.Takeoff:
		l := p.limits()
		l.climb = math.Min(l.climb, takeoffSpeed)
		p.sp.advance(p.veh, p.target, e.P, l, dt)
		if p.near(e, 0.3) {
			p.enter(drone.Hold)
		}
	case drone.Goto:
		p.faceTarget(e)
		p.sp.advance(p.veh, p.target, e.P, p.limits(), dt)
		if p.near(e, 0.3) {
			p.say("goto_reached", "reached its target")
			p.enter(drone.Hold)
		}
	case drone.Velocity:
		p.sp.follow(p.veh, p.vel, e.P, dt)
		p.target = p.sp.p
	case drone.Orbit:
		p.circle(e, dt)
	case drone.Mission:
		p.flyPlan(e, dt)
	case drone.Return:
		p.goHome(e, onGround, dt)
	case drone.Land, drone.Descend:
		p.descend(e, onGround, dt)
	default:
		p.sp.advance(p.veh, p.target, e.P, p.limits(), dt)
	}
}

// near tells whether the drone has come to rest within r metres of its target.
func (p *Pilot) near(e *Estimate, r float64) bool {
	return p.target.Sub(e.P).Norm() < r && e.V.Norm() < 0.5
}

// enter changes the mode and says so.
func (p *Pilot) enter(m drone.Mode) {
	if p.Mode == m {
		return
	}
	p.Mode = m
	p.say("mode_changed", "mode is now %s", m)
}

// stay makes the drone stop as soon as it can and remain there.
func (p *Pilot) stay() {
	v := p.sp.v
	// Where braking at half the largest deceleration ends.
	k := v.NormXY() / (2 * 0.6 * p.veh.gain.accXY)
	p.target = geo.Vec{X: p.sp.p.X + float64(v.X*k), Y: p.sp.p.Y + float64(v.Y*k), Z: p.sp.p.Z + float64(0.25*v.Z)}
}

// faceTarget turns the nose to where the drone is going, unless it is there.
func (p *Pilot) faceTarget(e *Estimate) {
	d := p.target.Sub(e.P)
	if d.NormXY() > 2 {
		p.yaw = geo.Atan2(d.Y, d.X)
	}
}

// turn moves the heading set-point towards the one wanted at the largest yaw rate.
func (p *Pilot) turn(dt float64) {
	step := float64(p.veh.gain.maxYawRate * dt)
	p.sp.yaw = geo.WrapPi(p.sp.yaw + geo.Clamp(geo.WrapPi(p.yaw-p.sp.yaw), -step, step))
}

func (p *Pilot) circle(e *Estimate, dt float64) {
	o := &p.orbit
	if !o.on {
		p.faceTarget(e)
		p.sp.advance(p.veh, p.target, e.P, p.limits(), dt)
		if p.target.Sub(e.P).Norm() < 0.5 && p.sp.v.Norm() < 0.1 {
			o.on, o.now = true, 0
		}
		return
	}
	o.now += geo.Clamp(o.speed-o.now, -float64(p.veh.gain.accXY*0.5*dt), float64(p.veh.gain.accXY*0.5*dt))
	w := o.now / o.radius
	o.angle = geo.WrapPi(o.angle + float64(w*dt))
	s, c := geo.Sincos(o.angle)
	r := o.radius
	p.sp.p.X, p.sp.p.Y = o.center.X+float64(r*c), o.center.Y+float64(r*s)
	p.sp.v.X, p.sp.v.Y = -float64(o.now*s), float64(o.now*c)
	a := float64(o.now * w)
	p.sp.a.X, p.sp.a.Y = -float64(a*c), -float64(a*s)
	p.sp.advanceZ(p.veh, o.center.Z, e.P.Z, p.limits(), dt)
	p.target = p.sp.p
	p.yaw = geo.WrapPi(o.angle + math.Pi) // nose to the centre
}

func (p *Pilot) goHome(e *Estimate, onGround bool, dt float64) {
	switch p.phase {
	case climbing:
		p.sp.advance(p.veh, p.target, e.P, p.limits(), dt)
		if math.Abs(p.target.Z-e.P.Z) < 0.5 {
			p.phase = cruising
			p.target.X, p.target.Y = p.Home.X, p.Home.Y
		}
	case cruising:
		p.faceTarget(e)
		p.sp.advance(p.veh, p.target, e.P, p.limits(), dt)
		if d := p.target.Sub(e.P); d.NormXY() < 0.3 && e.V.NormXY() < 0.5 {
			p.phase = descending
		}
	case descending:
		p.descend(e, onGround, dt)
	}
}

// descend goes straight down until the ground has been felt long enough.
func (p *Pilot) descend(e *Estimate, onGround bool, dt float64) {
	rate := landSpeed
	if e.P.Z-p.Home.Z > landSlowBelow {
		rate = math.Max(landSpeed, p.veh.MaxDesc)
	}
	p.sp.advanceXY(p.veh, p.target, e.P, p.limits().speed, dt)
	p.sp.accelerateZ(p.veh, float64(3*(-rate-p.sp.v.Z)), dt)
	p.sp.p.Z = math.Max(p.sp.p.Z+float64(p.sp.v.Z*dt), e.P.Z-1)
	if !onGround {
		p.ground = 0
		return
	}
	if p.ground += dt; p.ground >= disarmAfter {
		p.say("landed", "landed")
		p.disarm("after landing")
	}
}

func (p *Pilot) arm(e *Estimate) {
	p.Armed = true
	p.Home = e.P
	p.integral = geo.Vec{}
	_, _, yaw := e.Q.Euler()
	p.yaw = yaw
	p.sp = setpoint{p: e.P, yaw: yaw}
	p.target = e.P
	if p.wing != nil {
		*p.wing = wing{along: yaw, dead: p.wing.dead}
	}
	p.say("armed", "motors armed")
}

func (p *Pilot) disarm(why string) {
	p.Armed = false
	p.say("disarmed", "motors disarmed %s", why)
	p.enter(drone.Standby)
}

// Freeze takes the drone out of service: motors off, mode fault.
func (p *Pilot) Freeze(why string) {
	p.Armed = false
	p.warn("fault", "%s", why)
	p.enter(drone.Frozen)
}

// Crash switches the motors off after an impact.
func (p *Pilot) Crash(speed float64) {
	p.Armed = false
	p.warn("crashed", "hit the ground at %.1f m/s", speed)
	p.enter(drone.Standby)
}

// Cut stops the motors in flight.
func (p *Pilot) Cut(why string) {
	p.Armed = false
	p.warn("motors_stopped", "%s", why)
	p.enter(drone.Standby)
}

// Say tells something about the drone in its own name.
func (p *Pilot) Say(typ, message string) { p.say(typ, "%s", message) }

// Pending tells whether there is something for Events to hand over.
func (p *Pilot) Pending() bool { return len(p.events) > 0 }

// Yields tells whether the drone, as it flies now, may leave its way for others.
func (p *Pilot) Yields() bool {
	switch p.Mode {
	case drone.Hold, drone.Goto, drone.Velocity, drone.Mission, drone.Orbit:
		return p.Armed
	case drone.Return:
		return p.Armed && p.phase != descending
	}
	return false
}

// Wants is the velocity the drone would like to have, m/s.
func (p *Pilot) Wants(e *Estimate) geo.Vec {
	switch p.Mode {
	case drone.Velocity:
		return p.vel
	case drone.Orbit:
		if p.orbit.on {
			return p.sp.v
		}
	}
	l, g := p.limits(), &p.veh.gain
	d := p.target.Sub(e.P)
	var v geo.Vec
	if n := d.NormXY(); n > settled {
		speed := math.Min(l.speed, brakingSpeed(n, float64(0.6*g.accXY), g.jerk))
		v.X, v.Y = float64(d.X*(speed/n)), float64(d.Y*(speed/n))
	}
	v.Z = geo.Clamp(d.Z, -l.descend, l.climb)
	return v
}

// Dodge makes the drone keep velocity v, away from others, while on is set.
func (p *Pilot) Dodge(v geo.Vec, on bool) { p.dodge, p.dodging = v, on }
