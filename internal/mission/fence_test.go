package mission

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func f(v float64) *float64 { return &v }

func TestAFenceThatCanNotBeNamesTheField(t *testing.T) {
	corner := func(x, y float64) FencePoint { return FencePoint{X: f(x), Y: f(y)} }
	for _, c := range []struct {
		name, field string // field "": good
		fence       Fence
	}{
		{"triangle", "", Fence{Kind: Inclusion, Polygon: []FencePoint{corner(0, 0), corner(1, 0), corner(0, 1)}}},
		{"ceiling alone", "", Fence{Kind: Inclusion, CeilM: f(50)}},
		{"circle", "", Fence{Kind: Exclusion, Circle: &FenceCircle{X: f(0), Y: f(0), Radius: 5}, Action: "rtl"}},
		{"no kind", "type", Fence{CeilM: f(50)}},
		{"nothing", "polygon", Fence{Kind: Inclusion}},
		{"two corners", "polygon", Fence{Kind: Inclusion, Polygon: []FencePoint{corner(0, 0), corner(1, 0)}}},
		{"both shapes", "circle", Fence{Kind: Inclusion, Polygon: []FencePoint{corner(0, 0), corner(1, 0), corner(0, 1)}, Circle: &FenceCircle{X: f(0), Y: f(0), Radius: 5}}},
		{"half a corner", "polygon[1]", Fence{Kind: Inclusion, Polygon: []FencePoint{corner(0, 0), {X: f(1)}, corner(0, 1)}}},
		{"no radius", "circle.radius_m", Fence{Kind: Inclusion, Circle: &FenceCircle{X: f(0), Y: f(0)}}},
		{"upside down", "ceiling_m", Fence{Kind: Inclusion, FloorM: f(20), CeilM: f(10)}},
		{"unknown action", "action", Fence{Kind: Inclusion, CeilM: f(10), Action: "explode"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.fence.Check()
			if c.field == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var fe *FieldError
			if !errors.As(err, &fe) || fe.Field != c.field {
				t.Errorf("error %v, want one that names %s", err, c.field)
			}
		})
	}
}

func TestFencesOfAPlanAreRead(t *testing.T) {
	all, err := ParsePlanFences([]byte(`{"fileType":"Plan","version":1,"groundStation":"QGroundControl","geoFence":{"version":2,
		"circles":[{"circle":{"center":[47.3977,8.5456],"radius":120.5},"inclusion":false,"version":1}],
		"polygons":[{"inclusion":true,"polygon":[[47.39,8.54],[47.40,8.54],[47.40,8.55]],"version":1}]}}`), "site")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[0].Kind != Inclusion || len(all[0].Polygon) != 3 || *all[0].Polygon[2].Lon != 8.55 {
		t.Errorf("polygon: %+v", all)
	}
	if all[1].Kind != Exclusion || all[1].Circle == nil || all[1].Circle.Radius != 120.5 || all[1].Name != "site 2" {
		t.Errorf("circle: %+v", all[1])
	}
	if none, err := ParsePlanFences([]byte(`{"fileType":"Plan","geoFence":{"circles":[],"polygons":[],"version":2}}`), "x"); err != nil || len(none) != 0 {
		t.Errorf("a plan without fences: %v, %v", none, err)
	}
}

func FuzzParsePlanFences(f *testing.F) {
	b, err := os.ReadFile("testdata/qgroundcontrol_sample.plan")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"fileType":"Plan","geoFence":{"polygons":[{"inclusion":true,"polygon":[[47,8],[47,9],[48,8]]}]}}`))
	f.Add([]byte(`{"fileType":"Plan","geoFence":{"circles":[{"circle":{"center":[1e400],"radius":-1}}]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := ParsePlanFences(b, "fuzz")
		if err != nil {
			if strings.TrimSpace(err.Error()) == "" {
				t.Error("an error without words")
			}
			return
		}
		for i := range all {
			if err := all[i].Check(); err != nil {
				t.Errorf("fence %d was taken and is wrong: %v", i, err)
			}
		}
	})
}
