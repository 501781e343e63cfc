package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"volary/internal/session"
)

// Replays plays recorded sessions. Its errors are *problem.Error, or those of
// History.
type Replays interface {
	StartReplay(ctx context.Context, id uuid.UUID, s session.StartReplay) (session.Replay, error)
	Replays() []session.Replay
	Replay(ctx context.Context, id string) (session.Replay, error)
	SteerReplay(ctx context.Context, id string, a session.ReplayAction) (session.Replay, error)
	EndReplay(ctx context.Context, id string) error
}

type replaysPage struct {
	Replays []session.Replay `json:"replays"`
}

func (a *api) replayRoutes(g huma.API) {
	type byID struct {
		ID string `path:"id"`
	}
	one := func(r session.Replay, err error) (*answer[session.Replay], error) {
		if err != nil {
			return nil, a.fail(err)
		}
		return ok(r), nil
	}
	huma.Register(g, status(op("start-replay", http.MethodPost, "/sessions/{id}/replay", "Play a run to the Socket.IO clients that join it", "history"), http.StatusCreated),
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body session.StartReplay
		}) (*answer[session.Replay], error) {
			s, err := a.session(ctx, in.ID)
			if err != nil {
				return nil, a.fail(err)
			}
			return one(a.Replays.StartReplay(ctx, s.ID, in.Body))
		})
	huma.Register(g, op("list-replays", http.MethodGet, "/replays", "What is being played", "history"),
		func(context.Context, *struct{}) (*answer[replaysPage], error) {
			return ok(replaysPage{a.Replays.Replays()}), nil
		})
	huma.Register(g, op("get-replay", http.MethodGet, "/replays/{id}", "How a replay is", "history"),
		func(ctx context.Context, in *byID) (*answer[session.Replay], error) {
			return one(a.Replays.Replay(ctx, in.ID))
		})
	huma.Register(g, op("steer-replay", http.MethodPost, "/replays/{id}", "Play, pause, seek, change the speed, or go frame by frame", "history"),
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body session.ReplayAction
		}) (*answer[session.Replay], error) {
			return one(a.Replays.SteerReplay(ctx, in.ID, in.Body))
		})
	huma.Register(g, status(op("end-replay", http.MethodDelete, "/replays/{id}", "End a replay", "history"), http.StatusNoContent),
		func(ctx context.Context, in *byID) (*struct{}, error) {
			if err := a.Replays.EndReplay(ctx, in.ID); err != nil {
				return nil, a.fail(err)
			}
			return nil, nil
		})
}
