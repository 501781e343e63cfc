package sensing

import (
	"math"
	"testing"

	"volary/internal/geo"
)

var level = Truth{Q: geo.Quat{W: 1}, Specific: geo.Vec{Z: 9.81}, Pressure: 1013.25, Field: geo.Vec{Y: 0.2, Z: -0.4}, Running: true}

// moments of a series: mean, deviation, and correlation of neighbours.
func moments(x []float64) (mean, dev, next float64) {
	n := float64(len(x))
	for _, v := range x {
		mean += v / n
	}
	for i, v := range x {
		dev += (v - mean) * (v - mean) / n
		if i > 0 {
			next += (v - mean) * (x[i-1] - mean) / n
		}
	}
	return mean, math.Sqrt(dev), next / dev
}

func TestTheErrorsAreThoseOfThePreset(t *testing.T) {
	s := NewSuite(&PX4, 1, 0)
	var px, pz, vx, p, mx, ax []float64
	for i := range 400_000 {
		tt := float64(i) / 250
		if !s.Due(tt) {
			continue
		}
		before := s.GPS.At
		s.Sense(tt, &level)
		if s.GPS.At != before || i == 0 {
			px, pz, vx = append(px, s.GPS.P.X), append(pz, s.GPS.P.Z), append(vx, s.GPS.V.X)
		}
		if s.Baro.At == tt {
			p = append(p, s.Baro.Pressure)
		}
		if s.Mag.At == tt {
			mx = append(mx, s.Mag.Field.X)
		}
		ax = append(ax, s.IMU(uint64(i), &level).Accel.Y)
	}
	for _, c := range []struct {
		name            string
		x               []float64
		count           int
		mean, dev, next float64
	}{
		{"GPS x", px, 12800, 0, 0.0246, 0.76}, {"GPS z", pz, 12800, 0, 0.0369, 0.76}, {"GPS vx", vx, 12800, 0, 0.0238, 0.54},
		{"baro", p, 32000, 1013.25, 0.01, 0}, {"mag x", mx, 80000, 0, 0.02, 0}, {"accelerometer y", ax, 0, 0, 1.7, 0},
	} {
		mean, dev, next := moments(c.x)
		if c.count > 0 && len(c.x) != c.count {
			t.Errorf("%s: %d samples, want %d", c.name, len(c.x), c.count)
		}
		if math.Abs(mean-c.mean) > 0.1*c.dev || math.Abs(dev/c.dev-1) > 0.04 || math.Abs(next-c.next) > 0.03 {
			t.Errorf("%s: mean %.4f, deviation %.4f, neighbours %.3f; want %v, %v, %v", c.name, mean, dev, next, c.mean, c.dev, c.next)
		}
	}
}

func TestEachDroneHasItsOwnNoiseAndTheSameInEveryRun(t *testing.T) {
	read := func(seed uint64, slot int) geo.Vec {
		s := NewSuite(&Consumer, seed, slot)
		for i := range 1000 {
			s.Sense(float64(i)/250, &level)
		}
		return s.GPS.P
	}
	if read(1, 2) != read(1, 2) {
		t.Error("the same drone reads something else in a second run")
	}
	if read(1, 2) == read(1, 3) || read(1, 2) == read(2, 2) {
		t.Error("two drones, or two seeds, read the same")
	}
}

func TestAConsumerReceiverIsOffByMetresThatWander(t *testing.T) {
	var sum float64
	const drones = 400
	for d := range drones {
		s := NewSuite(&Consumer, 9, d)
		s.Sense(0, &level)
		first := s.GPS.P
		sum += first.X * first.X / drones
		s.Sense(0.2, &level)
		if step := s.GPS.P.Sub(first).NormXY(); step > 1 {
			t.Fatalf("jumped %.2f m within 0.2 s", step)
		}
	}
	if dev := math.Sqrt(sum); math.Abs(dev/2.12-1) > 0.15 {
		t.Errorf("deviation %.2f m, want 2.12", dev)
	}
}

// The field at three places as IGRF-13 gives it for 2020, within what a dipole can.
func TestTheEarthFieldIsAboutThatOfTheReference(t *testing.T) {
	for _, c := range []struct {
		name        string
		at          geo.LLA
		total, incl float64 // gauss, degrees down
	}{
		{"Zurich", geo.LLA{Lat: 47.4, Lon: 8.5}, 0.483, 63},
		{"Singapore", geo.LLA{Lat: 1.35, Lon: 103.8}, 0.42, -14},
		{"Melbourne", geo.LLA{Lat: -37.8, Lon: 145}, 0.60, -69},
	} {
		f := EarthField(c.at)
		incl := math.Atan2(-f.Z, f.NormXY()) * 180 / math.Pi
		if math.Abs(f.Norm()/c.total-1) > 0.28 || math.Abs(incl-c.incl) > 12 {
			t.Errorf("%s: %.3f gauss at %.0f°, want %.3f at %.0f°", c.name, f.Norm(), incl, c.total, c.incl)
		}
	}
}
