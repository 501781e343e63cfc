package telemetry

import "encoding/json"

// Severity ranks events.
type Severity string

// The severities.
const (
	Info    Severity = "info"
	Warning Severity = "warning"
	Error   Severity = "error"
)

// Event is something that happened in a session and must not be lost.
type Event struct {
	Session  string          `json:"session"`
	Seq      uint64          `json:"seq" doc:"grows within a session; it jumps where a simulator was restarted"`
	Tick     uint64          `json:"tick"`
	SimTime  float64         `json:"sim_time" doc:"simulated seconds since the session began"`
	WallUS   int64           `json:"wall_us" doc:"wall clock when it happened, Unix microseconds"`
	Severity Severity        `json:"severity" enum:"info,warning,error"`
	Type     string          `json:"type" doc:"what happened: mode_changed, mission_item_reached, command_result, ..."`
	Drone    string          `json:"drone,omitempty" doc:"id of the drone it happened to"`
	Message  string          `json:"message" doc:"for people"`
	Data     json.RawMessage `json:"data,omitempty"`
}
