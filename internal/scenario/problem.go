package scenario

import (
	"errors"
	"fmt"
	"regexp"
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
