package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gobwas/ws"
)

// load is the clients: it joins them, waits until all receive, measures, and
// prints a result.
func load(args []string) error {
	f := flag.NewFlagSet("load", flag.ContinueOnError)
	addr := f.String("addr", "", "host:port of the server")
	speak := f.String("speak", "eio4", "bare, eio3, eio4 or compact")
	n := f.Int("clients", 50, "how many")
	seconds := f.Float64("seconds", 4, "measured")
	pid := f.Int("pid", 0, "process of the server")
	if err := f.Parse(args); err != nil {
		return err
	}
	l := &loader{addr: *addr, speak: *speak}
	if err := l.joinAll(*n); err != nil {
		return err
	}
	time.Sleep(time.Second) // until the joining is forgotten
	r, err := l.measure(time.Duration(*seconds*float64(time.Second)), *pid)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

type loader struct {
	addr, speak string
	on          atomic.Bool // measuring
	joined      atomic.Int64
	clients     []*client
}

// client is one connection. Its counters are read when the measuring is over.
type client struct {
	l     *loader
	conn  net.Conn
	in    *bufio.Reader
	write sync.Mutex
	buf   []byte

	mu     sync.Mutex
	took   []time.Duration
	frames int
	bytes  int

	// of a compact stream
	tick  uint64
	clock int64 // µs at tick 0
	hz    float64
}

// patience is how long all clients together may take to join.
const patience = 30 * time.Second

func (l *loader) joinAll(n int) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	gate := make(chan struct{}, 16)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	for range n {
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			c, err := l.join(ctx)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = err
				return
			}
			l.clients = append(l.clients, c)
			go c.read()
		})
	}
	wg.Wait()
	if len(l.clients) < n*9/10 {
		return fmt.Errorf("%d of %d clients could join within %v: %w", len(l.clients), n, patience, failed)
	}
	return nil
}

func (l *loader) join(ctx context.Context) (*client, error) {
	query := map[string]string{"eio3": "EIO=3&", "eio4": "EIO=4&", "compact": "EIO=4&"}[l.speak]
	conn, early, _, err := ws.Dial(ctx, "ws://"+l.addr+"/socket.io/?"+query+"transport=websocket")
	if err != nil {
		return nil, err
	}
	c := &client{l: l, conn: conn, in: bufio.NewReaderSize(conn, 32<<10)}
	if early != nil {
		c.in = bufio.NewReaderSize(io.MultiReader(early, conn), 32<<10)
	}
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })()
	return c, c.greet()
}

// greet goes through the handshake until frames may come.
func (c *client) greet() error {
	if c.l.speak == "bare" {
		return nil
	}
	for {
		_, p, err := c.frame()
		if err != nil {
			return err
		}
		switch {
		case bytes.HasPrefix(p, []byte("0")) && c.l.speak != "eio3":
			c.send("40")
		case bytes.HasPrefix(p, []byte("0")):
			go func() { // clients of revision 3 ping
				for range time.Tick(5 * time.Second) {
					c.send("2")
				}
			}()
		case bytes.HasPrefix(p, []byte("40")):
			switch c.l.speak {
			case "eio4":
				c.send(`42["subscribe",{"stream":"drones","rate_hz":20}]`)
			case "compact":
				c.send(`42["subscribe",{"stream":"drones_compact","tolerance_m":0.1,"rate_hz":5}]`)
			}
			return nil
		}
	}
}

func (c *client) send(text string) {
	b, err := ws.CompileFrame(ws.MaskFrameInPlace(ws.NewTextFrame([]byte(text))))
	if err != nil {
		return
	}
	c.write.Lock()
	defer c.write.Unlock()
	_, _ = c.conn.Write(b)
}

// frame reads a message, which may come in fragments.
func (c *client) frame() (op ws.OpCode, message []byte, err error) {
	have := int64(0)
	for {
		h, err := ws.ReadHeader(c.in)
		if err != nil {
			return 0, nil, err
		}
		if h.OpCode != ws.OpContinuation {
			op = h.OpCode
		}
		if need := have + h.Length; int64(cap(c.buf)) < need {
			c.buf = append(make([]byte, 0, need+need/4), c.buf[:have]...)
		}
		c.buf = c.buf[:have+h.Length]
		if _, err := io.ReadFull(c.in, c.buf[have:]); err != nil {
			return 0, nil, err
		}
		if have += h.Length; h.Fin {
			return op, c.buf, nil
		}
	}
}

