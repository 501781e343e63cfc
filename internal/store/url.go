package store

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
)

// target is a database URL, read.
type target struct {
	sqlitePath string
	postgres   *url.URL
}

const urlForms = "give postgres://user@host:5432/name or sqlite:PATH"

// parseURL reads a database URL. Nothing of the URL is in its errors: a password
// with an unescaped / or # lands in any part of it, and errors land in logs.
func parseURL(raw string) (target, error) {
	if path, ok := strings.CutPrefix(raw, "sqlite:"); ok {
		if strings.HasPrefix(path, "//") { // sqlite://rel and sqlite:///abs
			path = path[2:]
		}
		if path == "" || strings.Contains(path, ":memory:") || strings.ContainsRune(path, 0) {
			return target{}, errors.New("store: database URL names no file: give sqlite:PATH; a database in memory only is not supported")
		}
		return target{sqlitePath: path}, nil
	}
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return target{}, errors.New("store: no database URL: " + urlForms)
	case err != nil:
		return target{}, errors.New("store: database URL can't be read (in a password, write / # ? @ : % as %2F %23 %3F %40 %3A %25, or use a password file): " + urlForms)
	case u.Scheme != "postgres" && u.Scheme != "postgresql":
		return target{}, errors.New("store: database URL is of an unknown kind: " + urlForms)
	case u.Fragment != "" || u.Opaque != "":
		return target{}, errors.New("store: database URL can't be read (# in a password is written %23): " + urlForms)
	}
	return target{postgres: u}, nil
}

// readPassword reads a password file: its first line end, if it ends with one, is
// no part of the password.
func readPassword(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("store: password file: %w", err)
	}
	s := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if s == "" || strings.ContainsAny(s, "\r\n\x00") {
		return "", fmt.Errorf("store: password file %s: it must hold one line, the password", path)
	}
	return s, nil
}
