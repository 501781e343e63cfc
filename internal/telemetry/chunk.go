package telemetry

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"sync"

	"github.com/klauspost/compress/zstd"

	"volary/internal/drone"
)

// TimedSample is a sample with the tick it was taken at.
type TimedSample struct {
	Tick uint64
	Sample
}

// ChunkEnc is the encoding PackChunk writes.
const ChunkEnc = 1

// MaxChunkSamples bounds one chunk, so that a reader can tell damage from data
// before it allocates: ten seconds at 1000 Hz fit.
const MaxChunkSamples = 16_384

// ErrChunk says that the bytes of a chunk can't be what PackChunk wrote.
var ErrChunk = errors.New("telemetry chunk is damaged")

// Encoding 1, before zstd: a block for each column in the order of the table
// below. A block is a byte with its mode, then varints (zigzag, low group
// first): the first value, and for each further sample how far the value is
// from what the mode predicts.
const (
	modeConstant = iota // all as the first; nothing follows
	modeDelta           // as the one before
	modeSlope           // the last step once more
	modeVelocity        // the one before, moved by the mean velocity; positions only
	modeCount
)

// velocityScale is the fixed point of the factor of modeVelocity: mm moved per
// (cm/s summed over two samples) and tick.
const velocityScale = 20

// columns of a chunk. Velocities stand before the positions they predict.
var columns = [...]struct {
	get      func(*TimedSample) int64
	set      func(*TimedSample, int64)
	velocity int // index of the column that is this one's derivative; 0: none
}{
	{get: func(s *TimedSample) int64 { return int64(s.Tick) }, set: func(s *TimedSample, v int64) { s.Tick = uint64(v) }},
	{get: func(s *TimedSample) int64 { return int64(s.VX) }, set: func(s *TimedSample, v int64) { s.VX = int16(v) }},
	{get: func(s *TimedSample) int64 { return int64(s.VY) }, set: func(s *TimedSample, v int64) { s.VY = int16(v) }},
	{get: func(s *TimedSample) int64 { return int64(s.VZ) }, set: func(s *TimedSample, v int64) { s.VZ = int16(v) }},
	{get: func(s *TimedSample) int64 { return int64(s.X) }, set: func(s *TimedSample, v int64) { s.X = int32(v) }, velocity: 1},
	{get: func(s *TimedSample) int64 { return int64(s.Y) }, set: func(s *TimedSample, v int64) { s.Y = int32(v) }, velocity: 2},
	{get: func(s *TimedSample) int64 { return int64(s.Z) }, set: func(s *TimedSample, v int64) { s.Z = int32(v) }, velocity: 3},
	{get: func(s *TimedSample) int64 { return int64(s.Roll) }, set: func(s *TimedSample, v int64) { s.Roll = int16(v) }},
	{get: func(s *TimedSample) int64 { return int64(s.Pitch) }, set: func(s *TimedSample, v int64) { s.Pitch = int16(v) }},
	{get: func(s *TimedSample) int64 { return int64(s.Heading) }, set: func(s *TimedSample, v int64) { s.Heading = uint16(v) }},
	{get: func(s *TimedSample) int64 { return int64(s.Battery) }, set: func(s *TimedSample, v int64) { s.Battery = uint16(v) }},
	{get: func(s *TimedSample) int64 { return int64(s.Voltage) }, set: func(s *TimedSample, v int64) { s.Voltage = uint16(v) }},
	{get: func(s *TimedSample) int64 { return int64(s.Current) }, set: func(s *TimedSample, v int64) { s.Current = uint16(v) }},
	{get: func(s *TimedSample) int64 { return int64(s.HomeZ) }, set: func(s *TimedSample, v int64) { s.HomeZ = int32(v) }},
	{get: func(s *TimedSample) int64 { return int64(s.Mode) }, set: func(s *TimedSample, v int64) { s.Mode = drone.Mode(v) }},
	{get: func(s *TimedSample) int64 { return int64(s.Status) }, set: func(s *TimedSample, v int64) { s.Status = drone.Status(v) }},
	{get: func(s *TimedSample) int64 { return int64(s.Flags) }, set: func(s *TimedSample, v int64) { s.Flags = uint8(v) }},
	{get: func(s *TimedSample) int64 { return int64(s.Item) }, set: func(s *TimedSample, v int64) { s.Item = uint16(v) }},
	{get: func(s *TimedSample) int64 { return int64(s.Items) }, set: func(s *TimedSample, v int64) { s.Items = uint16(v) }},
}

