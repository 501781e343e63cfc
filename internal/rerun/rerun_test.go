package rerun_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/rerun"
	"volary/internal/scenario"
	"volary/internal/session"
	"volary/internal/store"
	"volary/internal/telemetry"
	"volary/internal/world"
)

const every = 25

const text = `name: t
home: {lat: 47.397742, lon: 8.545594, alt_m: 488}
seed: 3
wind: {speed_ms: 4, from_deg: 200}
fleet: [{count: 6, model: x500, formation: grid, spacing_m: 20}]
missions:
  - name: square
    repeat: true
    items: [{type: takeoff, z: 5}, {type: waypoint, x: 5, y: 5, z: 6}, {type: waypoint, x: -5, y: 5, z: 6}]
timeline:
  - {at_s: 0.2, drones: 1-3, command: mission_start, mission: square}
  - {at_s: 25, drones: 4-6, command: takeoff, params: {altitude_m: 8}}
`

// past is a session that is flown here, and kept as the backend keeps it.
type past struct {
	t     *testing.T
	db    store.Store
	world *world.World
	s     *session.Session
	seq   uint64
	hash  telemetry.Hashes
	track map[uint32][]telemetry.TimedSample
}

// archive is the store with the tracks that the recorder would give.
type archive struct{ store.Store }

func (a archive) Track(ctx context.Context, id uuid.UUID, slot uint32, from, to uint64) ([]telemetry.TimedSample, error) {
	chunks, err := a.Chunks(ctx, id, slot, from, to)
	var out []telemetry.TimedSample
	for _, c := range chunks {
		all, err := telemetry.UnpackChunk(c)
		if err != nil {
			return nil, err
		}
		for _, s := range all {
			if s.Tick >= from && (to == 0 || s.Tick <= to) {
				out = append(out, s)
			}
		}
	}
	return out, err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T) archive {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "v.db"), store.Options{})
	must(t, err)
	t.Cleanup(db.Close)
	return archive{db}
}

func begin(t *testing.T, db store.Store, w *world.World, parent *session.Session) *past {
	t.Helper()
	s := &session.Session{
		ID: uuid.New(), Name: "t", Simulator: "sim", Scenario: text, Seed: 3, State: session.Running, TickHz: world.TickHz,
		RecordEvery: every, Origin: geo.LLA{Lat: 47.397742, Lon: 8.545594, Alt: 488},
	}
	if parent != nil {
		s.Parent, s.ParentTick = &parent.ID, w.Tick()
	}
	must(t, db.CreateSession(t.Context(), s))
	p := &past{t: t, db: db, world: w, s: s, track: map[uint32][]telemetry.TimedSample{}}
	var members []session.Member
	_, all := w.Roster()
	for _, i := range all {
		members = append(members, session.Member{Info: i})
	}
	must(t, db.PutMembers(t.Context(), s.ID, members))
	p.save(true)
	p.record()
	return p
}

func (p *past) ingest(b *telemetry.Batch) {
	p.t.Helper()
	p.seq++
	b.Stream, b.PrevSeq, b.Seq, b.Session = p.s.ID.String(), p.seq-1, p.seq, p.s.ID
	must(p.t, p.db.Ingest(p.t.Context(), b))
}

func (p *past) note(typ string, v any) {
	p.t.Helper()
	data, err := json.Marshal(v)
	must(p.t, err)
	p.ingest(&telemetry.Batch{Events: []telemetry.Event{{
		Session: p.s.ID.String(), Seq: p.seq, Tick: p.world.Tick(), Severity: telemetry.Info, Type: typ, Message: "m", Data: data,
	}}})
}

func (p *past) save(begin bool) {
	p.t.Helper()
	data, err := p.world.Snapshot(nil)
	must(p.t, err)
	p.ingest(&telemetry.Batch{Snapshot: &telemetry.Snapshot{
		Session: p.s.ID, Tick: p.world.Tick(), Begin: begin, Hash: p.world.Hash(), Data: telemetry.Compress(data),
	}})
}

func (p *past) record() {
	for _, s := range p.world.Samples(nil) {
		p.track[s.Slot] = append(p.track[s.Slot], telemetry.TimedSample{Tick: p.world.Tick(), Sample: s})
	}
}

func (p *past) do(c drone.Command) {
	p.t.Helper()
	d := world.Deed{Command: &c}
	_, err := p.world.Carry(&d)
	must(p.t, err)
	p.note(telemetry.EventDeed, &d)
}

func (p *past) fly(seconds int) {
	p.t.Helper()
	for range seconds * world.TickHz {
		p.world.Step()
		p.world.Events()
		tick := p.world.Tick()
		if tick%every == 0 {
			p.record()
		}
		if tick%world.TickHz == 0 {
			if len(p.hash.Hashes) == 0 {
				p.hash.From, p.hash.Every = tick, world.TickHz
			}
			p.hash.Hashes = append(p.hash.Hashes, fmt.Sprintf("%016x", p.world.Hash()))
		}
		if tick%(10*world.TickHz) == 0 {
			p.save(false)
		}
	}
}

// done stores what is held, and gives the session as it is recorded.
func (p *past) done() *session.Session {
	p.t.Helper()
	p.note(telemetry.EventHashes, &p.hash)
	b := &telemetry.Batch{LastTick: p.world.Tick()}
	for slot, track := range p.track {
		b.Chunks = append(b.Chunks, telemetry.PackChunk(slot, track))
	}
	p.ingest(b)
	s, err := p.db.Session(p.t.Context(), p.s.ID)
	must(p.t, err)
	return s
}

func fresh(t *testing.T) *world.World {
	t.Helper()
	sc, err := scenario.Parse([]byte(text))
	must(t, err)
	w, err := world.New(sc, world.Options{})
	must(t, err)
	return w
}

