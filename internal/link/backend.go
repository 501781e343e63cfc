package link

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"volary/internal/drone"
	"volary/internal/logkey"
	"volary/internal/scenario"
	"volary/internal/telemetry"
)

// BackendConfig is how the backend listens. The handlers are called one at a
// time for each simulator's subject and must not wait for long.
type BackendConfig struct {
	URL    string
	Token  string
	Log    zerolog.Logger
	Server *Server // the server in this process, instead of URL; may be nil

	OnHello   func(ctx context.Context, h Hello) Welcome
	OnGoodbye func(ctx context.Context, g Goodbye)
	OnBeat    func(Heartbeat)
	OnFrame   func(simulator string, slice []byte)
	OnEvents  func([]telemetry.Event)
	// World gives a world that was promised in a Welcome or a Fork; nil when there
	// is none of that name. May be nil.
	World func(name string) []byte
}

// Backend is the backend's end of the link.
type Backend struct {
	cfg BackendConfig
	nc  *nats.Conn
	js  jetstream.JetStream
}

// Serve connects and makes the streams.
func Serve(ctx context.Context, cfg BackendConfig) (*Backend, error) {
	cfg.Log = cfg.Log.With().Str(logkey.Part, "link").Logger()
	nc, err := connect(cfg.URL, "backend", cfg.Token, cfg.Server.within()...)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc)
	if err == nil {
		err = makeStreams(ctx, js)
	}
	if err != nil {
		nc.Close()
		return nil, err
	}
	return &Backend{cfg: cfg, nc: nc, js: js}, nil
}

// Close lets go of the connection. Run has returned.
func (b *Backend) Close() { b.nc.Close() }

// handlerTimeout bounds what a handler does for one message.
const handlerTimeout = 5 * time.Second

// Run hands over what arrives until ctx is done.
func (b *Backend) Run(ctx context.Context) error {
	var subs []*nats.Subscription
	defer func() {
		for _, s := range subs {
			_ = s.Unsubscribe()
		}
	}()
	subscribe := func(subject string, h func(*nats.Msg)) error {
		s, err := b.nc.Subscribe(subject, h)
		if err != nil {
			return fmt.Errorf("link: %s: %w", subject, err)
		}
		subs = append(subs, s)
		return nil
	}
	// Hello comes last: who is welcomed may be sure that the rest is heard.
	for _, s := range []struct {
		subject string
		handle  func(*nats.Msg)
	}{
		{subjectGoodbye + "*", func(m *nats.Msg) { b.goodbye(ctx, m) }},
		{subjectBeat + "*", b.beat},
		{subjectLive + "*", func(m *nats.Msg) { b.cfg.OnFrame(strings.TrimPrefix(m.Subject, subjectLive), m.Data) }},
		{subjectEvent + "*", b.events},
		{subjectWorld, b.world},
		{subjectHello, func(m *nats.Msg) { b.hello(ctx, m) }},
	} {
		if err := subscribe(s.subject, s.handle); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}

func (b *Backend) hello(ctx context.Context, m *nats.Msg) {
	ctx, cancel := context.WithTimeout(ctx, handlerTimeout)
	defer cancel()
	var h Hello
	var w Welcome
	switch err := json.Unmarshal(m.Data, &h); {
	case err != nil:
		w.Error = "hello can't be read: " + err.Error()
	case h.Protocol != Protocol:
		w.Error = fmt.Sprintf("version_unsupported: link protocol %d, this backend speaks %d: run simulator and backend of one release", h.Protocol, Protocol)
	default:
		w = b.cfg.OnHello(ctx, h)
	}
	if a, err := json.Marshal(w); err == nil {
		_ = m.Respond(a) // asked again when it got lost
	}
}

func (b *Backend) goodbye(ctx context.Context, m *nats.Msg) {
	ctx, cancel := context.WithTimeout(ctx, handlerTimeout)
	defer cancel()
	var g Goodbye
	if json.Unmarshal(m.Data, &g) != nil {
		return
	}
	b.cfg.OnGoodbye(ctx, g)
	_ = m.Respond([]byte(`{}`))
}

func (b *Backend) beat(m *nats.Msg) {
	var h Heartbeat
	if json.Unmarshal(m.Data, &h) == nil {
		b.cfg.OnBeat(h)
	}
}

func (b *Backend) events(m *nats.Msg) {
	all, err := DecodeEvents(m.Data)
	if err != nil {
		b.cfg.Log.Warn().Err(err).Msg("events that can't be read")
		return
	}
	b.cfg.OnEvents(all)
}

// world answers with the bytes that follow, or with nothing at the end. A header
// says how many there are in all.
func (b *Backend) world(m *nats.Msg) {
	var q worldRequest
	if json.Unmarshal(m.Data, &q) != nil || q.From < 0 || b.cfg.World == nil {
		return
	}
	all := b.cfg.World(q.World)
	a := nats.NewMsg(m.Reply)
	a.Header.Set(headerTotal, strconv.Itoa(len(all)))
	a.Data = all[min(q.From, len(all)):min(q.From+worldPart, len(all))]
	_ = m.RespondMsg(a) // asked again when it got lost
}

// headerTotal is how long the whole is.
const headerTotal = "Volary-Total"

// DecodeEvents reads a message of the event stream.
func DecodeEvents(b []byte) ([]telemetry.Event, error) {
	var all []telemetry.Event
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, fmt.Errorf("link: events: %w", err)
	}
	return all, nil
}

