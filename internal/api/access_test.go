package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"volary/internal/access"
	"volary/internal/fleet"
)

// gate makes a gate with one token a role.
func gate(t *testing.T) (*access.Gate, map[string]string) {
	t.Helper()
	name, tokens := filepath.Join(t.TempDir(), "tokens.yaml"), map[string]string{"none": "", "wrong": "vly_wrong"}
	for _, c := range []struct {
		name    string
		role    access.Role
		expires time.Time
	}{{"viewer", access.Viewer, time.Time{}}, {"operator", access.Operator, time.Time{}}, {"admin", access.Admin, time.Time{}}, {"expired", access.Admin, time.Now().Add(-time.Hour)}} {
		token, line, err := access.Create(c.name, c.role, c.expires)
		if err != nil {
			t.Fatal(err)
		}
		if err := access.Append(name, line); err != nil {
			t.Fatal(err)
		}
		tokens[c.name] = token
	}
	all, err := access.OpenTokens(name)
	if err != nil {
		t.Fatal(err)
	}
	return access.NewGate(all, nil), tokens
}

func guardedAPI(a Access) (http.Handler, *bridge) {
	b := &bridge{}
	return New(Config{
		Fleet: fleet.New(), Commander: b, History: shelf{}, Status: func() fleet.Status { return fleet.Status{} },
		Ready: func(context.Context) error { return nil }, Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) }),
		Version: "test", Log: zerolog.Nop(), Access: a,
	}), b
}

func TestEveryRouteAsksForARole(t *testing.T) {
	g, _ := gate(t)
	h, _ := guardedAPI(Access{Gate: g})
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/openapi.json", nil))
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for path, methods := range doc.Paths {
		for method, o := range methods {
			seen[o.OperationID] = true
			if needs[o.OperationID] == access.Nobody {
				t.Errorf("%s %s (%s) has no role in needs: it is open to nobody", method, path, o.OperationID)
			}
			if method == "get" && needs[o.OperationID] != access.Viewer {
				t.Errorf("%s only reads: a viewer may", o.OperationID)
			}
			if method != "get" && needs[o.OperationID] < access.Operator {
				t.Errorf("%s %s (%s) changes something: not for viewers", method, path, o.OperationID)
			}
			// Nothing of the request is looked at before who sends it.
			r := httptest.NewRequestWithContext(t.Context(), strings.ToUpper(method), strings.NewReplacer("{id}", "x").Replace(path), strings.NewReader("{"))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			// The flood of this very test ends in 429.
			if w.Code != http.StatusUnauthorized && w.Code != http.StatusTooManyRequests {
				t.Errorf("%s %s without a token: %d", method, path, w.Code)
			}
		}
	}
	for id := range needs {
		if !seen[id] {
			t.Errorf("needs has %q, which is no operation", id)
		}
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	g, tokens := gate(t)
	hold := `{"drones":"all","type":"hold"}`
	for _, c := range []struct {
		who, method, path, body string
		status                  int
	}{
		{"none", "GET", "/healthz", "", 200},
		{"none", "GET", "/readyz", "", 200},
		{"none", "GET", "/openapi.json", "", 200},
		{"none", "GET", "/docs", "", 200},
		{"none", "GET", "/metrics", "", 401},
		{"viewer", "GET", "/metrics", "", 200},
		{"none", "GET", "/api/v1/status", "", 401},
		{"wrong", "GET", "/api/v1/status", "", 401},
		{"expired", "GET", "/api/v1/status", "", 401},
		{"viewer", "GET", "/api/v1/status", "", 200},
		{"viewer", "POST", "/api/v1/commands", hold, 403},
		{"viewer", "POST", "/api/v1/commands", "{", 403},
		{"none", "POST", "/api/v1/commands", hold, 401},
		{"operator", "POST", "/api/v1/commands", hold, 200},
		{"admin", "POST", "/api/v1/commands", hold, 200},
		{"viewer", "DELETE", "/api/v1/drones", "", 403},
		{"viewer", "POST", "/api/v1/missions", "{}", 403},
	} {
		h, b := guardedAPI(Access{Gate: g})
		r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(c.body))
		r.Header.Set("Content-Type", "application/json")
		if token := tokens[c.who]; token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%s: %s %s: %d %s, want %d", c.who, c.method, c.path, w.Code, w.Body, c.status)
		}
		if c.status == 401 && w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %s %s: 401 doesn't say what would help", c.who, c.method, c.path)
		}
		if c.status >= 400 && (len(b.commands) > 0 || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/problem+json")) {
			t.Errorf("%s: %s %s: %d commands, %s", c.who, c.method, c.path, len(b.commands), w.Header())
		}
	}
}

