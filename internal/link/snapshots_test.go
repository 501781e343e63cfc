package link

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/google/uuid"

	"volary/internal/telemetry"
)

// A reset or a fork begins a session whose frames count from 1 again. The stream
// must not take them for the earlier session's, sent again.
func TestFramesOfTheNextSessionAreKeptToo(t *testing.T) {
	p := start(t)
	sessions := []uuid.UUID{uuid.New(), uuid.New()}
	for _, id := range sessions {
		for seq := range uint64(5) {
			p.sim.Record(telemetry.Header{Session: id, Seq: seq + 1, Tick: seq * 25, TickHz: 250}, nil)
		}
	}
	s, err := p.backend.Telemetry(within(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for n := uint64(0); n < 10; {
		all, err := s.Read(within(t), n, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			if h, _, err := telemetry.DecodeSlice(m.Data, nil); err != nil || h.Session != sessions[n/5] {
				t.Fatalf("message %d is of session %s: %v", n, h.Session, err)
			}
			n++
		}
	}
}

func TestAWorldTravelsToTheHistoryAndBack(t *testing.T) {
	p := start(t)
	data := make([]byte, 3*worldPart+17)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	want := telemetry.Snapshot{Session: p.session, Tick: 2500, Begin: true, Hash: 7, Data: data}
	p.sim.Snapshot(want)
	s, err := p.backend.Snapshots(within(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var got *telemetry.Snapshot
	var a telemetry.Assembly
	for n := uint64(0); got == nil; {
		all, err := s.Read(within(t), n, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			part, err := telemetry.DecodeSnapshotPart(m.Data)
			if err != nil {
				t.Fatal(err)
			}
			got, n = a.Add(part), m.Seq
		}
	}
	if got.Session != want.Session || got.Tick != 2500 || !got.Begin || got.Hash != 7 {
		t.Errorf("%+v", got)
	}
	p.world.Store(&got.Data)
	back, err := p.sim.World(within(t), "w1")
	if err != nil || !bytes.Equal(back, data) {
		t.Errorf("%d bytes came back, %v", len(back), err)
	}
	if _, err := p.sim.World(within(t), "unknown"); err == nil {
		t.Error("a world that nobody has was fetched")
	}
}
