package recording_test

import (
	"bytes"
	"context"
	"errors"
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
