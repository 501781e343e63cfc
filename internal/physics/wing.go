package physics

import (
	"errors"
	"fmt"
	"math"

	"volary/internal/geo"
)

// Wing is a lifting plate of a fixed-wing airframe: half a wing, a tailplane, a
// fin, or the side of a fuselage.
type Wing struct {
	Name  string  `yaml:"name"`
	X     float64 `yaml:"x"` // m, aerodynamic centre, body frame
	Y     float64 `yaml:"y"`
	Z     float64 `yaml:"z"`
	Span  float64 `yaml:"span_m"`
	Chord float64 `yaml:"chord_m"` // mean aerodynamic chord
	// Aspect is the aspect ratio of the whole wing of which this may be a part.
	// 0: span over chord.
	Aspect float64 `yaml:"aspect_ratio"`
	// ZeroLift is the angle of attack without lift, degrees.
	ZeroLift float64 `yaml:"zero_lift_deg"`
	// Tilt is the rotation about the body's forward axis, degrees, right side
	// down: the dihedral of a half wing, 90 for a fin.
	Tilt float64 `yaml:"tilt_deg"`
	// Flap is the chord of the control surface, m, moved by Control up to Travel
	// degrees; Gain is 1 or -1.
	Flap    float64 `yaml:"flap_m"`
	Control Control `yaml:"control"`
	Travel  float64 `yaml:"travel_deg"`
	Gain    float64 `yaml:"gain"`
	// Slipstream is the radius of the propeller that blows at it, m. 0: none.
	Slipstream float64 `yaml:"slipstream_m"`
}

// Control is what moves a control surface. The commands of an airframe with
// wings are the throttles of its rotors and then, from -1 to 1, these in order.
type Control string

// The controls: positive rolls to the right, pitches the nose up, yaws to the right.
const (
	Aileron  Control = "aileron"
	Elevator Control = "elevator"
	Rudder   Control = "rudder"
)

var controls = []Control{Aileron, Elevator, Rudder}

// plate is a Wing made ready. Inside, the frame is forward, right, down, in
// which the literature counts.
//
// The model is that of PX4's simulator in hardware: lift, drag and pitching
// moment of flat plates of low aspect ratio at any angle of attack, with partial
// stall, control surfaces and slipstream, after W. Khan, "Dynamics modeling of
// agile fixed-wing unmanned aerial vehicles", McGill University 2016, 3.1 to 3.3.
type plate struct {
	at           geo.Vec
	sin, cos     float64 // of the tilt
	area, chord  float64
	zero         float64 // rad
	kp, kn       float64
	stall        float64 // rad
	flap         float64 // m
	flapEffect   float64 // τ of thin aerofoil theory; 0 with a full flap
	full         bool    // all of it turns
	travel       float64 // rad for a command of 1
	command      int     // index of its command; -1: none
	slip         float64 // 1/(½ρπR²): square of the slipstream for a thrust of 1 N
	slipstreamed bool
}

const (
	vortexLift = math.Pi
	dragAtZero = 0.04
	dragAt90   = 1.98
	stallWidth = math.Pi / 18
)

// Angle of stall against the aspect ratio (Khan, table 3.1).
var stallTable = [][2]float64{
	{0.1666, 49}, {0.333, 54}, {0.4, 56}, {0.5, 48}, {1, 40}, {1.25, 29}, {2, 27}, {3, 25}, {4, 24}, {6, 22},
}

func stallAngle(aspect float64) float64 {
	last := len(stallTable) - 1
	for i := 0; i < last; i++ {
		a, b := stallTable[i], stallTable[i+1]
		if aspect <= b[0] {
			x := geo.Clamp((aspect-a[0])/(b[0]-a[0]), 0, 1)
			return (a[1] + float64((b[1]-a[1])*x)) * math.Pi / 180
		}
	}
	return stallTable[last][1] * math.Pi / 180
}

