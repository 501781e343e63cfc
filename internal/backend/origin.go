package backend

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// originChecker tells which pages may open a socket from a browser: those of the
// host they connect to, pages of this machine while they connect to this
// machine, and those listed. A program that is no browser sends no origin.
func originChecker(allowed []string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		origin := r.Header.Get("Origin")
		if origin == "" {
			return true
		}
		if slices.Contains(allowed, origin) {
			return true
		}
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return false
		}
		return u.Host == r.Host || (loopback(u.Host) && loopback(r.Host))
	}
}

func loopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}
