package autopilot

import (
	"math"

	"volary/internal/geo"
)

// Flat is a moment of a trajectory: where the drone should be, how it should
// move there, and where its nose should point. For a multirotor these decide
// attitude and thrust too.
type Flat struct {
	P, V, A geo.Vec // m, m/s, m/s², world frame
	Yaw     float64 // rad, counter-clockwise from east
	YawRate float64 // rad/s
}

// SE3Gains are the gains of the geometric controller: of position and velocity
// per axis of the world, of attitude and rate for all axes of the body.
type SE3Gains struct {
	PosP, PosD geo.Vec // 1/s², 1/s
	AttP, AttD float64 // 1/s², 1/s
}

// Wrench is the thrust (N) and the moment (N·m) that bring the drone from e to
// the trajectory at f: the geometric tracking controller on SE(3), which has no
// attitude it can't fly through, for aerobatics. Attitude is followed without
// the trajectory's own rates.
//
// Source: Lee, Leok, McClamroch, "Geometric tracking control of a quadrotor UAV
// on SE(3)", CDC 2010, in the form of RotorPy's SE3Control.
func (g *SE3Gains) Wrench(v *Vehicle, e *Estimate, f *Flat) (thrust float64, m geo.Vec) {
	ep, ev := e.P.Sub(f.P), e.V.Sub(f.V)
	acc := geo.Vec{
		X: f.A.X - float64(g.PosP.X*ep.X) - float64(g.PosD.X*ev.X),
		Y: f.A.Y - float64(g.PosP.Y*ep.Y) - float64(g.PosD.Y*ev.Y),
		Z: f.A.Z - float64(g.PosP.Z*ep.Z) - float64(g.PosD.Z*ev.Z) + v.Gravity,
	}
	x, y, z := e.Q.Axes()
	thrust = float64(v.Mass * acc.Dot(z))

	n := acc.Norm()
	if n < 1e-9 { // falling freely is what is wanted: any attitude will do
		return thrust, v.gyroscopic(e.W, geo.Vec{}.Sub(e.W).Scale(g.AttD))
	}
	zd := acc.Scale(1 / n)
	s, c := geo.Sincos(f.Yaw)
	yd := zd.Cross(geo.Vec{X: c, Y: s})
	if k := yd.Norm(); k > 1e-9 {
		yd = yd.Scale(1 / k)
	} else { // thrust along the nose: keep the side the drone has
		yd = y
	}
	xd := yd.Cross(zd)

	// The vee of ½(Rdᵀ R − Rᵀ Rd).
	att := geo.Vec{
		X: 0.5 * (zd.Dot(y) - yd.Dot(z)),
		Y: 0.5 * (xd.Dot(z) - zd.Dot(x)),
		Z: 0.5 * (yd.Dot(x) - xd.Dot(y)),
	}
	rate := e.W.Sub(geo.Vec{Z: f.YawRate})
	return thrust, v.gyroscopic(e.W, att.Scale(-g.AttP).Sub(rate.Scale(g.AttD)))
}

// gyroscopic is the moment that turns the body with angular acceleration a at
// rates w: J a + w × J w.
func (v *Vehicle) gyroscopic(w, a geo.Vec) geo.Vec {
	return v.inertia(a).Add(w.Cross(v.inertia(w)))
}

// inertia returns J w.
func (v *Vehicle) inertia(w geo.Vec) geo.Vec {
	j, k := &v.Inertia, &v.Products
	return geo.Vec{
		X: float64(j.X*w.X) + float64(k.X*w.Y) + float64(k.Y*w.Z),
		Y: float64(k.X*w.X) + float64(j.Y*w.Y) + float64(k.Z*w.Z),
		Z: float64(k.Y*w.X) + float64(k.Z*w.Y) + float64(j.Z*w.Z),
	}
}

// Allot writes the rotor speeds that give thrust and moment, each rotor cut at
// its own limits: what RotorPy does. The cascade's mixer keeps roll and pitch
// instead when a rotor is at its limit.
func (v *Vehicle) Allot(thrust float64, m geo.Vec, out *[MaxRotors]float64) {
	for i := range v.n {
		k := &v.whole.mix[i]
		u := float64(k[0]*thrust) + float64(k[1]*m.X) + float64(k[2]*m.Y) + float64(k[3]*m.Z)
		out[i] = geo.Clamp(math.Copysign(math.Sqrt(math.Abs(u)), u), v.SpeedMin, v.SpeedMax)
	}
}

// Ellipse is a trajectory around a centre: x goes with the cosine, y and z with
// the sine, each with its own radius and frequency, nose to the east.
type Ellipse struct {
	Center geo.Vec
	Radius geo.Vec // m
	FreqHz geo.Vec // turns a second
}

// At is the trajectory t seconds after its start.
func (c *Ellipse) At(t float64) Flat {
	f := Flat{P: c.Center}
	wx, wy, wz := float64(2*math.Pi*c.FreqHz.X), float64(2*math.Pi*c.FreqHz.Y), float64(2*math.Pi*c.FreqHz.Z)
	sx, cx := geo.Sincos(float64(wx * t))
	sy, cy := geo.Sincos(float64(wy * t))
	sz, cz := geo.Sincos(float64(wz * t))
	f.P = f.P.Add(geo.Vec{X: c.Radius.X * cx, Y: c.Radius.Y * sy, Z: c.Radius.Z * sz})
	f.V = geo.Vec{X: -c.Radius.X * wx * sx, Y: c.Radius.Y * wy * cy, Z: c.Radius.Z * wz * cz}
	f.A = geo.Vec{X: -c.Radius.X * wx * wx * cx, Y: -c.Radius.Y * wy * wy * sy, Z: -c.Radius.Z * wz * wz * sz}
	return f
}
