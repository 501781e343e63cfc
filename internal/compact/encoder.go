package compact

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/google/uuid"

	"volary/internal/telemetry"
)

// Config is a tolerance class: what all its clients get.
type Config struct {
	Tolerance float64       // m: how far a drone may be from where the client sees it
	Coarse    float64       // m: the same for drones that are not Fine; 0: as Tolerance
	Period    time.Duration // wall time from frame to frame. A frame out of turn is sent when a drone would leave its tolerance before
	Delay     time.Duration // wall time from a picture to the client's screen that is allowed for
}

// Input is the fleet at one tick.
type Input struct {
	Session     uuid.UUID
	Tick        uint64
	TickHz      int
	PublishedUS int64
	Paused      bool
	Speed       float64            // asked for
	Samples     []telemetry.Sample // by slot, ascending
	// Fine tells whether a drone is of the finer class; was says whether it is
	// now, so that one at the border doesn't go to and fro. Nil: all are.
	Fine func(s *telemetry.Sample, was bool) bool
}

// Shares of the tolerance.
const (
	sendAt   = 0.92 // a drone is sent when its error ahead passes this
	leaveAt  = 0.95 // a frame goes out of turn when an error would pass this before the next chance
	goodFor  = 0.90 // a new motion must stay within this over the next frame
	jerk     = 8.0  // m/s³ that may come unforeseen
	jerkMost = 0.15 // of the tolerance: what the allowance for jerk takes at most; frames out of turn do the rest
)

// Tolerances of what is not motion.
const (
	headingTolerance = 20.0 // degrees
	headingAlong     = 7.0  // degrees, in an update that is sent anyway
	batteryTolerance = 3    // percent
)

// beatEvery is the time after which a frame is sent even when there is nothing
// to say, so that clients know the stream lives.
const beatEvery = time.Second

// clockTolerance is how far the client's idea of the time a tick was published
// may be off, in µs.
const clockTolerance = 10_000

// Stats count what an Encoder made.
type Stats struct {
	Frames, OutOfTurn, Snapshots uint64
	Updates, Motions             uint64
	Kinds                        [kinds]uint64
	Bytes                        uint64 // of frames
}

// Encoder makes the frames of one class. The zero value is not ready: use NewEncoder.
type Encoder struct {
	Stats Stats

	cfg    Config
	s      stream
	tracks []track // by slot
	alive  int
	due    int64 // PublishedUS from which the next frame is due
	beat   int64 // PublishedUS of the last frame
	begun  bool
	tick   uint64  // of the last picture seen; s.tick is that of the last frame sent
	rate   float64 // simulated seconds a wall second, as observed
	lastUS int64

	updates []pending
}

type pending struct {
	slot uint32
	u    update
}

// NewEncoder makes an encoder of a class.
func NewEncoder(c Config) *Encoder {
	if c.Coarse == 0 {
		c.Coarse = c.Tolerance
	}
	e := &Encoder{cfg: c}
	e.s.tolerance, e.s.coarse = float32(c.Tolerance), float32(c.Coarse)
	e.s.setGrids()
	return e
}

// Observe takes the fleet at a tick and returns the frame to send to all
// clients of the class, or nil. The first frame, and the first of another
// session, is a snapshot. The bytes are the caller's.
func (e *Encoder) Observe(in *Input) []byte {
	if !e.begun || in.Session != e.s.session || in.Tick < e.tick || int(e.s.hz) != in.TickHz {
		e.begin(in)
		return e.Snapshot()
	}
	e.follow(in)
	return e.frame(in)
}

func (e *Encoder) begin(in *Input) {
	e.begun = true
	e.tracks, e.alive = e.tracks[:0], 0
	e.s.session, e.s.tick, e.s.hz = in.Session, in.Tick, uint16(in.TickHz)
	e.s.contexts.reset()
	e.tick = in.Tick
	e.s.clock = clockOf(in)
	e.due, e.beat, e.lastUS, e.rate = in.PublishedUS+e.cfg.Period.Microseconds(), in.PublishedUS, in.PublishedUS, 1
	for i := range in.Samples {
		s := &in.Samples[i]
		t := e.track(s.Slot)
		t.start(s, in.Tick)
		e.admit(t, s, in)
	}
}

func clockOf(in *Input) Clock {
	return Clock{Tick: in.Tick, PublishedUS: in.PublishedUS, Speed: float64(float32(in.Speed)), Paused: in.Paused}
}

func (e *Encoder) track(slot uint32) *track {
	for int(slot) >= len(e.tracks) {
		e.tracks = append(e.tracks, track{})
	}
	return &e.tracks[slot]
}

