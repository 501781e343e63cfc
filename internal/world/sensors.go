package world

import (
	"fmt"

	"go.yaml.in/yaml/v4"

	"volary/internal/geo"
	"volary/internal/physics"
	"volary/internal/sensing"
)

// equip gives a drone its sensors, if the scenario has some. A group's own seed
// goes before that of the scenario.
func (w *World) equip(b *body, seed uint64) {
	if w.sensors == nil {
		return
	}
	if seed == 0 {
		seed = w.sc.Seed
	}
	b.suite = sensing.NewSuite(w.sensors, seed, b.info.Slot)
}

// sense takes the samples of a drone's sensors that are due.
func (w *World) sense(b *body) {
	t := float64(w.tick) * w.dt
	if !b.suite.Due(t) {
		return
	}
	now := w.truth(b)
	b.suite.Sense(t, &now)
	if b.trouble != nil && b.trouble.noGPS > 0 {
		b.suite.Lose()
	}
}

func (w *World) truth(b *body) sensing.Truth {
	_, p := w.air.Conditions(b.s.P.Z)
	e := b.estimate() // a stuck or biased sensor senses something else
	return sensing.Truth{
		P: e.P, V: e.V, Q: e.Q, W: e.W, Pressure: p, Field: w.field, Running: b.pilot.Armed,
	}
}

// Readings is what the sensors of a drone said last, and what its inertial
// sensors say now.
func (w *World) Readings(id string) (sensing.Suite, sensing.IMU, error) {
	i, ok := w.bySlot[id]
	if !ok {
		return sensing.Suite{}, sensing.IMU{}, fmt.Errorf("no such drone: %s", id)
	}
	b := &w.bodies[i]
	if b.suite == nil {
		return sensing.Suite{}, sensing.IMU{}, fmt.Errorf("%s has no sensors: give sensors in the scenario, px4 or consumer", id)
	}
	now := w.truth(b)
	if !b.parked() {
		a, _ := b.kind.stepper.Acceleration(&b.s, &b.air)
		x, y, z := b.s.Q.Axes()
		a.Z += physics.Gravity
		now.Specific = geo.Vec{X: a.Dot(x), Y: a.Dot(y), Z: a.Dot(z)}
	} else {
		now.Specific = geo.Vec{Z: physics.Gravity}
	}
	return *b.suite, b.suite.IMU(w.tick, &now), nil
}

// ownAirframes reads the airframes that a scenario brings along.
func (w *World) ownAirframes() error {
	for i := range w.sc.Airframes {
		b, err := yaml.Marshal(&w.sc.Airframes[i])
		if err != nil {
			return fmt.Errorf("airframes[%d]: %w", i, err)
		}
		a, err := physics.ParseAirframe(b)
		if err != nil {
			return fmt.Errorf("airframes[%d]: %w", i, err)
		}
		if w.models[a.Name] != nil {
			return fmt.Errorf("airframes[%d]: there is an airframe %s already", i, a.Name)
		}
		w.models[a.Name] = a
	}
	return nil
}
