package verify

import (
	"encoding/json"
	"math"

	"volary/internal/geo"
	"volary/internal/physics"
)

// gpd opens a flight of gym-pybullet-drones. Its error of integration is in its
// data, so it is flown with its own integrator, which shows how our forces
// agree; the note says how far Runge–Kutta is from it.
func (l *loader) gpd(name string, raw json.RawMessage) (func(float64) (Result, error), error) {
	var c struct {
		CSV  string  `json:"csv"`
		Freq float64 `json:"freq"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, err
	}
	var p struct {
		Params struct {
			M  float64    `json:"m"`
			L  float64    `json:"L"`
			J  [3]float64 `json:"J"`
			Kf float64    `json:"kf_N_per_rpm2"`
			Km float64    `json:"km_Nm_per_rpm2"`
			G  float64    `json:"g"`
		} `json:"params"`
	}
	if err := json.Unmarshal(l.whole, &p); err != nil {
		return nil, err
	}
	q := &p.Params
	d := q.L / math.Sqrt2
	a := &physics.Airframe{
		Name: "reference", Mass: value(q.M), Inertia: physics.Inertia{XX: q.J[0], YY: q.J[1], ZZ: q.J[2]},
		Thrust: value(q.Kf / (rpm * rpm)), Torque: value(q.Km / (rpm * rpm)), SpeedMax: value(math.Inf(1)),
		Rotors: []physics.Rotor{{X: d, Y: -d, Turn: -1}, {X: -d, Y: -d, Turn: 1}, {X: -d, Y: d, Turn: -1}, {X: d, Y: d, Turn: 1}},
	}
	if err := a.Prepare(); err != nil {
		return nil, err
	}
	return func(dt float64) (r Result, err error) {
		theirs, err := l.read(&inRPM, c.CSV, name)
		if err != nil {
			return r, err
		}
		h := 1.0 / 240
		if c.Freq > 0 {
			h = 1 / c.Freq
		}
		step, air := physics.NewStepperIn(a, h, q.G), physics.StillAir()
		s := theirs.State[0]
		for i := range len(theirs.T) - 1 {
			s.R = theirs.Cmd[i]
			for range int(math.Round((theirs.T[i+1] - theirs.T[i]) / h)) {
				semiImplicit(step, &s, &air, h)
			}
			r.see(&s, &theirs.State[i+1])
		}
		r.Note = "flown with their integrator, semi-implicit Euler: its error is in their data"
		return r, nil
	}, nil
}

// semiImplicit advances s as gym-pybullet-drones does: first the velocities, then
// with these the place and, by the exact rotation, the attitude.
func semiImplicit(step *physics.Stepper, s *physics.State, air *physics.Air, h float64) {
	v, w := step.Acceleration(s, air)
	s.V = s.V.Add(v.Scale(h))
	s.W = s.W.Add(w.Scale(h))
	s.P = s.P.Add(s.V.Scale(h))
	n := s.W.Norm()
	if n == 0 {
		return
	}
	sin, cos := math.Sincos(n * h / 2)
	k := s.W.Scale(sin / n)
	q := s.Q
	s.Q = geo.Quat{
		W: q.W*cos - q.X*k.X - q.Y*k.Y - q.Z*k.Z,
		X: q.X*cos + q.W*k.X + q.Y*k.Z - q.Z*k.Y,
		Y: q.Y*cos + q.W*k.Y + q.Z*k.X - q.X*k.Z,
		Z: q.Z*cos + q.W*k.Z + q.X*k.Y - q.Y*k.X,
	}
}
