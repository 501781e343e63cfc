package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"volary/internal/drone"
	"volary/internal/fleet"
	"volary/internal/session"
	"volary/internal/telemetry"
)

// flight is a history of one drone: a sample every 25 ticks, x counting them.
type flight struct {
	History
	samples int
	broken  bool // an export fails half way
}

var flightID = uuid.MustParse("6f2b3c1e-6f0a-4f5e-9d38-0f3c5a1f7d11")

func (f *flight) Session(_ context.Context, id uuid.UUID) (*session.Session, error) {
	if id != flightID {
		return nil, session.ErrNotFound
	}
	return &session.Session{ID: id, TickHz: 250, RecordEvery: 25, LastTick: uint64(f.samples) * 25}, nil
}

func (f *flight) Members(context.Context, uuid.UUID) ([]session.Member, error) {
	return []session.Member{{Info: drone.Info{ID: "d1"}}}, nil
}

func (f *flight) Each(_ context.Context, _ uuid.UUID, _ uint32, from, to uint64, do func([]telemetry.TimedSample) error) error {
	var piece []telemetry.TimedSample
	for i := range f.samples {
		if tick := uint64(i) * 25; tick >= from && (to == 0 || tick <= to) {
			piece = append(piece, telemetry.TimedSample{Tick: tick, Sample: telemetry.Sample{X: int32(i) * 1000}})
		}
		if len(piece) == 100 || i == f.samples-1 && len(piece) > 0 {
			if err := do(piece); err != nil {
				return err
			}
			piece = nil
		}
	}
	return nil
}

func (f *flight) CountSamples(context.Context, uuid.UUID) (uint64, error) {
	return uint64(f.samples), nil
}

func (f *flight) Formats() map[string]string { return map[string]string{"csv": "text/csv"} }

func (f *flight) Export(_ context.Context, w io.Writer, _ string, _ *session.Session, _, _ uint64, _ []string) (uint64, error) {
	if _, err := w.Write(bytes.Repeat([]byte("row\r\n"), rows)); err != nil {
		return 0, err
	}
	if f.broken {
		return 100, errors.New("the database is away")
	}
	return 100, nil
}

// rows of an export: more than the server holds back.
const rows = 100_000

func reader(f *flight) http.Handler {
	return New(Config{
		Fleet: fleet.New(), History: f, Exporter: f, Status: func() fleet.Status { return fleet.Status{} },
		Metrics: http.NotFoundHandler(), Log: zerolog.Nop(),
	})
}

func trackOf(t *testing.T, h http.Handler, query string) (p trackPage, status int, text string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/sessions/"+flightID.String()+"/telemetry?drone=d1"+query, nil))
	if w.Code == http.StatusOK {
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
	}
	return p, w.Code, w.Body.String()
}

func TestPagesOfAFlightHoldEveryRowOnce(t *testing.T) {
	h := reader(&flight{samples: 1003})
	for _, limit := range []int{1, 7, 100, 1002, 1003, 5000} {
		for _, of := range []string{"", "&bucket=1"} {
			want, next, cursor := 1003, 0, ""
			for range 2000 {
				p, status, text := trackOf(t, h, fmt.Sprintf("&fields=x&limit=%d%s&cursor=%s", limit, of, cursor))
				if status != http.StatusOK || p.Samples > limit || len(p.Columns) != 1 || len(p.Columns["x"]) != p.Samples {
					t.Fatalf("limit %d%s: %d %s", limit, of, status, text)
				}
				for i, tick := range p.Tick {
					n := 1
					if of != "" {
						n = p.Count[i]
					}
					if tick != uint64(next*25) || p.Columns["x"][i] != float64(next+n-1) {
						t.Fatalf("limit %d%s: row of tick %d holds %v, want sample %d", limit, of, tick, p.Columns["x"][i], next)
					}
					next += n
				}
				if cursor = p.Cursor; cursor == "" {
					break
				}
			}
			if next != want {
				t.Errorf("limit %d%s: %d of %d samples", limit, of, next, want)
			}
		}
	}
}

func TestAFlightIsThinnedToTheNumberAskedFor(t *testing.T) {
	h := reader(&flight{samples: 5000})
	p, _, _ := trackOf(t, h, "&max_points=50&from=10&to=400")
	if p.Samples != 50 || p.SimTime[0] != 10 || p.SimTime[49] != 400 || len(p.Columns) != 12 {
		t.Errorf("%d rows from %v to %v", p.Samples, p.SimTime[0], p.SimTime[49])
	}
}

func TestWhatCanNotBeReadNamesTheField(t *testing.T) {
	h := reader(&flight{samples: 10})
	for query, want := range map[string]int{
		"&fields=height": 422, "&bucket=0.0001": 422, "&bucket=1&max_points=5": 422, "&from=5&to=1": 400,
		"&cursor=zzz": 400, "&from=1e300": 422, "&limit=0": 400, "&bucket=-1": 400,
	} {
		if _, status, text := trackOf(t, h, query); status != want {
			t.Errorf("%s: %d %s", query, status, text)
		}
	}
}

func TestAnExportThatBreaksOffIsNoWholeFile(t *testing.T) {
	for _, broken := range []bool{false, true} {
		s := httptest.NewServer(reader(&flight{samples: 100, broken: broken}))
		res, err := http.Get(s.URL + "/api/v1/sessions/" + flightID.String() + "/export")
		if err != nil && broken { // broken off before anything was sent: no whole file either
			s.Close()
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		res.Body.Close() //nolint:errcheck // read to its end
		if res.Header.Get("Volary-Samples") != "100" {
			t.Errorf("headers %v", res.Header)
		}
		if whole := err == nil && len(b) == 5*rows && res.Trailer.Get("Volary-Samples-Written") == "100"; whole == broken {
			t.Errorf("broken %v: %d bytes, trailer %v, %v", broken, len(b), res.Trailer, err)
		}
		s.Close()
	}
}