// follow brings the tracks up to the picture.
func (e *Encoder) follow(in *Input) {
	dt := float64(in.Tick-e.tick) / float64(e.s.hz)
	if wall := float64(in.PublishedUS-e.lastUS) / 1e6; wall > 0 {
		e.rate += float64((math.Min(dt/wall, 100) - e.rate) / 4)
	}
	e.lastUS = in.PublishedUS
	e.tick = in.Tick
	for i := range in.Samples {
		s := &in.Samples[i]
		t := e.track(s.Slot)
		if t.known {
			t.observe(s, in.Tick, dt, float64(e.s.hz))
		} else {
			t.start(s, in.Tick)
		}
	}
}

// frame decides who is sent, and writes them.
func (e *Encoder) frame(in *Input) []byte {
	const slack = 25_000 // µs, half of the source's period: see hub's views
	turn := in.PublishedUS >= e.due-slack
	clock := e.clockOff(in)
	period := e.cfg.Period.Seconds()
	ahead := (period + e.cfg.Delay.Seconds()) * e.rate
	if !turn {
		if !clock && !e.somebodyLeaves(in, float64((sourcePeriod+e.cfg.Delay.Seconds())*e.rate)) {
			return nil
		}
		rest := float64(e.due-in.PublishedUS) / 1e6
		ahead = (math.Max(rest, sourcePeriod) + e.cfg.Delay.Seconds()) * e.rate
		e.Stats.OutOfTurn++
	} else if e.due += e.cfg.Period.Microseconds(); e.due < in.PublishedUS {
		e.due = in.PublishedUS + e.cfg.Period.Microseconds()
	}
	e.updates = e.updates[:0]
	gone := e.alive
	for i := range in.Samples {
		s := &in.Samples[i]
		t := e.track(s.Slot)
		if t.sent {
			gone--
		}
		if u, ok := e.decide(t, s, in, ahead, turn); ok {
			e.updates = append(e.updates, pending{s.Slot, u})
		}
	}
	if gone > 0 {
		e.dropGone(in)
	}
	if len(e.updates) == 0 && !clock && in.PublishedUS-e.beat < beatEvery.Microseconds()-slack {
		return nil
	}
	e.beat = in.PublishedUS
	if clock {
		e.s.clock = clockOf(in)
	}
	return e.write(in, clock)
}

// sourcePeriod is the wall time from picture to picture, s.
const sourcePeriod = 0.05

// clockOff tells whether clients no longer know when this tick was published.
func (e *Encoder) clockOff(in *Input) bool {
	c := &e.s.clock
	if c.Paused != in.Paused || c.Speed != float64(float32(in.Speed)) {
		return true
	}
	if in.Paused || math.IsInf(c.Speed, 0) {
		return false // published again and again while time stands still
	}
	expect := float64(c.PublishedUS) + float64(float64(in.Tick-c.Tick)/float64(e.s.hz)/c.Speed*1e6)
	return math.Abs(expect-float64(in.PublishedUS)) > clockTolerance
}

// somebodyLeaves tells whether a drone would leave its tolerance before the
// next picture could be sent.
func (e *Encoder) somebodyLeaves(in *Input, ahead float64) bool {
	for i := range in.Samples {
		t := e.track(in.Samples[i].Slot)
		if t.sent && t.errorAt(e, ahead) > leaveAt*e.tolerance(t) {
			return true
		}
	}
	return false
}

func (e *Encoder) tolerance(t *track) float64 {
	if t.m.coarse {
		return float64(e.s.coarse)
	}
	return float64(e.s.tolerance)
}

func isCoarse(s *telemetry.Sample, in *Input, was bool) bool {
	return in.Fine != nil && !in.Fine(s, was)
}

// admit gives the client a drone it doesn't know, or one that changes its class.
func (e *Encoder) admit(t *track, s *telemetry.Sample, in *Input) {
	was := t.sent && !t.m.coarse
	if !t.sent {
		e.alive++
	}
	t.sent = true
	t.m = model{coarse: isCoarse(s, in, was), epoch: int64(in.Tick), state: packState(s), battery: batteryOf(s), home: homeOf(s)}
	g := e.s.grid(&t.m)
	t.m.setHeading(headingStep(s), g, float64(in.Tick), float64(e.s.hz))
	u := e.motion(t, (e.cfg.Period+e.cfg.Delay).Seconds()*e.rate)
	t.m.apply(&u, g, int64(in.Tick), float64(e.s.hz))
}

