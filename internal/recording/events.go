package recording

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"volary/internal/logkey"
	"volary/internal/telemetry"
)

// eventsAtOnce is the most events of one batch.
const eventsAtOnce = 256

// eventSide stores events as they come. It holds none: a batch is stored before
// the next one is read.
type eventSide struct {
	*Recorder
	retry retry
	log   zerolog.Logger

	stream  string // "": none yet
	stored  uint64
	skipped seldom // log lines of messages that are no events
}

func newEventSide(r *Recorder) *eventSide {
	log := r.log.With().Str(logkey.Stream, "events").Logger()
	return &eventSide{Recorder: r, log: log, retry: retry{recorder: r, log: log, side: recordingEvents}}
}

// run never fails: what isn't stored when ctx ends was not taken from the stream.
func (s *eventSide) run(ctx context.Context) error {
	for ctx.Err() == nil {
		if what, err := s.step(ctx); err != nil {
			s.retry.failed(ctx, what, err)
			s.retry.pause(ctx)
			continue
		}
		s.retry.worked()
	}
	return nil
}

// step stores the next events. It returns what failed, and why.
func (s *eventSide) step(ctx context.Context) (what string, err error) {
	if id := s.events.Identity(); id != s.stream {
		if s.stored, err = s.store.Position(ctx, id); err != nil {
			return "asking for the position", err
		}
		s.stream = id
	}
	waiting, cancel := context.WithTimeout(ctx, s.config.FlushAfter)
	messages, err := s.events.Read(waiting, s.stored, eventsAtOnce)
	idle := waiting.Err() != nil
	cancel()
	switch {
	case s.events.Identity() != s.stream, idle && len(messages) == 0:
		return "", nil // ask who it is, then read on
	case len(messages) == 0:
		return "reading the stream", err
	}
	b := &telemetry.Batch{Stream: s.stream, PrevSeq: s.stored, Seq: messages[len(messages)-1].Seq}
	corrupt := s.decode(messages, b)
	if lost := messages[0].Seq - s.stored - 1; lost > 0 && s.stored > 0 {
		s.noteLoss(b, lost)
	}
	began := time.Now()
	// What was read is stored even when the recorder ends just now.
	storing, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(s.config.ShutdownTimeout, time.Second))
	defer cancel()
	err = s.store.Ingest(storing, b)
	if permanent(err) {
		err = s.oneByOne(storing, b, messages)
	}
	if errors.Is(err, telemetry.ErrPosition) {
		s.stream = "" // it was stored, or others store it: the store knows
		return "", nil
	}
	if err != nil {
		return "storing events", err
	}
	s.committed(b, time.Since(began))
	s.count(func(c *Stats) { c.Corrupt += corrupt })
	s.stored = b.Seq
	if s.events.Identity() != s.stream {
		return "", nil // these numbers are not of the messages it has now
	}
	if err := s.events.Forget(storing, b.Seq); err != nil {
		s.count(func(c *Stats) { c.Failures++ })
		s.log.Debug().Err(err).Uint64(logkey.Seq, b.Seq).Msg("the stream didn't take that it may forget")
	}
	return "", nil
}

// noteLoss writes down that the stream gave up its oldest messages before they
// were stored: an event in the place of those that are missing.
func (s *eventSide) noteLoss(b *telemetry.Batch, lost uint64) {
	s.count(func(c *Stats) { c.EventsLost += lost })
	s.log.Error().Uint64("messages", lost).Msg("events were lost: the stream reached its bound before they could be stored")
	if len(b.Events) == 0 {
		return
	}
	next := b.Events[0]
	b.Events = append([]telemetry.Event{{
		Session: next.Session, Seq: next.Seq, Tick: next.Tick, SimTime: next.SimTime, WallUS: next.WallUS - 1,
		Severity: telemetry.Error, Type: EventsLost,
		Message: fmt.Sprintf("%d messages with events are missing before this: the stream reached its bound before they could be stored", lost),
		Data:    fmt.Appendf(nil, `{"messages":%d}`, lost),
	}}, b.Events...)
}

// EventsLost is the type of the event that stands for events that are missing.
const EventsLost = "events_lost"

// decode adds the events of some messages to a batch, and counts those that are none.
func (s *eventSide) decode(messages []Message, b *telemetry.Batch) (corrupt uint64) {
	for _, m := range messages {
		all, err := decodeEvents(m.Data)
		if err != nil {
			corrupt++
			if s.skipped.allow() {
				s.log.Warn().Err(err).Uint64(logkey.Seq, m.Seq).Msg("a message of the stream is no event and is skipped")
			}
			continue
		}
		b.Events = append(b.Events, all...)
	}
	return corrupt
}

// decodeEvents reads a message: one event, or an array of them.
func decodeEvents(b []byte) ([]telemetry.Event, error) {
	all := make([]telemetry.Event, 1)
	var err error
	if len(b) > 0 && b[0] == '[' {
		err = json.Unmarshal(b, &all)
	} else {
		err = json.Unmarshal(b, &all[0])
	}
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Type == "" {
			return nil, errors.New("it has no type")
		}
	}
	return all, nil
}

// oneByOne stores a batch that was refused event by event, so that the one the
// store can't hold costs no other. b becomes what was stored.
func (s *eventSide) oneByOne(ctx context.Context, b *telemetry.Batch, messages []Message) error {
	var kept []telemetry.Event
	prev := b.PrevSeq
	for _, m := range messages {
		single := &telemetry.Batch{Stream: b.Stream, PrevSeq: prev, Seq: m.Seq}
		s.decode([]Message{m}, single)
		err := s.store.Ingest(ctx, single)
		if permanent(err) {
			s.log.Error().Err(err).Uint64(logkey.Seq, m.Seq).Msg("the store can't hold this event: it is dropped")
			s.count(func(c *Stats) { c.Refused += uint64(len(single.Events)) })
			single.Events = nil
			err = s.store.Ingest(ctx, single)
		}
		if err != nil {
			s.stream = "" // some are stored: ask for the position
			return fmt.Errorf("event %d: %w", m.Seq, err)
		}
		kept = append(kept, single.Events...)
		prev = m.Seq
	}
	b.Events = kept
	return nil
}
