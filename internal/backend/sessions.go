package backend

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"volary/internal/drone"
	"volary/internal/fleet"
	"volary/internal/link"
	"volary/internal/logkey"
	"volary/internal/session"
	"volary/internal/telemetry"
)

const (
	// lostAfter is the silence after which a simulator is said to be gone: five
	// heartbeats.
	lostAfter  = 1250 * time.Millisecond
	watchEvery = 100 * time.Millisecond
	// storeWait bounds what a change of a session's life waits for the database.
	storeWait = 4 * time.Second
	// resumeTime bounds flying again to the last moment known: the simulator waits
	// for its welcome no longer than 5 s.
	resumeTime = 3 * time.Second
)

// hello gives a simulator a session: the interrupted one it left, when it still
// flies the same scenario, or a new one.
func (b *Backend) hello(ctx context.Context, h link.Hello) link.Welcome {
	b.life.Lock()
	defer b.life.Unlock()
	now := time.Now()
	if l := b.live; l != nil && l.Simulator != h.Simulator && b.fleet.Silence(now) < lostAfter && b.fleet.Session().State == string(session.Running) {
		return link.Welcome{Retry: true, Error: fmt.Sprintf("simulator %q is flying session %s: this backend takes one at a time", l.Simulator, l.ID)}
	}
	b.takeOver(ctx, h, now)
	w, s, err := b.openSession(ctx, h, now)
	if err != nil {
		b.log.Error().Err(err).Str(logkey.Simulator, h.Simulator).Msg("no session for this simulator yet")
		return link.Welcome{Retry: true, Error: "the backend can't open a session: " + err.Error()}
	}
	b.adopt(s, now)
	return w
}

// takeOver makes sure that one process alone flies as this simulator: the newest.
// An older one that still lives is stopped, and its session ends, since two can't
// have flown one world. One that is dead answers nothing; its session goes on.
func (b *Backend) takeOver(ctx context.Context, h link.Hello, now time.Time) {
	before := b.run.Swap(&run{h.Simulator, h.Run})
	if before == nil || before.simulator != h.Simulator || before.run == h.Run {
		return
	}
	alive, err := b.link.Fence(ctx, h.Simulator, h.Run)
	if err != nil {
		b.log.Error().Err(err).Msg("an older simulator could not be stopped")
	}
	l := b.live
	if !alive || l == nil || l.Simulator != h.Simulator || l.State == session.Ended {
		return
	}
	const reason = "another simulator of the same name took over"
	b.log.Warn().Str(logkey.Simulator, h.Simulator).Stringer(logkey.Session, l.ID).Msg(reason + ": the older one was stopped")
	b.tell(ctx, h.Simulator, l.ID, b.fleet.Picture().Tick, l.TickHz, telemetry.Warning, "simulator_fenced", reason)
	if err := b.store.SetSessionState(ctx, l.ID, session.Ended, reason, now); err != nil {
		b.log.Error().Err(err).Msg("the end of the session could not be stored")
	}
	l.State = session.Ended
}

// run is the process that may fly as a simulator.
type run struct{ simulator, run string }

