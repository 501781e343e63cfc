package recording

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"volary/internal/logkey"
	"volary/internal/session"
	"volary/internal/telemetry"
)

// readAtOnce is how many messages are asked for: a slice is up to 48 KB.
const readAtOnce = 64

// maxTick is beyond any flight: 10,000 years at 25,000 Hz. A tick above it comes
// from a damaged or hostile message, and would make all later ones backward.
const maxTick = 1 << 53

// maxSlot is beyond any fleet: slots are given out once, a world has 10,000.
const maxSlot = 1 << 24

// telemetrySide reads frames into the recorder's window, and stores it. It does
// so in one goroutine, as steps of: reset, read, take, flush.
type telemetrySide struct {
	*Recorder
	retry   retry // of the store
	reading retry // of the stream
	log     zerolog.Logger

	stream   string // identity of the stream the numbers below are of; "": none yet
	stored   uint64 // up to here the store has it
	complete uint64 // up to here it is in the window, as whole frames
	taken    uint64 // up to here it is in the window or in frame
	frame    frame
	scratch  []telemetry.Sample // of the message at hand
	due      bool               // a boundary was passed: the window is to be stored
	quiet    time.Time          // since when nothing new came, and nothing was stored

	session  session.Session // of the window
	lastTick uint64          // recorded last in the session
	begun    bool            // lastTick is of a frame; a session at tick 0 has none

	unknown      uuid.UUID // a session whose record isn't there
	unknownSince time.Time
	skipped      seldom // log lines of messages that give nothing
}

// frame is the one whose slices are coming in.
type frame struct {
	header  telemetry.Header
	got     [4]uint64 // slices that came, a bit each
	count   int
	samples []telemetry.Sample
}

func newTelemetrySide(r *Recorder) *telemetrySide {
	log := r.log.With().Str(logkey.Stream, "telemetry").Logger()
	return &telemetrySide{Recorder: r, log: log,
		retry:   retry{recorder: r, log: log, side: storingTelemetry},
		reading: retry{recorder: r, log: log, side: readingTelemetry},
	}
}

// errWait says that nothing more can be taken until the store works again.
var errWait = errors.New("waiting for the store")

// errAgain says that the position changed: read from there.
var errAgain = errors.New("position changed")

func (s *telemetrySide) run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.step(ctx); errors.Is(err, errWait) {
			s.retry.pause(ctx)
		}
	}
	return s.end(ctx)
}

// step reads some messages and takes them, or stores the window. errWait.
func (s *telemetrySide) step(ctx context.Context) error {
	if id := s.telemetry.Identity(); id != s.stream {
		if err := s.follow(ctx, id); err != nil {
			return err
		}
	}
	if s.complete > s.stored && time.Since(s.quiet) >= s.config.FlushAfter {
		s.due = true // also while messages come that say nothing new
	}
	if s.due && s.retry.due() {
		if err := s.flush(ctx); err != nil && !errors.Is(err, errWait) {
			return err
		}
	}
	if s.full() {
		return errWait
	}
	messages := s.read(ctx)
	for _, m := range messages {
		if err := s.take(ctx, m); err != nil {
			return err
		}
	}
	s.pending()
	return nil
}

// follow begins with a stream, where the store is in it. What is held of an
// earlier one is stored first, or it would be lost.
func (s *telemetrySide) follow(ctx context.Context, id string) error {
	if s.stream != "" {
		if err := s.flushAll(ctx); err != nil {
			return err
		}
		s.log.Warn().Str(logkey.Reason, "the stream was created anew").Msg("recording begins at its first message")
	}
	return s.reset(ctx, id)
}

// reset forgets all that is held and begins where the store is.
func (s *telemetrySide) reset(ctx context.Context, id string) error {
	position, err := s.store.Position(ctx, id)
	if err != nil {
		s.retry.failed(ctx, "asking for the position", err)
		return errWait
	}
	s.retry.worked()
	s.mu.Lock()
	s.window.clear()
	s.window.session = uuid.Nil
	s.mu.Unlock()
	s.stream, s.stored, s.complete, s.taken = id, position, position, position
	s.frame, s.due, s.session, s.quiet = frame{}, false, session.Session{}, time.Now()
	s.pending()
	if position > 0 {
		s.forget(ctx, position) // whoever stored it may have ended before he could say so
	}
	return nil
}

func (s *telemetrySide) pending() {
	s.count(func(c *Stats) { c.PendingMessages = s.taken - s.stored })
}

func (s *telemetrySide) full() bool {
	return s.window.samples+len(s.frame.samples) >= s.config.MaxSamples && !s.retry.due()
}

