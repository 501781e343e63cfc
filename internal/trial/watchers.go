package trial

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/scenario"
	"volary/internal/telemetry"
)

// watchers makes one watcher an expectation.
func (f *flight) watchers() ([]watcher, error) {
	var all []watcher
	for i := range f.sc.Expect {
		w, err := f.watcherOf(&f.sc.Expect[i])
		if err != nil {
			return nil, fmt.Errorf("expect[%d]: %w", i, err)
		}
		all = append(all, w)
	}
	return all, nil
}

func kindOf(e *scenario.Expectation) string {
	for i, is := range []bool{
		e.Reached != nil, e.StaysWithin != nil, e.NeverCloserThan != nil, e.LandsBy != nil, e.ModeAt != nil,
		e.ModeReachedBy != nil, e.EventSeen != nil, e.EventNotSeen != nil, e.BatteryAbove != nil, e.LatencyBelow != nil,
	} {
		if is {
			return scenario.Kinds[i]
		}
	}
	return ""
}

func (f *flight) watcherOf(e *scenario.Expectation) (w watcher, err error) {
	var c choice
	switch {
	case e.Reached != nil:
		c, err = f.choose(e.Reached.Drones)
		w = &reached{choice: c, Reached: e.Reached, at: e.Reached.ENU(f.sc.Home), done: make([]bool, f.total), nearest: make([]float64, f.total)}
	case e.StaysWithin != nil:
		c, err = f.choose(e.StaysWithin.Drones)
		w = &within{choice: c, StaysWithin: e.StaysWithin, center: e.StaysWithin.ENU(f.sc.Home)}
	case e.NeverCloserThan != nil:
		c, err = f.choose(e.NeverCloserThan.Drones)
		w = &apart{choice: c, NeverCloser: e.NeverCloserThan, nearest: math.Inf(1)}
	case e.LandsBy != nil:
		c, err = f.choose(e.LandsBy.Drones)
		w = &lands{choice: c, LandsBy: e.LandsBy, flew: make([]bool, f.total), start: make([]geo.Vec, f.total)}
	case e.ModeAt != nil:
		c, err = f.choose(e.ModeAt.Drones)
		w = &modeAt{choice: c, ModeAt: e.ModeAt}
	case e.ModeReachedBy != nil:
		c, err = f.choose(e.ModeReachedBy.Drones)
		w = &modeBy{choice: c, ModeReachedBy: e.ModeReachedBy, done: make([]bool, f.total)}
	case e.EventSeen != nil:
		c, err = f.choose(e.EventSeen.Drones)
		w = &seen{choice: c, EventSeen: e.EventSeen, counts: map[string]int{}}
	case e.EventNotSeen != nil:
		c, err = f.choose(e.EventNotSeen.Drones)
		w = &unseen{choice: c, EventSeen: e.EventNotSeen}
	case e.BatteryAbove != nil:
		c, err = f.choose(e.BatteryAbove.Drones)
		w = &battery{choice: c, BatteryAbove: e.BatteryAbove, lowest: 100}
	default:
		f.timed = true
		w = &latency{LatencyBelow: e.LatencyBelow}
	}
	return w, err
}

type reached struct {
	choice
	*scenario.Reached
	at      geo.Vec
	done    []bool
	nearest []float64
	first
}

func (w *reached) look(f *flight) {
	if f.now() > w.ByS {
		if text, id := missing(&w.choice, w.done); text != "" {
			slot := slices.Index(w.done, false)
			for !w.in[slot] || w.done[slot] {
				slot++
			}
			w.violate(f, id, "not reached by %s: the nearest %s came was %.2f m", text, id, w.nearest[slot])
		}
		return
	}
	for i := range f.samples {
		s := &f.samples[i]
		if !w.holds(s.Slot) || w.done[s.Slot] {
			continue
		}
		d := place(s).Sub(w.at).Norm()
		if n := &w.nearest[s.Slot]; *n == 0 || d < *n {
			*n = d
		}
		w.done[s.Slot] = d <= w.WithinM
	}
}

