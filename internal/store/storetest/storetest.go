// Package storetest holds every kind of store to the same answers: one suite that
// runs on each.
package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/mission"
	"volary/internal/session"
	"volary/internal/store"
	"volary/internal/telemetry"
)

// Run runs the suite. open gives an empty store, and closes it after the test.
func Run(t *testing.T, open func(*testing.T) store.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, store.Store)
	}{
		{"session comes back as it was", testSession},
		{"session pages are stable", testSessionPages},
		{"session states", testSessionStates},
		{"members", testMembers},
		{"batch comes back as it was", testBatch},
		{"batch is stored once", testExactlyOnce},
		{"one of two writers wins", testRace},
		{"batch is stored whole or not at all", testAllOrNothing},
		{"batch out of range is refused", testBadBatch},
		{"chunks by ticks", testChunkRange},
		{"events", testEvents},
		{"worlds of the past", testPast},
		{"a moment of all drones", testMoments},
		{"where drones were last", testLast},
		{"deletion", testDeletion},
		{"trimming", testTrim},
		{"the record of a run", testRecord},
		{"odd text", testOddText},
		{"missions", testMissions},
		{"commands", testCommands},
		{"cursors of others are refused", testCursors},
		{"cancelled calls end", testCancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, open(t))
		})
	}
}

var start = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

// NewSession is a session fit to be stored.
func NewSession(n int) *session.Session {
	return &session.Session{
		ID: uuid.New(), Name: "patrol", Simulator: "sim-1", Scenario: "name: patrol\n", Seed: math.MaxUint64 - uint64(n),
		Version: "1.0", State: session.Running, TickHz: 250, RecordEvery: 25, Origin: geo.LLA{Lat: 47.4, Lon: 8.5, Alt: 488.1},
		StartedAt: start.Add(time.Duration(n) * time.Second), Gaps: []telemetry.Gap{},
	}
}

// Samples are n of them of one slot, from a tick on.
func Samples(slot uint32, from uint64, n int) []telemetry.TimedSample {
	s := make([]telemetry.TimedSample, n)
	for i := range s {
		s[i].Tick = from + uint64(i)*25
		s[i].Sample = telemetry.Sample{Slot: slot, X: int32(i * 1000), VX: 250, Z: 20_000, Battery: 9900, Voltage: 1600, Flags: telemetry.Armed}
	}
	return s
}

// NewBatch is a batch with 100 samples of each of some drones, and one event.
func NewBatch(id uuid.UUID, prev, seq uint64, drones int) *telemetry.Batch {
	first := prev*2500 + 25
	b := &telemetry.Batch{Stream: "stream-1", PrevSeq: prev, Seq: seq, Session: id, LastTick: first + 99*25}
	for slot := range uint32(drones) {
		b.Chunks = append(b.Chunks, telemetry.PackChunk(slot, Samples(slot, first, 100)))
	}
	b.Events = []telemetry.Event{{Session: id.String(), Seq: seq, Tick: first, Severity: telemetry.Info, Type: "batch", Message: "one"}}
	return b
}

func created(t *testing.T, s store.Store, n int) *session.Session {
	t.Helper()
	one := NewSession(n)
	ok(t, s.CreateSession(t.Context(), one))
	return one
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
}

func testSession(t *testing.T, s store.Store) {
	ctx := t.Context()
	ok(t, s.Ping(ctx))
	_, err := s.Session(ctx, uuid.New())
	is(t, err, store.ErrNotFound)
	_, err = s.LatestSession(ctx, "sim-1")
	is(t, err, store.ErrNotFound)

	want := NewSession(0)
	want.Gaps = []telemetry.Gap{{FromTick: 25, ToTick: 100, Reason: "lost"}, {FromTick: 200, ToTick: 250, Reason: "lost"}}
	ended := start.Add(time.Hour)
	want.EndedAt, want.State, want.EndReason = &ended, session.Ended, "asked for"
	ok(t, s.CreateSession(ctx, want))
	got, err := s.Session(ctx, want.ID)
	ok(t, err)
	equal(t, got, want)
	is(t, s.CreateSession(ctx, want), store.ErrConflict)

	later := created(t, s, 1)
	got, err = s.LatestSession(ctx, "sim-1")
	ok(t, err)
	equal(t, got, later)
}

