package storetest

import (
	"testing"

	"github.com/google/uuid"

	"volary/internal/session"
	"volary/internal/store"
	"volary/internal/telemetry"
)

func testPast(t *testing.T, s store.Store) {
	ctx := t.Context()
	parent := created(t, s, 1)
	fork := NewSession(2)
	fork.Parent, fork.ParentTick = &parent.ID, 2500
	ok(t, s.CreateSession(ctx, fork))
	got, err := s.Session(ctx, fork.ID)
	ok(t, err)
	equal(t, got, fork)

	_, err = s.Snapshot(ctx, parent.ID, 1<<40)
	is(t, err, store.ErrNotFound)
	var want []telemetry.Snapshot
	for i, tick := range []uint64{0, 2500, 5000} {
		w := telemetry.Snapshot{Session: parent.ID, Tick: tick, Begin: i == 0, Hash: 1<<63 + tick, Data: []byte{byte(i), 0, 0xff}}
		b := &telemetry.Batch{Stream: "worlds", PrevSeq: uint64(i), Seq: uint64(i + 1), Session: parent.ID, Snapshot: &w}
		ok(t, s.Ingest(ctx, b))
		is(t, s.Ingest(ctx, b), store.ErrPosition)
		want = append(want, w)
	}
	for _, c := range []struct{ tick, want uint64 }{{0, 0}, {1, 0}, {2499, 0}, {2500, 1}, {4999, 1}, {1 << 62, 2}} {
		w, err := s.Snapshot(ctx, parent.ID, c.tick)
		ok(t, err)
		equal(t, *w, want[c.want])
	}
	list, err := s.Snapshots(ctx, parent.ID)
	ok(t, err)
	for i := range want {
		want[i].Data = nil
	}
	equal(t, list, want)
	for _, bad := range []telemetry.Snapshot{{Session: uuid.New(), Data: []byte{1}}, {Session: parent.ID}} {
		is(t, s.Ingest(ctx, &telemetry.Batch{Stream: "worlds", PrevSeq: 3, Seq: 4, Session: parent.ID, Snapshot: &bad}), store.ErrInvalid)
	}
	lost := telemetry.Snapshot{Session: uuid.New(), Data: []byte{1}}
	is(t, s.Ingest(ctx, &telemetry.Batch{Stream: "worlds", PrevSeq: 3, Seq: 4, Session: lost.Session, Snapshot: &lost}), store.ErrNotFound)
}

func testRecord(t *testing.T, s store.Store) {
	ctx := t.Context()
	one := created(t, s, 1)
	event := func(seq, tick uint64, typ string) telemetry.Event {
		return telemetry.Event{Session: one.ID.String(), Seq: seq, Tick: tick, Severity: telemetry.Info, Type: typ, Message: "m", Data: []byte(`{"a":1}`)}
	}
	all := []telemetry.Event{
		event(1, 0, telemetry.EventDeed), event(2, 100, telemetry.EventDeed), event(3, 100, "mode_changed"),
		event(4, 100, telemetry.EventDeed), event(5, 250, telemetry.EventHashes), event(6, 900, telemetry.EventDeed),
	}
	ok(t, s.Ingest(ctx, &telemetry.Batch{Stream: "e", Seq: 1, Events: all}))
	for _, c := range []struct {
		typ      string
		from, to uint64
		want     []telemetry.Event
	}{
		{telemetry.EventDeed, 0, 0, []telemetry.Event{all[0], all[1], all[3], all[5]}},
		{telemetry.EventDeed, 1, 100, []telemetry.Event{all[1], all[3]}},
		{telemetry.EventHashes, 0, 0, all[4:5]},
		{"mode_changed", 0, 0, []telemetry.Event{}},
	} {
		got, err := s.Record(ctx, one.ID, c.typ, c.from, c.to)
		ok(t, err)
		equal(t, got, c.want)
	}
	page, _, err := s.Events(ctx, store.EventFilter{Session: one.ID.String()})
	ok(t, err)
	equal(t, page, all[2:3]) // the record of the run is not for those who look what happened
}

func testMoments(t *testing.T, s store.Store) {
	ctx := t.Context()
	one, other := created(t, s, 1), created(t, s, 2)
	for i := range uint64(3) {
		ok(t, s.Ingest(ctx, NewBatch(one.ID, i, i+1, 4)))
	}
	for _, c := range []struct {
		from, to uint64
		want     int
	}{{0, 1 << 60, 12}, {0, 24, 0}, {25, 25, 4}, {26, 2524, 0}, {25, 2525, 8}} {
		got, err := s.ChunksOf(ctx, one.ID, c.from, c.to)
		ok(t, err)
		if len(got) != c.want {
			t.Errorf("%d to %d: %d chunks, want %d", c.from, c.to, len(got), c.want)
		}
		for i := range got {
			if got[i].Slot != uint32(i%4) || got[i].FirstTick != 25+uint64(i/4)*2500+2500*(max(c.from, 25)/2526) {
				t.Errorf("%d to %d: chunk %d is of slot %d, tick %d", c.from, c.to, i, got[i].Slot, got[i].FirstTick)
			}
			if rows, err := telemetry.UnpackChunk(got[i]); err != nil || len(rows) != 100 {
				t.Errorf("%d samples, %v", len(rows), err)
			}
		}
	}
	got, err := s.ChunksOf(ctx, other.ID, 0, 1<<60)
	ok(t, err)
	equal(t, got, []telemetry.Chunk{})
}

