package verify

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"strings"

	"volary/internal/geo"
	"volary/internal/physics"
)

// Flight is a flight of another simulator: a row every so often.
type Flight struct {
	T     []float64
	State []physics.State // z up, as in package physics
	Cmd   [][physics.MaxRotors]float64
}

// frames tells how a file's rows are turned into states.
type frames struct {
	pos, vel [3]string
	rate     [3]string
	ned      bool    // world z and y down, body FRD
	rotor    string  // prefix of the rotor columns
	scale    float64 // of the rotor columns into rad/s
}

var (
	zUp = frames{
		pos: [3]string{"px", "py", "pz"}, vel: [3]string{"vx", "vy", "vz"}, rate: [3]string{"wx", "wy", "wz"},
		rotor: "r", scale: 1,
	}
	inRPM = frames{pos: zUp.pos, vel: zUp.vel, rate: zUp.rate, rotor: "rpm", scale: rpm}
	// North-east-down becomes north-west-up: y and z change their sign in the
	// world and in the body.
	down = frames{
		pos: [3]string{"pn", "pe", "pd"}, vel: [3]string{"vn", "ve", "vd"}, rate: [3]string{"p", "q", "r"},
		rotor: "u", scale: 1, ned: true,
	}
)

// read reads a flight. Columns are found by name.
func (fr *frames) read(files fs.FS, name string) (*Flight, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	recs, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(recs) < 2 {
		return nil, fmt.Errorf("%s: no rows", name)
	}
	at := map[string]int{}
	for i, h := range recs[0] {
		at[strings.TrimSpace(h)] = i
	}
	out := &Flight{}
	for n, rec := range recs[1:] {
		v := make([]float64, len(rec))
		for i, cell := range rec {
			if v[i], err = strconv.ParseFloat(strings.TrimSpace(cell), 64); err != nil {
				return nil, fmt.Errorf("%s: row %d, column %s: %w", name, n+1, recs[0][i], err)
			}
		}
		if err := fr.row(out, at, v); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return out, nil
}

func (fr *frames) row(out *Flight, at map[string]int, v []float64) error {
	var missing []string
	get := func(name string) float64 {
		i, ok := at[name]
		if !ok {
			missing = append(missing, name)
			return 0
		}
		return v[i]
	}
	three := func(n [3]string) geo.Vec { return geo.Vec{X: get(n[0]), Y: get(n[1]), Z: get(n[2])} }
	s := physics.State{
		P: three(fr.pos), V: three(fr.vel), W: three(fr.rate),
		Q: geo.Quat{W: get("qw"), X: get("qx"), Y: get("qy"), Z: get("qz")},
	}
	t := get("t")
	if fr.ned {
		s = northWestUp(s)
	}
	var cmd [physics.MaxRotors]float64
	for i := range physics.MaxRotors {
		// Some files count rotors from 0, others from 1.
		for k, prefix := range []string{fr.rotor, "c"} {
			j, ok := at[prefix+strconv.Itoa(i+1)]
			if fr.ned {
				j, ok = at[prefix+strconv.Itoa(i)]
			}
			switch {
			case ok && k == 0:
				s.R[i] = v[j] * fr.scale
				cmd[i] = s.R[i] // unless there are columns of commands
			case ok:
				cmd[i] = v[j]
			}
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("no column %s", strings.Join(missing, ", "))
	}
	out.T, out.State, out.Cmd = append(out.T, t), append(out.State, s), append(out.Cmd, cmd)
	return nil
}

func northWestUp(s physics.State) physics.State {
	flip := func(v geo.Vec) geo.Vec { return geo.Vec{X: v.X, Y: -v.Y, Z: -v.Z} }
	s.P, s.V, s.W = flip(s.P), flip(s.V), flip(s.W)
	s.Q.Y, s.Q.Z = -s.Q.Y, -s.Q.Z
	return s
}

// parts is into how many equal steps of at most dt a time is cut.
func parts(total, dt float64) int { return max(1, int(math.Ceil(total/dt-1e-9))) }

// Off is how far a flight is from the other's, the largest over all rows.
type Off struct {
	Pos  float64 `json:"max_pos_m"`
	Vel  float64 `json:"max_vel_ms"`
	Att  float64 `json:"max_att_rad"`
	Rate float64 `json:"max_rate_rads"`
}

func (o *Off) see(ours, theirs *physics.State) {
	o.Pos = worse(o.Pos, ours.P.Sub(theirs.P).Norm())
	o.Vel = worse(o.Vel, ours.V.Sub(theirs.V).Norm())
	o.Att = worse(o.Att, angle(ours.Q, theirs.Q))
	o.Rate = worse(o.Rate, ours.W.Sub(theirs.W).Norm())
}

// worse is the larger; what is not a number is worst of all.
func worse(a, b float64) float64 {
	if math.IsNaN(b) {
		return math.Inf(1)
	}
	return math.Max(a, b)
}

// angle is the angle of the rotation from a to b. It is taken from the vector
// part of the difference, which keeps its digits where the cosine loses them.
func angle(a, b geo.Quat) float64 {
	x := a.W*b.X - a.X*b.W - a.Y*b.Z + a.Z*b.Y
	y := a.W*b.Y + a.X*b.Z - a.Y*b.W - a.Z*b.X
	z := a.W*b.Z - a.X*b.Y + a.Y*b.X - a.Z*b.W
	w := a.W*b.W + a.X*b.X + a.Y*b.Y + a.Z*b.Z
	return 2 * math.Atan2(math.Sqrt(x*x+y*y+z*z), math.Abs(w))
}

func calm(float64) geo.Vec { return geo.Vec{} }

// follow flies from the first row of theirs, each row's commands held to the
// next, in steps of at most dt, and says how far off it gets.
func follow(theirs *Flight, a *physics.Airframe, gravity, dt float64, wind func(t float64) geo.Vec) (Off, error) {
	var off Off
	air := physics.StillAir()
	s := theirs.State[0]
	steppers := map[float64]*physics.Stepper{}
	for i := range len(theirs.T) - 1 {
		span := math.Round((theirs.T[i+1]-theirs.T[i])*1e9) / 1e9
		if span <= 0 {
			return off, errors.New("the rows are not in order of time")
		}
		n := parts(span, dt)
		h := span / float64(n)
		if steppers[h] == nil {
			steppers[h] = physics.NewStepperIn(a, h, gravity)
		}
		cmd := theirs.Cmd[i]
		air.Wind = wind(theirs.T[i])
		for range n {
			steppers[h].Step(&s, &cmd, &air)
		}
		off.see(&s, &theirs.State[i+1])
	}
	return off, nil
}
