package api

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"volary/internal/access"
	"volary/internal/fleet"
	"volary/internal/mission"
	"volary/internal/problem"
	"volary/internal/scenario"
	"volary/internal/session"
	"volary/internal/telemetry"
)

// keep is a history in memory, of missions only.
type keep struct {
	History
	mu  sync.Mutex
	all map[string]*mission.Mission
}

func (k *keep) CreateMission(_ context.Context, m *mission.Mission) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all[m.ID] = m
	return nil
}
func (k *keep) UpdateMission(_ context.Context, m *mission.Mission) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.all[m.ID] == nil {
		return session.ErrNotFound
	}
	k.all[m.ID] = m
	return nil
}
func (k *keep) Mission(_ context.Context, id string) (*mission.Mission, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if m := k.all[id]; m != nil {
		return m, nil
	}
	return nil, session.ErrNotFound
}
func (k *keep) Missions(context.Context, int, string) ([]mission.Mission, string, error) {
	return nil, "", nil
}
func (k *keep) Session(context.Context, uuid.UUID) (*session.Session, error) {
	return nil, session.ErrNotFound
}
func (k *keep) Sessions(_ context.Context, _ int, cursor string) ([]session.Session, string, error) {
	if cursor != "" {
		return nil, "", session.ErrInvalid
	}
	return nil, "", nil
}
func (k *keep) Events(context.Context, session.EventFilter) ([]telemetry.Event, string, error) {
	return nil, "", nil
}

type stand struct {
	*httptest.Server
	bridge *bridge
	keep   *keep
	log    *bytes.Buffer
}

