package compact

import (
	"encoding/binary"
	"math"

	"github.com/google/uuid"
)

// Version is the layout this build writes and reads.
const Version = 1

// Bits of a message's first byte, below the version in its upper half.
const (
	bitSnapshot = 1 << iota // everything, to begin with
	bitClock                // a clock follows
)

// Clock is how ticks lie in time. Between two clocks, a tick is published
// 1/(Hz·Speed) seconds after the one before.
type Clock struct {
	Tick        uint64
	PublishedUS int64   // wall clock of the simulator, Unix µs, when Tick was published
	Speed       float64 // simulated seconds a wall second; +Inf: as fast as possible
	Paused      bool    // time stands still
}

// stream is what both sides know of a stream besides its drones.
type stream struct {
	session   uuid.UUID
	seq       uint8
	tick      uint64 // of the last frame
	hz        uint16
	tolerance float32 // m
	coarse    float32 // m, outside the area of interest
	clock     Clock
	fine, far grid
	contexts  contextSet
}

func (s *stream) setGrids() {
	s.fine, s.far = gridOf(float64(s.tolerance)), gridOf(float64(s.coarse))
}

func (s *stream) grid(m *model) *grid {
	if m.coarse {
		return &s.far
	}
	return &s.fine
}

// Sizes of the parts of a header, in bytes.
const (
	clockSize    = 8 + 4 + 1
	snapshotSize = 2 + 16 + 8 + 2 + 4 + 4 + clockSize + 4
)

func (s *stream) appendClock(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(s.clock.PublishedUS))
	b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(s.clock.Speed)))
	if s.clock.Paused {
		return append(b, 1)
	}
	return append(b, 0)
}

func (s *stream) readClock(b []byte) {
	s.clock.Tick = s.tick
	s.clock.PublishedUS = int64(binary.LittleEndian.Uint64(b))
	s.clock.Speed = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[8:])))
	s.clock.Paused = b[12]&1 != 0
}

// appendSnapshotHeader appends what stands before the bits of a snapshot of n drones.
func (s *stream) appendSnapshotHeader(b []byte, n int) []byte {
	le := binary.LittleEndian
	b = append(b, Version<<4|bitSnapshot|bitClock, s.seq)
	b = append(b, s.session[:]...)
	b = le.AppendUint64(b, s.tick)
	b = le.AppendUint16(b, s.hz)
	b = le.AppendUint32(b, math.Float32bits(s.tolerance))
	b = le.AppendUint32(b, math.Float32bits(s.coarse))
	b = s.appendClock(b)
	return le.AppendUint32(b, uint32(n))
}
