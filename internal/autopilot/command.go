package autopilot

import (
	"fmt"
	"math"
	"strings"

	"volary/internal/drone"
	"volary/internal/geo"
)

// Surroundings is what a command needs to know besides the drone itself.
type Surroundings struct {
	Local    *geo.Local
	OnGround bool
	Charge   float64 // of the battery, 0 to 1
	Crashed  bool
	Deaf     bool // no command reaches the drone
	// Breach says which geofence forbids a place, or "". It may be nil.
	Breach func(geo.Vec) string
}

// forbidden says which geofence forbids a place, or "".
func (env *Surroundings) forbidden(at geo.Vec) string {
	if env.Breach == nil {
		return ""
	}
	return env.Breach(at)
}

// Do carries out c, or says why not. It acts at once; the drone follows.
func (p *Pilot) Do(c *drone.Command, e *Estimate, env Surroundings) drone.Result {
	r := p.do(c, e, env)
	if r.Status == drone.Accepted().Status {
		switch c.Type {
		case drone.CmdArm, drone.CmdSetSpeed:
		default:
			p.takeOver()
		}
	}
	return r
}

func (p *Pilot) do(c *drone.Command, e *Estimate, env Surroundings) drone.Result {
	switch {
	case p.Mode == drone.Frozen:
		return drone.Rejected("faulted: the drone takes no commands; remove it and add another")
	case env.Deaf:
		return drone.Rejected("link lost: the drone does not hear commands")
	case env.Crashed && c.Type != drone.CmdKill && c.Type != drone.CmdDisarm:
		return drone.Rejected("crashed: the drone can't fly; remove it and add another")
	}
	if why := p.unable(c.Type); why != "" && p.Armed && !env.OnGround {
		return drone.Rejected("%s", why)
	}
	switch c.Type {
	case drone.CmdArm:
		return p.doArm(e, env)
	case drone.CmdDisarm:
		if !p.Armed {
			return drone.Accepted()
		}
		if !env.OnGround {
			return drone.Rejected("in the air: land first, or use kill to stop the motors")
		}
		p.disarm("by command")
		return drone.Accepted()
	case drone.CmdKill:
		if p.Armed {
			p.disarm("by kill")
		}
		return drone.Accepted()
	case drone.CmdTakeoff:
		return p.doTakeoff(c, e, env)
	case drone.CmdMissionStart:
		return p.doMission(c, e, env)
	}
	if !p.Armed || env.OnGround {
		return drone.Rejected("on the ground: take off first")
	}
	switch c.Type {
	case drone.CmdLand:
		p.landNow()
	case drone.CmdReturn:
		p.goHomeNow(e)
	case drone.CmdHold:
		p.stay()
		p.enter(drone.Hold)
	case drone.CmdGoto:
		to := p.resolve(&c.Params, p.here(), env.Local)
		if fence := env.forbidden(to); fence != "" {
			return drone.Rejected("the target is %s", fence)
		}
		p.target = to
		p.setSpeed(c.Params.SpeedMS)
		p.enter(drone.Goto)
	case drone.CmdVelocity:
		p.doVelocity(&c.Params)
	case drone.CmdOrbit:
		return p.doOrbit(&c.Params, &env)
	case drone.CmdSetSpeed:
		p.setSpeed(c.Params.SpeedMS)
	case drone.CmdMissionPause:
		if p.Mode != drone.Mission {
			return drone.Rejected("not flying a mission")
		}
		p.stay()
		p.enter(drone.Hold)
	case drone.CmdMissionResume:
		if len(p.plan.legs) == 0 {
			return drone.Rejected("no mission to resume: start one with mission_start")
		}
		if p.Mode != drone.Mission {
			p.plan.begun = false
			p.enter(drone.Mission)
		}
	default:
		return drone.Rejected("command %q is not known to this autopilot", c.Type)
	}
	return drone.Accepted()
}

