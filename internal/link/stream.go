package link

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Message is one message of a stream.
type Message struct {
	Seq  uint64
	Data []byte
}

// Stream reads one JetStream stream in order. One reader owns it.
type Stream struct {
	js   jetstream.JetStream
	name string
	id   string
	it   jetstream.MessagesContext
	next uint64 // first sequence it still has to give
}

// Telemetry opens the stream of frames for the history.
func (b *Backend) Telemetry(ctx context.Context) (*Stream, error) {
	return b.open(ctx, streamTelemetry)
}

// Events opens the stream of events.
func (b *Backend) Events(ctx context.Context) (*Stream, error) { return b.open(ctx, streamEvents) }

// Snapshots opens the stream of worlds.
func (b *Backend) Snapshots(ctx context.Context) (*Stream, error) {
	return b.open(ctx, streamSnapshots)
}

func (b *Backend) open(ctx context.Context, name string) (*Stream, error) {
	s, err := b.js.Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("link: stream %s: %w", name, err)
	}
	info, err := s.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("link: stream %s: %w", name, err)
	}
	return &Stream{js: b.js, name: name, id: name + "@" + info.Created.UTC().Format(time.RFC3339Nano)}, nil
}

// Identity names the stream; one that was made anew, and counts from 1 again,
// has another.
func (s *Stream) Identity() string { return s.id }

// gather is how long Read waits for more once it has something.
const gather = 20 * time.Millisecond

// Read returns up to max messages after a sequence, in order, and waits for the
// first one.
func (s *Stream) Read(ctx context.Context, after uint64, max int) ([]Message, error) {
	if s.it == nil || s.next != after+1 {
		if err := s.seek(ctx, after+1); err != nil {
			return nil, err
		}
	}
	var out []Message
	m, err := s.it.Next(jetstream.NextContext(ctx))
	for err == nil {
		meta, metaErr := m.Metadata()
		if metaErr != nil {
			return out, fmt.Errorf("link: stream %s: %w", s.name, metaErr)
		}
		out = append(out, Message{Seq: meta.Sequence.Stream, Data: m.Data()})
		s.next = meta.Sequence.Stream + 1
		if len(out) == max {
			return out, nil
		}
		m, err = s.it.Next(jetstream.NextMaxWait(gather))
	}
	if len(out) > 0 && errors.Is(err, nats.ErrTimeout) {
		return out, nil
	}
	s.Close()
	if len(out) > 0 {
		return out, nil
	}
	return nil, fmt.Errorf("link: stream %s: %w", s.name, err)
}

func (s *Stream) seek(ctx context.Context, seq uint64) error {
	s.Close()
	c, err := s.js.OrderedConsumer(ctx, s.name, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: seq,
	})
	if err != nil {
		return fmt.Errorf("link: stream %s: %w", s.name, err)
	}
	if s.it, err = c.Messages(jetstream.PullMaxMessages(500)); err != nil {
		return fmt.Errorf("link: stream %s: %w", s.name, err)
	}
	s.next = seq
	return nil
}

// Close stops reading; a later Read begins anew.
func (s *Stream) Close() {
	if s.it != nil {
		s.it.Stop()
		s.it = nil
	}
}

// Forget lets the stream drop everything up to a sequence.
func (s *Stream) Forget(ctx context.Context, upTo uint64) error {
	st, err := s.js.Stream(ctx, s.name)
	if err == nil {
		err = st.Purge(ctx, jetstream.WithPurgeSequence(upTo+1))
	}
	if err != nil {
		return fmt.Errorf("link: stream %s: %w", s.name, err)
	}
	return nil
}

// Owed is what waits in the streams of the history, and how much they hold.
type Owed struct {
	Messages uint64
	Bytes    uint64
	Bound    uint64 // of telemetry and events together; beyond, the oldest is given up
}

// Owed asks the streams what the history has not stored yet.
func (b *Backend) Owed(ctx context.Context) (Owed, error) {
	o := Owed{Bound: telemetryBytes + eventBytes}
	for _, name := range []string{streamTelemetry, streamEvents} {
		s, err := b.js.Stream(ctx, name)
		if err != nil {
			return o, fmt.Errorf("link: stream %s: %w", name, err)
		}
		state := s.CachedInfo().State
		o.Messages, o.Bytes = o.Messages+state.Msgs, o.Bytes+state.Bytes
	}
	return o, nil
}
