package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// elsewhere are the commands that other tests run, or that no test can: they
// build, start containers, or never end.
var elsewhere = []string{"make ", "docker-compose ", "deploy/secure/make.sh ", "deploy/secrets/make.sh", "export ", "go test ", "go run ", "go tool ", "npm ", "cd web ", "bin/volary up ", "bin/volary hash ", "bin/volary bench ", "bin/volary resim ", "bin/volary export ", "bin/volary gc", "bin/volary backup "}

// Every block of shell in the documents does what it says, against a program that
// runs, or is known to be run elsewhere.
func TestEveryCommandOfTheDocumentsWorks(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	_, s := up(t, "--drones", "50", "--speed", "20")
	s.until("there is a past to go back to", 60*time.Second, func() bool {
		var page struct {
			Sessions []struct {
				SimTime float64 `json:"sim_time"`
			}
		}
		s.call("GET", "/api/v1/sessions", nil, &page)
		return len(page.Sessions) > 0 && page.Sessions[0].SimTime > 60
	})
	work := t.TempDir()
	for name, to := range map[string]string{"bin": bin, "deploy": filepath.Join(root, "deploy"), "internal": filepath.Join(root, "internal"), "survey.plan": filepath.Join(root, "internal/mission/testdata/qgroundcontrol_sample_with_survey.plan")} {
		if err := os.Symlink(to, filepath.Join(work, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(work, "site.plan"), []byte(sitePlan), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "docs/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, filepath.Join(root, "README.md"), filepath.Join(root, "CONTRIBUTING.md"))
	block := regexp.MustCompile("(?s)```sh\n(.*?)```")
	ran := 0
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range block.FindAllStringSubmatch(string(b), -1) {
			text, rest := m[1], []string{}
			for _, line := range strings.Split(text, "\n") {
				known := false
				for _, e := range elsewhere {
					known = known || strings.HasPrefix(line, e)
				}
				if !known {
					rest = append(rest, line)
				}
			}
			text = strings.TrimSpace(strings.Join(rest, "\n"))
			if text == "" {
				continue
			}
			text = strings.NewReplacer("http://127.0.0.1:8080", s.url, "curl -s ", "curl -sS --fail-with-body ", "SESSION", s.status().Session.ID).Replace(text)
			cmd := exec.Command("bash", "-euo", "pipefail", "-c", text)
			cmd.Dir = work
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s\n%s", filepath.Base(f), err, text, out)
			}
			ran++
		}
	}
	if ran < 10 {
		t.Errorf("only %d blocks ran: are they still marked sh?", ran)
	}
}

// Links between the documents lead somewhere.
func TestLinksOfTheDocumentsLeadSomewhere(t *testing.T) {
	root := "../.."
	files, err := filepath.Glob(filepath.Join(root, "docs/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, filepath.Join(root, "README.md"), filepath.Join(root, "CONTRIBUTING.md"), filepath.Join(root, "CHANGELOG.md"))
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(b), -1) {
			if strings.Contains(m[1], "verification/") {
				continue // records are written by the commands that measure, here or on another machine
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(f), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", filepath.Base(f), m[1], err)
			}
		}
	}
}

// sitePlan is a QGroundControl plan with one fence, as the documents have it.
const sitePlan = `{
  "fileType": "Plan", "version": 1, "groundStation": "QGroundControl",
  "geoFence": {"version": 2, "polygons": [], "circles": [{"version": 1, "inclusion": true, "circle": {"center": [47.3977, 8.5456], "radius": 200}}]},
  "rallyPoints": {"version": 2, "points": []},
  "mission": {"version": 2, "firmwareType": 12, "vehicleType": 2, "cruiseSpeed": 15, "hoverSpeed": 5, "plannedHomePosition": [47.3977, 8.5456, 488], "items": []}
}`