func (w *reached) end(f *flight) Result {
	if text, id := missing(&w.choice, w.done); text != "" {
		w.violate(f, id, "not reached by %s", text)
	}
	return w.verdict()
}

func (w *reached) String() string {
	return fmt.Sprintf("%s within %g m of (%.1f, %.1f, %.1f) by %g s", &w.choice, w.WithinM, w.at.X, w.at.Y, w.at.Z, w.ByS)
}

type within struct {
	choice
	*scenario.StaysWithin
	center geo.Vec
	first
}

func (w *within) look(f *flight) {
	if w.Message != "" || !w.Window.Holds(f.now()) {
		return
	}
	for i := range f.samples {
		s := &f.samples[i]
		if !w.holds(s.Slot) {
			continue
		}
		p := place(s)
		if d := p.Sub(w.center).NormXY(); w.RadiusM > 0 && d > w.RadiusM {
			w.violate(f, name(s.Slot), "%s was %.2f m away, %.2f m too far", name(s.Slot), d, d-w.RadiusM)
			return
		}
		if w.MaxAltM > 0 && p.Z > w.MaxAltM {
			w.violate(f, name(s.Slot), "%s was at %.2f m, %.2f m too high", name(s.Slot), p.Z, p.Z-w.MaxAltM)
			return
		}
		if w.MinAltM != 0 && p.Z < w.MinAltM {
			w.violate(f, name(s.Slot), "%s was at %.2f m, %.2f m too low", name(s.Slot), p.Z, w.MinAltM-p.Z)
			return
		}
	}
}

func (w *within) end(*flight) Result { return w.verdict() }

func (w *within) String() string {
	var parts []string
	if w.RadiusM > 0 {
		parts = append(parts, fmt.Sprintf("%g m of (%.1f, %.1f)", w.RadiusM, w.center.X, w.center.Y))
	}
	if w.MinAltM != 0 {
		parts = append(parts, fmt.Sprintf("above %g m", w.MinAltM))
	}
	if w.MaxAltM > 0 {
		parts = append(parts, fmt.Sprintf("below %g m", w.MaxAltM))
	}
	return fmt.Sprintf("%s within %s%s", &w.choice, strings.Join(parts, ", "), span(&w.Window))
}

func span(w *scenario.Window) string {
	switch {
	case w.FromS == 0 && w.ToS == 0:
		return ""
	case w.ToS == 0:
		return fmt.Sprintf(" from %g s", w.FromS)
	}
	return fmt.Sprintf(" from %g to %g s", w.FromS, w.ToS)
}

type apart struct {
	choice
	*scenario.NeverCloser
	nearest float64
	order   []int
	first
}

// look sweeps along x, so that only neighbours are compared.
func (w *apart) look(f *flight) {
	if w.Message != "" || !w.Window.Holds(f.now()) {
		return
	}
	w.order = w.order[:0]
	for i := range f.samples {
		if s := &f.samples[i]; w.holds(s.Slot) && flying(s) {
			w.order = append(w.order, i)
		}
	}
	slices.SortFunc(w.order, func(a, b int) int { return int(f.samples[a].X) - int(f.samples[b].X) })
	reach := int32(w.DistanceM * 1000)
	for k, i := range w.order {
		a := &f.samples[i]
		for _, j := range w.order[k+1:] {
			b := &f.samples[j]
			if b.X-a.X > reach {
				break
			}
			d := place(a).Sub(place(b)).Norm()
			w.nearest = min(w.nearest, d)
			if d < w.DistanceM {
				one, other := min(a.Slot, b.Slot), max(a.Slot, b.Slot)
				w.violate(f, name(one), "%s and %s were %.2f m apart", name(one), name(other), d)
				return
			}
		}
	}
}

func (w *apart) end(*flight) Result { return w.verdict() }

