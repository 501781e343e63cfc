// Package physics moves rigid bodies with rotors through the air: forces,
// moments and one integration step.
//
// It knows no autopilot, no fleet and no wall clock. A step of one drone reads
// its state, the rotor speeds commanded and the wind, and gives the state one
// time step later: classical Runge–Kutta of fourth order on the rigid body,
// while the lag of the motors, which is linear, is solved exactly.
//
// Units are SI; frames are those of package geo. No product is fused into a sum
// (see geo), so that every build gives the same bits.
package physics

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"math"
	"path"
	"sort"

	"go.yaml.in/yaml/v4"

	"volary/internal/geo"
)

// MaxRotors is the most rotors an airframe may have.
const MaxRotors = 8

// Gravity is standard gravity as flight simulators use it, m/s².
const Gravity = 9.81

// Sourced is a number with where it comes from.
type Sourced struct {
	Value  float64 `yaml:"value"`
	Source string  `yaml:"source"`
}

// Rotor is one rotor's place and direction of turn.
type Rotor struct {
	X    float64 `yaml:"x"` // m, body frame
	Y    float64 `yaml:"y"`
	Z    float64 `yaml:"z"`
	Turn float64 `yaml:"turn"` // +1: its reaction torque is about body +z
	// Axis is the direction of its thrust, body frame. Left out: straight up.
	Axis geo.Vec `yaml:"axis"`
}

func (r *Rotor) axis() geo.Vec {
	if n := r.Axis.Norm(); n > 0 {
		return r.Axis.Scale(1 / n)
	}
	return geo.Vec{Z: 1}
}

// ThrustLaw is how a rotor's thrust depends on its state.
type ThrustLaw string

// The laws of thrust. With LinearThrust the rotor states and commands are
// throttles from 0 to rotor_speed_max, and the coefficients are newtons and
// newton metres for each unit of them.
const (
	QuadraticThrust ThrustLaw = ""       // with the square of the rotor speed
	LinearThrust    ThrustLaw = "linear" // with the rotor's state itself
)

// Airframe is a kind of drone: everything its flight depends on.
type Airframe struct {
	Name  string  `yaml:"name"`
	Title string  `yaml:"title"`
	Size  Sourced `yaml:"size_m"`
	// Stand is the height of the centre of mass above the ground on its legs.
	Stand      Sourced `yaml:"stand_m"`
	Mass       Sourced `yaml:"mass_kg"`
	Inertia    Inertia `yaml:"inertia_kgm2"`
	Rotors     []Rotor `yaml:"rotors"`
	RotorsFrom string  `yaml:"rotors_source"`
	// Allocation gives the rotors by the matrix that turns their thrusts into
	// moments, instead of by their places.
	Allocation  Allocation `yaml:"allocation"`
	Wings       []Wing     `yaml:"wings"`
	WingsFrom   string     `yaml:"wings_source"`
	RotorRadius Sourced    `yaml:"rotor_radius_m"`
	Thrust      Sourced    `yaml:"thrust_coefficient"` // N/(rad/s)²
	Torque      Sourced    `yaml:"torque_coefficient"` // N·m/(rad/s)²
	RotorDrag   Sourced    `yaml:"rotor_drag"`         // N/(rad/s)/(m/s), across the axis
	InflowDrag  Sourced    `yaml:"rotor_inflow_drag"`  // N/(rad/s)/(m/s), along the axis
	TransLift   Sourced    `yaml:"translational_lift"` // N/(m/s)²
	ThrustLaw   ThrustLaw  `yaml:"thrust_law"`
	Flapping    Sourced    `yaml:"rotor_flapping"` // N·m/(rad/s)/(m/s)
	BodyDrag    Drag       `yaml:"body_drag"`      // N/(m/s)²
	LinearDrag  Sourced    `yaml:"linear_drag"`    // N/(m/s)
	SpinDamping Sourced    `yaml:"spin_damping"`   // N·m/(rad/s)
	LagUp       Sourced    `yaml:"motor_lag_up_s"`
	LagDown     Sourced    `yaml:"motor_lag_down_s"`
	SpeedMax    Sourced    `yaml:"rotor_speed_max"` // rad/s
	Battery     Battery    `yaml:"battery"`
	Limits      Limits     `yaml:"limits"`
	Cruise      Sourced    `yaml:"cruise_ms"`

	invJ [9]float64
	diag bool
}

