package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"volary/internal/drone"
	"volary/internal/geo"
)

// Expectation is something that must hold in a run: exactly one of its kinds.
// Times are simulated seconds since the start of the scenario.
type Expectation struct {
	Name            string         `yaml:"name"` // for the report; default: made of what it says
	Reached         *Reached       `yaml:"reached"`
	StaysWithin     *StaysWithin   `yaml:"stays_within"`
	NeverCloserThan *NeverCloser   `yaml:"never_closer_than"`
	LandsBy         *LandsBy       `yaml:"lands_by"`
	ModeAt          *ModeAt        `yaml:"mode_at"`
	EventSeen       *EventSeen     `yaml:"event_seen"`
	EventNotSeen    *EventSeen     `yaml:"event_not_seen"`
	BatteryAbove    *BatteryAbove  `yaml:"battery_above"`
	LatencyBelow    *LatencyBelow  `yaml:"latency_below"`
	ModeReachedBy   *ModeReachedBy `yaml:"mode_reached_by"`
}

// Place is a point: x, y, z in metres from home, or lat and lon with z above home.
type Place struct {
	X   float64  `yaml:"x"`
	Y   float64  `yaml:"y"`
	Z   float64  `yaml:"z"`
	Lat *float64 `yaml:"lat"`
	Lon *float64 `yaml:"lon"`
}

// ENU is the place in the world frame of a scenario that starts at home.
func (p *Place) ENU(home geo.LLA) geo.Vec {
	if p.Lat == nil {
		return geo.Vec{X: p.X, Y: p.Y, Z: p.Z}
	}
	v := geo.NewLocal(home).ToENU(geo.LLA{Lat: *p.Lat, Lon: *p.Lon, Alt: home.Alt})
	return geo.Vec{X: v.X, Y: v.Y, Z: p.Z}
}

// Reached: each of the drones has been within WithinM of the place by BySec.
type Reached struct {
	Drones  string `yaml:"drones"`
	Place   `yaml:",inline"`
	WithinM float64 `yaml:"within_m"`
	ByS     float64 `yaml:"by_s"`
}

// Window is a stretch of time; ToS 0: to the end.
type Window struct {
	FromS float64 `yaml:"from_s"`
	ToS   float64 `yaml:"to_s"`
}

// Holds tells whether t lies in the window.
func (w *Window) Holds(t float64) bool { return t >= w.FromS && (w.ToS == 0 || t <= w.ToS) }

// StaysWithin: none of the drones is ever outside. Limits of 0 are none.
type StaysWithin struct {
	Drones  string           `yaml:"drones"`
	Place   `yaml:",inline"` // centre of the radius
	RadiusM float64          `yaml:"radius_m"`
	MinAltM float64          `yaml:"min_alt_m"` // above home
	MaxAltM float64          `yaml:"max_alt_m"`
	Window  `yaml:",inline"`
}

// NeverCloser: no two of the drones that fly come nearer to each other.
type NeverCloser struct {
	Drones    string  `yaml:"drones"`
	DistanceM float64 `yaml:"distance_m"`
	Window    `yaml:",inline"`
}

// LandsBy: each of the drones has flown and stands disarmed on the ground at that time.
type LandsBy struct {
	Drones string  `yaml:"drones"`
	AtS    float64 `yaml:"at_s"`
	// Near limits how far from where it started a drone may come down, metres; 0: anywhere.
	Near float64 `yaml:"near_start_m"`
}

// ModeAt: each of the drones is in the mode at that time.
type ModeAt struct {
	Drones string  `yaml:"drones"`
	Mode   string  `yaml:"mode"`
	AtS    float64 `yaml:"at_s"`
}

// ModeReachedBy: each of the drones has been in the mode by that time.
type ModeReachedBy struct {
	Drones string  `yaml:"drones"`
	Mode   string  `yaml:"mode"`
	ByS    float64 `yaml:"by_s"`
}

// EventSeen: an event of the type happened by that time, Count times or more, to
// each of the drones when some are named.
type EventSeen struct {
	Type   string  `yaml:"type"`
	Drones string  `yaml:"drones"`
	Count  int     `yaml:"count"` // 0: once
	ByS    float64 `yaml:"by_s"`  // 0: by the end
}