// read reads on, until it is time to store: when nothing new comes, or when a
// failed attempt may be repeated. It never waits longer than FlushAfter, so that
// a stream that was created anew is noticed.
func (s *telemetrySide) read(ctx context.Context) []Message {
	limit := time.Now().Add(s.config.FlushAfter)
	switch {
	case s.due: // it was tried just now, and failed
		limit = s.retry.at
	case s.complete > s.stored:
		limit = s.quiet.Add(s.config.FlushAfter)
	}
	waiting, cancel := context.WithDeadline(ctx, limit)
	defer cancel()
	messages, err := s.telemetry.Read(waiting, s.taken, readAtOnce)
	switch {
	case ctx.Err() != nil, s.telemetry.Identity() != s.stream:
		return nil // the end; or these may be of another stream
	case err == nil || len(messages) > 0:
		s.reading.worked()
	case waiting.Err() != nil: // nothing came; step sees whether it is time to store
	default:
		s.reading.failed(ctx, "reading the stream", err)
		s.reading.pause(ctx)
	}
	return messages
}

// take adds one message to the window. errWait, errAgain: it was not taken.
func (s *telemetrySide) take(ctx context.Context, m Message) error {
	if m.Seq <= s.taken {
		return nil // a stream that repeats itself
	}
	h, samples, err := telemetry.DecodeSlice(m.Data, s.scratch[:0])
	s.scratch = samples
	if err == nil {
		err = plausible(&h, samples)
	}
	if err != nil {
		s.count(func(c *Stats) { c.Corrupt++ })
		if s.skipped.allow() {
			s.log.Warn().Err(err).Uint64(logkey.Seq, m.Seq).Msg("a message of the stream can't be read and is skipped")
		}
		s.skip(m.Seq)
		return nil
	}
	if f := &s.frame; f.count > 0 && (h.Tick != f.header.Tick || h.Session != f.header.Session || h.Slices != f.header.Slices) {
		s.endFrame()
	}
	if known, err := s.enter(ctx, &h, m.Seq); err != nil || !known {
		return err
	}
	bit, word := uint64(1)<<(h.Slice%64), h.Slice/64
	if s.frame.got[word]&bit != 0 || s.frame.count == 0 && s.begun && h.Tick <= s.lastTick {
		if !h.Paused { // standing still repeats its tick, and that is no fault
			s.count(func(c *Stats) { c.Duplicates++ })
		}
		s.skip(m.Seq)
		return nil
	}
	s.frame.header = h
	s.frame.got[word] |= bit
	s.frame.count++
	s.frame.samples = append(s.frame.samples, samples...)
	s.taken = m.Seq
	if s.frame.count == int(h.Slices) {
		s.endFrame()
		s.complete = m.Seq
	}
	return nil
}

// plausible refuses what the layout allows and no flight can hold.
func plausible(h *telemetry.Header, samples []telemetry.Sample) error {
	if h.Tick > maxTick || h.Session == uuid.Nil {
		return fmt.Errorf("%w: session %s at tick %d", telemetry.ErrNotAFrame, h.Session, h.Tick)
	}
	for i := range samples {
		if samples[i].Slot > maxSlot {
			return fmt.Errorf("%w: slot %d", telemetry.ErrNotAFrame, samples[i].Slot)
		}
	}
	return nil
}

// skip moves past a message that gives nothing.
func (s *telemetrySide) skip(seq uint64) {
	s.taken = seq
	if s.frame.count == 0 {
		s.complete = seq
	}
}

// enter makes the window ready for a frame: of its session, and of its ten
// seconds. known is false when the message was skipped.
func (s *telemetrySide) enter(ctx context.Context, h *telemetry.Header, seq uint64) (known bool, err error) {
	if h.Session != s.session.ID {
		if err := s.flushAll(ctx); err != nil {
			return false, err
		}
		if known, err := s.know(ctx, h.Session, seq); err != nil || !known {
			return false, err
		}
	}
	if !s.window.empty() && s.frame.count == 0 && h.Tick > s.lastTick &&
		number(h.Tick, h.TickHz) != number(s.window.first, h.TickHz) {
		s.due = true
	}
	if s.window.samples >= s.config.MaxSamples {
		s.due = true
	}
	if s.due && s.retry.due() {
		// A failure lets the window grow, up to its bound.
		if err := s.flush(ctx); err != nil && (!errors.Is(err, errWait) || s.full()) {
			return false, err
		}
	}
	if s.full() {
		return false, errWait
	}
	s.mu.Lock()
	s.window.session, s.window.tickHz = h.Session, h.TickHz
	s.mu.Unlock()
	return true, nil
}

// know fetches the record of a session. It is made by another part, which may be
// later than the telemetry; when it never comes, the telemetry is of no use.
func (s *telemetrySide) know(ctx context.Context, id uuid.UUID, seq uint64) (known bool, err error) {
	record, err := s.store.Session(ctx, id)
	if errors.Is(err, session.ErrNotFound) {
		if s.unknown != id {
			s.unknown, s.unknownSince = id, time.Now()
		}
		if time.Since(s.unknownSince) >= s.config.UnknownAfter {
			s.retry.worked()
			s.count(func(c *Stats) { c.Unknown++ })
			if s.skipped.allow() {
				s.log.Warn().Stringer(logkey.Session, id).Uint64(logkey.Seq, seq).Msg("telemetry of a session that was never recorded is skipped")
			}
			s.skip(seq)
			return false, nil
		}
	}
	if err != nil {
		s.retry.failed(ctx, "asking for the session", err)
		return false, errWait
	}
	s.retry.worked()
	s.unknown = uuid.Nil
	s.session, s.lastTick, s.begun = *record, record.LastTick, record.LastTick > 0
	return true, nil
}

