package compact

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/google/uuid"
)

// Errors of Decoder.Decode.
var (
	// ErrGap tells that a frame is missing: what follows can't be understood
	// until the next snapshot, which the server sends by itself.
	ErrGap = errors.New("compact: a frame is missing: wait for the next snapshot")
	// ErrCorrupt tells of bytes that are no frame. The decoder waits for a snapshot.
	ErrCorrupt = errors.New("compact: not a frame")
)

// MaxDrones is how many drones a stream may have, and MaxSlot the largest slot.
const (
	MaxDrones = 10_000
	MaxSlot   = 1 << 24
)

// State is a drone as the client sees it.
type State struct {
	Slot    uint32     // drones are named "d" and their slot plus one
	P       [3]float64 // m east, north, up of the world's origin
	V       [3]float64 // m/s
	Heading float64    // degrees clockwise from north
	Mode    uint8      // as in telemetry.Sample
	Status  uint8
	Flags   uint8
	Battery uint8   // percent
	HomeZ   float64 // m, height of the take-off point
	Coarse  bool    // outside the area of interest
}

// Decoder is the client's side of a stream.
type Decoder struct {
	s      stream
	ready  bool
	drones map[uint32]*model
	order  []uint32 // slots, ascending
	stale  bool     // order must be made anew
}

// Ready tells whether a snapshot has come and no frame was missing since.
func (d *Decoder) Ready() bool { return d.ready }

// Session is the session the stream shows.
func (d *Decoder) Session() uuid.UUID { return d.s.session }

// Tick is the tick of the last frame.
func (d *Decoder) Tick() uint64 { return d.s.tick }

// Hz is how many ticks a simulated second has.
func (d *Decoder) Hz() int { return int(d.s.hz) }

// Tolerance returns how far a drone may be from where it is shown, in metres,
// inside the area of interest and outside it.
func (d *Decoder) Tolerance() (fine, coarse float64) {
	return float64(d.s.tolerance), float64(d.s.coarse)
}

// Clock returns how ticks lie in time.
func (d *Decoder) Clock() Clock { return d.s.clock }

// Len is the number of drones.
func (d *Decoder) Len() int { return len(d.drones) }

// Decode takes a message of the stream in.
func (d *Decoder) Decode(b []byte) error {
	if len(b) < 3 {
		return ErrCorrupt
	}
	if v := b[0] >> 4; v != Version {
		return fmt.Errorf("compact: version %d, this decoder reads %d", v, Version)
	}
	if b[0]&bitSnapshot != 0 {
		d.ready = false
		return d.snapshot(b)
	}
	if !d.ready || b[1] != d.s.seq+1 {
		d.ready = false
		return ErrGap
	}
	d.ready = false
	if err := d.frame(b); err != nil {
		return err
	}
	d.ready = true
	return nil
}

func (d *Decoder) snapshot(b []byte) error {
	le := binary.LittleEndian
	if len(b) < snapshotSize {
		return ErrCorrupt
	}
	s := stream{
		seq: b[1], session: uuid.UUID(b[2:18]), tick: le.Uint64(b[18:]), hz: le.Uint16(b[26:]),
		tolerance: math.Float32frombits(le.Uint32(b[28:])), coarse: math.Float32frombits(le.Uint32(b[32:])),
	}
	s.readClock(b[36:])
	n := le.Uint32(b[36+clockSize:])
	if n > MaxDrones || s.hz == 0 || !(s.tolerance > 0) || !(s.coarse > 0) {
		return ErrCorrupt
	}
	s.setGrids()
	d.s = s
	c := coder{buf: b, pos: 8 * snapshotSize}
	d.s.contexts.code(&c)
	d.drones, d.stale = make(map[uint32]*model), true
	slot := int64(-1)
	for range n {
		var gap uint32
		c.number(&gap)
		if slot += int64(gap) + 1; slot > MaxSlot || c.short {
			return ErrCorrupt
		}
		m := new(model)
		c.whole(m, int64(s.tick))
		d.drones[uint32(slot)] = m
	}
	if c.short {
		return ErrCorrupt
	}
	d.ready = true
	return nil
}

func (d *Decoder) frame(b []byte) error {
	delta, used := binary.Uvarint(b[2:])
	if used <= 0 {
		return ErrCorrupt
	}
	at := 2 + used
	d.s.seq = b[1]
	d.s.tick += delta
	if b[0]&bitClock != 0 {
		if len(b) < at+clockSize {
			return ErrCorrupt
		}
		d.s.readClock(b[at:])
		at += clockSize
	}
	c := coder{buf: b, pos: 8 * at}
	now, hz := int64(d.s.tick), float64(d.s.hz)
	var n uint32
	c.adaptive(&d.s.contexts[ctxCount], &n)
	slot := int64(-1)
	for ; n > 0; n-- {
		var gap uint32
		c.adaptive(&d.s.contexts[ctxGap], &gap)
		if slot += int64(gap) + 1; slot > MaxSlot || c.short {
			return ErrCorrupt
		}
		var u update
		c.tag(&u.tag)
		m := d.drones[uint32(slot)]
		switch u.tag {
		case tagGone:
			delete(d.drones, uint32(slot))
			d.stale = true
			continue
		case tagWhole:
			if m == nil {
				if len(d.drones) >= MaxDrones {
					return ErrCorrupt
				}
				m = new(model)
				d.drones[uint32(slot)] = m
				d.stale = true
			}
			*m = model{}
			c.whole(m, now)
			continue
		}
		if m == nil {
			return ErrCorrupt
		}
		c.update(&d.s.contexts, m, &u)
		m.apply(&u, d.s.grid(m), now, hz)
	}
	if c.short {
		return ErrCorrupt
	}
	return nil
}

// At returns a drone as seen at a tick, which need not be whole.
func (d *Decoder) At(slot uint32, tick float64) (State, bool) {
	m := d.drones[slot]
	if m == nil {
		return State{}, false
	}
	return d.state(slot, m, tick), true
}

// All appends all drones as seen at a tick to dst, by slot.
func (d *Decoder) All(dst []State, tick float64) []State {
	if d.stale {
		d.order, d.stale = slices.AppendSeq(d.order[:0], maps.Keys(d.drones)), false
		slices.Sort(d.order)
	}
	for _, slot := range d.order {
		dst = append(dst, d.state(slot, d.drones[slot], tick))
	}
	return dst
}

func (d *Decoder) state(slot uint32, m *model, tick float64) State {
	g, hz := d.s.grid(m), float64(d.s.hz)
	p, v := m.at(g, tick, hz)
	return State{
		Slot: slot, P: p, V: v, Heading: m.headingAt(g, tick, hz),
		Mode: uint8(m.state >> 5 & 15), Status: uint8(m.state >> 2 & 7), Flags: uint8(m.state & 3),
		Battery: uint8(m.battery), HomeZ: float64(m.home) / 10, Coarse: m.coarse,
	}
}