// BatteryAbove: the charge of none of the drones falls to the level.
type BatteryAbove struct {
	Drones  string  `yaml:"drones"`
	Percent float64 `yaml:"percent"`
	UntilS  float64 `yaml:"until_s"` // 0: to the end
}

// LatencyBelow: 99 of 100 ticks take no longer than so much wall time, flight and
// encoding of a live frame together. It is the one expectation that depends on
// the machine.
type LatencyBelow struct {
	Ms float64 `yaml:"ms"`
}

// MaxDuration bounds a scenario that is tested: a simulated day.
const MaxDuration = 86400.0

// afterLast is how long a run without a duration goes on after the last thing
// that its file names, seconds.
const afterLast = 1.0

// Duration is how long the scenario is flown when it is tested, seconds.
func (s *Scenario) Duration() float64 {
	if s.DurationS > 0 {
		return s.DurationS
	}
	last := 60.0
	for i := range s.Expect {
		last = max(last, s.Expect[i].latest())
	}
	for i := range s.Timeline {
		last = max(last, s.Timeline[i].At)
	}
	return last + afterLast
}

func (e *Expectation) latest() float64 {
	switch {
	case e.Reached != nil:
		return e.Reached.ByS
	case e.StaysWithin != nil:
		return max(e.StaysWithin.FromS, e.StaysWithin.ToS)
	case e.NeverCloserThan != nil:
		return max(e.NeverCloserThan.FromS, e.NeverCloserThan.ToS)
	case e.LandsBy != nil:
		return e.LandsBy.AtS
	case e.ModeAt != nil:
		return e.ModeAt.AtS
	case e.ModeReachedBy != nil:
		return e.ModeReachedBy.ByS
	case e.EventSeen != nil:
		return e.EventSeen.ByS
	case e.EventNotSeen != nil:
		return e.EventNotSeen.ByS
	case e.BatteryAbove != nil:
		return e.BatteryAbove.UntilS
	}
	return 0
}

// Kinds lists what can be expected.
var Kinds = []string{"reached", "stays_within", "never_closer_than", "lands_by", "mode_at", "mode_reached_by", "event_seen", "event_not_seen", "battery_above", "latency_below"}

// check returns what is wrong with an expectation of a fleet of total drones, the
// field first.
func (e *Expectation) check(total int, duration float64) error {
	kinds := 0
	for _, is := range []bool{e.Reached != nil, e.StaysWithin != nil, e.NeverCloserThan != nil, e.LandsBy != nil, e.ModeAt != nil, e.ModeReachedBy != nil, e.EventSeen != nil, e.EventNotSeen != nil, e.BatteryAbove != nil, e.LatencyBelow != nil} {
		if is {
			kinds++
		}
	}
	if kinds != 1 {
		return fmt.Errorf("give exactly one of %s", strings.Join(Kinds, ", "))
	}
	var kind, drones string
	var err error
	switch {
	case e.Reached != nil:
		kind, drones = "reached", e.Reached.Drones
		err = errors.Join(e.Reached.check(), positive("within_m", e.Reached.WithinM), moment("by_s", e.Reached.ByS, duration))
	case e.StaysWithin != nil:
		w := e.StaysWithin
		kind, drones = "stays_within", w.Drones
		err = errors.Join(w.Place.check(), w.Window.check(duration), number("radius_m", w.RadiusM, 0, 2e5), number("min_alt_m", w.MinAltM, -500, 2e4), number("max_alt_m", w.MaxAltM, 0, 2e4))
		if w.RadiusM == 0 && w.MaxAltM == 0 && w.MinAltM == 0 {
			err = errors.Join(err, errors.New("radius_m: give radius_m, min_alt_m or max_alt_m"))
		}
	case e.NeverCloserThan != nil:
		kind, drones = "never_closer_than", e.NeverCloserThan.Drones
		err = errors.Join(e.NeverCloserThan.Window.check(duration), positive("distance_m", e.NeverCloserThan.DistanceM))
	case e.LandsBy != nil:
		kind, drones = "lands_by", e.LandsBy.Drones
		err = errors.Join(moment("at_s", e.LandsBy.AtS, duration), number("near_start_m", e.LandsBy.Near, 0, 1e5))
	case e.ModeAt != nil:
		kind, drones = "mode_at", e.ModeAt.Drones
		err = errors.Join(moment("at_s", e.ModeAt.AtS, duration), mode(e.ModeAt.Mode))
	case e.ModeReachedBy != nil:
		kind, drones = "mode_reached_by", e.ModeReachedBy.Drones
		err = errors.Join(moment("by_s", e.ModeReachedBy.ByS, duration), mode(e.ModeReachedBy.Mode))
	case e.EventSeen != nil:
		kind, drones = "event_seen", e.EventSeen.Drones
		err = e.EventSeen.check(duration)
	case e.EventNotSeen != nil:
		kind, drones = "event_not_seen", e.EventNotSeen.Drones
		err = e.EventNotSeen.check(duration)
	case e.BatteryAbove != nil:
		kind, drones = "battery_above", e.BatteryAbove.Drones
		err = errors.Join(number("percent", e.BatteryAbove.Percent, 0, 100), number("until_s", e.BatteryAbove.UntilS, 0, duration))
	case e.LatencyBelow != nil:
		kind = "latency_below"
		err = positive("ms", e.LatencyBelow.Ms)
	}
	if _, e := numbers(drones, total); e != nil {
		err = errors.Join(fmt.Errorf("drones: %w", e), err)
	}
	return under(kind, err)
}

