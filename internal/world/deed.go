package world

import (
	"errors"

	"volary/internal/drone"
	"volary/internal/mission"
	"volary/internal/scenario"
)

// Deed is something done to the world between two ticks: one of its fields is
// set. The deeds of a run, each with its tick, are all that a run depends on
// beside the world it began with, so that they are kept, and done again.
type Deed struct {
	Command *drone.Command   `json:"command,omitempty"`
	Mission *mission.Mission `json:"mission,omitempty"` // what the command shall fly
	Spawn   *scenario.Group  `json:"spawn,omitempty"`
	Remove  *drone.Selection `json:"remove,omitempty"`
}

// Outcome is what became of a deed.
type Outcome struct {
	Results map[string]drone.Result
	Added   []drone.Info
}

// Carry does a deed at the current tick. An error changed nothing.
func (w *World) Carry(d *Deed) (Outcome, error) {
	switch {
	case d.Command != nil:
		c := *d.Command
		c.Mission = d.Mission
		return Outcome{Results: w.Do(&c)}, nil
	case d.Spawn != nil:
		added, err := w.Spawn(*d.Spawn)
		return Outcome{Added: added}, err
	case d.Remove != nil:
		return Outcome{Results: w.Remove(*d.Remove)}, nil
	}
	return Outcome{}, errors.New("nothing to do")
}
