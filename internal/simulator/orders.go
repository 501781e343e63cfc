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
		if o.Changes() {
			r.Order = body(&o)
		}
		l.apply(&o, &r)
	}
	l.tell() // what the order brought about comes before its reply
	l.reply(&r)
}

func (l *loop) apply(o *link.Order, r *link.Reply) {
	switch {
	case o.Kind == link.OrderCommand && o.Command != nil:
		r.Type = string(o.Command.Type)
		o.Command.Mission = o.Mission
		r.Results = l.world.Do(o.Command)
	case o.Kind == link.OrderSpawn && o.Spawn != nil:
		added, err := l.world.Spawn(*o.Spawn)
		if err != nil {
			r.Error = err.Error()
			return
		}
		r.Added = added
		l.publishRoster()
	case o.Kind == link.OrderRemove && o.Remove != nil:
		r.Results = l.world.Remove(*o.Remove)
		l.publishRoster()
	case o.Kind == link.OrderFault && o.Fault != nil:
		r.Type = string(o.Fault.Type)
		var err error
		if r.Fault, r.Results, err = l.world.Inject(o.Fault); err != nil {
			r.Error = err.Error()
		}
	case o.Kind == link.OrderMend:
		r.Missing, r.Error = outcome(l.world.Clear(o.Mend))
	case o.Kind == link.OrderAir && o.Air != nil:
		_, r.Error = outcome(l.world.SetEnvironment(*o.Air))
	case o.Kind == link.OrderFence && o.Fence != nil:
		l.putFence(o, r)
	case o.Kind == link.OrderUnfence:
		r.Missing, r.Error = outcome(l.world.DropFence(o.Unfence))
	case o.Kind == link.OrderSim && o.Sim != nil:
		r.Type = o.Sim.Action
		r.Error = l.act(o)
	case o.Kind == link.OrderRejoin:
		l.ending = rejoined
	default:
		r.Error = fmt.Sprintf("order of kind %q is empty or not known to this simulator", o.Kind)
	}
	l.publishScene()
	l.shownAt = time.Time{} // show what it changed, even when time stands still
}

// outcome turns an error of the world into what a reply says.
func outcome(err error) (missing bool, message string) {
	if err == nil {
		return false, ""
	}
	return errors.Is(err, world.ErrNotFound), err.Error()
}

func (l *loop) putFence(o *link.Order, r *link.Reply) {
	if o.Replace && !l.world.HasFence(o.Fence.ID) {
		r.Missing, r.Error = outcome(world.NoFence(o.Fence.ID))
		return
	}
	if !o.Replace && o.Fence.ID != "" && l.world.HasFence(o.Fence.ID) {
		r.Error = fmt.Sprintf("geofence %q is there already: replace it with PUT /api/v1/geofences/ID", o.Fence.ID)
		return
	}
	f, err := l.world.PutFence(*o.Fence)
	if err != nil {
		r.Error = err.Error()
		return
	}
	r.Fence = &f
}

// maxOrderBody bounds what of an order is kept with its reply.
const maxOrderBody = 256 << 10

// body is the order as the session's record keeps it.
func body(o *link.Order) json.RawMessage {
	c := *o
	c.ID, c.Mission, c.Expires = "", nil, time.Time{}
	b, err := json.Marshal(c)
	if err != nil || len(b) > maxOrderBody {
		return nil
	}
	return b
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
