package verify

import (
	"encoding/json"
	"testing"

	"volary/internal/geo"
)

func TestTheWindOfACaseIsReadFromNumbersAndWords(t *testing.T) {
	for _, c := range []struct {
		name, raw, text string
		early, late     geo.Vec // at 0.5 and at 1.5 s
	}{
		{"R10", `[5,-3,1]`, "constant wind (5,-3,1)", geo.Vec{X: 5, Y: -3, Z: 1}, geo.Vec{X: 5, Y: -3, Z: 1}},
		{"R03", ``, "hover", geo.Vec{}, geo.Vec{}},
		{"R08", `null`, "step of the rotors", geo.Vec{}, geo.Vec{}},
		{"R13_wind_step_hover", `null`, "wind step 6 m/s in x at t=1 s", geo.Vec{}, geo.Vec{X: 6}},
		{"R13_wind_step_hover", ``, "hover speeds, wind step (0,0,0)->(6,0,0) at t=1", geo.Vec{}, geo.Vec{X: 6}},
		{"R13_wind_step_hover", `[6,0,0]`, "wind step at t = 1.2 s", geo.Vec{}, geo.Vec{X: 6}},
		{"R13_wind_step_hover", `"0->6 m/s along y at 0.7 s"`, "", geo.Vec{}, geo.Vec{Y: 6}},
		{"R13_wind_step_hover", `{"t_step":1.0,"before":[0,0,0],"after":[6,0,0]}`, "", geo.Vec{}, geo.Vec{X: 6}},
	} {
		w := windOf(json.RawMessage(c.raw), []float64{0, 0, 0}, c.name, c.text)
		if w(0.5) != c.early || w(1.5) != c.late {
			t.Errorf("%s %s %q: %+v, then %+v; want %+v, then %+v", c.name, c.raw, c.text, w(0.5), w(1.5), c.early, c.late)
		}
	}
}
