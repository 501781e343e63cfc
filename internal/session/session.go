// Package session is one run's life cycle: it begins with a scenario and a seed,
// may be interrupted and resumed, and ends.
package session

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/telemetry"
)

// State is where a session is in its life.
type State string

// The states. Running, Interrupted → Running again, any → Ended.
const (
	Running     State = "running"     // its simulator is heard
	Interrupted State = "interrupted" // its simulator fell silent without a goodbye
	Ended       State = "ended"
)

// Session is the record of one run.
type Session struct {
	ID          uuid.UUID       `json:"id"`
	Name        string          `json:"name" doc:"name of the scenario"`
	Simulator   string          `json:"simulator" doc:"id of the simulator that flew it"`
	Scenario    string          `json:"-"` // the whole file, YAML
	Seed        uint64          `json:"seed"`
	Version     string          `json:"version" doc:"of the simulator"`
	State       State           `json:"state" enum:"running,interrupted,ended"`
	EndReason   string          `json:"end_reason,omitempty"`
	TickHz      int             `json:"tick_hz" doc:"ticks per simulated second"`
	RecordEvery int             `json:"record_every" doc:"ticks between recorded samples"`
	Origin      geo.LLA         `json:"origin" doc:"origin of the world's x, y, z"`
	Drones      int             `json:"drones" doc:"drones that were ever part of it"`
	LastTick    uint64          `json:"last_tick" doc:"last tick recorded"`
	StartedAt   time.Time       `json:"started_at"`
	EndedAt     *time.Time      `json:"ended_at,omitempty"`
	Parent      *uuid.UUID      `json:"parent,omitempty" doc:"of a fork: the session it went on from"`
	ParentTick  uint64          `json:"parent_tick,omitempty" doc:"of a fork: the tick both have in common last"`
	Gaps        []telemetry.Gap `json:"gaps" doc:"stretches of which nothing was kept"`
}

// SimTime is the simulated length of what was recorded, in seconds.
func (s *Session) SimTime() float64 {
	if s.TickHz <= 0 {
		return 0
	}
	return float64(s.LastTick) / float64(s.TickHz)
}

// Member is a drone's stay in a session.
type Member struct {
	drone.Info
	FromTick uint64 `json:"from_tick"`
	ToTick   uint64 `json:"to_tick,omitempty"` // 0: until the end
}

// Transition returns an error unless a session may go from one state to the other.
func Transition(from, to State) error {
	switch {
	case from == to,
		from == Running && (to == Interrupted || to == Ended),
		from == Interrupted && (to == Running || to == Ended):
		return nil
	}
	return fmt.Errorf("session is %s: it can't become %s", from, to)
}