func (w *Wing) plate(rotors int) (plate, error) {
	if w.Span <= 0 || w.Chord <= 0 || w.Flap < 0 || w.Flap > w.Chord || w.Aspect < 0 || w.Slipstream < 0 {
		return plate{}, errors.New("span_m and chord_m must be above 0, flap_m from 0 to chord_m, aspect_ratio and slipstream_m not below 0")
	}
	ar := w.Aspect
	if ar == 0 {
		ar = w.Span / w.Chord
	}
	p := plate{
		at: geo.Vec{X: w.X, Y: -w.Y, Z: -w.Z}, area: w.Span * w.Chord, chord: w.Chord,
		zero: w.ZeroLift * math.Pi / 180, stall: stallAngle(ar), flap: w.Flap, travel: w.Travel * math.Pi / 180 * w.Gain, command: -1,
		kp: 2 * math.Pi / (1 + 2*(ar+4)/(ar*(ar+2))), kn: 0.41 * (1 - geo.Exp(-17/ar)),
	}
	p.sin, p.cos = geo.Sincos(w.Tilt * math.Pi / 180)
	for i, c := range controls {
		if c == w.Control {
			p.command = rotors + i
		}
	}
	if w.Control != "" && (p.command < 0 || w.Flap == 0 || w.Travel <= 0 || math.Abs(w.Gain) != 1) {
		return plate{}, fmt.Errorf("control %q: give aileron, elevator or rudder, with flap_m, travel_deg and a gain of 1 or -1", w.Control)
	}
	if r := w.Flap / w.Chord; r < 0.999 {
		x := 2*r - 1
		theta := geo.Atan2(math.Sqrt(1-float64(x*x)), x)
		s, _ := geo.Sincos(theta)
		p.flapEffect = 1 - (theta-s)/math.Pi
	} else {
		p.full = true
	}
	if w.Slipstream > 0 {
		p.slipstreamed, p.slip = true, 2/(seaLevelDensity*math.Pi*float64(w.Slipstream*w.Slipstream))
	}
	return p, nil
}

// forces returns the force and moment of all plates in the body frame at an
// airspeed b and rates w, with thrust from the propellers and the commands o.
func (p *Stepper) wingForces(b, w geo.Vec, thrust float64, o *[MaxRotors]float64) (f, m geo.Vec) {
	v, r := geo.Vec{X: b.X, Y: -b.Y, Z: -b.Z}, geo.Vec{X: w.X, Y: -w.Y, Z: -w.Z}
	for i := range p.plates {
		pf, pm := p.plates[i].forces(v, r, thrust, o)
		f, m = f.Add(pf), m.Add(pm)
	}
	return geo.Vec{X: f.X, Y: -f.Y, Z: -f.Z}, geo.Vec{X: m.X, Y: -m.Y, Z: -m.Z}
}

func (p *plate) forces(v, w geo.Vec, thrust float64, o *[MaxRotors]float64) (f, m geo.Vec) {
	v = v.Add(w.Cross(p.at))
	// Into the plate's own frame and back: a rotation about the forward axis.
	vx := v.X
	vz := float64(p.cos*v.Z) - float64(p.sin*v.Y)
	if p.slipstreamed && thrust > 0 {
		vx += math.Sqrt(float64(p.slip * thrust))
	}
	speed2 := float64(vx*vx) + float64(vz*vz)
	if speed2 < 0.01 {
		return f, m
	}
	a := geo.WrapPi(geo.Atan2(vz, vx) - p.zero)
	deflection := 0.0
	if p.command >= 0 {
		deflection = float64(p.travel * o[p.command])
	}
	cl, cd, cm := p.coefficients(a, deflection)
	s, c := geo.Sincos(a)
	q := float64(0.5 * seaLevelDensity * float64(speed2*p.area))
	fx := float64(q * (float64(cl*s) - float64(cd*c)))
	fz := float64(q * (-float64(cl*c) - float64(cd*s)))
	my := float64(float64(q*p.chord) * cm)
	f = geo.Vec{X: fx, Y: -float64(p.sin * fz), Z: float64(p.cos * fz)}
	m = geo.Vec{Y: float64(p.cos * my), Z: float64(p.sin * my)}
	return f, m.Add(p.at.Cross(f))
}

