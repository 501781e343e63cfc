package backend

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"

	"volary/internal/fleet"
	"volary/internal/hub"
	"volary/internal/logkey"
	"volary/internal/recording"
	"volary/internal/session"
	"volary/internal/telemetry"
)

// Status is the state of the whole in one page.
func (b *Backend) Status() fleet.Status {
	now := time.Now()
	live, beat, p := b.fleet.Session(), b.fleet.Beat(), b.fleet.Picture()
	rec := b.recorder.Stats()
	s := fleet.Status{
		Session: fleet.SessionStatus{ID: live.ID.String(), Name: live.Name, State: live.State},
		Tick:    max(beat.Tick, p.Tick), Speed: beat.Speed, Paused: beat.Paused, RTF: beat.RTF, Drift: beat.Drift,
		Drones: beat.Drones, Clients: b.hub.Clients(), Latency: b.fleet.Latency(now),
		Link: fleet.LinkStatus{
			Connected: live.State == string(session.Running), AgeMS: float64(b.fleet.Silence(now).Microseconds()) / 1000,
			Simulator: live.Simulator, Dropped: beat.Dropped,
		},
		Store: fleet.StoreStatus{
			Engine: b.store.Engine(), State: string(rec.State), Error: rec.Error, Pending: rec.PendingSamples, Committed: rec.Samples,
			Gaps: rec.Gaps,
		},
		Hash: beat.Hash, HashAt: beat.HashTick, BytesPS: float64(b.bytesPS.Load()), Version: b.cfg.Version,
	}
	s.Legs = b.hub.Legs(now)
	s.Legs.Link = s.Latency
	if o := b.owed.Load(); o != nil {
		s.Store.OwedMsgs, s.Store.OwedBytes, s.Store.Bound = o.Messages, o.Bytes, o.Bound
	}
	if live.State == "" {
		s.Session = fleet.SessionStatus{State: "waiting"}
	}
	if p.TickHz > 0 {
		s.SimTime = float64(s.Tick) / float64(p.TickHz)
	}
	return s
}

// askOwed looks up what the streams hold.
func (b *Backend) askOwed(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if o, err := b.link.Owed(ctx); err == nil { // else what was known last stands
		b.owed.Store(&o)
	}
}

const (
	reportEvery = 10 * time.Second
	// slowFrame is the promise: 99 of 100 frames reach the hub within 50 ms.
	slowFrame = 50.0 // ms
)

// report logs every ten seconds how well live data flow, so that drift and delay
// are seen by who only follows the logs.
func (b *Backend) report(ctx context.Context) error {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	var sent uint64
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		total := b.hub.Stats().BytesSent
		b.bytesPS.Store(total - sent)
		b.askOwed(ctx)
		sent = total
		if n%int(reportEvery/time.Second) != 0 {
			continue
		}
		s := b.Status()
		level, text := zerolog.InfoLevel, "live"
		switch {
		case !s.Link.Connected:
			text = "no simulator"
		case s.Latency.P99 > slowFrame:
			level, text = zerolog.WarnLevel, "live, but slow: p99 is above 50 ms"
		}
		b.log.WithLevel(level).Uint64(logkey.Tick, s.Tick).Float64(logkey.SimTime, s.SimTime).Float64(logkey.RTF, round(s.RTF)).
			Float64(logkey.Drift, round(s.Drift)).Float64(logkey.P50, round(s.Latency.P50)).Float64(logkey.P99, round(s.Latency.P99)).
			Float64(logkey.HubP99, round(s.Legs.Hub.P99)).Float64(logkey.WriteP99, round(s.Legs.Write.P99)).Float64(logkey.ClientP99, round(s.Legs.Client.P99)).
			Int(logkey.Drones, s.Drones).Int(logkey.Clients, s.Clients).Float64(logkey.BytesRate, s.BytesPS).Msg(text)
	}
}

func round(v float64) float64 { return float64(int64(v*1000+0.5)) / 1000 }

func levelOf(s telemetry.Severity) zerolog.Level {
	switch s {
	case telemetry.Warning:
		return zerolog.WarnLevel
	case telemetry.Error:
		return zerolog.ErrorLevel
	}
	return zerolog.InfoLevel
}

// metrics are what Prometheus scrapes.
type metrics struct {
	registry   *prometheus.Registry
	unfinished prometheus.Counter
}

