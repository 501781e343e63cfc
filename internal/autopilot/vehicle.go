// Package autopilot flies one drone: from what it is told to do, through
// position, velocity, attitude and rate, to the speed of each rotor.
//
// It is a cascade of the shape and with the default gains of PX4: a jerk-limited
// set-point, proportional position, PI velocity, proportional attitude,
// proportional rate, and a mixer that gives up yaw before thrust and thrust
// before roll and pitch. Position and velocity run at 50 Hz, attitude and rate
// at every step. It has no clock and no goroutine; whoever owns a Pilot calls it.
//
// Frames and determinism are those of package geo.
package autopilot

import (
	"errors"
	"fmt"
	"math"

	"volary/internal/geo"
)

// MaxRotors is the most rotors a vehicle may have.
const MaxRotors = 8

// Rotor is one rotor as the mixer sees it.
type Rotor struct{ X, Y, Turn float64 }

// Vehicle is what the autopilot knows of the airframe it flies. All pilots of
// one airframe share it; it is read only.
type Vehicle struct {
	Mass       float64 // kg
	Inertia    geo.Vec // kg·m², about x, y, z
	Products   geo.Vec // kg·m², off the diagonal: xy, xz, yz
	Rotors     []Rotor
	Thrust     float64 // N/(rad/s)²
	Torque     float64 // N·m/(rad/s)²
	SpeedMin   float64 // rad/s
	SpeedMax   float64 // rad/s
	MotorLagUp float64 // s
	MotorLagDn float64 // s
	Gravity    float64 // m/s²

	Cruise   float64 // m/s
	MaxSpeed float64 // m/s, horizontal
	MaxClimb float64 // m/s
	MaxDesc  float64 // m/s
	MaxTilt  float64 // rad

	gain  gains
	mix   [MaxRotors][4]float64 // ω² per unit of thrust, roll, pitch and yaw moment
	n     int
	leadU float64 // how far ahead of its target a rotor is commanded, up and down
	leadD float64
	tanT  float64 // tangent of the tilt limit
	wMax2 float64
	wMin2 float64
}

// gains of the cascade. PX4's defaults, whose parameter is named.
type gains struct {
	posXY, posZ       float64 // 1/s    MPC_XY_P, MPC_Z_P
	velXY, velZ       float64 // 1/s    MPC_XY_VEL_P_ACC, MPC_Z_VEL_P_ACC
	intXY, intZ       float64 // 1/s²   MPC_XY_VEL_I_ACC, MPC_Z_VEL_I_ACC
	att, yaw          float64 // 1/s    MC_ROLL_P and MC_PITCH_P, MC_YAW_P
	rate, yawRate     float64 // 1/s    from the motors' lag, see Init
	accXY, accU, accD float64 // m/s²   MPC_ACC_HOR, MPC_ACC_UP_MAX, MPC_ACC_DOWN_MAX
	jerk              float64 // m/s³   MPC_JERK_AUTO
	maxRate           float64 // rad/s  MC_ROLLRATE_MAX 220°/s
	maxYawRate        float64 // rad/s  MPC_MAN_Y_MAX 150°/s, auto 45°/s
}

// motorLag is the lag that rotors are made to have: a rotor slower than this is
// commanded ahead of its target in proportion, as far as its limits allow, so
// that one set of gains fits motors from 12 to 72 ms.
const motorLag = 0.02 // s

// rateDamping is the damping ratio of the rate loop around motorLag.
const rateDamping = 0.8

// Init derives what flying needs and says what is wrong with v.
func (v *Vehicle) Init() error {
	v.n = len(v.Rotors)
	switch {
	case v.n < 4 || v.n > MaxRotors:
		return fmt.Errorf("%d rotors: the mixer takes 4 to %d", v.n, MaxRotors)
	case v.Mass <= 0 || v.Thrust <= 0 || v.Torque <= 0 || v.SpeedMax <= 0 || v.Gravity <= 0:
		return errors.New("mass, thrust, torque, rotor speed and gravity must be above 0")
	}
	v.gain = gains{
		posXY: 0.95, posZ: 1, velXY: 1.8, velZ: 4, intXY: 0.4, intZ: 2, att: 6.5, yaw: 2.8,
		rate: 1 / (4 * rateDamping * rateDamping * motorLag), yawRate: 8,
		accXY: 3, accU: 4, accD: 3, jerk: 8, maxRate: 220 * math.Pi / 180, maxYawRate: 0.785,
	}
	v.leadU, v.leadD = math.Max(1, v.MotorLagUp/motorLag), math.Max(1, v.MotorLagDn/motorLag)
	s, c := geo.Sincos(v.MaxTilt)
	v.tanT = s / c
	v.wMax2 = float64(v.SpeedMax * v.SpeedMax)
	v.wMin2 = float64(0.02 * v.wMax2) // idle, so that a rotor never stops in flight
	return v.invertMixer()
}

