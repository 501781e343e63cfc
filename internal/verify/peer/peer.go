// Package peer is the yardstick for the speed of flight: the smallest program
// that does the same work. It flies quadrotors of one kind, kept as arrays of
// numbers, by the same method with a cascade of the same shape, and does nothing
// else: no modes, no ground, no battery, no neighbours, no gusts, and no care for
// equal bits on every processor.
package peer

import "math"

// Airframe is that of a Hummingbird; see internal/physics/airframes.
var airframe = struct {
	mass, g, jx, jy, jz, arm        float64
	kEta, kM, kD, kZ, kH            float64
	cx, cy, cz, lag, speedMax, turn float64
}{
	mass: 0.5, g: 9.81, jx: 3.65e-3, jy: 3.68e-3, jz: 7.03e-3, arm: 0.17 / math.Sqrt2,
	kEta: 5.57e-6, kM: 1.36e-7, kD: 1.19e-4, kZ: 2.32e-4, kH: 3.39e-3,
	cx: 5e-3, cy: 5e-3, cz: 1e-2, lag: 0.02, speedMax: 1500, turn: 1,
}

// numbers of a drone's state, each in an array of its own.
const (
	px = iota
	py
	pz
	vx
	vy
	vz
	qw
	qx
	qy
	qz
	wx
	wy
	wz
	rotor0
	rotor1
	rotor2
	rotor3
	states

	cmd0 = iota - 1
	cmd1
	cmd2
	cmd3
	windX
	windY
	windZ
	wantX
	wantY
	wantZ
	wantYaw
	sumX
	sumY
	sumZ
	columns
)

type state [states]float64

// Fleet is drones that each fly to a place of their own and stay there.
type Fleet struct {
	n    int
	data [columns][]float64
}

// New puts n drones into the air, 3 m apart in hover.
func New(n int) *Fleet {
	f := &Fleet{n: n}
	for i := range f.data {
		f.data[i] = make([]float64, n)
	}
	a := &airframe
	hover := math.Sqrt(a.mass * a.g / 4 / a.kEta)
	for i := range n {
		for k, v := range map[int]float64{
			px: float64(i%64) * 3, py: float64(i/64) * 3, pz: 20, qw: 1, windX: 3, windY: -1,
			rotor0: hover, rotor1: hover, rotor2: hover, rotor3: hover,
			wantX: float64(i%64)*3 + 5*math.Cos(float64(i)), wantY: float64(i/64)*3 + 5*math.Sin(float64(i)), wantZ: 22,
			wantYaw: 0.1 * float64(i%30),
		} {
			f.data[k][i] = v
		}
	}
	return f
}

// tile is how many drones are worked on in one go.
const tile = 64

// Step advances all drones by h seconds.
func (f *Fleet) Step(h float64) {
	half := math.Exp(-0.5 * h / airframe.lag)
	for lo := 0; lo < f.n; lo += tile {
		hi := min(lo+tile, f.n)
		for i := lo; i < hi; i++ {
			f.control(i, h)
		}
		for i := lo; i < hi; i++ {
			f.fly(i, h, half)
		}
	}
}

// Off is how far drone i is from where it should be, m.
func (f *Fleet) Off(i int) float64 {
	d := &f.data
	return math.Hypot(math.Hypot(d[px][i]-d[wantX][i], d[py][i]-d[wantY][i]), d[pz][i]-d[wantZ][i])
}

func (f *Fleet) fly(i int, h, half float64) {
	var s, t, k1, k2, k3, k4 state
	for k := range s {
		s[k] = f.data[k][i]
	}
	c := [4]float64{f.data[cmd0][i], f.data[cmd1][i], f.data[cmd2][i], f.data[cmd3][i]}
	u := [3]float64{f.data[windX][i], f.data[windY][i], f.data[windZ][i]}
	lag := func(k float64) {
		for j := range c {
			t[rotor0+j] = c[j] + (s[rotor0+j]-c[j])*k
		}
	}
	slope(&s, &u, &k1)
	ahead(&t, &s, &k1, h/2)
	lag(half)
	slope(&t, &u, &k2)
	ahead(&t, &s, &k2, h/2)
	slope(&t, &u, &k3)
	ahead(&t, &s, &k3, h)
	lag(half * half)
	slope(&t, &u, &k4)
	for k := range rotor0 {
		s[k] += h / 6 * (k1[k] + 2*(k2[k]+k3[k]) + k4[k])
	}
	n := 1 / math.Sqrt(s[qw]*s[qw]+s[qx]*s[qx]+s[qy]*s[qy]+s[qz]*s[qz])
	s[qw], s[qx], s[qy], s[qz] = s[qw]*n, s[qx]*n, s[qy]*n, s[qz]*n
	s[rotor0], s[rotor1], s[rotor2], s[rotor3] = t[rotor0], t[rotor1], t[rotor2], t[rotor3]
	for k := range s {
		f.data[k][i] = s[k]
	}
}

func ahead(o, s, k *state, h float64) {
	for i := range rotor0 {
		o[i] = s[i] + h*k[i]
	}
}

