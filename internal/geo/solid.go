package geo

import "math"

// Solid is a thing that stands in the way, in the world frame: an upright box,
// or an upright cylinder where it has a radius. Metres and degrees.
type Solid struct {
	X, Y          float64 // centre
	Base, Height  float64 // lower end, and from there to the upper end
	Radius        float64 // of a cylinder
	Length, Width float64 // of a box, along and across its heading
	Heading       float64 // of a box, clockwise from north
}

// Reach is the radius around X, Y within which all of s is.
func (s *Solid) Reach() float64 {
	if s.Radius > 0 {
		return s.Radius
	}
	return 0.5 * math.Sqrt(float64(s.Length*s.Length)+float64(s.Width*s.Width))
}

// Gap is the distance from p to the surface of s, negative inside, and the
// direction in which it grows fastest.
func (s *Solid) Gap(p Vec) (gap float64, away Vec) {
	dx, dy := p.X-s.X, p.Y-s.Y
	top, bottom := p.Z-(s.Base+s.Height), s.Base-p.Z
	dz, up := top, Vec{Z: 1}
	if bottom > top {
		dz, up = bottom, Vec{Z: -1}
	}
	if s.Radius > 0 {
		d := math.Sqrt(float64(dx*dx) + float64(dy*dy))
		out := Vec{X: 1}
		if d > 0 {
			out = Vec{X: dx / d, Y: dy / d}
		}
		return corner([3]float64{d - s.Radius, dz, math.Inf(-1)}, [3]Vec{out, up, {}})
	}
	sin, cos := Sincos(HeadingToYaw(s.Heading))
	along := float64(dx*cos) + float64(dy*sin)
	across := float64(dy*cos) - float64(dx*sin)
	u, v := Vec{X: cos, Y: sin}, Vec{X: -sin, Y: cos}
	if along < 0 {
		along, u = -along, Vec{X: -cos, Y: -sin}
	}
	if across < 0 {
		across, v = -across, Vec{X: sin, Y: -cos}
	}
	return corner([3]float64{along - 0.5*s.Length, across - 0.5*s.Width, dz}, [3]Vec{u, v, up})
}

// corner joins distances along directions that are square to each other:
// outside, those that are positive add up; inside, the nearest face counts.
func corner(d [3]float64, dir [3]Vec) (gap float64, away Vec) {
	gap = math.Inf(-1)
	var sum Vec
	var sq float64
	for i := range d {
		if d[i] > gap {
			gap, away = d[i], dir[i]
		}
		if d[i] > 0 {
			sum = sum.Add(dir[i].Scale(d[i]))
			sq += float64(d[i] * d[i])
		}
	}
	if sq > 0 {
		gap = math.Sqrt(sq)
		away = sum.Scale(1 / gap)
	}
	return gap, away
}
