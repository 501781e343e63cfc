// Package scenarios holds the scenario files that come with Volary.
package scenarios

import "embed"

// Files are the scenarios by file name.
//
//go:embed *.yaml
var Files embed.FS

// Demo is the one that flies when nobody chose another.
const Demo = "demo.yaml"
