package world

import (
	"fmt"

	"volary/internal/drone"
	"volary/internal/mission"
	"volary/internal/scenario"
)

// Scene is what surrounds the drones, and what is wrong with them.
type Scene struct {
	Environment scenario.Environment `json:"environment"`
	Geofences   []mission.Fence      `json:"geofences"`
	Obstacles   []scenario.Obstacle  `json:"obstacles"`
	Avoidance   scenario.Avoidance   `json:"avoidance"`
	Faults      []drone.FaultReport  `json:"faults"`
	// Separation is the smallest distance two flying drones have had, metres;
	// 0 while there were no two.
	Separation float64 `json:"separation_min_m"`
}

// Scene returns the scene as it is now.
func (w *World) Scene() Scene {
	return Scene{
		Environment: w.env, Geofences: w.Fences(), Obstacles: w.sc.Obstacles, Avoidance: w.sc.Avoidance.WithDefaults(), Faults: w.Faults(),
	}
}

// SceneVersion changes whenever the scene does.
func (w *World) SceneVersion() uint32 { return w.scene }

// breathe makes the air what e says.
func (w *World) breathe(e scenario.Environment) {
	w.env = e
	w.wind = e.Wind.Vector()
	w.scene++
}

// SetEnvironment changes the air.
func (w *World) SetEnvironment(e scenario.Environment) error {
	if err := e.Check(); err != nil {
		return err
	}
	w.breathe(e)
	w.event("environment_changed", "info", "", fmt.Sprintf("wind %.1f m/s from %.0f°", e.Wind.Speed, e.Wind.From), nil)
	return nil
}

// prepare puts what the scenario says of fences and faults into the world.
func (w *World) prepare(sc *scenario.Scenario) error {
	for i := range sc.Geofences {
		if _, err := w.PutFence(sc.Geofences[i]); err != nil {
			return fmt.Errorf("geofences[%d].%w", i, err)
		}
	}
	faults, err := sc.FaultList()
	if err != nil {
		return err
	}
	for i := range faults {
		if _, _, err := w.Inject(&faults[i]); err != nil {
			return fmt.Errorf("faults[%d].%w", i, err)
		}
	}
	return nil
}