// maxBody is the most bytes a chunk of n samples unpacks to: a mode, a factor and
// a first value for each column, ten bytes a tick and five for anything else.
func maxBody(n int) int {
	return len(columns)*(1+2*binary.MaxVarintLen64) + n*(binary.MaxVarintLen64+(len(columns)-1)*6)
}

// The zstd halves are made once and shared: EncodeAll and DecodeAll are safe for
// concurrent use and start no goroutines.
var (
	zstdEncoder = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(1<<20))
		if err != nil {
			panic(err) // constant options
		}
		return e
	})
	zstdDecoder = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(8<<20), zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			panic(err) // constant options
		}
		return d
	})
	packers = sync.Pool{New: func() any { return new(packer) }}
)

// packer is the scratch memory of one PackChunk or UnpackChunk.
type packer struct {
	values [4][]int64 // the column at hand, and the three velocities
	body   []byte
}

func (p *packer) column(i, n int) []int64 {
	at := 0
	if i >= 1 && i <= 3 {
		at = i
	}
	if cap(p.values[at]) < n {
		p.values[at] = make([]int64, n)
	}
	p.values[at] = p.values[at][:n]
	return p.values[at]
}

// PackChunk packs samples of one drone, 1 to MaxChunkSamples of them in order of
// their ticks. Slots of the samples are not looked at.
func PackChunk(slot uint32, samples []TimedSample) Chunk {
	if n := len(samples); n == 0 || n > MaxChunkSamples {
		panic(fmt.Sprintf("telemetry: a chunk of %d samples: give 1 to %d", n, MaxChunkSamples))
	}
	p := packers.Get().(*packer)
	defer packers.Put(p)
	p.body = p.body[:0]
	for i := range columns {
		v := p.column(i, len(samples))
		get := columns[i].get
		for k := range samples {
			v[k] = get(&samples[k])
		}
		var vel []int64
		if d := columns[i].velocity; d != 0 {
			vel = p.values[d]
		}
		p.body = packColumn(p.body, v, vel, samples)
	}
	return Chunk{
		Slot: slot, FirstTick: samples[0].Tick, LastTick: samples[len(samples)-1].Tick,
		Samples: len(samples), Enc: ChunkEnc, Data: zstdEncoder().EncodeAll(p.body, nil),
	}
}

// packColumn appends the block of one column in the mode that costs least.
func packColumn(b []byte, v, vel []int64, at []TimedSample) []byte {
	var delta, slope, moved int
	var factor int64
	if vel != nil {
		factor = fitFactor(v, vel, at)
	}
	constant := true
	for k := 1; k < len(v); k++ {
		d := v[k] - v[k-1]
		constant = constant && d == 0
		delta += cost(d)
		if k > 1 {
			slope += cost(d - (v[k-1] - v[k-2]))
		} else {
			slope += cost(d)
		}
		if factor != 0 {
			moved += cost(d - movement(factor, vel, at, k))
		}
	}
	mode := modeDelta
	switch {
	case constant:
		mode = modeConstant
	case factor != 0 && moved < delta && moved < slope:
		mode = modeVelocity
	case slope < delta:
		mode = modeSlope
	}
	b = append(b, byte(mode))
	b = binary.AppendVarint(b, v[0])
	if mode == modeConstant {
		return b
	}
	if mode == modeVelocity {
		b = binary.AppendVarint(b, factor)
	}
	for k := 1; k < len(v); k++ {
		d := v[k] - v[k-1]
		switch {
		case mode == modeSlope && k > 1:
			d -= v[k-1] - v[k-2]
		case mode == modeVelocity:
			d -= movement(factor, vel, at, k)
		}
		b = binary.AppendVarint(b, d)
	}
	return b
}