func (b *Backend) openSession(ctx context.Context, h link.Hello, now time.Time) (link.Welcome, *session.Session, error) {
	last, err := b.store.LatestSession(ctx, h.Simulator)
	if err != nil && !errors.Is(err, session.ErrNotFound) {
		return link.Welcome{}, nil, err
	}
	if last != nil && last.State != session.Ended {
		if !h.Fresh && last.Scenario == h.Scenario && last.Seed == h.Seed && last.TickHz == h.TickHz && last.RecordEvery == h.RecordEvery {
			w, err := b.resume(ctx, h, last, now)
			return w, last, err
		}
		if err := b.store.SetSessionState(ctx, last.ID, session.Ended, "another run began", now); err != nil {
			return link.Welcome{}, nil, err
		}
	}
	s := &session.Session{
		ID: uuid.New(), Name: h.Name, Simulator: h.Simulator, Scenario: h.Scenario, Seed: h.Seed, Version: h.Version,
		State: session.Running, TickHz: h.TickHz, RecordEvery: h.RecordEvery, Origin: h.Origin, StartedAt: now,
	}
	if h.Parent != uuid.Nil {
		s.Parent, s.ParentTick = &h.Parent, h.StartTick
		// As if all before had been recorded: the first frame is of StartTick.
		s.LastTick = h.StartTick - min(h.StartTick, uint64(max(1, h.RecordEvery)))
	}
	if err := b.store.CreateSession(ctx, s); err != nil {
		return link.Welcome{}, nil, err
	}
	b.log.Info().Stringer(logkey.Session, s.ID).Str(logkey.Simulator, h.Simulator).Str("scenario", h.Name).Msg("a session begins")
	message := fmt.Sprintf("session of scenario %q begins", h.Name)
	if s.Parent != nil {
		message = fmt.Sprintf("session begins as a fork of %s at %.1f s", s.Parent, float64(s.ParentTick)/float64(max(1, s.TickHz)))
	}
	b.tell(ctx, h.Simulator, s.ID, h.StartTick, s.TickHz, telemetry.Info, "session_started", message)
	return link.Welcome{Session: s.ID, StartTick: h.StartTick}, s, nil
}

// resume continues a session after its simulator was away. Its ticks go on from
// the wall time that passed, so that the break shows as what it was.
func (b *Backend) resume(ctx context.Context, h link.Hello, s *session.Session, now time.Time) (w link.Welcome, err error) {
	w = link.Welcome{Session: s.ID, EventSeq: uint64(now.UnixMilli())}
	last, lastAt := s.LastTick, time.Time{}
	if head, found, err := b.link.LastTelemetry(ctx, h.Simulator); err != nil {
		return w, err
	} else if found && head.Session == s.ID {
		last, lastAt = max(last, head.Tick), time.UnixMicro(head.PublishedUS)
	}
	if p := b.fleet.Picture(); p.Session == s.ID && p.Tick >= last {
		last, lastAt = p.Tick, time.UnixMicro(p.PublishedUS)
	}
	if err := b.store.SetSessionState(ctx, s.ID, session.Running, "", now); err != nil {
		return w, err
	}
	if last == 0 {
		return w, nil // nothing was flown yet
	}
	away := uint64(0)
	if !lastAt.IsZero() && now.After(lastAt) {
		away = uint64(now.Sub(lastAt).Seconds() * float64(s.TickHz))
	}
	every := uint64(max(1, s.RecordEvery))
	w.StartTick = (last/every + 2) * every
	if t := (last + away) / every * every; t > w.StartTick {
		w.StartTick = t
	}
	gap := float64(w.StartTick-last) / float64(s.TickHz)
	rebuild, cancel := context.WithTimeout(ctx, resumeTime)
	defer cancel()
	how := "the drones go on from where they were"
	if w.World, err = b.worldAt(rebuild, s, last); err != nil {
		how = "the drones start from the ground"
		b.log.Warn().Err(err).Stringer(logkey.Session, s.ID).Uint64(logkey.Tick, last).Msg("the last moment known could not be rebuilt")
	}
	b.log.Warn().Stringer(logkey.Session, s.ID).Str(logkey.Simulator, h.Simulator).Float64("gap_s", gap).Msg("the simulator is back: its session goes on, " + how)
	b.tell(ctx, h.Simulator, s.ID, w.StartTick, s.TickHz, telemetry.Warning, "session_resumed", fmt.Sprintf("the simulator was restarted: nothing is known of %.1f s, and %s", gap, how))
	return w, nil
}

// adopt makes s the live session.
func (b *Backend) adopt(s *session.Session, now time.Time) {
	s.State = session.Running
	b.live = s
	b.fleet.Begin(fleet.Session{ID: s.ID, Name: s.Name, Simulator: s.Simulator, State: string(session.Running), Origin: s.Origin}, now)
}

