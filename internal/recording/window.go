package recording

import (
	"cmp"
	"runtime"
	"slices"
	"sync"

	"github.com/google/uuid"

	"volary/internal/telemetry"
)

// window holds samples of one session that are not stored yet. It is open from
// the first of them until they are stored, which is ten simulated seconds when
// all is well, and longer while the store fails.
type window struct {
	session uuid.UUID
	tickHz  uint16
	tracks  map[uint32][]telemetry.TimedSample // by slot; memory is kept for the next window
	gaps    []telemetry.Gap
	frames  int
	samples int
	first   uint64 // ticks of the frames in it
	last    uint64
}

func (w *window) empty() bool { return w.frames == 0 }

func (w *window) of(id uuid.UUID, slot uint32) []telemetry.TimedSample {
	if w.session != id {
		return nil
	}
	return slices.Clone(w.tracks[slot])
}

// between gives the samples of all drones from one tick to another.
func (w *window) between(id uuid.UUID, from, to uint64) map[uint32][]telemetry.TimedSample {
	out := map[uint32][]telemetry.TimedSample{}
	if w.session != id || w.samples == 0 || w.last < from || w.first > to {
		return out
	}
	for slot, track := range w.tracks {
		begin, _ := slices.BinarySearchFunc(track, from, func(s telemetry.TimedSample, tick uint64) int { return cmp.Compare(s.Tick, tick) })
		end, _ := slices.BinarySearchFunc(track, to+1, func(s telemetry.TimedSample, tick uint64) int { return cmp.Compare(s.Tick, tick) })
		if begin < end {
			out[slot] = slices.Clone(track[begin:end])
		}
	}
	return out
}

// number counts windows from the session's begin.
func number(tick uint64, tickHz uint16) uint64 { return tick / (Window * uint64(tickHz)) }

// add takes the samples of one frame.
func (w *window) add(tick uint64, samples []telemetry.Sample) {
	if w.tracks == nil {
		w.tracks = map[uint32][]telemetry.TimedSample{}
	}
	for i := range samples {
		track := w.tracks[samples[i].Slot]
		if n := len(track); n > 0 && track[n-1].Tick == tick {
			continue // a drone twice in one frame: the first counts
		}
		w.tracks[samples[i].Slot] = append(track, telemetry.TimedSample{Tick: tick, Sample: samples[i]})
		w.samples++
	}
	if w.frames == 0 {
		w.first = tick
	}
	w.frames++
	w.last = max(w.last, tick)
}

// gap notes that telemetry is missing. Gaps of one reason that follow each other
// are one.
func (w *window) gap(from, to uint64, reason string) {
	if n := len(w.gaps); n > 0 && w.gaps[n-1].Reason == reason && w.gaps[n-1].ToTick > from {
		w.gaps[n-1].ToTick = max(to, w.gaps[n-1].ToTick)
		return
	}
	w.gaps = append(w.gaps, telemetry.Gap{FromTick: from, ToTick: to, Reason: reason})
}

// clear forgets all samples, and the drones that had none.
func (w *window) clear() {
	for slot, track := range w.tracks {
		if len(track) == 0 {
			delete(w.tracks, slot)
			continue
		}
		w.tracks[slot] = track[:0]
	}
	w.gaps, w.frames, w.samples, w.first, w.last = nil, 0, 0, 0, 0
}

// pack makes the chunks, by slot and tick, on all cores. No chunk reaches over
// the boundary of a window, and none is larger than a chunk may be.
func (w *window) pack() []telemetry.Chunk {
	type piece struct {
		slot    uint32
		samples []telemetry.TimedSample
	}
	var pieces []piece
	for slot, track := range w.tracks {
		for len(track) > 0 {
			n := 1
			for n < len(track) && n < telemetry.MaxChunkSamples && number(track[n].Tick, w.tickHz) == number(track[0].Tick, w.tickHz) {
				n++
			}
			pieces = append(pieces, piece{slot, track[:n]})
			track = track[n:]
		}
	}
	slices.SortFunc(pieces, func(a, b piece) int {
		if a.slot != b.slot {
			return int(int64(a.slot) - int64(b.slot))
		}
		return int(int64(a.samples[0].Tick) - int64(b.samples[0].Tick))
	})
	chunks := make([]telemetry.Chunk, len(pieces))
	workers := min(runtime.GOMAXPROCS(0), 8)
	var packing sync.WaitGroup
	for worker := range workers {
		packing.Go(func() {
			for i := worker; i < len(pieces); i += workers {
				chunks[i] = telemetry.PackChunk(pieces[i].slot, pieces[i].samples)
			}
		})
	}
	packing.Wait()
	return chunks
}
