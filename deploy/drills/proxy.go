package main

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// proxy is a line that can be cut, reset, delayed and throttled.
type proxy struct {
	to       string
	listener net.Listener

	up, down   atomic.Bool  // nothing passes that way; nobody is told
	delay      atomic.Int64 // ns
	bytesPS    atomic.Int64 // 0: as fast as it goes
	loseCommit atomic.Int64 // so many replies to COMMIT are lost

	mu    sync.Mutex
	conns map[net.Conn]bool
	done  sync.WaitGroup
}

func newProxy(to string) (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{to: to, listener: l, conns: map[net.Conn]bool{}}
	p.done.Go(p.accept)
	return p, nil
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		s, err := net.DialTimeout("tcp", p.to, 2*time.Second)
		if err != nil {
			_ = c.Close()
			continue
		}
		p.mu.Lock()
		p.conns[c], p.conns[s] = true, true
		p.mu.Unlock()
		var committing atomic.Bool
		p.done.Go(func() { p.pipe(c, s, &p.up, &committing, true) })
		p.done.Go(func() { p.pipe(s, c, &p.down, &committing, false) })
	}
}

// pipe carries one direction. A COMMIT whose reply shall be lost passes, and the
// line is cut when the server has answered: what fails is the reading of the reply.
func (p *proxy) pipe(from, to net.Conn, cut *atomic.Bool, committing *atomic.Bool, request bool) {
	defer p.drop(from, to)
	type piece struct {
		b  []byte
		at time.Time
	}
	queue := make(chan piece, 256)
	p.done.Go(func() {
		defer p.drop(from, to)
		for x := range queue {
			time.Sleep(time.Until(x.at))
			for cut.Load() {
				time.Sleep(10 * time.Millisecond)
				if p.gone(from) {
					return
				}
			}
			if n := p.bytesPS.Load(); n > 0 {
				time.Sleep(time.Duration(float64(len(x.b)) / float64(n) * float64(time.Second)))
			}
			if _, err := to.Write(x.b); err != nil {
				return
			}
		}
	})
	defer close(queue)
	for {
		b := make([]byte, 16<<10)
		n, err := from.Read(b)
		if err != nil {
			return
		}
		switch {
		case request && bytes.Contains(b[:n], []byte("commit\x00")) && p.loseCommit.Load() > 0:
			committing.Store(true)
		case !request && committing.Load():
			p.loseCommit.Add(-1)
			return
		}
		queue <- piece{b[:n], time.Now().Add(time.Duration(p.delay.Load()))}
	}
}

func (p *proxy) gone(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.conns[c]
}

func (p *proxy) drop(all ...net.Conn) {
	p.mu.Lock()
	for _, c := range all {
		delete(p.conns, c)
	}
	p.mu.Unlock()
	for _, c := range all {
		_ = c.Close()
	}
}

// reset cuts all connections with a TCP reset.
func (p *proxy) reset() {
	p.mu.Lock()
	var all []net.Conn
	for c := range p.conns {
		if t, ok := c.(*net.TCPConn); ok {
			_ = t.SetLinger(0)
		}
		all = append(all, c)
	}
	p.mu.Unlock()
	p.drop(all...)
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.up.Store(false)
	p.down.Store(false)
	p.reset()
	p.done.Wait()
}