// goodbye ends the session a simulator stops flying.
func (b *Backend) goodbye(ctx context.Context, g link.Goodbye) {
	b.life.Lock()
	defer b.life.Unlock()
	now := time.Now()
	if err := b.store.SetSessionState(ctx, g.Session, session.Ended, g.Reason, now); err != nil {
		b.log.Error().Err(err).Stringer(logkey.Session, g.Session).Msg("the end of the session could not be stored")
	}
	if b.live == nil || b.live.ID != g.Session {
		return
	}
	b.fleet.SetState(string(session.Ended))
	b.log.Info().Stringer(logkey.Session, g.Session).Uint64(logkey.Tick, g.Tick).Str(logkey.Reason, g.Reason).Msg("the session is over")
	b.tell(ctx, g.Simulator, g.Session, g.Tick, b.live.TickHz, telemetry.Info, "session_ended", "session over: "+g.Reason)
}

// tell adds an event of the backend's own to a session.
func (b *Backend) tell(ctx context.Context, simulator string, id uuid.UUID, tick uint64, hz int, sev telemetry.Severity, typ, message string) {
	now := time.Now()
	e := telemetry.Event{
		Session: id.String(), Seq: uint64(now.UnixMilli()), Tick: tick, SimTime: float64(tick) / float64(max(1, hz)),
		WallUS: now.UnixMicro(), Severity: sev, Type: typ, Message: message,
	}
	if err := b.link.Publish(ctx, simulator, e); err != nil {
		b.log.Error().Err(err).Str("event", typ).Msg("an event could not be kept")
	}
}

// beat takes a heartbeat in. One of a session that is not the live one is looked
// into by watch, since that takes the database.
func (b *Backend) beat(h link.Heartbeat) {
	b.run.CompareAndSwap(nil, &run{h.Simulator, h.Run}) // after a restart of the backend
	if r := b.run.Load(); r != nil && r.simulator == h.Simulator && h.Run != "" && r.run != h.Run {
		b.link.FenceLater(h.Simulator, r.run) // it was away when its place was taken
		return
	}
	if h.Session != b.fleet.Session().ID {
		select {
		case b.strange <- h:
		default: // the last strange one is still being looked into
		}
		return
	}
	b.fleet.Heard(h.Session, fleet.Beat{
		Tick: h.Tick, SimTime: h.SimTime, Speed: h.Speed, Paused: h.Paused, RTF: h.RTF, Drift: h.Drift,
		Drones: h.Drones, Roster: h.Roster, Hash: h.Hash, HashTick: h.HashTick,
		Dropped: h.Lost.Live + h.Lost.Telemetry + h.Lost.Events,
	}, time.Now())
}

func (b *Backend) frame(_ string, slice []byte) {
	if err := b.fleet.Frame(slice, time.Now()); err != nil {
		b.log.Debug().Err(err).Msg("a frame that can't be read")
	}
}

// watch notices simulators that fall silent, come back, or fly a session this
// backend has not heard of.
func (b *Backend) watch(ctx context.Context) error {
	t := time.NewTicker(watchEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case h := <-b.strange:
			b.recognise(ctx, h)
		case now := <-t.C:
			b.checkPulse(ctx, now)
		}
	}
}

func (b *Backend) checkPulse(ctx context.Context, now time.Time) {
	b.life.Lock()
	defer b.life.Unlock()
	if b.live == nil {
		return
	}
	silent := b.fleet.Silence(now) > lostAfter
	switch session.State(b.fleet.Session().State) {
	case session.Running:
		if silent {
			b.changeState(ctx, session.Interrupted, telemetry.Error, "simulator_lost", "the simulator fell silent")
		}
	case session.Interrupted:
		if !silent {
			b.changeState(ctx, session.Running, telemetry.Info, "simulator_back", "the simulator is heard again")
		}
	}
}

// changeState moves the live session between running and interrupted. What is
// shown changes at once; the record follows as soon as the database lets it.
func (b *Backend) changeState(ctx context.Context, to session.State, sev telemetry.Severity, typ, message string) {
	b.fleet.SetState(string(to))
	b.hub.Announce()
	b.log.WithLevel(levelOf(sev)).Stringer(logkey.Session, b.live.ID).Str(logkey.Simulator, b.live.Simulator).Msg(message)
	ctx, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	b.tell(ctx, b.live.Simulator, b.live.ID, b.fleet.Picture().Tick, b.live.TickHz, sev, typ, message)
	if err := b.store.SetSessionState(ctx, b.live.ID, to, message, time.Now()); err != nil {
		b.log.Error().Err(err).Msg("the state of the session could not be stored")
	}
}