func newMetrics(b *Backend) *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	m.unfinished = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "volary_command_results_unstored_total", Help: "Results of commands that the queue to the store had no room for; their events keep them.",
	})
	gauge := func(name, help string, f func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f))
	}
	counter := func(name, help string, f func() float64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, f))
	}
	m.registry.MustRegister(m.unfinished, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	latency := func(pick func(fleet.Latency) float64) func() float64 {
		return func() float64 { return pick(b.fleet.Latency(time.Now())) / 1000 }
	}
	gauge("volary_tick_to_hub_latency_p50_seconds", "From the simulator's tick to the hub, median of ten seconds.", latency(func(l fleet.Latency) float64 { return l.P50 }))
	gauge("volary_tick_to_hub_latency_p99_seconds", "From the simulator's tick to the hub, 99th percentile of ten seconds.", latency(func(l fleet.Latency) float64 { return l.P99 }))
	for name, leg := range map[string]struct {
		help string
		pick func(fleet.Legs) fleet.Latency
	}{
		"hub_queue":   {"From a frame's arrival to the last client's queue", func(l fleet.Legs) fleet.Latency { return l.Hub }},
		"queue_write": {"From a client's queue to the operating system", func(l fleet.Legs) fleet.Latency { return l.Write }},
		"hub_client":  {"Half of the way to a client and back", func(l fleet.Legs) fleet.Latency { return l.Client }},
	} {
		gauge("volary_"+name+"_latency_p50_seconds", leg.help+", median of ten seconds.", func() float64 { return leg.pick(b.hub.Legs(time.Now())).P50 / 1000 })
		gauge("volary_"+name+"_latency_p99_seconds", leg.help+", 99th percentile of ten seconds.", func() float64 { return leg.pick(b.hub.Legs(time.Now())).P99 / 1000 })
	}
	gauge("volary_real_time_factor", "Simulated seconds per wall second achieved.", func() float64 { return b.fleet.Beat().RTF })
	gauge("volary_simulation_drift_seconds", "Simulated time given up against wall time in this session.", func() float64 { return b.fleet.Beat().Drift })
	gauge("volary_drones", "Drones in the live session.", func() float64 { return float64(b.fleet.Beat().Drones) })
	gauge("volary_clients", "Socket.IO clients connected.", func() float64 { return float64(b.hub.Clients()) })
	gauge("volary_simulator_up", "1 while the simulator is heard.", func() float64 {
		if b.fleet.Session().State == string(session.Running) {
			return 1
		}
		return 0
	})
	gauge("volary_simulator_silence_seconds", "Time since the simulator was last heard.", func() float64 { return b.fleet.Silence(time.Now()).Seconds() })
	gauge("volary_store_up", "1 while telemetry can be stored.", func() float64 {
		if b.recorder.Stats().State == recording.OK {
			return 1
		}
		return 0
	})
	gauge("volary_telemetry_pending_samples", "Samples received and not yet stored.", func() float64 { return float64(b.recorder.Stats().PendingSamples) })
	counter("volary_telemetry_stored_samples_total", "Samples stored.", func() float64 { return float64(b.recorder.Stats().Samples) })
	counter("volary_telemetry_gaps_total", "Gaps recorded.", func() float64 { return float64(b.recorder.Stats().Gaps) })
	counter("volary_hub_sent_bytes_total", "Bytes sent to Socket.IO clients.", func() float64 { return float64(b.hub.Stats().BytesSent) })
	counter("volary_hub_dropped_messages_total", "Messages replaced by newer ones for slow clients.", func() float64 { return float64(b.hub.Stats().DroppedMessages) })
	counter("volary_frames_incomplete_total", "Live frames of which slices were missing.", func() float64 { n, _ := b.fleet.Losses(); return float64(n) })
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// LogTap is a writer of log lines that hands them to the hub's clients. It never
// blocks, and drops lines while there is no hub.
type LogTap struct{ to atomic.Pointer[hub.Hub] }

// Write takes one line of JSON, as zerolog writes it.
func (t *LogTap) Write(b []byte) (int, error) {
	h := t.to.Load()
	if h == nil {
		return len(b), nil
	}
	var head struct {
		Time    time.Time `json:"time"`
		Level   string    `json:"level"`
		Message string    `json:"message"`
	}
	if json.Unmarshal(b, &head) == nil {
		h.Log(hub.LogLine{Time: head.Time, Level: head.Level, Message: head.Message, Fields: append(json.RawMessage(nil), b...)})
	}
	return len(b), nil
}
