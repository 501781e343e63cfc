package world

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"volary/internal/autopilot"
	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/physics"
	"volary/internal/telemetry"
)

// trouble is what is wrong with one drone. Most have none.
type trouble struct {
	rotors  [physics.MaxRotors]float64 // what is left of each
	dead    [autopilot.MaxRotors]bool  // as the pilot was told
	lost    bool                       // with the rotors left it can't be flown
	noGPS   int                        // faults that take the position away
	noGPSAt uint64                     // tick the first one began
	deaf    int
	deafAt  uint64
	gusts   []gust
	sensors []sensorFault
	recheck bool               // the rotors have changed
	failing int                // rotor that failed last, from 1
	belief  autopilot.Estimate // what the drone takes its state for while a sensor lies
}

// gust is air that moves at one drone for a time.
type gust struct {
	id         int // fault it comes from
	v          geo.Vec
	begin, end uint64 // end 0: not known
}

// gustRise is how long a gust without an end takes to reach its height, s. One
// with an end follows the 1 − cos of MIL-F-8785C over its whole length.
const gustRise = 2.0

func (g *gust) at(tick uint64) geo.Vec {
	t := float64(tick - g.begin)
	span := float64(gustRise * 2 * TickHz)
	if g.end > g.begin {
		span = float64(g.end - g.begin)
	} else if t > 0.5*span {
		t = 0.5 * span
	}
	_, c := geo.Sincos(2 * math.Pi * t / span)
	return g.v.Scale(0.5 * (1 - c))
}

// sensorFault is a sensor that lies.
type sensorFault struct {
	id     int
	sensor string
	stuck  bool
	begin  uint64  // tick
	off    geo.Vec // bias; of the compass the yaw, rad, in Z
	p, w   geo.Vec // what it showed when it stuck
	yaw    float64
}

// scheduled is a fault that waits to begin, or is going on.
type scheduled struct {
	drone.FaultReport
	number     int
	begin, end uint64 // ticks; end 0: until cleared
	slots      []int  // drones it is on
}

// maxKeptFaults bounds how many faults that are over are still listed.
const maxKeptFaults = drone.MaxFaults

// Inject makes something go wrong, now or later, and returns the fault's id and
// what became of it at each drone.
func (w *World) Inject(f *drone.Fault) (string, map[string]drone.Result, error) {
	if err := f.Check(); err != nil {
		return "", nil, err
	}
	live := 0
	for i := range w.faults {
		if w.faults[i].State == "scheduled" || w.faults[i].State == "active" {
			live++
		}
	}
	if live >= drone.MaxFaults {
		return "", nil, fmt.Errorf("faults: %d are scheduled or active, the most a world takes: clear some with DELETE /api/v1/faults/ID", live)
	}
	results := map[string]drone.Result{}
	s := scheduled{FaultReport: drone.FaultReport{Fault: *f, State: "scheduled"}}
	w.each(f.Drones, results, func(_ int, b *body) {
		if r := w.canFail(b, f); r != "" {
			results[b.info.ID] = drone.Rejected("%s", r)
			return
		}
		results[b.info.ID] = drone.Accepted()
		s.slots = append(s.slots, b.info.Slot)
	})
	if len(s.slots) == 0 {
		return "", results, nil
	}
	w.lastFault++
	s.number = w.lastFault
	s.ID = "f" + strconv.Itoa(s.number)
	s.begin = w.tick + uint64(math.Round(f.AfterS*TickHz))
	s.BeginsS = float64(s.begin) / TickHz
	if f.DurationS > 0 && f.Type != drone.BatteryDrop {
		s.end = s.begin + max(1, uint64(math.Round(f.DurationS*TickHz)))
		s.EndsS = float64(s.end) / TickHz
	}
	w.forgetFaults()
	w.faults = append(w.faults, s)
	w.scene++
	w.runFaults()
	return s.ID, results, nil
}

// canFail says why f makes no sense at b, or "".
func (w *World) canFail(b *body, f *drone.Fault) string {
	if f.Type == drone.MotorFailure && f.Params.Rotor != nil && *f.Params.Rotor > len(b.kind.frame.Rotors) {
		return fmt.Sprintf("%s has %d rotors", b.kind.frame.Name, len(b.kind.frame.Rotors))
	}
	return ""
}

// forgetFaults drops the oldest faults that are over when too many are kept.
func (w *World) forgetFaults() {
	for len(w.faults) >= maxKeptFaults {
		i := slices.IndexFunc(w.faults, func(s scheduled) bool { return s.State == "over" || s.State == "cleared" })
		if i < 0 {
			return
		}
		w.faults = slices.Delete(w.faults, i, i+1)
	}
}

