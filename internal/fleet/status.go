package fleet

import "volary/internal/clock"

// Status is the state of the whole in one page: GET /api/v1/status, and the
// event `status` once a second.
type Status struct {
	Session SessionStatus `json:"session"`
	Tick    uint64        `json:"tick" doc:"ticks since the session began"`
	SimTime float64       `json:"sim_time" doc:"simulated seconds since the session began"`
	Speed   clock.Speed   `json:"speed" doc:"simulated seconds per wall second asked for, or \"max\""`
	Paused  bool          `json:"paused"`
	RTF     float64       `json:"rtf" doc:"real-time factor: simulated seconds per wall second achieved"`
	Drift   float64       `json:"drift_s" doc:"simulated seconds given up against wall time since the session began"`
	Drones  int           `json:"drones"`
	Clients int           `json:"clients" doc:"Socket.IO clients connected"`
	Link    LinkStatus    `json:"link"`
	Latency Latency       `json:"latency" doc:"from the simulator's tick to the hub"`
	Legs    Legs          `json:"latency_legs"`
	Store   StoreStatus   `json:"store"`
	Hash    string        `json:"state_hash" doc:"fingerprint of the world at state_hash_tick"`
	HashAt  uint64        `json:"state_hash_tick"`
	BytesPS float64       `json:"bytes_per_s" doc:"sent to Socket.IO clients"`
	Version string        `json:"version"`
}

// SessionStatus is the live session.
type SessionStatus struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	State string `json:"state" enum:"waiting,running,interrupted,ended"`
}

// LinkStatus is the connection to the simulator.
type LinkStatus struct {
	Connected bool    `json:"connected"`
	AgeMS     float64 `json:"age_ms" doc:"since the simulator was last heard"`
	Simulator string  `json:"simulator"`
	Dropped   uint64  `json:"dropped" doc:"frames and events that the simulator could not send"`
}

// StoreStatus is the history.
type StoreStatus struct {
	Engine    string `json:"engine" enum:"postgresql,sqlite"`
	State     string `json:"state" enum:"ok,degraded"`
	Error     string `json:"error,omitempty"`
	Pending   uint64 `json:"pending" doc:"samples received and not yet stored"`
	Committed uint64 `json:"committed" doc:"samples stored since this backend began"`
	OwedMsgs  uint64 `json:"owed_messages" doc:"messages with telemetry and events that wait on disk to be stored"`
	OwedBytes uint64 `json:"owed_bytes" doc:"what they take"`
	Bound     uint64 `json:"bound_bytes" doc:"what may wait; beyond, the oldest is given up and a gap recorded"`
	Gaps      uint64 `json:"gaps" doc:"recorded since this backend began"`
}
