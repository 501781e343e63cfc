package export_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/foxglove/mcap/go/mcap"
	"github.com/google/uuid"
	"github.com/parquet-go/parquet-go"

	"volary/internal/drone"
	"volary/internal/export"
	"volary/internal/geo"
	"volary/internal/session"
	"volary/internal/telemetry"
)

// past is a session in memory: some drones, 10 Hz, with a gap.
type past struct {
	session session.Session
	members []session.Member
	seconds uint64
	events  []telemetry.Event
	asked   int // stretches
	failAt  int // stretch that fails; 0: none
	most    int // samples held at once
}

func newPast(drones int, seconds uint64) *past {
	p := &past{seconds: seconds, session: session.Session{
		ID: uuid.MustParse("6f2b3c1e-6f0a-4f5e-9d38-0f3c5a1f7d11"), Name: "t", TickHz: 250, RecordEvery: 25, LastTick: seconds * 250,
		Origin: geo.LLA{Lat: 47.397742, Lon: 8.545594, Alt: 488}, StartedAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	}}
	for i := range drones {
		name := fmt.Sprintf("d%d", i+1)
		p.members = append(p.members, session.Member{Info: drone.Info{Slot: i, ID: name, Name: name, Model: "x500"}})
	}
	for i := range uint64(3) {
		p.events = append([]telemetry.Event{{Session: p.session.ID.String(), Tick: i * 500, SimTime: float64(i) * 2, Severity: telemetry.Warning, Type: "t", Drone: "d1", Message: fmt.Sprint(i)}}, p.events...)
	}
	return p
}

func (p *past) Members(context.Context, uuid.UUID) ([]session.Member, error) { return p.members, nil }

func (p *past) Events(_ context.Context, f session.EventFilter) ([]telemetry.Event, string, error) {
	if f.Cursor == "" {
		return p.events[:1], "more", nil
	}
	return p.events[1:], "", nil
}

func (p *past) Moments(ctx context.Context, _ uuid.UUID, from, to uint64) (map[uint32][]telemetry.TimedSample, error) {
	if p.asked++; p.asked == p.failAt {
		return nil, errors.New("the database is away")
	}
	out, n := map[uint32][]telemetry.TimedSample{}, 0
	for tick := (from + 24) / 25 * 25; tick <= to; tick += 25 {
		if tick == 125 {
			continue // a gap
		}
		for i := range p.members {
			s := telemetry.Sample{Slot: uint32(i), X: int32(tick) - 1000, Y: -int32(i) * 1000, Z: 20_000, VX: -250, Heading: 9000, Battery: 9950, Mode: drone.Mission, Flags: telemetry.Armed}
			out[s.Slot] = append(out[s.Slot], telemetry.TimedSample{Tick: tick, Sample: s})
			n++
		}
	}
	p.most = max(p.most, n)
	return out, nil
}

func write(t *testing.T, f export.Format, p *past, c export.Choice) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := export.Write(t.Context(), &b, f, p, &p.session, c)
	if err != nil {
		t.Fatal(err)
	}
	if c.FromTick == 0 && c.ToTick == 0 && c.Drones == nil && n != uint64(len(p.members))*p.seconds*10 {
		t.Fatalf("%s: %d samples, want %d: one less than 10 Hz from 0 to the end, both counted", f, n, len(p.members)*int(p.seconds)*10)
	}
	return b.Bytes()
}

func TestCSVHoldsEverySampleInOrderOfTime(t *testing.T) {
	p := newPast(3, 25)
	rows, err := csv.NewReader(bytes.NewReader(write(t, export.CSV, p, export.Choice{}))).ReadAll()
	if err != nil || len(rows) != 1+3*250 {
		t.Fatalf("%d lines, %v", len(rows), err)
	}
	head := strings.Join(rows[0], ",")
	if head != "tick,sim_time,drone,name,model,mode,status,armed,lat,lon,alt_m,x,y,z,vx,vy,vz,roll_deg,pitch_deg,heading_deg,battery_pct,voltage_v,current_a" {
		t.Error(head)
	}
	if got := strings.Join(rows[2], ","); got != "0,0,d2,d2,x500,mission,ok,true,47.3977330,8.5455808,508.000,-1,-1,20,-2.5,0,0,0,0,90,99.5,0,0" {
		t.Error(got)
	}
	last := -1
	for i, r := range rows[1:] {
		var tick int
		if _, err := fmt.Sscan(r[0], &tick); err != nil || tick < last || tick == 125 || r[2] != fmt.Sprintf("d%d", i%3+1) {
			t.Fatalf("line %d: %v", i, r)
		}
		last = tick
	}
}

