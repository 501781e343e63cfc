// Made from web/src/wire/compact.ts by tsc; a test keeps the two alike.
// The stream `drones_compact`: the same decoder as the server's own, to the bit.
// docs/protocol.md describes the layout. A frame says only what the model here
// could not predict; the picture of any instant comes from the model.
//
// Every operation below is one that IEEE 754 rounds alike in every language; the
// order of the sums is part of the protocol.
export const VERSION = 1;
const MAX_DRONES = 10_000;
const MAX_SLOT = 1 << 24;
const REST = 0;
const CURVE = 2;
const TURN = 3;
const BEND_FOR = 1;
const BRAKE_FOR = 4;
const TURN_FOR = 16;
const HEADING_FINE = 1024;
const STATE_BITS = 9;
// The adaptive code has a context for each sort of number.
const GAP = 0;
const COUNT = 1;
const PLACE = 2;
const PLACE_Z = 3;
const SPEED = 4;
const SPEED_Z = 5;
const BEND = 6;
const BEND_Z = 7;
const RATE = 8;
const CONTEXTS = 9;
function gridOf(tolerance) {
    const q = tolerance / 4;
    return { place: q, speed: q * 0.75, bend: q * 3, turn: q / 32 };
}
function sincos(a) {
    const k = Math.floor(a * (2 / Math.PI) + 0.5);
    const r = a - k * (Math.PI / 2);
    const x = r * r;
    const s = r * (1 - (x / 6) * (1 - (x / 20) * (1 - (x / 42) * (1 - x / 72))));
    const c = 1 - (x / 2) * (1 - (x / 12) * (1 - (x / 30) * (1 - (x / 56) * (1 - x / 90))));
    switch (((k % 4) + 4) % 4) {
        case 0:
            return [s, c];
        case 1:
            return [c, -s];
        case 2:
            return [-s, -c];
        default:
            return [-c, s];
    }
}
const round = (v) => Math.floor(v + 0.5);
const unzigzag = (u) => (u >>> 1) ^ -(u & 1);
class Context {
    sum = 16;
    n = 4;
    shift() {
        let k = 0;
        while (this.n * 2 ** k < this.sum && k < 20)
            k++;
        return k;
    }
    learn(v) {
        this.sum += Math.min(v, 1 << 16);
        if (++this.n >= 32) {
            this.n >>= 1;
            this.sum = Math.floor(this.sum / 2);
        }
    }
}
class Bits {
    bytes;
    short = false;
    #at;
    constructor(bytes, at) {
        this.bytes = bytes;
        this.#at = at * 8;
    }
    get(n) {
        let v = 0;
        while (n > 0) {
            const byte = this.bytes[this.#at >> 3];
            if (byte === undefined) {
                this.short = true;
                return 0;
            }
            const room = 8 - (this.#at & 7);
            const take = Math.min(room, n);
            v = v * 2 ** take + ((byte >> (room - take)) & ((1 << take) - 1));
            this.#at += take;
            n -= take;
        }
        return v;
    }
    flag() {
        return this.get(1) === 1;
    }
    number() {
        return this.get(this.get(5));
    }
    signed() {
        return unzigzag(this.number());
    }
    adaptive(x) {
        const k = x.shift();
        let high = 0;
        while (high < 20 && this.get(1) === 1)
            high++;
        const v = high === 20 ? this.number() : high * 2 ** k + this.get(k);
        x.learn(v);
        return v;
    }
    adaptiveSigned(x) {
        return unzigzag(this.adaptive(x));
    }
}
/** What both sides know of one drone, in steps of its class's grid. */
class Model {
    kind = REST;
    coarse = false;
    epoch = 0;
    place = [0, 0, 0];
    speed = [0, 0, 0];
    bend = [0, 0, 0];
    turn = 0;
    heading = 0;
    state = 0;
    battery = 0;
    home = 0;
}
/** How long an acceleration holds: what brakes does so until it stands. */
function bends(v, a) {
    const va = v[0] * a[0] + v[1] * a[1] + v[2] * a[2];
    const aa = a[0] * a[0] + a[1] * a[1] + a[2] * a[2];
    const vv = v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
    if (va < 0 && va * va > 0.75 * (vv * aa))
        return Math.min(-va / aa, BRAKE_FOR);
    return BEND_FOR;
}
function predict(m, g, tick, hz, p, v) {
    const t = (tick - m.epoch) / hz;
    for (let k = 0; k < 3; k++) {
        p[k] = m.place[k] * g.place;
        v[k] = m.speed[k] * g.speed;
    }
    if (m.kind === REST) {
        v.fill(0);
    }
    else if (m.kind === CURVE) {
        const a = [m.bend[0] * g.bend, m.bend[1] * g.bend, m.bend[2] * g.bend];
        const bent = Math.min(t, bends(v, a));
        for (let k = 0; k < 3; k++) {
            p[k] += v[k] * bent + (a[k] * (bent * bent)) / 2;
            v[k] += a[k] * bent;
            p[k] += v[k] * (t - bent);
        }
    }
    else if (m.kind === TURN) {
        const w = m.turn * g.turn;
        const curved = Math.min(t, TURN_FOR);
        const over = t - curved;
        const [s, c] = sincos(w * curved);
        const along = m.turn === 0 ? curved : s / w;
        const across = m.turn === 0 ? 0 : (1 - c) / w;
        const [x, y] = v;
        v[0] = x * c - y * s;
        v[1] = x * s + y * c;
        p[0] += x * along - y * across + v[0] * over;
        p[1] += x * across + y * along + v[1] * over;
        p[2] += v[2] * t;
    }
    else {
        for (let k = 0; k < 3; k++)
            p[k] += v[k] * t;
    }
}
/** How far the heading has come round since the epoch, clockwise, in 1024ths of a turn. */
function turned(m, g, tick, hz) {
    if (m.kind !== TURN)
        return 0;
    const t = Math.min((tick - m.epoch) / hz, TURN_FOR);
    return -(m.turn * g.turn * (t * (HEADING_FINE / (2 * Math.PI))));
}
export class CompactDecoder {
    /** A snapshot has come, and no frame was missing since. */
    ready = false;
    session = "";
    tick = 0;
    hz = 1;
    tolerance = 0;
    coarseTolerance = 0;
    clock = { tick: 0, publishedUs: 0, speed: 1, paused: false };
    #seq = 0;
    #fine = gridOf(1);
    #far = gridOf(1);
    #contexts = [];
    #drones = new Map();
    #p = [0, 0, 0];
    #v = [0, 0, 0];
    get size() {
        return this.#drones.size;
    }
    /** Slots in no particular order. A drone's id is "d" and its slot plus one. */
    slots() {
        return this.#drones.keys();
    }
    decode(message) {
        const bytes = message instanceof Uint8Array ? message : new Uint8Array(message);
        const head = bytes[0];
        const seq = bytes[1];
        if (head === undefined || seq === undefined || bytes.length < 3 || head >> 4 !== VERSION) {
            this.ready = false;
            return "corrupt";
        }
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        if (head & 1) {
            this.ready = this.#snapshot(bytes, view);
            return this.ready ? "ok" : "corrupt";
        }
        if (!this.ready || seq !== ((this.#seq + 1) & 255)) {
            this.ready = false;
            return "gap";
        }
        this.ready = this.#frame(bytes, view, (head & 2) !== 0);
        return this.ready ? "ok" : "corrupt";
    }
    /** Writes how a drone is seen at a tick, which need not be whole, into `out`. */
    at(slot, tick, out) {
        const m = this.#drones.get(slot);
        if (!m)
            return false;
        const g = this.#grid(m);
        predict(m, g, tick, this.hz, out.p, out.v);
        const h = (m.heading + turned(m, g, tick, this.hz)) * (360 / HEADING_FINE);
        out.slot = slot;
        out.heading = h - 360 * Math.floor(h / 360);
        out.mode = (m.state >> 5) & 15;
        out.status = (m.state >> 2) & 7;
        out.flags = m.state & 3;
        out.battery = m.battery;
        out.homeZ = m.home / 10;
        out.coarse = m.coarse;
        return true;
    }
    /** The tick that is flown at a wall time of the simulator, Unix microseconds. */
    tickAt(us) {
        const c = this.clock;
        if (c.paused || !Number.isFinite(c.speed))
            return this.tick;
        return c.tick + ((us - c.publishedUs) / 1e6) * c.speed * this.hz;
    }
    #grid(m) {
        return m.coarse ? this.#far : this.#fine;
    }
    #readClock(view, at) {
        this.clock = {
            tick: this.tick,
            publishedUs: Number(view.getBigInt64(at, true)),
            speed: view.getFloat32(at + 8, true),
            paused: (view.getUint8(at + 12) & 1) !== 0,
        };
    }
    #snapshot(bytes, view) {
        if (bytes.length < 53)
            return false;
        this.#seq = view.getUint8(1);
        const hex = Array.from(bytes.subarray(2, 18), (b) => b.toString(16).padStart(2, "0")).join("");
        this.session = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
        this.tick = Number(view.getBigUint64(18, true));
        this.hz = view.getUint16(26, true);
        this.tolerance = view.getFloat32(28, true);
        this.coarseTolerance = view.getFloat32(32, true);
        this.#readClock(view, 36);
        const n = view.getUint32(49, true);
        if (n > MAX_DRONES || this.hz === 0 || !(this.tolerance > 0) || !(this.coarseTolerance > 0))
            return false;
        this.#fine = gridOf(this.tolerance);
        this.#far = gridOf(this.coarseTolerance);
        const b = new Bits(bytes, 53);
        this.#contexts = Array.from({ length: CONTEXTS }, () => {
            const x = new Context();
            x.sum = b.number();
            x.n = b.get(5);
            return x;
        });
        this.#drones.clear();
        let slot = -1;
        for (let i = 0; i < n; i++) {
            slot += b.number() + 1;
            if (slot > MAX_SLOT || b.short)
                return false;
            this.#drones.set(slot, this.#whole(b));
        }
        return !b.short;
    }
    #frame(bytes, view, hasClock) {
        let at = 2;
        let delta = 0;
        for (let scale = 1;; scale *= 128) {
            const byte = bytes[at++];
            if (byte === undefined || scale > 2 ** 49)
                return false;
            delta += (byte & 127) * scale;
            if (byte < 128)
                break;
        }
        this.#seq = view.getUint8(1);
        this.tick += delta;
        if (hasClock) {
            if (bytes.length < at + 13)
                return false;
            this.#readClock(view, at);
            at += 13;
        }
        const b = new Bits(bytes, at);
        let slot = -1;
        for (let n = b.adaptive(this.#context(COUNT)); n > 0; n--) {
            slot += b.adaptive(this.#context(GAP)) + 1;
            if (slot > MAX_SLOT || b.short)
                return false;
            if (!this.#update(b, slot))
                return false;
        }
        return !b.short;
    }
    /** Reads what a frame says of one drone; its first bits say what sort of update it is. */
    #update(b, slot) {
        let ones = 0;
        while (ones < 3 && b.flag())
            ones++;
        const m = this.#drones.get(slot);
        switch (ones) {
            case 3:
                this.#drones.delete(slot);
                return true;
            case 2:
                if (!m && this.#drones.size >= MAX_DRONES)
                    return false;
                this.#drones.set(slot, this.#whole(b));
                return true;
            default:
                if (!m)
                    return false;
                if (ones === 0)
                    this.#motion(b, m);
                if (ones === 1 || b.flag())
                    this.#rest(b, m);
                return true;
        }
    }
    #context(i) {
        return this.#contexts[i];
    }
    #whole(b) {
        const m = new Model();
        m.coarse = b.flag();
        m.kind = b.get(2);
        m.epoch = this.tick - b.number();
        m.place = [b.signed(), b.signed(), b.signed()];
        if (m.kind !== REST)
            m.speed = [b.signed(), b.signed(), b.signed()];
        if (m.kind === CURVE)
            m.bend = [b.signed(), b.signed(), b.signed()];
        if (m.kind === TURN)
            m.turn = b.signed();
        m.heading = b.get(10);
        m.state = b.get(STATE_BITS);
        m.battery = b.get(7);
        m.home = b.signed();
        return m;
    }
    #xyz(b, plane, up) {
        const x = b.adaptiveSigned(this.#context(plane));
        const y = b.adaptiveSigned(this.#context(plane));
        return [x, y, b.adaptiveSigned(this.#context(up))];
    }
    #motion(b, m) {
        const kind = b.flag() ? m.kind : b.get(2);
        const place = this.#xyz(b, PLACE, PLACE_Z);
        const speed = kind === REST ? [0, 0, 0] : this.#xyz(b, SPEED, SPEED_Z);
        const bend = kind === CURVE ? this.#xyz(b, BEND, BEND_Z) : [0, 0, 0];
        const turn = kind === TURN ? b.adaptiveSigned(this.#context(RATE)) : 0;
        const g = this.#grid(m);
        const p = this.#p;
        const v = this.#v;
        predict(m, g, this.tick, this.hz, p, v);
        m.heading = round(m.heading + turned(m, g, this.tick, this.hz)) & (HEADING_FINE - 1);
        for (let k = 0; k < 3; k++) {
            m.place[k] = round(p[k] / g.place) + place[k];
            m.speed[k] = kind === REST ? 0 : round(v[k] / g.speed) + speed[k];
        }
        m.bend = bend;
        m.turn = kind === TURN ? (m.kind === TURN ? m.turn + turn : turn) : 0;
        m.kind = kind;
        m.epoch = this.tick;
    }
    #rest(b, m) {
        const hasHeading = b.flag();
        if (b.flag())
            m.state = b.get(STATE_BITS);
        if (b.flag())
            m.battery = b.get(7);
        if (hasHeading) {
            const step = b.get(6);
            const g = this.#grid(m);
            m.heading = round(step * (HEADING_FINE / 64) - turned(m, g, this.tick, this.hz)) & (HEADING_FINE - 1);
        }
        if (b.flag())
            m.home = b.signed();
    }
}
