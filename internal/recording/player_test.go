package recording_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"volary/internal/recording"
	"volary/internal/session"
	"volary/internal/telemetry"
)

// archive is a session of two drones, 10 Hz, with a gap between gapFrom and gapTo,
// and an event at each whole second.
type archive struct {
	s       session.Session
	asked   int
	failing bool
}

const gapFrom, gapTo = 5000, 9000

func newArchive(seconds uint64) *archive {
	return &archive{s: session.Session{
		ID: uuid.New(), TickHz: tickHz, RecordEvery: every, LastTick: seconds * tickHz,
		Gaps: []telemetry.Gap{{FromTick: gapFrom, ToTick: gapTo, Reason: "test"}},
	}}
}

func sampleAt(slot uint32, tick uint64) telemetry.Sample {
	return telemetry.Sample{Slot: slot, X: int32(tick) * 3, Y: int32(slot), VX: 120}
}

func recorded(tick uint64) bool { return tick%every == 0 && (tick <= gapFrom || tick >= gapTo) }

func (a *archive) Moments(_ context.Context, _ uuid.UUID, from, to uint64) (map[uint32][]telemetry.TimedSample, error) {
	if a.asked++; a.failing {
		return nil, errors.New("away")
	}
	out := map[uint32][]telemetry.TimedSample{}
	for tick := from; tick <= to; tick++ {
		if recorded(tick) {
			for slot := range uint32(2) {
				out[slot] = append(out[slot], telemetry.TimedSample{Tick: tick, Sample: sampleAt(slot, tick)})
			}
		}
	}
	return out, nil
}

func (a *archive) Events(_ context.Context, f session.EventFilter) ([]telemetry.Event, string, error) {
	var out []telemetry.Event
	for s := f.ToTick / tickHz; ; s-- {
		if t := s * tickHz; t >= f.FromTick && t <= f.ToTick {
			out = append(out, telemetry.Event{Tick: t, Type: "second", Message: fmt.Sprint(s)})
		}
		if s == 0 || s*tickHz < f.FromTick {
			return out, "", nil
		}
	}
}

func ptr[T any](v T) *T { return &v }

var midnight = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func turn(t interface {
	Helper()
	Fatal(...any)
}, p *recording.Player, at time.Duration) recording.Shown {
	t.Helper()
	s, err := p.Turn(context.Background(), midnight.Add(at))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFrameByFrameShowsEveryRecordedMomentThereAndBack(t *testing.T) {
	a := newArchive(60)
	p := recording.NewPlayer(a, &a.s, "r", session.StartReplay{Paused: true})
	var ticks []uint64
	for tick := uint64(0); tick <= a.s.LastTick; tick++ {
		if recorded(tick) {
			ticks = append(ticks, tick)
		}
	}
	check := func(want uint64) {
		t.Helper()
		s := turn(t, p, 0)
		if s.Moment == nil || s.Moment.Tick != want || s.State.Tick != want || s.State.State != "paused" || len(s.Moment.Samples) != 2 {
			t.Fatalf("at %d: %+v", want, s)
		}
		for slot := range uint32(2) {
			if s.Moment.Samples[slot] != sampleAt(slot, want) {
				t.Fatalf("tick %d: %+v", want, s.Moment.Samples[slot])
			}
		}
	}
	check(0)
	for _, tick := range ticks[1:] {
		p.Do(session.ReplayAction{Action: "step"})
		check(tick)
	}
	for i := len(ticks) - 2; i >= 0; i-- {
		p.Do(session.ReplayAction{Action: "step", Frames: ptr(-1)})
		check(ticks[i])
	}
	p.Do(session.ReplayAction{Action: "step", Frames: ptr(200)})
	check(ticks[200])
	p.Do(session.ReplayAction{Action: "step", Frames: ptr(recording.Window * 10_000)})
	check(ticks[len(ticks)-1])
	p.Do(session.ReplayAction{Action: "step"})
	if s := turn(t, p, 0); s.Moment != nil || s.State.Tick != a.s.LastTick {
		t.Errorf("beyond the end: %+v", s)
	}
}

func TestPlayingKeepsToItsSpeedInBothDirections(t *testing.T) {
	for _, speed := range []float64{0.1, 1, 4, 50, -0.1, -1, -7, -50} {
		a := newArchive(600)
		p := recording.NewPlayer(a, &a.s, "r", session.StartReplay{Speed: &speed, From: ptr(300.0)})
		var s recording.Shown
		shown, last := 0, uint64(math.MaxUint64)
		for i := range 41 {
			if s = turn(t, p, time.Duration(i)*50*time.Millisecond); s.Moment == nil {
				continue
			}
			if shown++; last != math.MaxUint64 && (speed > 0) != (s.Moment.Tick > last) {
				t.Fatalf("speed %v: tick %d after %d", speed, s.Moment.Tick, last)
			}
			if d := math.Abs(float64(s.Moment.Tick) - s.State.SimTime*tickHz); d >= every+1 {
				t.Fatalf("speed %v: shows tick %d at %v s", speed, s.Moment.Tick, s.State.SimTime)
			}
			last = s.Moment.Tick
		}
		if want := 300 + 2*speed; math.Abs(s.State.SimTime-want) > 1e-6 || s.State.State != "playing" {
			t.Errorf("speed %v: at %v s after 2 s, want %v", speed, s.State.SimTime, want)
		}
		if want := int(min(41, 1+2*math.Abs(speed)*10)); shown < want-1 || shown > want+1 {
			t.Errorf("speed %v: %d moments shown, want %d", speed, shown, want)
		}
	}
}

func TestAGapIsShownAsAGap(t *testing.T) {
	a := newArchive(60)
	p := recording.NewPlayer(a, &a.s, "r", session.StartReplay{From: ptr(19.9), Speed: ptr(10.0)})
	var before, in, after int
	for i := range 60 {
		s := turn(t, p, time.Duration(i)*50*time.Millisecond)
		switch {
		case s.State.Tick <= gapFrom:
			before++
		case s.State.Tick < gapTo:
			if in++; s.Moment != nil || s.State.Gap == nil || s.State.Gap.ToTick != gapTo {
				t.Fatalf("in the gap: %+v", s)
			}
		default:
			if after++; s.State.Gap != nil {
				t.Fatalf("after the gap: %+v", s)
			}
		}
	}
	if before == 0 || in < 30 || after == 0 {
		t.Errorf("%d turns before, %d in, %d after", before, in, after)
	}
}

func TestEventsAreToldOnceInOrderWhenPlayingOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := newArchive(120)
		p := recording.NewPlayer(a, &a.s, "r", session.StartReplay{Speed: ptr(rapid.Float64Range(0.1, 50).Draw(t, "speed"))})
		now, told := time.Duration(0), uint64(0)
		for range 100 {
			s := turn(t, p, now)
			for _, e := range s.Events {
				if e.Tick != told+tickHz {
					t.Fatalf("event of %d after %d", e.Tick, told)
				}
				told = e.Tick
			}
			if s.State.Tick < told || s.State.Tick >= told+tickHz+1 {
				t.Fatalf("at tick %d, told up to %d", s.State.Tick, told)
			}
			now += time.Duration(rapid.IntRange(1, 900).Draw(t, "ms")) * time.Millisecond
		}
	})
}

