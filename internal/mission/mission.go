// Package mission is what a drone is asked to fly: a list of items such as
// take-off, waypoints, a hold, a return, and how such lists are read from files.
package mission

import (
	"encoding/json"
	"errors"
	"fmt"

	"volary/internal/geo"
)

// Bounds of one mission.
const (
	MaxItems      = 10_000
	MaxNameLength = 200
)

// Kind says what an item asks for.
type Kind string

// The kinds of items a drone flies. A kind it can't act on but that does no
// harm in simulation (camera triggers) is Note: passed with an event.
const (
	Takeoff  Kind = "takeoff"
	Waypoint Kind = "waypoint"
	Loiter   Kind = "loiter" // hold at a position for HoldS; for ever when 0
	Land     Kind = "land"
	Return   Kind = "rtl"
	Speed    Kind = "set_speed"
	Heading  Kind = "set_heading"
	Note     Kind = "note"
)

// Frame says what an item's altitude, or its x, y, z, are counted from.
type Frame string

// The frames of a position.
const (
	Relative Frame = "relative" // alt_m above the drone's home
	Absolute Frame = "absolute" // alt_m above mean sea level
	LocalENU Frame = "local"    // x, y, z metres east, north, up of the drone's home
)

// Item is one step of a mission. Fields that a kind doesn't use are left out.
type Item struct {
	Kind       Kind     `json:"type" doc:"takeoff, waypoint, loiter, land, rtl, set_speed, set_heading or note"`
	Frame      Frame    `json:"frame,omitempty" doc:"relative (default), absolute or local"`
	Lat        *float64 `json:"lat,omitempty" doc:"degrees"`
	Lon        *float64 `json:"lon,omitempty" doc:"degrees"`
	Alt        *float64 `json:"alt_m,omitempty" doc:"metres, counted as frame says"`
	X          float64  `json:"x,omitempty" doc:"frame local: metres east of home"`
	Y          float64  `json:"y,omitempty" doc:"frame local: metres north of home"`
	Z          float64  `json:"z,omitempty" doc:"frame local: metres above home"`
	HoldS      float64  `json:"hold_s,omitempty" doc:"seconds to stay"`
	Acceptance float64  `json:"acceptance_m,omitempty" doc:"how near counts as reached, metres; 0 takes the drone's own"`
	HeadingDeg *float64 `json:"heading_deg,omitempty" doc:"nose, degrees clockwise from north: set_heading from here on, other items on arrival"`
	SpeedMS    float64  `json:"speed_ms,omitempty" doc:"m/s: set_speed from here on, other items on the way there alone"`
	Text       string   `json:"text,omitempty" doc:"note: what the file asked for"`
}

// Mission is a named list of items.
type Mission struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Home     *geo.LLA `json:"home,omitempty" doc:"where the plan expects the vehicle to start"`
	SpeedMS  float64  `json:"speed_ms,omitempty" doc:"cruise speed, m/s; 0 takes the drone's own"`
	Repeat   bool     `json:"repeat,omitempty" doc:"begin again after the last item"`
	Items    []Item   `json:"items"`
	Warnings []string `json:"warnings,omitempty" doc:"what was read but will not be flown"`

	// Plan is the QGroundControl file it came from, kept whole so that an export
	// gives back what Volary does not know.
	Plan json.RawMessage `json:"plan,omitempty"`
}

// FieldError is a value that can't be taken: where it is, and what to do.
type FieldError struct {
	Field   string
	Message string
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Message }

// Where names the field and says what is wrong with it.
func (e *FieldError) Where() (field, message string) { return e.Field, e.Message }

func fieldf(field, format string, args ...any) error {
	return &FieldError{Field: field, Message: fmt.Sprintf(format, args...)}
}

// Check returns every reason why m can't be flown, each a *FieldError, joined.
func (m *Mission) Check() error {
	var errs []error
	add := func(field, format string, args ...any) { errs = append(errs, fieldf(field, format, args...)) }
	if n := len(m.Items); n == 0 || n > MaxItems {
		add("items", "a mission has 1 to %d items, this one %d", MaxItems, n)
	}
	if err := CheckName(m.Name); err != nil {
		add("name", "%v", err)
	}
	if m.Home != nil {
		if err := m.Home.Check(); err != nil {
			add("home", "%v", err)
		}
	}
	if !geo.Finite(m.SpeedMS) || m.SpeedMS < 0 || m.SpeedMS > 100 {
		add("speed_ms", "%v is out of range: 0 to 100 m/s", m.SpeedMS)
	}
	for i := range m.Items {
		if i >= MaxItems {
			break
		}
		if err := m.Items[i].check(); err != nil {
			var fe *FieldError
			if errors.As(err, &fe) {
				add(fmt.Sprintf("items[%d].%s", i, fe.Field), "%s", fe.Message)
			}
		}
	}
	return errors.Join(errs...)
}

func (it *Item) check() error {
	switch it.Kind {
	case Takeoff, Waypoint, Loiter, Land, Return, Speed, Heading, Note:
	default:
		return fieldf("type", "%q is not an item Volary flies: takeoff, waypoint, loiter, land, rtl, set_speed, set_heading, note", it.Kind)
	}
	switch it.Frame {
	case "", Relative, Absolute, LocalENU:
	default:
		return fieldf("frame", "%q is not a frame: relative, absolute, local", it.Frame)
	}
	for _, f := range []struct {
		name   string
		v      float64
		lo, hi float64
	}{
		{"x", it.X, -1e5, 1e5}, {"y", it.Y, -1e5, 1e5}, {"z", it.Z, -500, 2e4},
		{"hold_s", it.HoldS, 0, 86400}, {"acceptance_m", it.Acceptance, 0, 1000}, {"speed_ms", it.SpeedMS, 0, 100},
		{"lat", deref(it.Lat), -90, 90}, {"lon", deref(it.Lon), -180, 180}, {"alt_m", deref(it.Alt), -500, 1e5},
		{"heading_deg", deref(it.HeadingDeg), -360, 360},
	} {
		if !geo.Finite(f.v) || f.v < f.lo || f.v > f.hi {
			return fieldf(f.name, "%v is out of range: %v to %v", f.v, f.lo, f.hi)
		}
	}
	if (it.Lat == nil) != (it.Lon == nil) {
		return fieldf("lat", "lat and lon go together")
	}
	if (it.Kind == Waypoint || it.Kind == Loiter) && it.Frame != LocalENU {
		if it.Kind == Waypoint && it.Lat == nil {
			return fieldf("lat", "a waypoint needs lat and lon (or frame local with x, y, z)")
		}
		if it.Lat != nil && it.Alt == nil {
			return fieldf("alt_m", "a position needs alt_m")
		}
	}
	if it.Kind == Speed && it.SpeedMS <= 0 {
		return fieldf("speed_ms", "set_speed needs a speed above 0 m/s")
	}
	if it.Kind == Heading && it.HeadingDeg == nil {
		return fieldf("heading_deg", "set_heading needs a heading")
	}
	return nil
}

func deref(p *float64) float64 {
	if p == nil {
		return 0
	}
	return *p
}
