package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"volary/internal/problem"
	"volary/internal/session"
)

var statusOf = map[problem.Code]int{
	problem.Malformed: http.StatusBadRequest, problem.Invalid: http.StatusUnprocessableEntity,
	problem.NotFound: http.StatusNotFound, problem.Conflict: http.StatusConflict,
	problem.Unavailable: http.StatusServiceUnavailable, problem.Timeout: http.StatusGatewayTimeout,
	problem.Unsupported: http.StatusNotImplemented, problem.Internal: http.StatusInternalServerError,
	problem.Unauthorized: http.StatusUnauthorized, problem.Forbidden: http.StatusForbidden, problem.RateLimited: http.StatusTooManyRequests,
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
	if status == http.StatusUnprocessableEntity && len(out.Errors) > 0 {
		for _, e := range out.Errors {
			if e.Message != "unexpected property" && e.Message != unknownKey {
				return out
			}
		}
		out.Status, out.Title = http.StatusBadRequest, http.StatusText(http.StatusBadRequest)
		out.Detail = "unknown key"
	}
	return out
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
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: detail})
}
