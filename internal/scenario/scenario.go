// Package scenario is the file a person writes to say what should fly: where,
// which drones in which formation, in what wind, and what they are told when.
package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/mission"
)

// Scenario is the start of a run and what happens in it by itself.
type Scenario struct {
	Name        string  `yaml:"name"`
	Description string  `yaml:"description"`
	Home        geo.LLA `yaml:"home"` // origin of the world's x, y, z
	Seed        uint64  `yaml:"seed"`
	// Wind is the wind of Environment, for scenarios that say no more of the air.
	Wind        Wind        `yaml:"wind"`
	Environment Environment `yaml:"environment"`
	// BatterySwap gives a drone that came home for its battery a full one after
	// so many seconds on the ground, and sends it out again. 0: never.
	BatterySwap float64 `yaml:"battery_swap_s"`
	// BatteryEndless lets batteries keep their charge: for runs that are longer than
	// an airframe flies.
	BatteryEndless bool `yaml:"battery_endless"`
	// Sensors are what the drones carry: px4 or consumer (see package sensing).
	// Empty: none, which costs nothing.
	Sensors string `yaml:"sensors"`
	// Airframes are kinds of drones of the scenario's own, each as a file of
	// internal/physics/airframes has it. The world reads them.
	Airframes []yaml.Node     `yaml:"airframes"`
	Fleet     []Group         `yaml:"fleet"`
	Missions  []mission.File  `yaml:"missions"`
	Timeline  []Entry         `yaml:"timeline"`
	Faults    []FaultEntry    `yaml:"faults"`
	Geofences []mission.Fence `yaml:"geofences"`
	Obstacles []Obstacle      `yaml:"obstacles"`
	Avoidance Avoidance       `yaml:"avoidance"`
	// DurationS is how long it is flown when it is tested, seconds; 0: a little
	// longer than the last time the file names.
	DurationS float64       `yaml:"duration_s"`
	Expect    []Expectation `yaml:"expect"`
	Source    []byte        `yaml:"-"` // the file as it was read
}

// Group is drones of one kind put down together. It is also what is asked for
// when drones are added to a running world.
type Group struct {
	Count     int      `yaml:"count" json:"count"`
	Model     string   `yaml:"model" json:"model"`
	Name      string   `yaml:"name" json:"name,omitempty"`
	Formation string   `yaml:"formation" json:"formation,omitempty"`
	Spacing   float64  `yaml:"spacing_m" json:"spacing_m,omitempty"`
	Heading   float64  `yaml:"heading_deg" json:"heading_deg,omitempty"`
	X         float64  `yaml:"x" json:"x,omitempty"` // centre, metres east of home
	Y         float64  `yaml:"y" json:"y,omitempty"` // centre, metres north of home
	Origin    *geo.LLA `yaml:"origin" json:"origin,omitempty"`
	Seed      uint64   `yaml:"seed" json:"seed,omitempty"`
}

// The formations drones can be put down in.
var formations = []string{"grid", "line", "circle"}

// Entry is an order given at a time of the run.
type Entry struct {
	At      float64      `yaml:"at_s"`
	Drones  string       `yaml:"drones"` // "all", or numbers and ranges: "1-40, 50"
	Command string       `yaml:"command"`
	Params  drone.Params `yaml:"params"`
	Mission string       `yaml:"mission"`   // mission_start: name of a mission of this file
	Stagger float64      `yaml:"stagger_s"` // seconds between one drone and the next
}

// Timed is one order with the second it is due at.
type Timed struct {
	AtS     float64
	Command drone.Command
}

// Parse reads a scenario file. Errors name the line or the field, and what to do.
func Parse(b []byte) (*Scenario, error) {
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	s := &Scenario{}
	if err := dec.Decode(s); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("scenario: the file is empty")
		}
		return nil, syntax(err)
	}
	s.Source = b
	var root yaml.Node
	if err := yaml.Unmarshal(b, &root); err != nil {
		return nil, syntax(err)
	}
	return s, said(&root, s.complaints())
}

