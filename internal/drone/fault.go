package drone

import (
	"errors"
	"fmt"
	"slices"

	"volary/internal/geo"
)

// FaultType names what goes wrong.
type FaultType string

// The fault types.
const (
	MotorFailure FaultType = "motor_failure" // a rotor gives less thrust, or none
	GPSLoss      FaultType = "gps_loss"      // no position from satellites
	BatteryDrop  FaultType = "battery_drop"  // the charge falls to a value at once
	LinkLoss     FaultType = "link_loss"     // the drone hears no commands
	SensorStuck  FaultType = "sensor_stuck"  // a sensor repeats its last value
	SensorBias   FaultType = "sensor_bias"   // a sensor is off by a constant
	Gust         FaultType = "gust"          // air that moves at these drones alone
)

// FaultTypes lists them in order.
var FaultTypes = []FaultType{MotorFailure, GPSLoss, BatteryDrop, LinkLoss, SensorStuck, SensorBias, Gust}

// The sensors that can be stuck or biased.
const (
	SensorGPS     = "gps"     // horizontal position: bias x, y in metres
	SensorBaro    = "baro"    // height: bias z in metres
	SensorGyro    = "gyro"    // body rates: bias x, y, z in degrees a second, forward, left, up
	SensorCompass = "compass" // heading: bias heading_deg, clockwise
)

// FaultParams are the details of a fault; each type uses some of them.
type FaultParams struct {
	Rotor         *int     `json:"rotor,omitempty" yaml:"rotor" doc:"motor_failure: which rotor, counted from 1; default 1"`
	Effectiveness *float64 `json:"effectiveness,omitempty" yaml:"effectiveness" doc:"motor_failure: what is left of its thrust, 0 (default: it stands still) to 0.95"`
	ToPct         *float64 `json:"to_pct,omitempty" yaml:"to_pct" doc:"battery_drop: charge left, percent; default 10"`
	Sensor        string   `json:"sensor,omitempty" yaml:"sensor" doc:"sensor_stuck, sensor_bias: gps, baro, gyro or compass"`
	X             *float64 `json:"x,omitempty" yaml:"x" doc:"sensor_bias: gps metres east; gyro degrees a second about the forward axis"`
	Y             *float64 `json:"y,omitempty" yaml:"y" doc:"sensor_bias: gps metres north; gyro degrees a second about the left axis"`
	Z             *float64 `json:"z,omitempty" yaml:"z" doc:"sensor_bias: baro metres up; gyro degrees a second about the upward axis"`
	HeadingDeg    *float64 `json:"heading_deg,omitempty" yaml:"heading_deg" doc:"sensor_bias: compass, degrees clockwise"`
	SpeedMS       *float64 `json:"speed_ms,omitempty" yaml:"speed_ms" doc:"gust: at its height, m/s; default 8"`
	FromDeg       *float64 `json:"from_deg,omitempty" yaml:"from_deg" doc:"gust: where it comes from, degrees clockwise from north"`
	UpMS          *float64 `json:"up_ms,omitempty" yaml:"up_ms" doc:"gust: upward part, m/s"`
}

// Fault is something that goes wrong at some drones, from a moment and for a time.
type Fault struct {
	ID        string      `json:"id,omitempty" doc:"given by the world: f1, f2, ..."`
	Drones    Selection   `json:"drones"`
	Type      FaultType   `json:"type"`
	Params    FaultParams `json:"params,omitempty"`
	AfterS    float64     `json:"after_s,omitempty" doc:"simulated seconds from now until it begins"`
	DurationS float64     `json:"duration_s,omitempty" doc:"simulated seconds it lasts; 0: until it is cleared"`
}

// FaultReport is a fault and what has become of it.
type FaultReport struct {
	Fault
	State   string  `json:"state" enum:"scheduled,active,over,cleared"`
	BeginsS float64 `json:"begins_s" doc:"simulated time it begins or began"`
	EndsS   float64 `json:"ends_s,omitempty" doc:"simulated time it ends or ended; absent: not known yet"`
}

// Bounds of faults.
const (
	MaxFaults    = 1000  // kept in one world
	maxFaultTime = 86400 // s
)

