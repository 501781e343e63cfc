package session

import "volary/internal/telemetry"

// EventFilter chooses events; a zero field chooses all.
type EventFilter struct {
	Session  string
	Severity telemetry.Severity // this one only
	Drone    string
	Type     string
	FromTick uint64
	ToTick   uint64
	Limit    int // 0: 100; 1000 is the most
	Cursor   string
}
