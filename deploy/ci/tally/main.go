// Command tally runs all test suites, shows what failed, and ends with a line
// that says how many tests passed, failed and were skipped.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// tally counts tests. A suite that ran none counts as a failure: a check that
// can't fail checks nothing.
type tally struct{ passed, failed, skipped int }

func main() {
	var t tally
	t.suite("go test -race", t.goTests)
	t.suite("web: unit tests", func() bool { return t.vitest() })
	t.suite("web: browser", func() bool {
		return t.command("web browser checks", "npm", "run", "--silent", "--prefix", "web", "e2e")
	})
	t.suite("web: stories against the real program", func() bool {
		return t.command("web stories", "npm", "run", "--silent", "--prefix", "web", "e2e:stories")
	})
	fmt.Printf("%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped)
	if t.failed > 0 || t.passed == 0 {
		os.Exit(1)
	}
}

func (t *tally) suite(name string, run func() bool) {
	start, before := time.Now(), *t
	fmt.Printf("== %s\n", name)
	good := run()
	if !good && t.failed == before.failed || t.passed == before.passed && t.failed == before.failed {
		fmt.Printf("   %s ran no test to its end\n", name)
		t.failed++
	}
	fmt.Printf("   %d passed, %d failed, %d skipped in %.0f s\n", t.passed-before.passed, t.failed-before.failed, t.skipped-before.skipped, time.Since(start).Seconds())
}

type testEvent struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

func (t *tally) goTests() bool {
	cmd := exec.Command("go", "test", "-race", "-json", "-timeout", "20m", "./...")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Println("  ", err)
		return false
	}
	text := map[string][]string{}
	lines := bufio.NewScanner(out)
	lines.Buffer(make([]byte, 1<<20), 64<<20)
	for lines.Scan() {
		var e testEvent
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Println("  ", lines.Text())
			continue
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "output", "build-output":
			text[key] = append(text[key], e.Output)
		case "pass":
			t.passed += one(e.Test)
			if e.Test == "" {
				fmt.Printf("   ok    %-40s %6.1f s\n", e.Package, e.Elapsed)
			}
			delete(text, key)
		case "skip":
			if e.Test != "" {
				t.skipped++
				fmt.Printf("   SKIP  %s\n%s", key, strings.Join(text[key], ""))
			}
		case "fail", "build-fail":
			if e.Test != "" || e.Action == "build-fail" {
				t.failed++
			}
			fmt.Printf("   FAIL  %s\n%s", key, strings.Join(text[key], ""))
		}
	}
	return cmd.Wait() == nil
}

func one(test string) int {
	if test == "" || test == "-" {
		return 0
	}
	return 1
}

func (t *tally) vitest() bool {
	cmd := exec.Command("npx", "--no-install", "vitest", "run", "--reporter=json")
	cmd.Dir = "web"
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	i := slices.Index(out, '{')
	var r struct {
		NumPassedTests, NumFailedTests, NumPendingTests int
		TestResults                                     []struct {
			Name             string
			Message          string
			AssertionResults []struct {
				FullName, Status string
				FailureMessages  []string
			}
		}
	}
	if i < 0 || json.Unmarshal(out[i:], &r) != nil {
		fmt.Printf("%s\n", out)
		return false
	}
	t.passed += r.NumPassedTests
	t.failed += r.NumFailedTests
	t.skipped += r.NumPendingTests
	for _, f := range r.TestResults {
		if f.Message != "" {
			fmt.Printf("   FAIL  %s\n%s\n", f.Name, f.Message)
		}
		for _, a := range f.AssertionResults {
			if a.Status == "failed" {
				fmt.Printf("   FAIL  %s\n%s\n", a.FullName, strings.Join(a.FailureMessages, "\n"))
			}
		}
	}
	return err == nil
}

// command runs a program that ends with a line of its own tally, and adds that:
// what it skipped is seen here too.
func (t *tally) command(name string, args ...string) bool {
	out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var passed, failed, skipped int
	_, scan := fmt.Sscanf(lines[len(lines)-1], "%d passed, %d failed, %d skipped", &passed, &failed, &skipped)
	t.passed, t.failed, t.skipped = t.passed+passed, t.failed+failed, t.skipped+skipped
	if err != nil || scan != nil || failed > 0 || skipped > 0 {
		fmt.Printf("   %s: %v\n%s\n", name, err, out)
	}
	return err == nil && scan == nil
}
