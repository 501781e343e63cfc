package rerun

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"volary/internal/session"
	"volary/internal/telemetry"
	"volary/internal/world"
)

// Tracks gives what was recorded of a drone.
type Tracks interface {
	History
	Members(ctx context.Context, session uuid.UUID) ([]session.Member, error)
	Track(ctx context.Context, session uuid.UUID, slot uint32, fromTick, toTick uint64) ([]telemetry.TimedSample, error)
}

// Deed is what was done, and when.
type Deed struct {
	Tick uint64     `json:"tick"`
	Deed world.Deed `json:"deed"`
}

// Deeds lists what was done in a session from a tick on.
func Deeds(ctx context.Context, h History, id uuid.UUID, from uint64) ([]Deed, error) {
	all, err := deeds(ctx, h, id, from, 0)
	out := make([]Deed, len(all))
	for i := range all {
		out[i] = Deed{all[i].tick, all[i].Deed}
	}
	return out, err
}

const diffMost = 100 // commands and drones that are named

// Diff finds where two sessions part: by what they were told, by the fingerprint
// of every second, and by the recorded samples around the first that differs.
func Diff(ctx context.Context, h Tracks, a, b *session.Session) (*session.Diff, error) {
	d := &session.Diff{
		A: a.ID, B: b.ID, FromTick: max(a.ParentTick, b.ParentTick), ToTick: min(a.LastTick, b.LastTick), Deeds: []session.DiffDeed{},
	}
	if d.ToTick < d.FromTick {
		d.Why = "they have no recorded moment in common"
		return d, nil
	}
	first := uint64(1 << 63)
	note := func(tick uint64, why string) {
		if tick < first {
			first, d.Why = tick, why
		}
	}
	if err := diffDeeds(ctx, h, d, note); err != nil {
		return nil, err
	}
	from, to, err := diffHashes(ctx, h, d)
	if err != nil {
		return nil, err
	}
	if d.Hashes.Compared == 0 || d.Hashes.Equal < d.Hashes.Compared {
		if err := diffTracks(ctx, h, d, from, to); err != nil {
			return nil, err
		}
	}
	if d.Hashes.FirstTick != nil {
		note(*d.Hashes.FirstTick, "the worlds differ, in less than the record shows")
	}
	if d.State != nil {
		note(d.State.Tick, fmt.Sprintf("%d drones are not where they were, %s first", d.State.Count, d.State.Drones[0]))
	}
	if first < 1<<63 {
		s := float64(first) / float64(max(1, a.TickHz))
		d.PartsAt, d.SimTime = &first, &s
	}
	d.Same = d.PartsAt == nil && d.Hashes.Compared > 0
	return d, nil
}

// diffDeeds compares what was done, as JSON, tick by tick.
func diffDeeds(ctx context.Context, h History, d *session.Diff, note func(uint64, string)) error {
	in := map[string][]telemetry.Event{}
	for name, id := range map[string]uuid.UUID{"a": d.A, "b": d.B} {
		all, err := h.Record(ctx, id, telemetry.EventDeed, d.FromTick, d.ToTick)
		if err != nil {
			return err
		}
		in[name] = all
	}
	a, b := in["a"], in["b"]
	add := func(name string, e *telemetry.Event) {
		what := describe(e)
		if note(e.Tick, fmt.Sprintf("only %s was told: %s", name, what)); len(d.Deeds) < diffMost {
			d.Deeds = append(d.Deeds, session.DiffDeed{In: name, Tick: e.Tick, What: what})
		}
	}
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(a) > 0 && len(b) > 0 && a[0].Tick == b[0].Tick && bytes.Equal(deedKey(&a[0]), deedKey(&b[0])):
			a, b = a[1:], b[1:]
		case len(b) == 0 || len(a) > 0 && (a[0].Tick < b[0].Tick || a[0].Tick == b[0].Tick && len(a) >= len(b)):
			add("a", &a[0])
			a = a[1:]
		default:
			add("b", &b[0])
			b = b[1:]
		}
	}
	return nil
}

