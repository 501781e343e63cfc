// Package fleet is what the backend last heard of each drone, and of the
// simulator that flies them.
//
// Slices of frames go in; when a frame is whole a Picture comes out, which never
// changes again and is shared by all who look at it. It is safe for concurrent use.
package fleet

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"volary/internal/clock"
	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/telemetry"
)

// Picture is the fleet at one tick. Nobody changes it.
type Picture struct {
	Session     uuid.UUID
	Tick        uint64
	TickHz      int
	PublishedUS int64     // wall clock of the simulator, Unix µs
	Received    time.Time // when its last slice came in
	Paused      bool
	Speed       float64
	Samples     []telemetry.Sample // by slot, ascending

	roster *roster
	local  *geo.Local
}

type roster struct {
	version uint32
	bySlot  map[uint32]drone.Info
	byID    map[string]drone.Info
}

// SimTime is the simulated time of the picture in seconds.
func (p *Picture) SimTime() float64 {
	if p.TickHz == 0 {
		return 0
	}
	return float64(p.Tick) / float64(p.TickHz)
}

// Info tells who is in a slot.
func (p *Picture) Info(slot uint32) drone.Info {
	if i, ok := p.roster.bySlot[slot]; ok {
		return i
	}
	return drone.Info{Slot: int(slot), ID: "d" + strconv.FormatUint(uint64(slot)+1, 10)}
}

// Find returns the sample of a drone by its id.
func (p *Picture) Find(id string) (telemetry.Sample, bool) {
	info, ok := p.roster.byID[id]
	if !ok {
		return telemetry.Sample{}, false
	}
	i, ok := slices.BinarySearchFunc(p.Samples, uint32(info.Slot), func(s telemetry.Sample, slot uint32) int {
		return int(int64(s.Slot) - int64(slot))
	})
	if !ok {
		return telemetry.Sample{}, false
	}
	return p.Samples[i], true
}

// Beat is what the simulator's heartbeat says of the run.
type Beat struct {
	Tick     uint64
	SimTime  float64
	Speed    clock.Speed
	Paused   bool
	RTF      float64
	Drift    float64
	Drones   int
	Roster   uint32
	Hash     string
	HashTick uint64
	Dropped  uint64 // frames and events the simulator could not send
}

// Session is the run that is live.
type Session struct {
	ID        uuid.UUID
	Name      string
	Simulator string
	State     string
	Origin    geo.LLA
}

// Fleet is the picture as it builds up.
type Fleet struct {
	mu      sync.Mutex
	session Session
	local   *geo.Local
	roster  *roster
	picture *Picture
	beat    Beat
	heard   time.Time // last frame or heartbeat of the simulator
	since   time.Time // begin of this session as this backend knows it

	// the frame being put together
	head   telemetry.Header
	parts  uint32 // bits of slices that came
	buffer []telemetry.Sample

	latency    *Meter
	incomplete uint64 // frames of which slices were missing
	corrupt    uint64 // slices that were none

	onPicture []func(*Picture)
	wanted    chan struct{} // holds a token while frames speak of an unknown roster
}

// New makes an empty fleet.
func New() *Fleet {
	f := &Fleet{latency: new(Meter), wanted: make(chan struct{}, 1), roster: newRoster(0, nil), local: geo.NewLocal(geo.LLA{})}
	f.picture = f.still()
	return f
}

func newRoster(version uint32, all []drone.Info) *roster {
	r := &roster{version: version, bySlot: make(map[uint32]drone.Info, len(all)), byID: make(map[string]drone.Info, len(all))}
	for _, i := range all {
		r.bySlot[uint32(i.Slot)] = i
		r.byID[i.ID] = i
	}
	return r
}

// still is a picture without drones.
func (f *Fleet) still() *Picture {
	return &Picture{Session: f.session.ID, roster: f.roster, local: f.local}
}

// OnPicture adds someone who is called with each new picture, in order, from
// the goroutine that brought it in. It is set up before frames arrive.
func (f *Fleet) OnPicture(do func(*Picture)) { f.onPicture = append(f.onPicture, do) }

// Begin says which session is live from now on.
func (f *Fleet) Begin(s Session, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.session, f.heard, f.since = s, now, now
	f.local = geo.NewLocal(s.Origin)
	f.roster = newRoster(0, nil)
	f.picture = f.still()
	f.beat = Beat{}
	f.head, f.parts, f.buffer = telemetry.Header{}, 0, nil
	f.latency = new(Meter)
}

