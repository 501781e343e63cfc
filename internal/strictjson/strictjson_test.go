package strictjson

import (
	"errors"
	"strings"
	"testing"
)

type thing struct {
	Name   string `json:"name,omitempty"`
	Params struct {
		Alt *float64 `json:"alt_m,omitempty"`
	} `json:"params"`
	Items []struct {
		Lat float64 `json:"lat"`
	} `json:"items"`
}

var cases = []struct{ name, text, path, want string }{
	{"good", `{"name":"a","params":{"alt_m":3},"items":[{"lat":1}]}`, "", ""},
	{"empty", ` `, "", "empty"},
	{"unknown key", `{"nome":"a"}`, "nome", "not known"},
	{"another case", `{"Name":"a"}`, "Name", "not known"},
	{"unknown key inside", `{"params":{"altitude":1}}`, "params.altitude", "not known"},
	{"duplicate key", `{"name":"a","name":"b"}`, "name", "twice"},
	{"two values", `{} {}`, "", "not JSON"},
	{"NaN", `{"params":{"alt_m":NaN}}`, "params.alt_m", "not JSON"},
	{"text for a number", `{"items":[{"lat":"x"}]}`, "items[0].lat", "a string where"},
	{"too large a number", `{"params":{"alt_m":1e999}}`, "params.alt_m", ""},
	{"lone surrogate", `{"name":"\ud800"}`, "name", "lone surrogate"},
	{"invalid UTF-8", "{\"name\":\"\xff\"}", "name", "not JSON"},
	{"too deep", strings.Repeat("[", 33), "", "nested deeper"},
	{"brackets in a string", `{"name":"` + strings.Repeat("[", 100) + `"}`, "", ""},
}

func TestWhatIsNotExactlyRightIsRefusedWithItsPlace(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var v thing
			err := Decode([]byte(c.text), &v)
			if c.want == "" && c.path == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v, want an *Error", err)
			}
			if e.Path != c.path || !strings.Contains(e.Message, c.want) {
				t.Errorf("says %q: %q; want %q: …%s…", e.Path, e.Message, c.path, c.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, c := range cases {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v thing
		if err := Decode(b, &v); err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%T %v", err, err)
			}
		}
	})
}
