package world

import (
	"math"

	"volary/internal/autopilot"
	"volary/internal/geo"
)

// Figures of mutual avoidance.
const (
	foresight     = 6.0  // s, how far ahead a meeting is worth a turn
	avoidReach    = 60.0 // m, others further away are no concern
	avoidMost     = 16   // the nearest so many are looked at
	meetingCost   = 12.0 // m/s of deviation that a meeting in one second is worth
	avoidMargin   = 1.25 // the separation aimed at over the one asked for: a drone turns with inertia
	sidestepSpeed = 1.5  // m/s, of a drone that stands in the way
	sidestepClimb = 1.0  // m/s, up or down
)

// nearMargin is what drones keep between them, beside their size, before it
// counts as a near collision, where the scenario says nothing, m.
const nearMargin = 0.5

// watchNear notes how near other flying drones are. A near collision ends when they
// are half as far again apart as where it began.
func (w *World) watchNear(i int, b *body, c *autopilot.Conditions) {
	me := &w.grid.places[i]
	if !me.flying || b.onGround || !b.pilot.Armed {
		return
	}
	nearest, which, margin := math.Inf(1), -1, math.Inf(1)
	w.grid.near(i, b.s.P, math.Max(cell, w.avoidance.Near), func(j int, at *place) {
		if !at.flying {
			return
		}
		d := at.p.Sub(me.p).Norm()
		b.separation = math.Min(b.separation, d)
		limit := w.avoidance.Near
		if limit == 0 {
			limit = me.radius + at.radius + nearMargin
		}
		if b.pilot.Alarms()&autopilot.AlarmNear != 0 {
			limit *= 1.5
		}
		if m := d - limit; m < margin {
			nearest, which, margin = d, j, m
		}
	})
	if margin < 0 {
		c.Alarms |= autopilot.AlarmNear
		c.Near, c.NearM, c.NearAct = w.bodies[which].info.ID, nearest, w.nearAct
	}
}

// other is a drone to keep away from, as the grid saw it.
type other struct {
	d, v geo.Vec // where it is from here; how it moves
	dist float64
}

// avoid lets a drone steer around others: among velocities near the one it
// wants, it takes the one that costs least, where meeting somebody soon costs
// more than a detour (velocity obstacles, Fiorini and Shiller 1998). Each of two
// takes all of it upon itself, so that one that lands or takes off may keep its
// way. All are where the grid saw them: what a drone does doesn't depend on the
// order of work.
func (w *World) avoid(i int, b *body, e *autopilot.Estimate) {
	if !b.pilot.Yields() || b.onGround {
		b.pilot.Dodge(geo.Vec{}, false)
		return
	}
	me := &w.grid.places[i]
	var all [avoidMost]other
	n := 0
	want := b.pilot.Wants(e)
	reach := math.Min(avoidReach, w.avoidance.Separation+float64((want.Norm()+me.v.Norm()+sidestepSpeed)*foresight))
	w.grid.near(i, me.p, reach, func(j int, at *place) {
		if !at.flying {
			return
		}
		o := other{d: at.p.Sub(me.p), v: at.v}
		if o.dist = o.d.Norm(); o.dist > reach {
			return
		}
		k := n
		if n < avoidMost {
			n++
		} else if k--; all[k].dist <= o.dist {
			return
		}
		for ; k > 0 && all[k-1].dist > o.dist; k-- {
			all[k] = all[k-1]
		}
		all[k] = o
	})
	near := all[:n]
	if w.meeting(want, near) == 0 {
		b.pilot.Dodge(geo.Vec{}, false)
		return
	}
	b.pilot.Dodge(w.detour(want, near), true)
}

// turns are the directions tried, from the one wanted, to the right first: so
// that two that meet head on pass each other left shoulder to left shoulder.
var turns = [...]float64{0, -15, 15, -30, 30, -50, 50, -75, 75, -105, 105, 180}

// detour is the velocity that costs least.
func (w *World) detour(want geo.Vec, near []other) geo.Vec {
	speed := math.Max(want.NormXY(), sidestepSpeed)
	dir := geo.Vec{X: want.X, Y: want.Y}
	if dir.NormXY() < 0.3 { // it stands: step aside from the nearest
		dir = geo.Vec{X: -near[0].d.X, Y: -near[0].d.Y}
		if dir.NormXY() == 0 {
			dir = geo.Vec{X: 1}
		}
	}
	dir = dir.Scale(1 / dir.NormXY())
	// As on airways: who goes east passes above, who goes west below.
	level := 1.0
	if dir.X < 0 || dir.X == 0 && dir.Y < 0 {
		level = -1
	}
	best, least := geo.Vec{}, math.Inf(1)
	try := func(v geo.Vec) {
		d := v.Sub(want)
		if float64(d.Z*level) >= 0 {
			d.Z *= 0.6
		} else {
			d.Z *= 1.5
		}
		if cost := d.Norm() + w.meeting(v, near); cost < least {
			best, least = v, cost
		}
	}
	for _, climb := range [...]float64{0, sidestepClimb, -sidestepClimb, 2 * sidestepClimb, -2 * sidestepClimb} {
		for _, share := range [...]float64{1, 0.6, 0.3} {
			for _, turn := range turns {
				s, c := geo.Sincos(turn * (math.Pi / 180))
				v := geo.Vec{X: float64(dir.X*c) - float64(dir.Y*s), Y: float64(dir.X*s) + float64(dir.Y*c)}
				try(v.Scale(speed * share).Add(geo.Vec{Z: want.Z + climb}))
			}
		}
		try(geo.Vec{Z: want.Z + climb})
	}
	return best
}

// meeting is the cost of the meetings that velocity v leads to; 0: none within
// the time looked ahead.
func (w *World) meeting(v geo.Vec, near []other) float64 {
	worst := 0.0
	for k := range near {
		o := &near[k]
		if t := meets(o.d, v.Sub(o.v), float64(avoidMargin*w.avoidance.Separation)); t < foresight {
			worst = math.Max(worst, float64(meetingCost*(1/math.Max(t, 0.1)-1/foresight)))
		}
	}
	return worst
}

// meets is the time until something d away, approached with velocity u, is
// nearer than r: infinite when it never is. Inside r it counts how fast the two
// come apart.
func meets(d, u geo.Vec, r float64) float64 {
	along, uu := d.Dot(u), u.Dot(u)
	gap := d.Dot(d) - float64(r*r)
	if gap <= 0 {
		away := -along / math.Max(d.Norm(), 1e-6)
		if away > 0.5 {
			return foresight
		}
		return 0.1 + float64(0.4*math.Max(0, away))
	}
	if along <= 0 || uu == 0 {
		return math.Inf(1)
	}
	disc := float64(along*along) - float64(uu*gap)
	if disc < 0 {
		return math.Inf(1)
	}
	return (along - math.Sqrt(disc)) / uu
}

// Separation is the smallest distance between two flying drones so far in
// metres, centre to centre, as seen ten times a second; +Inf while there were no
// two within the reach of a cell.
func (w *World) Separation() float64 {
	least := math.Inf(1)
	for i := range w.bodies {
		least = math.Min(least, w.bodies[i].separation)
	}
	return least
}
