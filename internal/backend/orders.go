package backend

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"volary/internal/drone"
	"volary/internal/link"
	"volary/internal/mission"
	"volary/internal/problem"
	"volary/internal/scenario"
	"volary/internal/session"
	"volary/internal/telemetry"
)

// orderLife is how long an order may be on its way: later the simulator doesn't
// carry it out, since nobody waits any more.
const orderLife = 5 * time.Second

// waiters are those who wait for the reply to an order, and the latest replies.
type waiters struct {
	mu      sync.Mutex
	waiting map[string]chan link.Reply
	recent  map[string]*pending // commands, for repeated ids
	ring    [recentCommands]string
	next    int
}

// recentCommands is how many commands are remembered here; the store remembers
// all of them.
const recentCommands = 4096

// pending is a command on its way, or done.
type pending struct {
	hash   [32]byte
	done   chan struct{}
	answer *drone.Answer
	err    error
}

func (w *waiters) init() {
	w.waiting, w.recent = map[string]chan link.Reply{}, map[string]*pending{}
}

// expect opens a place for the reply to an order.
func (w *waiters) expect(id string) chan link.Reply {
	c := make(chan link.Reply, 1)
	w.mu.Lock()
	w.waiting[id] = c
	w.mu.Unlock()
	return c
}

func (w *waiters) give(r link.Reply) {
	w.mu.Lock()
	c := w.waiting[r.ID]
	delete(w.waiting, r.ID)
	w.mu.Unlock()
	if c != nil {
		c <- r
	}
}

func (w *waiters) forget(id string) {
	w.mu.Lock()
	delete(w.waiting, id)
	w.mu.Unlock()
}

// begin remembers a command, or returns the one of the same id.
func (w *waiters) begin(id string, hash [32]byte) (p *pending, first bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.recent[id]; p != nil {
		return p, false
	}
	p = &pending{hash: hash, done: make(chan struct{})}
	delete(w.recent, w.ring[w.next])
	w.recent[id], w.ring[w.next] = p, id
	w.next = (w.next + 1) % recentCommands
	return p, true
}

// drop forgets a command that came to nothing, so that it can be tried again.
func (w *waiters) drop(id string) {
	w.mu.Lock()
	delete(w.recent, id)
	w.mu.Unlock()
}

// Command sends a command to its drones and returns what became of it at each.
// The same id and command again give the same answer and are carried out once.
func (b *Backend) Command(ctx context.Context, c *drone.Command) (*drone.Answer, error) {
	if err := c.Check(); err != nil {
		return nil, problem.FromFields("the command can't be carried out", err)
	}
	id := uuid.New()
	if c.ID != "" {
		var err error
		if id, err = uuid.Parse(c.ID); err != nil {
			return nil, problem.FromFields("the command can't be carried out", &drone.FieldError{Field: "id", Message: fmt.Sprintf("%q is not a UUID: leave it out, or give one", c.ID)})
		}
	}
	c.ID = id.String()
	body, err := json.Marshal(c)
	if err != nil {
		return nil, problem.New(problem.Invalid, "the command can't be written: %v", err)
	}
	p, first := b.orders.begin(c.ID, sha256.Sum256(body))
	if p.hash != sha256.Sum256(body) {
		return nil, problem.New(problem.Conflict, "command id %s was used for another command: give a new id", c.ID)
	}
	if !first {
		select {
		case <-p.done:
			return p.answer, p.err
		case <-ctx.Done():
			return nil, problem.New(problem.Timeout, "command %s is still being carried out", c.ID)
		}
	}
	p.answer, p.err = b.carry(ctx, c, id, body, p.hash)
	close(p.done)
	if p.err != nil {
		b.orders.drop(c.ID)
	}
	return p.answer, p.err
}

// carry remembers the command in the store, sends it, and waits.
func (b *Backend) carry(ctx context.Context, c *drone.Command, id uuid.UUID, body []byte, hash [32]byte) (*drone.Answer, error) {
	o := link.Order{ID: c.ID, Kind: link.OrderCommand, Command: c}
	if c.Type == drone.CmdMissionStart {
		m, err := b.store.Mission(ctx, c.Params.MissionID)
		switch {
		case errors.Is(err, session.ErrNotFound), errors.Is(err, session.ErrInvalid):
			return nil, problem.FromFields("the command can't be carried out", &drone.FieldError{Field: "params.mission_id", Message: fmt.Sprintf("there is no mission %q: list them with GET /api/v1/missions", c.Params.MissionID)})
		case err != nil:
			return nil, problem.New(problem.Unavailable, "the mission can't be read: the history does not answer")
		}
		m.Plan = nil // the simulator flies items
		o.Mission = m
	}
	live := b.fleet.Session()
	if err := b.flying(live.ID); err != nil {
		return nil, err
	}
	old, err := b.store.BeginCommand(ctx, session.CommandRecord{
		ID: id, Session: live.ID, BodyHash: hash[:], Body: body, State: session.CommandPending, Created: time.Now(),
	})
	switch {
	case err != nil:
		// The fleet can be commanded while the database is away; the event of the
		// order's end is kept in the stream.
		b.log.Warn().Err(err).Str("command", c.ID).Msg("a command could not be stored: sending it all the same")
	case old != nil && string(old.BodyHash) != string(hash[:]):
		return nil, problem.New(problem.Conflict, "command id %s was used for another command: give a new id", c.ID)
	case old != nil && old.State == session.CommandDone:
		return &drone.Answer{ID: c.ID, Results: old.Results}, nil
	}
	r, err := b.send(ctx, o)
	if err != nil {
		return nil, err
	}
	return &drone.Answer{ID: c.ID, Results: r.Results}, nil
}

