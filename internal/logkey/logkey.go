// Package logkey names the fields of log lines, so that one thing has one name
// in every line and a search finds all of them.
package logkey

// Fields of log lines. Durations are in milliseconds where the name ends in _ms.
const (
	Part      = "part"          // the room that speaks: simulator, hub, store, ...
	Simulator = "simulator"     // id of a simulator
	Session   = "session"       // id of a session
	Drone     = "drone"         // id of a drone
	Drones    = "drones"        // how many drones
	Command   = "command"       // id of a command
	Request   = "request"       // id of an HTTP request
	Client    = "client"        // id of a Socket.IO client
	Clients   = "clients"       // how many Socket.IO clients
	Tick      = "tick"          // simulated ticks since the session began
	SimTime   = "sim_time"      // simulated seconds
	RTF       = "rtf"           // real-time factor achieved
	Drift     = "drift_s"       // simulated seconds given up against wall time
	P50       = "p50_ms"        // tick-to-hub latency, median
	P99       = "p99_ms"        // tick-to-hub latency, 99th percentile
	HubP99    = "hub_p99_ms"    // from a frame's arrival to the last client's queue
	WriteP99  = "write_p99_ms"  // from a client's queue to the operating system
	ClientP99 = "client_p99_ms" // half of the way to a client and back
	MaxMS     = "max_ms"        // tick-to-hub latency, largest
	BytesRate = "bytes_per_s"   // sent to clients
	Dropped   = "dropped"       // frames or messages dropped
	Addr      = "addr"          // address listened on or connected to
	Reason    = "reason"        // why
	Stream    = "stream"        // identity of a stream of telemetry or events
	Seq       = "seq"           // sequence of a message in its stream
	RetryMS   = "retry_ms"      // wait before the next attempt
)
