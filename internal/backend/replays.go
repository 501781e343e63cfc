package backend

import (
	"cmp"
	"context"

	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"volary/internal/drone"
	"volary/internal/fleet"
	"volary/internal/logkey"
	"volary/internal/problem"
	"volary/internal/recording"
	"volary/internal/session"
)

const (
	maxReplays = 8 // at a time: each holds some windows of its session
	// replayEvery is the time between two turns of a replay, as of live frames.
	replayEvery = 50 * time.Millisecond
	// replayDroneRate bounds drones × frames a second of one replay, as of a live view.
	replayDroneRate = 20_000
	// replayStateEvery is how often those who watch hear how it is.
	replayStateEvery = 250 * time.Millisecond
	// replayAlone is how long a replay that nobody watches is kept.
	replayAlone = 2 * time.Minute
)

// replays are the recorded sessions being played.
type replays struct {
	ctx  context.Context //nolint:containedctx // of all players, ended by end
	stop context.CancelFunc

	mu      sync.Mutex
	players map[string]*replaying
	running sync.WaitGroup
	closed  bool
}

type replaying struct {
	id     string
	player *recording.Player
	album  *fleet.Album
	poke   chan struct{} // it was steered: turn now
	stop   context.CancelFunc
}

// end stops all, and waits for them.
func (r *replays) end() {
	if r.stop == nil {
		return
	}
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.stop()
	r.running.Wait()
}

func (b *Backend) replaying(id string) (*replaying, error) {
	b.replays.mu.Lock()
	defer b.replays.mu.Unlock()
	if r := b.replays.players[id]; r != nil {
		return r, nil
	}
	return nil, problem.New(problem.NotFound, "no replay is called %q: begin one with POST /api/v1/sessions/ID/replay", id)
}

// StartReplay begins to play a session.
func (b *Backend) StartReplay(ctx context.Context, id uuid.UUID, start session.StartReplay) (session.Replay, error) {
	s, err := b.store.Session(ctx, id)
	if err != nil {
		return session.Replay{}, err
	}
	if err := start.Check(); err != nil {
		return session.Replay{}, problem.FromFields("the replay can't begin", err)
	}
	members, err := b.store.Members(ctx, id)
	if err != nil {
		return session.Replay{}, err
	}
	if p := b.fleet.Picture(); p.Session == id {
		s.LastTick = max(s.LastTick, p.Tick/uint64(max(1, s.RecordEvery))*uint64(max(1, s.RecordEvery)))
	}
	infos := make([]drone.Info, len(members))
	for i := range members {
		infos[i] = members[i].Info
	}
	r := &replaying{id: uuid.NewString(), album: fleet.NewAlbum(id, s.TickHz, s.Origin, infos), poke: make(chan struct{}, 1)}
	r.player = recording.NewPlayer(history{b.store, b.recorder}, s, r.id, start)

	b.replays.mu.Lock()
	defer b.replays.mu.Unlock()
	switch {
	case b.replays.closed:
		return session.Replay{}, problem.New(problem.Unavailable, "this backend is stopping")
	case len(b.replays.players) >= maxReplays:
		return session.Replay{}, problem.New(problem.Unavailable, "%d replays are running: end one with DELETE /api/v1/replays/ID", maxReplays)
	}
	var playing context.Context
	playing, r.stop = context.WithCancel(b.replays.ctx)
	b.replays.players[r.id] = r
	every := replayEvery
	if n := len(infos) * int(time.Second/replayEvery); n > replayDroneRate {
		every = time.Duration(float64(replayEvery) * float64(n) / replayDroneRate)
	}
	b.replays.running.Go(func() { b.play(playing, r, every) })
	b.log.Info().Stringer(logkey.Session, id).Str("replay", r.id).Msg("a replay begins")
	return r.player.State(), nil
}

// play shows a replay until it is ended or has been alone for long.
func (b *Backend) play(ctx context.Context, r *replaying, every time.Duration) {
	defer func() {
		r.stop()
		b.replays.mu.Lock()
		delete(b.replays.players, r.id)
		b.replays.mu.Unlock()
		b.hub.ReplayOver(r.id)
		b.log.Info().Str("replay", r.id).Msg("the replay is over")
	}()
	t := time.NewTicker(every)
	defer t.Stop()
	watched, told := time.Now(), time.Time{}
	var last session.Replay
	failed := false
	for {
		poked := false
		select {
		case <-ctx.Done():
			return
		case <-r.poke:
			poked = true
		case <-t.C:
		}
		now := time.Now()
		if b.hub.ReplayWatchers(r.id) > 0 {
			watched = now
		} else if now.Sub(watched) > replayAlone {
			return
		}
		shown, err := b.turn(ctx, r, now)
		if (err != nil) != failed {
			if failed = err != nil; failed && ctx.Err() == nil {
				b.log.Warn().Err(err).Str("replay", r.id).Msg("the history does not answer: the replay waits")
			}
		}
		changed := shown.State.State != last.State || shown.State.Speed != last.Speed || (shown.State.Gap == nil) != (last.Gap == nil)
		if poked || changed || now.Sub(told) >= replayStateEvery {
			told, last = now, shown.State
			state := shown.State
			state.Watchers = b.hub.ReplayWatchers(r.id)
			b.hub.ReplayState(r.id, state)
		}
	}
}

// replayReadTime bounds one reading of the history.
const replayReadTime = 5 * time.Second

func (b *Backend) turn(ctx context.Context, r *replaying, now time.Time) (recording.Shown, error) {
	ctx, cancel := context.WithTimeout(ctx, replayReadTime)
	defer cancel()
	shown, err := r.player.Turn(ctx, now)
	for i := range shown.Events {
		b.hub.ReplayEvent(r.id, &shown.Events[i])
	}
	if m := shown.Moment; m != nil {
		b.hub.ReplayFrame(r.id, r.album.Picture(m.Tick, m.Samples, now).AppendFrame(make([]byte, 0, 512+420*len(m.Samples)), nil))
	}
	return shown, err
}

// Replay tells how a replay is.
func (b *Backend) Replay(_ context.Context, id string) (session.Replay, error) {
	r, err := b.replaying(id)
	if err != nil {
		return session.Replay{}, err
	}
	s := r.player.State()
	s.Watchers = b.hub.ReplayWatchers(id)
	return s, nil
}

// Replays lists those that are being played.
func (b *Backend) Replays() []session.Replay {
	b.replays.mu.Lock()
	all := make([]*replaying, 0, len(b.replays.players))
	for _, r := range b.replays.players {
		all = append(all, r)
	}
	b.replays.mu.Unlock()
	slices.SortFunc(all, func(x, y *replaying) int { return cmp.Compare(x.id, y.id) })
	out := make([]session.Replay, len(all))
	for i, r := range all {
		out[i] = r.player.State()
		out[i].Watchers = b.hub.ReplayWatchers(r.id)
	}
	return out
}

// SteerReplay steers a replay.
func (b *Backend) SteerReplay(_ context.Context, id string, a session.ReplayAction) (session.Replay, error) {
	r, err := b.replaying(id)
	if err != nil {
		return session.Replay{}, err
	}
	if err := a.Check(); err != nil {
		return session.Replay{}, problem.FromFields("the replay can't be steered so", err)
	}
	s := r.player.Do(a)
	select {
	case r.poke <- struct{}{}:
	default: // it is about to turn
	}
	return s, nil
}

// EndReplay ends a replay, and waits for nothing: who watches is told.
func (b *Backend) EndReplay(_ context.Context, id string) error {
	r, err := b.replaying(id)
	if err != nil {
		return err
	}
	r.stop()
	return nil
}
