package mission

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAPlanBecomesAMissionWithAllItsItems(t *testing.T) {
	for _, c := range []struct {
		file  string
		kinds []Kind // first items
		items int
	}{
		{"qgroundcontrol_sample.plan", []Kind{Takeoff, Waypoint, Note, Waypoint, Waypoint, Return}, 6},
		{"qgroundcontrol_sample_with_survey.plan", []Kind{Note}, 0},
	} {
		t.Run(c.file, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join("testdata", c.file))
			if err != nil {
				t.Fatal(err)
			}
			m, err := ParsePlan(b, "sample")
			if err != nil {
				t.Fatal(err)
			}
			if c.items > 0 && len(m.Items) != c.items {
				t.Fatalf("%d items, want %d", len(m.Items), c.items)
			}
			for i, k := range c.kinds {
				if m.Items[i].Kind != k {
					t.Errorf("item %d is a %s, want %s", i, m.Items[i].Kind, k)
				}
			}
			if m.Home == nil || m.SpeedMS != 5 {
				t.Errorf("home %v, speed %v; want the plan's", m.Home, m.SpeedMS)
			}
		})
	}
}

func TestAPlanThatCanNotBeFlownIsRefusedByField(t *testing.T) {
	good, err := os.ReadFile("testdata/qgroundcontrol_sample.plan")
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := os.ReadFile("testdata/qgroundcontrol_sample_wrong_overall_version.plan")
	if err != nil {
		t.Fatal(err)
	}
	swap := func(old, new string) []byte {
		s := strings.Replace(string(good), old, new, 1)
		if s == string(good) {
			t.Fatalf("%q is not in the sample", old)
		}
		return []byte(s)
	}
	for _, c := range []struct {
		name  string
		plan  []byte
		field string
	}{
		{"wrong version", wrong, "version"},
		{"not JSON", []byte("{"), "body"},
		{"not a plan", []byte(`{"fileType":"Parameters"}`), "fileType"},
		{"null", []byte(`null`), "fileType"},
		{"no mission", []byte(`{"fileType":"Plan","version":1}`), "mission"},
		{"mission of another version", swap(`"vehicleType": 2,
        "version": 2`, `"vehicleType": 2, "version": 9`), "mission.version"},
		{"unknown command", swap(`"command": 2000`, `"command": 31000`), "mission.items[2].command"},
		{"latitude beyond the pole", swap(`47.39777106`, `147.39777106`), "items[1].lat"},
		{"too few parameters", swap(`"params": [
                    15,`, `"params": [`), "mission.items[0].params"},
		{"text where a number belongs", swap(`"hoverSpeed": 5`, `"hoverSpeed": "fast"`), "mission.hoverSpeed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParsePlan(c.plan, "x")
			var fe *FieldError
			if !errors.As(err, &fe) {
				t.Fatalf("error %v, want a FieldError", err)
			}
			if fe.Field != c.field {
				t.Errorf("names %q (%s), want %q", fe.Field, fe.Message, c.field)
			}
		})
	}
}

func FuzzParsePlan(f *testing.F) {
	files, err := filepath.Glob("testdata/*.plan")
	if err != nil || len(files) == 0 {
		f.Fatal("no plans to start from", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParsePlan(b, "fuzz")
		if err == nil {
			if err := m.Check(); err != nil {
				t.Fatalf("accepted a mission that can't be flown: %v", err)
			}
		}
	})
}
