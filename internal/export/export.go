// Package export writes recorded sessions as files that other programs read:
// CSV, NDJSON, Parquet, and MCAP for Foxglove.
//
// Rows come in order of time, and of slot at each moment. A file is written while
// it is read: ten simulated seconds of the fleet are in memory at a time, and of
// Parquet one row group more.
package export

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"

	"volary/internal/geo"
	"volary/internal/session"
	"volary/internal/telemetry"
)

// Format is a kind of file.
type Format string

// The formats.
const (
	CSV     Format = "csv"
	NDJSON  Format = "ndjson"
	Parquet Format = "parquet"
	MCAP    Format = "mcap"
)

// Formats lists all.
var Formats = []Format{CSV, NDJSON, Parquet, MCAP}

// ContentType is the media type of a format.
func (f Format) ContentType() string {
	switch f {
	case CSV:
		return "text/csv; charset=utf-8"
	case NDJSON:
		return "application/x-ndjson"
	case Parquet:
		return "application/vnd.apache.parquet"
	}
	return "application/octet-stream"
}

// Source is where the history is.
type Source interface {
	Members(ctx context.Context, session uuid.UUID) ([]session.Member, error)
	// Moments gives the samples of all drones from one tick to another, by slot.
	Moments(ctx context.Context, session uuid.UUID, fromTick, toTick uint64) (map[uint32][]telemetry.TimedSample, error)
	Events(ctx context.Context, f session.EventFilter) (page []telemetry.Event, next string, err error)
}

// Choice is what of a session to write.
type Choice struct {
	FromTick uint64
	ToTick   uint64 // 0: to the end
	Drones   []string
	Progress func(samples uint64) // called after each stretch; may be nil
}

// row is a sample ready to be written.
type row struct {
	tick   uint64
	time   float64 // simulated seconds
	wall   time.Time
	member *session.Member
	sample *telemetry.Sample
	place  geo.LLA
}

// writer writes one format.
type writer interface {
	begin(s *session.Session, members []session.Member) error
	row(r *row) error
	end() error
}

// window is the stretch read at once, simulated seconds.
const window = 10

// Write writes a session to w and returns how many samples it holds.
func Write(ctx context.Context, w io.Writer, f Format, src Source, s *session.Session, c Choice) (uint64, error) {
	members, err := src.Members(ctx, s.ID)
	if err != nil {
		return 0, err
	}
	chosen, bySlot, err := choose(members, c.Drones)
	if err != nil {
		return 0, err
	}
	var out writer
	switch f {
	case CSV:
		out = newCSV(w)
	case NDJSON:
		out = newNDJSON(w)
	case Parquet:
		out = newParquet(w)
	case MCAP:
		out = &mcapWriter{ctx: ctx, w: w, src: src, choice: c}
	default:
		return 0, fmt.Errorf("export: %q is not a format: %v", f, Formats)
	}
	if err := out.begin(s, chosen); err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	n, err := writeRows(ctx, out, src, s, c, bySlot)
	if err != nil {
		return n, err
	}
	if err := out.end(); err != nil {
		return n, fmt.Errorf("export: %w", err)
	}
	return n, nil
}

func choose(members []session.Member, ids []string) ([]session.Member, map[uint32]*session.Member, error) {
	if len(ids) > 0 {
		kept := members[:0:0]
		for _, m := range members {
			if slices.Contains(ids, m.ID) {
				kept = append(kept, m)
			}
		}
		for _, id := range ids {
			if !slices.ContainsFunc(kept, func(m session.Member) bool { return m.ID == id }) {
				return nil, nil, fmt.Errorf("export: drone %q: %w in this session", id, session.ErrNotFound)
			}
		}
		members = kept
	}
	bySlot := make(map[uint32]*session.Member, len(members))
	for i := range members {
		bySlot[uint32(members[i].Slot)] = &members[i]
	}
	return members, bySlot, nil
}

func writeRows(ctx context.Context, out writer, src Source, s *session.Session, c Choice, bySlot map[uint32]*session.Member) (uint64, error) {
	hz := uint64(max(1, s.TickHz))
	last := s.LastTick
	if c.ToTick > 0 {
		last = min(last, c.ToTick)
	}
	local := geo.NewLocal(s.Origin)
	var n uint64
	var rows []row
	for from := c.FromTick / (window * hz) * (window * hz); from <= last; from += window * hz {
		if err := ctx.Err(); err != nil {
			return n, context.Cause(ctx)
		}
		tracks, err := src.Moments(ctx, s.ID, max(from, c.FromTick), min(last, from+window*hz-1))
		if err != nil {
			return n, err
		}
		rows = rows[:0]
		for slot, track := range tracks {
			m := bySlot[slot]
			if m == nil {
				continue
			}
			for i := range track {
				rows = append(rows, row{tick: track[i].Tick, member: m, sample: &track[i].Sample})
			}
		}
		slices.SortFunc(rows, func(a, b row) int {
			return cmp.Or(cmp.Compare(a.tick, b.tick), cmp.Compare(a.member.Slot, b.member.Slot))
		})
		for i := range rows {
			r := &rows[i]
			r.time = float64(r.tick) / float64(hz)
			r.wall = s.StartedAt.Add(time.Duration(r.tick/hz)*time.Second + time.Duration(r.tick%hz)*time.Second/time.Duration(hz))
			at := geo.Vec{X: float64(r.sample.X) / 1000, Y: float64(r.sample.Y) / 1000}
			r.place = local.ToLLA(at)
			r.place.Alt = s.Origin.Alt + float64(r.sample.Z)/1000
			if err := out.row(r); err != nil {
				return n, fmt.Errorf("export: %w", err)
			}
			n++
		}
		if c.Progress != nil {
			c.Progress(n)
		}
	}
	return n, nil
}
