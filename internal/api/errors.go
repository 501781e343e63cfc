package api

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"volary/internal/problem"
	"volary/internal/session"
	"volary/internal/strictjson"
)

var statusOf = map[problem.Code]int{
	problem.Malformed: http.StatusBadRequest, problem.Invalid: http.StatusUnprocessableEntity,
	problem.NotFound: http.StatusNotFound, problem.Conflict: http.StatusConflict,
	problem.Unavailable: http.StatusServiceUnavailable, problem.Timeout: http.StatusGatewayTimeout,
	problem.Unsupported: http.StatusNotImplemented, problem.Internal: http.StatusInternalServerError,
	problem.Unauthorized: http.StatusUnauthorized, problem.Forbidden: http.StatusForbidden, problem.RateLimited: http.StatusTooManyRequests,
	problem.TooLarge: http.StatusRequestEntityTooLarge, problem.WrongType: http.StatusUnsupportedMediaType, problem.Changed: http.StatusPreconditionFailed,
}

// fail turns any error into what the client is told. What is not a problem, nor
// one of the errors of the history, is logged.
func (a *api) fail(err error) error {
	var p *problem.Error
	switch {
	case errors.As(err, &p):
	case errors.Is(err, session.ErrNotFound):
		p = problem.New(problem.NotFound, "%v", err)
	case errors.Is(err, session.ErrConflict):
		p = problem.New(problem.Conflict, "%v", err)
	case errors.Is(err, session.ErrInvalid):
		p = problem.New(problem.Invalid, "%v", err)
	default:
		a.log.Error().Err(err).Msg("a request failed")
		p = problem.New(problem.Unavailable, "the history does not answer: try again; the live fleet is not affected")
	}
	status := statusOf[p.Code]
	out := &huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: p.Message}
	for _, f := range p.Fields {
		at := f.Name
		if at != "" && !strings.HasPrefix(at, "body") && !strings.HasPrefix(at, "query.") {
			at = "body." + at
		}
		out.Errors = append(out.Errors, &huma.ErrorDetail{Location: at, Message: f.Message})
	}
	return out
}

// failCursor is fail for lists: what the history finds invalid there is the cursor.
func (a *api) failCursor(err error, cursor string) error {
	if cursor != "" && errors.Is(err, session.ErrInvalid) {
		return a.fail(&problem.Error{Code: problem.Malformed, Message: "the cursor is none that this API gave", Fields: []problem.Field{{Name: "query.cursor", Message: "give next_cursor of the last page"}}})
	}
	return a.fail(err)
}

func init() { //nolint:gochecknoinits // huma keeps its error maker in a package variable
	huma.NewError = newError
}

// newError is how huma reports what it refuses itself: a key that isn't known is
// a malformed request, not an invalid value.
func newError(status int, message string, errs ...error) huma.StatusError {
	out := &huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: message}
	for _, err := range errs {
		if err == nil {
			continue
		}
		var d huma.ErrorDetailer
		if errors.As(err, &d) {
			out.Errors = append(out.Errors, placed(d.ErrorDetail()))
			continue
		}
		at := "body"
		var w interface{ Where() (string, string) }
		text := err.Error()
		if errors.As(err, &w) {
			var path string
			if path, text = w.Where(); path != "" {
				at += "." + path
			}
		}
		out.Errors = append(out.Errors, &huma.ErrorDetail{Location: at, Message: text})
	}
	switch {
	case status == http.StatusInternalServerError && message == "cannot read request body":
		regrade(out, http.StatusBadRequest, "the body did not arrive whole")
	case status == http.StatusUnprocessableEntity && len(out.Errors) > 0 && !slices.ContainsFunc(out.Errors, isValue):
		regrade(out, http.StatusBadRequest, "the request can't be read")
	case status == http.StatusBadRequest && len(out.Errors) == 1 && strings.Contains(out.Errors[0].Message, strictjson.LoneSurrogate):
		regrade(out, http.StatusUnprocessableEntity, "a value can't be taken")
	}
	return out
}

func regrade(out *huma.ErrorModel, status int, detail string) {
	out.Status, out.Title, out.Detail = status, http.StatusText(status), detail
}

// isValue tells whether an error is about a value of a body that is well formed.
// A key that is none, a value of another type, a number that no integer holds and
// whatever is wrong with a query are a request that can't be read.
func isValue(d *huma.ErrorDetail) bool {
	if strings.HasPrefix(d.Location, "query.") || d.Message == "unexpected property" || d.Message == unknownKey {
		return false
	}
	if v, ok := d.Value.(float64); ok && math.Abs(v) >= math.MaxInt64 && strings.HasPrefix(d.Message, "expected number") {
		return false
	}
	switch d.Message {
	case "expected integer", "expected number", "expected string", "expected boolean", "expected array", "expected object":
		return false
	}
	return true
}

// unknownKey is how strictjson says that a key is none.
const unknownKey = "this key is not known"

// placed moves the place that strictjson puts before its message to where
// clients look for it, and doesn't send the whole body back.
func placed(d *huma.ErrorDetail) *huma.ErrorDetail {
	if d.Location != "body" {
		return d
	}
	if at, text, ok := strings.Cut(d.Message, ": "); ok && at != "" && !strings.ContainsAny(at, " \t") {
		return &huma.ErrorDetail{Location: "body." + at, Message: text}
	}
	return &huma.ErrorDetail{Location: d.Location, Message: d.Message}
}

func writeProblem(w http.ResponseWriter, status int, detail string) {
	sendProblem(w, &huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: detail})
}

func sendProblem(w http.ResponseWriter, p *huma.ErrorModel) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}
