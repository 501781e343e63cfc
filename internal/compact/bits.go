package compact

import "math/bits"

// coder is a stream of bits, most significant first, that either writes or
// reads, so that one description of the layout serves both directions. Reading
// past the end gives zeros and sets short.
type coder struct {
	buf   []byte
	pos   int // bits
	write bool
	short bool
}

func (c *coder) put(v uint32, n int) {
	for n > 0 {
		if c.pos&7 == 0 {
			c.buf = append(c.buf, 0)
		}
		room := 8 - c.pos&7
		take := min(room, n)
		part := v >> (n - take) & (1<<take - 1)
		c.buf[c.pos>>3] |= byte(part << (room - take))
		c.pos += take
		n -= take
	}
}

func (c *coder) get(n int) (v uint32) {
	for n > 0 {
		at := c.pos >> 3
		if at >= len(c.buf) {
			c.short = true
			return 0
		}
		room := 8 - c.pos&7
		take := min(room, n)
		v = v<<take | uint32(c.buf[at])>>(room-take)&(1<<take-1)
		c.pos += take
		n -= take
	}
	return v
}

// bits codes n bits of an unsigned number, n up to 32.
func (c *coder) bits(v *uint32, n int) {
	if c.write {
		c.put(*v, n)
	} else {
		*v = c.get(n)
	}
}

func (c *coder) flag(v *bool) {
	var u uint32
	if *v {
		u = 1
	}
	c.bits(&u, 1)
	*v = u == 1
}

// number codes an unsigned number below 2^31: five bits that say how many bits
// it has, then those.
func (c *coder) number(v *uint32) {
	n := uint32(bits.Len32(*v))
	c.bits(&n, 5)
	c.bits(v, int(n))
}

// signed codes a signed number from -2^30 to 2^30-1 by zigzag: 0, -1, 1, -2 are
// 0, 1, 2, 3.
func (c *coder) signed(v *int32) {
	u := zigzag(*v)
	c.number(&u)
	*v = unzigzag(u)
}

func zigzag(v int32) uint32   { return uint32(v<<1) ^ uint32(v>>31) }
func unzigzag(u uint32) int32 { return int32(u>>1) ^ -int32(u&1) }

// context adapts a Golomb-Rice code to the numbers that went by: sum of the
// last ones and how many they were. Both sides adapt alike, nothing is sent.
type context struct{ sum, n uint32 }

const (
	escape  = 20      // ones in a row that announce a number written out
	forget  = 32      // numbers after which old ones count half
	mostSum = 1 << 16 // what one number adds to the sum at most
)

func (x *context) shift() (k int) {
	for x.n<<k < x.sum && k < 20 {
		k++
	}
	return k
}

func (x *context) learn(v uint32) {
	x.sum += min(v, mostSum)
	if x.n++; x.n >= forget {
		x.n /= 2
		x.sum /= 2
	}
}

// adaptive codes an unsigned number in a context.
func (c *coder) adaptive(x *context, v *uint32) {
	k := x.shift()
	if c.write {
		high := *v >> k
		if high >= escape {
			c.put(1<<escape-1, escape)
			c.number(v)
		} else {
			c.put(1<<(high+1)-2, int(high)+1)
			c.put(*v, k)
		}
	} else {
		high := uint32(0)
		for high < escape && c.get(1) == 1 {
			high++
		}
		if high == escape {
			c.number(v)
		} else {
			*v = high<<k | c.get(k)
		}
	}
	x.learn(*v)
}

// adaptiveSigned codes a signed number in a context.
func (c *coder) adaptiveSigned(x *context, v *int32) {
	u := zigzag(*v)
	c.adaptive(x, &u)
	*v = unzigzag(u)
}
