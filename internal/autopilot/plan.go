package autopilot

import (
	"fmt"
	"math"

	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/mission"
)

// plan is a mission made ready to fly: its places in the world frame.
type plan struct {
	name   string
	legs   []leg
	at     int // leg being flown
	begun  bool
	held   float64 // s spent at the leg's end
	repeat bool
	items  int
}

// leg is one thing to do. An item of a mission becomes one or two legs.
type leg struct {
	item   int
	kind   mission.Kind
	to     geo.Vec
	moveXY bool // to holds a place; else the drone stays where it is
	moveZ  bool
	hold   float64 // s
	accept float64 // m
	value  float64 // speed in m/s or yaw in rad
	speed  float64 // m/s on the way there; 0: as it was
	turns  bool    // yaw is wanted there
	yaw    float64 // rad
	text   string
}

// Item returns the mission item being flown and how many there are; 0, 0
// without a mission.
func (p *Pilot) Item() (item, items int) {
	if len(p.plan.legs) == 0 {
		return 0, 0
	}
	return p.plan.legs[min(p.plan.at, len(p.plan.legs)-1)].item, p.plan.items
}

// prepare makes m ready to fly from item first. Heights relative to home count
// from p.Home.
func (p *Pilot) prepare(m *mission.Mission, local *geo.Local, first int, airborne bool) (plan, error) {
	if first < 0 || first >= len(m.Items) {
		return plan{}, fmt.Errorf("item %d is not in the mission: it has %d, counted from 0", first, len(m.Items))
	}
	pl := plan{name: m.Name, repeat: m.Repeat, items: len(m.Items)}
	for i := range m.Items {
		if i == first {
			pl.at = len(pl.legs)
		}
		pl.legs = append(pl.legs, p.legsOf(i, &m.Items[i], local)...)
	}
	if !airborne && pl.legs[pl.at].kind != mission.Takeoff {
		pl.legs = append(pl.legs[:pl.at:pl.at], append([]leg{p.liftOff(&pl)}, pl.legs[pl.at:]...)...)
	}
	return pl, nil
}

// liftOff is the climb that a mission without a take-off item begins with: to
// the height of its first place.
func (p *Pilot) liftOff(pl *plan) leg {
	z := p.Home.Z + DefaultTakeoffM
	for _, l := range pl.legs[pl.at:] {
		if l.moveZ {
			z = math.Max(z, l.to.Z)
			break
		}
	}
	return leg{item: pl.legs[pl.at].item, kind: mission.Takeoff, to: geo.Vec{Z: z}, moveZ: true, accept: 0.5}
}

func (p *Pilot) legsOf(i int, it *mission.Item, local *geo.Local) []leg {
	l := leg{item: i, kind: it.Kind, hold: it.HoldS, accept: it.Acceptance, text: it.Text}
	if it.Kind != mission.Speed {
		l.speed = it.SpeedMS
	}
	if it.HeadingDeg != nil {
		l.turns, l.yaw = true, geo.HeadingToYaw(*it.HeadingDeg)
	}
	if l.accept == 0 {
		l.accept = acceptance
	}
	p.place(&l, it, local)
	switch it.Kind {
	case mission.Takeoff:
		up := l
		up.moveXY, up.hold, up.accept = false, 0, 0.5
		if !up.moveZ {
			up.moveZ, up.to.Z = true, p.Home.Z+DefaultTakeoffM
		}
		if l.moveXY {
			l.kind = mission.Waypoint
			return []leg{up, l}
		}
		return []leg{up}
	case mission.Loiter:
		if it.HoldS == 0 {
			l.hold = math.Inf(1)
		}
	case mission.Land:
		if l.moveXY {
			to := l
			to.kind, to.moveZ, to.hold, to.accept = mission.Waypoint, false, 0, 0.5
			return []leg{to, {item: i, kind: mission.Land}}
		}
	case mission.Speed:
		l.value = it.SpeedMS
	case mission.Heading:
		l.value = geo.HeadingToYaw(*it.HeadingDeg)
	}
	return []leg{l}
}