// check returns what is wrong with s, without places in a file.
func (s *Scenario) check() error { return said(nil, s.complaints()) }

func (s *Scenario) complaints() (all []complaint) {
	add := func(prefix string, err error) { all = append(all, complain(prefix, err)...) }
	if s.Name == "" {
		add("name", errors.New("missing"))
	}
	add("home.", s.Home.Check())
	wind := Environment{Wind: s.Wind}
	add("", wind.Check())
	add("environment.", s.Environment.Check())
	if s.Wind != (Wind{}) && s.Environment.Wind != (Wind{}) {
		add("wind", errors.New("given here and in environment: give it once"))
	}
	total := s.drones()
	for i := range s.Fleet {
		add(fmt.Sprintf("fleet[%d].", i), s.Fleet[i].Check())
	}
	if total > drone.MaxFleet {
		add("fleet", fmt.Errorf("%d drones are more than the %d a world takes", total, drone.MaxFleet))
	}
	for i := range s.Missions {
		m := s.Missions[i].Mission()
		add(fmt.Sprintf("missions[%d].", i), m.Check())
	}
	for i := range s.Timeline {
		_, err := s.expand(&s.Timeline[i], total)
		add(fmt.Sprintf("timeline[%d].", i), err)
	}
	for i := range s.Faults {
		_, err := s.Faults[i].Fault(total)
		add(fmt.Sprintf("faults[%d].", i), err)
	}
	ids := map[string]bool{}
	for i := range s.Geofences {
		prefix, f := fmt.Sprintf("geofences[%d].", i), &s.Geofences[i]
		add(prefix, f.Check())
		if f.ID != "" && ids[f.ID] {
			add(prefix+"id", fmt.Errorf("%q is there twice", f.ID))
		}
		ids[f.ID] = true
	}
	for i := range s.Obstacles {
		add(fmt.Sprintf("obstacles[%d].", i), s.Obstacles[i].Check())
	}
	for field, n := range map[string][2]int{"geofences": {len(s.Geofences), mission.MaxFences}, "obstacles": {len(s.Obstacles), MaxObstacles}, "faults": {len(s.Faults), drone.MaxFaults}} {
		if n[0] > n[1] {
			add(field, fmt.Errorf("%d are more than the %d a world takes", n[0], n[1]))
		}
	}
	add("avoidance.", s.Avoidance.Check())
	add("", number("duration_s", s.DurationS, 0, MaxDuration))
	duration := s.DurationS
	if duration == 0 {
		duration = MaxDuration
	}
	for i := range s.Expect {
		add(fmt.Sprintf("expect[%d].", i), s.Expect[i].check(total, duration))
	}
	return all
}

// Check returns what is wrong with g, the field first, or nil.
func (g *Group) Check() error {
	switch {
	case g.Count < 1 || g.Count > drone.MaxFleet:
		return fmt.Errorf("count: %d drones: give 1 to %d", g.Count, drone.MaxFleet)
	case g.Formation != "" && !contains(formations, g.Formation):
		return fmt.Errorf("formation: %q is not one of %s", g.Formation, strings.Join(formations, ", "))
	case !geo.Finite(g.Spacing) || g.Spacing < 0 || g.Spacing > 10_000:
		return fmt.Errorf("spacing_m: %v is out of range: 0 (the default) to 10000", g.Spacing)
	case !geo.Finite(g.Heading) || math.Abs(g.Heading) > 360:
		return fmt.Errorf("heading_deg: %v is out of range: -360 to 360", g.Heading)
	case !geo.Finite(g.X) || !geo.Finite(g.Y) || math.Abs(g.X) > 1e5 || math.Abs(g.Y) > 1e5:
		return fmt.Errorf("x: place (%v, %v) is further than 100 km from home", g.X, g.Y)
	}
	if g.Name != "" {
		if err := mission.CheckName(g.Name); err != nil {
			return fmt.Errorf("name: %w", err)
		}
	}
	if g.Origin != nil {
		if err := g.Origin.Check(); err != nil {
			return fmt.Errorf("origin.%w", err)
		}
	}
	return nil
}

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}