func testSessionPages(t *testing.T, s store.Store) {
	ctx := t.Context()
	var want []uuid.UUID // newest first; some began at the same time
	for i := range 7 {
		one := NewSession(i / 2)
		one.ID[0] = byte(i)
		ok(t, s.CreateSession(ctx, one))
		want = append([]uuid.UUID{one.ID}, want...)
	}
	var got []uuid.UUID
	cursor := ""
	for {
		page, next, err := s.Sessions(ctx, 3, cursor)
		ok(t, err)
		for _, one := range page {
			got = append(got, one.ID)
			if one.Scenario != "" {
				t.Fatal("a list carries scenarios")
			}
		}
		created(t, s, 1000+len(got)) // newer ones don't shift the pages
		if cursor = next; cursor == "" {
			break
		}
	}
	equal(t, got, want)
	page, next, err := s.Sessions(ctx, 0, "")
	ok(t, err)
	if len(page) != 10 || next != "" {
		t.Fatalf("%d sessions, next %q", len(page), next)
	}
}

func testSessionStates(t *testing.T, s store.Store) {
	ctx := t.Context()
	one := created(t, s, 0)
	at := start.Add(time.Minute)
	step := func(state session.State, reason string, want error) {
		t.Helper()
		err := s.SetSessionState(ctx, one.ID, state, reason, at)
		if want == nil {
			ok(t, err)
		} else {
			is(t, err, want)
		}
	}
	expect := func(state session.State, reason string, ended bool) {
		t.Helper()
		got, err := s.Session(ctx, one.ID)
		ok(t, err)
		if got.State != state || got.EndReason != reason || (got.EndedAt != nil) != ended {
			t.Fatalf("session is %+v", got)
		}
	}
	step(session.Interrupted, "silent", nil)
	expect(session.Interrupted, "silent", false)
	step(session.Running, "", nil)
	expect(session.Running, "", false)
	step(session.Ended, "asked for", nil)
	step(session.Ended, "once more", nil)
	expect(session.Ended, "asked for", true)
	step(session.Running, "", store.ErrConflict)
	step("dreaming", "", store.ErrConflict)
	is(t, s.SetSessionState(ctx, uuid.New(), session.Ended, "", at), store.ErrNotFound)
}

func testMembers(t *testing.T, s store.Store) {
	ctx := t.Context()
	one := created(t, s, 0)
	var members []session.Member
	for i := range 50 {
		members = append(members, session.Member{Info: drone.Info{Slot: i, ID: fmt.Sprint("d", i+1), Name: "D", Model: "x500"}, FromTick: 3})
	}
	ok(t, s.PutMembers(ctx, one.ID, members))
	members[7].ToTick = 99
	ok(t, s.PutMembers(ctx, one.ID, members[7:8]))
	got, err := s.Members(ctx, one.ID)
	ok(t, err)
	equal(t, got, members)
	record, err := s.Session(ctx, one.ID)
	ok(t, err)
	equal(t, record.Drones, 50)
	is(t, s.PutMembers(ctx, uuid.New(), members), store.ErrNotFound)
	got, err = s.Members(ctx, uuid.New())
	ok(t, err)
	equal(t, got, []session.Member{})
}

