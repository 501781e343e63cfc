package mission

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"volary/internal/geo"
)

// Bounds of geofences.
const (
	MaxFences      = 200
	MaxFencePoints = 1000
)

// Fence keeps drones in a region, or out of it: a polygon or a circle, between
// two heights. A fence without a shape holds everywhere: a ceiling.
type Fence struct {
	ID   string `json:"id,omitempty" yaml:"id" doc:"given by the world where it is left out"`
	Name string `json:"name,omitempty" yaml:"name" doc:"for people"`
	Kind string `json:"type" yaml:"type" enum:"inclusion,exclusion" doc:"inclusion: drones stay inside one of these; exclusion: they stay out of each"`
	// Polygon and Circle: at most one of the two.
	Polygon []FencePoint `json:"polygon,omitempty" yaml:"polygon" doc:"3 to 1000 corners, in order"`
	Circle  *FenceCircle `json:"circle,omitempty" yaml:"circle"`
	FloorM  *float64     `json:"floor_m,omitempty" yaml:"floor_m" doc:"lower end, metres above the world's origin"`
	CeilM   *float64     `json:"ceiling_m,omitempty" yaml:"ceiling_m" doc:"upper end, metres above the world's origin"`
	Action  string       `json:"action,omitempty" yaml:"action" enum:"warn,hold,rtl,land,terminate" doc:"what a drone that breaches it does; default hold"`
}

// FencePoint is a corner: lat and lon, or x and y in metres from the world's origin.
type FencePoint struct {
	Lat *float64 `json:"lat,omitempty" yaml:"lat"`
	Lon *float64 `json:"lon,omitempty" yaml:"lon"`
	X   *float64 `json:"x,omitempty" yaml:"x"`
	Y   *float64 `json:"y,omitempty" yaml:"y"`
}

// FenceCircle is a circle around a point.
type FenceCircle struct {
	Lat    *float64 `json:"lat,omitempty" yaml:"lat"`
	Lon    *float64 `json:"lon,omitempty" yaml:"lon"`
	X      *float64 `json:"x,omitempty" yaml:"x"`
	Y      *float64 `json:"y,omitempty" yaml:"y"`
	Radius float64  `json:"radius_m" yaml:"radius_m"`
}

// The kinds of fences.
const (
	Inclusion = "inclusion"
	Exclusion = "exclusion"
)

// Label is what people call the fence.
func (f *Fence) Label() string {
	if f.Name != "" {
		return f.Name
	}
	return f.ID
}

// Center is the circle's centre as a point.
func (c *FenceCircle) Center() FencePoint { return FencePoint{Lat: c.Lat, Lon: c.Lon, X: c.X, Y: c.Y} }

// Local returns the point in metres east and north of the frame's origin.
func (p *FencePoint) Local(l *geo.Local) geo.Vec {
	if p.Lat != nil && p.Lon != nil {
		at := l.ToENU(geo.LLA{Lat: *p.Lat, Lon: *p.Lon, Alt: l.Origin.Alt})
		return geo.Vec{X: at.X, Y: at.Y}
	}
	return geo.Vec{X: *p.X, Y: *p.Y}
}

func (p *FencePoint) check(field string) error {
	ll, xy := p.Lat != nil || p.Lon != nil, p.X != nil || p.Y != nil
	switch {
	case ll == xy || (p.Lat == nil) != (p.Lon == nil) || (p.X == nil) != (p.Y == nil):
		return fieldf(field, "give lat and lon, or x and y")
	case ll:
		at := geo.LLA{Lat: *p.Lat, Lon: *p.Lon}
		if err := at.Check(); err != nil {
			return fieldf(field, "%v", err)
		}
	case !geo.Finite(*p.X) || !geo.Finite(*p.Y) || math.Abs(*p.X) > 1e5 || math.Abs(*p.Y) > 1e5:
		return fieldf(field, "(%v, %v) is further than 100 km from the origin", *p.X, *p.Y)
	}
	return nil
}

