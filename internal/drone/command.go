package drone

import (
	"encoding/json"
	"errors"
	"fmt"

	"volary/internal/geo"
	"volary/internal/mission"
)

// CommandType names what a drone is told to do.
type CommandType string

// The command types.
const (
	CmdArm           CommandType = "arm"
	CmdDisarm        CommandType = "disarm"
	CmdTakeoff       CommandType = "takeoff"
	CmdLand          CommandType = "land"
	CmdHold          CommandType = "hold"
	CmdGoto          CommandType = "goto"
	CmdVelocity      CommandType = "velocity"
	CmdMissionStart  CommandType = "mission_start"
	CmdMissionPause  CommandType = "mission_pause"
	CmdMissionResume CommandType = "mission_resume"
	CmdOrbit         CommandType = "orbit"
	CmdReturn        CommandType = "rtl"
	CmdSetSpeed      CommandType = "set_speed"
	CmdKill          CommandType = "kill"
)

// Selection is the drones a command is for: ids, or all of them. In JSON it is
// an array of ids or the string "all".
type Selection struct {
	All bool
	IDs []string
}

// MarshalJSON writes "all" or the array of ids.
func (s Selection) MarshalJSON() ([]byte, error) {
	if s.All {
		return []byte(`"all"`), nil
	}
	return json.Marshal(s.IDs)
}

// UnmarshalJSON reads "all" or an array of ids.
func (s *Selection) UnmarshalJSON(b []byte) error {
	var word string
	if json.Unmarshal(b, &word) == nil {
		if word != "all" {
			return fmt.Errorf(`drones: %q: give an array of ids, or "all"`, word)
		}
		*s = Selection{All: true}
		return nil
	}
	var ids []string
	if err := json.Unmarshal(b, &ids); err != nil {
		return errors.New(`drones: give an array of ids, or "all"`)
	}
	*s = Selection{IDs: ids}
	return nil
}

// Params are the details of a command; each type uses some of them.
type Params struct {
	AltitudeM  *float64 `json:"altitude_m,omitempty" yaml:"altitude_m" doc:"takeoff: metres above home"`
	Lat        *float64 `json:"lat,omitempty" yaml:"lat" doc:"goto, orbit: degrees"`
	Lon        *float64 `json:"lon,omitempty" yaml:"lon" doc:"goto, orbit: degrees"`
	AltM       *float64 `json:"alt_m,omitempty" yaml:"alt_m" doc:"goto, orbit with lat and lon: metres above mean sea level"`
	RelAltM    *float64 `json:"rel_alt_m,omitempty" yaml:"rel_alt_m" doc:"goto, orbit: metres above the drone's home, instead of alt_m or z"`
	X          *float64 `json:"x,omitempty" yaml:"x" doc:"goto, orbit: metres east of the world's origin"`
	Y          *float64 `json:"y,omitempty" yaml:"y" doc:"goto, orbit: metres north of the world's origin"`
	Z          *float64 `json:"z,omitempty" yaml:"z" doc:"goto, orbit with x and y: metres above the world's origin"`
	VX         *float64 `json:"vx,omitempty" yaml:"vx" doc:"velocity: m/s east"`
	VY         *float64 `json:"vy,omitempty" yaml:"vy" doc:"velocity: m/s north"`
	VZ         *float64 `json:"vz,omitempty" yaml:"vz" doc:"velocity: m/s up"`
	HeadingDeg *float64 `json:"heading_deg,omitempty" yaml:"heading_deg" doc:"nose, degrees clockwise from north"`
	SpeedMS    *float64 `json:"speed_ms,omitempty" yaml:"speed_ms" doc:"goto, orbit, set_speed: m/s"`
	RadiusM    *float64 `json:"radius_m,omitempty" yaml:"radius_m" doc:"orbit: metres"`
	Clockwise  *bool    `json:"clockwise,omitempty" yaml:"clockwise" doc:"orbit: direction seen from above, default true"`
	MissionID  string   `json:"mission_id,omitempty" yaml:"mission_id" doc:"mission_start: which mission"`
	Item       *int     `json:"item,omitempty" yaml:"item" doc:"mission_start: item to begin with, default 0"`
}

// Command is an order to some drones.
type Command struct {
	ID     string      `json:"id,omitempty" doc:"UUID; the same id and body again give the same answer and are carried out once"`
	Drones Selection   `json:"drones"`
	Type   CommandType `json:"type"`
	Params Params      `json:"params,omitempty"`

	// Set by the backend on the way to the simulator.
	Mission *mission.Mission `json:"-"`
}

