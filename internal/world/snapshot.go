package world

import (
	"fmt"
	"sync"

	"volary/internal/air"
	"volary/internal/scenario"
	"volary/internal/snapshot"
)

// leftOut are the fields no snapshot holds, and where they come from when a
// world is restored. A new field is written by itself; one that can't be must be
// named here, or nothing can be saved at all, which a test shows.
var leftOut = map[string]string{
	"world.World.sc":       "the scenario, which is given to Restore",
	"world.World.local":    "from the scenario",
	"world.World.models":   "built in",
	"world.World.kinds":    "made again from models",
	"world.World.air":      "made again from the environment and the seed",
	"world.World.opt":      "given to Restore; changes no result",
	"world.World.bySlot":   "made again from bodies",
	"world.World.noisy":    "of the tick at hand",
	"world.World.events":   "handed over before",
	"world.body.kind":      "found again by the airframe's name",
	"autopilot.Pilot.veh":  "of the kind",
	"mission.Mission.Plan": "kept for export, not flown",
}

var codec = sync.OnceValues(func() (*snapshot.Codec[World], error) { return snapshot.New[World](leftOut) })

// Snapshot appends everything that decides how the world goes on to b. Take the
// events first: they are not part of it. Restore gives back a world that goes on
// with the same bits.
func (w *World) Snapshot(b []byte) ([]byte, error) {
	c, err := codec()
	if err != nil {
		return b, fmt.Errorf("world: %w", err)
	}
	return c.Append(b, w), nil
}

// Restore makes the world of a snapshot. sc is the scenario it began with. A
// snapshot of another version of the world is snapshot.ErrLayout, one that was
// changed on its way snapshot.ErrDamaged.
func Restore(sc *scenario.Scenario, data []byte, opt Options) (*World, error) {
	c, err := codec()
	if err != nil {
		return nil, fmt.Errorf("world: %w", err)
	}
	empty := *sc
	empty.Fleet, empty.Timeline = nil, nil
	w, err := New(&empty, opt)
	if err != nil {
		return nil, err
	}
	w.sc = sc
	if err := c.Read(data, w); err != nil {
		return nil, fmt.Errorf("world: %w", err)
	}
	w.air = air.New(sc.Seed, weatherOf(&w.env), w.local.Origin.Alt)
	for i := range w.bodies {
		b := &w.bodies[i]
		if b.kind, err = w.kindOf(b.info.Model); err != nil {
			return nil, fmt.Errorf("world: restoring %s: %w", b.info.ID, err)
		}
		b.pilot.Attach(b.kind.vehicle)
		w.bySlot[b.info.ID] = i
	}
	return w, nil
}