// What a spreadsheet takes for a formula starts a program on somebody's desk:
// https://owasp.org/www-community/attacks/CSV_Injection
func TestFormulasInNamesAreTextForASpreadsheet(t *testing.T) {
	for _, name := range []string{"=HYPERLINK(\"http://evil\")", "+1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\r=1", "\n=1", "|cmd", "%0", "＝1"} {
		p := newPast(1, 1)
		p.members[0].Name = name
		rows, err := csv.NewReader(bytes.NewReader(write(t, export.CSV, p, export.Choice{}))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		// The reader of the standard library turns \r\n inside a cell into \n.
		if got := rows[1][3]; !strings.HasPrefix(got, "'") || strings.TrimLeft(got[1:], "\r") != strings.TrimLeft(name, "\r") {
			t.Errorf("%q became %q", name, got)
		}
	}
	p := newPast(1, 1)
	p.members[0].Name = `a "quoted", name`
	rows, err := csv.NewReader(bytes.NewReader(write(t, export.CSV, p, export.Choice{}))).ReadAll()
	if err != nil || rows[1][3] != p.members[0].Name {
		t.Errorf("%v, %v", rows[1], err)
	}
}

func TestNDJSONIsOneObjectALine(t *testing.T) {
	p := newPast(2, 11)
	p.members[1].Name = "\"<\u2028\x00"
	lines := bufio.NewScanner(bytes.NewReader(write(t, export.NDJSON, p, export.Choice{})))
	n := 0
	for ; lines.Scan(); n++ {
		var r struct {
			Tick  uint64
			Drone string
			Name  string
			X, Y  float64
			Lat   float64
			Armed bool
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("%v: %s", err, lines.Bytes())
		}
		if r.Name != p.members[n%2].Name || r.X != float64(int(r.Tick)-1000)/1000 || !r.Armed || math.Abs(r.Lat-47.3977) > 1e-3 {
			t.Fatalf("line %d: %+v", n, r)
		}
	}
	if n != 220 {
		t.Errorf("%d lines", n)
	}
}

func TestParquetIsReadBack(t *testing.T) {
	p := newPast(3, 25)
	b := write(t, export.Parquet, p, export.Choice{})
	type row struct {
		Tick  int64     `parquet:"tick"`
		Time  time.Time `parquet:"time,timestamp(microsecond)"`
		Drone string    `parquet:"drone"`
		Mode  string    `parquet:"mode"`
		X     float64   `parquet:"x"`
		VX    float32   `parquet:"vx"`
	}
	rows, err := parquet.Read[row](bytes.NewReader(b), int64(len(b)))
	if err != nil || len(rows) != 750 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, r := range rows {
		want := p.session.StartedAt.Add(time.Duration(r.Tick) * 4 * time.Millisecond)
		if r.Drone != fmt.Sprintf("d%d", i%3+1) || r.X != float64(r.Tick-1000)/1000 || r.VX != -2.5 || r.Mode != "mission" || !r.Time.Equal(want) {
			t.Fatalf("row %d: %+v, want %v", i, r, want)
		}
	}
}

func TestMCAPIsReadBackWithItsSchemas(t *testing.T) {
	p := newPast(2, 25)
	b := write(t, export.MCAP, p, export.Choice{})
	r, err := mcap.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	info, err := r.Info()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range info.Schemas {
		if !json.Valid(s.Data) || s.Encoding != "jsonschema" {
			t.Errorf("schema %s is no JSON", s.Name)
		}
	}
	if info.Statistics.MessageCount != 2*250*3+3 || len(info.Channels) != 7 || len(info.Schemas) != 4 {
		t.Errorf("%+v", info.Statistics)
	}
	it, err := r.Messages(mcap.UsingIndex(true))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	var last uint64
	for {
		s, c, m, err := it.NextInto(nil)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		var v map[string]any
		if err := json.Unmarshal(m.Data, &v); err != nil || m.LogTime < last {
			t.Fatalf("%s: %v; time %d after %d", c.Topic, err, m.LogTime, last)
		}
		last = m.LogTime
		if s.Name != "volary.State" && v["timestamp"] == nil {
			t.Fatalf("%s without a time: %s", c.Topic, m.Data)
		}
		if seen[c.Topic]++; seen[c.Topic] > 1 || c.Topic != "/drones/d1/pose" {
			continue
		}
		// Heading east is the nose along x: no rotation.
		q := v["pose"].(map[string]any)["orientation"].(map[string]any)
		if w := q["w"].(float64); math.Abs(math.Abs(w)-1) > 1e-9 {
			t.Errorf("heading 90° gives %v", q)
		}
	}
	for topic, want := range map[string]int{"/log": 3, "/drones/d1/location": 250, "/drones/d2/pose": 250, "/drones/d2/state": 250} {
		if seen[topic] != want {
			t.Errorf("%d messages of %s, want %d", seen[topic], topic, want)
		}
	}
}

func TestAPartOfASessionIsChosen(t *testing.T) {
	p := newPast(3, 60)
	b := write(t, export.CSV, p, export.Choice{FromTick: 2510, ToTick: 5000, Drones: []string{"d2"}})
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil || len(rows) != 1+100 || rows[1][0] != "2525" || rows[100][0] != "5000" || rows[1][2] != "d2" {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if _, err := export.Write(t.Context(), io.Discard, export.CSV, p, &p.session, export.Choice{Drones: []string{"d9"}}); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("a drone that wasn't there: %v", err)
	}
}

func TestOnlyOneStretchIsHeldInMemory(t *testing.T) {
	p := newPast(5, 300)
	write(t, export.CSV, p, export.Choice{})
	if p.most > 5*100 || p.asked != 31 {
		t.Errorf("%d samples at once, in %d stretches", p.most, p.asked)
	}
}

func TestAnExportEndsWithItsClientAndWithItsSource(t *testing.T) {
	for _, f := range export.Formats {
		p := newPast(2, 300)
		ctx, cancel := context.WithCancelCause(t.Context())
		gone := errors.New("the client left")
		n, err := export.Write(ctx, io.Discard, f, p, &p.session, export.Choice{Progress: func(n uint64) {
			if n > 1000 {
				cancel(gone)
			}
		}})
		if !errors.Is(err, gone) || n > 1400 {
			t.Errorf("%s: went on to %d samples: %v", f, n, err)
		}
		p = newPast(2, 300)
		p.failAt = 3
		if _, err := export.Write(t.Context(), io.Discard, f, p, &p.session, export.Choice{}); err == nil || !strings.Contains(err.Error(), "away") {
			t.Errorf("%s: %v", f, err)
		}
	}
}
