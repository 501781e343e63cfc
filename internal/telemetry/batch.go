package telemetry

import (
	"errors"

	"github.com/google/uuid"
)

// ErrPosition says that a batch doesn't begin where the store is: it, or another
// that covers it, was stored already. Read the position again and go on there.
var ErrPosition = errors.New("stream position has moved on")

// Chunk is the packed samples of one drone over a window of ticks.
type Chunk struct {
	Slot      uint32
	FirstTick uint64
	LastTick  uint64
	Samples   int
	Enc       int16  // version of the encoding of Data
	Data      []byte // see PackChunk
}

// Gap is a stretch of a session of which telemetry is missing, ticks FromTick+1
// to ToTick-1: the last whole one before it and the first whole one after.
type Gap struct {
	FromTick uint64 `json:"from_tick"`
	ToTick   uint64 `json:"to_tick"`
	Reason   string `json:"reason"`
}

// Batch is what one transaction of the recorder stores: everything the stream
// said after PrevSeq up to and including Seq.
//
// A stream is read in order by one reader that starts after the sequence the
// store remembers. The store moves that position from PrevSeq to Seq in the
// transaction that holds the data, or refuses the batch when the position is no
// longer PrevSeq. So a batch is stored exactly once, whoever repeats it.
type Batch struct {
	Stream  string // identity of the stream; a new stream counts from 1 again
	PrevSeq uint64
	Seq     uint64

	Session  uuid.UUID
	LastTick uint64 // last tick of Session these data reach; 0: unchanged
	Chunks   []Chunk
	Gaps     []Gap
	Events   []Event
	Snapshot *Snapshot // of Session
}
