package geo

import (
	"errors"
	"fmt"
	"math"
)

// Solid is a thing that stands in the way: a box, or a cylinder, upright, in
// the world frame.
type Solid struct {
	Name    string  `yaml:"name" json:"name,omitempty"`
	X       float64 `yaml:"x" json:"x" doc:"centre, metres east of the origin"`
	Y       float64 `yaml:"y" json:"y" doc:"centre, metres north of the origin"`
	Base    float64 `yaml:"base_m" json:"base_m,omitempty" doc:"height of its lower end above the ground; default 0"`
	Height  float64 `yaml:"height_m" json:"height_m"`
	Radius  float64 `yaml:"radius_m" json:"radius_m,omitempty" doc:"of a cylinder"`
	Length  float64 `yaml:"length_m" json:"length_m,omitempty" doc:"of a box, along its heading"`
	Width   float64 `yaml:"width_m" json:"width_m,omitempty" doc:"of a box, across its heading"`
	Heading float64 `yaml:"heading_deg" json:"heading_deg,omitempty" doc:"of a box, clockwise from north"`
}

// Check returns what is wrong with s, the field first, or nil.
func (s *Solid) Check() error {
	var errs []error
	in := func(field string, v, lo, hi float64) {
		if !Finite(v) || v < lo || v > hi {
			errs = append(errs, fmt.Errorf("%s: %v is out of range: %v to %v", field, v, lo, hi))
		}
	}
	in("x", s.X, -1e5, 1e5)
	in("y", s.Y, -1e5, 1e5)
	in("base_m", s.Base, -1000, 10_000)
	in("height_m", s.Height, 0.01, 10_000)
	in("heading_deg", s.Heading, -360, 360)
	if s.Radius != 0 {
		in("radius_m", s.Radius, 0.01, 10_000)
		if s.Length != 0 || s.Width != 0 {
			errs = append(errs, errors.New("radius_m: give it for a cylinder, or length_m and width_m for a box"))
		}
	} else {
		in("length_m", s.Length, 0.01, 10_000)
		in("width_m", s.Width, 0.01, 10_000)
	}
	return errors.Join(errs...)
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
