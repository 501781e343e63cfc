// Command bandwidth measures what the stream drones_compact costs a client, and
// how far the client's picture is from the truth.
package main

import (
	"flag"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/google/uuid"

	"volary/deploy/scenarios"
	"volary/internal/compact"
	"volary/internal/scenario"
	"volary/internal/telemetry"
	"volary/internal/world"
)

// What an event costs besides its attachment.
const (
	eventText = len(`451-["drones_compact",{"_placeholder":true,"num":0}]`)
	frameHead = 2 // of a WebSocket frame below 126 bytes; 4 up to 64 KiB
)

func framed(n int) int {
	switch {
	case n < 126:
		return n + 2
	case n < 1<<16:
		return n + 4
	}
	return n + 10
}

func main() {
	seconds := flag.Int("seconds", 600, "simulated seconds")
	drones := flag.Int("drones", 0, "")
	gusts := flag.String("gusts", "light", "turbulence by MIL-F-8785C: none, light, moderate or severe")
	flag.Parse()
	if err := run(*seconds, *drones, *gusts); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type row struct {
	tolerance float64
	hz        float64
	delay     int // ms: link
	allow     int // ms: allowed for
}

func run(seconds, drones int, gusts string) error {
	sc, err := scenario.Load("demo", scenarios.Files)
	if err != nil {
		return err
	}
	sc.Wind.Turbulence = gusts
	w, err := world.New(sc, world.Options{Workers: 2})
	if err != nil {
		return err
	}
	var all []*client
	for _, r := range []row{
		{0.1, 5, 0, 0}, {0.1, 5, 50, 50}, {0.1, 5, 0, 50}, {0.1, 2.5, 50, 50}, {0.25, 5, 50, 50}, {0.25, 2.5, 50, 50}, {0.5, 5, 50, 50}, {0.5, 2.5, 50, 50}, {0.5, 2.5, 100, 100},
	} {
		all = append(all, newClient(r))
	}
	session := uuid.New()
	var samples []telemetry.Sample
	next := 0.0
	for range seconds * world.TickHz {
		w.Step()
		samples = w.Samples(samples[:0])
		picture := float64(w.Tick()) >= next
		if picture {
			next += world.TickHz / 20.0
		}
		for _, c := range all {
			c.tick(w.Tick(), session, samples, picture)
		}
	}
	for _, c := range all {
		c.print(float64(seconds))
	}
	return nil
}

type queued struct {
	at uint64
	b  []byte
}

type client struct {
	row
	e       *compact.Encoder
	d       compact.Decoder
	queue   []queued
	states  []compact.State
	bytes   int
	samples int
	over    int
	worst   float64
	worstAt string
}

func newClient(r row) *client {
	return &client{row: r, e: compact.NewEncoder(compact.Config{Tolerance: r.tolerance, Period: time.Duration(float64(time.Second) / r.hz), Delay: time.Duration(r.allow) * time.Millisecond})}
}

func (c *client) tick(tick uint64, session uuid.UUID, samples []telemetry.Sample, picture bool) {
	if picture {
		b := c.e.Observe(&compact.Input{Session: session, Tick: tick, TickHz: world.TickHz, PublishedUS: int64(tick) * 4000, Speed: 1, Samples: samples})
		if b != nil {
			c.queue = append(c.queue, queued{tick + uint64(c.delay)*world.TickHz/1000, b})
		}
	}
	for len(c.queue) > 0 && c.queue[0].at <= tick {
		if err := c.d.Decode(c.queue[0].b); err != nil {
			panic(err)
		}
		c.bytes += framed(eventText) + framed(len(c.queue[0].b))
		c.queue = c.queue[1:]
	}
	if !c.d.Ready() {
		return
	}
	c.states = c.d.All(c.states[:0], float64(tick))
	for i := range samples {
		s, t := &c.states[i], &samples[i]
		e := math.Sqrt(sq(s.P[0]-float64(t.X)/1000) + sq(s.P[1]-float64(t.Y)/1000) + sq(s.P[2]-float64(t.Z)/1000))
		c.samples++
		if e > c.tolerance {
			c.over++
		}
		if e > c.worst {
			c.worst = e
			c.worstAt = fmt.Sprint(tick, " ", t.Slot, " ", t.Mode)
		}
	}
}

func sq(v float64) float64 { return v * v }

func (c *client) print(s float64) {
	st := c.e.Stats
	fmt.Printf("%4.2f m %3.1f Hz link %d ms allow %d: %.5f Mbps; worst %.3f (%s), over %d of %d; frames %.2f/s out of turn %.2f/s, updates %.1f/s motions %.1f/s kinds %v, payload %.0f B/s, %.1f bits/update\n",
		c.tolerance, c.hz, c.delay, c.allow, float64(c.bytes)*8/s/1e6, c.worst, c.worstAt, c.over, c.samples,
		float64(st.Frames)/s, float64(st.OutOfTurn)/s, float64(st.Updates)/s, float64(st.Motions)/s, st.Kinds, float64(st.Bytes)/s, float64(st.Bytes)*8/float64(st.Updates))
}