// Clear ends a fault, or takes it off the schedule.
func (w *World) Clear(id string) error {
	for i := range w.faults {
		s := &w.faults[i]
		if s.ID != id {
			continue
		}
		switch s.State {
		case "active":
			w.lift(s)
			w.tellFault("fault_cleared", s, "cleared")
		case "scheduled":
			w.tellFault("fault_cleared", s, "cleared before it began")
		default:
			return fmt.Errorf("fault %s is %s already", id, s.State)
		}
		s.State, s.end, s.EndsS = "cleared", w.tick, float64(w.tick)/TickHz
		w.scene++
		w.planFaults()
		return nil
	}
	return fmt.Errorf("%w: no fault is called %q: list them with GET /api/v1/faults", ErrNotFound, id)
}

// Faults lists the faults there are and were, in order of their beginning to be.
func (w *World) Faults() []drone.FaultReport {
	out := make([]drone.FaultReport, len(w.faults))
	for i := range w.faults {
		out[i] = w.faults[i].FaultReport
	}
	return out
}

// runFaults begins and ends the faults that are due.
func (w *World) runFaults() {
	for i := range w.faults {
		s := &w.faults[i]
		if s.State == "scheduled" && w.tick >= s.begin {
			s.State = "active"
			w.cause(s)
			w.tellFault("fault_injected", s, "begins")
			w.scene++
			if s.Type == drone.BatteryDrop {
				s.State = "over" // done in a moment
			}
		}
		if s.State == "active" && s.end > 0 && w.tick >= s.end {
			w.lift(s)
			s.State = "over"
			w.tellFault("fault_over", s, "is over")
			w.scene++
		}
	}
	w.planFaults()
}

// planFaults finds the next tick at which a fault begins or ends.
func (w *World) planFaults() {
	w.nextFault = math.MaxUint64
	for i := range w.faults {
		switch s := &w.faults[i]; {
		case s.State == "scheduled":
			w.nextFault = min(w.nextFault, s.begin)
		case s.State == "active" && s.end > 0:
			w.nextFault = min(w.nextFault, s.end)
		}
	}
}

func (w *World) tellFault(typ string, s *scheduled, what string) {
	sev := telemetry.Info
	if typ == "fault_injected" {
		sev = telemetry.Warning
	}
	id := ""
	who := fmt.Sprintf("%d drones", len(s.slots))
	if len(s.slots) == 1 {
		who = "d" + strconv.Itoa(s.slots[0]+1)
		id = who
	}
	w.event(typ, sev, id, fmt.Sprintf("fault %s (%s) at %s %s", s.ID, describeFault(&s.Fault), who, what), fmt.Appendf(nil, `{"fault":%q}`, s.ID))
}

// describeFault says in words what a fault does.
func describeFault(f *drone.Fault) string {
	p := &f.Params
	switch f.Type {
	case drone.MotorFailure:
		return fmt.Sprintf("rotor %d at %.0f %%", orInt(p.Rotor, 1), 100*or(p.Effectiveness, 0))
	case drone.BatteryDrop:
		return fmt.Sprintf("battery falls to %.0f %%", or(p.ToPct, defaultDrop))
	case drone.Gust:
		return fmt.Sprintf("gust of %.1f m/s from %.0f°", or(p.SpeedMS, defaultGust), or(p.FromDeg, 0))
	case drone.SensorStuck:
		return p.Sensor + " stuck"
	case drone.SensorBias:
		return p.Sensor + " biased"
	case drone.GPSLoss:
		return "no GPS"
	default:
		return "no link"
	}
}

// What a fault takes when it isn't told.
const (
	defaultDrop = 10.0 // %
	defaultGust = 8.0  // m/s
)

func or(v *float64, otherwise float64) float64 {
	if v == nil {
		return otherwise
	}
	return *v
}

func orInt(v *int, otherwise int) int {
	if v == nil {
		return otherwise
	}
	return *v
}

// on calls do for the drones of s that are still in the world.
func (w *World) on(s *scheduled, do func(*body)) {
	for _, slot := range s.slots {
		if i, ok := w.bySlot["d"+strconv.Itoa(slot+1)]; ok {
			do(&w.bodies[i])
		}
	}
}

