package hub

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"volary/internal/clock"
	"volary/internal/session"
	"volary/internal/telemetry"
)

// described is docs/asyncapi.yaml, with a schema for the payload of each message.
type described struct {
	schema   map[string]*jsonschema.Schema // by key of the message
	tells    []string                      // names of events the hub sends
	takes    []string                      // names of events it takes
	document map[string]any
}

func readDescription(t *testing.T) *described {
	t.Helper()
	b, err := os.ReadFile("../../docs/asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var raw any
	if err := yaml.Unmarshal(b, &raw); err != nil {
		t.Fatal(err)
	}
	b, err = json.Marshal(raw) // numbers and keys as JSON has them
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	d := &described{schema: map[string]*jsonschema.Schema{}, document: doc.(map[string]any)}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("file:///asyncapi.json", doc); err != nil {
		t.Fatal(err)
	}
	at := func(keys ...string) any {
		var v any = d.document
		for _, k := range keys {
			v = v.(map[string]any)[k]
		}
		return v
	}
	for key := range at("components", "messages").(map[string]any) {
		if d.schema[key], err = c.Compile("file:///asyncapi.json#/components/messages/" + key + "/payload"); err != nil {
			t.Fatal(err)
		}
	}
	for op, list := range map[string]*[]string{"tell": &d.tells, "ask": &d.takes} {
		for _, ref := range at("operations", op, "messages").([]any) {
			key := filepath.Base(ref.(map[string]any)["$ref"].(string))
			*list = append(*list, at("components", "messages", key, "name").(string))
		}
		slices.Sort(*list)
	}
	return d
}

// What the hub's own text emits, and what it takes, is what the description lists.
func TestTheDescriptionListsEveryEvent(t *testing.T) {
	d := readDescription(t)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{compactTopic: true}
	emits := regexp.MustCompile(`(?:RawMessage|NewMessage|toRoom)\((?:[^,"]*, )?"([a-z_]+)"`)
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range emits.FindAllStringSubmatch(string(b), -1) {
			found[m[1]] = true
		}
	}
	for _, m := range regexp.MustCompile(`toRoom\([^"\n]*"([a-z]+)"`).FindAllStringSubmatch(readAll(t, "hub.go"), -1) {
		found[m[1]] = true
	}
	var sends []string
	for name := range found {
		sends = append(sends, name)
	}
	slices.Sort(sends)
	if !slices.Equal(sends, d.tells) {
		t.Errorf("the hub emits %v, docs/asyncapi.yaml says %v", sends, d.tells)
	}
	var takes []string
	for name := range needs {
		takes = append(takes, name)
	}
	slices.Sort(takes)
	if !slices.Equal(takes, d.takes) {
		t.Errorf("the hub takes %v, docs/asyncapi.yaml says %v", takes, d.takes)
	}
}

func readAll(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRealMessagesAreAsDescribed(t *testing.T) {
	d := readDescription(t)
	s := newStand(t)
	s.show(still(3)...)
	c := s.connect()
	for _, q := range []map[string]any{
		{"stream": "drones", "rate_hz": 20}, {"stream": "events"}, {"stream": "log", "level": "debug"},
	} {
		check(t, d, "subscribe", q)
		if ack := c.call("subscribe", q); !ack.OK {
			t.Fatalf("%+v", ack)
		}
	}
	speed := clock.Speed(2)
	s.hub.Event(&telemetry.Event{Session: s.head.Session.String(), Severity: telemetry.Info, Type: "landed", Drone: "d1", Message: "landed"})
	s.hub.Log(LogLine{Time: time.Now(), Level: "info", Message: "hello", Fields: json.RawMessage(`{"a":1}`)})
	s.hub.Sim(session.Action{Action: "speed", Speed: &speed})
	s.hub.Announce()
	for _, name := range []string{"drones", "event", "log", "sim", "status"} {
		m := c.next(name)
		var v any
		if err := json.Unmarshal(m.arg, &v); err != nil {
			t.Fatal(err)
		}
		check(t, d, name, v)
	}
}

func check(t *testing.T, d *described, message string, v any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if v, err = jsonschema.UnmarshalJSON(strings.NewReader(string(b))); err != nil {
		t.Fatal(err)
	}
	if err := d.schema[message].Validate(v); err != nil {
		t.Errorf("%s is not as described: %v\n%.500s", message, err, b)
	}
}