var faultBounds = map[string][2]float64{
	"effectiveness": {0, 0.95}, "to_pct": {0, 100}, "x": {-1000, 1000}, "y": {-1000, 1000}, "z": {-1000, 1000},
	"heading_deg": {-180, 180}, "speed_ms": {0, 50}, "from_deg": {-360, 360}, "up_ms": {-20, 20},
}

// Check returns every reason why f can't happen, each a *FieldError, joined.
func (f *Fault) Check() error {
	var errs []error
	add := func(field, format string, args ...any) {
		errs = append(errs, &FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if !f.Drones.All && len(f.Drones.IDs) == 0 {
		add("drones", `give at least one id, or "all"`)
	}
	if len(f.Drones.IDs) > MaxFleet {
		add("drones", "%d ids are too many: at most %d", len(f.Drones.IDs), MaxFleet)
	}
	for name, v := range map[string]float64{"after_s": f.AfterS, "duration_s": f.DurationS} {
		if !geo.Finite(v) || v < 0 || v > maxFaultTime {
			add(name, "%v is out of range: 0 to %d seconds", v, maxFaultTime)
		}
	}
	p := &f.Params
	known := slices.Contains(FaultTypes, f.Type)
	used := map[string]bool{}
	for _, n := range faultUses(f.Type, p.Sensor) {
		used[n] = true
	}
	for _, one := range []struct {
		name string
		v    *float64
	}{
		{"effectiveness", p.Effectiveness}, {"to_pct", p.ToPct}, {"x", p.X}, {"y", p.Y}, {"z", p.Z},
		{"heading_deg", p.HeadingDeg}, {"speed_ms", p.SpeedMS}, {"from_deg", p.FromDeg}, {"up_ms", p.UpMS},
	} {
		switch b := faultBounds[one.name]; {
		case one.v == nil:
		case !geo.Finite(*one.v) || *one.v < b[0] || *one.v > b[1]:
			add("params."+one.name, "%v is out of range: %v to %v", *one.v, b[0], b[1])
		case known && !used[one.name]:
			add("params."+one.name, "%s takes no %s", f.what(), one.name)
		}
	}
	if p.Rotor != nil && known && (f.Type != MotorFailure || *p.Rotor < 1 || *p.Rotor > 8) {
		add("params.rotor", "a rotor from 1 to 8, of a motor_failure")
	}
	f.checkType(add)
	return errors.Join(errs...)
}

func (f *Fault) what() string {
	if f.Params.Sensor != "" {
		return fmt.Sprintf("%s of %s", f.Type, f.Params.Sensor)
	}
	return string(f.Type)
}

// faultUses lists the numbers a type takes.
func faultUses(t FaultType, sensor string) []string {
	switch t {
	case MotorFailure:
		return []string{"effectiveness"}
	case BatteryDrop:
		return []string{"to_pct"}
	case Gust:
		return []string{"speed_ms", "from_deg", "up_ms"}
	case SensorBias:
		switch sensor {
		case SensorGPS:
			return []string{"x", "y"}
		case SensorBaro:
			return []string{"z"}
		case SensorGyro:
			return []string{"x", "y", "z"}
		case SensorCompass:
			return []string{"heading_deg"}
		}
	}
	return nil
}

func (f *Fault) checkType(add func(string, string, ...any)) {
	p := &f.Params
	switch f.Type {
	case MotorFailure, GPSLoss, BatteryDrop, LinkLoss, Gust:
		if p.Sensor != "" {
			add("params.sensor", "%s is of no sensor", f.Type)
		}
	case SensorStuck, SensorBias:
		switch p.Sensor {
		case SensorGPS, SensorBaro, SensorGyro, SensorCompass:
		default:
			add("params.sensor", "%q is not a sensor: gps, baro, gyro or compass", p.Sensor)
			return
		}
		if f.Type == SensorBias && p.X == nil && p.Y == nil && p.Z == nil && p.HeadingDeg == nil {
			add("params."+faultUses(f.Type, p.Sensor)[0], "sensor_bias needs by how much the %s is off", p.Sensor)
		}
	case "":
		add("type", "give a fault type, such as motor_failure or gps_loss")
	default:
		add("type", "%q is not a fault: %v", f.Type, FaultTypes)
	}
}
