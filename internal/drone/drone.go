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
	Frozen               // out of service: its state was no longer a number
	Descend              // coming down without knowing where it is
	modeCount
)

var modeNames = [modeCount]string{"standby", "takeoff", "hold", "goto", "velocity", "mission", "orbit", "rtl", "land", "fault", "descend"}

func (m Mode) String() string {
	if m < modeCount {
		return modeNames[m]
	}
	return "unknown"
}

// Modes lists the names of all modes in order of their codes.
func Modes() []string { return modeNames[:] }

// Status is the worst thing to know about a drone. Codes never change their
// meaning, since frames are stored with them: Rank tells which one is worse.
type Status uint8

// The statuses.
const (
	OK Status = iota
	LowBattery
	CriticalBattery
	Crashed
	Faulted
	FenceBreach
	LinkLost
	GPSLost
	MotorFailed
	NearCollision
	SensorFailed
	statusCount
)

var statusNames = [statusCount]string{
	"ok", "low_battery", "critical_battery", "crashed", "fault",
	"geofence_breach", "link_lost", "gps_lost", "motor_failure", "near_collision", "sensor_fault",
}

// statusRanks by code: a higher rank is worse.
var statusRanks = [statusCount]uint8{
	OK: 0, LowBattery: 1, FenceBreach: 2, LinkLost: 3, SensorFailed: 4, NearCollision: 5,
	CriticalBattery: 6, GPSLost: 7, MotorFailed: 8, Crashed: 9, Faulted: 10,
}

func (s Status) String() string {
	if s < statusCount {
		return statusNames[s]
	}
	return "unknown"
}

// Rank says how bad s is: a higher rank is worse.
func (s Status) Rank() int {
	if s < statusCount {
		return int(statusRanks[s])
	}
	return 0
}

// Worse returns the worse of two statuses.
func Worse(a, b Status) Status {
	if b.Rank() > a.Rank() {
		return b
	}
	return a
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
