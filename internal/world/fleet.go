package world

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"volary/internal/autopilot"
	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/physics"
	"volary/internal/scenario"
	"volary/internal/telemetry"
)

// Spawn puts the drones of g on the ground and returns who they are. Nothing is
// added when one can't be.
func (w *World) Spawn(g scenario.Group) ([]drone.Info, error) {
	if err := g.Check(); err != nil {
		return nil, err
	}
	if n := len(w.bodies) + g.Count; n > drone.MaxFleet {
		return nil, fmt.Errorf("count: the world would have %d drones; it takes %d", n, drone.MaxFleet)
	}
	k, err := w.kindOf(g.Model)
	if err != nil {
		return nil, err
	}
	center := geo.Vec{X: g.X, Y: g.Y}
	if g.Origin != nil {
		center = w.local.ToENU(geo.LLA{Lat: g.Origin.Lat, Lon: g.Origin.Lon, Alt: w.local.Origin.Alt})
		if d := center.NormXY(); d > 1e5 {
			return nil, fmt.Errorf("origin: %.0f km from the world's origin (%.6f, %.6f): at most 100 km", d/1000, w.local.Origin.Lat, w.local.Origin.Lon)
		}
	}
	yaw := geo.HeadingToYaw(g.Heading)
	added := make([]drone.Info, 0, g.Count)
	for _, at := range g.Places() {
		p := center.Add(at)
		p.Z = 0
		info := drone.Info{Slot: w.next, ID: "d" + strconv.Itoa(w.next+1), Model: k.frame.Name}
		info.Name = info.ID
		if g.Name != "" {
			info.Name = g.Name + "-" + strconv.Itoa(len(added)+1)
		}
		w.next++
		w.bySlot[info.ID] = len(w.bodies)
		w.bodies = append(w.bodies, body{
			s: physics.State{P: p, Q: geo.FromYaw(yaw)}, pilot: autopilot.NewPilot(k.vehicle, p, yaw),
			charge: k.frame.FullCharge(), kind: k, turn: uint64(info.Slot), onGround: true, info: info, separation: math.Inf(1),
		})
		w.equip(&w.bodies[len(w.bodies)-1], g.Seed)
		added = append(added, info)
	}
	w.roster++
	return added, nil
}

func (w *World) kindOf(model string) (*kind, error) {
	if k := w.kinds[model]; k != nil {
		return k, nil
	}
	a := w.models[model]
	if a == nil {
		return nil, fmt.Errorf("model: %q is not an airframe: one of %s", model, strings.Join(physics.Names(w.models), ", "))
	}
	v := &autopilot.Vehicle{
		Mass: a.Mass.Value, Inertia: geo.Vec{X: a.Inertia.XX, Y: a.Inertia.YY, Z: a.Inertia.ZZ},
		Thrust: a.Thrust.Value, Torque: a.Torque.Value, SpeedMax: a.SpeedMax.Value,
		MotorLagUp: a.LagUp.Value, MotorLagDn: a.LagDown.Value, Gravity: physics.Gravity,
		Cruise: a.Cruise.Value, MaxSpeed: a.Limits.Speed, MaxClimb: a.Limits.Climb, MaxDesc: a.Limits.Descend,
		MaxTilt: a.Limits.Tilt * math.Pi / 180,
	}
	v.Drag = float64(float64(len(a.Rotors))*a.RotorDrag.Value) * a.HoverSpeed() / a.Mass.Value
	v.DragZ = float64(float64(len(a.Rotors))*a.InflowDrag.Value) * a.HoverSpeed() / a.Mass.Value
	v.DragSq = 0.5 * (a.BodyDrag.X + a.BodyDrag.Y) / a.Mass.Value
	v.Products = geo.Vec{X: a.Inertia.XY, Y: a.Inertia.XZ, Z: a.Inertia.YZ}
	for _, r := range a.Rotors {
		v.Rotors = append(v.Rotors, autopilot.Rotor{X: r.X, Y: r.Y, Turn: r.Turn})
	}
	v.Fixed = len(a.Wings) > 0
	if err := v.Init(); err != nil {
		return nil, fmt.Errorf("model: %s can't be flown: %w", model, err)
	}
	k := &kind{frame: a, stepper: physics.NewStepper(a, w.dt), vehicle: v, radius: 0.5 * a.Size.Value, wash: washOf(a), cushion: cushionOf(a)}
	w.kinds[model] = k
	return k, nil
}

// Remove takes drones out of the world and tells which were there.
func (w *World) Remove(sel drone.Selection) map[string]drone.Result {
	results := map[string]drone.Result{}
	gone := map[int]bool{}
	w.each(sel, results, func(i int, b *body) {
		gone[i] = true
		results[b.info.ID] = drone.Accepted()
	})
	if len(gone) == 0 {
		return results
	}
	kept := w.bodies[:0]
	for i := range w.bodies {
		if gone[i] {
			delete(w.bySlot, w.bodies[i].info.ID)
			continue
		}
		w.bySlot[w.bodies[i].info.ID] = len(kept)
		kept = append(kept, w.bodies[i])
	}
	clear(w.bodies[len(kept):])
	w.bodies = kept
	w.refresh = true
	w.roster++
	return results
}

