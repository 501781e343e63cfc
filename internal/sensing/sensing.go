// Package sensing is what a drone's sensors say: GPS, inertial sensors, barometer
// and magnetometer, with the noise of PX4's simulator or of a consumer receiver.
//
// A Suite belongs to one drone. Its noise is drawn by seed, drone, sensor and
// number of the sample (see package chance), so that it is the same in every
// run, and only when a sample is due or asked for.
package sensing

import (
	"math"

	"volary/internal/chance"
	"volary/internal/geo"
)

// Noise is how a set of sensors errs.
type Noise struct {
	Name string

	// GPS: the errors are Gauss–Markov processes, white noise through a filter.
	GPSHz     float64
	GPSPos    [2]float64 // m, deviation across the ground and in height
	GPSPosTau float64    // s, after which the error has fallen to 1/e of itself
	GPSVel    [2]float64 // m/s
	GPSVelTau float64    // s
	EPH, EPV  float64    // m, the accuracy the receiver claims

	// Accelerometer in m/s² and gyroscope in rad/s, about the body's axes, with
	// the motors running and at rest.
	Accel, Gyro   [3]float64
	AccelStill    float64
	GyroStill     float64
	BaroHz, BaroP float64    // Hz; Pa
	MagHz         float64    // Hz
	Mag           [3]float64 // gauss
}

// PX4 is the noise of PX4's simulator in hardware.
//
// Sources: PX4 000f5fd, sensor_gps_sim (8 Hz; amplitude 0.8 m, walk 0.02,
// factor 0.76 a sample, height 1.5 times; velocity 0.05, 0.4, 0.54, height 1.2
// times), sensor_baro_sim (20 Hz, 1 Pa), sensor_mag_sim (50 Hz; 0.02, 0.02, 0.03
// gauss); PX4 039af95, simulator_sih (accelerometer 0.5, 1.7, 1.4 m/s², gyroscope
// 0.14, 0.07, 0.03 rad/s, at rest 0.1 and 0.01).
var PX4 = Noise{
	Name: "px4", GPSHz: 8,
	GPSPos: [2]float64{0.0246, 0.0369}, GPSPosTau: 0.455, // 0.8·0.02/√(1−0.76²); −1/(8·ln 0.76)
	GPSVel: [2]float64{0.0238, 0.0285}, GPSVelTau: 0.203, // 0.05·0.4/√(1−0.54²); −1/(8·ln 0.54)
	EPH: 0.9, EPV: 1.78,
	Accel: [3]float64{0.5, 1.7, 1.4}, Gyro: [3]float64{0.14, 0.07, 0.03}, AccelStill: 0.1, GyroStill: 0.01,
	BaroHz: 20, BaroP: 1, MagHz: 50, Mag: [3]float64{0.02, 0.02, 0.03},
}

// Consumer is PX4 with a single-frequency receiver as consumers have it: u-blox
// M8 data sheet, 2.5 m CEP across the ground (2.12 m an axis), 0.05 m/s, 5 Hz;
// height 1.5 times as far off, as satellite geometry gives; the error wanders
// within minutes, as that of the ionosphere and of reflections does.
var Consumer = Noise{
	Name: "consumer", GPSHz: 5,
	GPSPos: [2]float64{2.12, 3.2}, GPSPosTau: 120, GPSVel: [2]float64{0.05, 0.08}, GPSVelTau: 0.5, EPH: 2.5, EPV: 4,
	Accel: PX4.Accel, Gyro: PX4.Gyro, AccelStill: PX4.AccelStill, GyroStill: PX4.GyroStill,
	BaroHz: PX4.BaroHz, BaroP: PX4.BaroP, MagHz: PX4.MagHz, Mag: PX4.Mag,
}

// ByName finds a set of sensors: px4 or consumer.
func ByName(name string) (*Noise, bool) {
	for _, n := range []*Noise{&PX4, &Consumer} {
		if n.Name == name {
			return n, true
		}
	}
	return nil, false
}

// Truth is the state that the sensors sense.
type Truth struct {
	P, V     geo.Vec // m, m/s, world
	Q        geo.Quat
	W        geo.Vec // rad/s, body
	Specific geo.Vec // m/s², body: acceleration less gravity
	Pressure float64 // hPa, of the air
	Field    geo.Vec // gauss, of the Earth, world
	Running  bool    // the motors shake the sensors
}

// GPS is a fix.
type GPS struct {
	At       float64 // s, of the run
	P, V     geo.Vec // m, m/s, world frame
	EPH, EPV float64 // m
	Fix      bool
}

// IMU is a sample of accelerometer and gyroscope, body frame.
type IMU struct{ Accel, Gyro geo.Vec }

// Baro is a sample of the air pressure.
type Baro struct{ At, Pressure float64 } // s; hPa

// Mag is a sample of the magnetic field.
type Mag struct {
	At    float64 // s
	Field geo.Vec // gauss, body frame
}

// Suite is the sensors of one drone and what they said last.
type Suite struct {
	noise      *Noise
	seed       uint64
	drone      uint64
	gpsN       uint64 // samples taken
	baroN      uint64
	magN       uint64
	posE, velE geo.Vec // the wandering errors of the GPS

	GPS  GPS
	Baro Baro
	Mag  Mag
}

// NewSuite is the sensors of drone number slot.
func NewSuite(n *Noise, seed uint64, slot int) *Suite {
	return &Suite{noise: n, seed: seed, drone: uint64(slot)}
}

