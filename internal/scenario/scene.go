package scenario

import (
	"volary/internal/drone"
	"volary/internal/mission"
)

// Scene is what surrounds the drones of a running world, and what is wrong with
// them.
type Scene struct {
	Environment Environment         `json:"environment"`
	Geofences   []mission.Fence     `json:"geofences"`
	Obstacles   []Obstacle          `json:"obstacles"`
	Avoidance   Avoidance           `json:"avoidance"`
	Faults      []drone.FaultReport `json:"faults"`
}
