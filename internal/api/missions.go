package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"volary/internal/mission"
	"volary/internal/problem"
	"volary/internal/strictjson"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

type missionsPage struct {
	Missions []mission.Mission `json:"missions"`
	Next     string            `json:"next_cursor,omitempty"`
}

// missionRequest is a mission as a client writes it.
type missionRequest struct {
	Name    string         `json:"name" doc:"for people"`
	SpeedMS float64        `json:"speed_ms,omitempty" doc:"cruise speed, m/s; 0 takes the drone's own"`
	Repeat  bool           `json:"repeat,omitempty" doc:"begin again after the last item"`
	Items   []mission.Item `json:"items"`
}

// The ways a mission can be written.
const (
	mediaJSON    = "application/json"
	mediaGeoJSON = "application/geo+json"
	mediaKML     = "application/vnd.google-earth.kml+xml"
	mediaKMZ     = "application/vnd.google-earth.kmz"
	mediaPlan    = "application/vnd.qgroundcontrol.plan+json"
)

var missionMedia = []string{mediaGeoJSON, mediaKML, mediaKMZ, mediaPlan, "application/xml", "text/xml", "application/octet-stream", "multipart/form-data"}

type upload struct {
	Format      string  `query:"format" enum:"json,plan,geojson,kml" doc:"what the body is: json; plan, a QGroundControl file; geojson; kml, also packed as kmz. Default: as Content-Type says"`
	Name        string  `query:"name" maxLength:"200" doc:"of a file that has none"`
	Path        string  `query:"path" maxLength:"200" doc:"geojson, kml: which path, by name, when there are several; default the first"`
	AltM        float64 `query:"alt_m" minimum:"0" maximum:"10000" doc:"geojson, kml: metres above home for paths without heights; default 50"`
	ContentType string  `header:"Content-Type"`
	RawBody     []byte
}

func (a *api) missionRoutes(g huma.API) {
	huma.Register(g, op("list-missions", http.MethodGet, "/missions", "The missions there are, newest first", "missions"),
		func(ctx context.Context, in *struct {
			Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
			Cursor string `query:"cursor"`
		}) (*answer[missionsPage], error) {
			all, next, err := a.History.Missions(ctx, in.Limit, in.Cursor)
			if err != nil {
				return nil, a.failCursor(err, in.Cursor)
			}
			if all == nil {
				all = []mission.Mission{}
			}
			return ok(missionsPage{all, next}), nil
		})

	create := status(op("add-mission", http.MethodPost, "/missions", "Add a mission: JSON, a QGroundControl plan, GeoJSON or KML", "missions"), http.StatusCreated)
	create.MaxBodyBytes, create.Metadata = maxUpload, map[string]any{accepts: missionMedia}
	huma.Register(g, describe(g, create), func(ctx context.Context, in *upload) (*answer[mission.Mission], error) {
		m, err := in.read()
		if err != nil {
			return nil, a.fail(err)
		}
		m.ID = uuid.NewString()
		if err := a.History.CreateMission(ctx, m); err != nil {
			return nil, a.fail(err)
		}
		return ok(withoutPlan(m)), nil
	})

	huma.Register(g, op("get-mission", http.MethodGet, "/missions/{id}", "One mission, as JSON, a QGroundControl plan, GeoJSON or KML", "missions"), a.getMission)

	replace := op("replace-mission", http.MethodPut, "/missions/{id}", "Replace a mission", "missions")
	replace.MaxBodyBytes, replace.Metadata = maxUpload, map[string]any{accepts: missionMedia}
	huma.Register(g, describe(g, replace), func(ctx context.Context, in *struct {
		ID      string   `path:"id"`
		IfMatch []string `header:"If-Match" doc:"ETag of the mission that shall be replaced: 412 when it is another by now"`
		upload
	}) (*answer[mission.Mission], error) {
		if err := a.unchanged(ctx, in.ID, in.IfMatch); err != nil {
			return nil, a.fail(err)
		}
		m, err := in.read()
		if err != nil {
			return nil, a.fail(err)
		}
		m.ID = in.ID
		if err := a.History.UpdateMission(ctx, m); err != nil {
			return nil, a.fail(err)
		}
		return ok(withoutPlan(m)), nil
	})

	huma.Register(g, status(op("delete-mission", http.MethodDelete, "/missions/{id}", "Remove a mission", "missions"), http.StatusNoContent),
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		}) (*nothing, error) {
			if err := a.History.DeleteMission(ctx, in.ID); err != nil {
				return nil, a.fail(err)
			}
			return nil, nil
		})
}

// describe adds to an operation what huma can't see behind a raw body.
func describe(g huma.API, o huma.Operation) huma.Operation {
	file := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		mediaJSON: {Schema: g.OpenAPI().Components.Schemas.Schema(typeOf[missionRequest](), true, "MissionRequest")},
		mediaPlan: file, mediaGeoJSON: file, mediaKML: file, mediaKMZ: file,
	}}
	o.SkipValidateBody = true
	return o
}

// format is what a body is: as the query says, else as its type, else as the name
// of its file ends.
func (u *upload) format(kind, file string) string {
	if u.Format != "" {
		return u.Format
	}
	switch kind {
	case mediaGeoJSON:
		return "geojson"
	case mediaKML, mediaKMZ, "application/xml", "text/xml":
		return "kml"
	case mediaPlan:
		return "plan"
	}
	for ending, format := range map[string]string{".plan": "plan", ".geojson": "geojson", ".kml": "kml", ".kmz": "kml"} {
		if strings.HasSuffix(strings.ToLower(file), ending) {
			return format
		}
	}
	return "json"
}

