// Package volary holds no code: its test keeps the house in order.
package volary

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// floor of each room, from the ground up. A room imports rooms below it only.
var floor = map[string]int{
	"geo": 0, "clock": 0, "logkey": 0, "socketio": 0, "problem": 0, "strictjson": 0, "snapshot": 0, "access": 0,
	"mission": 1, "program": 1, "chance": 1,
	"drone": 2, "air": 2, "sensing": 2,
	"physics": 3, "autopilot": 3, "scenario": 3, "telemetry": 3,
	"world": 4, "session": 4, "fleet": 4, "verify": 4, "compact": 4, "series": 4,
	"link": 5, "recording": 5, "hub": 5, "store": 5, "api": 5, "rerun": 5, "trial": 5, "export": 5, "soak": 5,
	"simulator": 6, "backend": 6,
}

// owner is the only room that may import a library.
var owner = map[string]string{
	"github.com/go-chi/chi":         "api",
	"github.com/danielgtaylor/huma": "api",
	"volary/internal/socketio":      "hub",
	"github.com/gobwas/ws":          "socketio",
	"github.com/nats-io":            "link",
	"github.com/jackc/pgx":          "store",
	"modernc.org/sqlite":            "store",
	"github.com/pressly/goose":      "store",
	"github.com/alecthomas/kong":    "program",
	"github.com/go-json-experiment": "strictjson",
	"github.com/prometheus":         "backend",
	"github.com/golang-jwt":         "access",
	"github.com/parquet-go":         "export",
	"github.com/foxglove/mcap":      "export",
}

// mayUse are rooms that use what another owns, with the reason.
var mayUse = map[string]string{
	"socketio volary/internal/socketio": "its own tests and conformance program",
}

type file struct {
	path    string
	room    string // below internal; "" elsewhere
	test    bool
	imports []string
	doc     bool
	pkg     string
}

func files(t *testing.T) []file {
	t.Helper()
	var all []file
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == "goclient") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		one := file{path: path, test: strings.HasSuffix(path, "_test.go"), doc: hasDoc(f), pkg: filepath.Dir(path)}
		if rest, ok := strings.CutPrefix(filepath.ToSlash(path), "internal/"); ok {
			one.room, _, _ = strings.Cut(rest, "/")
		}
		for _, i := range f.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			one.imports = append(one.imports, p)
		}
		all = append(all, one)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func hasDoc(f *ast.File) bool { return f.Doc != nil && strings.TrimSpace(f.Doc.Text()) != "" }

func TestImportsGoDownTheHouse(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range files(t) {
		if f.room == "" {
			continue
		}
		level, ok := floor[f.room]
		if !ok {
			t.Errorf("%s: room %q has no floor: add it to the house, or move what is in it", f.path, f.room)
			continue
		}
		seen[f.room] = true
		if f.test {
			continue // a test may put rooms together
		}
		for _, p := range f.imports {
			rest, ok := strings.CutPrefix(p, "volary/internal/")
			if !ok {
				if strings.HasPrefix(p, "volary/cmd") || p == "volary/web" || strings.HasPrefix(p, "volary/deploy") {
					t.Errorf("%s imports %s: rooms know neither commands nor deployments", f.path, p)
				}
				continue
			}
			other, _, _ := strings.Cut(rest, "/")
			if below := floor[other]; other != f.room && below >= level {
				t.Errorf("%s: %s (floor %d) imports %s (floor %d): imports go down only", f.path, f.room, level, other, below)
			}
		}
	}
	for room := range floor {
		if !seen[room] {
			t.Errorf("room %q is empty: take it off the list", room)
		}
	}
}

func TestLibrariesHaveOneOwner(t *testing.T) {
	for _, f := range files(t) {
		if f.test || f.room == "" {
			continue
		}
		for _, p := range f.imports {
			for lib, room := range owner {
				if strings.HasPrefix(p, lib) && f.room != room && mayUse[f.room+" "+lib] == "" && !wires(f.room, lib) {
					t.Errorf("%s imports %s: only %s does", f.path, p, room)
				}
			}
		}
	}
}

// wires tells whether a room on the top floor joins the owner's room to others,
// and so sees its types.
func wires(room, lib string) bool {
	return floor[room] == 6 && lib == "volary/internal/socketio"
}

func TestEveryPackageSaysWhatItIsOnce(t *testing.T) {
	docs := map[string][]string{}
	packages := map[string]bool{}
	for _, f := range files(t) {
		if f.test {
			continue
		}
		packages[f.pkg] = true
		if f.doc {
			docs[f.pkg] = append(docs[f.pkg], f.path)
		}
	}
	for p := range packages {
		if len(docs[p]) != 1 {
			t.Errorf("package %s has %d package comments %v, want one", p, len(docs[p]), docs[p])
		}
	}
}

// Where a run must give the same bits everywhere, no product may be fused into a
// sum: processors with that instruction round once where others round twice.
func TestNothingIsFusedWhereBitsMatter(t *testing.T) {
	for _, room := range []string{"geo", "chance", "air", "physics", "autopilot", "scenario", "world", "compact", "sensing"} {
		cmd := exec.Command("go", "build", "-gcflags=-S", "./internal/"+room)
		cmd.Env = append(cmd.Environ(), "GOAMD64=v3", "GOARCH=amd64")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", room, err, out)
		}
		if !strings.Contains(string(out), "TEXT") {
			t.Fatalf("%s: the compiler showed no code", room)
		}
		at := regexp.MustCompile(`\(([^)]*)\)\s+VF[N]?M(ADD|SUB)`)
		for _, m := range at.FindAllStringSubmatch(string(out), -1) {
			t.Errorf("%s: a product is fused into a sum: wrap it in float64(...)", m[1])
		}
	}
}