func (w *apart) String() string {
	return fmt.Sprintf("%s never closer than %g m%s", &w.choice, w.DistanceM, span(&w.Window))
}

type lands struct {
	choice
	*scenario.LandsBy
	flew   []bool
	start  []geo.Vec
	begun  bool
	judged bool
	first
}

func (w *lands) look(f *flight) {
	if !w.begun {
		w.begun = true
		for i := range f.samples {
			if s := &f.samples[i]; w.holds(s.Slot) {
				w.start[s.Slot] = place(s)
			}
		}
	}
	for i := range f.samples {
		if s := &f.samples[i]; w.holds(s.Slot) && flying(s) {
			w.flew[s.Slot] = true
		}
	}
	if w.judged || f.now() < w.AtS {
		return
	}
	w.judged = true
	for i := range f.samples {
		s := &f.samples[i]
		if !w.holds(s.Slot) {
			continue
		}
		id := name(s.Slot)
		switch d := place(s).Sub(w.start[s.Slot]).NormXY(); {
		case !w.flew[s.Slot]:
			w.violate(f, id, "%s never flew", id)
		case s.Status == drone.Crashed:
			w.violate(f, id, "%s crashed", id)
		case flying(s):
			w.violate(f, id, "%s was still %.2f m up, in mode %s", id, float64(s.Z)/1000, s.Mode)
		case s.Flags&telemetry.Armed != 0:
			w.violate(f, id, "%s stood on the ground, but armed, in mode %s", id, s.Mode)
		case w.Near > 0 && d > w.Near:
			w.violate(f, id, "%s came down %.2f m from where it started", id, d)
		}
	}
}

func (w *lands) end(f *flight) Result {
	if !w.judged {
		w.violate(f, "", "the run ended before")
	}
	return w.verdict()
}

func (w *lands) String() string {
	near := ""
	if w.Near > 0 {
		near = fmt.Sprintf(" within %g m of its start", w.Near)
	}
	return fmt.Sprintf("%s landed%s by %g s", &w.choice, near, w.AtS)
}

type modeAt struct {
	choice
	*scenario.ModeAt
	judged bool
	first
}

func (w *modeAt) look(f *flight) {
	if w.judged || f.now() < w.AtS {
		return
	}
	w.judged = true
	for i := range f.samples {
		if s := &f.samples[i]; w.holds(s.Slot) && s.Mode.String() != w.Mode {
			w.violate(f, name(s.Slot), "%s was in mode %s", name(s.Slot), s.Mode)
			return
		}
	}
}

func (w *modeAt) end(f *flight) Result {
	if !w.judged {
		w.violate(f, "", "the run ended before")
	}
	return w.verdict()
}

func (w *modeAt) String() string {
	return fmt.Sprintf("%s in mode %s at %g s", &w.choice, w.Mode, w.AtS)
}

type modeBy struct {
	choice
	*scenario.ModeReachedBy
	done []bool
	first
}

func (w *modeBy) look(f *flight) {
	if f.now() > w.ByS {
		if text, id := missing(&w.choice, w.done); text != "" {
			w.violate(f, id, "not in that mode: %s", text)
		}
		return
	}
	for i := range f.samples {
		if s := &f.samples[i]; w.holds(s.Slot) && s.Mode.String() == w.Mode {
			w.done[s.Slot] = true
		}
	}
}

func (w *modeBy) end(f *flight) Result {
	if text, id := missing(&w.choice, w.done); text != "" {
		w.violate(f, id, "not in that mode: %s", text)
	}
	return w.verdict()
}

func (w *modeBy) String() string {
	return fmt.Sprintf("%s in mode %s by %g s", &w.choice, w.Mode, w.ByS)
}

// about tells whether an event is one an expectation speaks of.
func about(e *telemetry.Event, c *choice, q *scenario.EventSeen) bool {
	if e.Type != q.Type || q.ByS > 0 && e.SimTime > q.ByS {
		return false
	}
	if q.Drones == "" {
		return true
	}
	var n uint32
	if _, err := fmt.Sscanf(e.Drone, "d%d", &n); err != nil || n == 0 {
		return false
	}
	return c.holds(n - 1)
}

