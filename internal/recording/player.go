package recording

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"volary/internal/session"
	"volary/internal/telemetry"
)

// Archive is what a Player reads.
type Archive interface {
	// Moments gives the samples of all drones from one tick to another, by slot.
	Moments(ctx context.Context, session uuid.UUID, fromTick, toTick uint64) (map[uint32][]telemetry.TimedSample, error)
	// Events lists events, last stored first.
	Events(ctx context.Context, f session.EventFilter) (page []telemetry.Event, next string, err error)
}

// Moment is the fleet at a recorded tick.
type Moment struct {
	Tick    uint64
	Samples []telemetry.Sample // by slot
}

// Shown is what one turn of a Player has to show.
type Shown struct {
	Moment *Moment // nil: as before
	Events []telemetry.Event
	State  session.Replay
}

// Player plays a recorded session. It is told the time and reads no clock, so
// that the same calls show the same. Safe for concurrent use: Turn by one, Do by
// others.
type Player struct {
	archive Archive
	session session.Session
	hz      float64

	mu      sync.Mutex
	state   session.Replay
	at      float64 // tick
	last    time.Time
	jumped  bool   // show a moment even when it is the one shown last
	shown   uint64 // tick of the moment shown last
	steps   int    // recorded moments to go
	told    uint64 // events up to this tick were told
	windows map[uint64]*played
	order   []uint64 // of windows, oldest use first
}

// played is a stretch of the session in memory.
type played struct {
	moments []Moment
	events  []telemetry.Event
}

// heldWindows bounds what a player holds: the stretch at hand, those beside it,
// and one more.
const heldWindows = 4

// maxPlayerLag is the longest time one turn plays: after a stall it does not race.
const maxPlayerLag = time.Second

// NewPlayer makes a player. The caller has checked start.
func NewPlayer(a Archive, s *session.Session, id string, start session.StartReplay) *Player {
	p := &Player{archive: a, session: *s, hz: float64(max(1, s.TickHz)), windows: map[uint64]*played{}}
	first := s.ParentTick
	p.state = session.Replay{ID: id, Session: s.ID, State: "playing", Speed: 1, From: float64(first) / p.hz, To: s.SimTime()}
	p.at = float64(first)
	if start.Speed != nil {
		if p.state.Speed = *start.Speed; p.state.Speed < 0 {
			p.at = float64(s.LastTick)
		}
	}
	if start.From != nil {
		p.at = p.inside(*start.From * p.hz)
	}
	if start.Paused {
		p.state.State = "paused"
	}
	p.told, p.jumped = uint64(p.at), true
	return p
}

func (p *Player) inside(tick float64) float64 {
	return math.Min(math.Max(tick, p.state.From*p.hz), float64(p.session.LastTick))
}

// State is how the replay is.
func (p *Player) State() session.Replay {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now()
}

func (p *Player) now() session.Replay {
	s := p.state
	s.Tick = uint64(p.at)
	s.SimTime = p.at / p.hz
	for i := range p.session.Gaps {
		if g := &p.session.Gaps[i]; s.Tick > g.FromTick && s.Tick < g.ToTick {
			s.Gap = g
		}
	}
	return s
}

// Do steers it. The caller has checked a.
func (p *Player) Do(a session.ReplayAction) session.Replay {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch a.Action {
	case "play":
		if p.state.State == "ended" { // play it again
			if p.state.Speed > 0 {
				p.jump(p.state.From * p.hz)
			} else {
				p.jump(float64(p.session.LastTick))
			}
		}
		p.state.State, p.last = "playing", time.Time{}
	case "pause":
		p.state.State, p.steps = "paused", 0
	case "seek":
		if p.jump(*a.To * p.hz); p.state.State == "ended" {
			p.state.State = "paused"
		}
	case "speed":
		if p.state.Speed = *a.Speed; p.state.State == "ended" {
			p.state.State, p.last = "playing", time.Time{}
		}
	case "step":
		n := 1
		if a.Frames != nil {
			n = *a.Frames
		}
		p.state.State = "paused"
		p.steps += n
	}
	return p.now()
}

func (p *Player) jump(tick float64) {
	p.at = p.inside(tick)
	p.told, p.jumped, p.last, p.steps = uint64(p.at), true, time.Time{}, 0
}

