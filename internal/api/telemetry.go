package api

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"volary/internal/drone"
	"volary/internal/problem"
	"volary/internal/series"
	"volary/internal/session"
	"volary/internal/telemetry"
)

// trackPage is a stretch of one drone's flight, a column a field. With buckets a
// column is what was last in each, and Min, Max and Mean hold the rest.
type trackPage struct {
	Session string               `json:"session"`
	Drone   string               `json:"drone"`
	Samples int                  `json:"samples" doc:"rows in each column"`
	Tick    []uint64             `json:"tick" doc:"with bucket: where each begins"`
	SimTime []float64            `json:"sim_time"`
	Columns map[string][]float64 `json:"columns" doc:"x, y, z, vx, vy, vz, roll_deg, pitch_deg, heading_deg, battery_pct, voltage_v, current_a, or those of fields; with bucket: the last of each"`
	Min     map[string][]float64 `json:"min,omitempty"`
	Max     map[string][]float64 `json:"max,omitempty"`
	Mean    map[string][]float64 `json:"mean,omitempty"`
	Count   []int                `json:"count,omitempty" doc:"with bucket: samples in each"`
	Mode    []string             `json:"mode"`
	Gaps    []telemetry.Gap      `json:"gaps" doc:"stretches of the session of which nothing was kept"`
	Cursor  string               `json:"next_cursor,omitempty" doc:"give it as cursor to get the rest; absent: this is all"`
	Next    *float64             `json:"next_from,omitempty" doc:"where the rest begins, simulated seconds"`
}

// Bounds of an answer.
const (
	maxRows    = 20_000    // of one page
	maxScan    = 4_000_000 // samples looked at to thin out: 111 hours at 10 Hz
	maxBuckets = 20_000
)

type telemetryRequest struct {
	ID        string  `path:"id"`
	Drone     string  `query:"drone" required:"true" doc:"id of the drone" example:"d1"`
	From      float64 `query:"from" minimum:"0" doc:"simulated seconds; default: the beginning"`
	To        float64 `query:"to" minimum:"0" doc:"simulated seconds; default: the end"`
	Fields    string  `query:"fields" doc:"columns to give, separated by commas; default: all" example:"x,y,z"`
	Bucket    float64 `query:"bucket" minimum:"0" doc:"sum up so many simulated seconds into a row: last, min, max and mean; 0: no"`
	MaxPoints int     `query:"max_points" minimum:"0" maximum:"20000" doc:"keep so many rows, those that keep the look of all columns (LTTB); 0: all"`
	Limit     int     `query:"limit" minimum:"1" maximum:"20000" default:"20000" doc:"rows of one page"`
	Cursor    string  `query:"cursor" doc:"next_cursor of the last page"`
}

// track is a request that was understood.
type track struct {
	session  *session.Session
	slot     uint32
	from, to uint64 // ticks; to 0: to the end
	columns  []series.Column
	bucket   uint64 // ticks
}

func (a *api) telemetry(ctx context.Context, in *telemetryRequest) (*answer[trackPage], error) {
	t, err := a.track(ctx, in)
	if err != nil {
		return nil, a.fail(err)
	}
	page := &trackPage{Session: t.session.ID.String(), Drone: in.Drone, Gaps: t.session.Gaps}
	if page.Gaps == nil {
		page.Gaps = []telemetry.Gap{}
	}
	switch {
	case t.bucket > 0:
		err = a.bucketed(ctx, t, in, page)
	case in.MaxPoints > 0:
		err = a.thinned(ctx, t, in, page)
	default:
		err = a.paged(ctx, t, in, page)
	}
	if err != nil {
		return nil, a.fail(err)
	}
	return ok(*page), nil
}

func queryProblem(name, format string, args ...any) error {
	return &problem.Error{Code: problem.Invalid, Message: "the flight can't be read like this", Fields: []problem.Field{{Name: "query." + name, Message: fmt.Sprintf(format, args...)}}}
}