// Result says what became of a command at one drone.
type Result struct {
	Status string `json:"status" enum:"accepted,rejected"`
	Reason string `json:"reason,omitempty"`
}

// Answer is what became of a command at each of its drones.
type Answer struct {
	ID      string            `json:"id"`
	Results map[string]Result `json:"results"`
}

// Accepted and Rejected make results.
func Accepted() Result { return Result{Status: "accepted"} }

// Rejected is a result with the reason why and, where there is one, the way out.
func Rejected(format string, args ...any) Result {
	return Result{Status: "rejected", Reason: fmt.Sprintf(format, args...)}
}

// FieldError is a value of a command that can't be taken.
type FieldError = mission.FieldError

// bounds of each number, by its JSON name.
var bounds = map[string][2]float64{
	"altitude_m": {0.5, 10_000}, "lat": {-90, 90}, "lon": {-180, 180}, "alt_m": {-500, 100_000}, "rel_alt_m": {-500, 10_000},
	"x": {-1e5, 1e5}, "y": {-1e5, 1e5}, "z": {-500, 2e4},
	"vx": {-50, 50}, "vy": {-50, 50}, "vz": {-20, 20}, "heading_deg": {-360, 360}, "speed_ms": {0.1, 50}, "radius_m": {1, 10_000},
}

// Check returns every reason why c can't be sent, each a *FieldError, joined.
func (c *Command) Check() error {
	var errs []error
	add := func(field, format string, args ...any) {
		errs = append(errs, &FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if !c.Drones.All && len(c.Drones.IDs) == 0 {
		add("drones", `give at least one id, or "all"`)
	}
	if len(c.Drones.IDs) > MaxFleet {
		add("drones", "%d ids are too many: at most %d", len(c.Drones.IDs), MaxFleet)
	}
	p := &c.Params
	for _, f := range []struct {
		name string
		v    *float64
	}{
		{"altitude_m", p.AltitudeM}, {"lat", p.Lat}, {"lon", p.Lon}, {"alt_m", p.AltM}, {"rel_alt_m", p.RelAltM},
		{"x", p.X}, {"y", p.Y}, {"z", p.Z}, {"vx", p.VX}, {"vy", p.VY}, {"vz", p.VZ},
		{"heading_deg", p.HeadingDeg}, {"speed_ms", p.SpeedMS}, {"radius_m", p.RadiusM},
	} {
		if b := bounds[f.name]; f.v != nil && (!geo.Finite(*f.v) || *f.v < b[0] || *f.v > b[1]) {
			add("params."+f.name, "%v is out of range: %v to %v", *f.v, b[0], b[1])
		}
	}
	switch c.Type {
	case CmdArm, CmdDisarm, CmdTakeoff, CmdLand, CmdHold, CmdMissionPause, CmdMissionResume, CmdReturn, CmdKill:
	case CmdGoto:
		c.checkPlace(add, true)
	case CmdOrbit:
		c.checkPlace(add, false)
	case CmdVelocity:
		if p.VX == nil && p.VY == nil && p.VZ == nil {
			add("params.vx", "velocity needs vx, vy or vz in m/s")
		}
	case CmdSetSpeed:
		if p.SpeedMS == nil {
			add("params.speed_ms", "set_speed needs a speed in m/s")
		}
	case CmdMissionStart:
		if p.MissionID == "" {
			add("params.mission_id", "mission_start needs the id of a mission: list them with GET /api/v1/missions")
		}
		if p.Item != nil && (*p.Item < 0 || *p.Item >= mission.MaxItems) {
			add("params.item", "%d is not an item", *p.Item)
		}
	case "":
		add("type", "give a command type, such as takeoff, goto or land")
	default:
		add("type", "%q is not a command: arm, disarm, takeoff, land, hold, goto, velocity, mission_start, mission_pause, mission_resume, orbit, rtl, set_speed, kill", c.Type)
	}
	return errors.Join(errs...)
}

func (c *Command) checkPlace(add func(string, string, ...any), required bool) {
	p := &c.Params
	if (p.Lat == nil) != (p.Lon == nil) {
		add("params.lat", "lat and lon go together")
	}
	if (p.X == nil) != (p.Y == nil) {
		add("params.x", "x and y go together")
	}
	if p.Lat != nil && p.X != nil {
		add("params.lat", "give lat and lon, or x and y, not both")
	}
	if required && p.Lat == nil && p.X == nil && p.Z == nil && p.AltM == nil && p.RelAltM == nil {
		add("params.lat", "goto needs a place: lat and lon, or x and y, and a height (alt_m, rel_alt_m or z)")
	}
}