// flying returns a problem unless a simulator is there to take orders.
func (b *Backend) flying(id uuid.UUID) error {
	switch {
	case id == uuid.Nil:
		return problem.New(problem.Unavailable, "no simulator is connected: nothing was done")
	case b.fleet.Session().State != string(session.Running):
		return problem.New(problem.Unavailable, "the simulator is not heard (session %s): nothing was done", b.fleet.Session().State)
	}
	return nil
}

// send sends an order to the simulator and waits for its reply.
func (b *Backend) send(ctx context.Context, o link.Order) (link.Reply, error) {
	live := b.fleet.Session()
	waits := live.State == string(session.Ended) && (o.Kind == link.OrderBegin || o.Kind == link.OrderFork)
	if err := b.flying(live.ID); err != nil && !waits {
		return link.Reply{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, orderLife+time.Second)
	defer cancel()
	if o.ID == "" {
		o.ID = uuid.NewString()
	}
	o.Session, o.Expires = live.ID, time.Now().Add(orderLife)
	reply := b.orders.expect(o.ID)
	defer b.orders.forget(o.ID)
	if err := b.link.Send(ctx, live.Simulator, o); err != nil {
		b.log.Error().Err(err).Msg("an order could not be sent")
		return link.Reply{}, problem.New(problem.Unavailable, "the order could not be sent: nothing was done")
	}
	select {
	case r := <-reply:
		if r.Error != "" {
			return r, problem.New(problem.Invalid, "%s", r.Error)
		}
		return r, nil
	case <-ctx.Done():
		return link.Reply{}, problem.New(problem.Timeout, "the simulator did not answer in time: it may still carry the order out until %s", o.Expires.Format(time.RFC3339))
	}
}

// Act steers simulated time.
func (b *Backend) Act(ctx context.Context, a session.Action) error {
	if err := a.Check(); err != nil {
		return problem.FromFields("the action can't be carried out", err)
	}
	if _, err := b.send(ctx, link.Order{Kind: link.OrderSim, Sim: &a}); err != nil {
		return err
	}
	b.hub.Sim(a)
	return nil
}

// Spawn puts drones into the world.
func (b *Backend) Spawn(ctx context.Context, g scenario.Group) ([]drone.Info, error) {
	if err := g.Check(); err != nil {
		return nil, groupProblem(err.Error())
	}
	r, err := b.send(ctx, link.Order{Kind: link.OrderSpawn, Spawn: &g})
	if err != nil {
		if p := problem.Of(err); p.Code == problem.Invalid {
			return nil, groupProblem(p.Message)
		}
		return nil, err
	}
	return r.Added, nil
}

// groupProblem names the field that a message about a group of drones begins with.
func groupProblem(message string) error {
	for i := range message {
		if message[i] == ':' {
			return problem.FromFields("the drones can't be added", &mission.FieldError{Field: message[:i], Message: message[i+2:]})
		}
	}
	return problem.New(problem.Invalid, "%s", message)
}

// Remove takes drones out of the world.
func (b *Backend) Remove(ctx context.Context, s drone.Selection) (map[string]drone.Result, error) {
	r, err := b.send(ctx, link.Order{Kind: link.OrderRemove, Remove: &s})
	return r.Results, err
}

// events takes events in as they happen: to clients, and to those who wait for
// the end of an order. The recorder reads them from the stream.
func (b *Backend) events(all []telemetry.Event) {
	for i := range all {
		e := &all[i]
		if e.Internal() {
			continue // for the record, not for those who watch
		}
		if e.Type == link.OrderDone {
			b.orderDone(e)
		}
		b.hub.Event(e)
	}
}

func (b *Backend) orderDone(e *telemetry.Event) {
	var r link.Reply
	if err := json.Unmarshal(e.Data, &r); err != nil {
		b.log.Error().Err(err).Msg("a reply that can't be read")
		return
	}
	b.orders.give(r)
	if r.Kind == link.OrderCommand {
		select {
		case b.finish <- r:
		default:
			b.metrics.unfinished.Inc() // the event keeps the result
		}
	}
}

// keepResults stores the results of commands.
func (b *Backend) keepResults(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case r := <-b.finish:
			id, err := uuid.Parse(r.ID)
			if err != nil {
				continue
			}
			if err := b.store.FinishCommand(ctx, id, r.Results); err != nil && ctx.Err() == nil {
				b.log.Warn().Err(err).Str("command", r.ID).Msg("the results of a command could not be stored")
			}
		}
	}
}
