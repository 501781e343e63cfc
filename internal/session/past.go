package session

import (
	"github.com/google/uuid"

	"volary/internal/clock"
)

// Fork asks for a new live session that goes on from a moment of another.
type Fork struct {
	From     *float64     // simulated seconds; nil: the last moment kept
	Commands bool         // what the parent was told later is told again, at the same ticks
	Speed    *clock.Speed // nil: as it is now
	Paused   bool
}

// Begin asks for a new live session.
type Begin struct {
	Scenario string // YAML
	Seed     *uint64
	Drones   *int
}

// Diff says where two sessions part.
type Diff struct {
	A uuid.UUID `json:"a"`
	B uuid.UUID `json:"b"`
	// Comparable stretch, in ticks.
	FromTick uint64 `json:"from_tick" doc:"both have a record from here on"`
	ToTick   uint64 `json:"to_tick" doc:"one of them has no record beyond"`
	Same     bool   `json:"same" doc:"nothing differs in between"`
	// PartsAt is the first tick at which anything differs.
	PartsAt *uint64    `json:"parts_at_tick,omitempty"`
	SimTime *float64   `json:"parts_at_sim_time,omitempty"`
	Why     string     `json:"why,omitempty" doc:"in words"`
	Deeds   []DiffDeed `json:"commands" doc:"what one was told and the other was not, the first 100"`
	State   *DiffState `json:"state,omitempty" doc:"the first recorded moment at which drones are not where they were"`
	Hashes  DiffHashes `json:"fingerprints"`
}

// DiffDeed is something that was done in one session only.
type DiffDeed struct {
	In   string `json:"in" enum:"a,b"`
	Tick uint64 `json:"tick"`
	What string `json:"what"`
}

// DiffState is a moment at which drones differ.
type DiffState struct {
	Tick   uint64   `json:"tick"`
	Drones []string `json:"drones" doc:"the first 100"`
	Count  int      `json:"count"`
}

// DiffHashes compares fingerprints of the whole world, one a simulated second.
type DiffHashes struct {
	Compared  int     `json:"compared"`
	Equal     int     `json:"equal"`
	FirstTick *uint64 `json:"first_different_tick,omitempty"`
}
