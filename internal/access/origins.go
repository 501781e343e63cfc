package access

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Origins tells which web pages may talk to a backend from a browser. A program
// that is no browser sends no origin and is not asked.
type Origins struct {
	Listed []string // scheme://host[:port], compared as a whole
	// Rebound says that names which point at this machine by somebody else's DNS
	// must be refused: without tokens, being on this machine is all that protects
	// it, and a page of evil.example whose name suddenly means 127.0.0.1 would be
	// "the same host".
	Rebound bool
}

// CheckOrigins returns what is wrong with a list of origins.
func CheckOrigins(listed []string) error {
	for _, o := range listed {
		u, err := url.Parse(o)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.String() != u.Scheme+"://"+u.Host || strings.Contains(o, "*") || o != strings.ToLower(o) {
			return fmt.Errorf("origin %q: give scheme, host and port as browsers send them, such as https://ops.example.org; there is no wildcard", o)
		}
	}
	return nil
}

// Allows tells whether the page that sent r may: one of the host it talks to, one
// of this machine that talks to this machine, or one that is listed.
func (o *Origins) Allows(r *http.Request) bool {
	values := r.Header.Values("Origin")
	if len(values) == 0 {
		return true
	}
	origin := values[0]
	if len(values) > 1 {
		return false
	}
	if slices.Contains(o.Listed, origin) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return false
	}
	if loopback(u.Host) && loopback(r.Host) {
		return true
	}
	return u.Host == r.Host && o.AllowsHost(r.Host)
}

// AllowsHost tells whether a request that names host as its destination is
// answered. Addresses, names of this machine and names without a dot, which only
// a local network knows, can't be a stranger's.
func (o *Origins) AllowsHost(host string) bool {
	if !o.Rebound {
		return true
	}
	name := hostname(host)
	if net.ParseIP(name) != nil || !strings.Contains(name, ".") || strings.HasSuffix(name, ".localhost") {
		return true
	}
	return slices.Contains(o.Listed, "http://"+host) || slices.Contains(o.Listed, "https://"+host)
}

func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.Trim(host, "[]")
}

func loopback(host string) bool {
	name := hostname(host)
	if name == "localhost" {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}
