package recording_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"volary/internal/recording"
	"volary/internal/session"
	"volary/internal/store"
	"volary/internal/telemetry"
)

func TestWindowIsStoredWhenTheNextBegins(t *testing.T) {
	bubble(t, func(r *rig) {
		one := r.session()
		r.start()
		r.fly(one, every, window-every)
		synctest.Wait()
		if got := r.recorder.Open(one.ID, 1); len(got) != 99 || got[98].Tick != window-every || got[0].Sample != sample(1, every) {
			t.Fatalf("open window holds %d samples", len(got))
		}
		if s := r.recorder.Stats(); s.Samples != 0 || s.PendingSamples != 297 || s.PendingMessages != 198 {
			t.Fatalf("%+v", s)
		}
		r.fly(one, window, window)
		synctest.Wait()
		r.expect(one, every, window-every)
		if got := r.recorder.Open(one.ID, 1); len(got) != 1 || got[0].Tick != window {
			t.Fatalf("open window holds %v", got)
		}
		if got := r.recorder.Open(uuid.New(), 1); len(got) != 0 {
			t.Fatalf("another session has %v", got)
		}
		if r.frames.forgotten != 198 {
			t.Fatalf("the stream may forget up to %d", r.frames.forgotten)
		}
		r.fly(one, window+every, 2*window+500)
		synctest.Wait()
		r.ok(r.stop())
		r.expect(one, every, 2*window+500)
		r.gaps(one)
		got, err := r.store.Session(context.Background(), one.ID)
		r.ok(err)
		if got.LastTick != 2*window+500 {
			t.Fatalf("last tick %d", got.LastTick)
		}
	})
}

func TestQuietWindowIsStored(t *testing.T) {
	bubble(t, func(r *rig) {
		one := r.session()
		r.start()
		r.fly(one, every, 500)
		time.Sleep(1900 * time.Millisecond)
		r.frames.put(slice(one.ID, 500, 3, 2, 0)) // a repeated tick is nothing new
		synctest.Wait()
		r.expect(one, every, 0)
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		r.expect(one, every, 500)
		if s := r.recorder.Stats(); s.PendingMessages != 0 || s.Duplicates != 1 {
			t.Fatalf("%+v", s)
		}
		r.fly(one, 525, 1000) // the same window once more
		time.Sleep(3 * time.Second)
		r.expect(one, every, 1000)
	})
}

// A simulation that stands still may go on telling so.
func TestPausedWindowIsStored(t *testing.T) {
	bubble(t, func(r *rig) {
		one := r.session()
		r.start()
		r.fly(one, every, 500)
		paused := telemetry.AppendSlice(nil, &telemetry.Header{Session: one.ID, Tick: 500, TickHz: tickHz, Slices: 1, Paused: true}, nil)
		for range 100 {
			time.Sleep(100 * time.Millisecond)
			r.frames.put(paused)
		}
		synctest.Wait()
		r.expect(one, every, 500)
		if s := r.recorder.Stats(); s.Duplicates != 0 || s.PendingMessages > 30 || s.Commits > 10 {
			t.Fatalf("%+v", s)
		}
		r.fly(one, 525, 1000)
		synctest.Wait()
		r.ok(r.stop())
		r.expect(one, every, 1000)
		r.gaps(one)
	})
}

// Killed after the store had it and before the stream heard so.
func TestKilledBetweenIngestAndForget(t *testing.T) {
	bubble(t, func(r *rig) {
		one := r.session()
		r.frames.deaf, r.events.deaf = true, true
		r.start()
		r.fly(one, every, window+500)
		r.say(one, 1, 5)
		synctest.Wait()
		r.ok(r.stop())
		if len(r.frames.messages) != 2*(window+500)/every {
			t.Fatal("the stream has forgotten")
		}
		r.frames.deaf, r.events.deaf = false, false
		r.start()
		synctest.Wait()
		if len(r.frames.messages) != 0 {
			t.Fatal("the stream was not told what is stored")
		}
		r.fly(one, window+525, 2*window)
		r.say(one, 6, 9)
		synctest.Wait()
		r.ok(r.stop())
		r.expect(one, every, 2*window)
		r.gaps(one)
		if n := r.heard(one); n != 9 {
			t.Fatalf("%d events", n)
		}
	})
}

