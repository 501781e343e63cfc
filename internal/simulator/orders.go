package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"volary/internal/drone"
	"volary/internal/link"
	"volary/internal/scenario"
	"volary/internal/telemetry"
	"volary/internal/world"
)

// doneOrders remembers the latest orders, so that one delivered again is not
// carried out again.
type doneOrders struct {
	seen  map[string]struct{}
	order []string // ring
	next  int
}

// remembered is how many orders are remembered: at the stream's pace of
// delivery, many times its acknowledgement wait.
const remembered = 4096

func newDoneOrders() *doneOrders {
	return &doneOrders{seen: map[string]struct{}{}, order: make([]string, remembered)}
}

// first tells whether id is new, and remembers it.
func (d *doneOrders) first(id string) bool {
	if _, ok := d.seen[id]; ok {
		return false
	}
	delete(d.seen, d.order[d.next])
	d.order[d.next] = id
	d.next = (d.next + 1) % remembered
	d.seen[id] = struct{}{}
	return true
}

// carryOut does what an order says, before the next tick, and sends the reply.
func (l *loop) carryOut(o link.Order) {
	if !l.sim.done.first(o.ID) {
		return
	}
	r := link.Reply{ID: o.ID, Kind: o.Kind, Tick: l.world.Tick()}
	switch {
	case time.Now().After(o.Expires):
		r.Error = "expired: the simulator got it too late and did not carry it out"
	case o.Session != l.session && o.Kind != link.OrderRejoin:
		r.Error = "the session it was meant for is over"
	default:
		l.apply(&o, &r)
	}
	l.tell() // what the order brought about comes before its reply
	l.reply(&r)
}

func (l *loop) apply(o *link.Order, r *link.Reply) {
	switch {
	case o.Kind == link.OrderCommand && o.Command != nil:
		r.Type = string(o.Command.Type)
		l.carry(&world.Deed{Command: o.Command, Mission: o.Mission}, r)
	case o.Kind == link.OrderSpawn && o.Spawn != nil:
		l.carry(&world.Deed{Spawn: o.Spawn}, r)
		l.publishRoster()
	case o.Kind == link.OrderRemove && o.Remove != nil:
		l.carry(&world.Deed{Remove: o.Remove}, r)
		l.publishRoster()
	case o.Kind == link.OrderFault && o.Fault != nil:
		r.Type = string(o.Fault.Type)
		l.carry(&world.Deed{Fault: o.Fault}, r)
	case o.Kind == link.OrderMend:
		l.carry(&world.Deed{Mend: o.Mend}, r)
	case o.Kind == link.OrderAir && o.Air != nil:
		l.carry(&world.Deed{Air: o.Air}, r)
	case o.Kind == link.OrderFence && o.Fence != nil:
		l.carry(&world.Deed{Fence: o.Fence, Replace: o.Replace}, r)
	case o.Kind == link.OrderUnfence:
		l.carry(&world.Deed{Unfence: o.Unfence}, r)
	case o.Kind == link.OrderSim && o.Sim != nil:
		r.Type = o.Sim.Action
		r.Error = l.act(o)
	case o.Kind == link.OrderFork && o.Fork != nil:
		if err := l.fork(o.Fork); err != nil {
			r.Error = err.Error()
		}
	case o.Kind == link.OrderBegin && o.Begin != nil:
		next, err := begin(o.Begin)
		if err != nil {
			r.Error = err.Error()
			return
		}
		l.next, l.ending = next, another
	case o.Kind == link.OrderEnd:
		l.ending = ended
	case o.Kind == link.OrderRejoin:
		l.ending = rejoined
	default:
		r.Error = fmt.Sprintf("order of kind %q is empty or not known to this simulator", o.Kind)
	}
	l.publishScene()
	l.shownAt = time.Time{} // show what it changed, even when time stands still
}

// carry does something to the world, and puts it on record.
func (l *loop) carry(d *world.Deed, r *link.Reply) {
	did, err := l.world.Carry(d)
	if err != nil {
		r.Missing, r.Error = errors.Is(err, world.ErrNotFound), err.Error()
		return
	}
	r.Results, r.Added, r.Fault, r.Fence = did.Results, did.Added, did.Fault, did.Fence
	l.note(telemetry.EventDeed, "done at this tick", d)
}

// fork makes ready what the next session begins with, and ends this one.
func (l *loop) fork(f *link.Fork) error {
	sc, err := scenario.Parse([]byte(f.Scenario))
	if err != nil {
		return err
	}
	sc.Seed = f.Seed
	next := &beginning{scenario: sc, fresh: true, fork: f}
	if next.world, err = l.sim.fetch(l.ctx, f.World, sc); err != nil {
		return err
	}
	if f.Deeds != "" {
		data, err := l.sim.link.World(l.ctx, f.Deeds)
		if err == nil {
			err = json.Unmarshal(data, &next.deeds)
		}
		if err != nil {
			return err
		}
	}
	l.next, l.ending = next, forked
	return nil
}

// begin makes ready what the session of another scenario begins with.
func begin(o *link.Begin) (*beginning, error) {
	sc, err := scenario.Parse([]byte(o.Scenario))
	if err == nil {
		err = sc.Override(o.Drones, o.Seed)
	}
	return &beginning{scenario: sc, fresh: true}, err
}

func (l *loop) act(o *link.Order) string {
	a := o.Sim
	if err := a.Check(); err != nil {
		return err.Error()
	}
	switch a.Action {
	case "pause":
		l.pacer.Pause()
	case "resume":
		l.pacer.Resume()
	case "step":
		if !l.pacer.Paused() {
			l.pacer.Pause()
		}
		l.pacer.Step(max(1, a.Ticks))
	case "speed":
		l.pacer.SetSpeed(float64(*a.Speed))
	case "reset":
		l.ending = reset
	}
	l.beat()
	return ""
}

// reply sends what became of an order.
func (l *loop) reply(r *link.Reply) {
	data, err := json.Marshal(r)
	if err != nil {
		l.sim.log.Error().Err(err).Msg("a reply that can't be written")
		return
	}
	l.emit(telemetry.Event{
		Tick: l.world.Tick(), SimTime: float64(l.world.Tick()) / world.TickHz,
		Severity: severity(r), Type: link.OrderDone, Message: describe(r), Data: data,
	})
}

func severity(r *link.Reply) telemetry.Severity {
	if r.Error != "" || len(rejected(r)) > 0 {
		return telemetry.Warning
	}
	return telemetry.Info
}

func rejected(r *link.Reply) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(r.Results)) {
		if r.Results[id] != drone.Accepted() {
			ids = append(ids, id)
		}
	}
	return ids
}

// describe says in a line what became of an order.
func describe(r *link.Reply) string {
	what := string(r.Kind)
	if r.Type != "" {
		what = r.Type
	}
	switch bad := rejected(r); {
	case r.Error != "":
		return fmt.Sprintf("%s: %s", what, r.Error)
	case r.Kind == link.OrderSpawn:
		return fmt.Sprintf("%d drones added", len(r.Added))
	case r.Fault != "":
		return fmt.Sprintf("fault %s (%s) at %d drones", r.Fault, r.Type, len(r.Results)-len(bad))
	case r.Fence != nil:
		return "geofence " + r.Fence.Label()
	case r.Results == nil:
		return what
	case len(bad) > 0:
		return fmt.Sprintf("%s: %d accepted, %d rejected (%s: %s)", what, len(r.Results)-len(bad), len(bad), bad[0], r.Results[bad[0]].Reason)
	}
	return fmt.Sprintf("%s: %d accepted", what, len(r.Results))
}
