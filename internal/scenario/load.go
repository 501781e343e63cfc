package scenario

import (
	"fmt"
	"io/fs"
	"os"
	"strings"

	"volary/internal/drone"
)

// Load reads a scenario: a file, or the name of one that comes with Volary.
func Load(name string, builtin fs.FS) (*Scenario, error) {
	var b []byte
	var err error
	if !strings.ContainsAny(name, "/.\\") {
		if b, err = fs.ReadFile(builtin, name+".yaml"); err != nil {
			return nil, fmt.Errorf("scenario: none is called %q: give the path of a file, or one of %s", name, names(builtin))
		}
	} else if b, err = os.ReadFile(name); err != nil {
		return nil, fmt.Errorf("scenario: %w", err)
	}
	s, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

func names(builtin fs.FS) string {
	all, err := fs.Glob(builtin, "*.yaml")
	if err != nil {
		return ""
	}
	for i := range all {
		all[i] = strings.TrimSuffix(all[i], ".yaml")
	}
	return strings.Join(all, ", ")
}

// Resize replaces the fleet by n drones of its first kind in a grid, which fly
// the scenario's first mission, or hover where it has none.
func (s *Scenario) Resize(n int) error {
	if n < 0 || n > drone.MaxFleet {
		return fmt.Errorf("scenario: %d drones: give 0 to %d", n, drone.MaxFleet)
	}
	g := Group{Model: "x500", Formation: "grid", Spacing: 40}
	if len(s.Fleet) > 0 {
		g.Model, g.Name = s.Fleet[0].Model, s.Fleet[0].Name
	}
	s.Fleet, s.Timeline = nil, nil
	s.Expect, s.Faults = nil, nil // said of other drones
	s.Source = append(s.Source[:len(s.Source):len(s.Source)], fmt.Sprintf("\n# resized to %d drones\n", n)...)
	if n == 0 {
		return nil
	}
	g.Count = n
	s.Fleet = []Group{g}
	up := 20.0
	e := Entry{At: 1, Drones: "all", Command: string(drone.CmdTakeoff), Params: drone.Params{AltitudeM: &up}, Stagger: 5 / float64(n)}
	if len(s.Missions) > 0 {
		e.Command, e.Mission, e.Params = string(drone.CmdMissionStart), s.Missions[0].Name, drone.Params{}
	}
	s.Timeline = []Entry{e}
	return s.check()
}

// Override changes what a user asked for instead of the scenario's own; nil
// leaves it.
func (s *Scenario) Override(drones *int, seed *uint64) error {
	if seed != nil {
		s.Seed = *seed
	}
	if drones != nil {
		return s.Resize(*drones)
	}
	return nil
}
