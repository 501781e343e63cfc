package link

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"volary/internal/drone"
	"volary/internal/logkey"
	"volary/internal/scenario"
	"volary/internal/telemetry"
)

// SimulatorConfig is how a simulator reaches the backend.
type SimulatorConfig struct {
	ID        string // names the simulator; two may not share one
	URL       string // nats://host:port; unused with an in-process option
	Token     string
	RingBytes int // telemetry waiting for the stream; 0: 64 MB
	Log       zerolog.Logger
	Server    *Server // the server in this process, instead of URL; may be nil
}

// Simulator is the simulator's end of the link. Its methods that send never
// wait: they put into rings and mailboxes that Run empties.
type Simulator struct {
	cfg    SimulatorConfig
	nc     *nats.Conn
	js     jetstream.JetStream
	orders chan Order

	live      *ring[[][]byte] // room for one frame: latest wins
	telemetry *ring[record]
	events    *ring[telemetry.Event]
	snapshots *ring[telemetry.Snapshot] // not packed yet

	mu     sync.Mutex
	roster rosterAnswer
	scene  []byte // JSON of scenario.Scene
	run    string // tells this process's messages from an earlier one's
	fenced atomic.Bool
}

// record is a frame for the history, cut into slices.
type record struct {
	session uuid.UUID
	seq     uint64
	slices  [][]byte
}

const (
	defaultRing = 64 << 20
	eventRing   = 32 << 20
	worldRing   = 64 << 20 // worlds waiting: one of 10,000 drones takes about 7 MB
	eventSize   = 400      // bytes an event is counted as
	eventBatch  = 256
	ackWait     = 5 * time.Second
	retryWait   = 200 * time.Millisecond
)

// Dial makes a simulator's end. It returns at once; the connection is made, and
// made again, in the background.
func Dial(cfg SimulatorConfig) (*Simulator, error) {
	if cfg.RingBytes == 0 {
		cfg.RingBytes = defaultRing
	}
	cfg.Log = cfg.Log.With().Str(logkey.Part, "link").Logger()
	log := cfg.Log
	nc, err := connect(cfg.URL, "simulator "+cfg.ID, cfg.Token, append([]nats.Option{
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn().Err(err).Msg("lost the backend: flying on, telemetry waits")
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info().Msg("found the backend again") }),
	}, cfg.Server.within()...)...)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("link: %w", err)
	}
	return &Simulator{
		cfg: cfg, nc: nc, js: js, orders: make(chan Order, 64),
		run: uuid.NewString()[:8], live: newRing[[][]byte](1), telemetry: newRing[record](cfg.RingBytes), events: newRing[telemetry.Event](eventRing),
		snapshots: newRing[telemetry.Snapshot](worldRing),
	}, nil
}

// Close lets go of the connection. Run has returned.
func (s *Simulator) Close() { s.nc.Close() }

// Orders is where orders for this simulator arrive, each once.
func (s *Simulator) Orders() <-chan Order { return s.orders }

// Hello asks the backend for a session until it answers or refuses.
func (s *Simulator) Hello(ctx context.Context, h Hello) (Welcome, error) {
	h.Protocol, h.Simulator, h.Run = Protocol, s.cfg.ID, s.run
	b, err := json.Marshal(h)
	if err != nil {
		return Welcome{}, fmt.Errorf("link: %w", err)
	}
	said := false
	for {
		w, err := s.ask(ctx, b)
		if err == nil {
			if w.Error != "" && !w.Retry {
				return w, fmt.Errorf("link: the backend refused this simulator: %s", w.Error)
			}
			if w.Error == "" {
				return w, nil
			}
			err = errors.New(w.Error)
		}
		if ctx.Err() != nil {
			return Welcome{}, context.Cause(ctx)
		}
		if !said {
			said = true
			s.cfg.Log.Info().Str(logkey.Addr, s.cfg.URL).Str(logkey.Reason, err.Error()).Msg("waiting for the backend")
		}
		if err := pause(ctx, retryWait); err != nil {
			return Welcome{}, err
		}
	}
}

