// Package drone is the vocabulary of one drone: who it is, the modes it can be
// in, and the commands it takes.
package drone

// Mode is what the autopilot is doing.
type Mode uint8

// The modes. Their text is what the API and the dashboard show.
const (
	Standby  Mode = iota // on the ground, motors stopped or idling
	Takeoff              // climbing to its take-off height
	Hold                 // staying where it is
	Goto                 // flying to a position
	Velocity             // keeping a velocity
	Mission              // flying a mission
	Orbit                // circling a point
	Return               // flying home to land
	Land                 // descending where it is
	Fault                // frozen: its state was no longer a number
	modeCount
)

var modeNames = [modeCount]string{"standby", "takeoff", "hold", "goto", "velocity", "mission", "orbit", "rtl", "land", "fault"}

func (m Mode) String() string {
	if m < modeCount {
		return modeNames[m]
	}
	return "unknown"
}

// Modes lists the names of all modes in order of their codes.
func Modes() []string { return modeNames[:] }

// Status is the worst thing to know about a drone, ranked: a higher code is worse.
type Status uint8

// The statuses.
const (
	OK Status = iota
	LowBattery
	CriticalBattery
	Crashed
	Faulted
	statusCount
)

var statusNames = [statusCount]string{"ok", "low_battery", "critical_battery", "crashed", "fault"}

func (s Status) String() string {
	if s < statusCount {
		return statusNames[s]
	}
	return "unknown"
}

// Statuses lists the names of all statuses in order of their codes.
func Statuses() []string { return statusNames[:] }

// Bounds of a fleet.
const (
	MaxFleet = 10_000 // drones in one world
)

// Info is what stays the same for a drone while it lives.
type Info struct {
	Slot  int    `json:"slot"`  // index into frames, never reused within a session
	ID    string `json:"id"`    // what commands call it: d1, d2, ...
	Name  string `json:"name"`  // for people
	Model string `json:"model"` // airframe
}