// read makes a mission of what was uploaded.
func (u *upload) read() (*mission.Mission, error) {
	body, kind, file, err := unwrap(u.ContentType, u.RawBody)
	if err != nil {
		return nil, err
	}
	opt := mission.Import{Name: u.Name, Path: u.Path, AltM: u.AltM}
	var m *mission.Mission
	switch u.format(kind, file) {
	case "plan":
		name := u.Name
		if name == "" {
			name = "plan"
		}
		m, err = mission.ParsePlan(body, name)
	case "geojson":
		m, err = mission.ParseGeoJSON(body, opt)
	case "kml":
		m, err = mission.ParseKML(body, opt)
	default:
		return readMission(body)
	}
	if err != nil {
		p := problem.FromFields("the file can't be flown", err)
		switch {
		case errors.Is(err, mission.ErrTooLarge):
			p.Code = problem.TooLarge
		case errors.Is(err, mission.ErrNotThis):
			p.Code = problem.WrongType
		}
		return nil, p
	}
	return m, nil
}

func readMission(body []byte) (*mission.Mission, error) {
	var q missionRequest
	if err := strictjson.Decode(body, &q); err != nil {
		p := problem.FromFields("the body can't be read", err)
		if !strings.Contains(err.Error(), strictjson.LoneSurrogate) {
			p.Code = problem.Malformed
		}
		return nil, p
	}
	m := &mission.Mission{Name: q.Name, SpeedMS: q.SpeedMS, Repeat: q.Repeat, Items: q.Items}
	if err := m.Check(); err != nil {
		return nil, problem.FromFields("the mission can't be flown", err)
	}
	return m, nil
}

func withoutPlan(m *mission.Mission) mission.Mission {
	c := *m
	c.Plan = nil
	return c
}

// document is a body of any kind, which may not have changed since it was last asked for.
type document struct {
	Status      int
	ContentType string `header:"Content-Type"`
	ETag        string `header:"ETag"`
	Vary        string `header:"Vary"`
	Body        []byte
}

// tagOf is the ETag of a mission: equal for equal content, whatever its format.
func tagOf(m *mission.Mission, format string) (string, error) {
	b, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("api: %w", err)
	}
	sum := sha256.Sum256(b)
	return `"` + hex.EncodeToString(sum[:12]) + "-" + format + `"`, nil
}

// matches tells whether one of the tags of a condition is tag. The part behind
// the dash, the format, doesn't count: a client may read a mission as KML and
// replace it as JSON.
func matches(condition []string, tag string) bool {
	plain, _, _ := strings.Cut(strings.Trim(tag, `"`), "-")
	for _, list := range condition {
		for one := range strings.SplitSeq(list, ",") {
			one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
			if have, _, _ := strings.Cut(strings.Trim(one, `"`), "-"); one == "*" || have == plain {
				return true
			}
		}
	}
	return false
}

// preferred is the format a client asks for: by the query, else by the first type
// of Accept that is one.
func preferred(format, accept string) string {
	if format != "" {
		return format
	}
	for part := range strings.SplitSeq(accept, ",") {
		kind, _, _ := strings.Cut(part, ";")
		switch strings.TrimSpace(kind) {
		case mediaGeoJSON:
			return "geojson"
		case mediaKML:
			return "kml"
		case mediaPlan:
			return "plan"
		case mediaJSON, "*/*":
			return "json"
		}
	}
	return "json"
}

func (a *api) getMission(ctx context.Context, in *struct {
	ID          string   `path:"id"`
	Format      string   `query:"format" enum:"json,plan,geojson,kml" doc:"how it shall be written; default: as Accept says, else json"`
	Accept      string   `header:"Accept"`
	IfNoneMatch []string `header:"If-None-Match" doc:"ETag of what the client has: 304 when that is still it"`
}) (*document, error) {
	m, err := a.History.Mission(ctx, in.ID)
	if err != nil {
		return nil, a.fail(err)
	}
	format := preferred(in.Format, in.Accept)
	tag, err := tagOf(m, format)
	if err != nil {
		return nil, a.fail(err)
	}
	out := &document{Status: http.StatusOK, ETag: tag, Vary: "Accept", ContentType: mediaJSON}
	if matches(in.IfNoneMatch, tag) {
		out.Status, out.ContentType = http.StatusNotModified, ""
		return out, nil
	}
	switch format {
	case "plan":
		out.ContentType = mediaPlan
		out.Body, err = m.PlanFile()
	case "geojson":
		out.ContentType = mediaGeoJSON
		out.Body, err = m.GeoJSON()
	case "kml":
		out.ContentType = mediaKML
		out.Body, err = m.KML()
	default:
		out.Body, err = json.Marshal(withoutPlan(m))
	}
	if err != nil {
		return nil, a.fail(problem.FromFields("this mission can't be written as "+format, err))
	}
	return out, nil
}

// unchanged checks If-Match: the mission is still what the client saw.
func (a *api) unchanged(ctx context.Context, id string, condition []string) error {
	if len(condition) == 0 {
		return nil
	}
	m, err := a.History.Mission(ctx, id)
	if err != nil {
		return err
	}
	tag, err := tagOf(m, "json")
	if err != nil {
		return err
	}
	if !matches(condition, tag) {
		return problem.New(problem.Changed, "the mission was changed by somebody else since: get it again")
	}
	return nil
}
