package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"volary/internal/problem"
	"volary/internal/session"
)

// Exporter writes sessions as files.
type Exporter interface {
	// Formats lists what it writes, with the media type of each.
	Formats() map[string]string
	// Export writes a session to w. from and to are ticks; to 0: to the end.
	Export(ctx context.Context, w io.Writer, format string, s *session.Session, fromTick, toTick uint64, drones []string) (samples uint64, err error)
	// CountSamples says how many a whole session holds.
	CountSamples(ctx context.Context, id uuid.UUID) (uint64, error)
}

// Headers of an export. The count of what was written stands in the trailer: a
// file without it is not whole.
const (
	headerSamples = "Volary-Samples"         // of the whole session, to measure progress against
	headerWritten = "Volary-Samples-Written" // trailer
)

// maxExports bounds the exports at a time: each reads the database as fast as its
// client takes it.
const maxExports = 4

type exportRequest struct {
	ID     string  `path:"id"`
	Format string  `query:"format" enum:"csv,ndjson,parquet,mcap" default:"csv"`
	From   float64 `query:"from" minimum:"0" doc:"simulated seconds; default: the beginning"`
	To     float64 `query:"to" minimum:"0" doc:"simulated seconds; default: the end"`
	Drones string  `query:"drones" doc:"ids, separated by commas; default: all"`
}

func (a *api) export(ctx context.Context, in *exportRequest) (*huma.StreamResponse, error) {
	s, err := a.session(ctx, in.ID)
	if err != nil {
		return nil, a.fail(err)
	}
	if in.To > 0 && in.From > in.To {
		return nil, a.fail(queryProblem("from", "lies after to"))
	}
	var ids []string
	if in.Drones != "" {
		ids = strings.Split(in.Drones, ",")
		members, err := a.History.Members(ctx, s.ID)
		if err != nil {
			return nil, a.fail(err)
		}
		for _, id := range ids {
			if !slices.ContainsFunc(members, func(m session.Member) bool { return m.ID == id }) {
				return nil, a.fail(queryProblem("drones", "no drone of this session is called %q", id))
			}
		}
	}
	total, err := a.Exporter.CountSamples(ctx, s.ID)
	if err != nil {
		return nil, a.fail(err)
	}
	select {
	case a.exports <- struct{}{}:
	default:
		return nil, a.fail(problem.New(problem.Unavailable, "%d exports are running: try again when one is done", maxExports))
	}
	hz := float64(s.TickHz)
	from, to := uint64(math.Ceil(in.From*hz)), uint64(in.To*hz)
	return &huma.StreamResponse{Body: func(h huma.Context) {
		defer func() { <-a.exports }()
		h.SetHeader("Content-Type", a.Exporter.Formats()[in.Format])
		h.SetHeader("Content-Disposition", fmt.Sprintf(`attachment; filename="volary-%s.%s"`, s.ID, in.Format))
		h.SetHeader(headerSamples, strconv.FormatUint(total, 10))
		h.SetHeader("Trailer", headerWritten)
		n, err := a.Exporter.Export(h.Context(), &patient{h.BodyWriter()}, in.Format, s, from, to, ids)
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				a.log.Warn().Err(err).Str("session", in.ID).Uint64("samples", n).Msg("an export was broken off")
			}
			panic(http.ErrAbortHandler) // half a file must not look like a whole one
		}
		h.SetHeader(headerWritten, strconv.FormatUint(n, 10))
	}}, nil
}

// patience is how long a client may take no data before an export is given up.
const patience = 30 * time.Second

// patient gives each write a deadline of its own: a long export is fine, a client
// that stopped reading is not.
type patient struct{ io.Writer }

func (p *patient) Write(b []byte) (int, error) {
	if w, ok := p.Writer.(http.ResponseWriter); ok {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(patience)) // not every transport has one
	}
	return p.Writer.Write(b)
}