// cause makes a fault happen.
func (w *World) cause(s *scheduled) {
	p := &s.Params
	w.on(s, func(b *body) {
		if s.Type == drone.BatteryDrop {
			b.charge.Left = math.Min(b.charge.Left, 0.01*or(p.ToPct, defaultDrop))
			return
		}
		t := b.trouble
		if t == nil {
			t = &trouble{}
			for i := range t.rotors {
				t.rotors[i] = 1
			}
			b.trouble = t
		}
		switch s.Type {
		case drone.MotorFailure:
			t.failing = orInt(p.Rotor, 1)
			w.setRotors(b)
		case drone.GPSLoss:
			if t.noGPS++; t.noGPS == 1 {
				t.noGPSAt = w.tick
			}
		case drone.LinkLoss:
			if t.deaf++; t.deaf == 1 {
				t.deafAt = w.tick
			}
		case drone.Gust:
			sin, cos := geo.Sincos(geo.HeadingToYaw(or(p.FromDeg, 0)))
			v := or(p.SpeedMS, defaultGust)
			t.gusts = append(t.gusts, gust{
				id: s.number, begin: s.begin, end: s.end,
				v: geo.Vec{X: float64(-v * cos), Y: float64(-v * sin), Z: or(p.UpMS, 0)},
			})
		case drone.SensorStuck, drone.SensorBias:
			t.sensors = append(t.sensors, w.lie(b, s))
		}
	})
}

// setRotors works out what the motor failures that are going on leave of each rotor.
func (w *World) setRotors(b *body) {
	t := b.trouble
	for i := range t.rotors {
		t.rotors[i] = 1
	}
	for i := range w.faults {
		s := &w.faults[i]
		if s.Type == drone.MotorFailure && s.State == "active" && slices.Contains(s.slots, b.info.Slot) {
			r := &t.rotors[orInt(s.Params.Rotor, 1)-1]
			*r = math.Min(*r, or(s.Params.Effectiveness, 0))
		}
	}
	t.recheck = true
	b.air.Rotors = &t.rotors // here, since a restored world has two copies of it
}

func (w *World) lie(b *body, s *scheduled) sensorFault {
	e := b.estimate()
	p := &s.Params
	_, _, yaw := e.Q.Euler()
	f := sensorFault{id: s.number, sensor: p.Sensor, stuck: s.Type == drone.SensorStuck, begin: w.tick, p: e.P, w: e.W, yaw: yaw}
	f.off = geo.Vec{X: or(p.X, 0), Y: or(p.Y, 0), Z: or(p.Z, 0)}
	switch p.Sensor {
	case drone.SensorGyro:
		f.off = f.off.Scale(math.Pi / 180)
	case drone.SensorCompass:
		f.off = geo.Vec{Z: -or(p.HeadingDeg, 0) * math.Pi / 180}
	}
	return f
}

// lift ends what a fault does.
func (w *World) lift(s *scheduled) {
	w.on(s, func(b *body) {
		t := b.trouble
		if t == nil {
			return
		}
		switch s.Type {
		case drone.MotorFailure:
			s.State = "over"
			w.setRotors(b)
		case drone.GPSLoss:
			t.noGPS--
		case drone.LinkLoss:
			t.deaf--
		case drone.Gust:
			t.gusts = slices.DeleteFunc(t.gusts, func(g gust) bool { return g.id == s.number })
		case drone.SensorStuck, drone.SensorBias:
			t.sensors = slices.DeleteFunc(t.sensors, func(f sensorFault) bool { return f.id == s.number })
		}
	})
}

// blown is the air that gusts add at the drone.
func (t *trouble) blown(tick uint64) (v geo.Vec) {
	for i := range t.gusts {
		v = v.Add(t.gusts[i].at(tick))
	}
	return v
}

// believe turns the truth into what the drone takes for it.
func (t *trouble) believe(e *autopilot.Estimate) {
	for i := range t.sensors {
		f := &t.sensors[i]
		switch f.sensor {
		case drone.SensorGPS:
			if f.stuck {
				e.P.X, e.P.Y = f.p.X, f.p.Y
			} else {
				e.P.X, e.P.Y = e.P.X+f.off.X, e.P.Y+f.off.Y
			}
		case drone.SensorBaro:
			if f.stuck {
				e.P.Z = f.p.Z
			} else {
				e.P.Z += f.off.Z
			}
		case drone.SensorGyro:
			if f.stuck {
				e.W = f.w
			} else {
				e.W = e.W.Add(f.off)
			}
		case drone.SensorCompass:
			turn := f.off.Z
			if f.stuck {
				_, _, yaw := e.Q.Euler()
				turn = geo.WrapPi(f.yaw - yaw)
			}
			e.Q = turned(e.Q, turn)
		}
	}
}

// turned is the attitude q turned about the vertical by yaw.
func turned(q geo.Quat, yaw float64) geo.Quat {
	s, c := geo.Sincos(0.5 * yaw)
	return geo.Quat{
		W: float64(c*q.W) - float64(s*q.Z), X: float64(c*q.X) - float64(s*q.Y),
		Y: float64(c*q.Y) + float64(s*q.X), Z: float64(c*q.Z) + float64(s*q.W),
	}
}
