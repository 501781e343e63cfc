package mission

import (
	"bytes"
	"encoding/json"
	"fmt"

	"volary/internal/geo"
)

// geoJSON is as much of RFC 7946 as holds a path.
type geoJSON struct {
	Type       string          `json:"type"`
	Features   []geoJSON       `json:"features"`
	Geometry   *geoJSON        `json:"geometry"`
	Geometries []geoJSON       `json:"geometries"`
	Properties *geoJSONProps   `json:"properties"`
	Coords     json.RawMessage `json:"coordinates"`
}

type geoJSONProps struct {
	Name    any `json:"name"`
	AltMode any `json:"altitude_mode"` // "absolute": heights count from sea level; else from home
}

// ParseGeoJSON reads a path: a LineString, alone, in a Feature or in a collection
// of them. Coordinates are longitude, latitude and, where there is one, height in
// metres: above home, or above sea level where the property altitude_mode says
// absolute.
func ParseGeoJSON(b []byte, opt Import) (*Mission, error) {
	if head := bytes.TrimSpace(b); len(head) == 0 || head[0] != '{' {
		return nil, kindf(ErrNotThis, "body", "this is not GeoJSON: an object begins with {")
	}
	var g geoJSON
	if err := json.Unmarshal(b, &g); err != nil {
		return nil, fieldf("body", "not GeoJSON: %v", err)
	}
	var all []path
	total := 0
	if err := g.paths("body", "", nil, 0, &all, &total); err != nil {
		return nil, err
	}
	return opt.mission(all)
}

func (g *geoJSON) paths(at, name string, props *geoJSONProps, depth int, all *[]path, total *int) error {
	if depth > 10 {
		return fieldf(at, "collections nest deeper than 10")
	}
	switch g.Type {
	case "FeatureCollection":
		for i := range g.Features {
			if err := g.Features[i].paths(fmt.Sprintf("%s.features[%d]", at, i), name, nil, depth+1, all, total); err != nil {
				return err
			}
		}
	case "Feature":
		if g.Geometry == nil {
			return nil
		}
		if g.Properties != nil {
			if s, ok := g.Properties.Name.(string); ok {
				name = clean(s)
			}
		}
		return g.Geometry.paths(at+".geometry", name, g.Properties, depth+1, all, total)
	case "GeometryCollection":
		for i := range g.Geometries {
			if err := g.Geometries[i].paths(fmt.Sprintf("%s.geometries[%d]", at, i), name, props, depth+1, all, total); err != nil {
				return err
			}
		}
	case "LineString":
		var raw [][]float64
		if err := json.Unmarshal(g.Coords, &raw); err != nil {
			return fieldf(at+".coordinates", "a LineString has [[longitude, latitude], …]: %v", err)
		}
		return g.line(at, name, props, raw, all, total)
	case "MultiLineString":
		var raw [][][]float64
		if err := json.Unmarshal(g.Coords, &raw); err != nil {
			return fieldf(at+".coordinates", "a MultiLineString has [[[longitude, latitude], …], …]: %v", err)
		}
		for i := range raw {
			if err := g.line(fmt.Sprintf("%s.coordinates[%d]", at, i), name, props, raw[i], all, total); err != nil {
				return err
			}
		}
	case "Point", "MultiPoint", "Polygon", "MultiPolygon": // no paths
	default:
		return fieldf(at+".type", "%.40q is not a type of GeoJSON", g.Type)
	}
	return nil
}

func (g *geoJSON) line(at, name string, props *geoJSONProps, raw [][]float64, all *[]path, total *int) error {
	if len(raw) < 2 {
		return fieldf(at+".coordinates", "a line has two points or more, this one %d", len(raw))
	}
	if *total += len(raw); *total > MaxItems {
		return kindf(ErrTooLarge, at+".coordinates", "more than %d points", MaxItems)
	}
	p := path{name: name, absolute: props != nil && props.AltMode == "absolute"}
	for i, c := range raw {
		if len(c) < 2 || len(c) > 3 {
			return fieldf(fmt.Sprintf("%s.coordinates[%d]", at, i), "%d numbers: give longitude, latitude and perhaps height", len(c))
		}
		v := geo.LLA{Lon: c[0], Lat: c[1]}
		if len(c) == 3 {
			v.Alt = c[2]
		}
		if err := v.Check(); err != nil {
			return fieldf(fmt.Sprintf("%s.coordinates[%d]", at, i), "%v (longitude comes first)", err)
		}
		p.points = append(p.points, v)
	}
	p.flat = flatPoints(p.points)
	*all = append(*all, p)
	return nil
}