func newStand(t *testing.T) *stand {
	t.Helper()
	s := &stand{bridge: &bridge{}, keep: &keep{all: map[string]*mission.Mission{}}, log: &bytes.Buffer{}}
	s.Server = httptest.NewUnstartedServer(New(Config{
		Fleet: fleet.New(), Commander: s.bridge, History: s.keep, Status: func() fleet.Status { return fleet.Status{} },
		Ready: func(context.Context) error { return nil }, Metrics: http.NotFoundHandler(), Version: "test", Log: zerolog.New(s.log), Scenarios: board{},
		Access: Access{Origins: access.Origins{Rebound: true}},
	}))
	s.Config.MaxHeaderBytes = 64 << 10 // as the backend's
	s.Config.ReadHeaderTimeout = 5 * time.Second
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// board is a shelf of scenarios in memory.
type board map[string]scenario.Card

func (b board) Scenarios() []scenario.Card { return []scenario.Card{} }
func (b board) Scenario(name string) (scenario.Card, error) {
	c, ok := b[name]
	if !ok {
		return c, problem.New(problem.NotFound, "none")
	}
	return c, nil
}
func (b board) KeepScenario(sc *scenario.Scenario, _ bool) error {
	b[sc.Name] = sc.Card()
	return nil
}
func (b board) RemoveScenario(string) error { return nil }

func zipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

func named(name string) string {
	b, _ := json.Marshal(name)
	return `{"name":` + string(b) + `,"items":[{"type":"rtl"}]}`
}

func parts(n int, each func(w *multipart.Writer, i int)) (contentType, body string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := range n {
		each(w, i)
	}
	_ = w.Close()
	return w.FormDataContentType(), b.String()
}

// Rows 71 to 124 of the table of hostile input, as far as REST meets them: what
// is sent, and the exact answer.
func TestHostileRequests(t *testing.T) {
	s := newStand(t)
	cmd, mis, drones := "/api/v1/commands", "/api/v1/missions", "/api/v1/drones"
	altitude := func(v string) string {
		return `{"drones":"all","type":"takeoff","params":{"altitude_m":` + v + `}}`
	}
	place := func(lat, lon string) string {
		return `{"drones":"all","type":"goto","params":{"lat":` + lat + `,"lon":` + lon + `,"alt_m":5}}`
	}
	manyType, many := parts(10_000, func(w *multipart.Writer, i int) { _ = w.WriteField(fmt.Sprint("f", i), "x") })
	oneType, one := parts(1, func(w *multipart.Writer, _ int) {
		f, _ := w.CreateFormFile("file", "../../x.geojson")
		_, _ = f.Write([]byte(`{"type":"LineString","coordinates":[[8,47,30],[8.001,47,40]]}`))
	})
	const js, kml = "application/json", "application/vnd.google-earth.kml+xml"
	for _, c := range []struct {
		row                  int
		name                 string
		method, path         string
		kind, body           string
		status               int
		where                string // place of an error
		headers              []string
		without, withinBytes string // what the answer must not, must hold
	}{
		{row: 71, name: "NaN", path: cmd, kind: js, body: altitude("NaN"), status: 400},
		{row: 71, name: "Infinity", path: cmd, kind: js, body: altitude("Infinity"), status: 400},
		{row: 71, name: "1e999", path: cmd, kind: js, body: altitude("1e999"), status: 400},
		{row: 72, name: "latitude", path: cmd, kind: js, body: place("90.0000001", "8"), status: 422, where: "body.params.lat"},
		{row: 72, name: "longitude", path: cmd, kind: js, body: place("47", "540"), status: 422, where: "body.params.lon"},
		{row: 72, name: "altitude", path: cmd, kind: js, body: altitude("1e9"), status: 422, where: "body.params.altitude_m"},
		{row: 72, name: "speed", path: cmd, kind: js, body: `{"drones":"all","type":"set_speed","params":{"speed_ms":1e308}}`, status: 422, where: "body.params.speed_ms"},
		{row: 73, name: "beyond int64", path: drones, kind: js, body: `{"count":9223372036854775808}`, status: 400},
		{row: 73, name: "fraction", path: drones, kind: js, body: `{"count":1.5}`, status: 400},
		{row: 73, name: "text", path: drones, kind: js, body: `{"count":"1"}`, status: 400},
		{row: 74, name: "duplicate key", path: cmd, kind: js, body: `{"drones":"all","type":"hold","type":"kill"}`, status: 400, where: "body.type"},
		{row: 74, name: "case variant", path: cmd, kind: js, body: `{"drones":"all","type":"hold","Type":"kill"}`, status: 400, where: "body.Type"},
		{row: 74, name: "duplicate key in a mission", path: mis, kind: js, body: `{"name":"a","name":"b","items":[{"type":"rtl"}]}`, status: 400, where: "body.name"},
		{row: 75, name: "unknown field", path: cmd, kind: js, body: `{"drones":"all","type":"hold","force":1}`, status: 400, where: "body.force"},
		{row: 75, name: "two values", path: cmd, kind: js, body: `{"drones":"all","type":"hold"} {}`, status: 400},
		{row: 75, name: "byte order mark", path: cmd, kind: js, body: "\ufeff" + `{"drones":"all","type":"hold"}`, status: 400},
		{row: 75, name: "null", path: cmd, kind: js, body: "null", status: 400},
		{row: 75, name: "empty", path: cmd, kind: js, body: "", status: 400},
		{row: 75, name: "deep", path: cmd, kind: js, body: strings.Repeat("[", 100_000), status: 400},
		{row: 76, name: "text/plain", path: cmd, kind: "text/plain", body: `{"drones":"all","type":"hold"}`, status: 415},
		{row: 76, name: "no type", path: cmd, body: `{"drones":"all","type":"hold"}`, status: 415},
		{row: 76, name: "form", path: mis, kind: "application/x-www-form-urlencoded", body: "name=a", status: 415},
		{row: 77, name: "gzip", path: cmd, kind: js, body: zipped(`{"drones":"all","type":"hold"}`), status: 415, headers: []string{"Content-Encoding", "gzip"}},
		{row: 77, name: "gzip bomb", path: mis, kind: js, body: zipped(strings.Repeat(" ", 50<<20)), status: 415, headers: []string{"Content-Encoding", "gzip"}},
		{row: 78, name: "over 1 MB", path: cmd, kind: js, body: strings.Repeat(" ", 1<<20+1), status: 413},
		{row: 78, name: "upload over 10 MB", path: mis, kind: js, body: strings.Repeat(" ", 10<<20+1), status: 413},
		{row: 79, name: "unknown drone", method: "GET", path: drones + "/d99999", status: 404},
		{row: 79, name: "drone that is a path", method: "GET", path: drones + "/..%2f..%2fetc%2fpasswd", status: 404},
		{row: 83, name: "no waypoints", path: mis, kind: js, body: `{"name":"a","items":[]}`, status: 422, where: "body.items"},
		{row: 83, name: "10,001 waypoints", path: mis, kind: js, body: `{"name":"a","items":[` + strings.Repeat(`{"type":"rtl"},`, 10_000) + `{"type":"rtl"}]}`, status: 422, where: "body.items"},
		{row: 85, name: "path as a name", path: mis, kind: js, body: named("../../etc/passwd"), status: 422, where: "body.name"},
		{row: 85, name: "coded path as a name", path: mis, kind: js, body: named("..%2f"), status: 422, where: "body.name"},
		{row: 85, name: "zero byte", path: mis, kind: js, body: named("a\x00b"), status: 422, where: "body.name"},
		{row: 85, name: "device", path: mis, kind: js, body: named("CON"), status: 422, where: "body.name"},
		{row: 85, name: "right-to-left override", path: mis, kind: js, body: named("a\u202eb"), status: 422, where: "body.name"},
		{row: 85, name: "300 characters", path: mis, kind: js, body: named(strings.Repeat("a", 300)), status: 422, where: "body.name"},
		{row: 85, name: "path as the name of drones", path: drones, kind: js, body: `{"count":1,"name":"../x"}`, status: 422},
		{row: 86, name: "line end in a name", path: mis, kind: js, body: named("a\r\nSet-Cookie: b"), status: 422, where: "body.name"},
		{row: 86, name: "line end in a query", method: "GET", path: "/api/v1/drones?cursor=a%0d%0aX-Evil:%20b", status: 400},
		{row: 88, name: "markup", path: mis, kind: js, body: named("<img src=x onerror=alert(1)>"), status: 201},
		{row: 89, name: "SQL", path: mis, kind: js, body: named("'; DROP TABLE mission; -- $tag$ x $tag$"), status: 201, withinBytes: "DROP TABLE mission; -- $tag$"},
		{row: 90, name: "\\u0000", path: mis, kind: js, body: `{"name":"a\u0000b","items":[{"type":"rtl"}]}`, status: 422, where: "body.name"},
		{row: 91, name: "lone surrogate", path: mis, kind: js, body: `{"name":"a\ud800b","items":[{"type":"rtl"}]}`, status: 422},
		{row: 91, name: "lone surrogate in a command", path: cmd, kind: js, body: `{"drones":["\ud800"],"type":"hold"}`, status: 422},
		{row: 92, name: "limit below", method: "GET", path: "/api/v1/sessions?limit=-1", status: 400, where: "query.limit"},
		{row: 92, name: "limit above", method: "GET", path: "/api/v1/events?limit=1000000000", status: 400, where: "query.limit"},
		{row: 92, name: "limit that is none", method: "GET", path: "/api/v1/events?limit=1;drop", status: 400},
		{row: 92, name: "cursor of ours that isn't", method: "GET", path: "/api/v1/sessions?cursor=1%27--", status: 400},
		{row: 92, name: "unknown query", method: "GET", path: "/api/v1/sessions?order=name%27--", status: 400, where: "query.order"},
		{row: 92, name: "query twice", method: "GET", path: "/api/v1/sessions?limit=1&limit=2", status: 400, where: "query.limit"},
		{row: 94, name: "TRACE", method: "TRACE", path: "/api/v1/status", status: 405},
		{row: 94, name: "CONNECT", method: "CONNECT", path: "/api/v1/status", status: 405},
		{row: 94, name: "dots", method: "GET", path: "/api/%2e%2e/metrics", status: 404},
		{row: 96, name: "slash and backslash", method: "GET", path: "/%5Cevil.com/", status: 404, without: "Location"},
		{row: 96, name: "evil host", method: "GET", path: "/api/v1/status", status: 421, headers: []string{"Host", "evil.com"}},
		{row: 0, name: "scenario", path: "/api/v1/scenarios", kind: mediaYAML, body: "name: ok\nhome: {lat: 47, lon: 8}\n", status: 201},
		{row: 0, name: "scenario with a key that is none", path: "/api/v1/scenarios", kind: mediaYAML, body: "name: ok\nhomes: 1\n", status: 422, withinBytes: "line 2, column 1"},
		{row: 0, name: "scenario beyond the pole", path: "/api/v1/scenarios?check=true", kind: mediaYAML, body: "name: ok\nhome: {lat: 97, lon: 8}\n", status: 422, where: "body.home.lat", withinBytes: "line 2, column 13"},
		{row: 0, name: "scenario that is no YAML", path: "/api/v1/scenarios", kind: mediaYAML, body: "name: [", status: 422, withinBytes: "line"},
		{row: 117, name: "scenario of aliases of aliases", path: "/api/v1/scenarios", kind: mediaYAML, body: "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n", status: 422},
		{row: 85, name: "scenario called a path", path: "/api/v1/scenarios", kind: mediaYAML, body: "name: ../x\nhome: {lat: 47, lon: 8}\n", status: 422, where: "body.name"},
		{row: 76, name: "scenario as text", path: "/api/v1/scenarios", kind: "text/plain", body: "name: ok\n", status: 415},
		{row: 116, name: "document type", path: mis, kind: kml, body: `<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]><kml>&x;</kml>`, status: 422, where: "body", without: "root:"},
		{row: 117, name: "100,000 levels", path: mis, kind: kml, body: "<kml>" + strings.Repeat("<a>", 100_000), status: 422, where: "body"},
		{row: 120, name: "a million vertices", path: mis, kind: "application/geo+json", body: `{"type":"LineString","coordinates":[` + strings.Repeat("[8,47],", 1_000_000) + `[8,47]]}`, status: 413},
		{row: 120, name: "wrong depth", path: mis, kind: "application/geo+json", body: `{"type":"LineString","coordinates":[8,47]}`, status: 422},
		{row: 121, name: "plan with a jump", path: mis + "?format=plan", kind: js, body: `{"fileType":"Plan","version":1,"mission":{"version":2,"items":[{"type":"SimpleItem","command":177,"frame":2,"params":[1,-1,0,0,0,0,0]}]}}`, status: 422, where: "body.mission.items[0].command"},
		{row: 122, name: "10,000 parts", path: mis, kind: manyType, body: many, status: 413},
		{row: 122, name: "no boundary", path: mis, kind: "multipart/form-data", body: many, status: 400},
		{row: 122, name: "one part", path: mis, kind: oneType, body: one, status: 201, without: ".."},
		{row: 123, name: "picture named kml", path: mis, kind: kml, body: "\x89PNG\r\n\x1a\n", status: 415},
		{row: 123, name: "picture named geojson", path: mis, kind: "application/geo+json", body: "\x89PNG\r\n\x1a\n", status: 415},
	} {
		t.Run(fmt.Sprint(c.row, " ", c.name), func(t *testing.T) {
			if c.method == "" {
				c.method = "POST"
			}
			r, err := http.NewRequestWithContext(t.Context(), c.method, s.URL, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			r.URL.Opaque = c.path // exactly as written
			if p, q, ok := strings.Cut(c.path, "?"); ok {
				r.URL.Opaque, r.URL.RawQuery = p, q
			}
			if c.kind != "" {
				r.Header.Set("Content-Type", c.kind)
			}
			for i := 0; i < len(c.headers); i += 2 {
				if c.headers[i] == "Host" {
					r.Host = c.headers[i+1]
				}
				r.Header.Set(c.headers[i], c.headers[i+1])
			}
			client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			a, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Body.Close()
			body, err := io.ReadAll(a.Body)
			if err != nil {
				t.Fatal(err)
			}
			if a.StatusCode != c.status || !strings.Contains(string(body), c.withinBytes) {
				t.Fatalf("%d %.300s; want %d", a.StatusCode, body, c.status)
			}
			if c.without != "" && (a.Header.Get(c.without) != "" || strings.Contains(string(body), c.without)) {
				t.Errorf("the answer holds %q: %.300s", c.without, body)
			}
			for name := range a.Header {
				if strings.Contains(strings.ToLower(name), "evil") || name == "Set-Cookie" {
					t.Errorf("header %s came from the client", name)
				}
			}
			if c.status < 400 {
				return
			}
			var p struct {
				Title, Detail string
				Errors        []struct{ Location string }
			}
			if err := json.Unmarshal(body, &p); err != nil || p.Title == "" || p.Detail == "" || !strings.HasPrefix(a.Header.Get("Content-Type"), "application/problem+json") {
				t.Errorf("%s: %.300s is no problem", a.Header.Get("Content-Type"), body)
			}
			found := c.where == ""
			for _, e := range p.Errors {
				found = found || e.Location == c.where
			}
			if !found || len(body) > 5000 {
				t.Errorf("%.300s (%d bytes) names no %s", body, len(body), c.where)
			}
		})
	}
	if len(s.bridge.commands) != 0 {
		t.Errorf("%d commands came through", len(s.bridge.commands))
	}
	if strings.Contains(s.log.String(), "panic") {
		t.Errorf("a handler panicked: %.500s", s.log)
	}
}

// Rows 94 to 98: requests as no client library would write them.
func TestHostileRequestsByHand(t *testing.T) {
	s := newStand(t)
	host := "Host: " + s.Listener.Addr().String() + "\r\n"
	for _, c := range []struct {
		row    int
		name   string
		text   string
		status []int // that may come; the connection is closed after
	}{
		{94, "absolute URI of another host", "GET http://evil.com/api/v1/status HTTP/1.1\r\n" + host + "\r\n", []int{421}},
		{94, "two slashes", "GET //api/v1/status HTTP/1.1\r\n" + host + "\r\n", []int{404}},
		{96, "two slashes and a host", "GET //evil.com/ HTTP/1.1\r\n" + host + "\r\n", []int{404}},
		{97, "Content-Length with Transfer-Encoding", "POST /api/v1/commands HTTP/1.1\r\n" + host + "Content-Type: application/json\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/v1/status HTTP/1.1\r\n" + host + "\r\n", []int{400}},
		{97, "two Content-Lengths", "POST /api/v1/commands HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", []int{400}},
		{97, "bare line feeds in chunks", "POST /api/v1/commands HTTP/1.1\r\n" + host + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n", []int{400}},
		{97, "unknown coding", "POST /api/v1/commands HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n", []int{501, 400}},
		{98, "10,000 cookies", "GET /api/v1/status HTTP/1.1\r\n" + host + strings.Repeat("Cookie: a=b\r\n", 10_000) + "\r\n", []int{431}},
		{98, "a head without end", "GET /api/v1/status HTTP/1.1\r\n" + host + "X: " + strings.Repeat("a", 200<<10), []int{431}},
		{98, "no version", "GET /api/v1/status\r\n\r\n", []int{400}},
		{98, "no host", "GET /api/v1/status HTTP/1.1\r\n\r\n", []int{400}},
		{98, "control character in a header", "GET /api/v1/status HTTP/1.1\r\n" + host + "X: a\x00b\r\n\r\n", []int{400}},
	} {
		t.Run(fmt.Sprint(c.row, " ", c.name), func(t *testing.T) {
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
			go func() { _, _ = io.WriteString(conn, c.text) }()
			a, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			_ = a.Body.Close()
			ok := false
			for _, want := range c.status {
				ok = ok || a.StatusCode == want
			}
			if !ok || a.Header.Get("Location") != "" {
				t.Errorf("%s to %q, want %v", a.Status, a.Header.Get("Location"), c.status)
			}
		})
	}
	if len(s.bridge.commands) != 0 {
		t.Errorf("%d commands came through", len(s.bridge.commands))
	}
}

// The same mission in every format, told apart by its tag, and not replaced over
// somebody else's change.
func TestMissionsComeOutAsAskedFor(t *testing.T) {
	s := newStand(t)
	send := func(method, path string, head map[string]string, body string) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range head {
			r.Header.Set(k, v)
		}
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		b, err := io.ReadAll(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		return a, string(b)
	}
	kml, err := os.ReadFile("../mission/testdata/zurich_flights.kml")
	if err != nil {
		t.Fatal(err)
	}
	a, body := send("POST", "/api/v1/missions?path=ETH&alt_m=80", map[string]string{"Content-Type": "application/vnd.google-earth.kml+xml"}, string(kml))
	var made mission.Mission
	if err := json.Unmarshal([]byte(body), &made); err != nil || a.StatusCode != 201 || len(made.Items) != 119 {
		t.Fatalf("%d %.300s", a.StatusCode, body)
	}
	path := "/api/v1/missions/" + made.ID
	for _, c := range []struct{ accept, query, kind, begins string }{
		{"", "", "application/json", `{"id":`},
		{"*/*", "", "application/json", `{"id":`},
		{"application/geo+json", "", "application/geo+json", `{"geometry":`},
		{"application/vnd.google-earth.kml+xml, */*;q=0.1", "", "application/vnd.google-earth.kml+xml", "<?xml"},
		{"text/html", "?format=kml", "application/vnd.google-earth.kml+xml", "<?xml"},
		{"", "?format=plan", mediaPlan, `{"fileType":"Plan"`},
	} {
		a, body := send("GET", path+c.query, map[string]string{"Accept": c.accept}, "")
		if a.StatusCode != 200 || a.Header.Get("Content-Type") != c.kind || !strings.HasPrefix(body, c.begins) {
			t.Errorf("%q %q: %d %s %.60s", c.accept, c.query, a.StatusCode, a.Header.Get("Content-Type"), body)
		}
		tag := a.Header.Get("ETag")
		if again, body := send("GET", path+c.query, map[string]string{"Accept": c.accept, "If-None-Match": tag}, ""); again.StatusCode != 304 || body != "" || again.Header.Get("ETag") != tag {
			t.Errorf("%q %q: asked again %d %.60s", c.accept, c.query, again.StatusCode, body)
		}
	}
	a, _ = send("GET", path, nil, "")
	tag := a.Header.Get("ETag")
	js := map[string]string{"Content-Type": "application/json", "If-Match": tag}
	if a, body := send("PUT", path, js, named("first")); a.StatusCode != 200 {
		t.Errorf("replaced: %d %s", a.StatusCode, body)
	}
	if a, body := send("PUT", path, js, named("second")); a.StatusCode != 412 {
		t.Errorf("replaced over a change: %d %s", a.StatusCode, body)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// What hostile requests took is given back: goroutines, descriptors, memory.
func TestHostileRequestsLeaveNothingBehind(t *testing.T) {
	s := newStand(t)
	transport := &http.Transport{}
	client := &http.Client{Transport: transport}
	round := func() {
		for _, body := range []string{strings.Repeat("[", 100_000), named("a\x00b"), `{"name":"a","items":[` + strings.Repeat(`{"type":"rtl"},`, 10_000) + `{"type":"rtl"}]}`, "<kml>" + strings.Repeat("<a>", 100_000), strings.Repeat(" ", 2<<20)} {
			for _, kind := range []string{"application/json", "application/vnd.google-earth.kml+xml", "text/plain"} {
				r, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/api/v1/missions", strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Content-Type", kind)
				a, err := client.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, a.Body)
				_ = a.Body.Close()
			}
			// A client that leaves in the middle.
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(conn, "POST /api/v1/missions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{")
			_ = conn.Close()
		}
		transport.CloseIdleConnections()
	}
	settle := func(goroutines, files int) (int, int, uint64) {
		var m runtime.MemStats
		for deadline := time.Now().Add(5 * time.Second); ; {
			runtime.GC()
			g, f := runtime.NumGoroutine(), descriptors(t)
			if (g <= goroutines && f <= files) || time.Now().After(deadline) {
				runtime.ReadMemStats(&m)
				return g, f, m.HeapAlloc
			}
			runtime.Gosched()
		}
	}
	round() // what is made once
	g0, f0, m0 := settle(runtime.NumGoroutine(), descriptors(t))
	for range 20 {
		round()
	}
	g, f, m := settle(g0, f0)
	if g > g0 || f > f0 || m > m0+4<<20 {
		t.Errorf("goroutines %d → %d, descriptors %d → %d, heap %d → %d bytes", g0, g, f0, f, m0, m)
	}
	if len(s.keep.all) != 0 {
		t.Errorf("%d missions were kept of uploads that failed", len(s.keep.all))
	}
}