// channels of chance, one a sensor.
const (
	gpsChannel = 100 + 4*iota
	baroChannel
	magChannel
	imuChannel
)

// three draws three normal numbers.
func (s *Suite) three(channel, n uint64) geo.Vec {
	x, y := chance.Normal(s.seed, s.drone, channel, n)
	z, _ := chance.Normal(s.seed, s.drone, channel+1, n)
	return geo.Vec{X: x, Y: y, Z: z}
}

// Due tells whether a sensor has a sample to take t seconds into the run.
func (s *Suite) Due(t float64) bool {
	return due(t, s.noise.GPSHz, s.gpsN) || due(t, s.noise.BaroHz, s.baroN) || due(t, s.noise.MagHz, s.magN)
}

func due(t, hz float64, n uint64) bool { return float64(t*hz)+1e-9 >= float64(n) }

// Sense takes the samples that are due t seconds into the run. A drone in
// service for the first time after a break takes one of each and goes on from there.
func (s *Suite) Sense(t float64, now *Truth) {
	if n := s.noise; due(t, n.GPSHz, s.gpsN) {
		s.fix(t, now)
		s.gpsN = uint64(float64(t*n.GPSHz)+1e-9) + 1
	}
	if n := s.noise; due(t, n.BaroHz, s.baroN) {
		x, _ := chance.Normal(s.seed, s.drone, baroChannel, s.baroN)
		s.Baro = Baro{At: t, Pressure: now.Pressure + float64(0.01*float64(n.BaroP*x))}
		s.baroN = uint64(float64(t*n.BaroHz)+1e-9) + 1
	}
	if n := s.noise; due(t, n.MagHz, s.magN) {
		e := s.three(magChannel, s.magN)
		f := intoBody(now.Q, now.Field)
		s.Mag = Mag{At: t, Field: geo.Vec{
			X: f.X + float64(n.Mag[0]*e.X), Y: f.Y + float64(n.Mag[1]*e.Y), Z: f.Z + float64(n.Mag[2]*e.Z),
		}}
		s.magN = uint64(float64(t*n.MagHz)+1e-9) + 1
	}
}

func (s *Suite) fix(t float64, now *Truth) {
	n := s.noise
	wander := func(e *geo.Vec, white geo.Vec, sigma [2]float64, tau float64) {
		keep := geo.Exp(-1 / float64(n.GPSHz*tau))
		if s.gpsN == 0 {
			keep = 0 // the first sample is as wrong as any other
		}
		add := math.Sqrt(1 - float64(keep*keep))
		e.X = float64(keep*e.X) + float64(float64(add*sigma[0])*white.X)
		e.Y = float64(keep*e.Y) + float64(float64(add*sigma[0])*white.Y)
		e.Z = float64(keep*e.Z) + float64(float64(add*sigma[1])*white.Z)
	}
	wander(&s.posE, s.three(gpsChannel, s.gpsN), n.GPSPos, n.GPSPosTau)
	wander(&s.velE, s.three(gpsChannel+2, s.gpsN), n.GPSVel, n.GPSVelTau)
	s.GPS = GPS{At: t, P: now.P.Add(s.posE), V: now.V.Add(s.velE), EPH: n.EPH, EPV: n.EPV, Fix: true}
}

// IMU is the sample of tick so and so: it is made when it is asked for.
func (s *Suite) IMU(tick uint64, now *Truth) IMU {
	a, g := s.noise.Accel, s.noise.Gyro
	if !now.Running {
		k, m := s.noise.AccelStill, s.noise.GyroStill
		a, g = [3]float64{k, k, k}, [3]float64{m, m, m}
	}
	ea, eg := s.three(imuChannel, tick), s.three(imuChannel+2, tick)
	return IMU{
		Accel: geo.Vec{X: now.Specific.X + float64(a[0]*ea.X), Y: now.Specific.Y + float64(a[1]*ea.Y), Z: now.Specific.Z + float64(a[2]*ea.Z)},
		Gyro:  geo.Vec{X: now.W.X + float64(g[0]*eg.X), Y: now.W.Y + float64(g[1]*eg.Y), Z: now.W.Z + float64(g[2]*eg.Z)},
	}
}

// Lose makes the GPS have no fix from now on: the last position stays.
func (s *Suite) Lose() { s.GPS.Fix, s.GPS.EPH, s.GPS.EPV = false, 100, 100 }

func intoBody(q geo.Quat, v geo.Vec) geo.Vec {
	x, y, z := q.Axes()
	return geo.Vec{X: x.Dot(v), Y: y.Dot(v), Z: z.Dot(v)}
}

// EarthField is the magnetic field of the Earth in gauss, east, north and up, at
// a place: that of the tilted dipole of IGRF-13 for 2020, which is within about
// a quarter of the true one, and a dozen degrees.
func EarthField(at geo.LLA) geo.Vec {
	const g10, g11, h11 = -0.294048, -0.014509, 0.046525 // gauss
	const rad = math.Pi / 180
	sl, cl := geo.Sincos(at.Lat * rad)
	so, co := geo.Sincos(at.Lon * rad)
	r := 6371.2 / (6371.2 + at.Alt/1000)
	k := float64(r * float64(r*r))
	along := float64(g11*co) + float64(h11*so)
	return geo.Vec{
		X: float64(k * (float64(g11*so) - float64(h11*co))),
		Y: float64(k * (float64(-g10*cl) + float64(along*sl))),
		Z: float64(k * float64(2*(float64(g10*sl)+float64(along*cl)))),
	}
}