// Inertia is the inertia tensor about the centre of mass in kg·m².
type Inertia struct {
	XX     float64 `yaml:"xx"`
	YY     float64 `yaml:"yy"`
	ZZ     float64 `yaml:"zz"`
	XY     float64 `yaml:"xy"`
	XZ     float64 `yaml:"xz"`
	YZ     float64 `yaml:"yz"`
	Source string  `yaml:"source"`
}

// possible tells whether a rigid body can have the inertia: whether its second
// moments of mass ½ tr(J) I − J, which are sums of squares, are not negative
// along any axis. Without products of inertia this says that each moment is at
// most the sum of the other two.
func (j *Inertia) possible() bool {
	half := 0.5 * (j.XX + j.YY + j.ZZ)
	a, b, c := half-j.XX, half-j.YY, half-j.ZZ
	d, e, f := -j.XY, -j.XZ, -j.YZ
	tiny := -1e-12 * half
	sq := func(x float64) float64 { return float64(x * x) }
	det := float64(a*(float64(b*c)-sq(f))) - float64(d*(float64(d*c)-float64(f*e))) + float64(e*(float64(d*f)-float64(b*e)))
	return a >= tiny && b >= tiny && c >= tiny &&
		float64(a*b)-sq(d) >= float64(tiny*half) && float64(a*c)-sq(e) >= float64(tiny*half) && float64(b*c)-sq(f) >= float64(tiny*half) &&
		det >= float64(float64(tiny*half)*half)
}

// Allocation is a matrix with a row for roll, pitch and yaw and a column for each
// rotor, as allocators have it: roll and pitch in arm lengths, yaw 1 where the
// reaction torque is about body +z.
type Allocation struct {
	Arm   float64   `yaml:"arm_m"`
	Roll  []float64 `yaml:"roll"`
	Pitch []float64 `yaml:"pitch"`
	Yaw   []float64 `yaml:"yaw"`
}

// rotors places rotors so that they have this matrix.
func (m *Allocation) rotors() ([]Rotor, error) {
	if m.Arm <= 0 || len(m.Roll) != len(m.Pitch) || len(m.Roll) != len(m.Yaw) {
		return nil, errors.New("allocation: give arm_m above 0 and rows roll, pitch and yaw of one length")
	}
	all := make([]Rotor, len(m.Roll))
	for i := range all {
		all[i] = Rotor{X: -m.Arm * m.Pitch[i], Y: m.Arm * m.Roll[i], Turn: m.Yaw[i]}
	}
	return all, nil
}

// Drag is a quadratic drag coefficient an axis, N/(m/s)².
type Drag struct {
	X      float64 `yaml:"x"`
	Y      float64 `yaml:"y"`
	Z      float64 `yaml:"z"`
	Source string  `yaml:"source"`
}

// Battery is the pack a drone flies on.
type Battery struct {
	Cells      int     `yaml:"cells"`
	Capacity   float64 `yaml:"capacity_mah"`
	Resistance float64 `yaml:"resistance_ohm"` // of the whole pack
	HoverPower float64 `yaml:"hover_power_w"`  // electrical, at hover
	Source     string  `yaml:"source"`
}

// Limits are what the autopilot keeps the airframe to.
type Limits struct {
	Speed   float64 `yaml:"speed_ms"`
	Climb   float64 `yaml:"climb_ms"`
	Descend float64 `yaml:"descend_ms"`
	Tilt    float64 `yaml:"tilt_deg"`
	Source  string  `yaml:"source"`
}

//go:embed airframes/*.yaml
var builtin embed.FS

