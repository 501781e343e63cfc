package scenario

import (
	"errors"
	"fmt"

	"volary/internal/geo"
	"volary/internal/mission"
)

// Environment is the air: how it moves, how warm and how dense it is. What is
// left out is that of the standard atmosphere.
type Environment struct {
	Wind         Wind     `yaml:"wind" json:"wind"`
	TemperatureC *float64 `yaml:"temperature_c" json:"temperature_c,omitempty" doc:"of the air at the world's origin; default the standard atmosphere's at that height"`
	PressureHPa  *float64 `yaml:"pressure_hpa" json:"pressure_hpa,omitempty" doc:"at the world's origin; default the standard atmosphere's at that height"`
}

// Wind is the mean wind and how rough it is.
type Wind struct {
	Speed      float64 `yaml:"speed_ms" json:"speed_ms" doc:"mean, m/s"`
	From       float64 `yaml:"from_deg" json:"from_deg" doc:"where it comes from, degrees clockwise from north"`
	Turbulence string  `yaml:"turbulence" json:"turbulence,omitempty" doc:"none (default), light, moderate or severe: gusts by MIL-F-8785C"`
	// Shear makes the wind grow with height: Speed is then that at 6 m (20 ft).
	Shear bool `yaml:"shear" json:"shear,omitempty" doc:"let the wind grow with height; speed_ms is then that 6 m above the ground"`
}

// Turbulences are the words for how rough the wind is, in order.
var Turbulences = []string{"none", "light", "moderate", "severe"}

// Vector returns the motion of the air in the world frame, m/s.
func (w Wind) Vector() geo.Vec {
	s, c := geo.Sincos(geo.HeadingToYaw(w.From))
	return geo.Vec{X: float64(-w.Speed * c), Y: float64(-w.Speed * s)}
}

// Check returns every reason why e can't be, each a *mission.FieldError, joined.
func (e *Environment) Check() error {
	var errs []error
	add := func(field, format string, args ...any) {
		errs = append(errs, &mission.FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if !geo.Finite(e.Wind.Speed) || e.Wind.Speed < 0 || e.Wind.Speed > 50 {
		add("wind.speed_ms", "%v is out of range: 0 to 50", e.Wind.Speed)
	}
	if !geo.Finite(e.Wind.From) || e.Wind.From < -360 || e.Wind.From > 360 {
		add("wind.from_deg", "%v is out of range: -360 to 360", e.Wind.From)
	}
	if e.Wind.Turbulence != "" && !contains(Turbulences, e.Wind.Turbulence) {
		add("wind.turbulence", "%q is not one of none, light, moderate, severe", e.Wind.Turbulence)
	}
	if t := e.TemperatureC; t != nil && (!geo.Finite(*t) || *t < -60 || *t > 60) {
		add("temperature_c", "%v is out of range: -60 to 60", *t)
	}
	if p := e.PressureHPa; p != nil && (!geo.Finite(*p) || *p < 300 || *p > 1100) {
		add("pressure_hpa", "%v is out of range: 300 to 1100", *p)
	}
	return errors.Join(errs...)
}