// defaultSpacing keeps drones of half a metre well apart.
const defaultSpacing = 5.0

// Places returns where each drone of g stands, relative to the group's centre,
// in metres east and north.
func (g *Group) Places() []geo.Vec {
	d := g.Spacing
	if d == 0 {
		d = defaultSpacing
	}
	at := make([]geo.Vec, g.Count)
	switch g.Formation {
	case "line":
		for i := range at {
			at[i].X = float64((float64(i) - 0.5*float64(g.Count-1)) * d)
		}
	case "circle":
		r := float64(d*float64(g.Count)) / (2 * math.Pi)
		for i := range at {
			s, c := geo.Sincos(2 * math.Pi * float64(i) / float64(g.Count))
			at[i] = geo.Vec{X: float64(r * s), Y: float64(r * c)}
		}
	default: // grid
		w := int(math.Ceil(math.Sqrt(float64(g.Count))))
		h := (g.Count + w - 1) / w
		for i := range at {
			at[i] = geo.Vec{
				X: float64((float64(i%w) - 0.5*float64(w-1)) * d),
				Y: float64((float64(i/w) - 0.5*float64(h-1)) * d),
			}
		}
	}
	return at
}

// Orders returns the timeline in order of time, staggered entries spread out.
func (s *Scenario) Orders() ([]Timed, error) {
	total := s.drones()
	var all []Timed
	for i := range s.Timeline {
		t, err := s.expand(&s.Timeline[i], total)
		if err != nil {
			return nil, fmt.Errorf("timeline[%d].%w", i, err)
		}
		all = append(all, t...)
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].AtS < all[j].AtS })
	return all, nil
}

func (s *Scenario) expand(e *Entry, total int) ([]Timed, error) {
	if !geo.Finite(e.At) || e.At < 0 || !geo.Finite(e.Stagger) || e.Stagger < 0 {
		return nil, errors.New("at_s: give seconds from 0")
	}
	numbers, err := numbers(e.Drones, total)
	if err != nil {
		return nil, fmt.Errorf("drones: %w", err)
	}
	c := drone.Command{Type: drone.CommandType(e.Command), Params: e.Params}
	if e.Mission != "" {
		for i := range s.Missions {
			if s.Missions[i].Name == e.Mission {
				m := s.Missions[i].Mission()
				c.Mission, c.Params.MissionID = &m, e.Mission
			}
		}
		if c.Mission == nil {
			return nil, fmt.Errorf("mission: %q is not among the missions of this file", e.Mission)
		}
	}
	var all []Timed
	for i, n := range numbers {
		one := c
		one.Drones = drone.Selection{IDs: []string{"d" + strconv.Itoa(n)}}
		if err := one.Check(); err != nil {
			return nil, err
		}
		all = append(all, Timed{AtS: e.At + float64(e.Stagger*float64(i)), Command: one})
	}
	return all, nil
}

// numbers reads "all", or a list of numbers and ranges such as "1-40, 50".
func numbers(text string, total int) ([]int, error) {
	var out []int
	if text == "" || text == "all" {
		for n := 1; n <= total; n++ {
			out = append(out, n)
		}
		return out, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		a, err := strconv.Atoi(from)
		b := a
		if err == nil && isRange {
			b, err = strconv.Atoi(to)
		}
		if err != nil || a < 1 || b < a || b > total {
			return nil, fmt.Errorf("%q: give \"all\" or numbers and ranges from 1 to %d, such as \"1-%d\"", text, total, max(total, 1))
		}
		for n := a; n <= b; n++ {
			out = append(out, n)
		}
	}
	return out, nil
}
