package api

import (
	"embed"
	"net/http"
	"strings"
)

// The page that lists the routes and tries them. It reads the OpenAPI description
// itself; nothing comes from another host.
//
//go:embed page
var page embed.FS

var pageTypes = map[string]string{"docs.html": "text/html", "docs.js": "text/javascript", "docs.css": "text/css"}

func docs(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/docs"), "/")
	if name == "" {
		name = "docs.html"
	}
	b, err := page.ReadFile("page/" + name)
	if err != nil {
		writeProblem(w, http.StatusNotFound, "there is nothing at this place: the page is /docs")
		return
	}
	w.Header().Set("Content-Type", pageTypes[name]+"; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	_, _ = w.Write(b)
}