var (
	publishedKey = []byte(`"published_us":`)
	dronesEvent  = []byte(`42["drones",`)
)

func (c *client) read() {
	first := true
	for {
		op, p, err := c.frame()
		if err != nil {
			return
		}
		if op == ws.OpText && len(p) > 0 && p[0] == '2' {
			c.send("3")
			continue
		}
		published := int64(-1)
		switch {
		case c.l.speak == "compact":
			if op == ws.OpBinary {
				published = c.compactTime(p)
			}
		case op == ws.OpText && (c.l.speak == "bare" || bytes.HasPrefix(p, dronesEvent)):
			published = number(p)
		}
		if published > 0 && first {
			first = false
			c.l.joined.Add(1)
		}
		if !c.l.on.Load() {
			continue
		}
		now := time.Now().UnixMicro()
		c.mu.Lock()
		c.bytes += len(p)
		if published > 0 {
			c.frames++
			c.took = append(c.took, time.Duration(now-published)*time.Microsecond)
		}
		c.mu.Unlock()
	}
}

// number is what stands behind published_us, wherever a server put it.
func number(p []byte) int64 {
	i := bytes.Index(p, publishedKey)
	if i < 0 {
		return -1
	}
	p = bytes.TrimLeft(p[i+len(publishedKey):], " ")
	end := slices.IndexFunc(p, func(b byte) bool { return b < '0' || b > '9' })
	v, err := strconv.ParseInt(string(p[:max(end, 0)]), 10, 64)
	if err != nil {
		return -1
	}
	return v
}

// compactTime is when the tick of a message was published, by the stream's clock.
func (c *client) compactTime(p []byte) int64 {
	le := binary.LittleEndian
	at := 2
	if p[0]&1 != 0 {
		c.tick, c.hz, at = le.Uint64(p[18:]), float64(le.Uint16(p[26:])), 36
	} else {
		delta, n := binary.Uvarint(p[2:])
		c.tick += delta
		at += n
	}
	if p[0]&2 != 0 {
		speed := float64(math.Float32frombits(le.Uint32(p[at+8:])))
		c.hz *= speed
		c.clock = int64(le.Uint64(p[at:])) - int64(float64(c.tick)/c.hz*1e6)
	}
	return c.clock + int64(float64(c.tick)/c.hz*1e6)
}

func (l *loader) measure(window time.Duration, pid int) (result, error) {
	before, _, err := usage(pid)
	if err != nil {
		return result{}, err
	}
	own := ownCPU()
	start := time.Now()
	l.on.Store(true)
	time.Sleep(window)
	l.on.Store(false)
	took := time.Since(start).Seconds()
	after, mib, err := usage(pid)
	if err != nil {
		return result{}, err
	}
	r := result{CPU: (after - before).Seconds() / took, MiB: mib, Joined: int(l.joined.Load()), ClientLoad: (ownCPU() - own).Seconds() / took}
	var all []time.Duration
	frames, bytes := 0, 0
	for _, c := range l.clients {
		c.mu.Lock()
		all = append(all, c.took...)
		frames += c.frames
		bytes += c.bytes
		c.mu.Unlock()
	}
	if len(all) == 0 {
		return r, fmt.Errorf("no client received a frame")
	}
	slices.Sort(all)
	r.P50MS = float64(all[len(all)/2].Microseconds()) / 1000
	r.P99MS = float64(all[len(all)*99/100].Microseconds()) / 1000
	r.Mbps = float64(bytes) * 8 / took / 1e6
	expected := float64(len(l.clients)) * hz * took
	if l.speak == "compact" { // sends when there is something to say: all got what one got
		most := 0
		for _, c := range l.clients {
			most = max(most, c.frames)
		}
		expected = float64(len(l.clients) * most)
	}
	r.Delivered = math.Min(float64(frames)/expected, 1)
	return r, nil
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
