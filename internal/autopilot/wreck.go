package autopilot

import "volary/internal/drone"

// Wreck switches the motors off after the drone hit something.
func (p *Pilot) Wreck(message string) {
	p.Armed = false
	p.events = append(p.events, Event{Type: "crashed", Warning: true, Item: -1, Message: message})
	p.enter(drone.Standby)
}
