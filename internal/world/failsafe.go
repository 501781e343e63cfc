package world

import (
	"volary/internal/autopilot"
	"volary/internal/drone"
)

// watchEvery is how many ticks lie between two looks at what may go wrong with
// a drone, 10 times a second. It is a multiple of outerEvery; drones take turns.
const watchEvery = 25

// stuckTicks is how long a sensor may repeat itself before it is not believed, ticks.
const stuckTicks = 1 * TickHz

// watch finds out what is wrong with a drone and lets its pilot act.
func (w *World) watch(i int, b *body) {
	if b.charge.Left <= 0 && b.pilot.Armed && !b.onGround {
		b.pilot.Cut("battery empty: motors stopped")
		b.status = drone.Worse(b.status, drone.CriticalBattery)
		return
	}
	var c autopilot.Conditions
	switch c.Charge = b.charge.Left; {
	case c.Charge < autopilot.CriticalBattery:
		c.Alarms = autopilot.AlarmLowBattery | autopilot.AlarmCriticalBattery
	case c.Charge < autopilot.LowBattery:
		c.Alarms = autopilot.AlarmLowBattery
	}
	if len(w.fences) > 0 && b.pilot.Armed {
		if c.Fence, c.FenceAct = w.breach(b.s.P); c.Fence != "" {
			c.Alarms |= autopilot.AlarmFence
		}
	}
	if b.trouble != nil {
		w.watchTrouble(b, &c)
	}
	w.watchNear(i, b, &c)
	e := b.estimate()
	if w.avoidance.Mutual {
		w.avoid(i, b, e)
	}
	b.pilot.Guard(e, &c, b.onGround, watchEvery*w.dt)
	b.status = drone.Worse(b.broken, b.pilot.Status())
}

func (w *World) watchTrouble(b *body, c *autopilot.Conditions) {
	t := b.trouble
	gpsAt, noGPS := t.noGPSAt, t.noGPS > 0
	for i := range t.sensors {
		f := &t.sensors[i]
		if !f.stuck {
			continue
		}
		since := f.begin
		if f.sensor == drone.SensorGPS {
			if !noGPS || since < gpsAt {
				gpsAt, noGPS = since, true
			}
		} else if w.tick-since >= stuckTicks {
			c.Alarms |= autopilot.AlarmSensor
			c.Sensor = f.sensor
		}
	}
	if noGPS && w.tick-gpsAt >= autopilot.GPSTimeout*TickHz {
		c.Alarms |= autopilot.AlarmGPS
	}
	if t.deaf > 0 && w.tick-t.deafAt >= autopilot.LinkTimeout*TickHz {
		c.Alarms |= autopilot.AlarmLink
	}
	if t.recheck {
		t.recheck = false
		dead := [autopilot.MaxRotors]bool{}
		for i := range t.rotors {
			dead[i] = t.rotors[i] < failedBelow
		}
		t.dead, t.lost = dead, !b.pilot.LoseRotors(dead)
	}
	if t.dead != [autopilot.MaxRotors]bool{} {
		c.Alarms |= autopilot.AlarmMotor
		c.Rotor, c.Lost = t.failing, t.lost
	}
}

// failedBelow is the share of its thrust below which a rotor counts as failed.
const failedBelow = 0.5
