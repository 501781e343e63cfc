package autopilot

import (
	"fmt"
	"strings"

	"volary/internal/drone"
	"volary/internal/geo"
)

// Alarm is a set of conditions that a drone must not be left alone with.
type Alarm uint16

// The alarms, the mildest first.
const (
	AlarmLowBattery Alarm = 1 << iota
	AlarmFence
	AlarmLink
	AlarmSensor
	AlarmNear
	AlarmCriticalBattery
	AlarmGPS
	AlarmMotor
)

// Action is what a failsafe makes a drone do, the mildest first: when several
// are called for, the most severe is taken.
type Action uint8

// The actions.
const (
	NoAction Action = iota
	ActWarn
	ActHold
	ActReturn
	ActLand
	ActDescend   // come down level, without a position
	ActTerminate // stop the motors
)

var actionNames = [...]string{"none", "warn", "hold", "rtl", "land", "descend", "terminate"}

func (a Action) String() string { return actionNames[a] }

// ParseAction reads an action by its name; an empty one is hold, PX4's default
// for a breached geofence (GF_ACTION 2).
func ParseAction(name string) Action {
	for a, n := range actionNames {
		if n == name {
			return Action(a)
		}
	}
	return ActHold
}

// Figures of PX4's defaults, whose parameter is named.
const (
	LowBattery      = 0.15 //    BAT_LOW_THR
	CriticalBattery = 0.07 //    BAT_CRIT_THR
	LinkTimeout     = 10.0 // s  COM_DL_LOSS_T: silence after which the link is lost
	GPSTimeout      = 5.0  // s  EKF2_NOAID_TOUT: dead reckoning until the position is no longer trusted
	holdFirst       = 5.0  // s  COM_FAIL_ACT_T: hold before it returns or lands
)

// Conditions are what a failsafe is judged by. The texts are used only in the
// moment an alarm is raised.
type Conditions struct {
	Alarms   Alarm
	Charge   float64 // 0 to 1
	Fence    string  // which one is breached, in words
	FenceAct Action
	Rotor    int    // that failed, from 1
	Lost     bool   // with the rotors that are left the drone can't be flown
	Near     string // the drone that is too near
	NearM    float64
	NearAct  Action
	Sensor   string
}

// failsafe is what a pilot remembers of alarms.
type failsafe struct {
	active  Alarm  // raised
	taken   Alarm  // of these, the ones a command has overridden
	running Action // being carried out
	pending Action // comes when wait is over
	wait    float64
	resume  bool // before holds what it did
	before  interrupted
}

// interrupted is what a drone did when a failsafe made it hold.
type interrupted struct {
	mode   drone.Mode
	target geo.Vec
	vel    geo.Vec
	phase  phase
}

// what an alarm is called, and what it makes a drone do.
func (c *Conditions) action(a Alarm) (Action, drone.Status) {
	switch a {
	case AlarmLowBattery:
		return ActReturn, drone.LowBattery
	case AlarmFence:
		return c.FenceAct, drone.FenceBreach
	case AlarmLink:
		return ActReturn, drone.LinkLost
	case AlarmSensor:
		return ActLand, drone.SensorFailed
	case AlarmNear:
		return c.NearAct, drone.NearCollision
	case AlarmCriticalBattery:
		return ActLand, drone.CriticalBattery
	case AlarmGPS:
		return ActDescend, drone.GPSLost
	default: // AlarmMotor
		if c.Lost {
			return ActTerminate, drone.MotorFailed
		}
		return ActLand, drone.MotorFailed
	}
}

// reason says in words why an alarm was raised.
func (c *Conditions) reason(a Alarm) string {
	switch a {
	case AlarmLowBattery, AlarmCriticalBattery:
		return fmt.Sprintf("battery at %.0f %%", c.Charge*100)
	case AlarmFence:
		return c.Fence
	case AlarmLink:
		return fmt.Sprintf("no link for %.0f s", LinkTimeout)
	case AlarmSensor:
		return c.Sensor + " is not to be trusted"
	case AlarmNear:
		return fmt.Sprintf("%s is %.1f m away", c.Near, c.NearM)
	case AlarmGPS:
		return fmt.Sprintf("no GPS for %.0f s", GPSTimeout)
	default:
		if c.Lost {
			return fmt.Sprintf("rotor %d failed: the others can't fly it", c.Rotor)
		}
		return fmt.Sprintf("rotor %d failed: the others carry on", c.Rotor)
	}
}

