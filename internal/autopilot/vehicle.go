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
	Drag       float64 // 1/s, deceleration in flight per m/s: rotor drag at hover over the mass
	DragZ      float64 // 1/s, the same along the rotors' axes
	DragSq     float64 // 1/m, deceleration per (m/s)²: drag of the body over the mass

	// Fixed: it flies on wings. Its rotors take throttles from 0 to 1, followed by
	// aileron, elevator and rudder from -1 to 1.
	Fixed bool

	Cruise   float64 // m/s
	MaxSpeed float64 // m/s, horizontal
	MaxClimb float64 // m/s
	MaxDesc  float64 // m/s
	MaxTilt  float64 // rad

	gain  gains
	whole allocation // with all rotors
	n     int
	leadU float64 // how far ahead of its target a rotor is commanded, up and down
	leadD float64
	tanT  float64 // tangent of the tilt limit
	wMax2 float64
	wMin2 float64
}

func (v *Vehicle) initFixed() error {
	if v.n < 1 || v.n+3 > MaxRotors {
		return fmt.Errorf("%d rotors: an aircraft with wings has 1 to %d", v.n, MaxRotors-3)
	}
	if v.Cruise <= 0 || v.MaxSpeed < v.Cruise || v.Gravity <= 0 {
		return errors.New("an aircraft with wings needs a cruise speed, and a largest speed not below it")
	}
	v.gain = gains{accXY: 3, accU: 3, accD: 3, jerk: 8}
	return nil
}

// gains of the cascade. PX4's defaults, whose parameter is named.
type gains struct {
	posXY, posZ       float64 // 1/s    MPC_XY_P, MPC_Z_P
	velXY, velZ       float64 // 1/s    MPC_XY_VEL_P_ACC, MPC_Z_VEL_P_ACC
	intXY, intZ       float64 // 1/s²   MPC_XY_VEL_I_ACC, MPC_Z_VEL_I_ACC
	att, yaw          float64 // 1/s    MC_ROLL_P and MC_PITCH_P, MC_YAW_P
	lag               float64 // s      by which the attitude follows its set-point
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
	if v.Fixed {
		return v.initFixed()
	}
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
	v.gain.lag = 1/v.gain.att + 1/v.gain.rate
	v.leadU, v.leadD = math.Max(1, v.MotorLagUp/motorLag), math.Max(1, v.MotorLagDn/motorLag)
	s, c := geo.Sincos(v.MaxTilt)
	v.tanT = s / c
	v.wMax2 = float64(v.SpeedMax * v.SpeedMax)
	v.wMin2 = float64(0.02 * v.wMax2) // idle, so that a rotor never stops in flight
	var err error
	v.whole, err = v.allocate([MaxRotors]bool{}, 4)
	return err
}