// invertMixer computes the pseudo-inverse of the 4×n matrix that turns squared
// rotor speeds into thrust and moments: Bᵀ(BBᵀ)⁻¹.
func (v *Vehicle) invertMixer() error {
	var b [4][MaxRotors]float64
	for i, r := range v.Rotors {
		b[0][i] = v.Thrust
		b[1][i] = float64(v.Thrust * r.Y)
		b[2][i] = float64(-v.Thrust * r.X)
		b[3][i] = float64(v.Torque * r.Turn)
	}
	var a [4][8]float64 // BBᵀ beside the identity, for Gauss–Jordan
	for r := range 4 {
		for c := range 4 {
			for i := range v.n {
				a[r][c] += float64(b[r][i] * b[c][i])
			}
		}
		a[r][4+r] = 1
	}
	for c := range 4 {
		p := c
		for r := c + 1; r < 4; r++ {
			if math.Abs(a[r][c]) > math.Abs(a[p][c]) {
				p = r
			}
		}
		if math.Abs(a[p][c]) < 1e-30 {
			return errors.New("rotors: they can't make thrust and all three moments")
		}
		a[c], a[p] = a[p], a[c]
		d := a[c][c]
		for k := range 8 {
			a[c][k] /= d
		}
		for r := range 4 {
			if r == c {
				continue
			}
			f := a[r][c]
			for k := range 8 {
				a[r][k] -= float64(f * a[c][k])
			}
		}
	}
	for i := range v.n {
		for k := range 4 {
			for r := range 4 {
				v.mix[i][k] += float64(b[r][i] * a[r][4+k])
			}
		}
	}
	return nil
}

// mixInto writes rotor speeds for a thrust in N and moments in N·m. When the
// rotors can't give all, yaw goes first, then thrust, then roll and pitch.
func (v *Vehicle) mixInto(thrust float64, m geo.Vec, now, out *[MaxRotors]float64) {
	var u [MaxRotors]float64 // squared speeds
	lo, hi := math.Inf(1), math.Inf(-1)
	for i := range v.n {
		k := &v.mix[i]
		u[i] = float64(k[1]*m.X) + float64(k[2]*m.Y)
		lo, hi = math.Min(lo, u[i]), math.Max(hi, u[i])
	}
	if spread := hi - lo; spread > v.wMax2-v.wMin2 {
		f := (v.wMax2 - v.wMin2) / spread
		for i := range v.n {
			u[i] *= f
		}
		lo, hi = float64(lo*f), float64(hi*f)
	}
	// All rotors have the same share of thrust in a symmetric airframe; use the
	// first rotor's, which bounds hold for the others too.
	base := geo.Clamp(float64(v.mix[0][0]*thrust), v.wMin2-lo, v.wMax2-hi)
	yaw := 1.0
	for i := range v.n {
		u[i] += base
		d := float64(v.mix[i][3] * m.Z)
		if d > 0 && u[i]+d > v.wMax2 {
			yaw = math.Min(yaw, (v.wMax2-u[i])/d)
		} else if d < 0 && u[i]+d < v.wMin2 {
			yaw = math.Min(yaw, (v.wMin2-u[i])/d)
		}
	}
	yaw = math.Max(0, yaw)
	for i := range v.n {
		w2 := u[i] + float64(float64(v.mix[i][3]*m.Z)*yaw)
		w := math.Sqrt(geo.Clamp(w2, v.wMin2, v.wMax2))
		lead := v.leadD
		if w > now[i] {
			lead = v.leadU
		}
		out[i] = geo.Clamp(now[i]+float64(lead*(w-now[i])), 0, v.SpeedMax)
	}
}
