// Command googollee serves the load with github.com/googollee/go-socket.io,
// in a module of its own so that its dependencies stay out of the project's.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"time"

	socketio "github.com/googollee/go-socket.io"
)

func main() {
	b, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	var frames []map[string]any
	if err := json.Unmarshal(b, &frames); err != nil {
		log.Fatal(err)
	}
	server := socketio.NewServer(nil)
	server.OnConnect("/", func(c socketio.Conn) error {
		c.Join("all")
		return nil
	})
	server.OnError("/", func(socketio.Conn, error) {})
	server.OnDisconnect("/", func(socketio.Conn, string) {})
	go func() { log.Fatal(server.Serve()) }()
	go publish(server, frames)
	http.Handle("/socket.io/", server)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}

func publish(server *socketio.Server, frames []map[string]any) {
	start := time.Now()
	for tick := 1; ; tick++ {
		frame := frames[tick%len(frames)]
		frame["tick"], frame["published_us"] = tick, time.Now().UnixMicro()
		server.BroadcastToRoom("/", "all", "drones", frame)
		time.Sleep(time.Until(start.Add(time.Duration(tick) * 50 * time.Millisecond)))
	}
}
