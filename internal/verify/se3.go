package verify

import (
	"fmt"
	"math"
	"regexp"
	"strconv"

	"volary/internal/autopilot"
	"volary/internal/geo"
	"volary/internal/physics"
)

// SE3Case is what a closed-loop flight of RotorPy's file says beyond an open-loop
// one: the gains, and the trajectory or, for a step, the words that describe it.
type SE3Case struct {
	Description string  `json:"description"`
	ControlDt   float64 `json:"control_dt_s"`
	Duration    float64 `json:"duration_s"`
	Gains       struct {
		PosP [3]float64 `json:"kp_pos"`
		PosD [3]float64 `json:"kd_pos"`
		AttP float64    `json:"kp_att"`
		AttD float64    `json:"kd_att"`
	} `json:"gains"`
	Params struct {
		SpeedMin float64 `json:"rotor_speed_min"`
	} `json:"params"`
	Trajectory *Curve `json:"trajectory"`
	Start      struct {
		X [3]float64 `json:"x"`
	} `json:"initial_state"`
	Final struct {
		Pos [3]float64 `json:"pos"`
		Q   [4]float64 `json:"q_wxyz"`
	} `json:"final"`
}

func vec(v [3]float64) geo.Vec { return geo.Vec{X: v[0], Y: v[1], Z: v[2]} }

// Curve is a trajectory of RotorPy: an ellipse with its centre, radii and
// frequencies, or a Lissajous figure with A, B, a and b.
type Curve struct {
	Center  [3]float64 `json:"center"`
	Radius  [3]float64 `json:"radius"`
	FreqHz  [3]float64 `json:"freq_hz"`
	AX      float64    `json:"A"`
	AY      float64    `json:"B"`
	WX      float64    `json:"a"`
	WY      float64    `json:"b"`
	Delta   float64    `json:"delta"`
	OffsetX float64    `json:"x_offset"`
	OffsetY float64    `json:"y_offset"`
	Height  float64    `json:"height"`
	Yaw     bool       `json:"yaw_bool"`
}

// at is the curve t seconds in, as RotorPy 2.1.2 computes it, its swaying nose
// included.
func (c *Curve) at(t float64) autopilot.Flat {
	if c.Radius != [3]float64{} {
		e := autopilot.Ellipse{Center: vec(c.Center), Radius: vec(c.Radius), FreqHz: vec(c.FreqHz)}
		f := e.At(t)
		if c.Yaw {
			s, k := math.Sincos(2.5 * t)
			f.Yaw, f.YawRate = 0.4*math.Pi*s, math.Pi*k
		}
		return f
	}
	sx, cx := math.Sincos(c.WX*t + c.Delta)
	sy, cy := math.Sincos(c.WY * t)
	f := autopilot.Flat{
		P: geo.Vec{X: c.OffsetX + c.AX*sx, Y: c.OffsetY + c.AY*sy, Z: c.Height},
		V: geo.Vec{X: c.WX * c.AX * cx, Y: c.WY * c.AY * cy},
		A: geo.Vec{X: -c.WX * c.WX * c.AX * sx, Y: -c.WY * c.WY * c.AY * sy},
	}
	if c.Yaw {
		s, k := math.Sincos(math.Pi * t)
		f.Yaw, f.YawRate = math.Pi/4*s, math.Pi*math.Pi/4*k
	}
	return f
}

// step finds "x ref 0->1 m" in a description.
var step = regexp.MustCompile(`\b(x|y|z|yaw) ref ([-+0-9.eE]+) ?-> ?([-+0-9.eE]+)\s*(deg)?`)