// Check returns every reason why f can't be a fence, each a *FieldError, joined.
func (f *Fence) Check() error {
	var errs []error
	add := func(field, format string, args ...any) { errs = append(errs, fieldf(field, format, args...)) }
	if f.Kind != Inclusion && f.Kind != Exclusion {
		add("type", "%q is not a kind of fence: inclusion or exclusion", f.Kind)
	}
	switch f.Action {
	case "", "warn", "hold", "rtl", "land", "terminate":
	default:
		add("action", "%q is not an action: warn, hold, rtl, land or terminate", f.Action)
	}
	if len(f.Name) > MaxNameLength || len(f.ID) > MaxNameLength {
		add("name", "longer than %d bytes", MaxNameLength)
	}
	switch n := len(f.Polygon); {
	case n > 0 && f.Circle != nil:
		add("circle", "a fence is a polygon or a circle, not both")
	case n > 0 && n < 3, n > MaxFencePoints:
		add("polygon", "%d corners: give 3 to %d", n, MaxFencePoints)
	case n == 0 && f.Circle == nil && f.FloorM == nil && f.CeilM == nil:
		add("polygon", "give a polygon, a circle, or a floor_m or ceiling_m")
	}
	for i := range f.Polygon {
		if i >= MaxFencePoints {
			break
		}
		if err := f.Polygon[i].check(fmt.Sprintf("polygon[%d]", i)); err != nil {
			errs = append(errs, err)
		}
	}
	if c := f.Circle; c != nil {
		p := c.Center()
		if err := p.check("circle"); err != nil {
			errs = append(errs, err)
		}
		if !geo.Finite(c.Radius) || c.Radius <= 0 || c.Radius > 1e5 {
			add("circle.radius_m", "%v is out of range: above 0, to 100000", c.Radius)
		}
	}
	for name, v := range map[string]*float64{"floor_m": f.FloorM, "ceiling_m": f.CeilM} {
		if v != nil && (!geo.Finite(*v) || *v < -500 || *v > 1e5) {
			add(name, "%v is out of range: -500 to 100000", *v)
		}
	}
	if f.FloorM != nil && f.CeilM != nil && *f.FloorM >= *f.CeilM {
		add("ceiling_m", "%v is not above floor_m %v", *f.CeilM, *f.FloorM)
	}
	return errors.Join(errs...)
}

// planFences is the part of a QGroundControl plan that holds fences.
type planFences struct {
	FileType *string `json:"fileType"`
	GeoFence *struct {
		Circles []struct {
			Circle struct {
				Center []float64 `json:"center"`
				Radius float64   `json:"radius"`
			} `json:"circle"`
			Inclusion bool `json:"inclusion"`
		} `json:"circles"`
		Polygons []struct {
			Polygon   [][]float64 `json:"polygon"`
			Inclusion bool        `json:"inclusion"`
		} `json:"polygons"`
	} `json:"geoFence"`
}

// ParsePlanFences reads the fences of a QGroundControl plan. Every error names
// the place in the file.
func ParsePlanFences(b []byte, name string) ([]Fence, error) {
	var f planFences
	if err := json.Unmarshal(b, &f); err != nil {
		var te *json.UnmarshalTypeError
		if errors.As(err, &te) {
			return nil, fieldf(te.Field, "%s where a %s belongs", te.Value, te.Type)
		}
		return nil, fieldf("body", "not JSON: %v", err)
	}
	if f.FileType == nil || *f.FileType != "Plan" {
		return nil, fieldf("fileType", `a plan has "fileType": "Plan"`)
	}
	if f.GeoFence == nil {
		return nil, nil
	}
	var out []Fence
	kind := func(inclusion bool) string {
		if inclusion {
			return Inclusion
		}
		return Exclusion
	}
	add := func(path string, fence Fence) error {
		if len(out) >= MaxFences {
			return fieldf(path, "more than %d fences", MaxFences)
		}
		fence.Name = fmt.Sprintf("%s %d", name, len(out)+1)
		if err := fence.Check(); err != nil {
			return fieldf(path, "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
		}
		out = append(out, fence)
		return nil
	}
	for i, p := range f.GeoFence.Polygons {
		path := fmt.Sprintf("geoFence.polygons[%d]", i)
		fence := Fence{Kind: kind(p.Inclusion)}
		for k, c := range p.Polygon {
			if len(c) < 2 {
				return nil, fieldf(fmt.Sprintf("%s.polygon[%d]", path, k), "%d numbers: give latitude and longitude", len(c))
			}
			fence.Polygon = append(fence.Polygon, FencePoint{Lat: &c[0], Lon: &c[1]})
		}
		if err := add(path, fence); err != nil {
			return nil, err
		}
	}
	for i, c := range f.GeoFence.Circles {
		path := fmt.Sprintf("geoFence.circles[%d]", i)
		if len(c.Circle.Center) < 2 {
			return nil, fieldf(path+".circle.center", "%d numbers: give latitude and longitude", len(c.Circle.Center))
		}
		fence := Fence{Kind: kind(c.Inclusion), Circle: &FenceCircle{Lat: &c.Circle.Center[0], Lon: &c.Circle.Center[1], Radius: c.Circle.Radius}}
		if err := add(path, fence); err != nil {
			return nil, err
		}
	}
	return out, nil
}
