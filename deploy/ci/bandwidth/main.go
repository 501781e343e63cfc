// Command bandwidth measures what the stream drones_compact costs a client, and
// how far the client's picture is from the truth. It flies the demo scenario in
// gusts, encodes its pictures as the hub does, hands them to a client after a
// delay, and compares where the client shows each drone with where it is, at
// every tick. It writes a page of Markdown.
//
// Time is simulated: ten minutes take one, and the figures are the same on every
// machine.
package main

import (
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"time"

	"github.com/google/uuid"

	"volary/deploy/scenarios"
	"volary/internal/compact"
	"volary/internal/fleet"
	"volary/internal/scenario"
	"volary/internal/telemetry"
	"volary/internal/world"
)

func main() {
	seconds := flag.Int("seconds", 600, "simulated seconds of the demo")
	large := flag.Int("large-seconds", 120, "simulated seconds of the demo a hundred times over; 0: leave it out")
	flag.Parse()
	if err := run(*seconds, *large); err != nil {
		fmt.Fprintln(os.Stderr, "bandwidth:", err)
		os.Exit(1)
	}
}

// hz is how often the simulator publishes.
const hz = 20

// Bytes of an event besides its attachment, and of a WebSocket frame's header.
const eventText = len(`451-["drones_compact",{"_placeholder":true,"num":0}]`)

// framed is what n bytes weigh in a frame from server to client (RFC 6455, 5.2).
func framed(n int) int {
	switch {
	case n < 126:
		return n + 2
	case n < 1<<16:
		return n + 4
	}
	return n + 10
}

func run(seconds, large int) error {
	demo, err := scenario.Load("demo", scenarios.Files)
	if err != nil {
		return err
	}
	for _, turbulence := range []string{"light", "moderate"} {
		classes := []class{
			{tolerance: 0.1, rate: 2.5, delay: 50}, {tolerance: 0.1, rate: 5, delay: 50},
			{tolerance: 0.25, rate: 2.5, delay: 50}, {tolerance: 0.25, rate: 5, delay: 50},
			{tolerance: 0.5, rate: 2.5, delay: 50}, {tolerance: 0.5, rate: 5, delay: 50},
		}
		if turbulence == "light" {
			classes = append(classes, class{tolerance: 0.1, rate: 2.5}, class{tolerance: 2, rate: 2.5, delay: 50})
		}
		demo.Wind.Turbulence = turbulence
		if err := measure(demo, seconds, classes); err != nil {
			return err
		}
	}
	if large == 0 {
		return nil
	}
	demo.Wind.Turbulence = "light"
	if err := multiply(demo, 100); err != nil {
		return err
	}
	return measure(demo, large, []class{{tolerance: 2, rate: 2.5, delay: 50}})
}

// multiply makes n drones of each, with the same orders.
func multiply(sc *scenario.Scenario, n int) error {
	for i := range sc.Fleet {
		sc.Fleet[i].Count *= n
	}
	for i := range sc.Timeline {
		e := &sc.Timeline[i]
		var first, last int
		if _, err := fmt.Sscanf(e.Drones, "%d-%d", &first, &last); err != nil {
			return fmt.Errorf("the demo's drones %q: %w", e.Drones, err)
		}
		e.Drones, e.Stagger = fmt.Sprintf("%d-%d", (first-1)*n+1, last*n), e.Stagger/float64(n)
	}
	return nil
}

// measure flies a scenario and prints a table.
func measure(sc *scenario.Scenario, seconds int, classes []class) error {
	w, err := world.New(sc, world.Options{Workers: runtime.NumCPU()})
	if err != nil {
		return err
	}
	var clients []*client
	for _, c := range classes {
		clients = append(clients, newClient(c))
	}
	plain := newPlain(w)
	var samples []telemetry.Sample
	pictures := 0
	for range seconds * world.TickHz {
		w.Step()
		samples = w.Samples(samples[:0])
		publish := w.Tick()*hz/world.TickHz > uint64(pictures)
		if publish {
			pictures++
			plain.see(w, samples)
		}
		for _, c := range clients {
			c.tick(w.Tick(), samples, publish)
		}
	}
	s := float64(seconds)
	fmt.Printf("%d drones of the demo, %d simulated seconds, %s turbulence of MIL-F-8785C over a mean wind of %.0f m/s. The stream `drones`, JSON at %d Hz: **%.3f Mbps**.\n\n",
		w.Len(), seconds, sc.Wind.Turbulence, sc.Wind.Speed, hz, plain.mbps(s))
	fmt.Println("| tolerance | rate_hz | frame under way | Mbps | share of JSON | frames/s | updates/s a drone | bits an update | event headers | worst error | over tolerance | places compared |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, c := range clients {
		c.print(s, plain.mbps(s))
	}
	fmt.Println()
	return nil
}

// class is a row of the table.
type class struct {
	tolerance float64 // m
	rate      float64 // Hz
	delay     int     // ms from the picture to the client
}