func (s *Simulator) ask(ctx context.Context, b []byte) (Welcome, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	m, err := s.nc.RequestWithContext(ctx, subjectHello, b)
	if err != nil {
		return Welcome{}, err
	}
	var w Welcome
	if err := json.Unmarshal(m.Data, &w); err != nil {
		return Welcome{}, fmt.Errorf("link: answer to hello: %w", err)
	}
	return w, nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// SetRoster says which drones the slots of frames from now on mean.
func (s *Simulator) SetRoster(session uuid.UUID, version uint32, all []drone.Info) {
	s.mu.Lock()
	s.roster = rosterAnswer{Session: session, Version: version, Total: len(all), Drones: all}
	s.mu.Unlock()
}

// SetScene says what surrounds the drones from now on.
func (s *Simulator) SetScene(scene *scenario.Scene) error {
	b, err := json.Marshal(scene)
	if err != nil {
		return fmt.Errorf("link: scene: %w", err)
	}
	s.mu.Lock()
	s.scene = b
	s.mu.Unlock()
	return nil
}

func (s *Simulator) answerScene(m *nats.Msg) {
	s.mu.Lock()
	b := s.scene
	s.mu.Unlock()
	if b != nil {
		_ = m.Respond(b) // asked again when it got lost
	}
}

// Live sends a frame for those who watch. One that nobody took yet is replaced.
func (s *Simulator) Live(h telemetry.Header, samples []telemetry.Sample) {
	s.live.push(slice(h, samples), 1)
}

// Record sends a frame for the history.
func (s *Simulator) Record(h telemetry.Header, samples []telemetry.Sample) {
	r := record{session: h.Session, seq: h.Seq, slices: slice(h, samples)}
	n := 0
	for _, b := range r.slices {
		n += len(b)
	}
	s.telemetry.push(r, n)
}

// slice cuts a frame into messages.
func slice(h telemetry.Header, samples []telemetry.Sample) [][]byte {
	n := max(1, (len(samples)+telemetry.SliceDrones-1)/telemetry.SliceDrones)
	h.Slices, h.Drones = uint8(n), uint32(len(samples))
	out := make([][]byte, n)
	for i := range out {
		part := samples[i*telemetry.SliceDrones : min((i+1)*telemetry.SliceDrones, len(samples))]
		h.Slice = uint8(i)
		out[i] = telemetry.AppendSlice(make([]byte, 0, 64+len(part)*telemetry.SampleSize), &h, part)
	}
	return out
}

// Event sends an event.
func (s *Simulator) Event(e telemetry.Event) {
	s.events.push(e, eventSize+len(e.Message)+len(e.Data))
}

// Beat sends a heartbeat, or nothing when the connection is down.
func (s *Simulator) Beat(b Heartbeat) {
	if s.fenced.Load() {
		return
	}
	b.Simulator, b.Run, b.Lost, b.SentUS = s.cfg.ID, s.run, s.Losses(), time.Now().UnixMicro()
	if m, err := json.Marshal(b); err == nil {
		_ = s.nc.Publish(subjectBeat+s.cfg.ID, m) // the backend notices the silence
	}
}

// Losses counts what could not be sent so far, and what waits.
func (s *Simulator) Losses() Losses {
	_, live := s.live.size()
	tw, tel := s.telemetry.size()
	ew, ev := s.events.size()
	sw, sn := s.snapshots.size()
	return Losses{Live: live, Telemetry: tel, Events: ev, Snapshots: sn, Waiting: tw + ew + sw}
}

// Run sends and receives until ctx is done, then sends what still waits, for at
// most drain.
func (s *Simulator) Run(ctx context.Context, drain time.Duration) error {
	sub, err := s.nc.Subscribe(subjectRoster+s.cfg.ID, s.answerRoster)
	if err != nil {
		return fmt.Errorf("link: %w", err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	scene, err := s.nc.Subscribe(subjectScene+s.cfg.ID, s.answerScene)
	if err != nil {
		return fmt.Errorf("link: %w", err)
	}
	defer func() { _ = scene.Unsubscribe() }()
	// Telemetry and events go on while the rest of the simulator stops.
	late, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	ctx, halt := context.WithCancelCause(ctx)
	defer halt(nil)
	fences, err := s.nc.Subscribe(subjectFence+s.cfg.ID, func(m *nats.Msg) {
		s.obey(m, func(err error) { stop(err); halt(err) })
	})
	if err != nil {
		return fmt.Errorf("link: %w", err)
	}
	defer func() { _ = fences.Unsubscribe() }()
	var g errgroup.Group
	g.Go(func() error { return ignoreCancel(s.publishLive(ctx)) })
	g.Go(func() error { return ignoreCancel(s.receiveOrders(ctx)) })
	g.Go(func() error { return ignoreCancel(s.publishTelemetry(late, ctx.Done())) })
	g.Go(func() error { return ignoreCancel(s.publishEvents(late, ctx.Done())) })
	g.Go(func() error { return ignoreCancel(s.publishSnapshots(late, ctx.Done())) })
	hurry := context.AfterFunc(ctx, func() {
		time.AfterFunc(drain, func() { stop(errors.New("link: no time left to send the rest")) })
	})
	defer hurry()
	if err := g.Wait(); err != nil || !s.fenced.Load() {
		return err
	}
	return ErrFenced
}

func ignoreCancel(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (s *Simulator) answerRoster(m *nats.Msg) {
	var q rosterRequest
	if json.Unmarshal(m.Data, &q) != nil || q.From < 0 {
		return
	}
	s.mu.Lock()
	a := s.roster
	s.mu.Unlock()
	a.Drones = a.Drones[min(q.From, len(a.Drones)):min(q.From+rosterPart, len(a.Drones))]
	if b, err := json.Marshal(a); err == nil {
		_ = m.Respond(b) // asked again when it got lost
	}
}

func (s *Simulator) publishLive(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.live.wake:
		}
		for _, frame := range s.live.take(1) {
			for _, b := range frame {
				_ = s.nc.Publish(subjectLive+s.cfg.ID, b) // lost with the connection; the next is near
			}
		}
	}
}

func (s *Simulator) publishTelemetry(ctx context.Context, closing <-chan struct{}) error {
	for {
		for {
			batch := s.telemetry.take(1)
			if len(batch) == 0 {
				break
			}
			r := batch[0]
			if err := s.store(ctx, subjectTelemetry+s.cfg.ID, r.slices, func(i int) string {
				// Each session counts from 1: without its name, the stream would take its
				// frames for those of the one before, sent again.
				return fmt.Sprintf("%s/%s/%d/%d", s.run, r.session, r.seq, i)
			}); err != nil {
				return err
			}
		}
		if done, err := idle(ctx, s.telemetry.wake, closing); done || err != nil {
			return err
		}
	}
}

func (s *Simulator) publishEvents(ctx context.Context, closing <-chan struct{}) error {
	sent := 0
	for {
		for {
			batch := s.events.take(eventBatch)
			if len(batch) == 0 {
				break
			}
			b, err := json.Marshal(batch)
			if err != nil {
				s.cfg.Log.Error().Err(err).Msg("events that can't be written are given up")
				continue
			}
			sent++
			id := fmt.Sprintf("%s/e%d", s.run, sent)
			if err := s.store(ctx, subjectEvent+s.cfg.ID, [][]byte{b}, func(int) string { return id }); err != nil {
				return err
			}
		}
		if done, err := idle(ctx, s.events.wake, closing); done || err != nil {
			return err
		}
	}
}

// idle waits for something to send. It tells when there is nothing and the link
// is closing.
func idle(ctx context.Context, wake, closing <-chan struct{}) (done bool, err error) {
	select {
	case <-ctx.Done():
		return true, nil
	case <-wake:
		return false, nil
	case <-closing:
		select {
		case <-wake:
			return false, nil
		default:
			return true, nil
		}
	}
}

// store writes messages to a stream and returns when all are on disk there. What
// fails is sent again under the same id, which the stream takes once.
func (s *Simulator) store(ctx context.Context, subject string, msgs [][]byte, id func(int) string) error {
	left := make([]int, len(msgs))
	for i := range left {
		left[i] = i
	}
	for {
		left = s.tryStore(ctx, subject, msgs, left, id)
		if len(left) == 0 {
			return nil
		}
		if err := pause(ctx, retryWait); err != nil {
			return err
		}
	}
}

// tryStore sends the messages at the indices in left together and returns those
// that were not acknowledged.
func (s *Simulator) tryStore(ctx context.Context, subject string, msgs [][]byte, left []int, id func(int) string) []int {
	ctx, cancel := context.WithTimeout(ctx, ackWait)
	defer cancel()
	if len(left) == 1 {
		if _, err := s.js.PublishMsg(ctx, &nats.Msg{Subject: subject, Data: msgs[left[0]]}, jetstream.WithMsgID(id(left[0])), jetstream.WithRetryAttempts(0)); err != nil {
			return left
		}
		return nil
	}
	acks := make([]jetstream.PubAckFuture, len(left))
	for k, i := range left {
		acks[k], _ = s.js.PublishMsgAsync(&nats.Msg{Subject: subject, Data: msgs[i]}, jetstream.WithMsgID(id(i)), jetstream.WithRetryAttempts(0))
	}
	var failed []int
	for k, i := range left {
		if acks[k] == nil {
			failed = append(failed, i)
			continue
		}
		select {
		case <-acks[k].Ok():
		case <-acks[k].Err():
			failed = append(failed, i)
		case <-ctx.Done():
			failed = append(failed, i)
		}
	}
	return failed
}

// receiveOrders takes orders off the stream. An order is acknowledged when the
// simulator's loop has room for it; the loop carries out each id once.
func (s *Simulator) receiveOrders(ctx context.Context) error {
	for {
		err := s.consumeOrders(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !errors.Is(err, nats.ErrTimeout) {
			s.cfg.Log.Debug().Err(err).Msg("orders: trying again")
		}
		if pause(ctx, retryWait) != nil {
			return nil
		}
	}
}

func (s *Simulator) consumeOrders(ctx context.Context) error {
	setup, cancel := context.WithTimeout(ctx, ackWait)
	defer cancel()
	c, err := s.js.CreateOrUpdateConsumer(setup, streamOrders, jetstream.ConsumerConfig{
		Durable: "simulator-" + s.cfg.ID, FilterSubject: subjectOrder + s.cfg.ID,
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: 256,
	})
	if err != nil {
		return err
	}
	it, err := c.Messages(jetstream.PullMaxMessages(64), jetstream.PullHeartbeat(time.Second), jetstream.PullExpiry(10*time.Second))
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, it.Stop)
	defer stop()
	defer it.Stop()
	for {
		m, err := it.Next()
		if err != nil {
			return err
		}
		var o Order
		if err := json.Unmarshal(m.Data(), &o); err != nil {
			s.cfg.Log.Warn().Err(err).Msg("an order that can't be read is passed over")
			_ = m.Term()
			continue
		}
		select {
		case s.orders <- o:
			_ = m.Ack() // delivered again when this gets lost; the loop knows its id
		case <-ctx.Done():
			return nil
		}
	}
}

// Goodbye tells the backend that this session ends, and waits for its answer
// for as long as ctx lasts.
func (s *Simulator) Goodbye(ctx context.Context, g Goodbye) error {
	if s.fenced.Load() {
		return ErrFenced
	}
	g.Simulator = s.cfg.ID
	b, err := json.Marshal(g)
	if err != nil {
		return fmt.Errorf("link: %w", err)
	}
	if _, err := s.nc.RequestWithContext(ctx, subjectGoodbye+s.cfg.ID, b); err != nil {
		return fmt.Errorf("link: goodbye: %w", err)
	}
	return nil
}
