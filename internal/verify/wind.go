package verify

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"volary/internal/geo"
)

// windOf is the wind of a case over time. Files give it as three numbers, or,
// where it changes once, in words such as "wind step 0->6 m/s in x at t=1 s",
// beside the number or instead of it.
func windOf(raw json.RawMessage, initial []float64, name, description string) func(t float64) geo.Vec {
	var three []float64
	steady := geo.Vec{}
	if len(initial) == 3 {
		steady = geo.Vec{X: initial[0], Y: initial[1], Z: initial[2]}
	}
	before, after := steady, steady
	known := json.Unmarshal(raw, &three) == nil && len(three) == 3
	if known {
		after = geo.Vec{X: three[0], Y: three[1], Z: three[2]}
	}
	text := string(raw) + " " + description
	words := strings.ReplaceAll(strings.ToLower(name+" "+text), "_", " ")
	if !strings.Contains(words, "wind") || !strings.Contains(words, "step") {
		return func(float64) geo.Vec { return after }
	}
	if !known {
		before, after = stepOfWind(text, steady)
	}
	at := 1.0
	if m := stepTime.FindStringSubmatch(text); m != nil {
		at = number(m[1] + m[2] + m[3])
	}
	return func(t float64) geo.Vec {
		if t < at-1e-6 {
			return before
		}
		return after
	}
}

const decimal = `([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)`

var (
	stepTime  = regexp.MustCompile(`\bt[a-z_]*"?\s*(?:>=|=|>|:)\s*` + decimal + `|\b(?:at|after)\s+` + decimal + `\s*s\b|\btime[a-z_]*"?\s*:\s*` + decimal)
	vectors   = regexp.MustCompile(`[\[(]\s*` + decimal + `\s*,\s*` + decimal + `\s*,\s*` + decimal + `\s*[\])]`)
	fromTo    = regexp.MustCompile(decimal + `\s*(?:m/s)?\s*(?:->|to)\s*` + decimal + `\s*m/s`)
	metres    = regexp.MustCompile(decimal + `\s*m/s`)
	alongAxis = regexp.MustCompile(`(?:\b(?:in|along)\s+|\+)([xyz])\b|\b([xyz])\s*(?:direction|axis)`)
)

func number(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0
	}
	return v
}

// stepOfWind finds from what to what the wind changes.
func stepOfWind(text string, steady geo.Vec) (before, after geo.Vec) {
	before = steady
	if v := vectors.FindAllStringSubmatch(text, -1); len(v) > 0 {
		read := func(m []string) geo.Vec { return geo.Vec{X: number(m[1]), Y: number(m[2]), Z: number(m[3])} }
		if len(v) > 1 {
			before = read(v[0])
		}
		return before, read(v[len(v)-1])
	}
	axis := geo.Vec{X: 1}
	if m := alongAxis.FindStringSubmatch(text); m != nil {
		switch m[1] + m[2] {
		case "y":
			axis = geo.Vec{Y: 1}
		case "z":
			axis = geo.Vec{Z: 1}
		}
	}
	if m := fromTo.FindStringSubmatch(text); m != nil {
		return axis.Scale(number(m[1])), axis.Scale(number(m[2]))
	}
	if m := metres.FindStringSubmatch(text); m != nil {
		after = axis.Scale(number(m[1]))
	}
	return before, after
}
