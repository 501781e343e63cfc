package telemetry

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/google/uuid"
	"github.com/klauspost/compress/zstd"
)

// Snapshot is a world at one tick, packed. A run can go on from it.
type Snapshot struct {
	Session uuid.UUID
	Tick    uint64
	Begin   bool   // the session, or its life after a break, began with it
	Hash    uint64 // of the world: what a run that goes on from it must begin with
	Data    []byte // zstd of what the world wrote
}

// SnapshotPart is a piece of a snapshot, as large as a message may be.
type SnapshotPart struct {
	Snapshot        // Data is this part's
	Part     uint16 // from 0
	Parts    uint16 // not 0
}

const (
	partHeader   = 40
	partMagic    = 0x5653 // "SV"
	partSize     = 512 << 10
	partVersion  = 1
	maxPartCount = 1024 // half a gigabyte
)

// ErrNotASnapshot says that bytes are no part of a snapshot.
var ErrNotASnapshot = errors.New("not a part of a snapshot")

// Cut cuts a snapshot into messages: magic u16, version u8, flags u8 (1: begin),
// session, tick u64, hash u64, part u16, parts u16, data.
func (s *Snapshot) Cut() [][]byte {
	n := max(1, (len(s.Data)+partSize-1)/partSize)
	out := make([][]byte, n)
	for i := range out {
		data := s.Data[min(i*partSize, len(s.Data)):min((i+1)*partSize, len(s.Data))]
		b := make([]byte, 0, partHeader+len(data))
		b = binary.LittleEndian.AppendUint16(b, partMagic)
		flags := byte(0)
		if s.Begin {
			flags = 1
		}
		b = append(b, partVersion, flags)
		b = append(b, s.Session[:]...)
		b = binary.LittleEndian.AppendUint64(b, s.Tick)
		b = binary.LittleEndian.AppendUint64(b, s.Hash)
		b = binary.LittleEndian.AppendUint16(b, uint16(i))
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
		out[i] = append(b, data...)
	}
	return out
}

// DecodeSnapshotPart reads a message of Cut. The data are not copied.
func DecodeSnapshotPart(b []byte) (SnapshotPart, error) {
	var p SnapshotPart
	if len(b) < partHeader || binary.LittleEndian.Uint16(b) != partMagic || b[2] != partVersion || b[3] > 1 {
		return p, fmt.Errorf("telemetry: %w", ErrNotASnapshot)
	}
	p.Begin = b[3] == 1
	copy(p.Session[:], b[4:20])
	p.Tick, p.Hash = binary.LittleEndian.Uint64(b[20:]), binary.LittleEndian.Uint64(b[28:])
	p.Part, p.Parts = binary.LittleEndian.Uint16(b[36:]), binary.LittleEndian.Uint16(b[38:])
	p.Data = b[partHeader:]
	if p.Parts == 0 || p.Parts > maxPartCount || p.Part >= p.Parts || p.Session == uuid.Nil || p.Tick > 1<<53 {
		return p, fmt.Errorf("telemetry: %w: part %d of %d", ErrNotASnapshot, p.Part, p.Parts)
	}
	return p, nil
}

// Assembly puts snapshots together from parts that come in order. Parts of a
// snapshot whose others are missing are dropped: the next one is ten seconds away.
type Assembly struct {
	at      Snapshot
	next    uint16
	Dropped uint64 // parts that belonged to nothing whole
}

// Add takes a part, and returns the snapshot that it completes, or nil.
func (a *Assembly) Add(p SnapshotPart) *Snapshot {
	if p.Part == 0 {
		a.Dropped += uint64(a.next)
		a.at, a.next = Snapshot{Session: p.Session, Tick: p.Tick, Begin: p.Begin, Hash: p.Hash}, 0
	}
	if p.Part != a.next || p.Tick != a.at.Tick || p.Session != a.at.Session {
		a.Dropped += uint64(a.next) + 1
		a.at, a.next = Snapshot{}, 0
		return nil
	}
	a.at.Data = append(a.at.Data, p.Data...)
	if a.next++; a.next < p.Parts {
		return nil
	}
	whole := a.at
	a.at, a.next = Snapshot{}, 0
	return &whole
}

// Hashes are fingerprints of the world at From, From+Every, …: what a run that
// is done again must have at the same ticks.
type Hashes struct {
	From   uint64   `json:"from"`
	Every  uint64   `json:"every"`
	Hashes []string `json:"hashes"` // 16 hexadecimal digits
}

// Types of events that are the record of a run and not for those who watch.
const (
	EventDeed   = "deed"       // data: world.Deed; done before the step from its tick
	EventHashes = "state_hash" // data: Hashes
)

// Internal tells whether an event is of the record only.
func (e *Event) Internal() bool { return e.Type == EventDeed || e.Type == EventHashes }

// maxWorld bounds what a packed world may unpack to.
const maxWorld = 512 << 20

var (
	worldEncoder = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
		if err != nil {
			panic(err) // the options are constants
		}
		return e
	})
	worldDecoder = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxWorld))
		if err != nil {
			panic(err) // the options are constants
		}
		return d
	})
)

// Compress packs what a world wrote.
func Compress(b []byte) []byte { return worldEncoder().EncodeAll(b, nil) }

// Decompress gives back what Compress packed. ErrNotASnapshot.
func Decompress(b []byte) ([]byte, error) {
	out, err := worldDecoder().DecodeAll(b, nil)
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w: %w", ErrNotASnapshot, err)
	}
	return out, nil
}