func TestRestartInMidWindow(t *testing.T) {
	bubble(t, func(r *rig) {
		one := r.session()
		r.start()
		r.fly(one, every, window+500)
		r.frames.put(slice(one.ID, window+525, 3, 2, 0)) // half a frame
		synctest.Wait()
		r.store.set(down, nil) // as kill -9: what is held is gone
		if err := r.stop(); !errors.Is(err, errDown) {
			t.Fatalf("stopped with samples held, and said %v", err)
		}
		r.store.set(nil, nil)
		r.frames.put(slice(one.ID, window+525, 3, 2, 1))
		r.fly(one, window+550, window+1000)
		r.start()
		synctest.Wait()
		r.ok(r.stop())
		r.expect(one, every, window+1000)
		r.gaps(one)
	})
}

// A frame half of which came before the end of the recorder is not torn.
func TestShutdownInMidFrame(t *testing.T) {
	bubble(t, func(r *rig) {
		one := r.session()
		r.start()
		r.fly(one, every, 500)
		r.frames.put(slice(one.ID, 525, 3, 2, 0))
		synctest.Wait()
		r.ok(r.stop())
		r.expect(one, every, 500)
		r.start()
		r.frames.put(slice(one.ID, 525, 3, 2, 1))
		synctest.Wait()
		r.ok(r.stop())
		r.expect(one, every, 525)
		r.gaps(one)
	})
}

func TestStoreDownForAWhile(t *testing.T) {
	bubble(t, func(r *rig) {
		r.config.MaxSamples = 600 // two windows of three drones
		one := r.session()
		r.start()
		r.fly(one, every, 500)
		synctest.Wait()
		r.store.set(down, nil)
		r.fly(one, 525, 10*window)
		r.say(one, 1, 500)
		for range 60 {
			time.Sleep(5 * time.Second)
			s := r.recorder.Stats()
			if s.State != recording.Degraded || s.Error == "" || s.PendingSamples > 610 {
				t.Fatalf("%+v", s)
			}
		}
		if n := len(r.recorder.Open(one.ID, 0)); n < 190 {
			t.Fatalf("%d samples of a drone are readable: it stopped at the first window", n)
		}
		if s := r.recorder.Stats(); s.Failures > 200 {
			t.Fatalf("%d attempts in five minutes", s.Failures)
		}
		r.store.set(nil, nil)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if s := r.recorder.Stats(); s.State != recording.OK || s.Error != "" || s.Events != 500 {
			t.Fatalf("%+v", s)
		}
		r.ok(r.stop())
		r.expect(one, every, 10*window)
		r.gaps(one)
		if n := r.heard(one); n != 500 {
			t.Fatalf("%d events", n)
		}
	})
}

// The store has it, and the answer was lost on the way, while more came in.
func TestLostAnswer(t *testing.T) {
	bubble(t, func(r *rig) {
		one := r.session()
		lost := 0
		r.store.set(nil, func() error {
			if lost++; lost%2 == 1 {
				return errors.New("line cut")
			}
			return nil
		})
		r.start()
		for tick := uint64(every); tick <= 5*window; tick += every {
			r.fly(one, tick, tick)
			r.say(one, tick/every, tick/every)
			time.Sleep(100 * time.Millisecond)
		}
		r.store.set(nil, nil)
		r.ok(r.stop())
		r.expect(one, every, 5*window)
		r.gaps(one)
		if n := r.heard(one); n != 5*window/every || lost < 5 {
			t.Fatalf("%d events, %d answers lost", n, lost)
		}
	})
}

func TestGaps(t *testing.T) {
	bubble(t, func(r *rig) {
		one := r.session()
		r.start()
		r.fly(one, 100, 500)   // the first frames never came
		r.fly(one, 1000, 2000) // 525 to 975 are missing
		r.fly(one, 1500, 2000) // again: duplicates
		for _, tick := range []uint64{2025, 2050} {
			r.frames.put(slice(one.ID, tick, 3, 2, 1)) // slot 1 only
		}
		r.fly(one, 2075, 2500)
		r.frames.put([]byte("junk"))
		r.frames.put(nil)
		r.frames.put(slice(one.ID, math.MaxUint64, 3, 2, 0))
		r.frames.put(slice(one.ID, 2525, 3, 2, 0))
		r.frames.put([]byte("junk in a frame"))
		r.frames.put(slice(one.ID, 2525, 3, 2, 0)) // a slice twice
		r.frames.put(slice(one.ID, 2525, 3, 2, 1))
		synctest.Wait()
		r.ok(r.stop())
		r.gaps(one,
			telemetry.Gap{FromTick: 0, ToTick: 100, Reason: recording.GapLost},
			telemetry.Gap{FromTick: 500, ToTick: 1000, Reason: recording.GapLost},
			telemetry.Gap{FromTick: 2000, ToTick: 2075, Reason: recording.GapIncomplete})
		s := r.recorder.Stats()
		if s.Gaps != 3 || s.Corrupt != 4 || s.Incomplete != 2 || s.Duplicates != 2*21+1 {
			t.Fatalf("%+v", s)
		}
		chunks, err := r.store.Chunks(context.Background(), one.ID, 1, 2000, 2100)
		r.ok(err)
		n := 0
		for _, c := range chunks {
			samples, err := telemetry.UnpackChunk(c)
			r.ok(err)
			for _, s := range samples {
				if s.Tick > 2000 && s.Tick < 2075 {
					n++
				}
			}
		}
		if n != 2 {
			t.Fatalf("of the incomplete frames %d samples are kept", n)
		}
		if len(r.frames.messages) != 0 {
			t.Fatalf("%d messages are stuck", len(r.frames.messages))
		}
	})
}

