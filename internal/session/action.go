package session

import (
	"fmt"

	"volary/internal/clock"
	"volary/internal/mission"
)

// Action steers simulated time.
type Action struct {
	Action string       `json:"action"`          // pause, resume, step, speed, reset
	Ticks  int          `json:"ticks,omitempty"` // step: how many, default 1
	Speed  *clock.Speed `json:"speed,omitempty"` // speed: simulated seconds per wall second
}

// MaxSteps is how many ticks one step may ask for: a minute of flight.
const MaxSteps = 15_000

// Check returns what is wrong with a, naming the field, or nil.
func (a *Action) Check() error {
	bad := func(field, format string, args ...any) error {
		return &mission.FieldError{Field: field, Message: fmt.Sprintf(format, args...)}
	}
	switch a.Action {
	case "pause", "resume", "reset":
	case "step":
		if a.Ticks < 0 || a.Ticks > MaxSteps {
			return bad("ticks", "%d is out of range: 1 to %d", a.Ticks, MaxSteps)
		}
	case "speed":
		if a.Speed == nil {
			return bad("speed", `give a speed from %v to %v, or "max"`, clock.MinSpeed, clock.MaxSpeed)
		}
		if err := clock.CheckSpeed(float64(*a.Speed)); err != nil {
			return bad("speed", "%v", err)
		}
	default:
		return bad("action", "%q is not an action: pause, resume, step, speed, reset", a.Action)
	}
	return nil
}