type seen struct {
	choice
	*scenario.EventSeen
	counts map[string]int // by drone; "" counts all
	first
}

func (w *seen) look(f *flight) {
	for i := range f.events {
		if e := &f.events[i]; about(e, &w.choice, w.EventSeen) {
			w.counts[e.Drone]++
			if e.Drone != "" {
				w.counts[""]++
			}
		}
	}
	if w.ByS > 0 && f.now() > w.ByS {
		w.judge(f)
	}
}

func (w *seen) judge(f *flight) {
	need := max(1, w.Count)
	if w.Drones == "" {
		if n := w.counts[""]; n < need {
			w.violate(f, "", "seen %d times, expected %d", n, need)
		}
		return
	}
	for slot, in := range w.in {
		if id := name(uint32(slot)); in && w.counts[id] < need {
			w.violate(f, id, "seen %d times at %s, expected %d", w.counts[id], id, need)
		}
	}
}

func (w *seen) end(f *flight) Result {
	w.judge(f)
	return w.verdict()
}

func (w *seen) String() string {
	who, times := "", ""
	if w.Drones != "" {
		who = " at " + w.choice.String()
	}
	if w.Count > 1 {
		times = fmt.Sprintf(" %d times", w.Count)
	}
	if w.ByS > 0 {
		return fmt.Sprintf("event %s%s%s by %g s", w.Type, who, times, w.ByS)
	}
	return fmt.Sprintf("event %s%s%s", w.Type, who, times)
}

type unseen struct {
	choice
	*scenario.EventSeen
	first
}

func (w *unseen) look(f *flight) {
	for i := range f.events {
		if e := &f.events[i]; w.Message == "" && about(e, &w.choice, w.EventSeen) {
			w.violate(f, e.Drone, "%s: %s", e.Drone, e.Message)
			w.SimTime, w.Tick = e.SimTime, e.Tick
		}
	}
}

func (w *unseen) end(*flight) Result { return w.verdict() }

func (w *unseen) String() string {
	if w.Drones != "" {
		return fmt.Sprintf("no event %s at %s", w.Type, &w.choice)
	}
	return "no event " + w.Type
}

type battery struct {
	choice
	*scenario.BatteryAbove
	lowest float64
	first
}

func (w *battery) look(f *flight) {
	if w.UntilS > 0 && f.now() > w.UntilS {
		return
	}
	for i := range f.samples {
		s := &f.samples[i]
		if !w.holds(s.Slot) {
			continue
		}
		left := float64(s.Battery) / 100
		w.lowest = min(w.lowest, left)
		if left <= w.Percent {
			w.violate(f, name(s.Slot), "%s had %.1f %% left", name(s.Slot), left)
		}
	}
}

func (w *battery) end(*flight) Result { return w.verdict() }

func (w *battery) String() string {
	until := ""
	if w.UntilS > 0 {
		until = fmt.Sprintf(" until %g s", w.UntilS)
	}
	return fmt.Sprintf("battery of %s above %g %%%s", &w.choice, w.Percent, until)
}

type latency struct {
	*scenario.LatencyBelow
	first
}

func (*latency) look(*flight) {}

func (w *latency) end(f *flight) Result {
	slices.Sort(f.steps)
	p99 := f.steps[len(f.steps)*99/100]
	if limit := time.Duration(w.Ms * float64(time.Millisecond)); p99 >= limit {
		w.violate(f, "", "1 of 100 ticks took %v or longer on this machine", p99.Round(10*time.Microsecond))
		w.SimTime, w.Tick = 0, 0
	}
	return w.verdict()
}

func (w *latency) String() string {
	return fmt.Sprintf("a tick and its frame within %g ms (99 of 100)", w.Ms)
}