func testLast(t *testing.T, s store.Store) {
	ctx := t.Context()
	one := created(t, s, 1)
	got, err := s.Last(ctx, one.ID)
	ok(t, err)
	equal(t, got, []telemetry.TimedSample{})
	sample := func(slot uint32, x int32) telemetry.Sample {
		return telemetry.Sample{Slot: slot, X: x, VX: -3, Battery: 9000, Flags: telemetry.Armed, Item: 2, Items: 5, HomeZ: -7}
	}
	ok(t, s.PutLast(ctx, one.ID, 250, []telemetry.Sample{sample(0, 1), sample(1, 2)}))
	ok(t, s.PutLast(ctx, one.ID, 500, []telemetry.Sample{sample(1, 3), sample(2, 4)}))
	ok(t, s.PutLast(ctx, one.ID, 400, []telemetry.Sample{sample(1, 99), sample(2, 99)})) // late news
	ok(t, s.PutLast(ctx, one.ID, 600, nil))
	got, err = s.Last(ctx, one.ID)
	ok(t, err)
	equal(t, got, []telemetry.TimedSample{{Tick: 250, Sample: sample(0, 1)}, {Tick: 500, Sample: sample(1, 3)}, {Tick: 500, Sample: sample(2, 4)}})
	is(t, s.PutLast(ctx, uuid.New(), 1, []telemetry.Sample{sample(0, 1)}), store.ErrNotFound)
}

func testDeletion(t *testing.T, s store.Store) {
	ctx := t.Context()
	one, other := created(t, s, 1), created(t, s, 2)
	for i, x := range []uuid.UUID{one.ID, other.ID} {
		b := NewBatch(x, 0, 1, 5)
		b.Stream = x.String()
		b.Gaps = []telemetry.Gap{{FromTick: 0, ToTick: 25, Reason: "r"}}
		ok(t, s.Ingest(ctx, b))
		w := telemetry.Snapshot{Session: x, Data: []byte{byte(i)}}
		ok(t, s.Ingest(ctx, &telemetry.Batch{Stream: x.String(), PrevSeq: 1, Seq: 2, Session: x, Snapshot: &w}))
		ok(t, s.PutLast(ctx, x, 1, []telemetry.Sample{{Slot: 1}}))
	}
	sizes, err := s.Sizes(ctx)
	ok(t, err)
	if len(sizes) != 2 || sizes[one.ID] < 100 {
		t.Errorf("sizes %v", sizes)
	}
	is(t, s.DeleteSession(ctx, one.ID), store.ErrConflict) // it runs
	is(t, s.DeleteSession(ctx, uuid.New()), store.ErrNotFound)
	ok(t, s.SetSessionState(ctx, one.ID, session.Ended, "", start))
	ok(t, s.DeleteSession(ctx, one.ID))
	_, err = s.Session(ctx, one.ID)
	is(t, err, store.ErrNotFound)
	for _, c := range []struct {
		id   uuid.UUID
		want int
	}{{one.ID, 0}, {other.ID, 1}} {
		chunks, err := s.Chunks(ctx, c.id, 1, 0, 0)
		ok(t, err)
		worlds, err := s.Snapshots(ctx, c.id)
		ok(t, err)
		last, err := s.Last(ctx, c.id)
		ok(t, err)
		events, _, err := s.Events(ctx, store.EventFilter{Session: c.id.String()})
		ok(t, err)
		if len(chunks) != c.want || len(worlds) != c.want || len(last) != c.want || len(events) != c.want {
			t.Errorf("%d chunks, %d worlds, %d last, %d events; want %d", len(chunks), len(worlds), len(last), len(events), c.want)
		}
	}
	is(t, s.Ingest(ctx, NewBatch(one.ID, 0, 1, 1)), store.ErrNotFound) // late telemetry of what is gone
	again := NewSession(1)
	again.ID = one.ID
	ok(t, s.CreateSession(ctx, again))
}

func testTrim(t *testing.T, s store.Store) {
	ctx := t.Context()
	one := created(t, s, 1)
	for i := range uint64(4) {
		b := NewBatch(one.ID, i, i+1, 3)
		if i == 0 {
			b.Gaps = []telemetry.Gap{{FromTick: 50, ToTick: 100, Reason: "lost"}}
		}
		ok(t, s.Ingest(ctx, b))
	}
	ok(t, s.TrimSession(ctx, one.ID, 10)) // nothing ends before
	got, err := s.Session(ctx, one.ID)
	ok(t, err)
	equal(t, got.Gaps, []telemetry.Gap{{FromTick: 50, ToTick: 100, Reason: "lost"}})
	ok(t, s.TrimSession(ctx, one.ID, 5100)) // in the third window
	got, err = s.Session(ctx, one.ID)
	ok(t, err)
	equal(t, got.Gaps, []telemetry.Gap{{FromTick: 0, ToTick: 5025, Reason: store.GapDeleted}})
	n, err := s.CountSamples(ctx, one.ID)
	ok(t, err)
	if n != 2*3*100 {
		t.Errorf("%d samples are left, want 600", n)
	}
	ok(t, s.TrimSession(ctx, one.ID, 1<<60))
	n, err = s.CountSamples(ctx, one.ID)
	ok(t, err)
	if n != 0 {
		t.Errorf("%d samples are left", n)
	}
}
