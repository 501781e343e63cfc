package compact

import "math"

// kind is how a model moves.
type kind uint8

const (
	rest  kind = iota // stays where it is
	line              // straight on at constant velocity
	curve             // constant acceleration for bendFor, then straight on
	turn              // constant speed and rate of turn for turnFor, constant climb, then straight on
	kinds
)

const (
	bendFor  = 1.0  // s
	brakeFor = 4.0  // s
	turnFor  = 16.0 // s

	// quantaPerTolerance: places are counted in quarters of the tolerance, so that
	// rounding takes an eighth of it along each axis. Finer steps cost more bits
	// than the updates they save: 4 was the cheapest of 3 to 8.
	quantaPerTolerance = 4

	headingSteps = 64   // of a full turn, as sent
	headingFine  = 1024 // of a full turn, as kept: what is carried over a change of motion is rounded to these
)

// grid is the size of a step of each number of a model, of a tolerance class.
type grid struct {
	place float64 // m
	speed float64 // m/s
	bend  float64 // m/s²
	turn  float64 // rad/s
}

func gridOf(tolerance float64) grid {
	q := tolerance / quantaPerTolerance
	return grid{place: q, speed: q * 0.75, bend: q * 3, turn: q / 32}
}

// model is what both sides know of one drone, in steps of its class's grid.
type model struct {
	kind   kind
	coarse bool  // of the coarse class: outside the area of interest
	epoch  int64 // tick at which place and velocity hold
	place  [3]int32
	speed  [3]int32
	bend   [3]int32 // curve
	turn   int32    // turn

	heading int32  // of headingFine, clockwise from north, at the epoch
	state   uint32 // see packState
	battery uint32 // percent
	home    int32  // decimetres: height of the take-off point
}

// at predicts place (m) and velocity (m/s) at a tick, on a world of hz ticks a second.
func (m *model) at(g *grid, tick, hz float64) (p, v [3]float64) {
	t := (tick - float64(m.epoch)) / hz
	for k := range 3 {
		p[k] = float64(float64(m.place[k]) * g.place)
		v[k] = float64(float64(m.speed[k]) * g.speed)
	}
	switch m.kind {
	case rest:
		v = [3]float64{}
	case line:
		for k := range 3 {
			p[k] += float64(v[k] * t)
		}
	case curve:
		var a [3]float64
		for k := range 3 {
			a[k] = float64(float64(m.bend[k]) * g.bend)
		}
		bent := min(t, bends(v, a))
		for k := range 3 {
			a := a[k]
			p[k] += float64(v[k]*bent) + float64(a*float64(bent*bent)/2)
			v[k] += float64(a * bent)
			p[k] += float64(v[k] * (t - bent))
		}
	case turn:
		w := float64(float64(m.turn) * g.turn)
		round := min(t, turnFor)
		over := t - round
		s, c := sincos(float64(w * round))
		along, across := round, 0.0 // ∫cos, ∫sin
		if m.turn != 0 {
			along, across = s/w, (1-c)/w
		}
		x, y := v[0], v[1]
		v[0] = float64(x*c) - float64(y*s)
		v[1] = float64(x*s) + float64(y*c)
		p[0] += float64(x*along) - float64(y*across) + float64(v[0]*over)
		p[1] += float64(x*across) + float64(y*along) + float64(v[1]*over)
		p[2] += float64(v[2] * t)
	}
	return p, v
}

// turned is how far the heading has come round since the epoch, in headingFine,
// clockwise: a drone that flies a turn keeps its nose at the same angle to its course.
func (m *model) turned(g *grid, tick, hz float64) float64 {
	if m.kind != turn {
		return 0
	}
	t := min((tick-float64(m.epoch))/hz, turnFor)
	return -float64(float64(float64(m.turn)*g.turn) * float64(t*(headingFine/(2*math.Pi))))
}

// headingAt is the heading in degrees clockwise from north, 0 to 360.
func (m *model) headingAt(g *grid, tick, hz float64) float64 {
	h := float64((float64(m.heading) + m.turned(g, tick, hz)) * (360.0 / headingFine))
	return h - float64(360*math.Floor(h/360))
}

// carryHeading makes heading be true at tick as it would have been had the model gone on.
func (m *model) carryHeading(g *grid, tick, hz float64) {
	m.heading = int32(round(float64(m.heading)+m.turned(g, tick, hz))) & (headingFine - 1)
}

// setHeading makes the heading at tick be step of headingSteps.
func (m *model) setHeading(step uint32, g *grid, tick, hz float64) {
	h := float64(step)*(headingFine/headingSteps) - m.turned(g, tick, hz)
	m.heading = int32(round(h)) & (headingFine - 1)
}

// bends is how long an acceleration holds, in seconds: what brakes does so until
// it stands, all else for bendFor.
func bends(v, a [3]float64) float64 {
	va := float64(v[0]*a[0]) + float64(v[1]*a[1]) + float64(v[2]*a[2])
	aa := float64(a[0]*a[0]) + float64(a[1]*a[1]) + float64(a[2]*a[2])
	vv := float64(v[0]*v[0]) + float64(v[1]*v[1]) + float64(v[2]*v[2])
	if va < 0 && float64(va*va) > float64(0.75*float64(vv*aa)) {
		return min(-va/aa, brakeFor)
	}
	return bendFor
}