// A gap is seen over a restart too: the session's record tells the last tick.
func TestGapOverARestart(t *testing.T) {
	bubble(t, func(r *rig) {
		one := r.session()
		r.start()
		r.fly(one, every, 500)
		synctest.Wait()
		r.ok(r.stop())
		r.start()
		r.fly(one, 600, 700)
		synctest.Wait()
		r.ok(r.stop())
		r.gaps(one, telemetry.Gap{FromTick: 500, ToTick: 600, Reason: recording.GapLost})
		r.expect(one, every, 700, 525, 550, 575)
	})
}

func TestTwoSessionsInOneStream(t *testing.T) {
	bubble(t, func(r *rig) {
		a, b := r.session(), r.session()
		r.start()
		r.fly(a, every, 500)
		r.fly(b, every, 750)
		synctest.Wait()
		r.expect(a, every, 500)
		if n := len(r.recorder.Open(b.ID, 0)); n != 30 {
			t.Fatalf("%d samples open", n)
		}
		r.fly(a, 525, 1000)
		r.fly(b, 775, 1000)
		synctest.Wait()
		r.ok(r.stop())
		r.expect(a, every, 1000)
		r.expect(b, every, 1000)
		r.gaps(a)
		r.gaps(b)
	})
}

func TestSessionRecordComesLater(t *testing.T) {
	bubble(t, func(r *rig) {
		late := &session.Session{ID: uuid.New(), State: session.Running, TickHz: tickHz, RecordEvery: every}
		r.start()
		r.fly(late, every, 500)
		time.Sleep(10 * time.Second)
		if s := r.recorder.Stats(); s.State != recording.Degraded {
			t.Fatalf("%+v", s)
		}
		r.ok(r.store.CreateSession(context.Background(), late))
		time.Sleep(10 * time.Second)
		if s := r.recorder.Stats(); s.State != recording.OK || s.Unknown != 0 {
			t.Fatalf("%+v", s)
		}
		r.ok(r.stop())
		r.expect(late, every, 500)
	})
}

// Telemetry of nobody's session holds up nothing for ever.
func TestUnknownSessionIsSkipped(t *testing.T) {
	bubble(t, func(r *rig) {
		known := r.session()
		r.start()
		r.fly(&session.Session{ID: uuid.New()}, every, 500)
		r.fly(known, every, 500)
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := r.recorder.Stats(); s.State != recording.OK || s.Unknown != 40 {
			t.Fatalf("%+v", s)
		}
		r.ok(r.stop())
		r.expect(known, every, 500)
		if len(r.frames.messages) != 0 {
			t.Fatal("messages are stuck")
		}
	})
}

func TestStreamCreatedAnew(t *testing.T) {
	bubble(t, func(r *rig) {
		one := r.session()
		r.start()
		r.fly(one, every, 500)
		r.say(one, 1, 3)
		synctest.Wait()
		r.frames.renew("frames-2")
		r.events.renew("events-2")
		r.fly(one, 400, 1000) // counts from 1, and overlaps what was recorded
		r.say(one, 4, 6)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		r.ok(r.stop())
		r.expect(one, every, 1000)
		r.gaps(one)
		if n := r.heard(one); n != 6 {
			t.Fatalf("%d events", n)
		}
	})
}

func TestStreamDownForAWhile(t *testing.T) {
	bubble(t, func(r *rig) {
		one := r.session()
		r.start()
		r.fly(one, every, 500)
		synctest.Wait()
		fail := func(err error) {
			r.frames.set(func() { r.frames.failing = err })
			r.events.set(func() { r.events.failing = err })
		}
		fail(errors.New("no broker"))
		time.Sleep(time.Minute)
		if s := r.recorder.Stats(); s.State != recording.Degraded || s.PendingSamples != 0 {
			t.Fatalf("%+v", s) // what was held is stored meanwhile
		}
		r.fly(one, 525, 1000)
		r.say(one, 1, 3)
		fail(nil)
		time.Sleep(time.Minute)
		if s := r.recorder.Stats(); s.State != recording.OK || s.Events != 3 {
			t.Fatalf("%+v", s)
		}
		r.ok(r.stop())
		r.expect(one, every, 1000)
	})
}

