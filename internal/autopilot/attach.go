package autopilot

// Attach gives a pilot that was read back from a snapshot the vehicle it flies,
// which all pilots of an airframe share and no snapshot holds.
func (p *Pilot) Attach(v *Vehicle) { p.veh = v }