// Reference is the trajectory of the case. A step is read from its description;
// where that gives no numbers, from where the flight came to rest.
func (c *SE3Case) Reference() func(t float64) autopilot.Flat {
	if c.Trajectory != nil {
		return c.Trajectory.at
	}
	f := autopilot.Flat{P: vec(c.Start.X)}
	found := step.FindAllStringSubmatch(c.Description, -1)
	for _, m := range found {
		v, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			found = nil
			break
		}
		switch m[1] {
		case "x":
			f.P.X = v
		case "y":
			f.P.Y = v
		case "z":
			f.P.Z = v
		case "yaw":
			f.Yaw = v
			if m[4] != "" {
				f.Yaw *= math.Pi / 180
			}
		}
	}
	if len(found) == 0 {
		f.P = geo.Vec{X: settled(c.Final.Pos[0]), Y: settled(c.Final.Pos[1]), Z: settled(c.Final.Pos[2])}
		q := geo.Quat{W: c.Final.Q[0], X: c.Final.Q[1], Y: c.Final.Q[2], Z: c.Final.Q[3]}
		_, _, yaw := q.Euler()
		f.Yaw = settled(yaw)
	}
	return func(float64) autopilot.Flat { return f }
}

// settled is the round number that a value has all but come to rest at.
func settled(v float64) float64 {
	if r := math.Round(v*1000) / 1000; math.Abs(r-v) < 1e-5 {
		return r
	}
	return v
}

// VehicleOf is what the autopilot knows of an airframe.
func VehicleOf(a *physics.Airframe) (*autopilot.Vehicle, error) {
	j := a.Inertia
	v := &autopilot.Vehicle{
		Mass: a.Mass.Value, Inertia: geo.Vec{X: j.XX, Y: j.YY, Z: j.ZZ}, Products: geo.Vec{X: j.XY, Y: j.XZ, Z: j.YZ},
		Thrust: a.Thrust.Value, Torque: a.Torque.Value, SpeedMax: a.SpeedMax.Value,
		MotorLagUp: a.LagUp.Value, MotorLagDn: a.LagDown.Value, Gravity: physics.Gravity,
	}
	for _, r := range a.Rotors {
		v.Rotors = append(v.Rotors, autopilot.Rotor{X: r.X, Y: r.Y, Turn: r.Turn})
	}
	return v, v.Init()
}

// FlySE3 flies the case with the geometric controller from state s in steps of
// at most dt seconds, and calls row at the start and after every outputDt seconds.
func FlySE3(a *physics.Airframe, c *SE3Case, s physics.State, wind func(t float64) geo.Vec, dt, outputDt float64, row func(i int, s *physics.State)) error {
	v, err := VehicleOf(a)
	if err != nil {
		return err
	}
	v.SpeedMin = c.Params.SpeedMin
	every := int(math.Round(outputDt / c.ControlDt))
	if c.ControlDt <= 0 || every < 1 || math.Abs(float64(every)*c.ControlDt-outputDt) > 1e-9 {
		return fmt.Errorf("control_dt_s %g: the rows, %g s apart, must be a whole number of them", c.ControlDt, outputDt)
	}
	g := autopilot.SE3Gains{PosP: vec(c.Gains.PosP), PosD: vec(c.Gains.PosD), AttP: c.Gains.AttP, AttD: c.Gains.AttD}
	ref := c.Reference()
	n := parts(c.ControlDt, dt)
	stepper := physics.NewStepper(a, c.ControlDt/float64(n))
	air := physics.StillAir()
	var cmd [physics.MaxRotors]float64
	row(0, &s)
	for i := range int(math.Round(c.Duration / c.ControlDt)) {
		f := ref(float64(i) * c.ControlDt)
		air.Wind = wind(float64(i) * c.ControlDt)
		e := autopilot.Estimate{P: s.P, V: s.V, Q: s.Q, W: s.W, R: s.R}
		thrust, m := g.Wrench(v, &e, &f)
		v.Allot(thrust, m, &cmd)
		for range n {
			stepper.Step(&s, &cmd, &air)
		}
		if (i+1)%every == 0 {
			row((i+1)/every, &s)
		}
	}
	return nil
}
