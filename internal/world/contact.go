package world

import (
	"fmt"

	"volary/internal/drone"
	"volary/internal/geo"
)

// Contact with other drones and with obstacles. A drone is a sphere of its size.
const (
	bounce = 0.3 // speed after an impact over that before
	// wreckSpeed is the speed of impact in the air that breaks a drone, m/s.
	wreckSpeed = 1.0
)

// touch keeps a drone out of the obstacles.
func (w *World) touch(b *body) {
	for k := range w.solids {
		s := &w.solids[k]
		dx, dy := b.s.P.X-s.X, b.s.P.Y-s.Y
		if r := s.Reach() + b.kind.radius; float64(dx*dx)+float64(dy*dy) < float64(r*r) {
			w.strike(b, s)
		}
	}
}

// bump changes the speed of a drone that hits another before the next look at
// the grid. Both are taken where the grid saw them, so that each computes its
// own half of the same impact.
func (w *World) bump(b *body, me *place, j int, at *place) {
	const ahead = float64(gridEvery) / TickHz
	d, v := me.p.Sub(at.p), me.v.Sub(at.v)
	reach := me.radius + at.radius
	if d.Z > reach+2 || d.Z < -reach-2 {
		return
	}
	// The moment of their closest approach.
	t := 0.0
	if vv := v.Dot(v); vv > 0 {
		t = geo.Clamp(-d.Dot(v)/vv, 0, ahead)
	}
	d = d.Add(v.Scale(t))
	gap := d.Norm()
	if gap >= reach {
		return
	}
	n := geo.Vec{Z: 1}
	if gap > 0 {
		n = d.Scale(1 / gap)
	} else if b.info.Slot < w.bodies[j].info.Slot {
		n.Z = -1
	}
	closing := -v.Dot(n)
	if closing <= 0 {
		return
	}
	share := at.mass / (me.mass + at.mass)
	b.s.V = b.s.V.Add(n.Scale(float64(float64((1+bounce)*closing) * share)))
	if closing > wreckSpeed {
		w.wreck(b, fmt.Sprintf("hit %s at %.1f m/s", w.bodies[j].info.ID, closing))
	}
}

// strike keeps a drone out of an obstacle.
func (w *World) strike(b *body, s *geo.Solid) {
	gap, away := s.Gap(b.s.P)
	if gap >= b.kind.radius {
		return
	}
	b.s.P = b.s.P.Add(away.Scale(b.kind.radius - gap))
	into := -b.s.V.Dot(away)
	if into <= 0 {
		return
	}
	b.s.V = b.s.V.Add(away.Scale(float64((1 + bounce) * into)))
	if into > wreckSpeed {
		w.wreck(b, fmt.Sprintf("hit an obstacle at %.1f m/s", into))
	}
}

// wreck is the end of a drone's flight.
func (w *World) wreck(b *body, what string) {
	if b.crashed {
		return
	}
	b.crashed, b.status, b.broken = true, drone.Crashed, drone.Crashed
	b.pilot.Wreck(what)
}
