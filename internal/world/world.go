// Package world advances all drones by one tick.
//
// A World is a value that takes ticks and commands in and hands samples, events
// and results out. It has no clock, does no I/O, and starts no goroutine that
// outlives a call: a tick cuts the fleet into tiles and spreads them over the
// cores. Same scenario, seed and commands at the same ticks give the same bits
// on any number of workers. It is not safe for concurrent use.
package world

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"volary/internal/air"
	"volary/internal/autopilot"
	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/physics"
	"volary/internal/scenario"
	"volary/internal/sensing"
	"volary/internal/telemetry"
)

// TickHz is how many ticks a simulated second has for a fleet.
const TickHz = 250

// outerEvery is how many ticks lie between two runs of the slow half of an
// autopilot, 50 times a second. Drones take turns, so that every tick costs the same.
const outerEvery = 5

// tile is how many drones are worked on in one go: their state stays in the
// processor's second cache.
const tile = 64

// Options are choices that change no result.
type Options struct {
	Workers int // cores to spread over; 0 or 1: the caller's own
}

// World is a fleet in its surroundings.
type World struct {
	sc      *scenario.Scenario
	local   *geo.Local
	kinds   map[string]*kind
	models  map[string]*physics.Airframe
	air     *air.Field
	grid    grid
	solids  []geo.Solid    // what stands in the way
	sensors *sensing.Noise // of every drone; nil: they have none
	field   geo.Vec        // gauss, of the Earth
	// refresh: look up the air around every drone at the next tick.
	refresh bool
	dt      float64
	opt     Options

	tick   uint64
	bodies []body // in order of slot; removed drones leave no hole
	bySlot map[string]int
	next   int // slot of the next drone
	roster uint32

	orders []scenario.Timed // what the scenario still has to say

	env       scenario.Environment
	avoidance scenario.Avoidance
	nearAct   autopilot.Action
	fences    []fence
	lastFence int
	faults    []scheduled // in order of number
	lastFault int
	nextFault uint64 // tick at which one begins or ends
	scene     uint32 // changes with the environment, the fences and the faults
	events    []telemetry.Event
	noisy     [][]int // by tile: bodies with events
}

// kind is what all drones of a model share.
type kind struct {
	frame   *physics.Airframe
	stepper *physics.Stepper
	vehicle *autopilot.Vehicle
	radius  float64 // m, of the sphere that a drone fills
	wash    wash
	cushion cushion
}

// body is one drone. What every tick needs comes first and the pilot begins with
// its own such part, so that a tick reads half of it, in one go: with thousands
// of drones, memory is what limits.
type body struct {
	kind     *kind
	trouble  *trouble       // nil: nothing is wrong
	suite    *sensing.Suite // nil: no sensors
	turn     uint64         // the tick, of those between two slow ones, that is its own
	charge   physics.Charge
	onGround bool
	crashed  bool
	resume   bool // last waits until the take-off is done
	status   drone.Status
	broken   drone.Status // crashed or faulted, for good
	s        physics.State
	cmd      [physics.MaxRotors]float64
	air      physics.Air
	wind     geo.Vec // m/s, of the air around, without what others and faults do
	pilot    autopilot.Pilot

	rest       float64        // s on the ground since it came home for its battery
	last       *drone.Command // what to go on with after a battery swap
	separation float64        // m, smallest distance to another flying drone so far
	info       drone.Info
}

// New makes the world of a scenario at tick 0.
func New(sc *scenario.Scenario, opt Options) (*World, error) {
	models, err := physics.Builtin()
	if err != nil {
		return nil, err
	}
	w := &World{
		sc: sc, local: geo.NewLocal(sc.Home), dt: 1.0 / TickHz, opt: opt,
		models: models, kinds: map[string]*kind{}, bySlot: map[string]int{},
		nextFault: math.MaxUint64,
	}
	if err := w.ownAirframes(); err != nil {
		return nil, err
	}
	if sc.Sensors != "" {
		if w.sensors, _ = sensing.ByName(sc.Sensors); w.sensors == nil {
			return nil, fmt.Errorf("sensors: %q is neither px4 nor consumer", sc.Sensors)
		}
		w.field = sensing.EarthField(sc.Home)
	}
	w.setAir(sc.Air())
	for i := range sc.Fleet {
		if _, err := w.Spawn(sc.Fleet[i]); err != nil {
			return nil, fmt.Errorf("fleet[%d].%w", i, err)
		}
	}
	if w.orders, err = sc.Orders(); err != nil {
		return nil, err
	}
	if err := w.prepare(sc); err != nil {
		return nil, err
	}
	return w, nil
}

