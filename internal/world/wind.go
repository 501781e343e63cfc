package world

import "volary/internal/geo"

// SetWind changes the wind from the next tick on: m/s east, north, up, the same
// everywhere.
func (w *World) SetWind(v geo.Vec) { w.wind = v }