// lift is the coefficient of attached flow: potential and vortex lift.
func (p *plate) lift(a float64) float64 {
	s, c := geo.Sincos(a)
	return float64(float64(float64(p.kp*s)*c)*c) + float64(float64(vortexLift*float64(math.Abs(s)*s))*c)
}

// without is the angle from which attached flow has so much less lift.
func (p *plate) without(lift, start float64) float64 {
	a := start
	for range 3 { // Newton's method
		s, c := geo.Sincos(a)
		abs := math.Abs(s)
		g := -float64(float64(float64(p.kp*s)*c)*c) - float64(float64(vortexLift*float64(abs*s))*c) - lift
		d := float64(vortexLift*float64(abs*float64(s*s))) - float64(float64(2*vortexLift)*float64(abs*float64(c*c))) -
			float64(p.kp*float64(c*float64(c*c))) + float64(float64(2*p.kp)*float64(c*float64(s*s)))
		if d == 0 {
			break
		}
		a -= g / d
	}
	return a
}

// coefficients of lift, drag and pitching moment.
func (p *plate) coefficients(a, deflection float64) (cl, cd, cm float64) {
	var eff, hi, lo float64
	if p.full {
		eff, hi, lo = a+deflection, p.stall, -p.stall
	} else {
		abs := math.Min(math.Abs(deflection), 70*math.Pi/180)
		eta := float64(float64(0.0535*abs)*abs) - float64(0.2688*abs) + 0.5817
		dl := float64(float64(p.kp*float64(p.flapEffect*eta)) * deflection)
		dmax := float64((1 - p.flap/p.chord) * dl)
		shift := p.without(dl, p.zero)
		eff = a - shift
		// The root lies near minus the angle of stall. PX4 starts from plus that
		// angle, from where Newton's method runs away and the wing never stalls.
		hi = shift - p.without(p.lift(p.stall-p.zero)+dmax, p.zero-p.stall)
		lo = shift - p.without(p.lift(-p.stall-p.zero)+dmax, p.zero+p.stall)
	}
	cl, cd, cm = p.stalled(eff, deflection)
	s, c := geo.Sincos(eff)
	attached := p.lift(eff)
	attachedDrag := dragAtZero + math.Abs(float64(cl*s)/c)
	attachedMoment := -float64(0.17 * float64(vortexLift*float64(math.Abs(s)*s)))
	x := 4 * (eff - hi) / stallWidth
	if eff <= 0 {
		x = -4 * (eff - lo) / stallWidth
	}
	k := 1 / (1 + geo.Exp(geo.Clamp(2*x, -600, 600))) // ½(1 − tanh x)
	return float64(attached*k) + float64(cl*(1-k)), float64(attachedDrag*k) + float64(cd*(1-k)), float64(attachedMoment*k) + float64(cm*(1-k))
}

// stalled are the coefficients of separated flow, at any angle.
func (p *plate) stalled(a, deflection float64) (cl, cd, cm float64) {
	rest := p.chord - p.flap
	sd, cdf := geo.Sincos(deflection)
	chord := math.Sqrt(float64(rest*rest) + float64(p.flap*p.flap) + float64(2*float64(rest*float64(p.flap*cdf))))
	x := float64(p.flap / chord * sd)
	a += geo.Atan2(x, math.Sqrt(math.Max(0, 1-float64(x*x))))
	drag90 := dragAt90 + float64(0.21*deflection) - float64(0.0426*float64(deflection*deflection))
	s, c := geo.Sincos(a)
	normal := float64(float64(drag90*s) * (1/(0.56+float64(0.44*math.Abs(s))) - p.kn))
	along := float64(0.5 * dragAtZero * c)
	cl = float64(normal*c) - float64(along*s)
	cd = float64(normal*s) + float64(along*c)
	cm = -float64(normal * (0.25 - float64(7.0/40*(1-float64(2/math.Pi*math.Abs(a))))))
	return cl, cd, cm
}
