package socketio

import "time"

// heartbeat decides when to ping and when a client counts as dead. Revision 4
// servers ping and clients answer; in revision 3 the client pings.
//
// Both deadlines are measured from one base, the last sign of life: chained
// timers would each add their own lateness. Time is an argument, so the rules
// can be tested without waiting.
type heartbeat struct {
	eio               int
	interval, timeout time.Duration

	base   time.Time // the last sign of life
	pinged time.Time // when the ping that is out was sent; zero for none
	rtt    time.Duration
}

// next returns when step must be asked again.
func (h *heartbeat) next() time.Time {
	if h.eio == 4 && h.pinged.IsZero() {
		return h.base.Add(h.interval)
	}
	return h.deadline()
}

func (h *heartbeat) deadline() time.Time { return h.base.Add(h.interval + h.timeout) }

// step says whether to ping now, or to give the client up.
func (h *heartbeat) step(now time.Time) (ping, dead bool) {
	if h.eio == 4 && h.pinged.IsZero() {
		if now.Before(h.base.Add(h.interval)) {
			return false, false
		}
		if !now.Before(h.deadline()) {
			// This process was held up, not the client: it gets its time to answer.
			h.base = now.Add(-h.interval)
		}
		h.pinged = now
		return true, false
	}
	return false, h.expired(now)
}

// expired reports whether the client is past its deadline, for requests that
// arrive before the keeper noticed.
func (h *heartbeat) expired(now time.Time) bool {
	return (h.eio == 3 || !h.pinged.IsZero()) && !now.Before(h.deadline())
}

// answered takes a pong. One nobody asked for changes nothing.
func (h *heartbeat) answered(now time.Time) {
	if h.pinged.IsZero() {
		return
	}
	h.rtt = now.Sub(h.pinged)
	h.base, h.pinged = now, time.Time{}
}

// heard takes a revision 3 client's ping.
func (h *heartbeat) heard(now time.Time) { h.base = now }
