// Package link is the road between a simulator and the backend: NATS.
//
// Four things travel. Live frames and heartbeats go over core NATS: the newest
// replaces what was not taken, and what is dropped is counted. Telemetry for the
// history, events, and orders go through JetStream, which keeps them on disk,
// synced at every write, until they are stored or carried out.
//
// The server runs inside the backend by default (Server); simulators connect
// over TCP, or inside one process. The same code speaks to a cluster elsewhere.
package link

import (
	"time"

	"github.com/google/uuid"

	"volary/internal/clock"
	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/mission"
	"volary/internal/scenario"
	"volary/internal/session"
)

// Protocol is the version of what travels. Both ends must have the same.
const Protocol = 1

// Subjects and streams. SIM stands for the simulator's id.
const (
	subjectHello     = "volary.hello"
	subjectLive      = "volary.live."      // + SIM
	subjectBeat      = "volary.beat."      // + SIM
	subjectGoodbye   = "volary.goodbye."   // + SIM
	subjectFence     = "volary.fence."     // + SIM
	subjectRoster    = "volary.roster."    // + SIM, request
	subjectScene     = "volary.scene."     // + SIM, request
	subjectTelemetry = "volary.telemetry." // + SIM, stream
	subjectEvent     = "volary.event."     // + SIM, stream
	subjectOrder     = "volary.order."     // + SIM, stream
	subjectSnapshot  = "volary.snapshot."  // + SIM, stream
	subjectWorld     = "volary.world"      // request

	streamTelemetry = "TELEMETRY"
	streamEvents    = "EVENTS"
	streamOrders    = "ORDERS"
	streamSnapshots = "SNAPSHOTS"
)

// Hello is what a simulator says first.
type Hello struct {
	Protocol    int     `json:"protocol"`
	Simulator   string  `json:"simulator"`
	Run         string  `json:"run"` // tells a process from another of the same name
	Version     string  `json:"version"`
	Name        string  `json:"name"`     // of the scenario
	Scenario    string  `json:"scenario"` // the file
	Seed        uint64  `json:"seed"`
	TickHz      int     `json:"tick_hz"`
	RecordEvery int     `json:"record_every"` // ticks between recorded samples
	Origin      geo.LLA `json:"origin"`
	// Fresh asks for a new session even when an interrupted one could go on.
	Fresh bool `json:"fresh,omitempty"`
	// Parent and StartTick are of a fork: the session it goes on from, and where.
	Parent    uuid.UUID `json:"parent,omitzero"`
	StartTick uint64    `json:"start_tick,omitempty"`
}

// Welcome is the backend's answer.
type Welcome struct {
	Session   uuid.UUID `json:"session"`
	StartTick uint64    `json:"start_tick"`      // ticks to count from: above 0 when a session goes on
	EventSeq  uint64    `json:"event_seq"`       // number to count events from
	World     string    `json:"world,omitempty"` // a session that goes on: its world, to ask the backend for
	Error     string    `json:"error,omitempty"`
	Retry     bool      `json:"retry,omitempty"` // the error passes: ask again
}

// Heartbeat says that a simulator lives, four times a second.
type Heartbeat struct {
	Simulator string      `json:"simulator"`
	Run       string      `json:"run"`
	Session   uuid.UUID   `json:"session"`
	Tick      uint64      `json:"tick"`
	SimTime   float64     `json:"sim_time"`
	Speed     clock.Speed `json:"speed"`
	Paused    bool        `json:"paused"`
	RTF       float64     `json:"rtf"` // achieved; 0 while unknown
	Drift     float64     `json:"drift_s"`
	Drones    int         `json:"drones"`
	Roster    uint32      `json:"roster"`
	Hash      string      `json:"hash"` // of the world, at HashTick
	HashTick  uint64      `json:"hash_tick"`
	SentUS    int64       `json:"sent_us"`
	Lost      Losses      `json:"lost"`
}

// Losses counts what a simulator could not send.
type Losses struct {
	Live      uint64 `json:"live"`      // frames replaced by a newer one
	Telemetry uint64 `json:"telemetry"` // frames for the history given up: each is a gap
	Events    uint64 `json:"events"`    // events given up
	Snapshots uint64 `json:"snapshots"` // worlds given up: an earlier one serves
	Waiting   int    `json:"waiting"`   // frames and events waiting to be sent
}

// Goodbye is what a simulator says when it stops in order.
type Goodbye struct {
	Simulator string    `json:"simulator"`
	Session   uuid.UUID `json:"session"`
	Tick      uint64    `json:"tick"`
	Reason    string    `json:"reason"`
}