// each calls do for every alarm in a, the mildest first.
func (a Alarm) each(do func(Alarm)) {
	for bit := AlarmLowBattery; bit <= AlarmMotor; bit <<= 1 {
		if a&bit != 0 {
			do(bit)
		}
	}
}

// Alarms are what is wrong.
func (p *Pilot) Alarms() Alarm { return p.fs.active }

// Status is the worst of what is wrong.
func (p *Pilot) Status() drone.Status {
	worst := drone.OK
	if p.fs.active != 0 {
		var c Conditions
		p.fs.active.each(func(a Alarm) {
			_, s := c.action(a)
			worst = drone.Worse(worst, s)
		})
	}
	return worst
}

// Guard looks after a drone: it raises and clears alarms, and carries out what
// they call for. It is to be called every dt seconds, a few times a second.
//
// As in PX4, a drone that shall return or land first holds, for as long as a
// person needs to notice; the most severe action wins; a command takes over
// unless the drone can't follow it.
func (p *Pilot) Guard(e *Estimate, c *Conditions, onGround bool, dt float64) {
	f := &p.fs
	if c.Alarms == 0 && f.active == 0 && f.running == NoAction && f.pending == NoAction {
		return
	}
	raised, cleared := c.Alarms&^f.active, f.active&^c.Alarms
	f.active = c.Alarms
	f.taken &^= cleared
	flying := p.Armed && !onGround
	raised.each(func(a Alarm) { p.raise(a, c, flying) })
	cleared.each(func(a Alarm) {
		_, s := c.action(a)
		p.say(s.String()+"_over", "%s is over", strings.ReplaceAll(s.String(), "_", " "))
	})
	if !flying {
		f.running, f.pending, f.resume = NoAction, NoAction, false
		// One that is just coming down to land finishes that.
		if p.Armed && !p.alreadyDoing(ActReturn) && c.Alarms&(AlarmLowBattery|AlarmMotor) != 0 {
			p.disarm("for its safety")
		}
		return
	}
	want, why := NoAction, Alarm(0)
	(c.Alarms &^ f.taken).each(func(a Alarm) {
		if act, _ := c.action(a); act >= want && act > ActWarn {
			want, why = act, a
		}
	})
	p.pursue(e, c, want, why, dt)
}

func (p *Pilot) raise(a Alarm, c *Conditions, flying bool) {
	act, s := c.action(a)
	then := ""
	if flying {
		switch act {
		case ActWarn, NoAction:
		case ActReturn, ActLand:
			if act > max(p.fs.running, p.fs.pending) && !p.alreadyDoing(act) {
				then = fmt.Sprintf(": holding for %.0f s, then %s", holdFirst, act)
				if p.fs.running >= ActReturn || p.Mode == drone.Return {
					then = fmt.Sprintf(": %s", act)
				}
			}
		default:
			if act > p.fs.running && !p.alreadyDoing(act) {
				then = fmt.Sprintf(": %s", act)
			}
		}
	}
	p.warn(s.String(), "%s%s", c.reason(a), then)
}

// alreadyDoing tells whether the drone does what act asks for by itself.
func (p *Pilot) alreadyDoing(act Action) bool {
	switch act {
	case ActReturn:
		return p.Mode == drone.Return || p.Mode == drone.Land || p.Mode == drone.Descend
	case ActLand:
		return p.Mode == drone.Land || p.Mode == drone.Descend || p.Mode == drone.Return && p.phase == descending
	case ActHold:
		return p.Mode == drone.Hold
	case ActDescend:
		return p.Mode == drone.Descend
	}
	return false
}

