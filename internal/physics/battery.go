package physics

import "math"

// Open-circuit voltage of a lithium polymer cell against its state of charge,
// at tenths from empty to full. Source: discharge curve at 0.2 C as tabulated
// by common battery monitors (3.27 V empty, 4.20 V full).
var cellVoltage = [11]float64{3.27, 3.61, 3.69, 3.73, 3.77, 3.80, 3.85, 3.91, 3.98, 4.08, 4.20}

// Charge is what is left in a battery and what it gives now.
type Charge struct {
	Left    float64 // state of charge, 0 to 1
	Voltage float64 // V at the terminals
	Current float64 // A
}

// FullCharge is a full battery at rest.
func (a *Airframe) FullCharge() Charge {
	return Charge{Left: 1, Voltage: a.openCircuit(1)}
}

func (a *Airframe) openCircuit(left float64) float64 {
	x := left * 10
	i := int(x)
	if i >= 10 {
		return cellVoltage[10] * float64(a.Battery.Cells)
	}
	if i < 0 {
		i, x = 0, 0
	}
	v := cellVoltage[i] + float64((cellVoltage[i+1]-cellVoltage[i])*(x-float64(i)))
	return v * float64(a.Battery.Cells)
}

// avionicsShare of the hover power is drawn by an armed drone whose motors stand still.
const avionicsShare = 0.02

// Draw takes dt seconds of flight at rotor speeds r out of c. Power goes with
// the thrust to the power of 3/2, which is the cube of the rotor speeds, and is
// the battery's HoverPower when the thrust is the weight.
func (p *Stepper) Draw(c *Charge, r *[MaxRotors]float64, dt float64) {
	var sum float64
	for i := range p.n {
		sum += p.effort(r[i])
	}
	power := p.idlePower + float64(p.effortPower*sum)
	if c.Voltage < 1 {
		c.Voltage = 1
	}
	c.Current = power / c.Voltage
	c.Left = max(0, c.Left-float64(float64(c.Current*dt)*p.perCoulomb))
	c.Voltage = p.a.openCircuit(c.Left) - float64(c.Current*p.a.Battery.Resistance)
}

// effort is what a rotor's power is proportional to.
func (p *Stepper) effort(o float64) float64 {
	if p.linear {
		return float64(o * math.Sqrt(math.Max(o, 0)))
	}
	return float64(o * float64(o*o))
}

// charging prepares Draw.
func (p *Stepper) charging() {
	b := &p.a.Battery
	p.idlePower = b.HoverPower * avionicsShare
	p.effortPower = b.HoverPower * (1 - avionicsShare) / (float64(p.n) * p.effort(p.a.HoverSpeed()))
	p.perCoulomb = 1 / float64(b.Capacity*3.6)
}