// SetState changes the state of the live session.
func (f *Fleet) SetState(state string) {
	f.mu.Lock()
	f.session.State = state
	f.mu.Unlock()
}

// Session returns the live session; its ID is zero before the first.
func (f *Fleet) Session() Session {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.session
}

// SetRoster says who is in which slot.
func (f *Fleet) SetRoster(version uint32, all []drone.Info) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.roster = newRoster(version, all)
	named := *f.picture
	named.roster = f.roster
	f.picture = &named
}

// RosterVersion is the version of the list of drones known here.
func (f *Fleet) RosterVersion() uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.roster.version
}

// Roster lists who is in the fleet, by slot.
func (f *Fleet) Roster() []drone.Info {
	f.mu.Lock()
	r := f.roster
	f.mu.Unlock()
	all := make([]drone.Info, 0, len(r.bySlot))
	for _, i := range r.bySlot {
		all = append(all, i)
	}
	slices.SortFunc(all, func(a, b drone.Info) int { return a.Slot - b.Slot })
	return all
}

// Heard takes a heartbeat in.
func (f *Fleet) Heard(session uuid.UUID, b Beat, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if session == f.session.ID {
		f.beat, f.heard = b, now
	}
}

// Picture returns the newest whole picture.
func (f *Fleet) Picture() *Picture {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.picture
}

// Frame takes a slice in. When it completes a frame the new picture is handed
// to those who asked for it. A frame that is overtaken by a newer one before it
// is whole is dropped and counted.
func (f *Fleet) Frame(b []byte, now time.Time) error {
	p, err := f.add(b, now)
	if p != nil {
		for _, do := range f.onPicture {
			do(p)
		}
	}
	return err
}

func (f *Fleet) add(b []byte, now time.Time) (*Picture, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := len(f.buffer)
	h, all, err := telemetry.DecodeSlice(b, f.buffer)
	if err != nil {
		f.corrupt++
		return nil, fmt.Errorf("fleet: %w", err)
	}
	if h.Session != f.session.ID {
		return nil, nil // of a session that is over, or not yet begun here
	}
	f.heard = now
	if h.Roster != f.roster.version {
		select {
		case f.wanted <- struct{}{}:
		default:
		}
	}
	if h.Seq != f.head.Seq {
		if f.parts != 0 {
			f.incomplete++
		}
		all = slices.Clone(all[before:])
		f.parts, f.head = 0, h
	}
	f.buffer = all
	f.parts |= 1 << h.Slice
	if f.parts != 1<<h.Slices-1 {
		return nil, nil
	}
	f.parts, f.buffer = 0, nil // the picture keeps the samples
	if h.Tick < f.picture.Tick {
		return nil, nil
	}
	slices.SortFunc(all, func(a, b telemetry.Sample) int { return int(int64(a.Slot) - int64(b.Slot)) })
	f.picture = &Picture{
		Session: h.Session, Tick: h.Tick, TickHz: int(h.TickHz), PublishedUS: h.PublishedUS, Received: now,
		Paused: h.Paused, Speed: float64(h.Speed), Samples: all, roster: f.roster, local: f.local,
	}
	f.latency.Add(now, now.Sub(time.UnixMicro(h.PublishedUS)))
	return f.picture, nil
}

// Silence is the time since the simulator was last heard.
func (f *Fleet) Silence(now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.heard.IsZero() {
		return 0
	}
	return now.Sub(f.heard)
}

// Beat returns the last heartbeat.
func (f *Fleet) Beat() Beat {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.beat
}

// Losses counts frames and slices that could not be used.
func (f *Fleet) Losses() (incomplete, corrupt uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.incomplete, f.corrupt
}

// Latency summarises tick-to-hub latency over the last ten seconds.
func (f *Fleet) Latency(now time.Time) Latency {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.latency.Summary(now)
}

// KeepRoster asks for the list of drones whenever frames speak of another one
// than is known, until ctx is done.
func (f *Fleet) KeepRoster(ctx context.Context, ask func(context.Context) (uint32, []drone.Info, error)) error {
	retry := time.NewTimer(0)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-f.wanted:
		case <-retry.C:
		}
		version, all, err := ask(ctx)
		if err != nil {
			retry.Reset(200 * time.Millisecond)
			continue
		}
		f.SetRoster(version, all)
	}
}
