package backend

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"volary/internal/problem"
	"volary/internal/scenario"
)

// Bounds of what people may leave on the shelf.
const (
	maxScenarios    = 1000
	maxScenarioSize = 1 << 20
)

// shelf are the scenarios that can be flown: those that come with Volary, and
// those that people sent, each in a file of its own. A file is called by a random
// id, never by what a client calls the scenario, and none outside the folder can
// be reached.
type shelf struct {
	log  zerolog.Logger
	root *os.Root // nil: nothing is kept

	mu    sync.Mutex
	all   map[string]scenario.Card
	files map[string]string // of those that were sent, by name
}

// openShelf reads what there is. A file that can't be read is passed over and said.
func openShelf(builtin fs.FS, dir string, log zerolog.Logger) (*shelf, error) {
	s := &shelf{log: log, all: map[string]scenario.Card{}, files: map[string]string{}}
	if builtin != nil {
		s.take(builtin, func(string) string { return "" })
	}
	if dir == "" {
		return s, nil
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("backend: scenarios can't be kept: %w", err)
	}
	var err error
	if s.root, err = os.OpenRoot(dir); err != nil {
		return nil, fmt.Errorf("backend: scenarios can't be kept: %w", err)
	}
	s.take(s.root.FS(), func(name string) string { return name })
	return s, nil
}

func (s *shelf) take(files fs.FS, file func(string) string) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return
	}
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		var sc *scenario.Scenario
		if err == nil {
			sc, err = scenario.Parse(b)
		}
		if err != nil {
			s.log.Error().Err(err).Str("file", name).Msg("a scenario can't be read: passed over")
			continue
		}
		c := sc.Card()
		if f := file(name); f != "" {
			s.files[c.Name] = f
		} else {
			c.Builtin, c.Name = true, strings.TrimSuffix(name, ".yaml")
		}
		s.all[c.Name] = c
	}
}

func (s *shelf) close() {
	if s.root != nil {
		_ = s.root.Close()
	}
}

// Scenarios lists them by name.
func (s *shelf) Scenarios() []scenario.Card {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]scenario.Card, 0, len(s.all))
	for _, c := range s.all {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b scenario.Card) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Scenario returns one as it was written.
func (s *shelf) Scenario(name string) (scenario.Card, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.all[name]
	if !ok {
		return c, problem.New(problem.NotFound, "no scenario is called %q: list them with GET /api/v1/scenarios", name)
	}
	return c, nil
}

// KeepScenario puts one on the shelf that has been read.
func (s *shelf) KeepScenario(sc *scenario.Scenario, replace bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := sc.Card()
	old, there := s.all[c.Name]
	switch {
	case s.root == nil:
		return problem.New(problem.Unsupported, "this backend keeps no scenarios: start it with --scenarios-dir")
	case there && old.Builtin:
		return problem.New(problem.Conflict, "%q comes with Volary: give yours another name", c.Name)
	case there && !replace:
		return problem.New(problem.Conflict, "%q is there already: add replace=true, or give another name", c.Name)
	case !there && len(s.files) >= maxScenarios:
		return problem.New(problem.Conflict, "%d scenarios are kept already: remove some", maxScenarios)
	}
	file := uuid.NewString() + ".yaml"
	if err := s.write(file, sc.Source); err != nil {
		s.log.Error().Err(err).Msg("a scenario can't be kept")
		return problem.New(problem.Unavailable, "the scenario can't be kept: the log of the backend says why")
	}
	if there {
		_ = s.root.Remove(s.files[c.Name])
	}
	s.all[c.Name], s.files[c.Name] = c, file
	return nil
}

// write writes a file whole or not at all: it gets its name when it is on disk.
func (s *shelf) write(name string, b []byte) (err error) {
	part := name + ".part"
	f, err := s.root.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = s.root.Rename(part, name)
	}
	if err != nil {
		_ = s.root.Remove(part)
	}
	return err
}

// RemoveScenario takes one off the shelf.
func (s *shelf) RemoveScenario(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, ok := s.files[name]
	switch {
	case s.all[name].Builtin:
		return problem.New(problem.Conflict, "%q comes with Volary and stays", name)
	case !ok:
		return problem.New(problem.NotFound, "no scenario is called %q", name)
	}
	if err := s.root.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return problem.New(problem.Unavailable, "the scenario can't be removed")
	}
	delete(s.all, name)
	delete(s.files, name)
	return nil
}
