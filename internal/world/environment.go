package world

import (
	"fmt"

	"volary/internal/air"
	"volary/internal/autopilot"
	"volary/internal/scenario"
)

// Scene returns the scene as it is now.
func (w *World) Scene() scenario.Scene {
	return scenario.Scene{
		Environment: w.env, Geofences: w.Fences(), Obstacles: w.sc.Obstacles, Avoidance: w.avoidance, Faults: w.Faults(),
	}
}

// SceneVersion changes whenever the scene does.
func (w *World) SceneVersion() uint32 { return w.scene }

// setAir makes the air what e says.
func (w *World) setAir(e scenario.Environment) {
	w.env = e
	w.SetWeather(weatherOf(&e))
	w.scene++
}

// weatherOf turns the words of a person into the numbers of MIL-F-8785C.
func weatherOf(e *scenario.Environment) air.Weather {
	we := air.Weather{Speed: e.Wind.Speed, From: e.Wind.From, Temperature: e.TemperatureC, Pressure: e.PressureHPa}
	if e.Wind.Shear {
		we.Roughness = air.OpenLand
	}
	switch e.Wind.Turbulence {
	case "light":
		we.Gusts = air.LightGusts
	case "moderate":
		we.Gusts = air.ModerateGusts
	case "severe":
		we.Gusts = air.SevereGusts
	}
	return we
}

// SetEnvironment changes the air.
func (w *World) SetEnvironment(e scenario.Environment) error {
	if err := e.Check(); err != nil {
		return err
	}
	w.setAir(e)
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
	w.avoidance = sc.Avoidance.WithDefaults()
	w.nearAct = autopilot.ParseAction(w.avoidance.NearAction)
	for i := range sc.Obstacles {
		w.solids = append(w.solids, sc.Obstacles[i].Solid())
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
