package air

import (
	"math"

	"volary/internal/geo"
)

// Field is the air everywhere and at any time. It is read only once made, so
// that any number of goroutines may share it.
type Field struct {
	weather   Weather
	seed      uint64
	east      float64 // unit vector of where the wind goes
	north     float64
	profile   profile
	column    *column
	tables    *tables
	layers    [layers]layer
	logLowest float64
	perLog    float64 // layers of gusts for a factor e of height
}

// New is the air of a weather over an origin that lies alt metres above mean
// sea level. The seed draws the gusts.
func New(seed uint64, w Weather, alt float64) *Field {
	s, c := geo.Sincos(geo.HeadingToYaw(w.From))
	f := &Field{weather: w, seed: seed, east: -c, north: -s, profile: newProfile(&w), column: newColumn(&w, alt)}
	if w.Gusts > 0 {
		f.tables, f.layers = newTables(seed), newLayers(&f.profile)
		f.logLowest, f.perLog = geo.Log(lowest), (layers-1)/geo.Log(highest/lowest)
	}
	return f
}

// Weather is what the field was made from.
func (f *Field) Weather() Weather { return f.weather }

// Wind is how the air moves at p, t seconds into the run, in m/s. The ground is
// the plane z = 0.
func (f *Field) Wind(p geo.Vec, t float64) geo.Vec {
	if f.weather.Speed == 0 && f.tables == nil {
		return geo.Vec{}
	}
	logH := geo.Log(math.Max(p.Z, 1e-3))
	u := f.profile.mean(logH)
	var v, w float64
	if f.tables != nil {
		along := float64(p.X*f.east) + float64(p.Y*f.north)
		across := float64(p.Y*f.east) - float64(p.X*f.north)
		gu, gv, gw := f.gust(along, across, logH, t)
		u, v, w = u+gu, gv, gw
	}
	return geo.Vec{
		X: float64(u*f.east) - float64(v*f.north),
		Y: float64(u*f.north) + float64(v*f.east),
		Z: w,
	}
}

// Density is that of the air z metres above the origin over 1.225 kg/m³.
func (f *Field) Density(z float64) float64 { return f.column.density(z) }

// Conditions are the temperature in °C and the pressure in hPa z metres above
// the origin.
func (f *Field) Conditions(z float64) (temperature, pressure float64) { return f.column.at(z) }

// OneMinusCosine is the share of a discrete gust of MIL-F-8785C that blows t
// seconds after its start: it swells and fades within so many seconds.
func OneMinusCosine(t, seconds float64) float64 {
	if t <= 0 || t >= seconds {
		return 0
	}
	_, c := geo.Sincos(2 * math.Pi * t / seconds)
	return 0.5 * (1 - c)
}
