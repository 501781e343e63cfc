package link

import "sync"

// ring is a queue bounded in bytes between the tick, which never waits, and a
// publisher. When it is full the oldest entry goes, and is counted.
type ring[T any] struct {
	mu      sync.Mutex
	queue   []sized[T]
	bytes   int
	limit   int
	dropped uint64
	wake    chan struct{} // holds a token while there may be something to take
}

type sized[T any] struct {
	v     T
	bytes int
}

func newRing[T any](limit int) *ring[T] {
	return &ring[T]{limit: limit, wake: make(chan struct{}, 1)}
}

// push adds v of so many bytes and makes room at the old end.
func (r *ring[T]) push(v T, bytes int) {
	r.mu.Lock()
	r.queue = append(r.queue, sized[T]{v, bytes})
	r.bytes += bytes
	for r.bytes > r.limit && len(r.queue) > 1 {
		r.drop()
		r.dropped++
	}
	r.mu.Unlock()
	r.signal()
}

func (r *ring[T]) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *ring[T]) drop() {
	r.bytes -= r.queue[0].bytes
	r.queue[0] = sized[T]{}
	if r.queue = r.queue[1:]; len(r.queue) == 0 {
		r.queue = nil
	}
}

// take removes and returns up to n of the oldest entries.
func (r *ring[T]) take(n int) []T {
	r.mu.Lock()
	defer r.mu.Unlock()
	n = min(n, len(r.queue))
	out := make([]T, 0, n)
	for range n {
		out = append(out, r.queue[0].v)
		r.drop()
	}
	return out
}

// size returns how many entries wait and how many were dropped so far.
func (r *ring[T]) size() (waiting int, dropped uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.queue), r.dropped
}