func (a *api) track(ctx context.Context, in *telemetryRequest) (*track, error) {
	s, err := a.session(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if in.To > 0 && in.From > in.To {
		return nil, &problem.Error{Code: problem.Malformed, Message: "the range is empty", Fields: []problem.Field{{Name: "query.from", Message: "lies after to"}}}
	}
	hz := float64(s.TickHz)
	if in.From*hz > 1<<53 || in.To*hz > 1<<53 {
		return nil, queryProblem("from", "beyond any flight")
	}
	t := &track{session: s, from: uint64(math.Ceil(in.From * hz)), to: uint64(in.To * hz)}
	if t.columns, err = series.Choose(in.Fields); err != nil {
		return nil, queryProblem("fields", "%v", err)
	}
	if in.Bucket > 0 {
		t.bucket = uint64(math.Round(in.Bucket * hz))
		switch {
		case in.MaxPoints > 0:
			return nil, queryProblem("bucket", "give bucket or max_points, not both")
		case t.bucket < 1 || in.Bucket > 1e6:
			return nil, queryProblem("bucket", "%v s: give at least one tick (%v s), and at most a million", in.Bucket, 1/hz)
		}
	}
	if in.Cursor != "" {
		next, err := decodeTick(in.Cursor)
		if err != nil || next < t.from {
			return nil, &problem.Error{Code: problem.Malformed, Message: "the cursor is none that this API gave for this range", Fields: []problem.Field{{Name: "query.cursor", Message: "give next_cursor of the last page"}}}
		}
		t.from = next
	}
	t.slot, err = a.slotOf(ctx, s, in.Drone)
	return t, err
}

// A cursor of a flight is the tick that the next page begins with.
func encodeTick(tick uint64) string {
	return base64.RawURLEncoding.EncodeToString([]byte("t" + strconv.FormatUint(tick, 36)))
}

func decodeTick(s string) (uint64, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return 0, err
	}
	text, found := strings.CutPrefix(string(b), "t")
	if !found {
		return 0, errors.New("of another list")
	}
	return strconv.ParseUint(text, 36, 53)
}

// errEnough ends the reading of a flight.
var errEnough = errors.New("enough")

