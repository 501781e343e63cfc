package backend

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rs/zerolog"

	"volary/internal/problem"
	"volary/internal/scenario"
)

func parsed(t *testing.T, name string) *scenario.Scenario {
	t.Helper()
	sc, err := scenario.Parse([]byte("name: '" + name + "'\nhome: {lat: 47, lon: 8}\nfleet: [{count: 2, model: x500}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

func TestScenariosPeopleSendAreKeptUnderNamesOfOurOwn(t *testing.T) {
	dir := t.TempDir()
	builtin := fstest.MapFS{"demo.yaml": {Data: []byte("name: demo\nhome: {lat: 47, lon: 8}\n")}}
	s, err := openShelf(builtin, dir, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	code := func(err error) problem.Code {
		if err == nil {
			return ""
		}
		return problem.Of(err).Code
	}
	for _, c := range []struct {
		name    string
		replace bool
		want    problem.Code
	}{
		{"mine", false, ""}, {"mine", false, problem.Conflict}, {"mine", true, ""}, {"demo", true, problem.Conflict}, {"../../etc/x", false, ""},
	} {
		if got := code(s.KeepScenario(parsed(t, c.name), c.replace)); got != c.want {
			t.Errorf("keeping %q: %q, want %q", c.name, got, c.want)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 2 {
		t.Fatalf("%q are kept", files)
	}
	for _, f := range files {
		if n := filepath.Base(f); len(n) != 36+5 || strings.Contains(n, "mine") {
			t.Errorf("a file is called %q", n)
		}
	}
	s.close()

	// The next start finds them, and passes over what somebody broke.
	if err := os.WriteFile(filepath.Join(dir, "broken.yaml"), []byte("name: ["), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "link.yaml")); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	if s, err = openShelf(builtin, dir, zerolog.New(&log)); err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if all := s.Scenarios(); len(all) != 3 || all[1].Name != "demo" || !all[1].Builtin || all[2].Drones != 2 {
		t.Errorf("%+v", all)
	}
	if n := strings.Count(log.String(), "passed over"); n != 2 {
		t.Errorf("said of %d files that they are passed over: %s", n, log.String())
	}
	if c := code(s.RemoveScenario("demo")); c != problem.Conflict {
		t.Errorf("removing a builtin: %q", c)
	}
	if c := code(s.RemoveScenario("mine")); c != "" {
		t.Errorf("removing: %q", c)
	}
	if c := code(s.RemoveScenario("mine")); c != problem.NotFound {
		t.Errorf("removing again: %q", c)
	}
	if _, err := s.Scenario("mine"); code(err) != problem.NotFound {
		t.Errorf("it is still there: %v", err)
	}
}
