// Package strictjson reads JSON the way an API should: an unknown or duplicate
// key, a second value, invalid UTF-8 or too deep a nesting is an error that says
// where, not something to be silently passed over as encoding/json does.
package strictjson

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxDepth is how deep objects and arrays may be nested.
const MaxDepth = 32

// LoneSurrogate is the message about half of a pair that stands for a character:
// JSON's syntax allows it, but it is no text. encoding/json puts U+FFFD in its
// place without a word.
const LoneSurrogate = `a lone surrogate (\ud800 to \udfff) is no character`

// Error says where in the text something is wrong.
type Error struct {
	Path    string // such as params.altitude_m; empty: the whole
	Message string
}

func (e *Error) Error() string {
	if e.Path == "" {
		return e.Message
	}
	return e.Path + ": " + e.Message
}

// Where names the place and says what is wrong there.
func (e *Error) Where() (field, message string) { return e.Path, e.Message }

// Decode reads one JSON value into v. Every error is an *Error.
func Decode(b []byte, v any) error {
	if len(bytes.TrimSpace(b)) == 0 {
		return &Error{Message: "empty: a JSON object belongs here"}
	}
	if err := checkDepth(b); err != nil {
		return err
	}
	err := json.Unmarshal(b, v, json.RejectUnknownMembers(true))
	var syn *jsontext.SyntacticError
	var sem *json.SemanticError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syn):
		if errors.Is(syn, jsontext.ErrDuplicateName) {
			return &Error{Path: dotted(syn.JSONPointer), Message: "this key is there twice"}
		}
		if strings.Contains(syn.Err.Error(), "surrogate") {
			return &Error{Path: dotted(syn.JSONPointer), Message: LoneSurrogate}
		}
		return &Error{Path: dotted(syn.JSONPointer), Message: fmt.Sprintf("not JSON at byte %d: %v", syn.ByteOffset, syn.Err)}
	case errors.As(err, &sem):
		return &Error{Path: dotted(sem.JSONPointer), Message: explain(sem)}
	}
	return &Error{Message: err.Error()}
}

func explain(e *json.SemanticError) string {
	switch {
	case errors.Is(e.Err, json.ErrUnknownName):
		return "this key is not known"
	case e.Err != nil:
		return e.Err.Error()
	case e.GoType != nil:
		return fmt.Sprintf("%s where a %s belongs", kindName(e.JSONKind), e.GoType)
	}
	return e.Error()
}

func kindName(k jsontext.Kind) string {
	switch k {
	case '"':
		return "a string"
	case '0':
		return "a number"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	case '{':
		return "an object"
	case '[':
		return "an array"
	}
	return "something else"
}

// dotted turns /items/0/lat into items[0].lat.
func dotted(p jsontext.Pointer) string {
	var out strings.Builder
	for tok := range p.Tokens() {
		if tok != "" && strings.Trim(tok, "0123456789") == "" {
			fmt.Fprintf(&out, "[%s]", tok)
			continue
		}
		if out.Len() > 0 {
			out.WriteByte('.')
		}
		if len(tok) > 100 {
			tok = tok[:100] + "…"
		}
		out.WriteString(tok)
	}
	return out.String()
}

// checkDepth looks at brackets outside strings only: linear, without memory.
func checkDepth(b []byte) error {
	depth, inString := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > MaxDepth {
				return &Error{Message: fmt.Sprintf("nested deeper than %d levels at byte %d", MaxDepth, i)}
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}