func (a *api) paged(ctx context.Context, t *track, in *telemetryRequest, page *trackPage) error {
	limit := min(max(1, in.Limit), maxRows)
	var rows []telemetry.TimedSample
	err := a.History.Each(ctx, t.session.ID, t.slot, t.from, t.to, func(all []telemetry.TimedSample) error {
		if rows = append(rows, all...); len(rows) > limit {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	if len(rows) > limit {
		page.more(rows[limit].Tick, t)
		rows = rows[:limit]
	}
	page.fill(rows, t)
	return nil
}

func (p *trackPage) more(tick uint64, t *track) {
	next := float64(tick) / float64(t.session.TickHz)
	p.Next, p.Cursor = &next, encodeTick(tick)
}

func (a *api) thinned(ctx context.Context, t *track, in *telemetryRequest, page *trackPage) error {
	var rows []telemetry.TimedSample
	err := a.History.Each(ctx, t.session.ID, t.slot, t.from, t.to, func(all []telemetry.TimedSample) error {
		if rows = append(rows, all...); len(rows) > maxScan {
			return queryProblem("max_points", "the range holds more than %d samples: give a shorter one, or a bucket", maxScan)
		}
		return nil
	})
	if err != nil {
		return err
	}
	kept := make([]telemetry.TimedSample, 0, min(len(rows), in.MaxPoints))
	for _, i := range series.Thin(rows, t.columns, in.MaxPoints) {
		kept = append(kept, rows[i])
	}
	page.fill(kept, t)
	return nil
}

func (a *api) bucketed(ctx context.Context, t *track, in *telemetryRequest, page *trackPage) error {
	limit := min(max(1, in.Limit), maxBuckets)
	b := series.NewBuckets(t.columns, t.bucket)
	err := a.History.Each(ctx, t.session.ID, t.slot, t.from, t.to, func(all []telemetry.TimedSample) error {
		if b.Add(all); len(b.List) > limit {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	list := b.List
	if len(list) > limit {
		page.more(list[limit].Tick, t)
		list = list[:limit]
	}
	last := make([]telemetry.TimedSample, len(list))
	page.Count = make([]int, len(list))
	page.Min, page.Max, page.Mean = columnsOf(t, len(list)), columnsOf(t, len(list)), columnsOf(t, len(list))
	for i := range list {
		last[i], page.Count[i] = list[i].Last, list[i].Count
		for c := range t.columns {
			name := t.columns[c].Name
			page.Min[name][i], page.Max[name][i], page.Mean[name][i] = list[i].Min[c], list[i].Max[c], list[i].Mean[c]
		}
	}
	page.fill(last, t)
	for i := range list {
		page.Tick[i] = list[i].Tick
		page.SimTime[i] = float64(list[i].Tick) / float64(t.session.TickHz)
	}
	return nil
}

func columnsOf(t *track, n int) map[string][]float64 {
	m := make(map[string][]float64, len(t.columns))
	for _, c := range t.columns {
		m[c.Name] = make([]float64, n)
	}
	return m
}

func (p *trackPage) fill(rows []telemetry.TimedSample, t *track) {
	p.Samples = len(rows)
	p.Tick, p.SimTime, p.Mode = make([]uint64, len(rows)), make([]float64, len(rows)), make([]string, len(rows))
	p.Columns = columnsOf(t, len(rows))
	for i := range rows {
		r := &rows[i]
		p.Tick[i], p.SimTime[i], p.Mode[i] = r.Tick, float64(r.Tick)/float64(t.session.TickHz), drone.Mode(r.Mode).String()
		for _, c := range t.columns {
			p.Columns[c.Name][i] = c.Of(&r.Sample)
		}
	}
}

// slotOf finds the slot of a drone of a session.
func (a *api) slotOf(ctx context.Context, s *session.Session, id string) (uint32, error) {
	all, err := a.History.Members(ctx, s.ID)
	if err != nil {
		return 0, err
	}
	for _, m := range all {
		if m.ID == id {
			return uint32(m.Slot), nil
		}
	}
	return 0, problem.New(problem.NotFound, "no drone of this session is called %q: list them with GET /api/v1/sessions/%s/drones", id, s.ID)
}

// lastPage is where each drone of a session was last.
type lastPage struct {
	Session string     `json:"session"`
	Drones  []lastSeen `json:"drones"`
}

type lastSeen struct {
	ID      string             `json:"id"`
	Name    string             `json:"name"`
	Model   string             `json:"model"`
	Tick    uint64             `json:"tick"`
	SimTime float64            `json:"sim_time"`
	Mode    string             `json:"mode"`
	Status  string             `json:"status"`
	Armed   bool               `json:"armed"`
	Columns map[string]float64 `json:"columns" doc:"as of telemetry"`
}

func (a *api) last(ctx context.Context, in *struct {
	ID string `path:"id"`
}) (*answer[lastPage], error) {
	s, err := a.session(ctx, in.ID)
	if err != nil {
		return nil, a.fail(err)
	}
	members, err := a.History.Members(ctx, s.ID)
	if err != nil {
		return nil, a.fail(err)
	}
	all, err := a.History.Last(ctx, s.ID)
	if err != nil {
		return nil, a.fail(err)
	}
	of := make(map[uint32]session.Member, len(members))
	for _, m := range members {
		of[uint32(m.Slot)] = m
	}
	page := lastPage{Session: s.ID.String(), Drones: make([]lastSeen, 0, len(all))}
	for i := range all {
		m, known := of[all[i].Slot]
		if !known {
			m.Info = drone.Info{ID: "d" + strconv.FormatUint(uint64(all[i].Slot)+1, 10)}
		}
		d := lastSeen{
			ID: m.ID, Name: m.Name, Model: m.Model, Tick: all[i].Tick, SimTime: float64(all[i].Tick) / float64(max(1, s.TickHz)),
			Mode: all[i].Mode.String(), Status: all[i].Status.String(), Armed: all[i].Flags&telemetry.Armed != 0,
			Columns: make(map[string]float64, len(series.Columns)),
		}
		for _, c := range series.Columns {
			d.Columns[c.Name] = c.Of(&all[i].Sample)
		}
		page.Drones = append(page.Drones, d)
	}
	return ok(page), nil
}

// eventsRequest chooses events.
type eventsRequest struct {
	Session  string  `query:"session" doc:"id; default: all"`
	Severity string  `query:"severity" enum:"info,warning,error"`
	Drone    string  `query:"drone"`
	Type     string  `query:"type" doc:"what happened, such as mode_changed"`
	From     float64 `query:"from" minimum:"0" doc:"simulated seconds of the session; needs session"`
	To       float64 `query:"to" minimum:"0" doc:"simulated seconds of the session; needs session"`
	Limit    int     `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Cursor   string  `query:"cursor"`
}

func (a *api) events(ctx context.Context, in *eventsRequest) (*answer[eventsPage], error) {
	f := session.EventFilter{
		Session: in.Session, Severity: telemetry.Severity(in.Severity), Drone: in.Drone, Type: in.Type, Limit: in.Limit, Cursor: in.Cursor,
	}
	if in.From > 0 || in.To > 0 {
		if in.Session == "" {
			return nil, a.fail(queryProblem("session", "simulated time is of one session: say which"))
		}
		s, err := a.session(ctx, in.Session)
		if err != nil {
			return nil, a.fail(err)
		}
		if in.To > 0 && in.From > in.To {
			return nil, a.fail(queryProblem("from", "lies after to"))
		}
		hz := float64(s.TickHz)
		f.FromTick, f.ToTick = uint64(math.Ceil(in.From*hz)), uint64(in.To*hz)
	}
	all, next, err := a.History.Events(ctx, f)
	if err != nil {
		return nil, a.failCursor(err, in.Cursor)
	}
	if all == nil {
		all = []telemetry.Event{}
	}
	return ok(eventsPage{all, next}), nil
}
