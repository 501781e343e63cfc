package mission

import (
	"fmt"
	"math"
	"strings"

	"volary/internal/geo"
)

// Import is what a file of paths doesn't say itself.
type Import struct {
	Name string  // of the mission; default the path's own
	Path string  // which of several paths, by name; default the first
	AltM float64 // metres above home for paths without heights; 0: 50
}

const defaultPathAlt = 50.0

// path is a line as people draw it on a globe.
type path struct {
	name     string
	points   []geo.LLA
	absolute bool // heights count from sea level, not from home
	flat     bool // no heights: the line lies on the ground
}

// pick chooses one of the paths of a file.
func (o *Import) pick(all []path) (*path, []string, error) {
	if len(all) == 0 {
		return nil, nil, fieldf("body", "there is no path in it: draw a line with two points or more")
	}
	names := make([]string, len(all))
	chosen := -1
	for i := range all {
		names[i] = fmt.Sprintf("%q", all[i].name)
		if chosen < 0 && (o.Path == "" || all[i].name == o.Path) {
			chosen = i
		}
	}
	if chosen < 0 {
		return nil, nil, fieldf("query.path", "no path is called %q: there are %s", o.Path, list(names))
	}
	var warnings []string
	if len(all) > 1 && o.Path == "" {
		warnings = append(warnings, fmt.Sprintf("%d paths are in the file, the first was taken: choose another with path=, of %s", len(all), list(names)))
	}
	return &all[chosen], warnings, nil
}

func list(names []string) string {
	if n := len(names); n > 10 {
		return strings.Join(names[:10], ", ") + fmt.Sprintf(" and %d more", n-10)
	}
	return strings.Join(names, ", ")
}

// mission turns a path into a mission: up to its first height, along it, and home.
func (o *Import) mission(all []path) (*Mission, error) {
	p, warnings, err := o.pick(all)
	if err != nil {
		return nil, err
	}
	m := &Mission{Name: o.Name, Warnings: warnings}
	if m.Name == "" {
		m.Name = strings.TrimSpace(p.name)
	}
	if m.Name == "" {
		m.Name = "path"
	}
	alt := o.AltM
	if alt == 0 {
		alt = defaultPathAlt
	}
	frame := Relative
	switch {
	case p.flat:
		m.warn(fmt.Sprintf("the path has no heights: flown %g m above home; choose another height with alt_m=", alt))
	case p.absolute:
		frame = Absolute
	}
	height := func(at geo.LLA) *float64 {
		h := at.Alt
		if p.flat {
			h = alt
		}
		return &h
	}
	m.Items = append(m.Items, Item{Kind: Takeoff, Frame: frame, Alt: height(p.points[0])})
	last := geo.LLA{Lat: math.NaN()}
	for i := range p.points {
		at := p.points[i]
		if at == last {
			continue // a point drawn twice
		}
		last = at
		m.Items = append(m.Items, Item{Kind: Waypoint, Frame: frame, Lat: &p.points[i].Lat, Lon: &p.points[i].Lon, Alt: height(at)})
	}
	m.Items = append(m.Items, Item{Kind: Return})
	if err := m.Check(); err != nil {
		return nil, err
	}
	return m, nil
}

// flat tells whether no point has a height.
func flatPoints(points []geo.LLA) bool {
	for _, p := range points {
		if p.Alt != 0 {
			return false
		}
	}
	return true
}