func (p *Pilot) doArm(e *Estimate, env Surroundings) drone.Result {
	if p.Armed {
		return drone.Accepted()
	}
	if why := p.armingChecks(e, &env); len(why) > 0 {
		return drone.Rejected("can't arm: %s", strings.Join(why, "; "))
	}
	p.arm(e)
	return drone.Accepted()
}

// maxArmTilt is how far from level a drone may stand to be armed: the cosine of 30°.
const maxArmTilt = 0.866

// armingChecks lists every reason why the motors may not start.
func (p *Pilot) armingChecks(e *Estimate, env *Surroundings) (why []string) {
	add := func(bad bool, format string, args ...any) {
		if bad {
			why = append(why, fmt.Sprintf(format, args...))
		}
	}
	add(!env.OnGround, "in the air without motors")
	add(env.Charge < LowBattery, "battery at %.0f %%, %.0f %% needed", env.Charge*100, LowBattery*100)
	a := p.fs.active
	add(a&AlarmGPS != 0, "no GPS position")
	add(a&AlarmMotor != 0, "a rotor does not work")
	add(a&AlarmSensor != 0, "a sensor is not to be trusted")
	_, _, up := e.Q.Axes()
	add(up.Z < maxArmTilt, "not level")
	if fence := env.forbidden(e.P); fence != "" {
		add(true, "the drone is %s", fence)
	}
	return why
}

func (p *Pilot) doTakeoff(c *drone.Command, e *Estimate, env Surroundings) drone.Result {
	if p.Armed && !env.OnGround {
		return drone.Rejected("already in the air: use goto to change its height")
	}
	up := DefaultTakeoffM
	if c.Params.AltitudeM != nil {
		up = *c.Params.AltitudeM
	}
	p.homeHere(e)
	to := geo.Vec{X: p.Home.X, Y: p.Home.Y, Z: p.Home.Z + up}
	if fence := env.forbidden(to); fence != "" {
		return drone.Rejected("the take-off would end %s", fence)
	}
	if r := p.doArm(e, env); r.Status != "accepted" {
		return r
	}
	p.target = to
	p.enter(drone.Takeoff)
	return drone.Accepted()
}

// homeHere makes the place where an unarmed drone stands its home.
func (p *Pilot) homeHere(e *Estimate) {
	if !p.Armed {
		p.Home = e.P
	}
}

func (p *Pilot) doMission(c *drone.Command, e *Estimate, env Surroundings) drone.Result {
	if c.Mission == nil {
		return drone.Rejected("mission %q did not reach the simulator", c.Params.MissionID)
	}
	first := 0
	if c.Params.Item != nil {
		first = *c.Params.Item
	}
	p.homeHere(e)
	pl, err := p.prepare(c.Mission, env.Local, first, !env.OnGround)
	if err != nil {
		return drone.Rejected("%v", err)
	}
	for i := range pl.legs {
		if l := &pl.legs[i]; l.moveXY && l.moveZ {
			if fence := env.forbidden(l.to); fence != "" {
				return drone.Rejected("item %d of the mission is %s", l.item+1, fence)
			}
		}
	}
	if r := p.doArm(e, env); r.Status != "accepted" {
		return r
	}
	p.plan = pl
	p.speed = p.veh.Cruise
	if c.Mission.SpeedMS > 0 {
		p.speed = math.Min(c.Mission.SpeedMS, p.veh.MaxSpeed)
	}
	p.target = p.sp.p
	p.enter(drone.Mission)
	return drone.Accepted()
}

func (p *Pilot) doVelocity(q *drone.Params) {
	get := func(v *float64) float64 {
		if v == nil {
			return 0
		}
		return *v
	}
	p.vel = geo.Vec{X: get(q.VX), Y: get(q.VY), Z: get(q.VZ)}
	p.vel.X, p.vel.Y = limitXY(p.vel.X, p.vel.Y, p.veh.MaxSpeed)
	p.vel.Z = geo.Clamp(p.vel.Z, -p.veh.MaxDesc, p.veh.MaxClimb)
	if q.HeadingDeg != nil {
		p.yaw = geo.HeadingToYaw(*q.HeadingDeg)
	}
	p.enter(drone.Velocity)
}

