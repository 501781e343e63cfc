package mission

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strconv"

	"volary/internal/geo"
)

// place is an item's position in degrees and metres, with what the height counts
// from, or ok false for items without one.
func (m *Mission) place(it *Item, local *geo.Local) (at geo.LLA, absolute, ok bool) {
	switch {
	case it.Kind != Waypoint && it.Kind != Loiter && it.Kind != Land:
		return at, false, false
	case it.Frame == LocalENU && local != nil:
		at = local.ToLLA(geo.Vec{X: it.X, Y: it.Y})
		at.Alt = it.Z
		return at, false, true
	case it.Lat == nil:
		return at, false, false
	}
	return geo.LLA{Lat: *it.Lat, Lon: *it.Lon, Alt: deref(it.Alt)}, it.Frame == Absolute, true
}

// line is the path of a mission. Items in the local frame need the home that the
// mission names.
func (m *Mission) line() (points []geo.LLA, absolute bool, err error) {
	var local *geo.Local
	if m.Home != nil {
		local = geo.NewLocal(*m.Home)
	}
	first := true
	for i := range m.Items {
		if m.Items[i].Frame == LocalENU && local == nil && (m.Items[i].Kind == Waypoint || m.Items[i].Kind == Loiter) {
			return nil, false, fieldf(fmt.Sprintf("items[%d].frame", i), "a place relative to each drone's home is no place on the Earth: only json holds it")
		}
		at, abs, ok := m.place(&m.Items[i], local)
		if !ok {
			continue
		}
		if !first && abs != absolute {
			return nil, false, fieldf(fmt.Sprintf("items[%d].frame", i), "heights above home and above sea level mix: only plan and json hold both")
		}
		first, absolute = false, abs
		points = append(points, at)
	}
	if len(points) < 2 {
		return nil, false, fieldf("items", "fewer than two places: that is no line")
	}
	return points, absolute, nil
}

// GeoJSON writes the path of m as a Feature.
func (m *Mission) GeoJSON() ([]byte, error) {
	points, absolute, err := m.line()
	if err != nil {
		return nil, err
	}
	coords := make([][3]float64, len(points))
	for i, p := range points {
		coords[i] = [3]float64{p.Lon, p.Lat, p.Alt}
	}
	mode := "relative"
	if absolute {
		mode = "absolute"
	}
	return json.Marshal(map[string]any{
		"type": "Feature", "properties": map[string]any{"name": m.Name, "altitude_mode": mode},
		"geometry": map[string]any{"type": "LineString", "coordinates": coords},
	})
}

// KML writes the path of m as a Placemark.
func (m *Mission) KML() ([]byte, error) {
	points, absolute, err := m.line()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(xml.Header + `<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>`)
	_ = xml.EscapeText(&b, []byte(m.Name))
	b.WriteString("</name>\n<Placemark><name>")
	_ = xml.EscapeText(&b, []byte(m.Name))
	mode := "relativeToGround"
	if absolute {
		mode = "absolute"
	}
	b.WriteString("</name><LineString><altitudeMode>" + mode + "</altitudeMode><coordinates>\n")
	for _, p := range points {
		b.WriteString(num(p.Lon) + "," + num(p.Lat) + "," + num(p.Alt) + "\n")
	}
	b.WriteString("</coordinates></LineString></Placemark>\n</Document></kml>\n")
	return b.Bytes(), nil
}

func num(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// PlanFile writes m as a QGroundControl plan. One that came from a plan is given
// back as it came, with all that Volary doesn't know.
func (m *Mission) PlanFile() ([]byte, error) {
	if len(m.Plan) > 0 {
		return m.Plan, nil
	}
	var local *geo.Local
	home := []float64{0, 0, 0}
	if m.Home != nil {
		local = geo.NewLocal(*m.Home)
		home = []float64{m.Home.Lat, m.Home.Lon, m.Home.Alt}
	}
	speed := m.SpeedMS
	if speed == 0 {
		speed = 5
	}
	items := make([]map[string]any, 0, len(m.Items))
	for i := range m.Items {
		it, err := m.planItem(&m.Items[i], local)
		if err != nil {
			return nil, fieldf(fmt.Sprintf("items[%d].%s", i, err.Field), "%s", err.Message)
		}
		if it == nil {
			continue
		}
		if p, ok := it["params"].([7]any); ok && m.Home == nil && home[0] == 0 && p[4] != nil && p[4] != 0.0 {
			home[0], home[1] = p[4].(float64), p[5].(float64) //nolint:forcetypeassert // planItem puts degrees there
		}
		it["doJumpId"] = len(items) + 1
		items = append(items, it)
	}
	return json.Marshal(map[string]any{
		"fileType": "Plan", "version": 1, "groundStation": "Volary",
		"geoFence":    map[string]any{"version": 2, "circles": []any{}, "polygons": []any{}},
		"rallyPoints": map[string]any{"version": 2, "points": []any{}},
		"mission": map[string]any{
			"version": 2, "firmwareType": 12, "vehicleType": 2, "globalPlanAltitudeMode": 1,
			"cruiseSpeed": speed, "hoverSpeed": speed, "plannedHomePosition": home, "items": items,
		},
	})
}

func (m *Mission) planItem(it *Item, local *geo.Local) (map[string]any, *FieldError) {
	command, frame := 0, 3
	params := [7]any{0.0, 0.0, 0.0, nil, 0.0, 0.0, 0.0}
	at, absolute, ok := m.place(it, local)
	if it.Frame == LocalENU && local == nil && (it.Kind == Waypoint || it.Kind == Loiter) {
		return nil, &FieldError{Field: "frame", Message: "a place relative to each drone's home is no place on the Earth: only json holds it"}
	}
	if ok {
		params[4], params[5], params[6] = at.Lat, at.Lon, at.Alt
		if absolute {
			frame = 0
		}
	}
	switch it.Kind {
	case Takeoff:
		command = cmdTakeoff
		params[6] = deref(it.Alt)
		if it.Frame == LocalENU {
			params[6] = it.Z
		}
		if it.Frame == Absolute {
			frame = 0
		}
	case Waypoint:
		command = cmdWaypoint
		params[0], params[1] = it.HoldS, it.Acceptance
	case Loiter:
		command = cmdLoiterUnlim
		if it.HoldS > 0 {
			command, params[0] = cmdLoiterTime, it.HoldS
		}
	case Land:
		command = cmdLand
	case Return:
		command, frame = cmdReturn, 2
	case Speed:
		command, frame = cmdSpeed, 2
		params[0], params[1], params[2], params[3] = 1.0, it.SpeedMS, -1.0, 0.0
	case Heading:
		command, frame = cmdYaw, 2
		params[0] = deref(it.HeadingDeg)
	default:
		return nil, nil
	}
	return map[string]any{
		"type": "SimpleItem", "command": command, "frame": frame, "params": params, "autoContinue": true,
		"Altitude": params[6], "AltitudeMode": 1, "AMSLAltAboveTerrain": nil,
	}, nil
}