type onTheWay struct {
	due   uint64 // tick
	bytes []byte
}

// client is an encoder and the client behind it.
type client struct {
	class
	session  uuid.UUID
	encoder  *compact.Encoder
	decoder  compact.Decoder
	way      []onTheWay
	states   []compact.State
	bytes    int // all the client received
	headers  int // of these, what is not attachment
	compared int
	over     int
	worst    float64 // m
	err      error
}

func newClient(c class) *client {
	return &client{class: c, session: uuid.New(), encoder: compact.NewEncoder(compact.Config{
		Tolerance: c.tolerance, Period: time.Duration(float64(time.Second) / c.rate), Delay: time.Duration(c.delay) * time.Millisecond,
	})}
}

func (c *client) tick(tick uint64, samples []telemetry.Sample, publish bool) {
	if publish {
		b := c.encoder.Observe(&compact.Input{
			Session: c.session, Tick: tick, TickHz: world.TickHz, PublishedUS: int64(tick) * 1e6 / world.TickHz, Speed: 1, Samples: samples,
		})
		if b != nil {
			c.way = append(c.way, onTheWay{tick + uint64(math.Ceil(float64(c.delay)*world.TickHz/1000)), b})
		}
	}
	for len(c.way) > 0 && c.way[0].due <= tick {
		b := c.way[0].bytes
		c.way = c.way[1:]
		if err := c.decoder.Decode(b); err != nil {
			c.err = err
			return
		}
		c.bytes += framed(eventText) + framed(len(b))
		c.headers += framed(eventText) + framed(len(b)) - len(b)
	}
	if !c.decoder.Ready() {
		return
	}
	c.states = c.decoder.All(c.states[:0], float64(tick))
	for i := range c.states {
		s, t := &c.states[i], &samples[i]
		off := math.Sqrt(square(s.P[0]-float64(t.X)/1000) + square(s.P[1]-float64(t.Y)/1000) + square(s.P[2]-float64(t.Z)/1000))
		c.compared++
		c.worst = math.Max(c.worst, off)
		if off > c.tolerance {
			c.over++
		}
	}
}

func square(v float64) float64 { return v * v }

func (c *client) print(seconds, plain float64) {
	if c.err != nil {
		fmt.Printf("| %g m | %g | %d ms | the client could not read the stream: %v |\n", c.tolerance, c.rate, c.delay, c.err)
		return
	}
	st := &c.encoder.Stats
	mbps := float64(c.bytes) * 8 / seconds / 1e6
	drones := float64(c.decoder.Len())
	fmt.Printf("| %g m | %g | %d ms | **%.4f** | 1/%.0f | %.2f | %.2f | %.0f | %.0f %% | %.3f m | %d | %d |\n",
		c.tolerance, c.rate, c.delay, mbps, plain/mbps, float64(st.Frames)/seconds, float64(st.Updates)/seconds/drones,
		8*float64(st.Bytes)/float64(st.Updates), 100*float64(c.headers)/float64(c.bytes), c.worst, c.over, c.compared)
}

// plain counts what a client of the stream `drones` receives.
type plain struct {
	fleet *fleet.Fleet
	head  telemetry.Header
	bytes int
	seen  int
	every int // pictures: JSON of a large fleet is slow to write, and steady
}

func newPlain(w *world.World) *plain {
	p := &plain{fleet: fleet.New(), every: max(1, w.Len()/100), head: telemetry.Header{Session: uuid.New(), TickHz: world.TickHz, Speed: 1}}
	p.fleet.Begin(fleet.Session{ID: p.head.Session, Origin: w.Origin()}, time.Now())
	version, all := w.Roster()
	p.fleet.SetRoster(version, all)
	p.head.Roster = version
	return p
}

func (p *plain) see(w *world.World, samples []telemetry.Sample) {
	if p.seen++; p.seen%p.every != 0 {
		return
	}
	p.head.Seq++
	p.head.Tick, p.head.PublishedUS = w.Tick(), 1_700_000_000_000_000+int64(w.Tick())*1e6/world.TickHz
	p.head.Drones = uint32(len(samples))
	p.head.Slices = uint8((len(samples) + telemetry.SliceDrones - 1) / telemetry.SliceDrones)
	for i := range p.head.Slices {
		p.head.Slice = i
		part := samples[int(i)*telemetry.SliceDrones : min(len(samples), int(i+1)*telemetry.SliceDrones)]
		if err := p.fleet.Frame(telemetry.AppendSlice(nil, &p.head, part), time.Now()); err != nil {
			panic(err) // we wrote it ourselves
		}
	}
	p.bytes += framed(len(`42["drones",]`)+len(p.fleet.Picture().AppendFrame(nil, nil))) * p.every
}

func (p *plain) mbps(seconds float64) float64 { return float64(p.bytes) * 8 / seconds / 1e6 }
