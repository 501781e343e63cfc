// Command go watches a fleet over drones_compact and prints where it is once a
// second. It needs no Socket.IO library: on a WebSocket the protocol is a few
// lines.
//
//	go run ./examples/go [-seconds 10] [-tolerance 0.5] http://127.0.0.1:5001
//
// A program outside of this repository takes a copy of the package compact.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"volary/internal/compact"
	"volary/internal/drone"
)

func main() {
	seconds := flag.Float64("seconds", 0, "leave after so long; 0: stay")
	tolerance := flag.Float64("tolerance", 0.5, "metres")
	flag.Parse()
	url := "http://127.0.0.1:5001"
	if flag.NArg() > 0 {
		url = flag.Arg(0)
	}
	ctx := context.Background()
	if *seconds > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(*seconds*float64(time.Second)))
		defer cancel()
	}
	if err := watch(ctx, url, *tolerance); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func watch(ctx context.Context, url string, tolerance float64) error {
	address := "ws" + strings.TrimPrefix(strings.TrimSuffix(url, "/"), "http") + "/socket.io/?EIO=4&transport=websocket"
	conn, early, _, err := ws.Dial(ctx, address)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer conn.Close()
	in := io.Reader(conn)
	if early != nil { // what came along with the answer to the handshake
		in = early
	}
	var d compact.Decoder
	shown := time.Now()
	for {
		data, op, err := wsutil.ReadServerData(struct {
			io.Reader
			io.Writer
		}{in, conn})
		if err != nil {
			return err
		}
		answer := ""
		switch text := string(data); {
		case op == ws.OpBinary: // the attachment of the only binary event asked for
			if err := d.Decode(data); err != nil && !errors.Is(err, compact.ErrGap) {
				return err // after a gap the server sends a snapshot by itself
			}
		case strings.HasPrefix(text, "0"): // the session is open: join the namespace "/"
			answer = "40"
		case strings.HasPrefix(text, "40"): // joined
			answer = fmt.Sprintf(`420["subscribe",{"stream":"drones_compact","tolerance_m":%g}]`, tolerance)
		case strings.HasPrefix(text, "430"): // the acknowledgement of event 0
			fmt.Println(text[3:])
		case text == "2": // ping
			answer = "3"
		}
		if answer != "" {
			if err := wsutil.WriteClientText(conn, []byte(answer)); err != nil {
				return err
			}
		}
		if d.Ready() && time.Since(shown) >= time.Second {
			shown = time.Now()
			show(&d)
		}
	}
}

func show(d *compact.Decoder) {
	for i, s := range d.All(nil, float64(d.Tick())) {
		if i == 3 {
			break
		}
		line, err := json.Marshal(map[string]any{
			"tick": d.Tick(), "drones": d.Len(), "drone": fmt.Sprint("d", s.Slot+1), "mode": drone.Mode(s.Mode).String(),
			"x": s.P[0], "y": s.P[1], "z": s.P[2],
		})
		if err != nil {
			panic(err) // numbers and words
		}
		fmt.Println(string(line))
	}
}