func testBatch(t *testing.T, s store.Store) {
	ctx := t.Context()
	one := created(t, s, 0)
	position(t, s, 0)
	b := NewBatch(one.ID, 0, 40, 3)
	b.Gaps = []telemetry.Gap{{FromTick: 0, ToTick: 25, Reason: "lost"}}
	ok(t, s.Ingest(ctx, b))
	position(t, s, 40)
	for slot := range uint32(3) {
		chunks, err := s.Chunks(ctx, one.ID, slot, 0, 0)
		ok(t, err)
		equal(t, chunks, b.Chunks[slot:slot+1])
		samples, err := telemetry.UnpackChunk(chunks[0])
		ok(t, err)
		equal(t, samples, Samples(slot, 25, 100))
	}
	got, err := s.Session(ctx, one.ID)
	ok(t, err)
	if got.LastTick != b.LastTick || !reflect.DeepEqual(got.Gaps, b.Gaps) {
		t.Fatalf("session is %+v", got)
	}
	// A later batch that reaches less far moves nothing back.
	ok(t, s.Ingest(ctx, &telemetry.Batch{Stream: "stream-1", PrevSeq: 40, Seq: 41, Session: one.ID, LastTick: 3}))
	got, err = s.Session(ctx, one.ID)
	ok(t, err)
	equal(t, got.LastTick, b.LastTick)
	// A batch may move the position only, of no session.
	ok(t, s.Ingest(ctx, &telemetry.Batch{Stream: "stream-1", PrevSeq: 41, Seq: 50}))
	position(t, s, 50)
	ok(t, s.Ingest(ctx, &telemetry.Batch{Stream: "another", PrevSeq: 0, Seq: 7}))
	position(t, s, 50)
}

func position(t *testing.T, s store.Store, want uint64) {
	t.Helper()
	seq, err := s.Position(t.Context(), "stream-1")
	ok(t, err)
	equal(t, seq, want)
}

func stored(t *testing.T, s store.Store, id uuid.UUID, samples uint64, events int) {
	t.Helper()
	n, err := s.CountSamples(t.Context(), id)
	ok(t, err)
	page, _, err := s.Events(t.Context(), store.EventFilter{Session: id.String(), Limit: 1000})
	ok(t, err)
	if n != samples || len(page) != events {
		t.Fatalf("%d samples and %d events stored, want %d and %d", n, len(page), samples, events)
	}
}

func testExactlyOnce(t *testing.T, s store.Store) {
	ctx := t.Context()
	one := created(t, s, 0)
	b := NewBatch(one.ID, 0, 1, 4)
	ok(t, s.Ingest(ctx, b))
	for range 3 {
		is(t, s.Ingest(ctx, b), store.ErrPosition)
	}
	ok(t, s.Ingest(ctx, NewBatch(one.ID, 1, 2, 4)))
	is(t, s.Ingest(ctx, b), store.ErrPosition)
	is(t, s.Ingest(ctx, NewBatch(one.ID, 3, 4, 4)), store.ErrPosition) // a hole
	position(t, s, 2)
	stored(t, s, one.ID, 800, 2)
}

func testRace(t *testing.T, s store.Store) {
	ctx := t.Context()
	one := created(t, s, 0)
	for prev := range uint64(5) {
		var won, lost int
		var mu sync.Mutex
		var writers sync.WaitGroup
		for range 4 {
			writers.Go(func() {
				err := s.Ingest(ctx, NewBatch(one.ID, prev, prev+1, 4))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					won++
				case errors.Is(err, store.ErrPosition):
					lost++
				default:
					t.Errorf("%v", err)
				}
			})
		}
		writers.Wait()
		if won != 1 || lost != 3 {
			t.Fatalf("at %d %d writers won and %d lost", prev, won, lost)
		}
	}
	stored(t, s, one.ID, 5*400, 5)
}

func testAllOrNothing(t *testing.T, s store.Store) {
	ctx := t.Context()
	one := created(t, s, 0)
	is(t, s.Ingest(ctx, NewBatch(uuid.New(), 0, 1, 2)), store.ErrNotFound)
	position(t, s, 0)
	ok(t, s.Ingest(ctx, NewBatch(one.ID, 0, 1, 2)))
	twice := NewBatch(one.ID, 1, 2, 3)
	twice.Chunks[2].FirstTick = NewBatch(one.ID, 0, 1, 1).Chunks[0].FirstTick
	twice.Chunks[2].Slot = 1
	is(t, s.Ingest(ctx, twice), store.ErrConflict)
	position(t, s, 1)
	stored(t, s, one.ID, 200, 1)
}

