package socketio_test

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"volary/internal/socketio"
)

// One frame of a fleet to many websocket clients, who live in the same process
// and take their share of the time. Each frame arrives before the next is sent.
func BenchmarkBroadcast(b *testing.B) {
	const size = 12_700 // bytes, 100 drones as JSON
	for _, clients := range []int{1, 100, 1000} {
		b.Run(fmt.Sprint(clients), func(b *testing.B) {
			st := start(b, socketio.Config{}, nil)
			var readers, arrived sync.WaitGroup
			m := message(b, "drones", strings.Repeat("x", size))
			frame := m.Size() + 2 + 4 // "42" and the frame's header
			for range clients {
				w := st.joined()
				readers.Go(func() {
					buf := make([]byte, frame)
					for {
						if _, err := io.ReadFull(w.in, buf); err != nil {
							return
						}
						arrived.Done()
					}
				})
				b.Cleanup(func() { w.conn.Close() })
			}
			b.SetBytes(int64(clients * frame))
			for b.Loop() {
				arrived.Add(clients)
				st.server.Of("/").Send(message(b, "drones", strings.Repeat("x", size)))
				arrived.Wait()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*clients), "ns/delivery")
		})
	}
}
