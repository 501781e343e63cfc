package telemetry

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/google/uuid"

	"volary/internal/drone"
)

// FrameVersion is the layout this build writes and reads. Another one is refused
// by name, so that two builds that don't fit say so.
const FrameVersion = 1

// SliceDrones is how many drones one slice carries: 48 KB, which a broker passes
// on in half the time of one message of 480 KB, and well below its 1 MB limit.
const SliceDrones = 1000

const (
	frameMagic = 'V'<<8 | 'F'
	headerSize = 64
)

// Header stands before the samples of a slice. All slices of a frame have the
// same header but for Slice.
type Header struct {
	Session     uuid.UUID
	Seq         uint64  // counts frames of this stream without gaps, from 1
	Tick        uint64  // ticks since the session began
	TickHz      uint16  // ticks per simulated second
	PublishedUS int64   // wall clock of the simulator, Unix µs, when the tick was published
	Roster      uint32  // version of the list of drones the slots refer to
	Drones      uint32  // drones in the whole frame
	Slice       uint8   // this slice, from 0
	Slices      uint8   // slices of the frame
	Paused      bool    // time stands still
	Speed       float32 // asked for; +Inf: as fast as possible
}

// SimTime is the simulated time of the frame in seconds.
func (h *Header) SimTime() float64 { return float64(h.Tick) / float64(h.TickHz) }

// Errors of DecodeSlice.
var (
	ErrNotAFrame = errors.New("not a telemetry frame")
	ErrTruncated = errors.New("telemetry frame cut short")
)

// VersionError tells that a frame was written by a build that doesn't fit.
type VersionError struct{ Got int }

func (e *VersionError) Error() string {
	return fmt.Sprintf("version_unsupported: telemetry frame version %d, this build reads %d: run simulator and backend of one release", e.Got, FrameVersion)
}

// AppendSlice appends a slice with up to SliceDrones samples to b.
func AppendSlice(b []byte, h *Header, samples []Sample) []byte {
	le := binary.LittleEndian
	b = le.AppendUint16(b, frameMagic)
	b = append(b, FrameVersion, flagByte(h.Paused))
	b = append(b, h.Session[:]...)
	b = le.AppendUint64(b, h.Seq)
	b = le.AppendUint64(b, h.Tick)
	b = le.AppendUint64(b, uint64(h.PublishedUS))
	b = le.AppendUint16(b, h.TickHz)
	b = append(b, h.Slice, h.Slices)
	b = le.AppendUint32(b, h.Roster)
	b = le.AppendUint32(b, h.Drones)
	b = le.AppendUint32(b, math.Float32bits(h.Speed))
	b = le.AppendUint32(b, uint32(len(samples)))
	for i := range samples {
		b = appendSample(b, &samples[i])
	}
	return b
}

func flagByte(on bool) byte {
	if on {
		return 1
	}
	return 0
}

// DecodeSlice reads one slice and appends its samples to dst. It allocates
// nothing beyond what dst needs, whatever the length field says.
func DecodeSlice(b []byte, dst []Sample) (Header, []Sample, error) {
	le := binary.LittleEndian
	var h Header
	if len(b) < 4 || le.Uint16(b) != frameMagic {
		return h, dst, ErrNotAFrame
	}
	if b[2] != FrameVersion {
		return h, dst, &VersionError{Got: int(b[2])}
	}
	if len(b) < headerSize {
		return h, dst, ErrTruncated
	}
	h.Paused = b[3]&1 != 0
	copy(h.Session[:], b[4:20])
	h.Seq = le.Uint64(b[20:])
	h.Tick = le.Uint64(b[28:])
	h.PublishedUS = int64(le.Uint64(b[36:]))
	h.TickHz = le.Uint16(b[44:])
	h.Slice, h.Slices = b[46], b[47]
	h.Roster = le.Uint32(b[48:])
	h.Drones = le.Uint32(b[52:])
	h.Speed = math.Float32frombits(le.Uint32(b[56:]))
	n := int(le.Uint32(b[60:]))
	switch {
	case n > SliceDrones || len(b) != headerSize+n*SampleSize:
		return h, dst, ErrTruncated
	case h.TickHz == 0 || h.Slices == 0 || h.Slice >= h.Slices || h.Drones > drone.MaxFleet:
		return h, dst, ErrNotAFrame
	}
	for i := range n {
		dst = append(dst, decodeSample(b[headerSize+i*SampleSize:]))
	}
	return h, dst, nil
}

func appendSample(b []byte, s *Sample) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, s.Slot)
	b = le.AppendUint32(b, uint32(s.X))
	b = le.AppendUint32(b, uint32(s.Y))
	b = le.AppendUint32(b, uint32(s.Z))
	b = le.AppendUint16(b, uint16(s.VX))
	b = le.AppendUint16(b, uint16(s.VY))
	b = le.AppendUint16(b, uint16(s.VZ))
	b = le.AppendUint16(b, uint16(s.Roll))
	b = le.AppendUint16(b, uint16(s.Pitch))
	b = le.AppendUint16(b, s.Heading)
	b = le.AppendUint16(b, s.Battery)
	b = le.AppendUint16(b, s.Voltage)
	b = le.AppendUint16(b, s.Current)
	b = append(b, byte(s.Mode), byte(s.Status))
	b = le.AppendUint32(b, uint32(s.HomeZ))
	b = append(b, s.Flags, 0)
	b = le.AppendUint16(b, s.Item)
	b = le.AppendUint16(b, s.Items)
	return append(b, 0, 0) // reserved; rounds a sample up to 48 bytes
}

func decodeSample(b []byte) Sample {
	le := binary.LittleEndian
	_ = b[SampleSize-1]
	return Sample{
		Slot: le.Uint32(b), X: int32(le.Uint32(b[4:])), Y: int32(le.Uint32(b[8:])), Z: int32(le.Uint32(b[12:])),
		VX: int16(le.Uint16(b[16:])), VY: int16(le.Uint16(b[18:])), VZ: int16(le.Uint16(b[20:])),
		Roll: int16(le.Uint16(b[22:])), Pitch: int16(le.Uint16(b[24:])), Heading: le.Uint16(b[26:]),
		Battery: le.Uint16(b[28:]), Voltage: le.Uint16(b[30:]), Current: le.Uint16(b[32:]),
		Mode: drone.Mode(b[34]), Status: drone.Status(b[35]), HomeZ: int32(le.Uint32(b[36:])), Flags: b[40],
		Item: le.Uint16(b[42:]), Items: le.Uint16(b[44:]),
	}
}

// AppendSample appends one sample as it stands in a frame.
func AppendSample(b []byte, s *Sample) []byte { return appendSample(b, s) }

// DecodeSample reads what AppendSample wrote. ErrTruncated.
func DecodeSample(b []byte) (Sample, error) {
	if len(b) != SampleSize {
		return Sample{}, ErrTruncated
	}
	return decodeSample(b), nil
}
