"""Decoder of the stream drones_compact, written from docs/protocol.md alone.

    d = Decoder()
    if d.decode(attachment):
        for slot in d.drones:
            print("d%d" % (slot + 1), d.at(slot, d.tick))

It needs nothing but Python's standard library.
"""
import math
import struct

REST, LINE, CURVE, TURN = range(4)
GAP, COUNT, PLACE, PLACE_Z, SPEED, SPEED_Z, BEND, BEND_Z, RATE = range(9)
BEND_FOR, BRAKE_FOR, TURN_FOR = 1.0, 4.0, 16.0  # s
MODES = "standby takeoff hold goto velocity mission orbit rtl land fault".split()
STATUSES = "ok low_battery critical_battery crashed fault".split()


class Corrupt(Exception):
    """The message is not one of this stream."""


class Bits:
    """Reads bits, most significant first."""

    def __init__(self, data, at):
        self.data, self.at = data, at * 8

    def get(self, n):
        v = 0
        for _ in range(n):
            if self.at >> 3 >= len(self.data):
                raise Corrupt("cut short")
            v = v << 1 | self.data[self.at >> 3] >> (7 - (self.at & 7)) & 1
            self.at += 1
        return v

    def flag(self):
        return self.get(1) == 1

    def number(self):
        return self.get(self.get(5))

    def signed(self):
        return unzigzag(self.number())

    def adaptive(self, x):
        """A Golomb-Rice code whose parameter follows the numbers that went by; x is [sum, n]."""
        k = 0
        while x[1] << k < x[0] and k < 20:
            k += 1
        high = 0
        while high < 20 and self.get(1):
            high += 1
        v = self.number() if high == 20 else high << k | self.get(k)
        x[0] += min(v, 1 << 16)
        x[1] += 1
        if x[1] >= 32:
            x[0], x[1] = x[0] // 2, x[1] // 2
        return v


def unzigzag(u):
    return u >> 1 if u & 1 == 0 else -(u >> 1) - 1


def nearest(v):
    return math.floor(v + 0.5)


def sincos(a):
    """Sine and cosine by the polynomials of the protocol, so that all clients agree to the last bit."""
    k = math.floor(a * (2 / math.pi) + 0.5)
    r = a - k * (math.pi / 2)
    x = r * r
    s = r * (1 - x / 6 * (1 - x / 20 * (1 - x / 42 * (1 - x / 72))))
    c = 1 - x / 2 * (1 - x / 12 * (1 - x / 30 * (1 - x / 56 * (1 - x / 90))))
    return [(s, c), (c, -s), (-s, -c), (-c, s)][int(k) & 3]


class Grid:
    """Size of a step of each number, of a tolerance."""

    def __init__(self, tolerance):
        q = tolerance / 4
        self.place, self.speed, self.bend, self.turn = q, q * 0.75, q * 3, q / 32


class Model:
    """What both sides know of one drone."""

    kind, coarse, epoch, turn, heading, state, battery, home = REST, False, 0, 0, 0, 0, 0, 0
    place = speed = bend = (0, 0, 0)

    def at(self, g, tick, hz):
        t = (tick - self.epoch) / hz
        p = [n * g.place for n in self.place]
        v = [n * g.speed for n in self.speed]
        if self.kind == REST:
            return p, [0.0, 0.0, 0.0]
        if self.kind == LINE:
            return [p[i] + v[i] * t for i in range(3)], v
        if self.kind == CURVE:
            a = [n * g.bend for n in self.bend]
            bent = min(t, bends(v, a))
            for i in range(3):
                p[i] += v[i] * bent + a[i] * (bent * bent) / 2
                v[i] += a[i] * bent
                p[i] += v[i] * (t - bent)
            return p, v
        w = self.turn * g.turn
        curved = min(t, TURN_FOR)
        over = t - curved
        s, c = sincos(w * curved)
        along, across = (s / w, (1 - c) / w) if self.turn else (curved, 0.0)
        x, y = v[0], v[1]
        v[0], v[1] = x * c - y * s, x * s + y * c
        p[0] += x * along - y * across + v[0] * over
        p[1] += x * across + y * along + v[1] * over
        p[2] += v[2] * t
        return p, v

    def turned(self, g, tick, hz):
        """How far the heading has come round since the epoch, clockwise, in 1024ths of a turn."""
        if self.kind != TURN:
            return 0.0
        t = min((tick - self.epoch) / hz, TURN_FOR)
        return -(self.turn * g.turn * (t * (1024 / (2 * math.pi))))


def bends(v, a):
    """How long an acceleration holds: what brakes does so until it stands."""
    va = v[0] * a[0] + v[1] * a[1] + v[2] * a[2]
    aa = a[0] * a[0] + a[1] * a[1] + a[2] * a[2]
    vv = v[0] * v[0] + v[1] * v[1] + v[2] * v[2]
    if va < 0 and va * va > 0.75 * (vv * aa):
        return min(-va / aa, BRAKE_FOR)
    return BEND_FOR