// under puts a kind before each of joined errors.
func under(kind string, err error) error {
	if err == nil {
		return nil
	}
	var out []error
	for _, line := range strings.Split(err.Error(), "\n") {
		out = append(out, fmt.Errorf("%s.%s", kind, line))
	}
	return errors.Join(out...)
}

func (p *Place) check() error {
	if (p.Lat == nil) != (p.Lon == nil) {
		return errors.New("lat: lat and lon go together")
	}
	var errs []error
	if p.Lat != nil {
		errs = append(errs, number("lat", *p.Lat, -90, 90), number("lon", *p.Lon, -180, 180))
	}
	return errors.Join(append(errs, number("x", p.X, -1e5, 1e5), number("y", p.Y, -1e5, 1e5), number("z", p.Z, -500, 2e4))...)
}

func (w *Window) check(duration float64) error {
	if w.ToS != 0 && w.ToS < w.FromS {
		return errors.New("to_s: lies before from_s")
	}
	return errors.Join(number("from_s", w.FromS, 0, duration), number("to_s", w.ToS, 0, duration))
}

func (e *EventSeen) check(duration float64) error {
	var err error
	if e.Type == "" {
		err = errors.New("type: give the type of the event, such as mission_done")
	}
	if e.Count < 0 || e.Count > 1e6 {
		err = errors.Join(err, errors.New("count: give 1 or more"))
	}
	return errors.Join(err, number("by_s", e.ByS, 0, duration))
}

func mode(name string) error {
	if !slices.Contains(drone.Modes(), name) {
		return fmt.Errorf("mode: %q is not one of %s", name, strings.Join(drone.Modes(), ", "))
	}
	return nil
}

func number(field string, v, lo, hi float64) error {
	if !geo.Finite(v) || v < lo || v > hi {
		return fmt.Errorf("%s: %v is out of range: %v to %v", field, v, lo, hi)
	}
	return nil
}

func positive(field string, v float64) error {
	if !geo.Finite(v) || v <= 0 {
		return fmt.Errorf("%s: give a number above 0", field)
	}
	return nil
}

// moment is a time that must come while the scenario is flown.
func moment(field string, v, duration float64) error {
	if !geo.Finite(v) || v <= 0 || v > duration {
		return fmt.Errorf("%s: give seconds above 0 and no later than duration_s (%v)", field, duration)
	}
	return nil
}

// Select reads "all", or numbers and ranges such as "1-40, 50", of a fleet of
// total drones. The first drone is 1.
func Select(text string, total int) ([]int, error) { return numbers(text, total) }
