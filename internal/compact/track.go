package compact

import (
	"math"

	"volary/internal/telemetry"
)

// track is what the encoder knows of one drone: how it really moves, and what
// the client believes.
type track struct {
	known bool // p, v and a are true
	sent  bool // the client knows the drone
	m     model

	p, v, a [3]float64 // m, m/s, m/s²
	from    [3]float64 // velocity that a is reckoned from
	since   float64    // s, how long ago that was
	w       float64    // rad/s, rate of turn of the course, smoothed
	ground  float64    // m, where it would touch down: where it took off

	trial trials
}

const (
	// bendOver is the time over which acceleration is taken from velocity, which
	// comes in cm/s: shorter is noise, and longer comes late, which costs more.
	bendOver   = 0.04 // s
	smoothTurn = 0.5  // s
)

func (t *track) start(s *telemetry.Sample, tick uint64) {
	*t = track{known: true, sent: t.sent, m: t.m}
	t.p, t.v = motionOf(s)
	t.from, t.ground = t.v, float64(s.HomeZ)/1000
	t.trial.begin(t, tick)
}

func motionOf(s *telemetry.Sample) (p, v [3]float64) {
	p = [3]float64{float64(s.X) / 1000, float64(s.Y) / 1000, float64(s.Z) / 1000}
	v = [3]float64{float64(s.VX) / 100, float64(s.VY) / 100, float64(s.VZ) / 100}
	return p, v
}

// observe takes the next sample in, dt simulated seconds after the last.
func (t *track) observe(s *telemetry.Sample, tick uint64, dt, hz float64) {
	if dt <= 0 {
		return
	}
	p, v := motionOf(s)
	t.ground = float64(s.HomeZ) / 1000
	if t.since += dt; t.since >= bendOver {
		for k := range 3 {
			t.a[k] = (v[k] - t.from[k]) / t.since
		}
		t.since, t.from = 0, v
	}
	t.p, t.v = p, v
	w := 0.0
	if speed2 := float64(v[0]*v[0]) + float64(v[1]*v[1]); speed2 > 0.25 {
		w = (float64(v[0]*t.a[1]) - float64(v[1]*t.a[0])) / speed2
	}
	keep := smoothTurn / (smoothTurn + dt)
	t.w += float64((1 - keep) * (w - t.w))
	t.trial.observe(t, tick, hz)
}

// expect is where the drone will be so many seconds from now, as far as its own
// motion tells. What sinks ends on the ground: a touchdown stops a drone between
// two pictures, which no motion tells.
func (t *track) expect(s float64) (p [3]float64) {
	for k := range 3 {
		p[k] = t.p[k] + float64(s*(t.v[k]+float64(s/2*t.a[k])))
	}
	if p[2] < t.ground && t.p[2] >= t.ground {
		p[2] = t.ground
	}
	return p
}

// errorAt is how far the client's picture will be off so many seconds from now.
func (t *track) errorAt(e *Encoder, s float64) float64 {
	p, _ := t.m.at(e.s.grid(&t.m), float64(e.tick)+float64(s*float64(e.s.hz)), float64(e.s.hz))
	return distance(p, t.expect(s))
}

// worstAhead is the largest error expected within so many seconds.
func (t *track) worstAhead(e *Encoder, ahead float64) float64 {
	return t.worstOf(e, &t.m, ahead)
}

func (t *track) worstOf(e *Encoder, m *model, ahead float64) float64 {
	g, hz := e.s.grid(m), float64(e.s.hz)
	worst := 0.0
	for _, s := range [3]float64{0, ahead / 2, ahead} {
		p, _ := m.at(g, float64(e.tick)+float64(s*hz), hz)
		unforeseen := min(jerk*s*s*s/6, jerkMost*e.tolerance(t))
		worst = max(worst, distance(p, t.expect(s))+unforeseen)
	}
	return worst
}

func distance(a, b [3]float64) float64 {
	x, y, z := a[0]-b[0], a[1]-b[1], a[2]-b[2]
	return math.Sqrt(float64(x*x) + float64(y*y) + float64(z*z))
}

// motion is the update that makes the client see the drone as it moves: with
// the kind of motion that did best lately, if it is good for the next frame, else
// with the one that is best there.
func (e *Encoder) motion(t *track, ahead float64) update {
	favourite := t.trial.best(t, e.s.grid(&t.m))
	u, worst := e.tryMotion(t, favourite, ahead)
	if worst <= goodFor*e.tolerance(t) {
		return u
	}
	for k := range kinds {
		if k == favourite {
			continue
		}
		if other, w := e.tryMotion(t, k, ahead); w < worst {
			u, worst = other, w
		}
	}
	return u
}

// tryMotion makes an update of a kind, and tells the largest error it would leave.
func (e *Encoder) tryMotion(t *track, k kind, ahead float64) (update, float64) {
	g, hz, now := e.s.grid(&t.m), float64(e.s.hz), float64(e.tick)
	seenP, seenV := t.m.at(g, now, hz)
	u := update{tag: tagMotion, kind: k}
	for i := range 3 {
		u.place[i] = int32(round(t.p[i]/g.place)) - int32(round(seenP[i]/g.place))
		if k != rest {
			u.speed[i] = int32(round(t.v[i]/g.speed)) - int32(round(seenV[i]/g.speed))
		}
	}
	switch k {
	case curve:
		for i := range 3 {
			u.bend[i] = int32(round(t.a[i] / g.bend))
		}
	case turn:
		u.turn = int32(round(t.w / g.turn))
		if t.m.kind == turn {
			u.turn -= t.m.turn
		}
	}
	m := t.m
	m.apply(&u, g, int64(e.tick), hz)
	return u, t.worstOf(e, &m, ahead)
}

// Things of a sample as they are sent.

const stateBits = 9

// packState packs mode (4 bits), status (3), armed and on the ground.
func packState(s *telemetry.Sample) uint32 {
	return uint32(s.Mode)&15<<5 | uint32(s.Status)&7<<2 | uint32(s.Flags)&3
}

func batteryOf(s *telemetry.Sample) uint32 { return min(uint32(s.Battery+50)/100, 100) }

func headingStep(s *telemetry.Sample) uint32 {
	return uint32(round(float64(s.Heading)/100*headingSteps/360)) & (headingSteps - 1)
}

func homeOf(s *telemetry.Sample) int32 { return int32(round(float64(s.HomeZ) / 100)) }
