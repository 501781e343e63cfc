package hub

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"volary/internal/compact"
	"volary/internal/fleet"
	"volary/internal/geo"
	"volary/internal/problem"
	"volary/internal/socketio"
	"volary/internal/telemetry"
)

// compactTopic names the stream, its event, and its place in a slow client's queue.
const compactTopic = "drones_compact"

// Classes that compact streams come in. Few, so that clients share them and each
// frame is encoded once.
var (
	tolerances = []float64{0.1, 0.25, 0.5, 1, 2, 5} // m
	rates      = []float64{1, 2.5, 5, 10}           // Hz
)

const (
	defaultTolerance = 0.5 // m
	// defaultRate is the cheapest: at a higher one the headers of the events weigh
	// more than the updates saved, and who would leave the tolerance is sent out
	// of turn anyway.
	defaultRate = 2.5 // Hz
	// linkDelay is the time a frame may take from the simulator's tick to the
	// client's screen that the tolerance allows for.
	linkDelay = 50 * time.Millisecond
	// maxStreams bounds the encoders that run: each looks at every drone of every picture.
	maxStreams = 64
	// cell is what areas are rounded to, outwards, so that clients that look at
	// nearly the same place share a stream; degrees, some 200 m of latitude.
	cell = 0.002
)

// coarseFor is the tolerance outside the area of interest.
func coarseFor(tolerance float64) float64 { return math.Max(2, 10*tolerance) }

// compactStream is one class: a tolerance, a rate, an area. All who chose it
// share its frames.
type compactStream struct {
	key               string
	tolerance, coarse float64 // m; equal without an area
	rate              float64 // Hz
	area              *area
	encoder           *compact.Encoder
	members           map[*socketio.Socket]*compactMember
}

type compactMember struct {
	losses uint64 // as last seen
	behind bool   // missed a frame: wants a snapshot
}

// compactStreams are the classes somebody has chosen. Safe for concurrent use.
type compactStreams struct {
	mu    sync.Mutex
	byKey map[string]*compactStream
	of    map[*socketio.Socket]*compactStream
}

func (c *compactStreams) init() {
	c.byKey, c.of = map[string]*compactStream{}, map[*socketio.Socket]*compactStream{}
}

// newCompactStream makes the class that a request falls into.
func newCompactStream(q *request) (*compactStream, error) {
	if len(q.IDs) > 0 {
		return nil, fieldProblem("ids", "%s takes an area, or the whole fleet: use drones for chosen ids", compactTopic)
	}
	w := &compactStream{tolerance: defaultTolerance, rate: defaultRate, members: map[*socketio.Socket]*compactMember{}}
	if q.Tolerance != nil {
		if w.tolerance = *q.Tolerance; !geo.Finite(w.tolerance) || w.tolerance < tolerances[0] {
			return nil, fieldProblem("tolerance_m", "%v is out of range: at least %v", w.tolerance, tolerances[0])
		}
	}
	if q.RateHz != nil {
		if w.rate = *q.RateHz; !geo.Finite(w.rate) || w.rate < minRate || w.rate > maxRate {
			return nil, fieldProblem("rate_hz", "%v is out of range: %v to %v", w.rate, minRate, maxRate)
		}
	}
	w.tolerance, w.rate = classOf(tolerances, w.tolerance), classOf(rates, w.rate)
	w.coarse = w.tolerance
	if q.Area != nil {
		if err := q.Area.check(); err != nil {
			return nil, err
		}
		w.coarse = coarseFor(w.tolerance)
		w.area = &area{
			West: math.Floor(q.Area.West/cell) * cell, South: math.Floor(q.Area.South/cell) * cell,
			East: math.Ceil(q.Area.East/cell) * cell, North: math.Ceil(q.Area.North/cell) * cell,
		}
		w.key = fmt.Sprintf("%g %g %.3f %.3f %.3f %.3f", w.tolerance, w.rate, w.area.West, w.area.South, w.area.East, w.area.North)
	} else {
		w.key = fmt.Sprintf("%g %g", w.tolerance, w.rate)
	}
	w.encoder = compact.NewEncoder(compact.Config{
		Tolerance: w.tolerance, Coarse: w.coarse, Period: time.Duration(float64(time.Second) / w.rate), Delay: linkDelay,
	})
	return w, nil
}

// classOf is the largest class that is not above v, or the smallest.
func classOf(classes []float64, v float64) float64 {
	i, _ := slices.BinarySearch(classes, math.Nextafter(v, math.Inf(1)))
	return classes[max(i-1, 0)]
}

// input is a picture as the stream's encoder takes it.
func (w *compactStream) input(p *fleet.Picture) *compact.Input {
	in := &compact.Input{
		Session: p.Session, Tick: p.Tick, TickHz: p.TickHz, PublishedUS: p.PublishedUS,
		Paused: p.Paused, Speed: p.Speed, Samples: p.Samples,
	}
	if w.area != nil {
		in.Fine = func(s *telemetry.Sample, was bool) bool {
			margin := 0.0
			if was {
				margin = cell / 4
			}
			return w.area.within(p.Place(s), margin)
		}
	}
	return in
}

// join gives a client a class in place of the one it had, and a snapshot to
// begin with.
func (c *compactStreams) join(s *socketio.Socket, q *request, p *fleet.Picture) (*compactStream, error) {
	w, err := newCompactStream(q)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.of[s]
	if have := c.byKey[w.key]; have != nil {
		w = have
	} else {
		if len(c.byKey) >= maxStreams && (old == nil || len(old.members) > 1) {
			return nil, problem.New(problem.Unavailable, "%d different compact streams are in use already: leave area out, or take a larger one that others share", maxStreams)
		}
		c.byKey[w.key] = w
	}
	if old != w {
		c.dropLocked(s)
	}
	c.of[s] = w
	m := &compactMember{losses: s.Losses()}
	w.members[s] = m
	if p.TickHz == 0 {
		return w, nil // the first picture brings a snapshot
	}
	if !w.encoder.Begun() {
		w.encoder.Observe(w.input(p))
	}
	w.send(s, m, compactMessage(w.encoder.Snapshot()))
	return w, nil
}

func compactMessage(b []byte) *socketio.Message {
	return socketio.RawMessage(compactTopic, nil, b).Topic(compactTopic)
}

// send sends a message and notes whether it cost the client an earlier one.
func (w *compactStream) send(s *socketio.Socket, m *compactMember, message *socketio.Message) {
	s.Send(message)
	now := s.Losses()
	m.behind, m.losses = now != m.losses, now
}

// drop takes a client's class away, if it has one.
func (c *compactStreams) drop(s *socketio.Socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dropLocked(s)
}

func (c *compactStreams) dropLocked(s *socketio.Socket) {
	w := c.of[s]
	if w == nil {
		return
	}
	delete(c.of, s)
	delete(w.members, s)
	if len(w.members) == 0 {
		delete(c.byKey, w.key)
	}
}

// show sends every class its frame of a picture, if there is something to say.
func (c *compactStreams) show(p *fleet.Picture) {
	if p.TickHz == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.byKey {
		b := w.encoder.Observe(w.input(p))
		if b == nil {
			continue
		}
		frame := compactMessage(b)
		var snapshot *socketio.Message
		for s, m := range w.members {
			if !m.behind {
				w.send(s, m, frame)
				continue
			}
			if snapshot == nil {
				snapshot = compactMessage(w.encoder.Snapshot())
			}
			w.send(s, m, snapshot)
		}
	}
}