// decide says whether a drone is in this frame, and with what.
func (e *Encoder) decide(t *track, s *telemetry.Sample, in *Input, ahead float64, turn bool) (u update, ok bool) {
	if !t.sent || turn && t.m.coarse != isCoarse(s, in, !t.m.coarse) {
		e.admit(t, s, in)
		return update{tag: tagWhole}, true
	}
	u.tag = tagState
	if t.worstAhead(e, ahead) > sendAt*e.tolerance(t) {
		u = e.motion(t, ahead)
	}
	if st := packState(s); st != t.m.state {
		u.hasState, u.state = true, st
	}
	if b := batteryOf(s); diff(b, t.m.battery) >= batteryTolerance {
		u.hasBattery, u.battery = true, b
	}
	if h := homeOf(s); h != t.m.home {
		u.hasHome, u.home = true, h
	}
	headingOff := headingTolerance
	if u.tag == tagMotion {
		headingOff = headingAlong
	}
	off := float64(s.Heading)/100 - t.m.headingAt(e.s.grid(&t.m), float64(in.Tick), float64(e.s.hz))
	if off -= 360 * math.Floor(off/360+0.5); math.Abs(off) > headingOff {
		u.hasHeading, u.heading = true, headingStep(s)
	}
	return u, u.tag == tagMotion || u.hasState || u.hasBattery || u.hasHome || u.hasHeading
}

func diff(a, b uint32) uint32 {
	if a > b {
		return a - b
	}
	return b - a
}

// dropGone tells clients of drones that are no longer there.
func (e *Encoder) dropGone(in *Input) {
	merged := make([]pending, 0, len(e.updates)+1)
	next, i := 0, 0
	for slot := range e.tracks {
		here := i < len(in.Samples) && in.Samples[i].Slot == uint32(slot)
		if here {
			i++
		} else if e.tracks[slot].sent {
			e.tracks[slot] = track{}
			e.alive--
			for next < len(e.updates) && e.updates[next].slot < uint32(slot) {
				merged = append(merged, e.updates[next])
				next++
			}
			merged = append(merged, pending{uint32(slot), update{tag: tagGone}})
		}
	}
	e.updates = append(merged, e.updates[next:]...)
}

// write writes the updates of a frame and makes them true in our own copy.
func (e *Encoder) write(in *Input, clock bool) []byte {
	e.s.seq++
	head := byte(Version << 4)
	if clock {
		head |= bitClock
	}
	b := append(make([]byte, 0, 16+8*len(e.updates)), head, e.s.seq)
	b = binary.AppendUvarint(b, in.Tick-e.s.tick)
	e.s.tick = in.Tick
	if clock {
		b = e.s.appendClock(b)
	}
	c := coder{buf: b, pos: 8 * len(b), write: true}
	n, prev := uint32(len(e.updates)), int64(-1)
	c.adaptive(&e.s.contexts[ctxCount], &n)
	now, hz := int64(in.Tick), float64(e.s.hz)
	for i := range e.updates {
		p := &e.updates[i]
		gap := uint32(int64(p.slot) - prev - 1)
		prev = int64(p.slot)
		c.adaptive(&e.s.contexts[ctxGap], &gap)
		c.tag(&p.u.tag)
		m := &e.tracks[p.slot].m
		switch p.u.tag {
		case tagGone:
		case tagWhole:
			c.whole(m, now)
		default:
			c.update(&e.s.contexts, m, &p.u)
			m.apply(&p.u, e.s.grid(m), now, hz)
		}
		e.Stats.Updates++
		if p.u.tag == tagMotion {
			e.Stats.Motions++
			e.Stats.Kinds[p.u.kind]++
		}
	}
	e.Stats.Frames++
	e.Stats.Bytes += uint64(len(c.buf))
	return c.buf
}

// Snapshot writes all a client needs to understand the frames that follow.
func (e *Encoder) Snapshot() []byte {
	e.Stats.Snapshots++
	b := e.s.appendSnapshotHeader(make([]byte, 0, snapshotSize+32+20*e.alive), e.alive)
	c := coder{buf: b, pos: 8 * len(b), write: true}
	e.s.contexts.code(&c)
	prev := int64(-1)
	for slot := range e.tracks {
		t := &e.tracks[slot]
		if !t.sent {
			continue
		}
		gap := uint32(int64(slot) - prev - 1)
		prev = int64(slot)
		c.number(&gap)
		m := t.m
		c.whole(&m, int64(e.s.tick))
	}
	return c.buf
}

// Begun tells whether a picture was observed, so that there is something for
// Snapshot to show.
func (e *Encoder) Begun() bool { return e.begun }