func num(v float64) *float64 { return &v }

func command(kind drone.CommandType, id string, p drone.Params) drone.Command {
	return drone.Command{ID: uuid.NewString(), Type: kind, Drones: drone.Selection{IDs: []string{id}}, Params: p}
}

// flown is a session of 30 s with two commands.
func flown(t *testing.T, db store.Store) *session.Session {
	p := begin(t, db, fresh(t), nil)
	p.fly(12)
	p.do(command(drone.CmdTakeoff, "d4", drone.Params{AltitudeM: num(6)}))
	p.fly(5)
	p.do(command(drone.CmdGoto, "d1", drone.Params{X: num(30), Y: num(1), Z: num(9)}))
	p.fly(13)
	return p.done()
}

func TestARunDoneAgainHasTheSameFingerprints(t *testing.T) {
	db := open(t)
	s := flown(t, db)
	var told int
	r, err := rerun.Run(t.Context(), db, s, world.Options{Workers: 2}, func(_, got, want uint64) {
		if told++; got != want {
			t.Errorf("%016x, want %016x", got, want)
		}
	})
	must(t, err)
	if !r.Same() || r.Compared != 30 || told != 30 || r.Deeds != 2 || r.Lives != 1 || r.Parted != nil {
		t.Errorf("%+v", r)
	}
}

func TestARecordThatWasTamperedWithIsFound(t *testing.T) {
	db := open(t)
	p := begin(t, db, fresh(t), nil)
	p.fly(3)
	p.hash.Hashes[1] = "0123456789abcdef"
	s := p.done()
	r, err := rerun.Run(t.Context(), db, s, world.Options{}, nil)
	must(t, err)
	if r.Same() || r.Equal != 2 || r.Parted == nil || *r.Parted != 500 {
		t.Errorf("%+v", r)
	}
}

func TestAWorldThatWasDamagedIsRefused(t *testing.T) {
	db := open(t)
	p := begin(t, db, fresh(t), nil)
	s := p.done()
	bad, err := db.Snapshot(t.Context(), s.ID, 0)
	must(t, err)
	bad.Tick, bad.Data[len(bad.Data)/2] = 100, bad.Data[len(bad.Data)/2]^1
	p.ingest(&telemetry.Batch{Snapshot: bad})
	if _, err := rerun.WorldAt(t.Context(), db, s, 100, world.Options{}); !errors.Is(err, telemetry.ErrNotASnapshot) {
		t.Errorf("a damaged world: %v", err)
	}
	if _, err := rerun.WorldAt(t.Context(), db, s, 99, world.Options{}); err != nil {
		t.Errorf("the one before is well: %v", err)
	}
	other := *s
	other.ID = uuid.New()
	if _, err := rerun.WorldAt(t.Context(), db, &other, 10, world.Options{}); !errors.Is(err, rerun.ErrNoWorld) {
		t.Errorf("a session without worlds: %v", err)
	}
}

// fork goes on from a tick of s with what it was told later, and with more.
func fork(t *testing.T, db archive, s *session.Session, tick uint64, more func(*past)) *session.Session {
	t.Helper()
	w, err := rerun.WorldAt(t.Context(), db, s, tick, world.Options{})
	must(t, err)
	later, err := rerun.Deeds(t.Context(), db, s.ID, tick)
	must(t, err)
	p := begin(t, db, w, s)
	for p.world.Tick() < s.LastTick {
		for len(later) > 0 && later[0].Tick == p.world.Tick() {
			p.do(*later[0].Deed.Command)
			later = later[1:]
		}
		if more != nil {
			more(p)
		}
		p.fly(1)
	}
	return p.done()
}

func TestAForkStaysLikeItsParent(t *testing.T) {
	db := open(t)
	s := flown(t, db)
	// From before the first command, between the two, and after; on and off the
	// ticks at which worlds were saved.
	for _, tick := range []uint64{0, 1000, 2500, 3000, 3250, 5000, 7475} {
		f := fork(t, db, s, tick, nil)
		d, err := rerun.Diff(t.Context(), db, s, f)
		must(t, err)
		if !d.Same || d.PartsAt != nil || len(d.Deeds) > 0 || d.Hashes.Compared == 0 || d.FromTick != tick || d.ToTick < 7475 {
			t.Errorf("forked at %d: %+v", tick, d)
		}
		again, err := rerun.Run(t.Context(), db, f, world.Options{}, nil)
		must(t, err)
		if !again.Same() {
			t.Errorf("forked at %d: done again: %+v", tick, again)
		}
	}
}

func TestAForkWithOneCommandMorePartsAtItsTick(t *testing.T) {
	db := open(t)
	s := flown(t, db)
	f := fork(t, db, s, 2500, func(p *past) {
		if p.world.Tick() == 4000 {
			p.do(command(drone.CmdLand, "d2", drone.Params{}))
		}
	})
	for _, d := range []func() (*session.Diff, error){
		func() (*session.Diff, error) { return rerun.Diff(t.Context(), db, s, f) },
		func() (*session.Diff, error) { return rerun.Diff(t.Context(), db, f, s) },
	} {
		d, err := d()
		must(t, err)
		if d.Same || d.PartsAt == nil || *d.PartsAt != 4000 || *d.SimTime != 16 || len(d.Deeds) != 1 || d.Deeds[0].What != "land to [d2]" {
			t.Fatalf("%+v", d)
		}
		if d.State == nil || d.State.Tick <= 4000 || d.State.Tick > 4500 || d.State.Count != 1 || d.State.Drones[0] != "d2" {
			t.Errorf("state %+v", d.State)
		}
		if d.Hashes.FirstTick == nil || *d.Hashes.FirstTick != 4250 {
			t.Errorf("fingerprints %+v", d.Hashes)
		}
	}
}