// deedKey is a deed without the id of its command, which is given to each order anew.
func deedKey(e *telemetry.Event) []byte {
	var d world.Deed
	if json.Unmarshal(e.Data, &d) != nil {
		return e.Data
	}
	if d.Command != nil {
		d.Command.ID = ""
	}
	key, err := json.Marshal(&d)
	if err != nil {
		return e.Data
	}
	return key
}

func describe(e *telemetry.Event) string {
	var d world.Deed
	if json.Unmarshal(e.Data, &d) != nil {
		return "something that can't be read"
	}
	switch {
	case d.Command != nil:
		who := "all"
		if !d.Command.Drones.All {
			ids := d.Command.Drones.IDs
			if who = fmt.Sprint(ids[:min(3, len(ids))]); len(ids) > 3 {
				who += fmt.Sprintf(" and %d more", len(ids)-3)
			}
		}
		return fmt.Sprintf("%s to %s", d.Command.Type, who)
	case d.Spawn != nil:
		return fmt.Sprintf("%d drones added", d.Spawn.Count)
	}
	return "drones removed"
}

// diffHashes compares fingerprints and returns the stretch in which samples may
// differ first.
func diffHashes(ctx context.Context, h History, d *session.Diff) (from, to uint64, err error) {
	a, err := fingerprints(ctx, h, d.A, d.FromTick, d.ToTick)
	if err != nil {
		return 0, 0, err
	}
	b, err := fingerprints(ctx, h, d.B, d.FromTick, d.ToTick)
	if err != nil {
		return 0, 0, err
	}
	from, to = d.FromTick, d.ToTick
	var ticks []uint64
	for t := range a {
		if _, ok := b[t]; ok {
			ticks = append(ticks, t)
		}
	}
	slices.Sort(ticks)
	for _, t := range ticks {
		d.Hashes.Compared++
		switch {
		case a[t] == b[t]:
			if d.Hashes.Equal++; d.Hashes.FirstTick == nil {
				from = t
			}
		case d.Hashes.FirstTick == nil:
			d.Hashes.FirstTick = &t
		}
	}
	if d.Hashes.FirstTick != nil {
		// What differs by less than a sample shows grows: look on for a minute.
		to = min(to, *d.Hashes.FirstTick+60*world.TickHz)
	}
	return from, to, nil
}

// diffTracks finds the first recorded tick at which drones differ.
func diffTracks(ctx context.Context, h Tracks, d *session.Diff, from, to uint64) error {
	a, err := h.Members(ctx, d.A)
	if err != nil {
		return err
	}
	b, err := h.Members(ctx, d.B)
	if err != nil {
		return err
	}
	names := map[int]string{}
	for _, m := range append(a, b...) {
		names[m.Slot] = m.ID
	}
	firstOf := map[string]uint64{}
	for slot, id := range names {
		ta, err := h.Track(ctx, d.A, uint32(slot), from, to)
		if err != nil {
			return err
		}
		tb, err := h.Track(ctx, d.B, uint32(slot), from, to)
		if err != nil {
			return err
		}
		if t, ok := partTick(ta, tb); ok {
			firstOf[id] = t
		}
	}
	if len(firstOf) == 0 {
		return nil
	}
	s := &session.DiffState{Tick: 1 << 63}
	for _, t := range firstOf {
		s.Tick = min(s.Tick, t)
	}
	for id, t := range firstOf {
		if t == s.Tick {
			s.Drones = append(s.Drones, id)
		}
	}
	s.Count = len(s.Drones)
	slices.SortFunc(s.Drones, func(x, y string) int {
		if len(x) != len(y) {
			return len(x) - len(y)
		}
		return bytes.Compare([]byte(x), []byte(y))
	})
	s.Drones = s.Drones[:min(diffMost, len(s.Drones))]
	d.State = s
	return nil
}

// partTick is the first tick that both recorded and at which they differ.
func partTick(a, b []telemetry.TimedSample) (uint64, bool) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].Tick < b[0].Tick:
			a = a[1:]
		case b[0].Tick < a[0].Tick:
			b = b[1:]
		case a[0] != b[0]:
			return a[0].Tick, true
		default:
			a, b = a[1:], b[1:]
		}
	}
	return 0, false
}
