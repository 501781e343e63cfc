package world

import (
	"math"

	"volary/internal/air"
	"volary/internal/geo"
	"volary/internal/physics"
)

// SetWeather changes the air of the whole world from this tick on.
func (w *World) SetWeather(weather air.Weather) {
	w.air = air.New(w.sc.Seed, weather, w.local.Origin.Alt)
	w.refresh = true
}

// Weather is the air as it is now.
func (w *World) Weather() air.Weather { return w.air.Weather() }

// look takes down where every drone is. After a change of the drones or of the
// air, every drone looks up the air around it too.
func (w *World) look() {
	changed := w.refresh || len(w.grid.places) != len(w.bodies)
	w.refresh = false
	w.grid.fill(w.bodies)
	if changed {
		for i := range w.bodies {
			w.breathe(&w.bodies[i], true)
		}
	}
}

// gustEvery is how many ticks lie between two looks at the wind where a drone
// is: 40 ms, in which it crosses half a metre of the smallest gusts' dozens.
const gustEvery = 2 * outerEvery

// breathe looks up the air around a drone: what the ground and faults do to it,
// and the wind itself when it is new.
func (w *World) breathe(b *body, wind bool) {
	a, p := &b.air, &b.s.P
	if wind {
		b.wind = w.air.Wind(*p, float64(w.tick)*w.dt)
		a.Density = w.air.Density(p.Z)
	}
	a.Wind = b.wind
	a.Lift = b.kind.cushion.lift(p.Z)
	a.Wake = 0
	if b.trouble != nil {
		a.Wind = a.Wind.Add(b.trouble.blown(w.tick))
	}
}

// meet is what other drones do to one: the wash of those above, and contact.
func (w *World) meet(i int, b *body) {
	me := &w.grid.places[i]
	if !me.flying {
		return
	}
	w.grid.near(i, me.p, meetReach, func(j int, at *place) {
		if at.wash != nil {
			b.air.Wake += at.wash.speed(at.p.Sub(me.p))
		}
		w.bump(b, me, j, at)
	})
	b.air.Wind.Z -= b.air.Wake
}

// meetReach is how far across the ground a drone reaches others, m: the width
// of its wash far below, or a contact.
const meetReach = 3.0

// cushion is the ground effect of an airframe.
type cushion struct {
	stand  float64 // m, of the rotors above the ground when it stands
	radius float64 // m, of a rotor
}

func cushionOf(a *physics.Airframe) cushion {
	top := math.Inf(-1)
	for _, r := range a.Rotors {
		top = math.Max(top, r.Z)
	}
	return cushion{stand: a.Stand.Value + top, radius: a.RotorRadius.Value}
}

// reach of the ground effect in rotor radii: from there on it is below 1 %.
const cushionReach = 3.0

// lift is the factor on the thrust of rotors so many metres above where they
// are when the drone stands: T/T∞ = 1/(1−(R/4z)²), held constant below half a
// radius, where it no longer holds (Cheeseman and Bennett 1955).
func (c *cushion) lift(z float64) float64 {
	h := z + c.stand
	if h > float64(cushionReach*c.radius) {
		return 1
	}
	x := c.radius / (4 * math.Max(h, float64(0.5*c.radius)))
	return 1 / (1 - float64(x*x))
}

// wash is the jet that the rotors of an airframe in hover blow down.
type wash struct {
	exit   float64 // m/s, in the contracted jet: twice the induced velocity
	radius float64 // m, of the contracted jet
}

// washOf takes the rotors together for one disc. By momentum theory its jet
// contracts to half its area and doubles its speed.
func washOf(a *physics.Airframe) wash {
	return wash{exit: 2 * a.InducedVelocity(), radius: a.RotorRadius.Value * math.Sqrt(0.5*float64(len(a.Rotors)))}
}

// washReach is how far down the jet is followed, m.
const washReach = 15.0

// speed is how fast the air comes down in the jet of a drone that is d away,
// m/s: a round turbulent jet, whose axis keeps its speed for six diameters and
// then slows down with the distance, and which spreads by a tenth of it (Pope,
// Turbulent Flows, 5.1).
func (j *wash) speed(d geo.Vec) float64 {
	if d.Z < 0.05 || d.Z > washReach || j.radius == 0 {
		return 0
	}
	half := math.Max(j.radius, float64(0.094*d.Z))
	r2 := (float64(d.X*d.X) + float64(d.Y*d.Y)) / float64(half*half)
	if r2 > 4 {
		return 0
	}
	axis := float64(j.exit * math.Min(1, 12*j.radius/d.Z))
	return float64(axis * geo.Exp(-math.Ln2*r2))
}
