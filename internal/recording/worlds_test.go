package recording_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"volary/internal/recording"
	"volary/internal/store"
	"volary/internal/store/storetest"
	"volary/internal/telemetry"
)

// An outage longer than the stream holds costs events. The history must say so.
func TestEventsThatTheStreamGaveUpAreWrittenDown(t *testing.T) {
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "v.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	events := newStream("e@1")
	put := func(n uint64) {
		events.put(fmt.Appendf(nil, `[{"session":"s","seq":%d,"tick":%d,"wall_us":%d,"severity":"info","type":"t","message":"%d"}]`, n, n, n, n))
	}
	put(1)
	run := func(want int) []telemetry.Event {
		t.Helper()
		r := recording.New(db, newStream("t@1"), events, recording.Config{FlushAfter: 50 * time.Millisecond}, zerolog.Nop())
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		defer func() {
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}()
		limit := time.After(20 * time.Second)
		for {
			page, _, err := db.Events(t.Context(), store.EventFilter{})
			if err != nil {
				t.Fatal(err)
			}
			if len(page) >= want {
				return page
			}
			select {
			case <-limit:
				t.Fatalf("%d events, want %d: %+v", len(page), want, r.Stats())
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	run(1)
	for n := range uint64(20) {
		put(n + 2)
	}
	events.set(func() { events.messages = events.messages[len(events.messages)-5:] }) // the bound was reached
	page := run(1 + 5 + 1)
	lost := page[len(page)-2] // newest first: after the first of all
	if lost.Type != recording.EventsLost || lost.Severity != telemetry.Error || string(lost.Data) != `{"messages":15}` || len(page) != 7 {
		t.Errorf("%d events; in the place of what is missing stands %+v", len(page), lost)
	}
}

func TestWorldsAreStoredOnceWhateverTheStreamHolds(t *testing.T) {
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "v.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := storetest.NewSession(1)
	if err := db.CreateSession(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	f := &faulty{Store: db}
	worlds := newStream("worlds@1")
	r := recording.New(f, newStream("t@1"), newStream("e@1"), recording.Config{Worlds: worlds, FlushAfter: 50 * time.Millisecond, MaxBackoff: 50 * time.Millisecond}, zerolog.Nop())

	// The first answer to a world is lost after it was stored, the next attempts fail.
	fails := 3
	f.set(func() error {
		if fails--; fails == 1 || fails == 0 {
			return errors.New("the database is away")
		}
		return nil
	}, func() error {
		if fails == 2 {
			return errors.New("the answer was lost")
		}
		return nil
	})
	put := func(w telemetry.Snapshot, without int) {
		for i, part := range w.Cut() {
			if i != without {
				worlds.put(part)
			}
		}
	}
	big := bytes.Repeat([]byte{1, 2, 3, 4}, 400_000)
	put(telemetry.Snapshot{Session: s.ID, Tick: 0, Begin: true, Data: big}, -1)
	worlds.put([]byte("noise"))
	put(telemetry.Snapshot{Session: s.ID, Tick: 2500, Data: big}, 1) // a part was lost
	put(telemetry.Snapshot{Session: uuid.New(), Tick: 9, Data: []byte{1}}, -1)
	put(telemetry.Snapshot{Session: s.ID, Tick: 5000, Data: []byte{7}}, -1)

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	limit := time.After(20 * time.Second)
	for {
		w, err := db.Snapshot(t.Context(), s.ID, 1<<40)
		if err == nil && w.Tick == 5000 {
			break
		}
		select {
		case <-limit:
			t.Fatalf("the last world was not stored: %+v", r.Stats())
		case <-time.After(10 * time.Millisecond):
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	all, err := db.Snapshots(t.Context(), s.ID)
	if err != nil || len(all) != 2 || !all[0].Begin || all[1].Tick != 5000 {
		t.Errorf("%+v, %v", all, err)
	}
	if w, err := db.Snapshot(t.Context(), s.ID, 0); err != nil || !bytes.Equal(w.Data, big) {
		t.Errorf("the large one came back wrong: %v", err)
	}
	if st := r.Stats(); st.Corrupt != 1 || st.Refused != 1 || st.Failures == 0 {
		t.Errorf("%+v", st)
	}
}