// slope is the rate of change of a state: the equations of docs/physics.md,
// written out for four rotors.
func slope(s *state, u *[3]float64, d *state) {
	a := &airframe
	w, x, y, z := s[qw], s[qx], s[qy], s[qz]
	n2 := 1 / (w*w + x*x + y*y + z*z)
	xx, yy, zz, xy, xz, yz := x*x*n2, y*y*n2, z*z*n2, x*y*n2, x*z*n2, y*z*n2
	wx2, wy2, wz2 := w*x*n2, w*y*n2, w*z*n2
	r00, r01, r02 := 1-2*(yy+zz), 2*(xy-wz2), 2*(xz+wy2)
	r10, r11, r12 := 2*(xy+wz2), 1-2*(xx+zz), 2*(yz-wx2)
	r20, r21, r22 := 2*(xz-wy2), 2*(yz+wx2), 1-2*(xx+yy)
	ax, ay, az := s[vx]-u[0], s[vy]-u[1], s[vz]-u[2]
	bx, by, bz := r00*ax+r10*ay+r20*az, r01*ax+r11*ay+r21*az, r02*ax+r12*ay+r22*az
	vn := math.Sqrt(bx*bx + by*by + bz*bz)
	fx, fy, fz := -vn*a.cx*bx, -vn*a.cy*by, -vn*a.cz*bz
	var mx, my, mz float64
	w0, w1, w2 := s[wx], s[wy], s[wz]
	rotor := func(o, x, y, turn float64) {
		lx, ly, lz := bx-w2*y, by+w2*x, bz+w0*y-w1*x
		hx, hy := -o*a.kD*lx, -o*a.kD*ly
		hz := a.kEta*o*o + a.kH*(lx*lx+ly*ly) - o*a.kZ*lz
		fx, fy, fz = fx+hx, fy+hy, fz+hz
		mx, my, mz = mx+y*hz, my-x*hz, mz+x*hy-y*hx+turn*a.kM*o*o
	}
	rotor(s[rotor0], a.arm, a.arm, 1)
	rotor(s[rotor1], a.arm, -a.arm, -1)
	rotor(s[rotor2], -a.arm, -a.arm, 1)
	rotor(s[rotor3], -a.arm, a.arm, -1)
	im := 1 / a.mass
	d[px], d[py], d[pz] = s[vx], s[vy], s[vz]
	d[vx] = (r00*fx + r01*fy + r02*fz) * im
	d[vy] = (r10*fx + r11*fy + r12*fz) * im
	d[vz] = (r20*fx+r21*fy+r22*fz)*im - a.g
	d[qw] = 0.5 * (-x*w0 - y*w1 - z*w2)
	d[qx] = 0.5 * (w*w0 + y*w2 - z*w1)
	d[qy] = 0.5 * (w*w1 - x*w2 + z*w0)
	d[qz] = 0.5 * (w*w2 + x*w1 - y*w0)
	d[wx] = (mx - (a.jz-a.jy)*w1*w2) / a.jx
	d[wy] = (my - (a.jx-a.jz)*w2*w0) / a.jy
	d[wz] = (mz - (a.jy-a.jx)*w0*w1) / a.jz
}

func clamp(v, m float64) float64 { return max(-m, min(m, v)) }

// control is a cascade of PX4's shape, all of it at every step.
func (f *Fleet) control(i int, h float64) {
	a, d := &airframe, &f.data
	ex, ey, ez := 0.95*(d[wantX][i]-d[px][i]), 0.95*(d[wantY][i]-d[py][i]), 0.95*(d[wantZ][i]-d[pz][i])
	if n := math.Sqrt(ex*ex + ey*ey); n > 12 {
		ex, ey = ex*12/n, ey*12/n
	}
	dx, dy, dz := ex-d[vx][i], ey-d[vy][i], clamp(ez, 3)-d[vz][i]
	ax, ay, az := 3.24*dx+d[sumX][i], 3.24*dy+d[sumY][i], 3.24*dz+d[sumZ][i]+a.g
	d[sumX][i], d[sumY][i], d[sumZ][i] = clamp(d[sumX][i]+0.4*dx*h, 3), clamp(d[sumY][i]+0.4*dy*h, 3), clamp(d[sumZ][i]+0.4*dz*h, 3)
	az = max(az, 0.3*a.g)
	if l := math.Sqrt(ax*ax + ay*ay); l > az {
		ax, ay = ax*az/l, ay*az/l
	}
	an := math.Sqrt(ax*ax + ay*ay + az*az)
	zx, zy, zz := ax/an, ay/an, az/an
	w, x, y, z := d[qw][i], d[qx][i], d[qy][i], d[qz][i]
	thrust := a.mass * (ax*2*(x*z+w*y) + ay*2*(y*z-w*x) + az*(1-2*(x*x+y*y)))
	sy, cy := math.Sincos(0.5 * d[wantYaw][i])
	tw := math.Sqrt(0.5 * (1 + zz))
	tx, ty := -zy*0.5/tw, zx*0.5/tw
	gw, gx, gy, gz := tw*cy, tx*cy+ty*sy, ty*cy-tx*sy, tw*sy
	sign := 2.0
	if w*gw+x*gx+y*gy+z*gz < 0 {
		sign = -2
	}
	rx := clamp(6.5*sign*(w*gx-x*gw-y*gz+z*gy), 8)
	ry := clamp(6.5*sign*(w*gy+x*gz-y*gw-z*gx), 8)
	rz := clamp(2.8*sign*(w*gz-x*gy+y*gx-z*gw), 4)
	w0, w1, w2 := d[wx][i], d[wy][i], d[wz][i]
	mx := a.jx*25*(rx-w0) + (a.jz-a.jy)*w1*w2
	my := a.jy*25*(ry-w1) + (a.jx-a.jz)*w2*w0
	mz := a.jz*10*(rz-w2) + (a.jy-a.jx)*w0*w1
	b, r, p, q := 0.25*thrust, 0.25*mx/a.arm, 0.25*my/a.arm, 0.25*mz*a.kEta/a.kM
	for k, t := range [4]float64{b + r - p + q, b - r - p - q, b - r + p + q, b + r + p - q} {
		d[cmd0+k][i] = min(math.Sqrt(max(t, 0)/a.kEta), a.speedMax)
	}
}
