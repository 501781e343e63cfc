package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"volary/internal/problem"
)

// accepts is where an operation lists the media types it reads beside JSON.
const accepts = "accepts"

// readBody bounds how long a body may take: an upload of 10 MB at 200 kB/s.
const readBody = 50 * time.Second

// wellFormed refuses requests before their bodies are read: queries that the
// operation doesn't know or that come twice, bodies that are no JSON where JSON
// belongs, that say nothing of what they are, or that are packed, which could
// unpack to anything.
func (a *api) wellFormed(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	refuse := func(status int, detail string, fields ...problem.Field) {
		out := &huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: detail}
		for _, f := range fields {
			out.Errors = append(out.Errors, &huma.ErrorDetail{Location: f.Name, Message: f.Message})
		}
		sendProblem(w, out)
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		refuse(http.StatusBadRequest, "the query can't be read: "+err.Error())
		return
	}
	for name, values := range query {
		known := slices.ContainsFunc(ctx.Operation().Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name })
		switch {
		case !known:
			refuse(http.StatusBadRequest, "the request can't be read", problem.Field{Name: fmt.Sprintf("query.%.50s", name), Message: "this key is not known: the keys are listed at /docs"})
			return
		case len(values) > 1:
			refuse(http.StatusBadRequest, "the request can't be read", problem.Field{Name: "query." + name, Message: "this key is there twice"})
			return
		}
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		refuse(http.StatusUnsupportedMediaType, fmt.Sprintf("a body packed as %.20q is not taken: send it plain", e))
		return
	}
	if r.ContentLength == 0 || r.Body == nil || r.Body == http.NoBody {
		next(ctx)
		return
	}
	// Not for requests without a body: their answer may stream for longer, and the
	// end of this time would end it.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readBody)) // a recorder of tests has none
	if limit := ctx.Operation().MaxBodyBytes; r.ContentLength > limit && limit > 0 {
		r.Close = true
		refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body has %d bytes: at most %d are taken", r.ContentLength, limit))
		return
	}
	types := []string{"application/json"}
	if more, ok := ctx.Operation().Metadata[accepts].([]string); ok {
		types = append(types, more...)
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || len(r.Header.Values("Content-Type")) > 1 || !slices.Contains(types, kind) {
		refuse(http.StatusUnsupportedMediaType, "say what the body is with one Content-Type of "+strings.Join(types, ", "))
		return
	}
	next(ctx)
}

// maxParts bounds a multipart body, of which one part is the file.
const maxParts = 10

// unwrap takes the file out of a multipart body, as browsers and curl -F send it.
func unwrap(contentType string, body []byte) (file []byte, kind, name string, err error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" {
		return body, kind, "", nil
	}
	if params["boundary"] == "" {
		return nil, "", "", problem.New(problem.Malformed, "multipart without a boundary: let your client set Content-Type")
	}
	r := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for n := 0; ; n++ {
		p, err := r.NextRawPart()
		switch {
		case errors.Is(err, io.EOF) && file != nil:
			return file, kind, name, nil
		case err != nil:
			return nil, "", "", problem.New(problem.Malformed, "the multipart body is not whole, or holds no part called file")
		case n == maxParts:
			return nil, "", "", &problem.Error{Code: problem.TooLarge, Message: fmt.Sprintf("more than %d parts: send one, called file", maxParts)}
		}
		if p.FormName() != "file" {
			continue
		}
		if file != nil {
			return nil, "", "", problem.New(problem.Malformed, "two parts are called file: send one")
		}
		if file, err = io.ReadAll(p); err != nil {
			return nil, "", "", problem.New(problem.Malformed, "the multipart body is not whole")
		}
		kind, _, _ = mime.ParseMediaType(p.Header.Get("Content-Type"))
		name = p.FileName() // without folders
	}
}
