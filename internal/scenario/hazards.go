package scenario

import (
	"errors"
	"fmt"
	"strconv"

	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/mission"
)

// FaultEntry is a fault at a time of the run.
type FaultEntry struct {
	At       float64           `yaml:"at_s"`
	Drones   string            `yaml:"drones"` // "all", or numbers and ranges: "1-40, 50"
	Type     drone.FaultType   `yaml:"type"`
	Params   drone.FaultParams `yaml:"params"`
	Duration float64           `yaml:"duration_s"` // 0: for good
}

// Obstacle is something solid: an upright box or an upright cylinder.
type Obstacle struct {
	Name    string  `yaml:"name" json:"name,omitempty"`
	Kind    string  `yaml:"type" json:"type" enum:"box,cylinder"`
	X       float64 `yaml:"x" json:"x" doc:"centre, metres east of the world's origin"`
	Y       float64 `yaml:"y" json:"y" doc:"centre, metres north"`
	Length  float64 `yaml:"length_m" json:"length_m,omitempty" doc:"box: along its heading"`
	Width   float64 `yaml:"width_m" json:"width_m,omitempty" doc:"box: across its heading"`
	Heading float64 `yaml:"heading_deg" json:"heading_deg,omitempty" doc:"box: clockwise from north"`
	Radius  float64 `yaml:"radius_m" json:"radius_m,omitempty" doc:"cylinder"`
	Base    float64 `yaml:"base_m" json:"base_m,omitempty" doc:"lower end above the ground: above 0 for a bridge"`
	Height  float64 `yaml:"height_m" json:"height_m" doc:"from the lower end to the upper end"`
}

// Solid is the obstacle's shape.
func (o *Obstacle) Solid() geo.Solid {
	return geo.Solid{
		X: o.X, Y: o.Y, Base: o.Base, Height: o.Height, Radius: o.Radius, Length: o.Length, Width: o.Width, Heading: o.Heading,
	}
}

// Avoidance is how drones keep away from each other.
type Avoidance struct {
	// Mutual lets drones steer around each other, by the velocity obstacles of
	// where the others were a tick ago.
	Mutual     bool    `yaml:"mutual" json:"mutual"`
	Separation float64 `yaml:"separation_m" json:"separation_m" doc:"distance that mutual avoidance keeps, centre to centre; default 4 m"`
	// Near is the distance below which two flying drones count as a near
	// collision; 0: their radii and half a metre.
	Near       float64 `yaml:"near_m" json:"near_m" doc:"0: the radii of the two and half a metre"`
	NearAction string  `yaml:"near_action" json:"near_action" enum:"warn,hold,rtl,land"`
}

// DefaultSeparation is what mutual avoidance keeps where it isn't told, m.
const DefaultSeparation = 4.0

// MaxObstacles is the most obstacles a world takes.
const MaxObstacles = 1000

// Check returns every reason why o can't be, each a *mission.FieldError, joined.
func (o *Obstacle) Check() error {
	var errs []error
	add := func(field, format string, args ...any) {
		errs = append(errs, &mission.FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	in := func(field string, v, lo, hi float64) {
		if !geo.Finite(v) || v < lo || v > hi {
			add(field, "%v is out of range: %v to %v", v, lo, hi)
		}
	}
	in("x", o.X, -1e5, 1e5)
	in("y", o.Y, -1e5, 1e5)
	in("base_m", o.Base, 0, 1e4)
	in("height_m", o.Height, 0.01, 1e4)
	switch o.Kind {
	case "box":
		in("length_m", o.Length, 0.01, 1e4)
		in("width_m", o.Width, 0.01, 1e4)
		in("heading_deg", o.Heading, -360, 360)
		if o.Radius != 0 {
			add("radius_m", "a box has none: give length_m and width_m")
		}
	case "cylinder":
		in("radius_m", o.Radius, 0.01, 1e4)
		if o.Length != 0 || o.Width != 0 {
			add("length_m", "a cylinder has none: give radius_m")
		}
	default:
		add("type", "%q is not an obstacle: box or cylinder", o.Kind)
	}
	return errors.Join(errs...)
}

// Check returns every reason why a can't be, each a *mission.FieldError, joined.
func (a *Avoidance) Check() error {
	var errs []error
	add := func(field, format string, args ...any) {
		errs = append(errs, &mission.FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if !geo.Finite(a.Separation) || a.Separation < 0 || a.Separation > 100 {
		add("separation_m", "%v is out of range: 0 (the default) to 100", a.Separation)
	}
	if !geo.Finite(a.Near) || a.Near < 0 || a.Near > 100 {
		add("near_m", "%v is out of range: 0 (the default) to 100", a.Near)
	}
	switch a.NearAction {
	case "", "warn", "hold", "rtl", "land":
	default:
		add("near_action", "%q is not an action: warn, hold, rtl or land", a.NearAction)
	}
	return errors.Join(errs...)
}

// WithDefaults fills in what was left out.
func (a Avoidance) WithDefaults() Avoidance {
	if a.Separation == 0 {
		a.Separation = DefaultSeparation
	}
	if a.NearAction == "" {
		a.NearAction = "warn"
	}
	return a
}

// Fault returns e for a world that has total drones.
func (e *FaultEntry) Fault(total int) (drone.Fault, error) {
	f := drone.Fault{Type: e.Type, Params: e.Params, AfterS: e.At, DurationS: e.Duration}
	if e.Drones == "" || e.Drones == "all" {
		f.Drones.All = true
	} else {
		numbers, err := numbers(e.Drones, total)
		if err != nil {
			return f, &mission.FieldError{Field: "drones", Message: err.Error()}
		}
		for _, n := range numbers {
			f.Drones.IDs = append(f.Drones.IDs, "d"+strconv.Itoa(n))
		}
	}
	if f.AfterS < 0 || !geo.Finite(f.AfterS) {
		return f, &mission.FieldError{Field: "at_s", Message: "give seconds from 0"}
	}
	return f, f.Check()
}

// FaultList returns the faults of the scenario.
func (s *Scenario) FaultList() ([]drone.Fault, error) {
	var out []drone.Fault
	for i := range s.Faults {
		f, err := s.Faults[i].Fault(s.drones())
		if err != nil {
			return nil, fmt.Errorf("faults[%d].%w", i, err)
		}
		out = append(out, f)
	}
	return out, nil
}

func (s *Scenario) drones() int {
	total := 0
	for i := range s.Fleet {
		total += s.Fleet[i].Count
	}
	return total
}

// Air is the environment the run begins in.
func (s *Scenario) Air() Environment {
	e := s.Environment
	if e.Wind == (Wind{}) {
		e.Wind = s.Wind
	}
	return e
}
