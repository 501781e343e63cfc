// Command goclient connects the Go library of Engine.IO revision 3 over each of
// its transports and checks what it gets. Its module is apart, so that the
// library's old dependencies stay out of the project's.
//
//	go run . -url http://127.0.0.1:3000 [-mode generic|hub] [-count 20] [-timeout 10s] [-token T]
//
// generic talks to the conformance program, hub to a running fleet. One JSON
// line a transport; exit code 1 if anything failed.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"time"

	"github.com/googollee/go-socket.io/engineio"
	"github.com/googollee/go-socket.io/engineio/transport"
	"github.com/googollee/go-socket.io/engineio/transport/polling"
	"github.com/googollee/go-socket.io/engineio/transport/websocket"
	"github.com/googollee/go-socket.io/parser"
)

type options struct {
	url, mode, token, path string
	count                  int
	timeout                time.Duration
}

type result struct {
	Client    string   `json:"client"`
	Transport string   `json:"transport"`
	OK        int      `json:"ok"`
	Failed    int      `json:"failed"`
	Errors    []string `json:"errors"`
}

func main() {
	var o options
	flag.StringVar(&o.url, "url", "http://127.0.0.1:3000", "server")
	flag.StringVar(&o.mode, "mode", "generic", "generic or hub")
	flag.StringVar(&o.token, "token", "", "token, sent in the query")
	flag.StringVar(&o.path, "path", "/socket.io/", "path")
	flag.IntVar(&o.count, "count", 20, "connects a transport")
	flag.DurationVar(&o.timeout, "timeout", 10*time.Second, "for one connect")
	flag.Parse()
	failed := false
	// A dialer upgrades nothing: it has the transports it is given.
	for _, t := range []transport.Transport{polling.Default, websocket.Default} {
		r := matrix(o, t)
		failed = failed || r.Failed > 0
		json.NewEncoder(os.Stdout).Encode(r)
	}
	if failed {
		os.Exit(1)
	}
}

func matrix(o options, t transport.Transport) result {
	r := result{Client: "go-socket.io 1.7.0", Transport: t.Name(), Errors: []string{}}
	errs := make(chan error, o.count)
	for n := range o.count {
		go func() { errs <- once(o, t, n) }()
	}
	seen := map[string]bool{}
	for range o.count {
		err := <-errs
		if err == nil {
			r.OK++
			continue
		}
		r.Failed++
		if !seen[err.Error()] {
			seen[err.Error()] = true
			r.Errors = append(r.Errors, err.Error())
		}
	}
	return r
}

func once(o options, t transport.Transport, n int) error {
	u, err := url.Parse(o.url)
	if err != nil {
		return err
	}
	u.Path = o.path
	if o.token != "" {
		u.RawQuery = url.Values{"token": {o.token}}.Encode()
	}
	dialer := engineio.Dialer{Transports: []transport.Transport{t}}
	conn, err := dialer.Dial(u.String(), nil)
	if err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	defer conn.Close()
	done := make(chan error, 1)
	c := &client{conn: conn, in: parser.NewDecoder(conn), out: parser.NewEncoder(conn)}
	go func() {
		if o.mode == "hub" {
			done <- c.hub()
		} else {
			done <- c.generic(n)
		}
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(o.timeout):
		return errors.New("timeout")
	}
}

type client struct {
	conn engineio.Conn
	in   *parser.Decoder
	out  *parser.Encoder
}

// next reads packets until one is of that type and, for events, of that name,
// and decodes its first argument into arg.
func (c *client) next(kind parser.Type, name string, arg any) error {
	for {
		var h parser.Header
		var event string
		if err := c.in.DecodeHeader(&h, &event); err != nil {
			return fmt.Errorf("waiting for %q: %w", name, err)
		}
		if h.Type != kind || kind == parser.Event && event != name {
			if err := c.in.DiscardLast(); err != nil {
				return err
			}
			continue
		}
		if arg == nil {
			return c.in.DiscardLast()
		}
		values, err := c.in.DecodeArgs([]reflect.Type{reflect.TypeOf(arg).Elem()})
		if err != nil {
			return fmt.Errorf("arguments of %q: %w", name, err)
		}
		reflect.ValueOf(arg).Elem().Set(values[0])
		return nil
	}
}

func (c *client) emit(id uint64, args ...any) error {
	return c.out.Encode(parser.Header{Type: parser.Event, ID: id, NeedAck: id > 0}, args) // the array itself is the first argument
}

func (c *client) request(id uint64, reply any, args ...any) error {
	if err := c.emit(id, args...); err != nil {
		return err
	}
	return c.next(parser.Ack, fmt.Sprint("ack of ", args[0]), reply)
}

func (c *client) generic(n int) error {
	if err := c.next(parser.Connect, "connect", nil); err != nil {
		return err
	}
	token := fmt.Sprint(os.Getpid(), n)
	if err := c.emit(0, "broadcast", token); err != nil {
		return err
	}
	for got := ""; got != token; {
		if err := c.next(parser.Event, "broadcast-back", &got); err != nil {
			return err
		}
	}
	var reply struct{ N int }
	if err := c.request(1, &reply, "message-with-ack", map[string]int{"n": n}); err != nil {
		return err
	}
	if reply.N != n {
		return fmt.Errorf("ack: got %d, sent %d", reply.N, n)
	}
	return nil
}

func (c *client) hub() error {
	if err := c.next(parser.Connect, "connect", nil); err != nil {
		return err
	}
	if err := c.emit(0, "subscribe", map[string]any{"stream": "drones", "rate_hz": 10}); err != nil {
		return err
	}
	var frame struct{ Drones []json.RawMessage }
	for len(frame.Drones) == 0 {
		if err := c.next(parser.Event, "drones", &frame); err != nil {
			return err
		}
	}
	var reply struct{ OK bool }
	command := map[string]any{"drones": "all", "type": "hold", "params": map[string]any{}}
	if err := c.request(1, &reply, "command", command); err != nil {
		return err
	}
	if !reply.OK {
		return errors.New("command was not accepted")
	}
	return nil
}
