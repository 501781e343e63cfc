// Package web carries the built dashboard inside the binary, so that one file
// serves the whole product. An unbuilt tree embeds an empty dashboard.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dashboard is the built dashboard, with index.html at its root.
func Dashboard() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // dist is embedded above; its absence would not compile
	}
	return sub
}
