package hub

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"volary/internal/fleet"
	"volary/internal/geo"
	"volary/internal/problem"
	"volary/internal/socketio"
	"volary/internal/telemetry"
)

// area is a rectangle on the map. One whose west is beyond its east crosses the
// antimeridian.
type area struct {
	West  float64 `json:"west"`
	South float64 `json:"south"`
	East  float64 `json:"east"`
	North float64 `json:"north"`
}

func (a *area) check() error {
	for _, f := range []struct {
		name  string
		v     float64
		limit float64
	}{{"west", a.West, 180}, {"south", a.South, 90}, {"east", a.East, 180}, {"north", a.North, 90}} {
		if !geo.Finite(f.v) || f.v < -f.limit || f.v > f.limit {
			return fieldProblem("area."+f.name, "%v is out of range: -%v to %v degrees", f.v, f.limit, f.limit)
		}
	}
	if a.South > a.North {
		return fieldProblem("area.south", "lies north of area.north")
	}
	return nil
}

func (a *area) holds(p geo.LLA) bool { return a.within(p, 0) }

// within tells whether p is in the area made larger by so many degrees.
func (a *area) within(p geo.LLA, margin float64) bool {
	if p.Lat < a.South-margin || p.Lat > a.North+margin {
		return false
	}
	if a.West <= a.East {
		return p.Lon >= a.West-margin && p.Lon <= a.East+margin
	}
	return p.Lon >= a.West-margin || p.Lon <= a.East+margin
}

func fieldProblem(field, format string, args ...any) *problem.Error {
	p := problem.New(problem.Invalid, "the request can't be carried out")
	p.Fields = []problem.Field{{Name: field, Message: fmt.Sprintf(format, args...)}}
	return p
}

// view is a choice of drones at a rate.
type view struct {
	room    string
	filter  string // equal for views of the same drones
	rate    float64
	ids     map[string]bool // nil: all
	area    *area           // nil: everywhere
	members int
	due     int64 // published_us from which the next frame is due
}

// Limits of one client's choice.
const (
	maxRate = 20.0 // Hz
	minRate = 0.1
	maxIDs  = 1000
	// maxDroneRate bounds drones × Hz of a JSON view: beyond, a client gets a lower
	// rate than it asked for and is told so. 20,000 is 5 MB/s.
	maxDroneRate = 20_000.0
	// senseless is the same product from which a view is refused: a client that asks
	// for three times what it can get has not thought of its size, and is told what
	// to take instead.
	senseless = 3 * maxDroneRate
	// droneBytes is about what a drone takes in JSON.
	droneBytes = 360
)

// views are the views somebody has. Safe for concurrent use.
type views struct {
	mu     sync.Mutex
	byRoom map[string]*view
	of     map[*socketio.Socket]*view
}

func (v *views) init() {
	v.byRoom, v.of = map[string]*view{}, map[*socketio.Socket]*view{}
}

// request is what `subscribe` carries.
type request struct {
	Stream    string   `json:"stream"`
	RateHz    *float64 `json:"rate_hz,omitempty"`
	IDs       []string `json:"ids,omitempty"`
	Area      *area    `json:"area,omitempty"`
	Level     string   `json:"level,omitempty"`
	Tolerance *float64 `json:"tolerance_m,omitempty"`
}

