package socketio_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"volary/internal/socketio/conformance/suite"
)

// The protocol suites are not enough: a server can pass them all and serve no
// real client. These are the clients people use.
func TestRealClientsAreServed(t *testing.T) {
	const missing = `%s: run "make deps"`
	for _, c := range []struct {
		name  string
		lines int // pairs of client and transport
		setup func(t *testing.T, url string) *exec.Cmd
	}{
		{"JavaScript", 9, func(t *testing.T, url string) *exec.Cmd {
			if _, err := os.Stat("clients/node_modules/sioc4"); err != nil {
				t.Fatalf(missing, err)
			}
			return exec.Command("node", "clients/matrix.js", "--url", url, "--count", "20")
		}},
		{"Python", 3, func(t *testing.T, url string) *exec.Cmd {
			python := pythonWithSocketIO()
			if python == "" {
				t.Fatalf(missing, "no python3 has the packages socketio and aiohttp")
			}
			return exec.Command(python, "clients/matrix.py", "--url", url, "--count", "20")
		}},
		{"Go", 2, func(t *testing.T, url string) *exec.Cmd {
			binary := filepath.Join(t.TempDir(), "goclient")
			build := exec.Command("go", "build", "-o", binary, ".")
			build.Dir = "clients/goclient"
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf(missing, out)
			}
			return exec.Command(binary, "-url", url, "-count", "20")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := startSuite(t, suite.Patient())
			cmd := c.setup(t, st.http.URL)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil {
				t.Errorf("%v\n%s", err, stderr.Bytes())
			}
			lines := 0
			for scan := bufio.NewScanner(bytes.NewReader(out)); scan.Scan(); lines++ {
				t.Log(scan.Text())
				var line struct {
					OK, Failed int
				}
				if err := json.Unmarshal(scan.Bytes(), &line); err != nil || line.OK != 20 || line.Failed != 0 {
					t.Errorf("failed: %s", scan.Text())
				}
			}
			if lines != c.lines {
				t.Errorf("%d pairs of client and transport, want %d", lines, c.lines)
			}
		})
	}
}

// pythonWithSocketIO finds an interpreter that has the client: the first
// python3 in the path is not always the system's, whose packages are meant.
func pythonWithSocketIO() string {
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import socketio, aiohttp").Run() == nil {
			return python
		}
	}
	return ""
}

func TestTheJavaScriptClientIsRecovered(t *testing.T) {
	st := startSuite(t, suite.Patient())
	out, err := exec.Command("node", "clients/recover.js", "--url", st.http.URL).CombinedOutput()
	if err != nil || string(out) != "recovered\n" {
		t.Fatalf("%v: run \"make deps\"?\n%s", err, out)
	}
}
