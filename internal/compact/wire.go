package compact

// Contexts of the adaptive code, one for each sort of number.
const (
	ctxGap = iota
	ctxCount
	ctxPlace
	ctxPlaceZ
	ctxSpeed
	ctxSpeedZ
	ctxBend
	ctxBendZ
	ctxTurn
	contexts
)

// start is how many bits the numbers of each context are expected to have at first.
var start = [contexts]int{ctxGap: 4, ctxCount: 4, ctxPlace: 3, ctxPlaceZ: 1, ctxSpeed: 4, ctxSpeedZ: 2, ctxBend: 3, ctxBendZ: 0, ctxTurn: 5}

type contextSet [contexts]context

func (s *contextSet) reset() {
	for i := range s {
		s[i] = context{sum: 4 << start[i], n: 4}
	}
}

// code writes or reads the state of the contexts.
func (s *contextSet) code(c *coder) {
	for i := range s {
		c.number(&s[i].sum)
		c.bits(&s[i].n, 5)
	}
}

// tag says what an update is.
type tag uint8

const (
	tagMotion tag = iota // 0: new motion
	tagState             // 10: only what else changed
	tagWhole             // 110: everything, of a drone that is new or changed its class
	tagGone              // 111: it is no longer there
)

func (c *coder) tag(t *tag) {
	more := *t != tagMotion
	if c.flag(&more); !more {
		*t = tagMotion
		return
	}
	more = *t != tagState
	if c.flag(&more); !more {
		*t = tagState
		return
	}
	gone := *t == tagGone
	if c.flag(&gone); gone {
		*t = tagGone
	} else {
		*t = tagWhole
	}
}

// update is what a frame says of one drone: whole numbers, as on the wire.
type update struct {
	tag   tag
	kind  kind
	place [3]int32 // from where the client sees it
	speed [3]int32 // from what the client sees
	bend  [3]int32
	turn  int32 // from the last rate, if it flew a turn

	hasHeading, hasState, hasBattery, hasHome bool

	heading uint32
	state   uint32
	battery uint32
	home    int32
}

func (c *coder) xyz(x, z *context, v *[3]int32) {
	c.adaptiveSigned(x, &v[0])
	c.adaptiveSigned(x, &v[1])
	c.adaptiveSigned(z, &v[2])
}

// update codes u for a drone whose model is m, of which only the kind counts.
func (c *coder) update(x *contextSet, m *model, u *update) {
	if u.tag == tagMotion {
		same := u.kind == m.kind
		if c.flag(&same); same {
			u.kind = m.kind
		} else {
			k := uint32(u.kind)
			c.bits(&k, 2)
			u.kind = kind(k)
		}
		c.xyz(&x[ctxPlace], &x[ctxPlaceZ], &u.place)
		if u.kind != rest {
			c.xyz(&x[ctxSpeed], &x[ctxSpeedZ], &u.speed)
		}
		switch u.kind {
		case curve:
			c.xyz(&x[ctxBend], &x[ctxBendZ], &u.bend)
		case turn:
			c.adaptiveSigned(&x[ctxTurn], &u.turn)
		}
	}
	also := u.tag == tagState
	if u.tag == tagMotion {
		also = u.hasHeading || u.hasState || u.hasBattery || u.hasHome
		c.flag(&also)
	}
	if !also {
		return
	}
	c.flag(&u.hasHeading)
	c.flag(&u.hasState)
	if u.hasState {
		c.bits(&u.state, stateBits)
	}
	c.flag(&u.hasBattery)
	if u.hasBattery {
		c.bits(&u.battery, 7)
	}
	if u.hasHeading {
		c.bits(&u.heading, 6)
	}
	c.flag(&u.hasHome)
	if u.hasHome {
		c.signed(&u.home)
	}
}

// whole codes a complete model, at tick now.
func (c *coder) whole(m *model, now int64) {
	c.flag(&m.coarse)
	k := uint32(m.kind)
	c.bits(&k, 2)
	m.kind = kind(k)
	age := uint32(min(now-m.epoch, 1<<31-1))
	c.number(&age)
	m.epoch = now - int64(age)
	for k := range 3 {
		c.signed(&m.place[k])
	}
	if m.kind != rest {
		for k := range 3 {
			c.signed(&m.speed[k])
		}
	}
	switch m.kind {
	case curve:
		for k := range 3 {
			c.signed(&m.bend[k])
		}
	case turn:
		c.signed(&m.turn)
	}
	h := uint32(m.heading)
	c.bits(&h, 10)
	m.heading = int32(h)
	c.bits(&m.state, stateBits)
	c.bits(&m.battery, 7)
	c.signed(&m.home)
}

// apply turns an update into the new model: the same code on both sides.
func (m *model) apply(u *update, g *grid, now int64, hz float64) {
	tick := float64(now)
	if u.tag == tagMotion {
		p, v := m.at(g, tick, hz)
		m.carryHeading(g, tick, hz)
		was := m.kind
		m.kind, m.epoch = u.kind, now
		for k := range 3 {
			m.place[k] = int32(round(p[k]/g.place)) + u.place[k]
			m.speed[k] = int32(round(v[k]/g.speed)) + u.speed[k]
		}
		if u.kind == rest {
			m.speed = [3]int32{}
		}
		m.bend = u.bend
		if was == turn {
			m.turn += u.turn
		} else {
			m.turn = u.turn
		}
		if u.kind != turn {
			m.turn = 0
		}
	}
	if u.hasHeading {
		m.setHeading(u.heading, g, tick, hz)
	}
	if u.hasState {
		m.state = u.state
	}
	if u.hasBattery {
		m.battery = u.battery
	}
	if u.hasHome {
		m.home = u.home
	}
}
