package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ServerConfig is how the embedded server runs.
type ServerConfig struct {
	Dir    string // where streams are kept; it is made when missing
	Listen string // host:port for simulators elsewhere; empty: only this process
	Token  string // what they must know; empty: nothing is asked
}

// Server is a NATS server inside this process.
type Server struct {
	ns *server.Server
}

// startTimeout bounds the start of the server, which reads its streams from disk.
const startTimeout = 30 * time.Second

// StartServer starts the server and returns when it takes connections. The
// caller must call Close.
func StartServer(cfg ServerConfig) (*Server, error) {
	if err := os.MkdirAll(cfg.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("link: can't keep streams in %s: %w", cfg.Dir, err)
	}
	opts := &server.Options{
		ServerName: "volary", DontListen: cfg.Listen == "", Authorization: cfg.Token,
		JetStream: true, StoreDir: cfg.Dir,
		// Said here, or the server takes three quarters of what is free and refuses to
		// start on a disk that is smaller than what the streams may one day need.
		JetStreamMaxStore: telemetryBytes + eventBytes + orderBytes + snapshotBytes + 64<<20,
		// The default syncs every two minutes: a power cut would lose what was acknowledged.
		SyncAlways: true,
		NoSigs:     true, NoLog: true, DisableJetStreamBanner: true,
		PingInterval: time.Second, MaxPingsOut: 2, DisableShortFirstPing: true,
	}
	if cfg.Listen != "" {
		host, port, err := net.SplitHostPort(cfg.Listen)
		if err != nil {
			return nil, fmt.Errorf("link: listen address %q: give host:port", cfg.Listen)
		}
		if opts.Port, err = strconv.Atoi(port); err != nil {
			return nil, fmt.Errorf("link: listen address %q: the port is not a number", cfg.Listen)
		}
		opts.Host = host
		if opts.Port == 0 {
			opts.Port = server.RANDOM_PORT
		}
	}
	ns, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	ns.Start()
	if !ns.ReadyForConnections(startTimeout) {
		ns.Shutdown()
		ns.WaitForShutdown()
		return nil, fmt.Errorf("link: the server on %q is not ready after %v: is the address in use, or another process using %s?", cfg.Listen, startTimeout, cfg.Dir)
	}
	return &Server{ns: ns}, nil
}

// Addr is the address listened on; nil when only this process can connect.
func (s *Server) Addr() net.Addr { return s.ns.Addr() }

// within connects inside this process, when there is a server in it.
func (s *Server) within() []nats.Option {
	if s == nil {
		return nil
	}
	return []nats.Option{nats.InProcessServer(s.ns)}
}

// Close stops the server after its connections; it returns when all is on disk.
func (s *Server) Close() {
	s.ns.Shutdown()
	s.ns.WaitForShutdown()
}

// connect joins NATS and keeps trying for ever, also the first time.
func connect(url, name, token string, opts ...nats.Option) (*nats.Conn, error) {
	opts = append([]nats.Option{
		nats.Name(name), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true),
		nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectJitter(50*time.Millisecond, 50*time.Millisecond),
		nats.PingInterval(time.Second), nats.MaxPingsOutstanding(2), nats.Timeout(2 * time.Second),
		// Nothing is kept for a connection that is gone: the rings of this package are
		// where things wait, and they count.
		nats.ReconnectBufSize(-1),
		nats.FlusherTimeout(2 * time.Second),
	}, opts...)
	if token != "" {
		opts = append(opts, nats.Token(token))
	}
	nc, err := nats.Connect(url, opts...)
	if err != nil {
		return nil, fmt.Errorf("link: can't use %q: %w", url, err)
	}
	return nc, nil
}

// Bounds of the streams on disk.
const (
	telemetryBytes = 4 << 30 // the oldest is given up beyond: a recorded gap
	eventBytes     = 512 << 20
	orderBytes     = 64 << 20
	snapshotBytes  = 1 << 30 // the oldest is given up beyond: a run can be done again from an earlier one
)

// makeStreams creates the streams, or adopts those there are.
func makeStreams(ctx context.Context, js jetstream.JetStream) error {
	for _, c := range []jetstream.StreamConfig{
		{
			Name: streamTelemetry, Subjects: []string{subjectTelemetry + "*"}, MaxBytes: telemetryBytes,
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld, Duplicates: 2 * time.Minute,
		},
		{
			Name: streamEvents, Subjects: []string{subjectEvent + "*"}, MaxBytes: eventBytes,
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld, Duplicates: 2 * time.Minute,
		},
		{
			Name: streamOrders, Subjects: []string{subjectOrder + "*"}, MaxBytes: orderBytes,
			Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardNew, Duplicates: 2 * time.Minute,
		},
		{
			Name: streamSnapshots, Subjects: []string{subjectSnapshot + "*"}, MaxBytes: snapshotBytes,
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld, Duplicates: 2 * time.Minute,
		},
	} {
		c.Storage = jetstream.FileStorage
		if _, err := js.CreateOrUpdateStream(ctx, c); err != nil {
			return fmt.Errorf("link: stream %s: %w", c.Name, err)
		}
	}
	return nil
}

// ErrClosed is returned by what is asked of a link that was closed.
var ErrClosed = errors.New("link: closed")
