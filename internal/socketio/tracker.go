package socketio

import "sync"

// tracker counts the goroutines that work for a Server, so that Close can wait
// for them. Unlike a WaitGroup it may be entered while somebody waits.
type tracker struct {
	mu    sync.Mutex
	count int
	shut  bool
	idle  chan struct{} // closed when shut and count is zero
}

func newTracker() *tracker { return &tracker{idle: make(chan struct{})} }

// enter counts a goroutine from outside in, unless the tracker is shut.
func (t *tracker) enter() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.shut {
		return false
	}
	t.count++
	return true
}

// add counts one in that a counted goroutine starts.
func (t *tracker) add() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count++
}

func (t *tracker) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count--
	if t.shut && t.count == 0 {
		close(t.idle)
	}
}

// wait admits no more and returns when all have left.
func (t *tracker) wait() {
	t.mu.Lock()
	if !t.shut {
		t.shut = true
		if t.count == 0 {
			close(t.idle)
		}
	}
	t.mu.Unlock()
	<-t.idle
}
