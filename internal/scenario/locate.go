package scenario

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Problem is one thing that is wrong with a scenario file, and where.
type Problem struct {
	Line    int    // from 1; 0: unknown
	Column  int    // from 1
	Field   string // such as fleet[0].count; may be empty
	Message string
}

func (p *Problem) Error() string {
	text := p.Message
	if p.Field != "" {
		text = p.Field + ": " + text
	}
	if p.Line == 0 {
		return "scenario: " + text
	}
	return fmt.Sprintf("scenario: line %d, column %d: %s", p.Line, p.Column, text)
}

// Where names the field and says what is wrong with it, with its line and column.
func (p *Problem) Where() (field, message string) {
	if p.Line == 0 {
		return p.Field, p.Message
	}
	return p.Field, fmt.Sprintf("line %d, column %d: %s", p.Line, p.Column, p.Message)
}

// Problems lists what is wrong with a file, from an error of Parse or Load.
func Problems(err error) []*Problem {
	switch e := err.(type) { //nolint:errorlint // walks the tree itself
	case nil:
		return nil
	case *Problem:
		return []*Problem{e}
	case interface{ Unwrap() []error }:
		var all []*Problem
		for _, one := range e.Unwrap() {
			all = append(all, Problems(one)...)
		}
		return all
	case interface{ Unwrap() error }:
		if all := Problems(e.Unwrap()); len(all) > 0 && all[0].Line > 0 {
			return all
		}
	}
	return []*Problem{{Message: err.Error()}}
}

var fieldPath = regexp.MustCompile(`^[a-z_][a-z_0-9]*(\[\d+\])?(\.[a-z_][a-z_0-9]*(\[\d+\])?)*`)

// locate gives errors of check, which begin with the field, their line and column.
func locate(err error, file []byte) error {
	if err == nil {
		return nil
	}
	var doc yaml.Node
	if yaml.Unmarshal(file, &doc) != nil || len(doc.Content) == 0 {
		return err
	}
	var out []error
	for _, line := range strings.Split(err.Error(), "\n") {
		text := strings.TrimPrefix(line, "scenario: ")
		p := &Problem{Message: text}
		if path := fieldPath.FindString(text); path != "" {
			if rest, ok := strings.CutPrefix(text[len(path):], ":"); ok {
				p.Field, p.Message = path, strings.TrimSpace(rest)
			}
			n := find(doc.Content[0], path)
			p.Line, p.Column = n.Line, n.Column
		}
		out = append(out, p)
	}
	return errors.Join(out...)
}

// find follows a path as far as it leads: a value that is missing is reported
// where it should have been.
func find(n *yaml.Node, path string) *yaml.Node {
	for _, part := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		var next *yaml.Node
		switch i, err := strconv.Atoi(part); {
		case n.Kind == yaml.AliasNode:
			return n
		case err == nil && n.Kind == yaml.SequenceNode && i < len(n.Content):
			next = n.Content[i]
		case n.Kind == yaml.MappingNode:
			for k := 0; k+1 < len(n.Content); k += 2 {
				if n.Content[k].Value == part {
					next = n.Content[k+1]
				}
			}
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

// syntax gives the errors of the YAML reader their lines and columns.
func syntax(err error) error {
	var many *yaml.LoadErrors
	if errors.As(err, &many) {
		var out []error
		for _, e := range many.Errors {
			out = append(out, placed(e))
		}
		return errors.Join(out...)
	}
	var one *yaml.LoadError
	if errors.As(err, &one) {
		return placed(one)
	}
	return &Problem{Message: err.Error()}
}

var ofType = regexp.MustCompile(` (not found )?in type [a-z]+\.[A-Za-z]+`)

func placed(e *yaml.LoadError) *Problem {
	text := e.Message
	if text == "" && e.Unwrap() != nil {
		text = e.Unwrap().Error()
	}
	if strings.Contains(text, "not found in type") {
		text = ofType.ReplaceAllString(text, " is not a key here")
	}
	return &Problem{Line: e.Mark.Line, Column: e.Mark.Column, Message: text}
}
