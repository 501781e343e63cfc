package mission

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckName returns why a name that somebody gave can't be shown or made part of
// a file's name everywhere, or nil. Quotes, markup, SQL and formulas are text
// like any other: they are kept as they are, and escaped where they are shown.
func CheckName(name string) error {
	switch {
	case strings.TrimSpace(name) == "" || len(name) > MaxNameLength:
		return fmt.Errorf("give a name of 1 to %d bytes", MaxNameLength)
	case !utf8.ValidString(name):
		return fmt.Errorf("is not UTF-8")
	case strings.ContainsAny(name, `/\`) || strings.Contains(name, ".."):
		return fmt.Errorf("must not hold / or \\ or two dots: it is no path")
	}
	for i, r := range name {
		// Cf are the invisible ones: they turn the direction of text, or join what looks apart.
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) || r == utf8.RuneError {
			return fmt.Errorf("control character U+%04X at byte %d", r, i)
		}
	}
	stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
	switch stem = strings.TrimSpace(stem); stem {
	case "CON", "PRN", "AUX", "NUL":
		return fmt.Errorf("%q is a device on some systems: give another name", name)
	}
	if len(stem) == 4 && (strings.HasPrefix(stem, "COM") || strings.HasPrefix(stem, "LPT")) && stem[3] >= '0' && stem[3] <= '9' {
		return fmt.Errorf("%q is a device on some systems: give another name", name)
	}
	return nil
}
