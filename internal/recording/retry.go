package recording

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"volary/internal/logkey"
)

// What fails, each on its own.
const (
	storingTelemetry = iota
	readingTelemetry
	recordingEvents
	recordingWorlds
	sides
)

// retry decides when a side that failed tries again, and tells how it is.
type retry struct {
	recorder *Recorder
	log      zerolog.Logger
	side     int
	wait     time.Duration // 0: all is well
	at       time.Time     // not before
}

// failed notes an error. It is logged once when it begins, and then only when the
// wait has reached its most: a database that is down for an hour is a few lines.
func (y *retry) failed(ctx context.Context, what string, err error) {
	if ctx.Err() != nil {
		return // we are ending: that is no failure of others
	}
	first := y.wait == 0
	longest := y.recorder.config.MaxBackoff
	quiet := y.wait == longest
	y.wait = min(max(2*y.wait, 50*time.Millisecond), longest)
	y.at = time.Now().Add(y.wait)
	y.recorder.mu.Lock()
	y.recorder.errors[y.side] = err
	y.recorder.stats.Failures++
	y.recorder.mu.Unlock()
	if first || (!quiet && y.wait == longest) {
		y.log.Warn().Err(err).Int64(logkey.RetryMS, y.wait.Milliseconds()).Msg(what + " failed: history waits in the stream and is tried again")
	}
}

// worked notes that a call succeeded.
func (y *retry) worked() {
	if y.wait == 0 {
		return
	}
	y.wait, y.at = 0, time.Time{}
	y.recorder.mu.Lock()
	y.recorder.errors[y.side] = nil
	y.recorder.mu.Unlock()
	y.log.Info().Msg("recording goes on")
}

// due tells whether it may be tried again.
func (y *retry) due() bool { return !time.Now().Before(y.at) }

// pause waits until it may be tried again, or ctx ends.
func (y *retry) pause(ctx context.Context) {
	timer := time.NewTimer(time.Until(y.at))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// seldom lets through one log line a second: a flood of bad messages is counted,
// not written out.
type seldom struct{ next time.Time }

func (s *seldom) allow() bool {
	now := time.Now()
	if now.Before(s.next) {
		return false
	}
	s.next = now.Add(time.Second)
	return true
}