func testBadBatch(t *testing.T, s store.Store) {
	one := created(t, s, 0)
	for name, change := range map[string]func(*telemetry.Batch){
		"no stream":     func(b *telemetry.Batch) { b.Stream = "" },
		"backwards":     func(b *telemetry.Batch) { b.PrevSeq = 9 },
		"huge position": func(b *telemetry.Batch) { b.Seq = math.MaxUint64 },
		"huge tick":     func(b *telemetry.Batch) { b.LastTick = math.MaxUint64 },
		"huge gap":      func(b *telemetry.Batch) { b.Gaps = []telemetry.Gap{{ToTick: math.MaxUint64}} },
		"huge slot":     func(b *telemetry.Batch) { b.Chunks[0].Slot = math.MaxUint32 },
		"empty chunk":   func(b *telemetry.Batch) { b.Chunks[0].Data = nil },
		"no session":    func(b *telemetry.Batch) { b.Session = uuid.Nil },
		"huge event":    func(b *telemetry.Batch) { b.Events[0].Tick = math.MaxUint64 },
	} {
		b := NewBatch(one.ID, 0, 1, 1)
		change(b)
		if err := s.Ingest(t.Context(), b); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	position(t, s, 0)
	stored(t, s, one.ID, 0, 0)
}

func testChunkRange(t *testing.T, s store.Store) {
	one := created(t, s, 0)
	for prev := range uint64(4) { // first ticks 25, 2525, 5025, 7525; last 2500, 5000, 7500, 10000
		ok(t, s.Ingest(t.Context(), NewBatch(one.ID, prev, prev+1, 2)))
	}
	for _, c := range []struct {
		from, to uint64
		want     []uint64
	}{
		{0, 0, []uint64{25, 2525, 5025, 7525}},
		{0, math.MaxUint64, []uint64{25, 2525, 5025, 7525}},
		{2500, 2525, []uint64{25, 2525}},
		{2501, 2524, nil},
		{3000, 3000, []uint64{2525}},
		{2525, 5025, []uint64{2525, 5025}},
		{0, 24, nil},
		{9000, math.MaxUint64, []uint64{7525}},
		{10_001, 0, nil},
		{math.MaxUint64, 0, nil},
	} {
		chunks, err := s.Chunks(t.Context(), one.ID, 1, c.from, c.to)
		ok(t, err)
		var got []uint64
		for _, chunk := range chunks {
			got = append(got, chunk.FirstTick)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("ticks %d to %d: chunks at %v, want %v", c.from, c.to, got, c.want)
		}
	}
}

func testEvents(t *testing.T, s store.Store) {
	ctx := t.Context()
	one, other := uuid.NewString(), uuid.NewString()
	var events []telemetry.Event
	for i := range 10 {
		e := telemetry.Event{
			Session: one, Seq: uint64(i + 1), Tick: uint64(i * 100), SimTime: float64(i) * 0.4, WallUS: 1_700_000_000_000_000 + int64(i),
			Severity: telemetry.Info, Type: "mode_changed", Drone: "d1", Message: "m", Data: json.RawMessage(`{"b": 1, "a": 2}`),
		}
		if i%3 == 0 {
			e.Severity, e.Drone, e.Data = telemetry.Error, "d2", nil
		}
		events = append(events, e)
	}
	ok(t, s.Ingest(ctx, &telemetry.Batch{Stream: "e", Seq: 10, Events: events}))
	foreign := events[4]
	foreign.Session = other
	again := events[2]             // sent twice: known already
	resumed := events[2]           // counted anew by a session that was resumed:
	resumed.WallUS += 60_000_000   // another event
	resumed.Message = "other life" // not lost
	ok(t, s.Ingest(ctx, &telemetry.Batch{Stream: "e", PrevSeq: 10, Seq: 13, Events: []telemetry.Event{foreign, again, resumed}}))

	list := func(f store.EventFilter) []telemetry.Event {
		t.Helper()
		page, _, err := s.Events(ctx, f)
		ok(t, err)
		return page
	}
	all := list(store.EventFilter{Session: one})
	if len(all) != 11 {
		t.Fatalf("%d events", len(all))
	}
	equal(t, all[0], resumed)
	for i, e := range all[1:] {
		equal(t, e, events[9-i])
	}
	equal(t, list(store.EventFilter{Session: other}), []telemetry.Event{foreign})
	equal(t, len(list(store.EventFilter{})), 12)
	equal(t, len(list(store.EventFilter{Session: one, Severity: telemetry.Error})), 4)
	equal(t, len(list(store.EventFilter{Session: one, Drone: "d1"})), 7)
	equal(t, len(list(store.EventFilter{Session: one, FromTick: 300, ToTick: 500})), 3)
	equal(t, list(store.EventFilter{Session: uuid.NewString()}), []telemetry.Event{})

	var paged []telemetry.Event
	f := store.EventFilter{Session: one, Limit: 4}
	for seq := uint64(13); ; seq++ {
		page, next, err := s.Events(ctx, f)
		ok(t, err)
		paged = append(paged, page...)
		ok(t, s.Ingest(ctx, &telemetry.Batch{Stream: "e", PrevSeq: seq, Seq: seq + 1, Events: []telemetry.Event{{Session: one, Seq: seq, Severity: telemetry.Info}}}))
		if f.Cursor = next; next == "" {
			break
		}
	}
	equal(t, paged, all)
}

// testOddText: what no UTF-8 or a NUL is doesn't cost the event.
func testOddText(t *testing.T, s store.Store) {
	ctx := t.Context()
	id := uuid.NewString()
	odd := "'; DROP TABLE event; -- \x00 \xff 🛸 $1 \u202e"
	ok(t, s.Ingest(ctx, &telemetry.Batch{Stream: "e", Seq: 1, Events: []telemetry.Event{{
		Session: id, Seq: 1, Severity: telemetry.Info, Type: odd, Drone: odd, Message: odd, Data: json.RawMessage(`{"a":"\u0000"}`),
	}}}))
	page, _, err := s.Events(ctx, store.EventFilter{Session: id})
	ok(t, err)
	want := "'; DROP TABLE event; -- \uFFFD \uFFFD 🛸 $1 \u202e"
	if len(page) != 1 || page[0].Message != want || page[0].Drone != want || string(page[0].Data) != `{"a":"\u0000"}` {
		t.Fatalf("got %+v", page)
	}
}

func testMissions(t *testing.T, s store.Store) {
	ctx := t.Context()
	lat, lon, alt := 47.4, 8.5, 20.0
	m := &mission.Mission{
		Name: "round", Home: &geo.LLA{Lat: 47, Lon: 8, Alt: 400}, SpeedMS: 5,
		Items: []mission.Item{{Kind: mission.Waypoint, Lat: &lat, Lon: &lon, Alt: &alt}},
		Plan:  json.RawMessage(`{"fileType": "Plan", "x": [1, 2]}`),
	}
	ok(t, s.CreateMission(ctx, m))
	if m.ID == "" {
		t.Fatal("a new mission got no id")
	}
	is(t, s.CreateMission(ctx, m), store.ErrConflict)
	got, err := s.Mission(ctx, m.ID)
	ok(t, err)
	equal(t, got, m)
	m.Name, m.Plan = "square", nil
	ok(t, s.UpdateMission(ctx, m))
	got, err = s.Mission(ctx, m.ID)
	ok(t, err)
	equal(t, got, m)
	var want []string
	for i := range 5 {
		one := &mission.Mission{ID: fmt.Sprint("m", i), Name: "n", Items: m.Items, Plan: json.RawMessage(`{}`)}
		ok(t, s.CreateMission(ctx, one))
		want = append([]string{one.ID}, want...)
	}
	want = append(want, m.ID)
	var ids []string
	for cursor := ""; ; {
		page, next, err := s.Missions(ctx, 2, cursor)
		ok(t, err)
		for _, one := range page {
			ids = append(ids, one.ID)
			if one.Plan != nil || len(one.Items) != 1 {
				t.Fatalf("listed as %+v", one)
			}
		}
		if cursor = next; next == "" {
			break
		}
	}
	equal(t, ids, want)
	ok(t, s.DeleteMission(ctx, m.ID))
	is(t, s.DeleteMission(ctx, m.ID), store.ErrNotFound)
	is(t, s.UpdateMission(ctx, m), store.ErrNotFound)
	_, err = s.Mission(ctx, m.ID)
	is(t, err, store.ErrNotFound)
}

func testCommands(t *testing.T, s store.Store) {
	ctx := t.Context()
	c := session.CommandRecord{ID: uuid.New(), Session: uuid.New(), BodyHash: []byte{1, 2}, Body: json.RawMessage(`{"type": "takeoff"}`), Created: start}
	var begun int
	var mu sync.Mutex
	var callers sync.WaitGroup
	for range 4 { // the same command four times at once: one begins it
		callers.Go(func() {
			existing, err := s.BeginCommand(ctx, c)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("%v", err)
			} else if existing == nil {
				begun++
			}
		})
	}
	callers.Wait()
	equal(t, begun, 1)
	pending, err := s.PendingCommands(ctx, start.Add(time.Second), 10)
	ok(t, err)
	want := c
	want.State = session.CommandPending
	equal(t, pending, []session.CommandRecord{want})
	pending, err = s.PendingCommands(ctx, start, 10)
	ok(t, err)
	equal(t, len(pending), 0)

	results := map[string]drone.Result{"d1": drone.Accepted(), "d2": drone.Rejected("no <battery>")}
	ok(t, s.FinishCommand(ctx, c.ID, results))
	ok(t, s.FinishCommand(ctx, c.ID, results))
	is(t, s.FinishCommand(ctx, c.ID, map[string]drone.Result{"d1": drone.Accepted()}), store.ErrConflict)
	is(t, s.FinishCommand(ctx, uuid.New(), results), store.ErrNotFound)
	c.BodyHash, c.Body = []byte{9}, json.RawMessage(`{"type":"land"}`)
	existing, err := s.BeginCommand(ctx, c)
	ok(t, err)
	want.State, want.Results = session.CommandDone, results
	equal(t, existing, &want)
	pending, err = s.PendingCommands(ctx, start.Add(time.Second), 10)
	ok(t, err)
	equal(t, len(pending), 0)
}

func testCursors(t *testing.T, s store.Store) {
	ctx := t.Context()
	for i := range 3 {
		created(t, s, i)
	}
	_, next, err := s.Sessions(ctx, 1, "")
	ok(t, err)
	for _, bad := range []string{"x", "!!", strings.Repeat("A", 10_000), "cw", "cwI"} {
		_, _, err := s.Sessions(ctx, 1, bad)
		is(t, err, store.ErrInvalid)
		_, _, err = s.Missions(ctx, 1, bad)
		is(t, err, store.ErrInvalid)
		_, _, err = s.Events(ctx, store.EventFilter{Cursor: bad})
		is(t, err, store.ErrInvalid)
	}
	_, _, err = s.Events(ctx, store.EventFilter{Cursor: next})
	is(t, err, store.ErrInvalid)
}

func testCancelled(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	one := created(t, s, 0)
	cancel()
	if err := s.Ingest(ctx, NewBatch(one.ID, 0, 1, 1)); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	if _, err := s.Session(ctx, one.ID); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	position(t, s, 0)
}