func TestSeekingGoesAnywhereAndEndsStop(t *testing.T) {
	a := newArchive(60)
	p := recording.NewPlayer(a, &a.s, "r", session.StartReplay{Speed: ptr(50.0)})
	for _, to := range []float64{12.34, 0, 59.9, 40, 3} {
		p.Do(session.ReplayAction{Action: "pause"})
		p.Do(session.ReplayAction{Action: "seek", To: &to})
		s := turn(t, p, time.Hour)
		if math.Abs(s.State.SimTime-to) > 1e-9 || s.Moment == nil || float64(s.Moment.Tick) > to*tickHz+1e-6 || len(s.Events) > 0 {
			t.Errorf("%v s: %+v", to, s)
		}
	}
	p.Do(session.ReplayAction{Action: "play"})
	for i := range 100 {
		turn(t, p, time.Hour+time.Duration(i)*50*time.Millisecond)
	}
	if s := p.State(); s.State != "ended" || s.Tick != a.s.LastTick {
		t.Errorf("at the end: %+v", s)
	}
	p.Do(session.ReplayAction{Action: "speed", Speed: ptr(-50.0)})
	for i := range 100 {
		turn(t, p, 2*time.Hour+time.Duration(i)*50*time.Millisecond)
	}
	if s := p.State(); s.State != "ended" || s.Tick != 0 {
		t.Errorf("at the beginning: %+v", s)
	}
	p.Do(session.ReplayAction{Action: "play"})
	if s := turn(t, p, 3*time.Hour); s.State.State != "playing" || s.State.Tick != a.s.LastTick {
		t.Errorf("played again, backwards: %+v", s)
	}
}

func TestAnArchiveThatIsAwayCostsNoMoment(t *testing.T) {
	a := newArchive(60)
	p := recording.NewPlayer(a, &a.s, "r", session.StartReplay{})
	turn(t, p, 0)
	p.Do(session.ReplayAction{Action: "seek", To: ptr(45.0)})
	a.failing = true
	if _, err := p.Turn(t.Context(), midnight.Add(time.Second)); err == nil {
		t.Fatal("no error")
	}
	a.failing = false
	if s := turn(t, p, 1100*time.Millisecond); s.Moment == nil || s.Moment.Tick < 45*tickHz || s.Moment.Tick > 46*tickHz {
		t.Errorf("%+v", s)
	}
}

func TestOnlyAFewStretchesAreHeldAndReadOnce(t *testing.T) {
	a := newArchive(600)
	p := recording.NewPlayer(a, &a.s, "r", session.StartReplay{Speed: ptr(50.0)})
	for i := range 300 {
		turn(t, p, time.Duration(i)*50*time.Millisecond)
	}
	if a.asked > 61 {
		t.Errorf("%d stretches were read of 60", a.asked)
	}
}
