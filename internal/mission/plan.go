package mission

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"volary/internal/geo"
)

// The file of QGroundControl's plan view, as far as Volary flies it. Numbers may
// be null in the file, hence the pointers.
type planFile struct {
	FileType *string      `json:"fileType"`
	Version  *int         `json:"version"`
	Mission  *planMission `json:"mission"`
	Rally    *struct {
		Points [][]float64 `json:"points"`
	} `json:"rallyPoints"`
	Fence *struct {
		Circles  []json.RawMessage `json:"circles"`
		Polygons []json.RawMessage `json:"polygons"`
	} `json:"geoFence"`
}

type planMission struct {
	Version     *int       `json:"version"`
	CruiseSpeed float64    `json:"cruiseSpeed"`
	HoverSpeed  float64    `json:"hoverSpeed"`
	Home        []float64  `json:"plannedHomePosition"`
	Items       []planItem `json:"items"`
}

type planItem struct {
	Type      string     `json:"type"`
	Complex   string     `json:"complexItemType"`
	Command   int        `json:"command"`
	Frame     int        `json:"frame"`
	Params    []*float64 `json:"params"`
	Transects *struct {
		Items []planItem `json:"Items"`
	} `json:"TransectStyleComplexItem"`
}

// Commands of MAVLink (MAV_CMD) that plans hold.
const (
	cmdWaypoint    = 16
	cmdLoiterUnlim = 17
	cmdLoiterTime  = 19
	cmdReturn      = 20
	cmdLand        = 21
	cmdTakeoff     = 22
	cmdYaw         = 115
	cmdSpeed       = 178
)

// Commands that a simulated drone can pass over without harm: cameras, gimbals,
// regions of interest. Anything else unknown is refused by number.
var noted = map[int]string{
	195: "set a region of interest", 197: "clear the region of interest", 201: "set a region of interest",
	203: "control the camera", 205: "control the gimbal", 206: "trigger the camera by distance",
	530: "set the camera mode", 531: "set the camera zoom", 1000: "control the gimbal",
	2000: "take pictures", 2001: "stop taking pictures", 2500: "start the video", 2501: "stop the video",
}

// refused names commands of plans that would change the flight and are not flown.
var refused = map[int]string{
	18: "turns around a point", 30: "continue and change altitude", 31: "loiter to altitude", 82: "spline waypoint",
	84: "VTOL take-off", 85: "VTOL landing", 92: "guided mode", 93: "delay", 112: "wait", 113: "wait for altitude", 114: "wait for distance",
	177: "jump to an item", 181: "set a relay", 183: "set a servo", 189: "start of landing", 208: "parachute", 211: "gripper",
	215: "set the speed of the sprayer", 222: "guided limits", 420: "resume a message interval", 3000: "VTOL transition", 5300: "lock payload",
}