class Decoder:
    def __init__(self):
        self.ready = False
        self.session, self.tick, self.hz = "", 0, 1
        self.tolerance = self.coarse = 0.0
        self.clock = {"tick": 0, "published_us": 0, "speed": 1.0, "paused": False}
        self.drones = {}  # Model by slot

    def decode(self, m):
        """Takes a message. False: one before it is missing, so wait for the next snapshot."""
        ready, self.ready = self.ready, False
        if len(m) < 3 or m[0] >> 4 != 1:
            raise Corrupt("not version 1")
        if m[0] & 1:
            self._snapshot(m)
        elif ready and m[1] == (self._seq + 1) & 255:
            self._frame(m)
        else:
            return False
        self.ready = True
        return True

    def at(self, slot, tick):
        """A drone as seen at a tick, which need not be whole: metres, m/s, degrees."""
        m = self.drones[slot]
        g = self._grid(m)
        p, v = m.at(g, tick, self.hz)
        h = (m.heading + m.turned(g, tick, self.hz)) * (360 / 1024)
        return {
            "p": p, "v": v, "heading": h - 360 * math.floor(h / 360),
            "mode": m.state >> 5 & 15, "status": m.state >> 2 & 7, "flags": m.state & 3,
            "battery": m.battery, "home_z": m.home / 10, "coarse": m.coarse,
        }

    def tick_at(self, us):
        """The tick that is flown at a wall time of the simulator, Unix microseconds."""
        c = self.clock
        if c["paused"] or math.isinf(c["speed"]):
            return self.tick
        return c["tick"] + (us - c["published_us"]) / 1e6 * c["speed"] * self.hz

    def _grid(self, m):
        return self._far if m.coarse else self._fine

    def _read_clock(self, m, at):
        us, speed, flags = struct.unpack_from("<qfB", m, at)
        self.clock = {"tick": self.tick, "published_us": us, "speed": speed, "paused": flags & 1 == 1}

    def _snapshot(self, m):
        if len(m) < 53:
            raise Corrupt("cut short")
        self._seq = m[1]
        h = m[2:18].hex()
        self.session = "-".join((h[:8], h[8:12], h[12:16], h[16:20], h[20:]))
        self.tick, self.hz, self.tolerance, self.coarse = struct.unpack_from("<QHff", m, 18)
        self._read_clock(m, 36)
        n, = struct.unpack_from("<I", m, 49)
        if n > 10000 or self.hz == 0 or not self.tolerance > 0 or not self.coarse > 0:
            raise Corrupt("header")
        self._fine, self._far = Grid(self.tolerance), Grid(self.coarse)
        b = Bits(m, 53)
        self._contexts = [[b.number(), b.get(5)] for _ in range(9)]
        self.drones = {}
        slot = -1
        for _ in range(n):
            slot += b.number() + 1
            self.drones[slot] = self._whole(b)

    def _frame(self, m):
        at, delta, shift = 2, 0, 0
        while True:
            if at >= len(m) or shift > 56:
                raise Corrupt("tick")
            byte = m[at]
            at += 1
            delta |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        self._seq = m[1]
        self.tick += delta
        if m[0] & 2:
            if len(m) < at + 13:
                raise Corrupt("clock")
            self._read_clock(m, at)
            at += 13
        b = Bits(m, at)
        slot = -1
        for _ in range(b.adaptive(self._contexts[COUNT])):
            slot += b.adaptive(self._contexts[GAP]) + 1
            self._update(b, slot)

    def _update(self, b, slot):
        ones = 0
        while ones < 3 and b.flag():
            ones += 1
        if ones == 3:
            self.drones.pop(slot, None)
        elif ones == 2:
            if slot not in self.drones and len(self.drones) >= 10000:
                raise Corrupt("too many drones")
            self.drones[slot] = self._whole(b)
        elif slot not in self.drones:
            raise Corrupt("an update of an unknown drone")
        elif ones == 1:
            self._rest(b, self.drones[slot])
        else:
            self._motion(b, self.drones[slot])
            if b.flag():
                self._rest(b, self.drones[slot])

    def _whole(self, b):
        m = Model()
        m.coarse, m.kind = b.flag(), b.get(2)
        m.epoch = self.tick - b.number()
        m.place = tuple(b.signed() for _ in range(3))
        if m.kind != REST:
            m.speed = tuple(b.signed() for _ in range(3))
        if m.kind == CURVE:
            m.bend = tuple(b.signed() for _ in range(3))
        if m.kind == TURN:
            m.turn = b.signed()
        m.heading, m.state, m.battery, m.home = b.get(10), b.get(9), b.get(7), b.signed()
        return m

    def _xyz(self, b, plane, up):
        c = self._contexts
        return [unzigzag(b.adaptive(c[i])) for i in (plane, plane, up)]

    def _motion(self, b, m):
        kind = m.kind if b.flag() else b.get(2)
        place = self._xyz(b, PLACE, PLACE_Z)
        speed = self._xyz(b, SPEED, SPEED_Z) if kind != REST else None
        bend = self._xyz(b, BEND, BEND_Z) if kind == CURVE else (0, 0, 0)
        turn = unzigzag(b.adaptive(self._contexts[RATE])) if kind == TURN else 0
        g = self._grid(m)
        p, v = m.at(g, self.tick, self.hz)
        m.heading = nearest(m.heading + m.turned(g, self.tick, self.hz)) & 1023
        m.place = tuple(nearest(p[i] / g.place) + place[i] for i in range(3))
        m.speed = tuple(nearest(v[i] / g.speed) + speed[i] for i in range(3)) if speed else (0, 0, 0)
        m.bend = bend
        m.turn = turn + m.turn if kind == TURN and m.kind == TURN else turn
        m.kind, m.epoch = kind, self.tick

    def _rest(self, b, m):
        has_heading = b.flag()
        if b.flag():
            m.state = b.get(9)
        if b.flag():
            m.battery = b.get(7)
        if has_heading:
            step = b.get(6)
            m.heading = nearest(step * 16 - m.turned(self._grid(m), self.tick, self.hz)) & 1023
        if b.flag():
            m.home = b.signed()
