// Command conformance serves what the public protocol suites of Engine.IO
// (revisions 3 and 4) and Socket.IO (revision 5) expect, so that anyone can hold
// this project's socket layer against them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"volary/internal/socketio/conformance/suite"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:3000", "address to listen on")
	patient := flag.Bool("patient", false, "everyday timing, for trying real clients by hand")
	flag.Parse()
	servers := suite.New
	if *patient {
		servers = suite.Patient
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr, servers()); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string, servers *suite.Servers) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: servers, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Printf("listening on %s\n", listener.Addr())
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	timeout, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(err, servers.Close(timeout), server.Shutdown(timeout))
}