// each calls do for every drone selected; ids that are none get a result.
func (w *World) each(sel drone.Selection, results map[string]drone.Result, do func(int, *body)) {
	if sel.All {
		for i := range w.bodies {
			do(i, &w.bodies[i])
		}
		return
	}
	for _, id := range sel.IDs {
		if i, ok := w.bySlot[id]; ok {
			if _, twice := results[id]; !twice {
				do(i, &w.bodies[i])
			}
			continue
		}
		results[id] = drone.Rejected("no such drone")
	}
}

// Do carries out a command at the current tick and returns what became of it at
// each drone. The caller has checked it.
func (w *World) Do(c *drone.Command) map[string]drone.Result {
	results := make(map[string]drone.Result, len(c.Drones.IDs))
	w.each(c.Drones, results, func(_ int, b *body) {
		r := w.order(b, c)
		results[b.info.ID] = r
		if r.Status == "accepted" {
			b.resume = false
			switch c.Type {
			case drone.CmdMissionStart, drone.CmdOrbit:
				b.last = c
			case drone.CmdLand, drone.CmdReturn, drone.CmdDisarm, drone.CmdKill:
				b.last = nil
			}
		}
		w.collect(b)
	})
	return results
}

// order gives a drone a command. An aircraft with wings that is to take off is
// thrown by hand: the ground of this world is no runway.
func (w *World) order(b *body, c *drone.Command) drone.Result {
	r := b.pilot.Do(c, b.estimate(), w.surroundings(b))
	if !b.kind.vehicle.Fixed || r.Status != "accepted" || !b.onGround || !b.pilot.Armed {
		return r
	}
	switch c.Type {
	case drone.CmdTakeoff, drone.CmdMissionStart:
		_, _, yaw := b.s.Q.Euler()
		s, c := geo.Sincos(yaw)
		v := b.kind.vehicle.LaunchSpeed()
		b.s.P.Z = launchHeight
		b.s.V = geo.Vec{X: float64(v * c), Y: float64(v * s), Z: float64(0.15 * v)}
		b.onGround = false
	}
	return r
}

// launchHeight is where a hand lets an aircraft go, metres above the ground.
const launchHeight = 1.8

// Roster lists the drones in order of slot, with a version that changes whenever
// the list does.
func (w *World) Roster() (uint32, []drone.Info) {
	all := make([]drone.Info, len(w.bodies))
	for i := range w.bodies {
		all[i] = w.bodies[i].info
	}
	return w.roster, all
}

// RosterVersion is the version of the list of drones.
func (w *World) RosterVersion() uint32 { return w.roster }

// Samples appends the state of every drone to dst, in order of slot.
func (w *World) Samples(dst []telemetry.Sample) []telemetry.Sample {
	for i := range w.bodies {
		dst = append(dst, w.bodies[i].sample())
	}
	return dst
}

func (b *body) sample() telemetry.Sample {
	roll, pitch, yaw := b.s.Q.Euler()
	item, items := b.pilot.Item()
	s := telemetry.Sample{
		Slot: uint32(b.info.Slot),
		X:    fix32(b.s.P.X, 1000), Y: fix32(b.s.P.Y, 1000), Z: fix32(b.s.P.Z, 1000),
		VX: fix16(b.s.V.X, 100), VY: fix16(b.s.V.Y, 100), VZ: fix16(b.s.V.Z, 100),
		// The body's y axis points left, so its pitch is positive nose down.
		Roll: fix16(roll, 18000/math.Pi), Pitch: fix16(-pitch, 18000/math.Pi),
		Heading: uint16(math.Round(geo.YawToHeading(yaw)*100)) % 36000,
		Battery: fixU16(b.charge.Left, 10000), Voltage: fixU16(b.charge.Voltage, 100), Current: fixU16(b.charge.Current, 100),
		HomeZ: fix32(b.pilot.Home.Z, 1000), Mode: b.pilot.Mode, Status: b.status,
		Item: uint16(item), Items: uint16(items),
	}
	if b.pilot.Armed {
		s.Flags |= telemetry.Armed
	}
	if b.onGround {
		s.Flags |= telemetry.OnGround
	}
	return s
}

func fix32(v, k float64) int32 {
	return int32(geo.Clamp(math.Round(v*k), math.MinInt32, math.MaxInt32))
}
func fix16(v, k float64) int16 {
	return int16(geo.Clamp(math.Round(v*k), math.MinInt16, math.MaxInt16))
}
func fixU16(v, k float64) uint16 {
	return uint16(geo.Clamp(math.Round(v*k), 0, math.MaxUint16))
}
