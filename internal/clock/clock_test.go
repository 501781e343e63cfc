package clock

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

var t0 = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// drive calls Due every step for so long and returns the ticks.
func drive(p *Pacer, from time.Time, step, long time.Duration) (ticks int) {
	for at := time.Duration(0); at <= long; at += step {
		ticks += p.Due(from.Add(at))
	}
	return ticks
}

func TestTicksKeepToSpeedTimesWallTime(t *testing.T) {
	for _, speed := range []float64{0.1, 1, 2.5, 100} {
		for _, step := range []time.Duration{time.Millisecond, 3700 * time.Microsecond, 16 * time.Millisecond} {
			p := New(250, 25)
			p.SetSpeed(speed)
			got, want := drive(p, t0, step, time.Minute), 60*250*speed
			if math.Abs(float64(got)-want) > want*0.001+1 {
				t.Errorf("speed %v, looked at every %v: %d ticks in a minute, want %v", speed, step, got, want)
			}
			if p.Drift() != 0 {
				t.Errorf("speed %v: drift %v s without a stall", speed, p.Drift())
			}
		}
	}
}

func TestALongStallDoesNotBurstAndIsTold(t *testing.T) {
	p := New(250, 25)
	p.Due(t0)
	if n := p.Due(t0.Add(10 * time.Second)); n != 25 {
		t.Errorf("%d ticks after a stall of 10 s, want 25", n)
	}
	if d := p.Drift(); math.Abs(d-9.9) > 0.001 {
		t.Errorf("drift %v s, want 9.9", d)
	}
	if n := p.Due(t0.Add(10*time.Second + 40*time.Millisecond)); n != 10 {
		t.Errorf("%d ticks in the 40 ms after, want 10", n)
	}
}

func TestAClockThatJumpsBackOwesNothing(t *testing.T) {
	p := New(250, 25)
	p.Due(t0)
	if n := p.Due(t0.Add(-time.Hour)); n != 0 {
		t.Errorf("%d ticks for an hour backwards", n)
	}
	if n := p.Due(t0.Add(-time.Hour + 20*time.Millisecond)); n != 5 {
		t.Errorf("%d ticks in the 20 ms after, want 5", n)
	}
}

func TestPausedTimeIsNotOwedAndStepsAreExact(t *testing.T) {
	p := New(250, 25)
	p.Due(t0)
	p.Pause()
	if n := drive(p, t0, 10*time.Millisecond, time.Second); n != 0 {
		t.Errorf("%d ticks while paused", n)
	}
	p.Step(60)
	if n := drive(p, t0.Add(time.Second), time.Millisecond, 100*time.Millisecond); n != 60 {
		t.Errorf("%d ticks for 60 steps", n)
	}
	p.Due(t0.Add(time.Hour))
	p.Resume()
	if n := p.Due(t0.Add(time.Hour + 4*time.Millisecond)); n > 2 {
		t.Errorf("%d ticks at once after an hour's pause", n)
	}
}

func TestTheRealTimeFactorIsWhatWasAchieved(t *testing.T) {
	p := New(250, 25)
	drive(p, t0, 4*time.Millisecond, 5*time.Second)
	if r := p.RealTimeFactor(); math.Abs(r-1) > 0.01 {
		t.Errorf("real-time factor %v, want 1", r)
	}
	slow := New(250, 25) // 25 ticks at most for each 200 ms: half
	drive(slow, t0, 200*time.Millisecond, 10*time.Second)
	if r := slow.RealTimeFactor(); math.Abs(r-0.5) > 0.05 {
		t.Errorf("real-time factor %v, want 0.5", r)
	}
}

func TestWaitEndsWhenTheNextTickIsDue(t *testing.T) {
	p := New(250, 25)
	p.Due(t0)
	p.Due(t0.Add(5 * time.Millisecond)) // one tick and a quarter
	if w := p.Wait(time.Second); w < 2900*time.Microsecond || w > 3100*time.Microsecond {
		t.Errorf("wait %v, want 3 ms", w)
	}
	p.SetSpeed(Max)
	if w := p.Wait(time.Second); w != 0 {
		t.Errorf("wait %v at full speed", w)
	}
	if n := p.Due(t0.Add(6 * time.Millisecond)); n != batch {
		t.Errorf("%d ticks at full speed, want %d", n, batch)
	}
}

func TestASpeedIsANumberOrMaxInJSON(t *testing.T) {
	for text, want := range map[string]float64{`2.5`: 2.5, `"max"`: math.Inf(1)} {
		var s Speed
		if err := json.Unmarshal([]byte(text), &s); err != nil || float64(s) != want {
			t.Errorf("%s is read as %v, %v", text, s, err)
		}
		if b, err := json.Marshal(s); err != nil || string(b) != text {
			t.Errorf("%v is written as %s, %v", s, b, err)
		}
	}
	var s Speed
	if json.Unmarshal([]byte(`"fast"`), &s) == nil {
		t.Error(`"fast" is taken for a speed`)
	}
	for _, x := range []float64{0, -1, 0.09, 101, math.NaN()} {
		if CheckSpeed(x) == nil {
			t.Errorf("%v is taken for a speed", x)
		}
	}
}
