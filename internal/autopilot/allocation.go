package autopilot

import (
	"errors"
	"math"

	"volary/internal/geo"
)

// allocation spreads thrust and moments over the rotors that work.
type allocation struct {
	mix     [MaxRotors][4]float64 // ω² per unit of thrust, roll, pitch and yaw moment
	dead    [MaxRotors]bool
	wounded bool // some are dead
	noYaw   bool // yaw can't be held as well: it is let go
	uniform bool // every rotor has the same share of thrust
}

// allocate computes the pseudo-inverse Bᵀ(BBᵀ)⁻¹ of the matrix B that turns the
// squared speeds of the rotors that are not dead into thrust and moments: all
// four rows, or three to let yaw go.
func (v *Vehicle) allocate(dead [MaxRotors]bool, rows int) (allocation, error) {
	a := allocation{dead: dead, wounded: dead != [MaxRotors]bool{}, noYaw: rows < 4}
	var b [4][MaxRotors]float64
	for i, r := range v.Rotors {
		if dead[i] {
			continue
		}
		b[0][i] = v.Thrust
		b[1][i] = float64(v.Thrust * r.Y)
		b[2][i] = float64(-v.Thrust * r.X)
		b[3][i] = float64(v.Torque * r.Turn)
	}
	var m [4][8]float64 // BBᵀ beside the identity, for Gauss–Jordan
	for r := range rows {
		for c := range rows {
			for i := range v.n {
				m[r][c] += float64(b[r][i] * b[c][i])
			}
		}
		m[r][4+r] = 1
	}
	for c := range rows {
		p := c
		for r := c + 1; r < rows; r++ {
			if math.Abs(m[r][c]) > math.Abs(m[p][c]) {
				p = r
			}
		}
		// Rows differ in unit and so in size: a pivot is nothing beside what the
		// row held before.
		if scale := float64(rowNorm(&b[c]) * rowNorm(&b[c])); math.Abs(m[p][c]) < 1e-9*scale || scale == 0 {
			return a, errors.New("rotors: they can't make thrust and all three moments")
		}
		m[c], m[p] = m[p], m[c]
		d := m[c][c]
		for k := range 8 {
			m[c][k] /= d
		}
		for r := range rows {
			if r == c {
				continue
			}
			f := m[r][c]
			for k := range 8 {
				m[r][k] -= float64(f * m[c][k])
			}
		}
	}
	for i := range v.n {
		for k := range rows {
			for r := range rows {
				a.mix[i][k] += float64(b[r][i] * m[r][4+k])
			}
		}
	}
	a.uniform = true
	for i := range v.n {
		a.uniform = a.uniform && math.Abs(a.mix[i][0]-a.mix[0][0]) < 1e-9*a.mix[0][0]
	}
	return a, nil
}

func rowNorm(b *[MaxRotors]float64) float64 {
	var s float64
	for _, x := range b {
		s += float64(x * x)
	}
	return math.Sqrt(s)
}

// holds tells whether the rotors of a can carry the weight level and at rest
// with room to steer: each within its limits by a margin.
func (a *allocation) holds(v *Vehicle) bool {
	w := float64(v.Mass * v.Gravity)
	for i := range v.n {
		if u := float64(a.mix[i][0] * w); !a.dead[i] && (u < 2*v.wMin2 || u > 0.9*v.wMax2) {
			return false
		}
	}
	return true
}

// without is the allocation for an airframe of which some rotors are dead: with
// yaw if what is left can hold it, else without, or nil when it can't be flown.
func (v *Vehicle) without(dead [MaxRotors]bool) *allocation {
	if dead == [MaxRotors]bool{} {
		return &v.whole
	}
	for _, rows := range []int{4, 3} {
		if a, err := v.allocate(dead, rows); err == nil && a.holds(v) {
			return &a
		}
	}
	return nil
}

// mixInto writes rotor speeds for a thrust in N and moments in N·m. When the
// rotors can't give all, yaw goes first, then thrust, then roll and pitch.
func (a *allocation) mixInto(v *Vehicle, thrust float64, m geo.Vec, now, out *[MaxRotors]float64) {
	var u [MaxRotors]float64 // squared speeds
	mix := a.mix[:v.n]
	if a.uniform {
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := range mix {
			x := float64(mix[i][1]*m.X) + float64(mix[i][2]*m.Y)
			if x < lo {
				lo = x
			}
			if x > hi {
				hi = x
			}
			u[i] = x
		}
		if spread := hi - lo; spread > v.wMax2-v.wMin2 {
			f := (v.wMax2 - v.wMin2) / spread
			for i := range mix {
				u[i] *= f
			}
			lo, hi = float64(lo*f), float64(hi*f)
		}
		base := geo.Clamp(float64(mix[0][0]*thrust), v.wMin2-lo, v.wMax2-hi)
		for i := range mix {
			u[i] += base
		}
	} else {
		for i := range mix {
			u[i] = float64(mix[i][1]*m.X) + float64(mix[i][2]*m.Y)
		}
		a.desaturate(v, thrust, &u)
	}
	yaw := 1.0
	var d [MaxRotors]float64
	for i := range mix {
		d[i] = float64(mix[i][3] * m.Z)
		if w2 := u[i] + d[i]; w2 > v.wMax2 && d[i] > 0 {
			yaw = min(yaw, (v.wMax2-u[i])/d[i])
		} else if w2 < v.wMin2 && d[i] < 0 {
			yaw = min(yaw, (v.wMin2-u[i])/d[i])
		}
	}
	if yaw < 0 {
		yaw = 0
	}
	for i := range mix {
		w := math.Sqrt(geo.Clamp(u[i]+float64(d[i]*yaw), v.wMin2, v.wMax2))
		lead := v.leadD
		if w > now[i] {
			lead = v.leadU
		}
		out[i] = geo.Clamp(now[i]+float64(lead*(w-now[i])), 0, v.SpeedMax)
	}
	if a.wounded {
		for i := range mix {
			if a.dead[i] {
				out[i] = 0
			}
		}
	}
}

// desaturate adds to the roll and pitch parts u the thrust nearest to the one
// wanted at which every rotor is within its limits. Where there is none, roll
// and pitch are shrunk until there is.
func (a *allocation) desaturate(v *Vehicle, thrust float64, u *[MaxRotors]float64) {
	lo, hi := a.thrusts(v, u)
	for range 20 { // to a hundredth at the least
		if lo <= hi {
			break
		}
		for i := range v.n {
			u[i] *= 0.8
		}
		lo, hi = a.thrusts(v, u)
	}
	t := geo.Clamp(thrust, lo, math.Max(lo, hi))
	for i := range v.n {
		u[i] += float64(a.mix[i][0] * t)
	}
}

// thrusts is the range of thrust at which every rotor is within its limits.
func (a *allocation) thrusts(v *Vehicle, u *[MaxRotors]float64) (lo, hi float64) {
	hi = math.Inf(1)
	for i := range v.n {
		if k := a.mix[i][0]; k > 0 && !a.dead[i] {
			lo = math.Max(lo, (v.wMin2-u[i])/k)
			hi = math.Min(hi, (v.wMax2-u[i])/k)
		}
	}
	return lo, hi
}
