package world

import (
	"math"

	"volary/internal/geo"
)

// Poison makes a drone's state something that is not a number.
func (w *World) Poison(id string) { w.bodies[w.bySlot[id]].s.V.X = math.NaN() }

// Place is where a drone is.
func (w *World) Place(id string) geo.Vec { return w.bodies[w.bySlot[id]].s.P }