// Send hands an order to a simulator's queue. It returns when the order is on
// disk there; the reply comes as an event.
func (b *Backend) Send(ctx context.Context, simulator string, o Order) error {
	m, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("link: order: %w", err)
	}
	if _, err := b.js.Publish(ctx, subjectOrder+simulator, m, jetstream.WithMsgID("order/"+o.ID)); err != nil {
		return fmt.Errorf("link: order could not be queued: %w", err)
	}
	return nil
}

// Roster asks a simulator which drones its slots mean.
func (b *Backend) Roster(ctx context.Context, simulator string) (uint32, []drone.Info, error) {
	var all []drone.Info
	version := uint32(0)
	for first := true; ; first = false {
		q, err := json.Marshal(rosterRequest{From: len(all)})
		if err != nil {
			return 0, nil, fmt.Errorf("link: %w", err)
		}
		m, err := b.nc.RequestWithContext(ctx, subjectRoster+simulator, q)
		if err != nil {
			return 0, nil, fmt.Errorf("link: roster of %s: %w", simulator, err)
		}
		var a rosterAnswer
		if err := json.Unmarshal(m.Data, &a); err != nil {
			return 0, nil, fmt.Errorf("link: roster of %s: %w", simulator, err)
		}
		if !first && a.Version != version {
			all = all[:0] // it changed in between: from the start
		}
		version = a.Version
		all = append(all, a.Drones...)
		if len(all) >= a.Total || len(a.Drones) == 0 {
			return version, all, nil
		}
	}
}

// Scene asks a simulator what surrounds its drones.
func (b *Backend) Scene(ctx context.Context, simulator string) (*scenario.Scene, error) {
	m, err := b.nc.RequestWithContext(ctx, subjectScene+simulator, nil)
	if err != nil {
		return nil, fmt.Errorf("link: scene of %s: %w", simulator, err)
	}
	var s scenario.Scene
	if err := json.Unmarshal(m.Data, &s); err != nil {
		return nil, fmt.Errorf("link: scene of %s: %w", simulator, err)
	}
	return &s, nil
}

// LastTelemetry returns the header of the newest frame of a simulator that is
// still in the stream.
func (b *Backend) LastTelemetry(ctx context.Context, simulator string) (telemetry.Header, bool, error) {
	st, err := b.js.Stream(ctx, streamTelemetry)
	if err != nil {
		return telemetry.Header{}, false, fmt.Errorf("link: stream %s: %w", streamTelemetry, err)
	}
	m, err := st.GetLastMsgForSubject(ctx, subjectTelemetry+simulator)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return telemetry.Header{}, false, nil
	}
	if err != nil {
		return telemetry.Header{}, false, fmt.Errorf("link: stream %s: %w", streamTelemetry, err)
	}
	h, _, err := telemetry.DecodeSlice(m.Data, nil)
	return h, err == nil, nil
}

// Publish adds events that the backend itself has to tell to a simulator's stream.
func (b *Backend) Publish(ctx context.Context, simulator string, events ...telemetry.Event) error {
	m, err := json.Marshal(events)
	if err == nil {
		_, err = b.js.Publish(ctx, subjectEvent+simulator, m)
	}
	if err != nil {
		return fmt.Errorf("link: events: %w", err)
	}
	return nil
}