// OrderKind says which part of an Order is meant.
type OrderKind string

// The kinds of orders.
const (
	OrderCommand OrderKind = "command"
	OrderSim     OrderKind = "sim"
	OrderSpawn   OrderKind = "spawn"
	OrderRemove  OrderKind = "remove"
	OrderFault   OrderKind = "fault"   // something goes wrong
	OrderMend    OrderKind = "mend"    // a fault is cleared
	OrderAir     OrderKind = "air"     // the environment changes
	OrderFence   OrderKind = "fence"   // a geofence is added, or replaced
	OrderUnfence OrderKind = "unfence" // a geofence is removed
	OrderRejoin  OrderKind = "rejoin"  // the backend doesn't know the session: begin another
	OrderEnd     OrderKind = "end"     // end the session, and wait for one of the next two
	OrderBegin   OrderKind = "begin"   // end the session, and begin another from a scenario
	OrderFork    OrderKind = "fork"    // end the session, and begin another from a world of the past
)

// Order is something the simulator shall do at the next tick.
type Order struct {
	ID      string                `json:"id"`
	Kind    OrderKind             `json:"kind"`
	Session uuid.UUID             `json:"session"`
	Expires time.Time             `json:"expires"` // not carried out later: nobody waits any more
	Command *drone.Command        `json:"command,omitempty"`
	Mission *mission.Mission      `json:"mission,omitempty"` // what a mission_start shall fly
	Sim     *session.Action       `json:"sim,omitempty"`
	Spawn   *scenario.Group       `json:"spawn,omitempty"`
	Remove  *drone.Selection      `json:"remove,omitempty"`
	Fault   *drone.Fault          `json:"fault,omitempty"`
	Mend    string                `json:"mend,omitempty"` // id of the fault
	Air     *scenario.Environment `json:"air,omitempty"`
	Fence   *mission.Fence        `json:"fence,omitempty"`
	// Replace is set where the fence must be there already.
	Replace bool   `json:"replace,omitempty"`
	Unfence string `json:"unfence,omitempty"` // id of the geofence
	Begin   *Begin `json:"begin,omitempty"`
	Fork    *Fork  `json:"fork,omitempty"`
}

// Begin says which scenario a session shall fly.
type Begin struct {
	Scenario string  `json:"scenario"`
	Seed     *uint64 `json:"seed,omitempty"`
	Drones   *int    `json:"drones,omitempty"`
}

// Fork says which world a session shall begin with.
type Fork struct {
	World    string       `json:"world"`           // what to ask the backend for
	Deeds    string       `json:"deeds,omitempty"` // what shall be done again, to ask the backend for
	Parent   uuid.UUID    `json:"parent"`
	Tick     uint64       `json:"tick"`
	Scenario string       `json:"scenario"`
	Seed     uint64       `json:"seed"`
	Speed    *clock.Speed `json:"speed,omitempty"` // nil: as it is
	Paused   bool         `json:"paused,omitempty"`
}

// Reply is what became of an order. It travels as the data of an event of type
// OrderDone, so that it reaches whoever waits and the history alike.
type Reply struct {
	ID      string                  `json:"id"`
	Kind    OrderKind               `json:"kind"`
	Type    string                  `json:"type,omitempty"` // of the command or action
	Tick    uint64                  `json:"tick"`
	Results map[string]drone.Result `json:"results,omitempty"`
	Added   []drone.Info            `json:"added,omitempty"`
	Fault   string                  `json:"fault,omitempty"` // id it was given
	Fence   *mission.Fence          `json:"fence,omitempty"` // with the id it was given
	Error   string                  `json:"error,omitempty"`
	Missing bool                    `json:"missing,omitempty"` // the error is that there is no such thing
}

// OrderDone is the type of the event that carries a Reply.
const OrderDone = "order_done"

// rosterPart is how many drones one answer to a roster request holds: the whole
// list of 10,000 would come near the largest message.
const rosterPart = 2000

type rosterRequest struct {
	From int `json:"from"`
}

// worldRequest asks for a part of a world that the backend holds ready.
type worldRequest struct {
	World string `json:"world"`
	From  int    `json:"from"`
}

// worldPart is how many bytes one answer holds at most.
const worldPart = 512 << 10

type rosterAnswer struct {
	Session uuid.UUID    `json:"session"`
	Version uint32       `json:"version"`
	Total   int          `json:"total"`
	Drones  []drone.Info `json:"drones"`
}
