package backend

import (
	"net"
	"net/http"
	"net/http/pprof"
)

// listenAdmin opens the port for those who look into the process. It shows memory
// and code paths, so it is open to this machine only, whatever tokens there are.
func listenAdmin(addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, &net.AddrError{Err: "the admin port is for this machine only: give 127.0.0.1:PORT", Addr: addr}
	}
	return net.Listen("tcp", addr)
}

// admin serves pprof and the metrics.
func (b *Backend) admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.Handle("GET /metrics", b.metrics.handler())
	return mux
}