// Tick is the number of ticks done.
func (w *World) Tick() uint64 { return w.tick }

// StartAt sets the tick to count from, for a run that goes on after a break. It
// is called before the first Step; what the scenario's timeline still has to say
// is put off by as much.
func (w *World) StartAt(tick uint64) {
	for i := range w.orders {
		w.orders[i].AtS += (float64(tick) - float64(w.tick)) / TickHz
	}
	w.tick = tick
}

// Origin is the place of x = y = z = 0.
func (w *World) Origin() geo.LLA { return w.local.Origin }

// Len is the number of drones.
func (w *World) Len() int { return len(w.bodies) }

// Step runs one tick: what the scenario orders for it, then every drone's
// control, motion, ground contact and battery.
func (w *World) Step() {
	w.followTimeline()
	if w.tick >= w.nextFault {
		w.runFaults()
	}
	if w.tick%gridEvery == 0 || len(w.grid.places) != len(w.bodies) || w.refresh {
		w.look()
	}
	tiles := (len(w.bodies) + tile - 1) / tile
	for len(w.noisy) < tiles {
		w.noisy = append(w.noisy, nil)
	}
	if workers := min(w.opt.Workers, tiles); workers > 1 {
		var wg sync.WaitGroup
		var turn atomic.Int64
		for range workers {
			wg.Go(func() {
				for t := int(turn.Add(1)) - 1; t < tiles; t = int(turn.Add(1)) - 1 {
					w.stepTile(t)
				}
			})
		}
		wg.Wait()
	} else {
		for t := range tiles {
			w.stepTile(t)
		}
	}
	w.tick++
	for t := range tiles {
		for _, i := range w.noisy[t] {
			w.collect(&w.bodies[i])
		}
	}
}

func (w *World) followTimeline() {
	for len(w.orders) > 0 && w.orders[0].AtS*TickHz <= float64(w.tick) {
		c := w.orders[0].Command
		for id, r := range w.Do(&c) {
			if r.Status != "accepted" {
				w.event("timeline_rejected", telemetry.Warning, id, fmt.Sprintf("scenario: %s rejected: %s", c.Type, r.Reason), nil)
			}
		}
		w.orders = w.orders[1:]
	}
}

func (w *World) stepTile(t int) {
	w.noisy[t] = w.noisy[t][:0]
	end := min((t+1)*tile, len(w.bodies))
	for i := t * tile; i < end; i++ {
		b := &w.bodies[i]
		w.stepBody(i, b)
		if b.pilot.Pending() {
			w.noisy[t] = append(w.noisy[t], i)
		}
	}
}

// stepBody advances one drone: control, motion, ground, battery.
func (w *World) stepBody(i int, b *body) {
	outer := (w.tick+b.turn)%outerEvery == 0
	if b.parked() {
		if outer {
			w.tend(i, b)
		}
		return
	}
	if outer {
		w.breathe(b, (w.tick+b.turn)%gustEvery == 0)
		w.meet(i, b)
		w.touch(b)
		if b.suite != nil {
			w.sense(b)
		}
	}
	e := b.estimate()
	if outer {
		b.pilot.Outer(e, &b.air.Wind, b.onGround, outerEvery*w.dt)
	}
	b.pilot.Inner(e, &b.air.Wind, &b.cmd)
	p, q := b.s.P, b.s.Q
	b.kind.stepper.Step(&b.s, &b.cmd, &b.air)
	if !b.s.Finite() {
		b.s = physics.State{P: p, Q: q}
		b.status, b.broken = drone.Faulted, drone.Faulted
		b.pilot.Freeze("its state was no longer a number: frozen where it was")
		return
	}
	w.touchGround(b)
	if outer {
		w.drain(b)
	}
	if outer && (w.tick+b.turn)%watchEvery == 0 {
		w.watch(i, b)
	}
}

// drain takes what a drone flew on out of its battery: the power of a moment
// stands for the ticks since the last.
func (w *World) drain(b *body) {
	if !b.pilot.Armed {
		b.charge.Current = 0
		return
	}
	left := b.charge.Left
	b.kind.stepper.Draw(&b.charge, &b.s.R, outerEvery*w.dt)
	if w.sc.BatteryEndless {
		b.charge.Left = left
	}
	w.goOn(b)
}

// parked tells whether nothing moves a drone, so that its step can be saved.
func (b *body) parked() bool {
	return !b.pilot.Armed && (b.onGround || b.pilot.Mode == drone.Frozen) && b.s.R == [physics.MaxRotors]float64{}
}