// pursue moves from the action being carried out towards the one wanted.
func (p *Pilot) pursue(e *Estimate, c *Conditions, want Action, why Alarm, dt float64) {
	f := &p.fs
	switch {
	case want >= ActDescend && want > f.running:
		f.pending = NoAction
		p.carryOut(e, c, want, why)
	case want > max(f.running, f.pending):
		if want == ActHold || p.alreadyDoing(want) || f.running >= ActReturn || p.Mode == drone.Return || p.Mode == drone.Land {
			f.pending = NoAction
			p.carryOut(e, c, want, why)
			return
		}
		if f.pending == NoAction {
			f.wait = holdFirst
		}
		if f.running != ActHold {
			p.interrupt(e)
		}
		f.pending = want
	case f.pending != NoAction && want < f.pending:
		f.pending = NoAction
		if want == NoAction {
			p.goOn(e)
		}
	case f.pending != NoAction:
		if f.wait -= dt; f.wait <= 0 {
			f.pending = NoAction
			p.carryOut(e, c, want, why)
		}
	case want == NoAction && (f.running == ActHold || f.running == ActDescend):
		p.goOn(e)
	}
}

// interrupt makes the drone hold and remembers what it did.
func (p *Pilot) interrupt(e *Estimate) {
	f := &p.fs
	if !f.resume {
		f.before = interrupted{mode: p.Mode, target: p.target, vel: p.vel, phase: p.phase}
		f.resume = true
	}
	f.running = ActHold
	p.stay()
	p.enter(drone.Hold)
}

// carryOut begins an action.
func (p *Pilot) carryOut(e *Estimate, c *Conditions, act Action, why Alarm) {
	f := &p.fs
	if act >= ActReturn && act != ActTerminate && !p.alreadyDoing(act) {
		p.warn("failsafe", "%s: %s", act, c.reason(why))
	}
	switch act {
	case ActHold:
		if !p.alreadyDoing(ActHold) {
			p.interrupt(e)
		}
		if why == AlarmFence { // flying on would breach it again
			f.resume = false
		}
	case ActReturn:
		if !p.alreadyDoing(act) {
			p.goHomeNow(e)
		}
	case ActLand:
		if !p.alreadyDoing(act) {
			p.landNow()
		}
	case ActDescend:
		p.ground = 0
		p.enter(drone.Descend)
	case ActTerminate:
		p.Cut(fmt.Sprintf("motors stopped: %s", c.reason(why)))
		return
	}
	f.running = act
	if act >= ActReturn {
		f.resume = false
	}
}

// goOn ends a failsafe: the drone does what it did before, or holds.
func (p *Pilot) goOn(e *Estimate) {
	f := &p.fs
	was := f.running
	f.running, f.pending = NoAction, NoAction
	if was == ActDescend {
		p.sp = setpoint{p: e.P, v: e.V, yaw: p.sp.yaw}
		p.integral = geo.Vec{Z: p.integral.Z}
		p.stay()
		p.enter(drone.Hold)
		return
	}
	if !f.resume || p.Mode != drone.Hold {
		return
	}
	f.resume = false
	b := &f.before
	switch b.mode {
	case drone.Mission:
		p.plan.begun = false
	case drone.Takeoff, drone.Goto, drone.Return, drone.Hold:
		p.target = b.target
	case drone.Velocity:
		p.vel = b.vel
	case drone.Orbit:
		p.orbit.on = false
		p.target = p.orbitEntry()
	default:
		return
	}
	p.phase = b.phase
	p.enter(b.mode)
}

// takeOver ends failsafes on behalf of a command: alarms that are still raised
// act again only after they were cleared.
func (p *Pilot) takeOver() {
	f := &p.fs
	f.taken = f.active
	f.running, f.pending, f.resume = NoAction, NoAction, false
}

// unable returns why the drone can't carry out a command of type t, or "".
func (p *Pilot) unable(t drone.CommandType) string {
	switch {
	case p.fs.active&AlarmMotor != 0 && t != drone.CmdLand && t != drone.CmdKill && t != drone.CmdDisarm:
		return "a rotor has failed: the drone can only land"
	case p.fs.active&AlarmGPS != 0:
		switch t {
		case drone.CmdLand, drone.CmdKill, drone.CmdDisarm:
		default:
			return "no position: GPS is lost, and the drone comes down where it is"
		}
	}
	return ""
}

// LoseRotors tells the pilot which rotors no longer work. It returns false when
// the drone can't be flown with those that are left.
func (p *Pilot) LoseRotors(dead [MaxRotors]bool) bool {
	if p.wing != nil { // on wings it glides
		p.wing.dead = dead != [MaxRotors]bool{}
		return true
	}
	a := p.veh.without(dead)
	if a == nil {
		p.alloc = &p.veh.whole
		return false
	}
	p.alloc = a
	return true
}
