// Package air is the air that the fleet flies in: the mean wind and how it grows
// with height, one field of gusts that all drones share, and how dense the air is.
//
// Drones at the same place feel the same air, and what one feels another feels
// later downwind. Nothing here keeps a state: the air at a place and a time is
// a function of the seed and the weather.
package air

import (
	"errors"
	"fmt"
	"math"

	"volary/internal/geo"
)

// Weather is what a person says about the air.
type Weather struct {
	// Speed is the mean wind in m/s, at Height above the ground.
	Speed float64
	// From is where the wind comes from, degrees clockwise from north.
	From float64
	// Height at which Speed holds, in m. 0: 20 ft, as MIL-F-8785C counts it.
	Height float64
	// Roughness is the length z0 of the ground in m, by which the wind grows with
	// height: MIL-F-8785C gives 0.0457 m (0.15 ft) for approaches over open land
	// and 0.61 m (2 ft) elsewhere. 0: the same wind at every height.
	Roughness float64
	// Gusts is the deviation of the vertical gusts in m/s; MIL-F-8785C takes a
	// tenth of the wind at 20 ft. The horizontal ones follow from it. 0: none.
	Gusts float64
	// Temperature of the air at the origin in °C, and pressure there in hPa.
	// nil: the standard atmosphere at that height.
	Temperature *float64
	Pressure    *float64
}

// The turbulence of MIL-F-8785C: a tenth of the wind at 20 ft of 15, 30 and 45 knots.
const (
	LightGusts    = 0.1 * 15 * knot
	ModerateGusts = 0.1 * 30 * knot
	SevereGusts   = 0.1 * 45 * knot

	knot = 0.514444 // m/s
	foot = 0.3048   // m
)

// OpenLand is the Roughness of MIL-F-8785C over open land.
const OpenLand = 0.15 * foot

// Check returns what is wrong with w, the field first, or nil.
func (w *Weather) Check() error {
	in := func(v, lo, hi float64) bool { return geo.Finite(v) && v >= lo && v <= hi }
	var errs []error
	if !in(w.Speed, 0, 50) {
		errs = append(errs, fmt.Errorf("speed_ms: %v is out of range: 0 to 50", w.Speed))
	}
	if !in(w.From, -360, 360) {
		errs = append(errs, fmt.Errorf("from_deg: %v is out of range: -360 to 360", w.From))
	}
	if !in(w.Height, 0, 1000) {
		errs = append(errs, fmt.Errorf("height_m: %v is out of range: 0 to 1000", w.Height))
	}
	if !in(w.Roughness, 0, 5) || w.Roughness > 0 && w.reference() <= w.Roughness {
		errs = append(errs, fmt.Errorf("roughness_m: %v is out of range: 0 to 5, and below height_m", w.Roughness))
	}
	if !in(w.Gusts, 0, 20) {
		errs = append(errs, fmt.Errorf("gusts_ms: %v is out of range: 0 to 20", w.Gusts))
	}
	if w.Temperature != nil && !in(*w.Temperature, -60, 60) {
		errs = append(errs, fmt.Errorf("temperature_c: %v is out of range: -60 to 60", *w.Temperature))
	}
	if w.Pressure != nil && !in(*w.Pressure, 300, 1100) {
		errs = append(errs, fmt.Errorf("pressure_hpa: %v is out of range: 300 to 1100", *w.Pressure))
	}
	return errors.Join(errs...)
}

func (w *Weather) reference() float64 {
	if w.Height == 0 {
		return 20 * foot
	}
	return w.Height
}

// profile is how the mean wind grows with height (MIL-F-8785C, 3.7.3.1):
// logarithmic in the height over the roughness, constant above 1000 ft.
type profile struct {
	speed, slope      float64 // m/s, and m/s for a factor e of height
	logRough, logHigh float64
}

func newProfile(w *Weather) profile {
	if w.Roughness == 0 {
		return profile{speed: w.Speed}
	}
	return profile{
		speed: w.Speed, logRough: geo.Log(w.Roughness), logHigh: geo.Log(1000 * foot),
		slope: w.Speed / geo.Log(w.reference()/w.Roughness),
	}
}

// mean is the mean wind in m/s at the height of which the logarithm is given.
func (p *profile) mean(logH float64) float64 {
	if p.slope == 0 {
		return p.speed
	}
	return math.Max(0, float64(p.slope*(math.Min(logH, p.logHigh)-p.logRough)))
}

// Standard atmosphere (ISO 2533).
const (
	seaTemperature = 288.15  // K
	seaPressure    = 1013.25 // hPa
	lapse          = 0.0065  // K/m
	gasConstant    = 287.05287
	gravity        = 9.80665
	seaDensity     = seaPressure * 100 / (gasConstant * seaTemperature) // 1.225 kg/m³
)

// Standard is the temperature in °C and the pressure in hPa of the standard
// atmosphere at an altitude above mean sea level in m, below 11 km.
func Standard(alt float64) (temperature, pressure float64) {
	t := seaTemperature - float64(lapse*alt)
	return t - 273.15, float64(seaPressure * geo.Pow(t/seaTemperature, gravity/(lapse*gasConstant)))
}

// column is the air over the origin: how temperature, pressure and density go
// with height.
type column struct {
	t0, p0 float64 // K and hPa at z = 0
	table  [tableSize + 1]float64
}

const (
	tableFrom = -500.0 // m, lowest height in the table
	tableStep = 25.0
	tableSize = 400 // to 9500 m
)

func newColumn(w *Weather, alt float64) *column {
	t, p := Standard(alt)
	if w.Temperature != nil {
		t = *w.Temperature
	}
	if w.Pressure != nil {
		p = *w.Pressure
	}
	c := &column{t0: t + 273.15, p0: p}
	for i := range c.table {
		t, p := c.at(tableFrom + float64(float64(i)*tableStep))
		c.table[i] = p * 100 / (gasConstant * (t + 273.15)) / seaDensity
	}
	return c
}

// at is the temperature in °C and the pressure in hPa z metres above the origin.
func (c *column) at(z float64) (temperature, pressure float64) {
	t := math.Max(c.t0-float64(lapse*z), 180)
	return t - 273.15, float64(c.p0 * geo.Pow(t/c.t0, gravity/(lapse*gasConstant)))
}

// density is that of the air over 1.225 kg/m³.
func (c *column) density(z float64) float64 {
	x := geo.Clamp((z-tableFrom)*(1/tableStep), 0, tableSize-1e-9)
	i := int(x)
	return c.table[i] + float64((c.table[i+1]-c.table[i])*(x-float64(i)))
}
