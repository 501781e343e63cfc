package geo

import (
	"fmt"
	"math"
)

// WGS-84 (NIMA TR8350.2): semi-major axis in metres and flattening.
const (
	wgs84A  = 6378137.0
	wgs84F  = 1 / 298.257223563
	wgs84E2 = wgs84F * (2 - wgs84F)
	wgs84B  = wgs84A * (1 - wgs84F)
	deg     = math.Pi / 180
)

// LLA is a place: latitude and longitude in degrees, altitude in metres above
// the ellipsoid. Volary treats the ellipsoid as mean sea level (no geoid model).
type LLA struct {
	Lat float64 `json:"lat" yaml:"lat" doc:"latitude, degrees, -90 to 90"`
	Lon float64 `json:"lon" yaml:"lon" doc:"longitude, degrees, -180 to 180"`
	Alt float64 `json:"alt_m" yaml:"alt_m" doc:"altitude above mean sea level, metres"`
}

// Check returns what is wrong with p, naming the field, or nil.
func (p LLA) Check() error {
	switch {
	case !Finite(p.Lat) || p.Lat < -90 || p.Lat > 90:
		return fmt.Errorf("lat %v is not a latitude: give degrees from -90 to 90", p.Lat)
	case !Finite(p.Lon) || p.Lon < -180 || p.Lon > 180:
		return fmt.Errorf("lon %v is not a longitude: give degrees from -180 to 180", p.Lon)
	case !Finite(p.Alt) || p.Alt < -500 || p.Alt > 100000:
		return fmt.Errorf("alt_m %v is out of range: give metres from -500 to 100000", p.Alt)
	}
	return nil
}

// Local is the ENU frame tangent to the ellipsoid at an origin.
type Local struct {
	Origin                 LLA
	sinLat, cosLat         float64
	sinLon, cosLon         float64
	originX, originY, orgZ float64 // ECEF, metres
}

// NewLocal makes the frame about origin.
func NewLocal(origin LLA) *Local {
	l := &Local{Origin: origin}
	l.sinLat, l.cosLat = Sincos(float64(origin.Lat * deg))
	l.sinLon, l.cosLon = Sincos(float64(origin.Lon * deg))
	l.originX, l.originY, l.orgZ = ecef(origin)
	return l
}

func ecef(p LLA) (x, y, z float64) {
	sLat, cLat := Sincos(float64(p.Lat * deg))
	sLon, cLon := Sincos(float64(p.Lon * deg))
	n := wgs84A / math.Sqrt(1-float64(wgs84E2*float64(sLat*sLat)))
	r := float64((n + p.Alt) * cLat)
	return float64(r * cLon), float64(r * sLon), float64((float64(n*(1-wgs84E2)) + p.Alt) * sLat)
}

// ToENU returns p in metres east, north and up of the origin.
func (l *Local) ToENU(p LLA) Vec {
	x, y, z := ecef(p)
	dx, dy, dz := x-l.originX, y-l.originY, z-l.orgZ
	h := float64(l.cosLon*dx) + float64(l.sinLon*dy)
	return Vec{
		X: float64(l.cosLon*dy) - float64(l.sinLon*dx),
		Y: float64(l.cosLat*dz) - float64(l.sinLat*h),
		Z: float64(l.cosLat*h) + float64(l.sinLat*dz),
	}
}

// ToLLA returns the place v metres east, north and up of the origin.
func (l *Local) ToLLA(v Vec) LLA {
	h := float64(l.cosLat*v.Z) - float64(l.sinLat*v.Y)
	x := l.originX + float64(l.cosLon*h) - float64(l.sinLon*v.X)
	y := l.originY + float64(l.sinLon*h) + float64(l.cosLon*v.X)
	z := l.orgZ + float64(l.cosLat*v.Y) + float64(l.sinLat*v.Z)

	// Bowring's formula with one refinement: below a micrometre up to 10,000 km.
	const ep2 = wgs84E2 / (1 - wgs84E2)
	p := math.Sqrt(float64(x*x) + float64(y*y))
	s, c := z, float64(p*(1-wgs84F)) // tangent of the reduced latitude
	var lat float64
	for range 2 {
		n := math.Sqrt(float64(s*s) + float64(c*c))
		if n == 0 {
			break
		}
		s, c = s/n, c/n
		lat = Atan2(z+float64(ep2*wgs84B*float64(s*float64(s*s))), p-float64(wgs84E2*wgs84A*float64(c*float64(c*c))))
		sl, cl := Sincos(lat)
		s, c = float64((1-wgs84F)*sl), cl
	}
	sl, cl := Sincos(lat)
	n := wgs84A / math.Sqrt(1-float64(wgs84E2*float64(sl*sl)))
	alt := float64(p*cl) + float64(z*sl) - wgs84A*wgs84A/n
	return LLA{Lat: float64(lat * (180 / math.Pi)), Lon: float64(Atan2(y, x) * (180 / math.Pi)), Alt: alt}
}
