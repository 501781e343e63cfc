package backend

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"volary/internal/drone"
	"volary/internal/link"
	"volary/internal/mission"
	"volary/internal/problem"
	"volary/internal/scenario"
)

// Scene asks the simulator what surrounds the drones and what is wrong with them.
func (b *Backend) Scene(ctx context.Context) (*scenario.Scene, error) {
	live := b.fleet.Session()
	if live.ID == uuid.Nil || live.Simulator == "" {
		return nil, problem.New(problem.Unavailable, "no simulator is connected")
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	s, err := b.link.Scene(ctx, live.Simulator)
	if err != nil {
		b.log.Warn().Err(err).Msg("the scene could not be asked for")
		return nil, problem.New(problem.Unavailable, "the simulator did not answer: try again")
	}
	return s, nil
}

// told turns the reply to an order about one thing into a problem when the
// thing isn't there.
func told(r link.Reply, err error) error {
	if err != nil && r.Missing {
		return problem.New(problem.NotFound, "%s", r.Error)
	}
	return err
}

// Inject makes something go wrong at drones.
func (b *Backend) Inject(ctx context.Context, f *drone.Fault) (string, map[string]drone.Result, error) {
	if err := f.Check(); err != nil {
		return "", nil, problem.FromFields("the fault can't happen", err)
	}
	r, err := b.send(ctx, link.Order{Kind: link.OrderFault, Fault: f})
	if err != nil {
		return "", nil, err
	}
	if r.Fault == "" {
		p := problem.New(problem.Invalid, "the fault happens at none of these drones")
		for _, id := range slices.Sorted(maps.Keys(r.Results)) {
			if len(p.Fields) < 20 {
				p.Fields = append(p.Fields, problem.Field{Name: "drones", Message: fmt.Sprintf("%s: %s", id, r.Results[id].Reason)})
			}
		}
		return "", r.Results, p
	}
	return r.Fault, r.Results, nil
}

// Mend clears a fault.
func (b *Backend) Mend(ctx context.Context, id string) error {
	return told(b.send(ctx, link.Order{Kind: link.OrderMend, Mend: id}))
}

// SetEnvironment changes the air.
func (b *Backend) SetEnvironment(ctx context.Context, e *scenario.Environment) error {
	if err := e.Check(); err != nil {
		return problem.FromFields("the air can't be like that", err)
	}
	_, err := b.send(ctx, link.Order{Kind: link.OrderAir, Air: e})
	return err
}

// PutFence adds a geofence, or with replace takes the place of the one of its id.
func (b *Backend) PutFence(ctx context.Context, f *mission.Fence, replace bool) (*mission.Fence, error) {
	if err := f.Check(); err != nil {
		return nil, problem.FromFields("the geofence can't be", err)
	}
	r, err := b.send(ctx, link.Order{Kind: link.OrderFence, Fence: f, Replace: replace})
	if err := told(r, err); err != nil {
		return nil, err
	}
	return r.Fence, nil
}

// DropFence removes a geofence.
func (b *Backend) DropFence(ctx context.Context, id string) error {
	return told(b.send(ctx, link.Order{Kind: link.OrderUnfence, Unfence: id}))
}