// recognise looks up the session of a heartbeat that is not the live one: after
// a restart of the backend it goes on; one that nobody knows is begun anew.
func (b *Backend) recognise(ctx context.Context, h link.Heartbeat) {
	b.life.Lock()
	defer b.life.Unlock()
	now := time.Now()
	if h.Session == b.fleet.Session().ID || now.Sub(time.UnixMicro(h.SentUS)) > lostAfter {
		return
	}
	if b.live != nil && b.fleet.Silence(now) < lostAfter && b.fleet.Session().State == string(session.Running) {
		return // a stray beat while another session is well
	}
	ctx, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	s, err := b.store.Session(ctx, h.Session)
	switch {
	case err == nil && s.State != session.Ended:
		if err := b.store.SetSessionState(ctx, s.ID, session.Running, "", now); err != nil {
			b.log.Error().Err(err).Msg("the state of the session could not be stored")
			return
		}
		b.adopt(s, now)
		b.log.Info().Stringer(logkey.Session, s.ID).Str(logkey.Simulator, h.Simulator).Msg("found the session that is being flown")
	case err == nil || errors.Is(err, session.ErrNotFound):
		b.log.Warn().Stringer(logkey.Session, h.Session).Str(logkey.Simulator, h.Simulator).Msg("the simulator flies a session that is not known here: asking it to begin another")
		o := link.Order{ID: uuid.NewString(), Kind: link.OrderRejoin, Session: h.Session, Expires: now.Add(orderLife)}
		if err := b.link.Send(ctx, h.Simulator, o); err != nil {
			b.log.Error().Err(err).Msg("the simulator could not be asked")
		}
	default:
		b.log.Error().Err(err).Msg("the session of the simulator can't be looked up")
	}
}

// askRoster fetches who is in which slot, for the picture and for the record.
func (b *Backend) askRoster(ctx context.Context) (uint32, []drone.Info, error) {
	sim := b.fleet.Session().Simulator
	if sim == "" {
		return 0, nil, errors.New("no simulator yet")
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	version, all, err := b.link.Roster(ctx, sim)
	if err == nil {
		select {
		case b.roster <- struct{}{}:
		default:
		}
	}
	return version, all, err
}

// keepMembers stores who flies in the live session whenever that changes.
func (b *Backend) keepMembers(ctx context.Context) error {
	known := map[int]session.Member{}
	var of uuid.UUID
	retry := time.NewTimer(time.Hour)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-b.roster:
		case <-retry.C:
		}
		id, tick := b.fleet.Session().ID, b.fleet.Picture().Tick
		if id != of {
			of, known = id, map[int]session.Member{}
		}
		changed := changes(known, b.fleet.Roster(), tick)
		if len(changed) == 0 {
			continue
		}
		if err := b.store.PutMembers(ctx, id, changed); err != nil {
			if !errors.Is(err, session.ErrNotFound) {
				b.log.Warn().Err(err).Msg("the list of drones could not be stored: trying again")
			}
			retry.Reset(2 * time.Second)
			continue
		}
		for _, m := range changed {
			known[m.Slot] = m
		}
	}
}

// changes lists the members that are new, or left, compared with what is known.
func changes(known map[int]session.Member, now []drone.Info, tick uint64) []session.Member {
	var out []session.Member
	here := make(map[int]bool, len(now))
	for _, i := range now {
		here[i.Slot] = true
		if _, ok := known[i.Slot]; !ok {
			out = append(out, session.Member{Info: i, FromTick: tick})
		}
	}
	for slot, m := range known {
		if !here[slot] && m.ToTick == 0 {
			m.ToTick = max(1, tick)
			out = append(out, m)
		}
	}
	return out
}