// ParsePlan reads a QGroundControl plan. Every error is a *FieldError that names
// the place in the file, or several of them joined.
func ParsePlan(b []byte, name string) (*Mission, error) {
	if !json.Valid(b) {
		var v any
		return nil, fieldf("body", "not JSON: %v", json.Unmarshal(b, &v))
	}
	var f planFile
	if err := json.Unmarshal(b, &f); err != nil {
		var te *json.UnmarshalTypeError
		if errors.As(err, &te) {
			return nil, fieldf(te.Field, "%s where a %s belongs", te.Value, te.Type)
		}
		return nil, fieldf("body", "%v", err)
	}
	switch {
	case f.FileType == nil || *f.FileType != "Plan":
		return nil, fieldf("fileType", `a plan has "fileType": "Plan"`)
	case f.Version == nil || *f.Version != 1:
		return nil, fieldf("version", "plan version %s is not known: Volary reads version 1", show(f.Version))
	case f.Mission == nil:
		return nil, fieldf("mission", "missing")
	case f.Mission.Version == nil || *f.Mission.Version != 2:
		return nil, fieldf("mission.version", "mission version %s is not known: Volary reads version 2", show(f.Mission.Version))
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, b); err != nil {
		return nil, fieldf("body", "%v", err)
	}
	m := &Mission{Name: name, SpeedMS: f.Mission.HoverSpeed, Plan: compact.Bytes()}
	switch h := f.Mission.Home; len(h) {
	case 3:
		m.Home = &geo.LLA{Lat: h[0], Lon: h[1], Alt: h[2]}
		if err := m.Home.Check(); err != nil {
			return nil, fieldf("mission.plannedHomePosition", "%v", err)
		}
	case 0:
	default:
		return nil, fieldf("mission.plannedHomePosition", "%d numbers: give latitude, longitude and altitude", len(h))
	}
	var errs []error
	for i := range f.Mission.Items {
		path := fmt.Sprintf("mission.items[%d]", i)
		if err := m.addPlanItem(path, &f.Mission.Items[i]); err != nil {
			errs = append(errs, err)
		}
		if len(m.Items) > MaxItems {
			return nil, fieldf("mission.items", "more than %d items", MaxItems)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if err := f.aside(m); err != nil {
		return nil, err
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	return m, nil
}

// aside reads what belongs to a plan and not to a mission: it is kept for the way
// out, and said.
func (f *planFile) aside(m *Mission) error {
	if f.Rally != nil && len(f.Rally.Points) > 0 {
		for i, p := range f.Rally.Points {
			if len(p) != 3 {
				return fieldf(fmt.Sprintf("rallyPoints.points[%d]", i), "%d numbers: give latitude, longitude and height above home", len(p))
			}
			at := geo.LLA{Lat: p[0], Lon: p[1], Alt: p[2]}
			if err := at.Check(); err != nil {
				return fieldf(fmt.Sprintf("rallyPoints.points[%d]", i), "%v", err)
			}
		}
		m.warn(fmt.Sprintf("rallyPoints: %d are kept in the plan; drones here return to where they took off", len(f.Rally.Points)))
	}
	if f.Fence != nil {
		if n := len(f.Fence.Circles) + len(f.Fence.Polygons); n > 0 {
			m.warn(fmt.Sprintf("geoFence: %d fences are kept in the plan; to have them watched, send the plan to /api/v1/geofences too", n))
		}
	}
	return nil
}

func show(v *int) string {
	if v == nil {
		return "(missing)"
	}
	return fmt.Sprint(*v)
}

func (m *Mission) addPlanItem(path string, it *planItem) error {
	switch it.Type {
	case "SimpleItem":
		return m.addSimple(path, it)
	case "ComplexItem":
		if it.Complex == "StructureScan" {
			return fieldf(path+".complexItemType", "a StructureScan is not flown: draw it as waypoints")
		}
		if it.Transects == nil || len(it.Transects.Items) == 0 {
			return fieldf(path+".complexItemType", "%q without the items made from it: save the plan again in QGroundControl, or draw it as waypoints", it.Complex)
		}
		for i := range it.Transects.Items {
			if err := m.addPlanItem(fmt.Sprintf("%s.TransectStyleComplexItem.Items[%d]", path, i), &it.Transects.Items[i]); err != nil {
				return err
			}
		}
		return nil
	}
	return fieldf(path+".type", "%q is not an item type: SimpleItem or ComplexItem", it.Type)
}

func (m *Mission) addSimple(path string, it *planItem) error {
	if len(it.Params) != 7 {
		return fieldf(path+".params", "%d values: an item has 7", len(it.Params))
	}
	p := func(i int) float64 { return deref(it.Params[i]) }
	item := Item{}
	switch it.Frame {
	case 3: // above home
		item.Frame = Relative
	case 0: // above mean sea level
		item.Frame = Absolute
	case 2: // no place
	default:
		return fieldf(path+".frame", "frame %d is not flown: 0 (above sea level), 2 (none) or 3 (above home)", it.Frame)
	}
	place := func() {
		if it.Params[4] != nil && it.Params[5] != nil && (p(4) != 0 || p(5) != 0) {
			item.Lat, item.Lon = it.Params[4], it.Params[5]
		}
		item.Alt = it.Params[6]
	}
	switch it.Command {
	case cmdWaypoint:
		item.Kind, item.HoldS, item.Acceptance, item.HeadingDeg = Waypoint, p(0), p(1), it.Params[3]
		place()
	case cmdLoiterUnlim:
		item.Kind = Loiter
		place()
	case cmdLoiterTime:
		item.Kind, item.HoldS = Loiter, p(0)
		place()
	case cmdReturn:
		item.Kind, item.Frame = Return, ""
	case cmdLand:
		item.Kind = Land
		place()
		item.Alt = nil
	case cmdTakeoff:
		item.Kind = Takeoff
		place()
	case cmdSpeed:
		item.Kind, item.SpeedMS, item.Frame = Speed, p(1), ""
	case cmdYaw:
		item.Kind, item.HeadingDeg, item.Frame = Heading, it.Params[0], ""
	default:
		what, ok := noted[it.Command]
		if !ok {
			if name := refused[it.Command]; name != "" {
				return fieldf(path+".command", "MAVLink command %d (%s) is not flown: take it out of the plan", it.Command, name)
			}
			return fieldf(path+".command", "MAVLink command %d is not flown: take it out of the plan", it.Command)
		}
		item = Item{Kind: Note, Text: what}
		m.warn(fmt.Sprintf("%s: command %d (%s) is passed over: drones here carry no camera", path, it.Command, what))
	}
	m.Items = append(m.Items, item)
	return nil
}

// maxWarnings keeps a survey of a thousand pictures from filling a page.
const maxWarnings = 20

func (m *Mission) warn(text string) {
	if len(m.Warnings) == maxWarnings {
		m.Warnings = append(m.Warnings, "and more like these")
	}
	if len(m.Warnings) < maxWarnings {
		m.Warnings = append(m.Warnings, strings.ToValidUTF8(text, "?"))
	}
}