func (p *Pilot) doOrbit(q *drone.Params, env *Surroundings) drone.Result {
	o := orbit{center: p.resolve(q, p.here(), env.Local), radius: 10, speed: math.Min(p.speed, p.veh.MaxSpeed)}
	if q.RadiusM != nil {
		o.radius = *q.RadiusM
	}
	if q.SpeedMS != nil {
		o.speed = math.Min(*q.SpeedMS, p.veh.MaxSpeed)
	}
	if p.wing != nil {
		o.speed = math.Max(o.speed, p.veh.minSpeed())
		o.radius = math.Max(o.radius, p.tightest(o.speed))
	}
	// Faster, the turn would need more than half of what it can accelerate.
	if p.wing == nil {
		o.speed = math.Min(o.speed, math.Sqrt(float64(0.5*p.veh.gain.accXY)*o.radius))
	}
	if q.Clockwise == nil || *q.Clockwise {
		o.speed = -o.speed
	}
	for i := range 8 {
		s, c := geo.Sincos(float64(i) * (math.Pi / 4))
		at := o.center.Add(geo.Vec{X: float64(o.radius * c), Y: float64(o.radius * s)})
		if fence := env.forbidden(at); fence != "" {
			return drone.Rejected("the circle passes a place that is %s", fence)
		}
	}
	p.orbit = o
	p.target = p.orbitEntry()
	p.enter(drone.Orbit)
	return drone.Accepted()
}

// orbitEntry is the place on the circle nearest to the drone, where it joins.
func (p *Pilot) orbitEntry() geo.Vec {
	o := &p.orbit
	d := p.sp.p.Sub(o.center)
	o.angle = geo.Atan2(d.Y, d.X)
	s, c := geo.Sincos(o.angle)
	return geo.Vec{X: o.center.X + float64(o.radius*c), Y: o.center.Y + float64(o.radius*s), Z: o.center.Z}
}

func (p *Pilot) landNow() {
	p.stay()
	p.ground = 0
	if p.wing != nil {
		p.wing.stage = notLanding
	}
	p.enter(drone.Land)
}

func (p *Pilot) goHomeNow(e *Estimate) {
	p.stay()
	p.ground, p.phase = 0, climbing
	if p.wing != nil {
		p.wing.stage = notLanding
	}
	if d := p.Home.Sub(e.P); d.NormXY() > returnNear {
		p.target.Z = math.Max(p.target.Z, p.Home.Z+returnHeight)
	}
	p.enter(drone.Return)
}

func (p *Pilot) setSpeed(v *float64) {
	if v != nil {
		p.speed = math.Min(*v, p.veh.MaxSpeed)
	}
}

// here is the place a command that leaves something out starts from: where the
// drone is, at the height it is making for.
func (p *Pilot) here() geo.Vec {
	at := p.sp.p
	switch p.Mode {
	case drone.Takeoff, drone.Hold, drone.Goto, drone.Orbit:
		at.Z = p.target.Z
	}
	return at
}

// resolve turns the place in q into the world frame; what q leaves out stays as
// in here.
func (p *Pilot) resolve(q *drone.Params, here geo.Vec, local *geo.Local) geo.Vec {
	to := here
	switch {
	case q.Lat != nil && q.Lon != nil:
		at := local.ToENU(geo.LLA{Lat: *q.Lat, Lon: *q.Lon, Alt: local.Origin.Alt})
		to.X, to.Y = at.X, at.Y
	case q.X != nil && q.Y != nil:
		to.X, to.Y = *q.X, *q.Y
	}
	switch {
	case q.RelAltM != nil:
		to.Z = p.Home.Z + *q.RelAltM
	case q.AltM != nil:
		to.Z = *q.AltM - local.Origin.Alt
	case q.Z != nil:
		to.Z = *q.Z
	}
	return to
}
