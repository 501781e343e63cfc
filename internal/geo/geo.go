// Package geo is the ground the fleet flies over: vectors, attitudes, places on
// the Earth and the local frame that ties them together.
//
// Frames. The world frame is ENU: x east, y north, z up, in metres, tangent to
// the WGS-84 ellipsoid at an origin. The body frame is FLU: x forward, y left,
// z up. A quaternion rotates body vectors into the world. Heading is clockwise
// from north in degrees, as on a compass.
//
// Determinism. Everything here gives the same bits on every amd64 build level:
// products that feed sums are wrapped in float64(...), which forbids the
// compiler to fuse them, and the elementary functions are our own (the ones of
// package math are fused when built for newer processors).
package geo

import "math"

// Vec is a vector in metres (or m/s, m/s², N, as its owner says).
type Vec struct{ X, Y, Z float64 }

// Add returns a + b.
func (a Vec) Add(b Vec) Vec { return Vec{a.X + b.X, a.Y + b.Y, a.Z + b.Z} }

// Sub returns a - b.
func (a Vec) Sub(b Vec) Vec { return Vec{a.X - b.X, a.Y - b.Y, a.Z - b.Z} }

// Scale returns k·a.
func (a Vec) Scale(k float64) Vec {
	return Vec{float64(a.X * k), float64(a.Y * k), float64(a.Z * k)}
}

// Dot returns the scalar product.
func (a Vec) Dot(b Vec) float64 {
	return float64(a.X*b.X) + float64(a.Y*b.Y) + float64(a.Z*b.Z)
}

// Cross returns the vector product a × b.
func (a Vec) Cross(b Vec) Vec {
	return Vec{
		X: float64(a.Y*b.Z) - float64(a.Z*b.Y),
		Y: float64(a.Z*b.X) - float64(a.X*b.Z),
		Z: float64(a.X*b.Y) - float64(a.Y*b.X),
	}
}

// Norm returns the length.
func (a Vec) Norm() float64 { return math.Sqrt(a.Dot(a)) }

// NormXY returns the length of the horizontal part.
func (a Vec) NormXY() float64 { return math.Sqrt(float64(a.X*a.X) + float64(a.Y*a.Y)) }

// Finite tells whether every component is a finite number.
func (a Vec) Finite() bool { return Finite(a.X) && Finite(a.Y) && Finite(a.Z) }

// Finite tells whether v is neither NaN nor infinite.
func Finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Clamp limits v to [lo, hi].
func Clamp(v, lo, hi float64) float64 {
	if v < lo {
		return lo
	}
	if v > hi {
		return hi
	}
	return v
}

// Quat is a unit quaternion that rotates body (FLU) into world (ENU).
type Quat struct{ W, X, Y, Z float64 }

// Axes returns the body's x, y and z axes in the world.
func (q Quat) Axes() (x, y, z Vec) {
	xx, yy, zz := float64(q.X*q.X), float64(q.Y*q.Y), float64(q.Z*q.Z)
	xy, xz, yz := float64(q.X*q.Y), float64(q.X*q.Z), float64(q.Y*q.Z)
	wx, wy, wz := float64(q.W*q.X), float64(q.W*q.Y), float64(q.W*q.Z)
	x = Vec{1 - float64(2*(yy+zz)), 2 * (xy + wz), 2 * (xz - wy)}
	y = Vec{2 * (xy - wz), 1 - float64(2*(xx+zz)), 2 * (yz + wx)}
	z = Vec{2 * (xz + wy), 2 * (yz - wx), 1 - float64(2*(xx+yy))}
	return x, y, z
}

// Euler returns roll, pitch (rad, FLU: positive pitch is nose down about +y) and
// yaw (rad, counter-clockwise from east).
func (q Quat) Euler() (roll, pitch, yaw float64) {
	roll = Atan2(2*(float64(q.W*q.X)+float64(q.Y*q.Z)), 1-2*(float64(q.X*q.X)+float64(q.Y*q.Y)))
	s := Clamp(2*(float64(q.W*q.Y)-float64(q.Z*q.X)), -1, 1)
	pitch = Atan2(s, math.Sqrt(1-float64(s*s)))
	yaw = Atan2(2*(float64(q.W*q.Z)+float64(q.X*q.Y)), 1-2*(float64(q.Y*q.Y)+float64(q.Z*q.Z)))
	return roll, pitch, yaw
}

// FromYaw is the level attitude with the nose yaw radians counter-clockwise from east.
func FromYaw(yaw float64) Quat {
	s, c := Sincos(float64(0.5 * yaw))
	return Quat{W: c, Z: s}
}

// HeadingToYaw turns a compass heading in degrees into a yaw in radians.
func HeadingToYaw(headingDeg float64) float64 {
	return WrapPi(float64((90 - headingDeg) * (math.Pi / 180)))
}

// YawToHeading turns a yaw in radians into a compass heading in [0, 360).
func YawToHeading(yaw float64) float64 {
	h := 90 - float64(yaw*(180/math.Pi))
	h -= float64(360 * math.Floor(h/360))
	if h >= 360 {
		h = 0
	}
	return h
}

// WrapPi brings an angle into [-π, π).
func WrapPi(a float64) float64 {
	return a - float64(2*math.Pi*math.Floor((a+math.Pi)/(2*math.Pi)))
}
