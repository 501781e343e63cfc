package program

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

type grammar struct {
	Config   string
	Depth    int    `default:"1"`
	Database string `default:"none"`
	Run      runIt  `cmd:"" default:"1"`
}

type runIt struct{}

func (runIt) Run() error { return nil }

func parse(t *testing.T, file string, environ, args []string) (*grammar, *Settings, error) {
	t.Helper()
	g := &grammar{}
	if file != "" {
		name := filepath.Join(t.TempDir(), "settings.yaml")
		if err := os.WriteFile(name, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append([]string{"--config", name}, args...)
	}
	s, err := Parse("test", "", g, kong.Vars{"health_url": ""}, args, environ, &bytes.Buffer{})
	return g, s, err
}

func TestFlagsWinOverTheEnvironmentOverTheFileOverDefaults(t *testing.T) {
	env := []string{"VOLARY_DEPTH=3", "DEPTH=9"}
	for _, c := range []struct {
		name, file string
		env, args  []string
		want       int
	}{
		{"default", "", nil, nil, 1},
		{"file", "depth: 2", nil, nil, 2},
		{"environment", "depth: 2", env, nil, 3},
		{"flag", "depth: 2", env, []string{"--depth", "4"}, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, _, err := parse(t, c.file, c.env, c.args)
			if err != nil || g.Depth != c.want {
				t.Errorf("depth %d, %v; want %d", g.Depth, err, c.want)
			}
		})
	}
}

func TestSettingsThatAreNoneAreRefusedWithTheirLine(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"unknown", "depth: 2\ndeepness: 3\n", ":2: \"deepness\""},
		{"twice", "depth: 2\ndepth: 3\n", ":2: \"depth\" is there twice"},
		{"not a mapping", "- depth\n", ":1:"},
		{"wrong type", "depth: deep\n", "depth"},
		{"no YAML", "depth: [\n", "settings"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := parse(t, c.file, nil, nil); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestPrintMasksPasswords(t *testing.T) {
	_, s, err := parse(t, "", nil, []string{"--database", "postgres://me:secret@host/db"})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := s.Print(&out, ""); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "secret") || !strings.Contains(out.String(), "me:xxxxx@host") {
		t.Errorf("printed %s", out.String())
	}
}

func TestASecretIsReadWithoutItsLineEnd(t *testing.T) {
	name := filepath.Join(t.TempDir(), "s")
	for text, want := range map[string]string{"abc\r\n": "abc", "abc": "abc", "\n": ""} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Secret(name)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is read as %q, %v", text, got, err)
		}
	}
	if _, err := Secret(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a missing secret is no error")
	}
}