// cost is about the bits a residual takes after entropy coding.
func cost(d int64) int { return bits.Len64(uint64(d)<<1 ^ uint64(d>>63)) }

// movement predicts how far a position moved up to sample k.
func movement(factor int64, vel []int64, at []TimedSample, k int) int64 {
	return (vel[k-1] + vel[k]) * int64(at[k].Tick-at[k-1].Tick) * factor >> velocityScale
}

// fitFactor finds the factor that predicts best: it stands for the length of a
// tick, which a chunk doesn't know. 0: none is any good.
func fitFactor(v, vel []int64, at []TimedSample) int64 {
	var num, den float64
	for k := 1; k < len(v); k++ {
		s := float64(vel[k-1]+vel[k]) * float64(at[k].Tick-at[k-1].Tick)
		num += s * float64(v[k]-v[k-1])
		den += s * s
	}
	f := math.Round(num / den * (1 << velocityScale))
	if !(math.Abs(f) < 1<<30) { // also NaN, from 0/0
		return 0
	}
	return int64(f)
}

// UnpackChunk gives back the samples of a chunk. Damaged bytes give an error that
// is ErrChunk; memory stays in proportion to c.Samples, which is bounded.
func UnpackChunk(c Chunk) ([]TimedSample, error) {
	if c.Enc != ChunkEnc {
		return nil, fmt.Errorf("telemetry chunk has encoding %d, this build reads %d: read it with the release that wrote it", c.Enc, ChunkEnc)
	}
	n := c.Samples
	if n < 1 || n > MaxChunkSamples {
		return nil, fmt.Errorf("%w: %d samples, a chunk holds 1 to %d", ErrChunk, n, MaxChunkSamples)
	}
	p := packers.Get().(*packer)
	defer packers.Put(p)
	if cap(p.body) < maxBody(n) {
		p.body = make([]byte, 0, maxBody(n))
	}
	body, err := zstdDecoder().DecodeAll(c.Data, p.body[:0:cap(p.body)])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChunk, err)
	}
	samples := make([]TimedSample, n)
	for i := range columns {
		var vel []int64
		if d := columns[i].velocity; d != 0 {
			vel = p.values[d]
		}
		v := p.column(i, n)
		if body, err = unpackColumn(body, v, vel, samples); err != nil {
			return nil, fmt.Errorf("%w: column %d: %w", ErrChunk, i, err)
		}
		set := columns[i].set
		for k := range samples {
			set(&samples[k], v[k])
		}
	}
	if len(body) != 0 {
		return nil, fmt.Errorf("%w: %d bytes follow the last column", ErrChunk, len(body))
	}
	if samples[0].Tick != c.FirstTick || samples[n-1].Tick != c.LastTick {
		return nil, fmt.Errorf("%w: holds ticks %d to %d, expected %d to %d", ErrChunk, samples[0].Tick, samples[n-1].Tick, c.FirstTick, c.LastTick)
	}
	for k := range samples {
		samples[k].Slot = c.Slot
	}
	return samples, nil
}

var errShort = errors.New("cut short")

func unpackColumn(b []byte, v, vel []int64, at []TimedSample) ([]byte, error) {
	if len(b) == 0 {
		return nil, errShort
	}
	mode := b[0]
	if mode >= modeCount || mode == modeVelocity && vel == nil {
		return nil, fmt.Errorf("mode %d is unknown", mode)
	}
	b = b[1:]
	var factor int64
	var size int
	if v[0], size = binary.Varint(b); size <= 0 {
		return nil, errShort
	}
	b = b[size:]
	if mode == modeVelocity {
		if factor, size = binary.Varint(b); size <= 0 {
			return nil, errShort
		}
		b = b[size:]
	}
	for k := 1; k < len(v); k++ {
		if mode == modeConstant {
			v[k] = v[0]
			continue
		}
		d, size := binary.Varint(b)
		if size <= 0 {
			return nil, errShort
		}
		b = b[size:]
		switch {
		case mode == modeSlope && k > 1:
			d += v[k-1] - v[k-2]
		case mode == modeVelocity:
			d += movement(factor, vel, at, k)
		}
		v[k] = v[k-1] + d
	}
	return b, nil
}
