package compact

// trials find out which kind of motion predicts a drone best: once a second
// each kind makes a prediction from what is known, and a second later it is
// judged. What flies circles is soon predicted by circles.
type trials struct {
	since uint64 // tick of the predictions
	p, v  [3]float64
	a     [3]float64
	w     float64
	score [kinds]float64 // m, smoothed errors
}

const trialTime = 1.0 // s

func (r *trials) begin(t *track, tick uint64) {
	r.since, r.p, r.v, r.a, r.w = tick, t.p, t.v, t.a, t.w
}

func (r *trials) observe(t *track, tick uint64, hz float64) {
	s := float64(tick-r.since) / hz
	if s < trialTime {
		return
	}
	var at [kinds][3]float64
	at[rest] = r.p
	sin, cos := sincos(r.w * s)
	along, across := s, 0.0
	if r.w > 1e-6 || r.w < -1e-6 {
		along, across = sin/r.w, (1-cos)/r.w
	}
	bent := min(s, bendFor)
	for k := range 3 {
		at[line][k] = r.p[k] + float64(r.v[k]*s)
		at[curve][k] = at[line][k] + float64(r.a[k]*bent*(s-bent/2))
	}
	at[turn] = [3]float64{
		r.p[0] + float64(r.v[0]*along) - float64(r.v[1]*across),
		r.p[1] + float64(r.v[0]*across) + float64(r.v[1]*along),
		r.p[2] + float64(r.v[2]*s),
	}
	for k := range kinds {
		r.score[k] += (distance(at[k], t.p) - r.score[k]) / 3
	}
	r.begin(t, tick)
}

// best is the kind with the smallest error lately; what costs more bits must be
// better by more.
func (r *trials) best(t *track, g *grid) kind {
	extra := [kinds]float64{rest: 0, line: 0.15, curve: 0.3, turn: 0.25} // of a tolerance
	tolerance := g.place * quantaPerTolerance
	best, least := rest, r.score[rest]
	for k := line; k < kinds; k++ {
		if s := r.score[k] + float64(extra[k]*tolerance); s < least {
			best, least = k, s
		}
	}
	return best
}