// Turn plays up to a time of the wall clock. An error means that the archive did
// not answer: the next turn tries again from there.
func (p *Player) Turn(ctx context.Context, now time.Time) (Shown, error) {
	p.mu.Lock()
	elapsed := now.Sub(p.last)
	if p.last.IsZero() || elapsed < 0 {
		elapsed = 0
	}
	elapsed = min(elapsed, maxPlayerLag)
	from, to, steps := p.at, p.at, p.steps
	if p.state.State == "playing" {
		to = p.inside(from + elapsed.Seconds()*p.state.Speed*p.hz)
	}
	told, jumped, backwards := p.told, p.jumped, p.state.Speed < 0
	p.mu.Unlock()

	if steps != 0 {
		tick, err := p.stepFrom(ctx, uint64(from), steps)
		if err != nil {
			return Shown{State: p.State()}, err
		}
		to = float64(tick)
	}
	moment, err := p.momentAt(ctx, uint64(to), backwards)
	if err != nil {
		return Shown{State: p.State()}, err
	}
	var events []telemetry.Event
	if uint64(to) > told && steps >= 0 {
		if events, err = p.eventsBetween(ctx, told, uint64(to)); err != nil {
			return Shown{State: p.State()}, err
		}
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = now
	if p.at != from || p.jumped != jumped {
		return Shown{State: p.now()}, nil // somebody jumped in between: the next turn shows it
	}
	p.at, p.steps, p.jumped = to, p.steps-steps, false
	p.told = uint64(to)
	if p.state.State == "playing" && to == p.inside(to+math.Copysign(1, p.state.Speed)) {
		p.state.State = "ended"
	}
	out := Shown{State: p.now(), Events: events}
	if moment != nil && (jumped || moment.Tick != p.shown) && out.State.Gap == nil {
		p.shown, out.Moment = moment.Tick, moment
	}
	return out, nil
}

// span is the ticks of a window.
func (p *Player) span() uint64 { return uint64(Window * p.hz) }

// window gives the stretch that a tick lies in.
func (p *Player) window(ctx context.Context, tick uint64) (*played, error) {
	begin := tick / p.span() * p.span()
	if w := p.windows[begin]; w != nil {
		i := slices.Index(p.order, begin)
		p.order = append(slices.Delete(p.order, i, i+1), begin)
		return w, nil
	}
	end := min(begin+p.span()-1, p.session.LastTick)
	tracks, err := p.archive.Moments(ctx, p.session.ID, begin, end)
	if err != nil {
		return nil, err
	}
	w := &played{moments: moments(tracks)}
	f := session.EventFilter{Session: p.session.ID.String(), FromTick: begin, ToTick: end, Limit: 1000}
	for more := end > 0; more; more = f.Cursor != "" { // to tick 0 would mean to the end
		page, next, err := p.archive.Events(ctx, f)
		if err != nil {
			return nil, err
		}
		w.events, f.Cursor = append(w.events, page...), next
	}
	slices.Reverse(w.events)
	slices.SortStableFunc(w.events, func(a, b telemetry.Event) int { return cmp.Compare(a.Tick, b.Tick) })
	if len(p.order) >= heldWindows {
		delete(p.windows, p.order[0])
		p.order = p.order[1:]
	}
	p.windows[begin] = w
	p.order = append(p.order, begin)
	return w, nil
}

// moments turns tracks into the fleet at each tick.
func moments(tracks map[uint32][]telemetry.TimedSample) []Moment {
	at := map[uint64]*Moment{}
	slots := make([]uint32, 0, len(tracks))
	for slot := range tracks {
		slots = append(slots, slot)
	}
	slices.Sort(slots)
	for _, slot := range slots {
		for _, s := range tracks[slot] {
			m := at[s.Tick]
			if m == nil {
				m = &Moment{Tick: s.Tick, Samples: make([]telemetry.Sample, 0, len(slots))}
				at[s.Tick] = m
			}
			m.Samples = append(m.Samples, s.Sample)
		}
	}
	all := make([]Moment, 0, len(at))
	for _, m := range at {
		all = append(all, *m)
	}
	slices.SortFunc(all, func(a, b Moment) int { return cmp.Compare(a.Tick, b.Tick) })
	return all
}

// momentAt gives the recorded moment to show at a tick: the last one before it,
// or after it when playing backwards, no further than one recording step; nil
// where nothing was kept.
func (p *Player) momentAt(ctx context.Context, tick uint64, backwards bool) (*Moment, error) {
	reach := uint64(max(1, p.session.RecordEvery))
	w, err := p.window(ctx, tick)
	if err != nil {
		return nil, err
	}
	i := firstFrom(w.moments, tick)
	switch {
	case i < len(w.moments) && w.moments[i].Tick == tick:
		return &w.moments[i], nil
	case backwards && i < len(w.moments) && w.moments[i].Tick-tick < reach:
		return &w.moments[i], nil
	case !backwards && i > 0 && tick-w.moments[i-1].Tick < reach:
		return &w.moments[i-1], nil
	}
	return nil, nil
}

// stepFrom finds the tick n recorded moments away, at most at the end.
func (p *Player) stepFrom(ctx context.Context, tick uint64, n int) (uint64, error) {
	for ; n != 0; n -= sign(n) {
		next, found, err := p.neighbour(ctx, tick, n > 0)
		if err != nil || !found {
			return tick, err
		}
		tick = next
	}
	return tick, nil
}

func sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
}

// neighbour finds the next recorded tick, passing over gaps.
func (p *Player) neighbour(ctx context.Context, tick uint64, forward bool) (next uint64, found bool, err error) {
	for at := tick; ; {
		w, err := p.window(ctx, at)
		if err != nil {
			return 0, false, err
		}
		begin := at / p.span() * p.span()
		if forward {
			if i := firstFrom(w.moments, tick+1); i < len(w.moments) {
				return w.moments[i].Tick, true, nil
			}
			if at = begin + p.span(); at > p.session.LastTick {
				return 0, false, nil
			}
			continue
		}
		if i := firstFrom(w.moments, tick); i > 0 {
			return w.moments[i-1].Tick, true, nil
		}
		if begin == 0 || float64(begin) <= p.state.From*p.hz {
			return 0, false, nil
		}
		at = begin - 1
	}
}

// firstFrom is the index of the first moment at a tick or after it.
func firstFrom(all []Moment, tick uint64) int {
	i, _ := slices.BinarySearchFunc(all, tick, func(m Moment, t uint64) int { return cmp.Compare(m.Tick, t) })
	return i
}

// eventsBetween gives the events after one tick, up to another.
func (p *Player) eventsBetween(ctx context.Context, after, upTo uint64) ([]telemetry.Event, error) {
	var out []telemetry.Event
	for at := after / p.span() * p.span(); at <= upTo; at += p.span() {
		w, err := p.window(ctx, at)
		if err != nil {
			return nil, err
		}
		for i := range w.events {
			if t := w.events[i].Tick; t > after && t <= upTo {
				out = append(out, w.events[i])
			}
		}
	}
	return out, nil
}
