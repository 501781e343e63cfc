package world

import "math"

// Poison makes a drone's state something that is not a number.
func (w *World) Poison(id string) { w.bodies[w.bySlot[id]].s.V.X = math.NaN() }
