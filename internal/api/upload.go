package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"volary/internal/problem"
)

// accepts is where an operation lists the media types it reads beside JSON.
const accepts = "accepts"

// bodies refuses bodies before they are read: those that are no JSON where JSON
// belongs, those that say nothing of what they are, and those that are packed,
// which could unpack to anything.
func (a *api) bodies(ctx huma.Context, next func(huma.Context)) {
	r, _ := humachi.Unwrap(ctx)
	refuse := func(status int, detail string) {
		_, w := humachi.Unwrap(ctx)
		writeProblem(w, status, detail)
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		refuse(http.StatusUnsupportedMediaType, fmt.Sprintf("a body packed as %.20q is not taken: send it plain", e))
		return
	}
	if r.ContentLength == 0 || r.Body == nil || r.Body == http.NoBody {
		next(ctx)
		return
	}
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
