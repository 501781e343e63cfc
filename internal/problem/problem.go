// Package problem is the one kind of error that users see: a code for programs,
// a sentence for people, and the fields it is about. Any other error is a fault
// of ours: it is logged, and shown as internal.
package problem

import (
	"errors"
	"fmt"
	"strings"
)

// Code tells programs what kind of problem it is.
type Code string

// The codes.
const (
	Malformed   Code = "malformed"   // not the syntax expected, unknown or duplicate keys
	Invalid     Code = "invalid"     // well formed, but a value can't be taken
	NotFound    Code = "not_found"   // no such thing
	Conflict    Code = "conflict"    // contradicts what is already there
	Unavailable Code = "unavailable" // a part is away: try again
	Timeout     Code = "timeout"     // no answer in time: it may still happen
	Unsupported Code = "unsupported" // known, but not in this version
	Internal    Code = "internal"    // our fault

	Unauthorized Code = "unauthorized" // who asks is not known
	Forbidden    Code = "forbidden"    // who asks may not
	RateLimited  Code = "rate_limited" // too often: wait
	TooLarge     Code = "too_large"    // more than is taken
	WrongType    Code = "wrong_type"   // not the kind of body that was said, or none that is read
	Changed      Code = "changed"      // not as it was when the client last looked
)

// Field is one value that is wrong.
type Field struct {
	Name    string
	Message string
}

// Error is a problem.
type Error struct {
	Code    Code
	Message string
	Fields  []Field
}

func (e *Error) Error() string {
	parts := []string{e.Message}
	for _, f := range e.Fields {
		parts = append(parts, f.Name+": "+f.Message)
	}
	return strings.Join(parts, "; ")
}

// New makes a problem.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// fielded is an error that names the field it is about.
type fielded interface {
	error
	Where() (field, message string)
}

// FromFields makes an Invalid problem of joined errors that name their fields.
func FromFields(message string, err error) *Error {
	p := &Error{Code: Invalid, Message: message}
	p.collect(err)
	return p
}

func (e *Error) collect(err error) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range many.Unwrap() {
			e.collect(one)
		}
		return
	}
	var f fielded
	if errors.As(err, &f) {
		name, text := f.Where()
		e.Fields = append(e.Fields, Field{Name: name, Message: text})
		return
	}
	e.Fields = append(e.Fields, Field{Message: err.Error()})
}

// Of returns err as a problem; one that is none becomes Internal without its text.
func Of(err error) *Error {
	var p *Error
	if errors.As(err, &p) {
		return p
	}
	return &Error{Code: Internal, Message: "something went wrong here: the log of the backend says what"}
}
