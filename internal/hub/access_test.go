package hub

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/rs/zerolog"

	"volary/internal/access"
	"volary/internal/drone"
	"volary/internal/fleet"
	"volary/internal/session"
)

// counter notes what came through.
type counter struct{ commands chan *drone.Command }

func (c counter) Command(_ context.Context, cmd *drone.Command) (*drone.Answer, error) {
	c.commands <- cmd
	return &drone.Answer{ID: "x"}, nil
}
func (counter) Act(context.Context, session.Action) error { return nil }

// talk is a websocket client of Socket.IO, revision 4, as raw as can be.
type talk struct {
	t    *testing.T
	conn interface {
		SetDeadline(time.Time) error
		Read([]byte) (int, error)
		Write([]byte) (int, error)
		Close() error
	}
}

func dial(t *testing.T, url string, header http.Header) (*talk, error) {
	t.Helper()
	d := ws.Dialer{Header: ws.HandshakeHeaderHTTP(header), Timeout: 5 * time.Second}
	c, _, _, err := d.Dial(t.Context(), "ws"+strings.TrimPrefix(url, "http")+"/socket.io/?EIO=4&transport=websocket")
	if err != nil {
		return nil, err
	}
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	t.Cleanup(func() { _ = c.Close() })
	return &talk{t, c}, nil
}

func (k *talk) say(text string) {
	k.t.Helper()
	if err := wsutil.WriteClientText(k.conn, []byte(text)); err != nil {
		k.t.Fatal(err)
	}
}

// hear reads until a message begins with one of the beginnings.
func (k *talk) hear(beginnings ...string) string {
	k.t.Helper()
	for {
		b, err := wsutil.ReadServerText(k.conn)
		if err != nil {
			k.t.Fatalf("waiting for %q: %v", beginnings, err)
		}
		for _, want := range beginnings {
			if strings.HasPrefix(string(b), want) {
				return string(b)
			}
		}
	}
}

func TestClientsMayDoWhatTheirTokenSaysAndAreLetGoWithIt(t *testing.T) {
	name := filepath.Join(t.TempDir(), "tokens.yaml")
	tokens := map[access.Role]string{}
	for _, role := range []access.Role{access.Viewer, access.Operator} {
		token, line, err := access.Create(role.String(), role, time.Time{})
		if err == nil {
			err = access.Append(name, line)
		}
		if err != nil {
			t.Fatal(err)
		}
		tokens[role] = token
	}
	file, err := access.OpenTokens(name)
	if err != nil {
		t.Fatal(err)
	}
	origins := access.Origins{Listed: []string{"https://ops.example"}}
	did := counter{make(chan *drone.Command, 10)}
	h := New(Config{
		Fleet: fleet.New(), Commander: did, Status: func() fleet.Status { return fleet.Status{} }, Log: zerolog.Nop(),
		Gate: access.NewGate(file, nil), CheckOrigin: origins.Allows,
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	server := httptest.NewServer(h)
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		server.Close()
	}()

	for _, auth := range []string{``, `{}`, `{"token":""}`, `{"token":"vly_wrong"}`, `{"token":7}`, `{"token":"` + strings.Repeat("x", 90_000) + `"}`} {
		c, err := dial(t, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.say("40" + auth)
		if m := c.hear("40", "44"); !strings.HasPrefix(m, `44{"message":"unauthorized"`) {
			t.Errorf("%.40s is answered %s", auth, m)
		}
	}
	for _, origin := range []string{"https://evil.example", "null"} {
		if _, err := dial(t, server.URL, http.Header{"Origin": {origin}}); err == nil {
			t.Errorf("a page of %s got a websocket", origin)
		}
	}
	if h.Clients() != 0 {
		t.Fatalf("%d clients are in", h.Clients())
	}

	viewer, err := dial(t, server.URL, http.Header{"Origin": {"https://ops.example"}})
	if err != nil {
		t.Fatal(err)
	}
	viewer.say(`40{"token":"` + tokens[access.Viewer] + `"}`)
	viewer.hear("40")
	hold := `["command",{"drones":"all","type":"hold"}]`
	for event, want := range map[string]string{
		`["subscribe",{"stream":"events"}]`: `"ok":true`, `["latency",1]`: `"ok":true`,
		hold: `"code":"forbidden"`, `["sim",{"action":"pause"}]`: `"code":"forbidden"`,
		`["nothing"]`: `"code":"unknown_event"`,
	} {
		viewer.say("421" + event)
		if m := viewer.hear("431"); !strings.Contains(m, want) {
			t.Errorf("a viewer's %s is answered %s, want %s", event, m, want)
		}
	}
	if len(did.commands) != 0 {
		t.Error("a viewer's command was carried out")
	}

	operator, err := dial(t, server.URL, http.Header{"Authorization": {"Bearer " + tokens[access.Operator]}})
	if err != nil {
		t.Fatal(err)
	}
	operator.say("40")
	operator.hear("40")
	operator.say("421" + hold)
	if m := operator.hear("431"); !strings.Contains(m, `"ok":true`) || len(did.commands) != 1 {
		t.Errorf("an operator's command is answered %s", m)
	}

	// The viewer's token is taken back: it goes, the operator stays.
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	rest := "tokens:\n" + string(text[strings.Index(string(text), "  - name: operator"):])
	if err := os.WriteFile(name, []byte(rest), 0o600); err != nil {
		t.Fatal(err)
	}
	file.Reload(zerolog.Nop())
	viewer.hear("41")
	operator.say(`421["latency"]`)
	operator.hear("431")
}