// estimate is what the drone takes its state for: the truth itself, which is not
// copied, unless a sensor lies.
func (b *body) estimate() *autopilot.Estimate {
	if t := b.trouble; t != nil && len(t.sensors) > 0 {
		t.belief = autopilot.Estimate(b.s)
		t.believe(&t.belief)
		return &t.belief
	}
	return (*autopilot.Estimate)(&b.s)
}

// crashSpeed is the speed of impact that breaks a drone, m/s.
const crashSpeed = 4.0

// touchGround keeps a drone above the ground, which is the plane z = 0.
func (w *World) touchGround(b *body) {
	if b.s.P.Z > 0 {
		b.onGround = false
		return
	}
	impact := -b.s.V.Z
	if !b.onGround && impact > crashSpeed && !b.crashed {
		b.crashed, b.status, b.broken = true, drone.Crashed, drone.Crashed
		b.pilot.Crash(impact)
	}
	b.onGround = true
	b.s.P.Z = 0
	if b.s.V.Z <= 0 {
		// At rest on its legs: level, turned as it was.
		_, _, yaw := b.s.Q.Euler()
		b.s.V, b.s.W, b.s.Q = geo.Vec{}, geo.Vec{}, geo.FromYaw(yaw)
	}
}

// tend looks after a drone on the ground: it gives one that came home for its
// battery a full one.
func (w *World) tend(i int, b *body) {
	if (w.tick+b.turn)%watchEvery == 0 && (b.trouble != nil || b.pilot.Alarms() != 0 || b.charge.Left < autopilot.LowBattery) {
		w.watch(i, b)
	}
	if w.sc.BatterySwap <= 0 || b.pilot.Alarms()&autopilot.AlarmLowBattery == 0 || b.broken != drone.OK {
		return
	}
	if b.rest += outerEvery * w.dt; b.rest < w.sc.BatterySwap {
		return
	}
	b.charge, b.rest = b.kind.frame.FullCharge(), 0
	w.watch(i, b)
	b.pilot.Say("battery_swapped", "got a full battery")
	if b.last == nil {
		return
	}
	c := b.last
	if b.resume = c.Type == drone.CmdOrbit; b.resume {
		up := swapTakeoff
		c = &drone.Command{Type: drone.CmdTakeoff, Params: drone.Params{AltitudeM: &up}}
	}
	w.order(b, c)
}

// swapTakeoff is how high a drone climbs with its new battery before it goes on, metres.
const swapTakeoff = 10.0

// goOn continues what a battery swap interrupted, once the drone is up.
func (w *World) goOn(b *body) {
	if b.resume && b.pilot.Mode == drone.Hold {
		b.resume = false
		w.order(b, b.last)
	}
}

func (w *World) surroundings(b *body) autopilot.Surroundings {
	return autopilot.Surroundings{Local: w.local, OnGround: b.onGround, Charge: b.charge.Left, Crashed: b.crashed, Deaf: b.trouble != nil && b.trouble.deaf > 0, Breach: w.forbids}
}

// collect turns what a pilot has to tell into events of the session.
func (w *World) collect(b *body) {
	for _, e := range b.pilot.Events() {
		sev := telemetry.Info
		if e.Warning {
			sev = telemetry.Warning
		}
		var data []byte
		if e.Item >= 0 {
			data = fmt.Appendf(nil, `{"item":%d}`, e.Item)
		}
		w.event(e.Type, sev, b.info.ID, e.Message, data)
	}
}

func (w *World) event(typ string, sev telemetry.Severity, id, message string, data []byte) {
	w.events = append(w.events, telemetry.Event{
		Tick: w.tick, SimTime: float64(w.tick) / TickHz, Severity: sev, Type: typ, Drone: id, Message: message, Data: data,
	})
}

// Events hands over what happened since the last call, in order. Session, Seq
// and WallUS are the caller's to fill.
func (w *World) Events() []telemetry.Event {
	e := w.events
	w.events = nil
	return e
}

// Hash is a fingerprint of every drone's state (FNV-1a, 64 bits): equal runs have
// equal hashes at equal ticks.
func (w *World) Hash() uint64 {
	h := uint64(14695981039346656037)
	put := func(v float64) {
		b := math.Float64bits(v)
		for range 8 {
			h = (h ^ (b & 0xff)) * 1099511628211
			b >>= 8
		}
	}
	for i := range w.bodies {
		s := &w.bodies[i].s
		for _, v := range []float64{s.P.X, s.P.Y, s.P.Z, s.V.X, s.V.Y, s.V.Z, s.Q.W, s.Q.X, s.Q.Y, s.Q.Z, s.W.X, s.W.Y, s.W.Z} {
			put(v)
		}
		for _, r := range s.R {
			put(r)
		}
		put(w.bodies[i].charge.Left)
	}
	return h
}
