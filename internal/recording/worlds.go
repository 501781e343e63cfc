package recording

import (
	"context"
	"errors"

	"github.com/rs/zerolog"

	"volary/internal/logkey"
	"volary/internal/telemetry"
)

// partsAtOnce is how many messages are read: a part is up to half a megabyte.
const partsAtOnce = 16

// worldSide stores the worlds of sessions. A world that can't be stored costs no
// more than the flying again from the one before.
type worldSide struct {
	*Recorder
	retry retry
	log   zerolog.Logger

	stream   string // "": none yet
	stored   uint64
	read     uint64
	assembly telemetry.Assembly
	skipped  seldom
	counted  uint64 // messages up to here that are no parts were counted
}

func newWorldSide(r *Recorder) *worldSide {
	log := r.log.With().Str(logkey.Stream, "worlds").Logger()
	return &worldSide{Recorder: r, log: log, retry: retry{recorder: r, log: log, side: recordingWorlds}}
}

// run never fails: what isn't stored when ctx ends was not taken from the stream.
func (s *worldSide) run(ctx context.Context) error {
	for ctx.Err() == nil {
		if what, err := s.step(ctx); err != nil {
			s.stream = "" // from where the store is
			s.retry.failed(ctx, what, err)
			s.retry.pause(ctx)
			continue
		}
		s.retry.worked()
	}
	return nil
}

// step reads some parts, and stores the worlds they complete. It returns what
// failed, and why.
func (s *worldSide) step(ctx context.Context) (what string, err error) {
	if id := s.worlds.Identity(); id != s.stream {
		if s.stored, err = s.store.Position(ctx, id); err != nil {
			return "asking for the position", err
		}
		if s.stored == 0 {
			s.counted = 0 // a stream that counts anew
		}
		s.stream, s.read, s.assembly = id, s.stored, telemetry.Assembly{}
	}
	waiting, cancel := context.WithTimeout(ctx, s.config.FlushAfter)
	messages, err := s.worlds.Read(waiting, s.read, partsAtOnce)
	idle := waiting.Err() != nil
	cancel()
	switch {
	case s.worlds.Identity() != s.stream, idle && len(messages) == 0:
		return "", nil
	case len(messages) == 0:
		return "reading the stream", err
	}
	for _, m := range messages {
		s.read = m.Seq
		part, err := telemetry.DecodeSnapshotPart(m.Data)
		if err != nil {
			if m.Seq > s.counted { // else it is read again after a failure
				s.counted = m.Seq
				s.count(func(c *Stats) { c.Corrupt++ })
			}
			if s.skipped.allow() {
				s.log.Warn().Err(err).Uint64(logkey.Seq, m.Seq).Msg("a message of the stream is no part of a world and is skipped")
			}
			continue
		}
		world := s.assembly.Add(part)
		if world == nil {
			continue
		}
		if err := s.keep(ctx, world, m.Seq); err != nil {
			return "storing a world", err
		}
	}
	return "", nil
}

func (s *worldSide) keep(ctx context.Context, world *telemetry.Snapshot, seq uint64) error {
	b := &telemetry.Batch{Stream: s.stream, PrevSeq: s.stored, Seq: seq, Session: world.Session, Snapshot: world}
	err := s.store.Ingest(ctx, b)
	if permanent(err) {
		s.log.Warn().Err(err).Stringer(logkey.Session, world.Session).Uint64(logkey.Tick, world.Tick).Msg("the store can't hold this world: it is dropped")
		s.count(func(c *Stats) { c.Refused++ })
		err = s.store.Ingest(ctx, &telemetry.Batch{Stream: s.stream, PrevSeq: s.stored, Seq: seq})
	} else if err == nil {
		s.count(func(c *Stats) { c.Worlds++; c.Commits++ })
	}
	if errors.Is(err, telemetry.ErrPosition) {
		s.stream = "" // it was stored, or others store it: the store knows
		return nil
	}
	if err != nil {
		return err
	}
	s.stored = seq
	if s.worlds.Identity() != s.stream {
		return nil
	}
	if err := s.worlds.Forget(ctx, seq); err != nil {
		s.count(func(c *Stats) { c.Failures++ })
	}
	return nil
}
