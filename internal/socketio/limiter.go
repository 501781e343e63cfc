package socketio

import (
	"sync"
	"time"
)

// bucket is a token bucket: rate tokens a second, at most burst. A negative
// rate never refuses.
type bucket struct {
	rate, burst float64

	tokens float64
	last   time.Time
}

func newBucket(rate, burst float64) bucket {
	return bucket{rate: rate, burst: burst, tokens: burst}
}

func (b *bucket) allow(now time.Time) bool {
	if b.rate < 0 {
		return true
	}
	if !b.last.IsZero() {
		b.tokens = min(b.burst, b.tokens+b.rate*now.Sub(b.last).Seconds())
	}
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// guesses slows down parties that ask for session ids which don't exist.
type guesses struct {
	mu      sync.Mutex
	parties map[string]*bucket
}

const (
	guessRate    = 50 // unknown session ids a second: a fleet of browsers after a restart stays below
	guessBurst   = 500
	guessParties = 4096 // remembered at a time; then all are forgotten, which only forgives
)

func (g *guesses) allow(party string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := g.parties[party]
	if b == nil {
		if g.parties == nil || len(g.parties) >= guessParties {
			g.parties = make(map[string]*bucket)
		}
		fresh := newBucket(guessRate, guessBurst)
		b = &fresh
		g.parties[party] = b
	}
	return b.allow(now)
}
