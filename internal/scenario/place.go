package scenario

import (
	"errors"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"volary/internal/mission"
)

// complaint is something wrong at a place of the file.
type complaint struct {
	path, message string
}

// complain splits an error whose text begins with a path, or joined ones.
func complain(prefix string, err error) []complaint {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // the joined ones are wanted, not one of them
		var all []complaint
		for _, e := range many.Unwrap() {
			all = append(all, complain(prefix, e)...)
		}
		return all
	}
	var fe *mission.FieldError
	if errors.As(err, &fe) {
		return []complaint{{prefix + fe.Field, fe.Message}}
	}
	text := err.Error()
	if path, rest, ok := strings.Cut(text, ": "); ok && !strings.Contains(path, " ") {
		return []complaint{{prefix + path, rest}}
	}
	if field, rest, ok := strings.Cut(text, " "); ok && (field == "lat" || field == "lon" || field == "alt_m") {
		return []complaint{{prefix + field, rest}}
	}
	return []complaint{{strings.TrimSuffix(prefix, "."), strings.TrimSpace(text)}}
}

// locate finds the line and the column of a path such as fleet[0].count in the
// file: of what is named there, or of what should hold it. 0: not found.
func locate(root *yaml.Node, path string) (line, column int) {
	n := root
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	line, column = n.Line, n.Column
	for _, part := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		next, key := child(n, part)
		if next == nil {
			break
		}
		n = next
		line, column = n.Line, n.Column
		if key != nil && n.Kind != yaml.ScalarNode {
			line, column = key.Line, key.Column
		}
	}
	return line, column
}

func child(n *yaml.Node, part string) (value, key *yaml.Node) {
	switch n.Kind {
	case yaml.AliasNode:
		return child(n.Alias, part)
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == part {
				return n.Content[i+1], n.Content[i]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], nil
		}
	}
	return nil, nil
}

// said turns complaints into one error, each a *Problem with its place in the file.
func said(root *yaml.Node, all []complaint) error {
	var errs []error
	for _, c := range all {
		p := &Problem{Field: c.path, Message: c.message}
		if root != nil {
			p.Line, p.Column = locate(root, c.path)
		}
		errs = append(errs, p)
	}
	return errors.Join(errs...)
}