// place fills in where a leg goes.
func (p *Pilot) place(l *leg, it *mission.Item, local *geo.Local) {
	if it.Frame == mission.LocalENU {
		switch it.Kind {
		case mission.Waypoint, mission.Loiter, mission.Takeoff, mission.Land:
			l.to = p.Home.Add(geo.Vec{X: it.X, Y: it.Y, Z: it.Z})
			l.moveXY, l.moveZ = it.Kind != mission.Takeoff, it.Kind != mission.Takeoff || it.Z > 0
		}
		return
	}
	if it.Lat != nil {
		// The height of the frame's plane under that place, then the height asked for.
		at := local.ToENU(geo.LLA{Lat: *it.Lat, Lon: *it.Lon, Alt: local.Origin.Alt})
		l.to.X, l.to.Y, l.moveXY = at.X, at.Y, true
	}
	if it.Alt != nil {
		l.moveZ = true
		if it.Frame == mission.Absolute {
			l.to.Z = *it.Alt - local.Origin.Alt
		} else {
			l.to.Z = p.Home.Z + *it.Alt
		}
	}
}

// flyPlan flies the current leg and goes on to the next when it is done.
func (p *Pilot) flyPlan(e *Estimate, dt float64) {
	pl := &p.plan
	if pl.at >= len(pl.legs) {
		p.endPlan()
		return
	}
	l := &pl.legs[pl.at]
	if !pl.begun {
		pl.begun, pl.held = true, 0
		if !p.begin(l, e) {
			return
		}
	}
	arrived := pl.held > 0
	if p.wing != nil {
		arrived = arrived || p.wingArrived(l, e)
	} else {
		arrived = arrived || p.target.Sub(e.P).Norm() <= l.accept
	}
	switch {
	case arrived && l.turns:
		p.yaw = l.yaw
	case l.kind == mission.Waypoint || l.kind == mission.Loiter:
		p.faceTarget(e)
	}
	lim := p.limits()
	if l.speed > 0 {
		lim.speed = math.Min(l.speed, p.veh.MaxSpeed)
	}
	if l.kind == mission.Takeoff {
		lim.climb = math.Min(lim.climb, takeoffSpeed)
	}
	if p.wing == nil {
		p.sp.advance(p.veh, p.target, e.P, lim, dt)
	}
	if !arrived {
		return
	}
	pl.held += dt
	turned := !l.turns || p.wing != nil || math.Abs(geo.WrapPi(p.sp.yaw-l.yaw)) < yawError || pl.held > yawTimeout
	if pl.held >= l.hold && turned {
		p.next(l)
	}
}

// Figures of PX4's defaults, whose parameter is named. PX4 waits for the heading
// of an item for ever (MIS_YAW_TMT -1), which a mission that shall end can't.
const (
	yawError   = 12 * math.Pi / 180 // rad  MIS_YAW_ERR
	yawTimeout = 10.0               // s
)

// begin starts a leg. It returns false when the leg was done at once or gave
// the drone another mode.
func (p *Pilot) begin(l *leg, e *Estimate) bool {
	switch l.kind {
	case mission.Speed:
		p.speed = math.Min(l.value, p.veh.MaxSpeed)
		p.next(l)
		return false
	case mission.Heading:
		p.yaw = l.value
		p.next(l)
		return false
	case mission.Note:
		p.say("mission_note", "passed %q", l.text)
		p.next(l)
		return false
	case mission.Return:
		p.reached(l)
		p.say("mission_finished", "mission %q finished: returning", p.plan.name)
		p.goHomeNow(e)
		return false
	case mission.Land:
		p.reached(l)
		p.say("mission_finished", "mission %q finished: landing", p.plan.name)
		p.landNow()
		return false
	}
	if l.moveXY {
		p.target.X, p.target.Y = l.to.X, l.to.Y
	}
	if l.moveZ {
		p.target.Z = l.to.Z
	}
	return true
}

func (p *Pilot) reached(l *leg) {
	p.events = append(p.events, Event{
		Type: "mission_item_reached", Item: l.item,
		Message: fmt.Sprintf("mission item %d of %d done (%s)", l.item+1, p.plan.items, l.kind),
	})
}

func (p *Pilot) next(l *leg) {
	pl := &p.plan
	if pl.at+1 >= len(pl.legs) || pl.legs[pl.at+1].item != l.item {
		p.reached(l)
	}
	pl.at++
	pl.begun = false
	if pl.at >= len(pl.legs) && pl.repeat {
		pl.at = 0
		for pl.at < len(pl.legs)-1 && pl.legs[pl.at].kind == mission.Takeoff {
			pl.at++ // already in the air
		}
	}
}

func (p *Pilot) endPlan() {
	p.say("mission_finished", "mission %q finished: holding", p.plan.name)
	p.plan.at = max(0, len(p.plan.legs)-1)
	p.enter(drone.Hold)
}