// endFrame moves the frame at hand into the window, whole or not.
func (s *telemetrySide) endFrame() {
	f := &s.frame
	tick, step := f.header.Tick, uint64(max(s.session.RecordEvery, 1))
	s.mu.Lock()
	if tick > s.lastTick+step {
		s.window.gap(s.lastTick, tick, GapLost)
	}
	if f.count < int(f.header.Slices) {
		s.window.gap(tick-min(step, tick), tick+step, GapIncomplete)
		s.stats.Incomplete++
	}
	s.window.add(tick, f.samples)
	s.mu.Unlock()
	s.lastTick, s.begun, s.quiet = tick, true, time.Now()
	s.complete = s.taken
	f.got, f.count, f.samples = [4]uint64{}, 0, f.samples[:0]
}

// flushAll stores what is held, the frame at hand too. errWait, errAgain.
func (s *telemetrySide) flushAll(ctx context.Context) error {
	if s.frame.count > 0 {
		s.endFrame()
	}
	if s.complete == s.stored {
		return nil
	}
	s.due = true
	if !s.retry.due() {
		return errWait
	}
	return s.flush(ctx)
}

// flush stores the whole frames that are held. errWait: the store failed, and
// they are held still. errAgain: they were stored, or others have stored them.
func (s *telemetrySide) flush(ctx context.Context) error {
	b := &telemetry.Batch{Stream: s.stream, PrevSeq: s.stored, Seq: s.complete}
	if b.Seq <= b.PrevSeq {
		s.due = false
		return nil
	}
	if !s.window.empty() {
		b.Session, b.LastTick = s.window.session, s.window.last
		b.Chunks, b.Gaps = s.window.pack(), s.window.gaps
	}
	began := time.Now()
	err := s.store.Ingest(ctx, b)
	if permanent(err) {
		err = s.refuse(ctx, b, err)
	}
	switch {
	case errors.Is(err, telemetry.ErrPosition):
		// An attempt whose answer we never got was stored, or somebody else records
		// this stream. The store knows; go on from there.
		s.log.Info().Str(logkey.Reason, err.Error()).Msg("reading the position again")
		took := time.Since(began)
		if err := s.reset(ctx, s.stream); err != nil {
			return err
		}
		if s.stored == b.Seq {
			s.committed(b, took)
		}
		return errAgain
	case err != nil:
		s.retry.failed(ctx, "storing telemetry", err)
		return errWait
	}
	s.retry.worked()
	s.committed(b, time.Since(began))
	s.mu.Lock()
	s.window.clear()
	s.mu.Unlock()
	s.stored, s.due, s.quiet = b.Seq, false, time.Now()
	s.pending()
	s.forget(ctx, b.Seq)
	return nil
}

// forget tells the stream what is stored. Should it not hear, it hears the next
// time: that covers this one.
func (s *telemetrySide) forget(ctx context.Context, upTo uint64) {
	if s.telemetry.Identity() != s.stream {
		return // these numbers are not of the messages it has now
	}
	if err := s.telemetry.Forget(ctx, upTo); err != nil {
		s.count(func(c *Stats) { c.Failures++ })
		s.log.Debug().Err(err).Uint64(logkey.Seq, upTo).Msg("the stream didn't take that it may forget")
	}
}

// refuse moves past telemetry that the store can never hold, and leaves a gap in
// its place. b becomes what was stored.
func (s *telemetrySide) refuse(ctx context.Context, b *telemetry.Batch, reason error) error {
	s.log.Error().Err(reason).Stringer(logkey.Session, b.Session).Uint64(logkey.Seq, b.Seq).Msg("the store can't hold this telemetry: it is dropped")
	s.count(func(c *Stats) { c.Refused += uint64(s.window.samples) })
	b.Chunks, b.Gaps = nil, nil
	if errors.Is(reason, session.ErrNotFound) {
		b.Session, b.LastTick = uuid.Nil, 0
		s.session = session.Session{} // ask again
	} else {
		b.Gaps = []telemetry.Gap{{FromTick: s.window.first - min(1, s.window.first), ToTick: s.window.last + 1, Reason: GapRefused}}
	}
	return s.store.Ingest(ctx, b)
}

// end stores what is held when the recorder ends, within a bound of its own. A
// frame that isn't whole stays in the stream: the rest of it may be on its way.
func (s *telemetrySide) end(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.ShutdownTimeout)
	defer cancel()
	for s.stream != "" && s.complete > s.stored {
		err := s.flush(ctx)
		if err == nil || errors.Is(err, errAgain) {
			break
		}
		if s.retry.pause(ctx); ctx.Err() != nil {
			s.mu.Lock()
			reason := s.errors[storingTelemetry]
			s.mu.Unlock()
			return fmt.Errorf("recording: %d messages of telemetry were not stored and stay in the stream: %w", s.complete-s.stored, errors.Join(ctx.Err(), reason))
		}
	}
	return nil
}
