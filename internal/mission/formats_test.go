package mission

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strings"
	"testing"

	"volary/internal/geo"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const kmlHead = `<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>`

func line(name, mode, coords string) string {
	return "<Placemark><name>" + name + "</name><LineString>" + mode + "<coordinates>" + coords + "</coordinates></LineString></Placemark>"
}

func kmz(t testing.TB, entries ...string) []byte { // name, content, ...
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		h := &zip.FileHeader{Name: entries[i], Method: zip.Deflate}
		if entries[i] == "link.kml" {
			h.SetMode(fs.ModeSymlink | 0o777)
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte(entries[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPathsPeopleDrawBecomeMissions(t *testing.T) {
	zurich := read(t, "zurich_flights.kml")
	abs := kmlHead + "<Folder><name>outer</name>" + line("a &amp; b", "<altitudeMode>absolute</altitudeMode>", " 8.1,47.1,500\n8.2,47.2,510 8.2,47.2,510 8.3,47.3,520 ") + "</Folder></Document></kml>"
	for _, c := range []struct {
		name   string
		file   []byte
		opt    Import
		title  string
		points int
		frame  Frame
		alt    float64 // of the first point
		warns  int
	}{
		{"zurich, first path", zurich, Import{}, "Train", 66, Relative, 50, 2},
		{"zurich, chosen path and height", zurich, Import{Path: "ETH", AltM: 80, Name: "round"}, "round", 117, Relative, 80, 1},
		{"heights above sea level, a point twice", []byte(abs), Import{}, "a & b", 3, Absolute, 500, 0},
		{"heights above home", []byte(kmlHead + line("", "<altitudeMode>relativeToGround</altitudeMode>", "8,47,30 8.001,47,40") + "</Document></kml>"), Import{}, "path", 2, Relative, 30, 0},
		{"kmz", kmz(t, "files/a.png", "x", "doc.kml", abs), Import{}, "a & b", 3, Absolute, 500, 0},
		{"geojson line", []byte(`{"type":"LineString","coordinates":[[8,47,30],[8.001,47,40]]}`), Import{}, "path", 2, Relative, 30, 0},
		{"geojson feature", []byte(`{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null},{"type":"Feature","properties":{"name":"f","altitude_mode":"absolute","x":[1]},"geometry":{"type":"LineString","coordinates":[[8,47,600],[8.001,47,610],[8.002,47,610]]}}]}`), Import{}, "f", 3, Absolute, 600, 0},
		{"geojson of two lines", []byte(`{"type":"MultiLineString","coordinates":[[[8,47],[8.001,47]],[[9,47],[9.001,47]]]}`), Import{}, "path", 2, Relative, 50, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			parse := ParseKML
			if c.file[0] == '{' {
				parse = ParseGeoJSON
			}
			m, err := parse(c.file, c.opt)
			if err != nil {
				t.Fatal(err)
			}
			n := len(m.Items)
			if m.Name != c.title || n != c.points+2 || m.Items[0].Kind != Takeoff || m.Items[n-1].Kind != Return || len(m.Warnings) != c.warns {
				t.Fatalf("%q of %d items, warnings %q; want %q of %d", m.Name, n, m.Warnings, c.title, c.points+2)
			}
			if it := m.Items[1]; it.Kind != Waypoint || it.Frame != c.frame || *it.Alt != c.alt || *m.Items[0].Alt != c.alt {
				t.Errorf("%+v, alt %v", it, *it.Alt)
			}
		})
	}
	m, err := ParseKML(zurich, Import{})
	if err != nil {
		t.Fatal(err)
	}
	// The first point as the file has it, longitude first.
	if *m.Items[1].Lon != 8.5233997 || *m.Items[1].Lat != 47.3714318 {
		t.Errorf("begins at %v, %v", *m.Items[1].Lat, *m.Items[1].Lon)
	}
}

func TestFilesThatAreNoPathAreRefusedInTime(t *testing.T) {
	wrap := func(s string) []byte { return []byte(kmlHead + s + "</Document></kml>") }
	bomb := `<!DOCTYPE lolz [<!ENTITY lol "lol">` + strings.Repeat(`<!ENTITY l "&lol;&lol;">`, 10) + `]>`
	many := strings.Repeat("8.1,47.1 ", MaxItems+1)
	for _, c := range []struct {
		name string
		file []byte
		want string
		kind error
	}{
		{"document type", []byte("<!DOCTYPE kml><kml></kml>"), "document type", nil},
		{"billion laughs", []byte(`<?xml version="1.0"?>` + bomb + "<kml>&lol;</kml>"), "document type", nil},
		{"external entity", []byte(`<!DOCTYPE kml SYSTEM "file:///etc/passwd"><kml/>`), "document type", nil},
		{"entity that is none", wrap("<name>&lol;</name>" + line("a", "", "8,47 8.1,47")), "not XML", nil},
		{"100,000 levels", []byte("<kml>" + strings.Repeat("<Folder>", 100_000)), "nest deeper", nil},
		{"another document", []byte("<html></html>"), "<html>", nil},
		{"cut off", []byte(kmlHead + "<Folder>"), "ends inside", nil},
		{"badly nested", []byte("<kml><Folder></kml></Folder>"), "closes nothing", nil},
		{"another charset", []byte(`<?xml version="1.0" encoding="UTF-7"?><kml/>`), "", nil},
		{"not UTF-8", wrap("<name>\xff\xfe</name>"), "UTF-8", nil},
		{"no path", wrap("<Placemark><Point><coordinates>8,47</coordinates></Point></Placemark>"), "no path", nil},
		{"one point", wrap(line("a", "", "8,47")), "no path", nil},
		{"latitude first", wrap(line("a", "", "47,98,1 8,47,2")), "longitude comes first", nil},
		{"no number", wrap(line("a", "", "8,x 8,47")), `"x" is not a number`, nil},
		{"not finite", wrap(line("a", "", "NaN,47 8,Inf")), "not a number", nil},
		{"too many numbers", wrap(line("a", "", "8,47,1,2 8,47")), "give longitude", nil},
		{"too many points", wrap(line("a", "", many)), "more than", ErrTooLarge},
		{"too many paths", wrap(strings.Repeat(line("a", "", "8,47 8.1,47"), maxKMLPaths+1)), "more than", ErrTooLarge},
		{"unknown height mode", wrap(line("a", "<altitudeMode>wobbly</altitudeMode>", "8,47 8.1,47")), "wobbly", nil},
		{"picture", []byte("\x89PNG\r\n\x1a\n"), "not KML", ErrNotThis},
		{"empty", nil, "not KML", ErrNotThis},
		{"kmz that leads out", kmz(t, "../../x.kml", "x"), "leads out", nil},
		{"kmz with an absolute name", kmz(t, "/etc/x.kml", "x"), "leads out", nil},
		{"kmz with a drive", kmz(t, `C:\x.kml`, "x"), "leads out", nil},
		{"kmz with a link", kmz(t, "link.kml", "/etc/passwd"), "leads out", nil},
		{"kmz without kml", kmz(t, "a.txt", "x"), "no .kml", nil},
		{"kmz cut off", kmz(t, "doc.kml", kmlHead)[:40], "not a KMZ", nil},
		{"kmz bomb", kmz(t, "doc.kml", strings.Repeat(" ", MaxFile+2)), "unpacks to more", ErrTooLarge},
		{"kmz of many", kmz(t, func() (all []string) {
			for i := range maxKMZEntries + 1 {
				all = append(all, fmt.Sprint(i), "")
			}
			return all
		}()...), "at most", ErrTooLarge},
		{"geojson of another depth", []byte(`{"type":"LineString","coordinates":[[[8,47],[8.1,47]]]}`), "LineString has", nil},
		{"geojson of text", []byte(`{"type":"LineString","coordinates":[["8","47"],["9","47"]]}`), "LineString has", nil},
		{"geojson of one point", []byte(`{"type":"LineString","coordinates":[[8,47]]}`), "two points", nil},
		{"geojson latitude first", []byte(`{"type":"LineString","coordinates":[[47,98],[8,47]]}`), "longitude comes first", nil},
		{"geojson of four numbers", []byte(`{"type":"LineString","coordinates":[[8,47,1,2],[8,47]]}`), "4 numbers", nil},
		{"geojson that nests", []byte(strings.Repeat(`{"type":"GeometryCollection","geometries":[`, 50) + strings.Repeat(`]}`, 50)), "nest deeper", nil},
		{"geojson of too many", []byte(`{"type":"LineString","coordinates":[` + strings.TrimSuffix(strings.Repeat("[8,47],", MaxItems+1), ",") + `]}`), "more than", ErrTooLarge},
		{"geojson of an unknown type", []byte(`{"type":"Sphere"}`), "Sphere", nil},
		{"geojson without a line", []byte(`{"type":"Point","coordinates":[8,47]}`), "no path", nil},
		{"json of another kind", []byte(`{"type":7}`), "not GeoJSON", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			parse := ParseKML
			if bytes.HasPrefix(c.file, []byte("{")) {
				parse = ParseGeoJSON
			}
			m, err := parse(c.file, Import{})
			var fe *FieldError
			if !errors.As(err, &fe) || !strings.Contains(err.Error(), c.want) || m != nil {
				t.Fatalf("%v, error %v, want %q", m, err, c.want)
			}
			if c.kind != nil && !errors.Is(err, c.kind) {
				t.Errorf("%v is not %v", err, c.kind)
			}
			if len(err.Error()) > 400 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		})
	}
}

// What goes out comes in again the same.
func TestMissionsSurviveTheWayOutAndIn(t *testing.T) {
	f := func(v float64) *float64 { return &v }
	m := &Mission{Name: `a <b> & "c"`, SpeedMS: 7, Items: []Item{
		{Kind: Takeoff, Frame: Relative, Alt: f(30)},
		{Kind: Waypoint, Frame: Relative, Lat: f(47.1), Lon: f(8.1), Alt: f(30)},
		{Kind: Waypoint, Frame: Relative, Lat: f(47.1234567), Lon: f(-8.2), Alt: f(42.5)},
		{Kind: Waypoint, Frame: Relative, Lat: f(-47.2), Lon: f(179.9), Alt: f(30)},
		{Kind: Return},
	}}
	geo1, err := m.GeoJSON()
	if err != nil {
		t.Fatal(err)
	}
	kml, err := m.KML()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := m.PlanFile()
	if err != nil {
		t.Fatal(err)
	}
	for name, back := range map[string]func() (*Mission, error){
		"geojson": func() (*Mission, error) { return ParseGeoJSON(geo1, Import{}) },
		"kml":     func() (*Mission, error) { return ParseKML(kml, Import{}) },
		"plan":    func() (*Mission, error) { return ParsePlan(plan, m.Name) },
	} {
		got, err := back()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got.Plan, got.SpeedMS, got.Home = nil, 7, nil
		a, _ := json.Marshal(m)
		b, _ := json.Marshal(got)
		if !bytes.Equal(a, b) {
			t.Errorf("%s:\n%s\ncame back as\n%s", name, a, b)
		}
	}
	local := &Mission{Name: "l", Items: []Item{{Kind: Waypoint, Frame: LocalENU, X: 100, Y: 200, Z: 30}, {Kind: Waypoint, Frame: LocalENU, X: 0, Y: 0, Z: 30}}}
	for name, out := range map[string]func() ([]byte, error){"geojson": local.GeoJSON, "kml": local.KML, "plan": local.PlanFile} {
		if _, err := out(); err == nil || !strings.Contains(err.Error(), "items[0].frame") {
			t.Errorf("%s of a mission relative to each drone: %v", name, err)
		}
	}
	local.Home = &geo.LLA{Lat: 47, Lon: 8, Alt: 400}
	b, err := local.GeoJSON()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseGeoJSON(b, Import{})
	if err != nil {
		t.Fatal(err)
	}
	at := geo.NewLocal(*local.Home).ToENU(geo.LLA{Lat: *back.Items[1].Lat, Lon: *back.Items[1].Lon, Alt: 400})
	if math.Abs(at.X-100) > 0.01 || math.Abs(at.Y-200) > 0.01 || *back.Items[1].Alt != 30 {
		t.Errorf("100, 200, 30 came back as %v, %v", at, *back.Items[1].Alt)
	}
}

func TestAPlanComesOutAsItCameIn(t *testing.T) {
	b := read(t, "qgroundcontrol_sample_with_survey.plan")
	text := strings.Replace(string(b), `"points": [
        ]`, `"points": [[47.1, 8.1, 30]], "ours": {"x": 1}`, 1)
	m, err := ParsePlan([]byte(text), "s")
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.PlanFile()
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if json.Unmarshal([]byte(text), &want) != nil || json.Unmarshal(out, &got) != nil || fmt.Sprint(want) != fmt.Sprint(got) {
		t.Errorf("came out as %s", out)
	}
	if !strings.Contains(strings.Join(m.Warnings, " "), "rallyPoints: 1") {
		t.Errorf("warnings %q say nothing of the rally point", m.Warnings)
	}
	for name, c := range map[string][2]string{
		"structure scan":        {`"complexItemType": "survey"`, "StructureScan"},
		"rally point of two":    {"", "rallyPoints.points[0]"},
		"jump to an item":       {"", "177 (jump to an item)"},
		"not a command at all ": {"", "31000"},
	} {
		bad := text
		switch name {
		case "structure scan":
			bad = strings.Replace(text, c[0], `"complexItemType": "StructureScan"`, 1)
		case "rally point of two":
			bad = strings.Replace(text, "[[47.1, 8.1, 30]]", "[[47.1, 8.1]]", 1)
		case "jump to an item":
			bad = strings.Replace(text, `"command": 530`, `"command": 177`, 1)
		default:
			bad = strings.Replace(text, `"command": 530`, `"command": 31000`, 1)
		}
		if bad == text {
			t.Fatalf("%s: the sample has nothing to replace", name)
		}
		if _, err := ParsePlan([]byte(bad), "s"); err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseKML(f *testing.F) {
	f.Add(read(f, "zurich_flights.kml"))
	f.Add([]byte(kmlHead + line("a", "<altitudeMode>absolute</altitudeMode>", "8,47,1 8.1,47,2") + "</Document></kml>"))
	f.Add(kmz(f, "doc.kml", kmlHead+line("a", "", "8,47 8.1,47")+"</Document></kml>"))
	f.Fuzz(func(t *testing.T, b []byte) { flyable(t, b, ParseKML) })
}

func FuzzParseGeoJSON(f *testing.F) {
	f.Add([]byte(`{"type":"LineString","coordinates":[[8,47,30],[8.001,47,40]]}`))
	f.Add([]byte(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"f"},"geometry":{"type":"MultiLineString","coordinates":[[[8,47],[9,47]]]}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) { flyable(t, b, ParseGeoJSON) })
}

func flyable(t *testing.T, b []byte, parse func([]byte, Import) (*Mission, error)) {
	m, err := parse(b, Import{})
	if err != nil {
		return
	}
	if err := m.Check(); err != nil {
		t.Fatalf("accepted a mission that can't be flown: %v", err)
	}
	out, err := m.GeoJSON()
	if err != nil {
		return // one place only
	}
	if _, err := ParseGeoJSON(out, Import{}); err != nil {
		t.Fatalf("%s can't be read again: %v", out, err)
	}
}
