package socketio

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// engineError is a refusal as Engine.IO clients expect it.
type engineError struct {
	status  int
	code    int
	message string
}

// The refusals of Engine.IO, with the reference implementation's codes.
var (
	errTransport  = engineError{http.StatusBadRequest, 0, "Transport unknown"}
	errUnknownSID = engineError{http.StatusBadRequest, 1, "Session ID unknown"}
	errMethod     = engineError{http.StatusBadRequest, 2, "Bad handshake method"}
	errBadRequest = engineError{http.StatusBadRequest, 3, "Bad request"}
	errForbidden  = engineError{http.StatusForbidden, 4, "Forbidden"}
	errVersion    = engineError{http.StatusBadRequest, 5, "Unsupported protocol version"}
	errGuessing   = engineError{http.StatusTooManyRequests, 1, "Session ID unknown"}
	errFull       = engineError{http.StatusServiceUnavailable, 3, "Too many sessions"}
	errShutdown   = engineError{http.StatusServiceUnavailable, 3, "Server is shutting down"}
	errTooBig     = engineError{http.StatusRequestEntityTooLarge, 3, "Payload too large"}
	errHeaders    = engineError{http.StatusRequestHeaderFieldsTooLarge, 3, "Request header too large"}
	errWSVersion  = engineError{http.StatusUpgradeRequired, 3, "Unsupported websocket version"}
)

func (e *engineError) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if e.status == http.StatusServiceUnavailable || e.status == http.StatusTooManyRequests {
		h.Set("Retry-After", "5")
	}
	w.WriteHeader(e.status)
	json.NewEncoder(w).Encode(struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}{e.code, e.message})
}

// query is what the request's parameters say.
type query struct {
	eio        int
	transport  string
	sid        string
	base64Only bool
}

const (
	maxQueryBytes  = 32 << 10 // room for a token
	maxQueryParams = 100
	maxHeaders     = 100
	maxHeaderBytes = 32 << 10
)

// readQuery takes the parameters apart. Repeated ones are refused: two parties
// on the way might each believe another of them.
func (s *Server) readQuery(raw string) (q query, e *engineError) {
	if len(raw) > maxQueryBytes || strings.Count(raw, "&") >= maxQueryParams {
		return q, &errBadRequest
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return q, &errBadRequest
	}
	for _, name := range []string{"EIO", "transport", "sid"} {
		if len(values[name]) > 1 {
			return q, &errBadRequest
		}
	}
	switch q.transport = values.Get("transport"); q.transport {
	case transportPolling, transportWebSocket:
	default:
		return q, &errTransport
	}
	switch v := values.Get("EIO"); {
	case v == "4":
		q.eio = 4
	case v == "3" && s.config.AllowEIO3:
		q.eio = 3
	default:
		return q, &errVersion
	}
	q.sid = values.Get("sid")
	b64 := values.Get("b64")
	q.base64Only = b64 != "" && b64 != "0" && b64 != "false"
	return q, nil
}

// checkHeaders bounds what a request's head may weigh, whatever the surrounding
// HTTP server allows.
func checkHeaders(h http.Header) *engineError {
	count, size := 0, 0
	for name, values := range h {
		for _, v := range values {
			count++
			size += len(name) + len(v)
		}
	}
	if count > maxHeaders || size > maxHeaderBytes {
		return &errHeaders
	}
	return nil
}

// admitOrigin answers for browsers: whether the page may talk to us at all, and
// the headers that let it read the answer. Browsers ask nobody before they open
// a websocket, so the check must be ours.
func (s *Server) admitOrigin(w http.ResponseWriter, r *http.Request) *engineError {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return nil
	}
	if len(origins) > 1 || strings.ContainsFunc(origins[0], isControl) {
		return &errBadRequest
	}
	if !s.config.CheckOrigin(r) {
		return &errForbidden
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origins[0])
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Add("Vary", "Origin")
	return nil
}

func preflight(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	h.Set("Access-Control-Allow-Headers", "Content-Type, Authorization")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

// checkWebSocket looks at the upgrade request before the connection is taken
// from net/http, so that a refusal is an ordinary answer.
func checkWebSocket(r *http.Request) *engineError {
	if r.Method != http.MethodGet ||
		!hasToken(r.Header["Connection"], "upgrade") ||
		!hasToken(r.Header["Upgrade"], "websocket") {
		return &errBadRequest
	}
	if r.Header.Get("Sec-Websocket-Version") != "13" {
		return &errWSVersion
	}
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-Websocket-Key"))
	if err != nil || len(key) != 16 {
		return &errBadRequest
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// hasToken looks for a token in header values that are lists.
func hasToken(values []string, token string) bool {
	for _, v := range values {
		for part := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// openData is the open packet's data.
func (s *session) openData(upgrades bool) string {
	c := &s.srv.config
	data := struct {
		SID          string   `json:"sid"`
		Upgrades     []string `json:"upgrades"`
		PingInterval int64    `json:"pingInterval"`
		PingTimeout  int64    `json:"pingTimeout"`
		MaxPayload   int      `json:"maxPayload"`
	}{s.id, []string{}, c.PingInterval.Milliseconds(), c.PingTimeout.Milliseconds(), c.MaxPayload}
	if upgrades {
		data.Upgrades = append(data.Upgrades, transportWebSocket)
	}
	b, err := json.Marshal(data)
	if err != nil { // strings and numbers always encode
		panic(err)
	}
	return string(b)
}

// newID returns 144 random bits as text. It is all that protects a polling
// session from being taken over.
func newID() string {
	var b [18]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}
