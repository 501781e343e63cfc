package session

import (
	"fmt"
	"math"

	"github.com/google/uuid"

	"volary/internal/mission"
	"volary/internal/telemetry"
)

// Replay is a recorded session being played.
type Replay struct {
	ID       string         `json:"id"`
	Session  uuid.UUID      `json:"session"`
	State    string         `json:"state" enum:"playing,paused,ended" doc:"ended: it ran out at either end; seek or play the other way"`
	Tick     uint64         `json:"tick"`
	SimTime  float64        `json:"sim_time"`
	Speed    float64        `json:"speed" doc:"recorded seconds per second; negative: backwards"`
	From     float64        `json:"from" doc:"first recorded simulated second"`
	To       float64        `json:"to" doc:"last recorded simulated second"`
	Gap      *telemetry.Gap `json:"gap,omitempty" doc:"nothing was kept of this moment"`
	Watchers int            `json:"watchers"`
}

// Speeds of a replay.
const (
	MinReplaySpeed = 0.1
	MaxReplaySpeed = 50
)

// StartReplay asks for a replay.
type StartReplay struct {
	From   *float64 `json:"from,omitempty" doc:"simulated seconds; default: the beginning"`
	Speed  *float64 `json:"speed,omitempty" doc:"0.1 to 50, or the same backwards; default 1"`
	Paused bool     `json:"paused,omitempty"`
}

// Check says what is wrong with s, or nil.
func (s *StartReplay) Check() error {
	if s.From != nil && (math.IsNaN(*s.From) || *s.From < 0 || *s.From > 1e9) {
		return &mission.FieldError{Field: "from", Message: fmt.Sprintf("%v is no moment of a session", *s.From)}
	}
	if s.Speed != nil {
		return checkReplaySpeed(*s.Speed)
	}
	return nil
}

func checkReplaySpeed(v float64) error {
	if a := math.Abs(v); !(a >= MinReplaySpeed && a <= MaxReplaySpeed) {
		return &mission.FieldError{Field: "speed", Message: fmt.Sprintf("%v is out of range: %v to %v, negative for backwards", v, MinReplaySpeed, float64(MaxReplaySpeed))}
	}
	return nil
}

// ReplayAction steers a replay.
type ReplayAction struct {
	Action string   `json:"action" doc:"play, pause, seek, speed or step"`
	To     *float64 `json:"to,omitempty" doc:"seek: simulated seconds"`
	Speed  *float64 `json:"speed,omitempty" doc:"speed: 0.1 to 50, or the same backwards"`
	Frames *int     `json:"frames,omitempty" doc:"step: so many recorded moments on, negative: back; default 1; pauses"`
}

// MaxFrames is how many recorded moments one step may go.
const MaxFrames = 10_000

// Check says what is wrong with a, or nil.
func (a *ReplayAction) Check() error {
	switch a.Action {
	case "play", "pause":
	case "seek":
		if a.To == nil || math.IsNaN(*a.To) || *a.To < 0 || *a.To > 1e9 {
			return &mission.FieldError{Field: "to", Message: "seek needs a moment, in simulated seconds"}
		}
	case "speed":
		if a.Speed == nil {
			return &mission.FieldError{Field: "speed", Message: fmt.Sprintf("give a speed: %v to %v, negative for backwards", MinReplaySpeed, float64(MaxReplaySpeed))}
		}
		return checkReplaySpeed(*a.Speed)
	case "step":
		if a.Frames != nil && (*a.Frames == 0 || *a.Frames > MaxFrames || *a.Frames < -MaxFrames) {
			return &mission.FieldError{Field: "frames", Message: fmt.Sprintf("%d is out of range: -%d to %d, not 0", *a.Frames, MaxFrames, MaxFrames)}
		}
	default:
		return &mission.FieldError{Field: "action", Message: fmt.Sprintf("%q is not an action: play, pause, seek, speed, step", a.Action)}
	}
	return nil
}