// Builtin returns the airframes that come with Volary, by name.
func Builtin() (map[string]*Airframe, error) {
	files, err := builtin.ReadDir("airframes")
	if err != nil {
		return nil, fmt.Errorf("airframes: %w", err)
	}
	all := make(map[string]*Airframe, len(files))
	for _, f := range files {
		b, err := builtin.ReadFile(path.Join("airframes", f.Name()))
		if err != nil {
			return nil, fmt.Errorf("airframes: %w", err)
		}
		a, err := ParseAirframe(b)
		if err != nil {
			return nil, fmt.Errorf("airframe %s: %w", f.Name(), err)
		}
		all[a.Name] = a
	}
	return all, nil
}

// Names lists airframes in alphabetical order.
func Names(all map[string]*Airframe) []string {
	names := make([]string, 0, len(all))
	for n := range all {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// ParseAirframe reads an airframe file and refuses one that no body can have.
func ParseAirframe(b []byte) (*Airframe, error) {
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	a := &Airframe{}
	if err := dec.Decode(a); err != nil {
		return nil, err
	}
	return a, a.Init()
}

// Init checks a and prepares what a step needs. ParseAirframe has called it.
func (a *Airframe) Init() error {
	var errs []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	if len(a.Rotors) == 0 && len(a.Allocation.Roll) > 0 {
		var err error
		if a.Rotors, err = a.Allocation.rotors(); err != nil {
			errs = append(errs, err)
		}
	}
	need(a.Name != "", "name is missing")
	need(a.Mass.Value > 0, "mass_kg %v must be above 0", a.Mass.Value)
	if len(a.Wings) > 0 {
		need(len(a.Rotors)+len(controls) <= MaxRotors, "%d rotors: give at most %d to an airframe with wings", len(a.Rotors), MaxRotors-len(controls))
	} else {
		need(len(a.Rotors) >= 3 && len(a.Rotors) <= MaxRotors, "%d rotors: give 3 to %d", len(a.Rotors), MaxRotors)
	}
	for i := range a.Rotors {
		r := &a.Rotors[i]
		need(r.Axis.Finite() && geo.Finite(r.X+r.Y+r.Z) && math.Abs(r.Turn) <= 1, "rotors[%d]: place and axis must be numbers, turn from -1 to 1", i)
	}
	need(a.ThrustLaw == QuadraticThrust || a.ThrustLaw == LinearThrust, "thrust_law %q: leave it out, or give linear", a.ThrustLaw)
	for i := range a.Wings {
		if _, err := a.Wings[i].plate(len(a.Rotors)); err != nil {
			errs = append(errs, fmt.Errorf("wings[%d]: %w", i, err))
		}
	}
	need(a.Thrust.Value > 0, "thrust_coefficient %v must be above 0", a.Thrust.Value)
	need(a.SpeedMax.Value > 0, "rotor_speed_max %v must be above 0", a.SpeedMax.Value)
	need(a.LagUp.Value >= 0 && a.LagDown.Value >= 0, "motor lag must not be negative")
	j := a.Inertia
	need(j.XX > 0 && j.YY > 0 && j.ZZ > 0, "inertia_kgm2 must be above 0 on every axis")
	need(j.possible(), "inertia_kgm2 (%g, %g, %g; %g, %g, %g): no rigid body has it, since each moment is at most the sum of the other two, about any axes",
		j.XX, j.YY, j.ZZ, j.XY, j.XZ, j.YZ)
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return a.Prepare()
}

// Prepare makes a ready to fly without asking whether such a body can be. It is
// for flights of other simulators, one of which flies an inertia that no rigid
// body has; everything else calls Init.
func (a *Airframe) Prepare() error {
	j := a.Inertia
	m := [9]float64{j.XX, j.XY, j.XZ, j.XY, j.YY, j.YZ, j.XZ, j.YZ, j.ZZ}
	mul := func(x, y, u, v float64) float64 { return float64(x*y) - float64(u*v) }
	c0, c1, c2 := mul(m[4], m[8], m[5], m[7]), mul(m[5], m[6], m[3], m[8]), mul(m[3], m[7], m[4], m[6])
	det := float64(m[0]*c0) + float64(m[1]*c1) + float64(m[2]*c2)
	if det <= 0 {
		return fmt.Errorf("inertia_kgm2: products of inertia too large for the moments")
	}
	a.invJ = [9]float64{
		c0 / det, mul(m[2], m[7], m[1], m[8]) / det, mul(m[1], m[5], m[2], m[4]) / det,
		c1 / det, mul(m[0], m[8], m[2], m[6]) / det, mul(m[2], m[3], m[0], m[5]) / det,
		c2 / det, mul(m[1], m[6], m[0], m[7]) / det, mul(m[0], m[4], m[1], m[3]) / det,
	}
	a.diag = j.XY == 0 && j.XZ == 0 && j.YZ == 0
	return nil
}

// HoverSpeed is the rotor speed, in rad/s, or the throttle, at which the thrust
// is the weight, in still air at sea level.
func (a *Airframe) HoverSpeed() float64 {
	each := a.Mass.Value * Gravity / (float64(len(a.Rotors)) * a.Thrust.Value)
	if a.ThrustLaw == LinearThrust {
		return each
	}
	return math.Sqrt(each)
}

// wakeLoss is the thrust that a rotor loses in the wash of others, in
// N/(rad/s)/(m/s), beyond what its inflow drag says. A set without inflow drag
// loses a third of its thrust in air that comes down as fast as the rotor's own
// induced velocity in hover, as blade-element momentum theory gives for small
// propellers.
func (a *Airframe) wakeLoss() float64 {
	if a.InflowDrag.Value != 0 || a.RotorRadius.Value == 0 || len(a.Rotors) == 0 || a.ThrustLaw == LinearThrust {
		return 0
	}
	thrust := a.Mass.Value * Gravity / float64(len(a.Rotors))
	return thrust / (3 * a.InducedVelocity() * a.HoverSpeed())
}

// InducedVelocity is how fast the rotors move the air through themselves in
// hover by momentum theory, m/s.
func (a *Airframe) InducedVelocity() float64 {
	r := a.RotorRadius.Value
	if r == 0 {
		return 0
	}
	disc := math.Pi * float64(r*r) * float64(len(a.Rotors))
	return math.Sqrt(a.Mass.Value * Gravity / (2 * seaLevelDensity * disc))
}

const seaLevelDensity = 1.225 // kg/m³, of the standard atmosphere

// ThrustToWeight is the largest thrust over the weight.
func (a *Airframe) ThrustToWeight() float64 {
	r := a.SpeedMax.Value / a.HoverSpeed()
	if a.ThrustLaw == LinearThrust {
		return r
	}
	return r * r
}

// EnduranceS is the time of hover from a full battery to empty, in seconds.
func (a *Airframe) EnduranceS() float64 {
	wh := a.Battery.Capacity / 1000 * nominalCell * float64(a.Battery.Cells)
	return wh / a.Battery.HoverPower * 3600
}

const nominalCell = 3.7 // V, of a lithium polymer cell

// State is the motion of one drone. Position and velocity are in the world
// frame, rates in the body frame.
type State struct {
	P geo.Vec  // m
	V geo.Vec  // m/s
	Q geo.Quat // body to world
	W geo.Vec  // rad/s
	R [MaxRotors]float64
}

// Finite tells whether every part of s is a number. Rotor speeds are not asked:
// the velocity that comes of them is.
func (s *State) Finite() bool {
	// Zero times a number is zero; four sums that don't wait for each other.
	a := s.P.X + s.P.Y + s.P.Z
	b := s.V.X + s.V.Y + s.V.Z
	c := s.Q.W + s.Q.X + s.Q.Y + s.Q.Z
	d := s.W.X + s.W.Y + s.W.Z
	return float64(0*(a+b)) == 0 && float64(0*(c+d)) == 0
}