func TestAFloodOfWrongTokensSlowsDownNobodyElse(t *testing.T) {
	g, tokens := gate(t)
	h, _ := guardedAPI(Access{Gate: g, PerSecond: 1000})
	ask := func(token, from, forwarded string) int {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/status", nil)
		r.RemoteAddr = from
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("X-Forwarded-For", forwarded)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	got := map[int]int{}
	for i := range 500 {
		got[ask("vly_guess", "203.0.113.7:1", "10.0.0."+string(rune('0'+i%10)))]++ // pretends to be many
	}
	if got[401] < failureBurst || got[401] > failureBurst+5 || got[429] != 500-got[401] {
		t.Errorf("500 wrong tokens: %v, want %d 401s and then 429", got, failureBurst)
	}
	if c := ask(tokens["viewer"], "203.0.113.7:2", ""); c != 200 {
		t.Errorf("a right token from the same address: %d", c)
	}
	if c := ask("vly_guess", "203.0.113.8:1", ""); c != 401 {
		t.Errorf("a wrong token from another address: %d", c)
	}
}

func TestAPartyThatAsksTooOftenIsToldToWait(t *testing.T) {
	g, tokens := gate(t)
	h, _ := guardedAPI(Access{Gate: g, PerSecond: 5})
	got := map[int]int{}
	for range 100 {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/status", nil)
		r.Header.Set("Authorization", "Bearer "+tokens["viewer"])
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		got[w.Code]++
		if w.Code == 429 && w.Header().Get("Retry-After") == "" {
			t.Fatal("429 without Retry-After")
		}
	}
	if got[200] < 10 || got[429] < 80 {
		t.Errorf("%v, want about 10 answers", got)
	}
}

func TestStrangePagesNeitherReadNorChange(t *testing.T) {
	for _, c := range []struct {
		name, method, host, origin, site string
		status                           int
		allowed                          string
	}{
		{"a program", "POST", "localhost:8080", "", "", 200, ""},
		{"our own page", "POST", "localhost:8080", "http://localhost:8080", "same-origin", 200, "http://localhost:8080"},
		{"a page of this machine", "POST", "localhost:8080", "http://127.0.0.1:3000", "cross-site", 200, "http://127.0.0.1:3000"},
		{"a page that is listed", "POST", "localhost:8080", "https://ops.example", "cross-site", 200, "https://ops.example"},
		{"a strange page", "POST", "localhost:8080", "https://evil.example", "cross-site", 403, ""},
		{"a strange page that reads", "GET", "localhost:8080", "https://evil.example", "cross-site", 403, ""},
		{"a page without origin", "POST", "localhost:8080", "", "cross-site", 403, ""},
		{"a link on another page", "GET", "localhost:8080", "", "cross-site", 200, ""},
		{"a sandboxed page", "POST", "localhost:8080", "null", "cross-site", 403, ""},
		{"a look-alike", "POST", "localhost:8080", "http://localhost.evil.example", "", 403, ""},
		{"a name turned to this machine", "GET", "evil.example:8080", "", "same-origin", 421, ""},
		{"preflight of a listed page", "OPTIONS", "localhost:8080", "https://ops.example", "", 204, "https://ops.example"},
		{"preflight of a strange page", "OPTIONS", "localhost:8080", "https://evil.example", "", 403, ""},
		{"preflight of null", "OPTIONS", "localhost:8080", "null", "", 403, ""},
	} {
		h, b := guardedAPI(Access{Origins: access.Origins{Listed: []string{"https://ops.example"}, Rebound: true}})
		path := "/api/v1/commands"
		if c.method == "GET" {
			path = "/api/v1/status"
		}
		r := httptest.NewRequestWithContext(t.Context(), c.method, path, strings.NewReader(`{"drones":"all","type":"hold"}`))
		r.Host = c.host
		r.Header.Set("Content-Type", "application/json")
		for k, v := range map[string]string{"Origin": c.origin, "Sec-Fetch-Site": c.site} {
			if v != "" {
				r.Header.Set(k, v)
			}
		}
		if c.method == "OPTIONS" {
			r.Header.Set("Access-Control-Request-Method", "POST")
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status || w.Header().Get("Access-Control-Allow-Origin") != c.allowed {
			t.Errorf("%s: %d, allows %q; want %d, %q", c.name, w.Code, w.Header().Get("Access-Control-Allow-Origin"), c.status, c.allowed)
		}
		if c.status >= 400 && len(b.commands) > 0 {
			t.Errorf("%s: the command was carried out", c.name)
		}
	}
}
