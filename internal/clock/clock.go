// Package clock decides how many ticks are due.
//
// Simulated time is a count of ticks and nothing else. A Pacer is told the wall
// time and answers how many ticks to run now, so that simulated time keeps to
// speed × wall time. It reads no clock itself: the same calls give the same
// answers, and a test needs no waiting.
package clock

import (
	"fmt"
	"math"
	"time"
)

// Speed limits. Max means as fast as the machine can.
const (
	MinSpeed = 0.1
	MaxSpeed = 100
)

// Max is the speed of a run that waits for no wall clock.
var Max = math.Inf(1)

// batch is how many ticks a run at Max is given at a time: few enough that
// commands and pauses are seen within milliseconds.
const batch = 25

// Pacer turns wall time into ticks. It is not safe for concurrent use; the
// simulator's loop owns it.
type Pacer struct {
	hz         float64
	maxCatchUp int

	speed   float64
	paused  bool
	steps   int // ticks asked for while paused
	last    time.Time
	started bool
	debt    float64 // fraction of a tick owed
	lost    float64 // ticks given up after stalls

	// window for the achieved real-time factor
	winStart time.Time
	winTicks int
	rtf      float64
}

// window over which the real-time factor is averaged.
const window = 2 * time.Second

// New makes a pacer for hz ticks per simulated second. After a stall it runs at
// most maxCatchUp ticks at once and lets simulated time fall behind by the
// rest: a burst would hide the stall and make the next one worse.
func New(hz float64, maxCatchUp int) *Pacer {
	return &Pacer{hz: hz, maxCatchUp: maxCatchUp, speed: 1, rtf: math.NaN()}
}

// Due returns how many ticks to run at now. A wall clock that went backwards
// owes nothing.
func (p *Pacer) Due(now time.Time) int {
	elapsed := time.Duration(0)
	if p.started {
		elapsed = now.Sub(p.last)
	} else {
		p.started, p.winStart = true, now
	}
	p.last = now
	n := p.due(elapsed)
	p.winTicks += n
	if w := now.Sub(p.winStart); w >= window || w < 0 {
		if w > 0 {
			p.rtf = float64(p.winTicks) / p.hz / w.Seconds()
		}
		p.winStart, p.winTicks = now, 0
	}
	return n
}

func (p *Pacer) due(elapsed time.Duration) int {
	if p.paused {
		n := min(p.steps, p.maxCatchUp)
		p.steps -= n
		return n
	}
	if math.IsInf(p.speed, 1) {
		return batch
	}
	if elapsed <= 0 {
		return 0
	}
	p.debt += elapsed.Seconds() * p.hz * p.speed
	n := math.Floor(p.debt)
	p.debt -= n
	// At speed x a healthy loop owes x times as many ticks at each wake-up.
	if limit := math.Ceil(float64(p.maxCatchUp) * math.Max(1, p.speed)); n > limit {
		p.lost += n - limit
		n = limit
	}
	return int(n)
}

// Wait returns how long to sleep from the last Due until the next tick is due.
// A paused pacer with nothing to step waits for idle.
func (p *Pacer) Wait(idle time.Duration) time.Duration {
	switch {
	case p.paused && p.steps > 0, !p.paused && math.IsInf(p.speed, 1):
		return 0
	case p.paused:
		return idle
	}
	d := time.Duration((1 - p.debt) / (p.hz * p.speed) * float64(time.Second))
	return min(max(d, 0), idle)
}

// CheckSpeed says whether x is a speed a pacer takes.
func CheckSpeed(x float64) error {
	if math.IsInf(x, 1) || (x >= MinSpeed && x <= MaxSpeed) {
		return nil
	}
	return fmt.Errorf("speed %v is out of range: give %v to %v", x, MinSpeed, MaxSpeed)
}

// SetSpeed changes the pace from now on. The caller has checked x.
func (p *Pacer) SetSpeed(x float64) {
	p.speed, p.debt = x, 0
	p.resetWindow()
}

// Pause stops time; the fraction of a tick owed is kept.
func (p *Pacer) Pause() {
	p.paused, p.steps = true, 0
	p.resetWindow()
}

// Resume lets time run on. The wall time spent paused is not owed.
func (p *Pacer) Resume() {
	p.paused, p.steps = false, 0
	p.resetWindow()
}

// Step asks for n ticks while paused.
func (p *Pacer) Step(n int) { p.steps += n }

func (p *Pacer) resetWindow() {
	p.winStart, p.winTicks, p.rtf = p.last, 0, math.NaN()
}

// Paused tells whether time stands still.
func (p *Pacer) Paused() bool { return p.paused }

// Stepping tells whether steps asked for are still owed.
func (p *Pacer) Stepping() bool { return p.steps > 0 }

// Speed is the pace asked for; +Inf is as fast as possible.
func (p *Pacer) Speed() float64 { return p.speed }

// RealTimeFactor is simulated seconds per wall second achieved over the last
// whole window; NaN before the first one.
func (p *Pacer) RealTimeFactor() float64 { return p.rtf }

// Drift is the simulated time given up so far, in seconds: how far the
// simulation lags behind where its speed would have brought it.
func (p *Pacer) Drift() float64 { return p.lost / p.hz }