// What the store can never hold is dropped with a gap in its place; the rest
// goes on.
func TestRefusedTelemetry(t *testing.T) {
	bubble(t, func(r *rig) {
		one := r.session()
		taken := telemetry.PackChunk(1, []telemetry.TimedSample{{Tick: every}})
		r.ok(r.store.Ingest(context.Background(), &telemetry.Batch{Stream: "x", Seq: 1, Session: one.ID, Chunks: []telemetry.Chunk{taken}}))
		r.start()
		r.fly(one, every, window)
		synctest.Wait()
		r.gaps(one, telemetry.Gap{FromTick: every - 1, ToTick: window - every + 1, Reason: recording.GapRefused})
		if s := r.recorder.Stats(); s.Refused != 297 || s.State != recording.OK {
			t.Fatalf("%+v", s)
		}
		r.ok(r.stop())
		chunks, err := r.store.Chunks(context.Background(), one.ID, 0, 0, 0)
		r.ok(err)
		if len(chunks) != 1 || chunks[0].FirstTick != window {
			t.Fatalf("%+v", chunks)
		}
	})
}

func TestEvents(t *testing.T) {
	bubble(t, func(r *rig) {
		one := r.session()
		r.start()
		r.say(one, 1, 300) // more than one batch
		r.events.put([]byte("junk"))
		r.events.put([]byte(`{"seq":1}`))
		// No database counts that far: it alone is dropped.
		r.events.put([]byte(`{"type":"t","severity":"info","seq":18446744073709551615}`))
		r.say(one, 301, 310)
		synctest.Wait()
		if n := r.heard(one); n != 310 {
			t.Fatalf("%d events", n)
		}
		if s := r.recorder.Stats(); s.Events != 310 || s.Corrupt != 2 || s.Refused != 1 || s.State != recording.OK {
			t.Fatalf("%+v", s)
		}
		if len(r.events.messages) != 0 {
			t.Fatal("messages are stuck")
		}
	})
}

// Whatever fails and whenever it is killed: each sample and event is there once.
func TestNothingLostNothingDoubled(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			bubble(t, func(r *rig) {
				rng := rand.New(rand.NewPCG(seed, 7))
				maybe := func() error {
					if rng.IntN(3) == 0 { // under the store's lock: one at a time
						return errDown
					}
					return nil
				}
				r.config = recording.Config{MaxSamples: 500, ShutdownTimeout: time.Second}
				one := r.session()
				r.start()
				r.store.set(maybe, maybe)
				const last = 4 * window
				for tick := uint64(every); tick <= last; tick += every {
					r.fly(one, tick, tick)
					r.say(one, tick/every, tick/every)
					time.Sleep(100 * time.Millisecond)
					if int(tick/every)%70 == 0 {
						r.stop() //nolint:errcheck // may well fail
						r.start()
					}
				}
				r.store.set(nil, nil)
				time.Sleep(time.Minute)
				r.ok(r.stop())
				r.expect(one, every, last)
				r.gaps(one)
				if n := r.heard(one); n != min(1000, last/every) {
					t.Fatalf("%d events", n)
				}
			})
		})
	}
}

// BenchmarkRecorder records 10,000 drones at 10 Hz, from frames to SQLite.
func BenchmarkRecorder(b *testing.B) {
	s, err := store.Open(context.Background(), "sqlite:"+filepath.Join(b.TempDir(), "v.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const drones, slices, frames = 10_000, 10, 100
	recorded := 0
	for b.Loop() {
		b.StopTimer()
		one := &session.Session{ID: uuid.New(), State: session.Running, TickHz: tickHz, RecordEvery: every}
		if err := s.CreateSession(context.Background(), one); err != nil {
			b.Fatal(err)
		}
		in := newStream(one.ID.String())
		for frame := range uint64(frames) {
			for i := range slices {
				in.put(slice(one.ID, (frame+1)*every, drones, slices, i))
			}
		}
		r := recording.New(s, in, newStream("events"), recording.Config{FlushAfter: time.Millisecond}, zerolog.Nop())
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		b.StartTimer()
		go func() { done <- r.Run(ctx) }()
		for r.Stats().Samples < drones*frames {
			time.Sleep(time.Millisecond)
		}
		b.StopTimer()
		cancel()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		recorded += drones * frames
		b.StartTimer()
	}
	b.ReportMetric(float64(recorded)/b.Elapsed().Seconds(), "samples/s")
}
