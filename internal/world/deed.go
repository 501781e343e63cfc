package world

import (
	"errors"
	"fmt"

	"volary/internal/drone"
	"volary/internal/mission"
	"volary/internal/scenario"
)

// Deed is something done to the world between two ticks: one of its fields is
// set. The deeds of a run, each with its tick, are all that a run depends on
// beside the world it began with, so that they are kept, and done again.
type Deed struct {
	Command *drone.Command        `json:"command,omitempty"`
	Mission *mission.Mission      `json:"mission,omitempty"` // what the command shall fly
	Spawn   *scenario.Group       `json:"spawn,omitempty"`
	Remove  *drone.Selection      `json:"remove,omitempty"`
	Fault   *drone.Fault          `json:"fault,omitempty"`
	Mend    string                `json:"mend,omitempty"` // id of a fault to clear
	Air     *scenario.Environment `json:"air,omitempty"`
	Fence   *mission.Fence        `json:"fence,omitempty"`
	Replace bool                  `json:"replace,omitempty"` // the fence must be there already; without, it must not
	Unfence string                `json:"unfence,omitempty"` // id of a geofence to lift
}

// Outcome is what became of a deed.
type Outcome struct {
	Results map[string]drone.Result
	Added   []drone.Info
	Fault   string         // id it was given
	Fence   *mission.Fence // with the id it was given
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
	case d.Fault != nil:
		id, results, err := w.Inject(d.Fault)
		return Outcome{Fault: id, Results: results}, err
	case d.Mend != "":
		return Outcome{}, w.Clear(d.Mend)
	case d.Air != nil:
		return Outcome{}, w.SetEnvironment(*d.Air)
	case d.Fence != nil:
		return w.carryFence(d)
	case d.Unfence != "":
		return Outcome{}, w.DropFence(d.Unfence)
	}
	return Outcome{}, errors.New("nothing to do")
}

func (w *World) carryFence(d *Deed) (Outcome, error) {
	there := d.Fence.ID != "" && w.HasFence(d.Fence.ID)
	switch {
	case d.Replace && !there:
		return Outcome{}, NoFence(d.Fence.ID)
	case !d.Replace && there:
		return Outcome{}, fmt.Errorf("geofence %q is there already: replace it with PUT /api/v1/geofences/ID", d.Fence.ID)
	}
	f, err := w.PutFence(*d.Fence)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Fence: &f}, nil
}