// newView makes the view a request asks for of a fleet of n drones.
func newView(q *request, n int) (*view, error) {
	w := &view{rate: 10}
	if q.RateHz != nil {
		w.rate = *q.RateHz
	}
	if !geo.Finite(w.rate) || w.rate < minRate || w.rate > maxRate {
		return nil, fieldProblem("rate_hz", "%v is out of range: %v to %v", w.rate, minRate, maxRate)
	}
	if len(q.IDs) > maxIDs {
		return nil, fieldProblem("ids", "%d ids are too many: at most %d; leave ids out for all drones", len(q.IDs), maxIDs)
	}
	if q.Area != nil {
		if err := q.Area.check(); err != nil {
			return nil, err
		}
		w.area = q.Area
	}
	if len(q.IDs) > 0 {
		n = len(q.IDs)
		w.ids = make(map[string]bool, n)
		for _, id := range q.IDs {
			w.ids[id] = true
		}
	}
	if asked := w.rate * float64(n); asked > senseless {
		return nil, fieldProblem("rate_hz", "%d drones at %v Hz as JSON would be %.0f MB a second: subscribe to drones_compact, choose ids or an area, or ask for %.2g Hz",
			n, w.rate, asked*droneBytes/1e6, max(minRate, maxDroneRate/float64(n)))
	}
	if n > 0 {
		w.rate = max(minRate, min(w.rate, maxDroneRate/float64(n)))
	}
	ids := slices.Sorted(slices.Values(q.IDs))
	key, err := json.Marshal(struct {
		IDs  []string
		Area *area
	}{ids, q.Area})
	if err != nil {
		return nil, fmt.Errorf("hub: %w", err)
	}
	w.filter = string(key)
	w.room = fmt.Sprintf("drones:%g:%s", w.rate, w.filter)
	return w, nil
}

func (w *view) keep(p *fleet.Picture) func(*telemetry.Sample) bool {
	if w.ids == nil && w.area == nil {
		return nil
	}
	return func(s *telemetry.Sample) bool {
		if w.ids != nil && !w.ids[p.Info(s.Slot).ID] {
			return false
		}
		return w.area == nil || w.area.holds(p.Place(s))
	}
}

// join gives a client a view in place of the one it had.
func (v *views) join(s *socketio.Socket, w *view) {
	v.drop(s)
	v.mu.Lock()
	defer v.mu.Unlock()
	if have := v.byRoom[w.room]; have != nil {
		w = have
	} else {
		v.byRoom[w.room] = w
	}
	w.members++
	v.of[s] = w
	s.Join(w.room)
}

// drop takes a client's view away, if it has one.
func (v *views) drop(s *socketio.Socket) {
	v.mu.Lock()
	defer v.mu.Unlock()
	w := v.of[s]
	if w == nil {
		return
	}
	delete(v.of, s)
	s.Leave(w.room)
	if w.members--; w.members == 0 {
		delete(v.byRoom, w.room)
	}
}

// shown is a frame for a room.
type shown struct {
	room  string
	frame []byte
}

// slack lets a frame through that comes a little before it is due, so that a
// view at the rate of the source misses none: half of its 50 ms.
const slack = 25_000 // µs

// due returns the frames that views are due for with picture p. Views of the
// same drones share one encoding.
func (v *views) due(p *fleet.Picture) []shown {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []shown
	encoded := map[string][]byte{}
	for _, w := range v.byRoom {
		period := w.period(p)
		if p.PublishedUS < w.due-slack && w.due-p.PublishedUS <= 2*period {
			continue
		}
		if w.due += period; w.due < p.PublishedUS || w.due > p.PublishedUS+2*period {
			w.due = p.PublishedUS + period
		}
		f := encoded[w.filter]
		if f == nil {
			f = p.AppendFrame(make([]byte, 0, 512+420*w.size(p)), w.keep(p))
			encoded[w.filter] = f
		}
		out = append(out, shown{w.room, f})
	}
	return out
}

// period is the time between two of the view's frames, in µs: longer than the
// rate granted says when the fleet has grown since.
func (w *view) period(p *fleet.Picture) int64 {
	period := 1e6 / w.rate
	if w.area == nil {
		period = max(period, 1e6*float64(w.size(p))/maxDroneRate)
	}
	return int64(period)
}

// size is how many drones a view shows at most.
func (w *view) size(p *fleet.Picture) int {
	if w.ids != nil {
		return min(len(w.ids), len(p.Samples))
	}
	return len(p.Samples)
}

// logRoomsFrom lists the rooms of a level and all graver ones.
func logRoomsFrom(level string) ([]string, error) {
	if level == "" {
		level = "info"
	}
	i := slices.Index(logLevels, level)
	if i < 0 {
		return nil, fieldProblem("level", "%q is not a level: %s", level, strings.Join(logLevels, ", "))
	}
	var rooms []string
	for _, l := range logLevels[i:] {
		rooms = append(rooms, roomLog+l)
	}
	return rooms, nil
}
