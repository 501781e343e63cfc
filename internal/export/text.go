package export

import (
	"bufio"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"volary/internal/geo"
	"volary/internal/series"
	"volary/internal/session"
	"volary/internal/telemetry"
)

const textBuffer = 64 << 10

// csvWriter writes RFC 4180 with a head line.
type csvWriter struct {
	w *bufio.Writer
	b []byte
}

func newCSV(w io.Writer) *csvWriter { return &csvWriter{w: bufio.NewWriterSize(w, textBuffer)} }

func (c *csvWriter) begin(*session.Session, []session.Member) error {
	head := append([]string{"tick", "sim_time", "drone", "name", "model", "mode", "status", "armed", "lat", "lon", "alt_m"}, series.Names()...)
	_, err := c.w.WriteString(strings.Join(head, ",") + "\r\n")
	return err
}

func (c *csvWriter) row(r *row) error {
	b := strconv.AppendUint(c.b[:0], r.tick, 10)
	b = append(b, ',')
	b = strconv.AppendFloat(b, r.time, 'f', -1, 64)
	for _, text := range []string{r.member.ID, r.member.Name, r.member.Model, r.sample.Mode.String(), r.sample.Status.String()} {
		b = appendCell(append(b, ','), text)
	}
	b = append(b, ',')
	b = strconv.AppendBool(b, r.sample.Flags&telemetry.Armed != 0)
	for _, v := range []struct {
		v float64
		n int
	}{{r.place.Lat, 7}, {r.place.Lon, 7}, {r.place.Alt, 3}} {
		b = strconv.AppendFloat(append(b, ','), v.v, 'f', v.n, 64)
	}
	for i := range series.Columns {
		b = strconv.AppendFloat(append(b, ','), series.Columns[i].Of(r.sample), 'f', -1, 64)
	}
	c.b = append(b, '\r', '\n')
	_, err := c.w.Write(c.b)
	return err
}

func (c *csvWriter) end() error { return c.w.Flush() }

// appendCell appends text as one cell. What a spreadsheet would run as a formula
// gets an apostrophe in front, which shows it as text.
func appendCell(b []byte, text string) []byte {
	if text != "" && strings.ContainsRune("=+-@\t\r\n|%", rune(text[0])) || strings.HasPrefix(text, "\uff1d") {
		text = "'" + text
	}
	if !strings.ContainsAny(text, ",\"\r\n") {
		return append(b, text...)
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(text, `"`, `""`)...)
	return append(b, '"')
}

// ndjsonWriter writes one JSON object a line.
type ndjsonWriter struct {
	w    *bufio.Writer
	b    []byte
	text map[string][]byte // as JSON
}

func newNDJSON(w io.Writer) *ndjsonWriter {
	return &ndjsonWriter{w: bufio.NewWriterSize(w, textBuffer), text: map[string][]byte{}}
}

func (c *ndjsonWriter) begin(*session.Session, []session.Member) error { return nil }

func (c *ndjsonWriter) row(r *row) error {
	b := append(c.b[:0], `{"tick":`...)
	b = strconv.AppendUint(b, r.tick, 10)
	b = appendNumber(append(b, `,"sim_time":`...), r.time, -1)
	for _, f := range [][2]string{
		{`,"drone":`, r.member.ID}, {`,"name":`, r.member.Name}, {`,"model":`, r.member.Model},
		{`,"mode":`, r.sample.Mode.String()}, {`,"status":`, r.sample.Status.String()},
	} {
		b = append(append(b, f[0]...), c.quote(f[1])...)
	}
	b = strconv.AppendBool(append(b, `,"armed":`...), r.sample.Flags&telemetry.Armed != 0)
	b = appendNumber(append(b, `,"lat":`...), r.place.Lat, 7)
	b = appendNumber(append(b, `,"lon":`...), r.place.Lon, 7)
	b = appendNumber(append(b, `,"alt_m":`...), r.place.Alt, 3)
	for i := range series.Columns {
		b = append(append(append(b, `,"`...), series.Columns[i].Name...), `":`...)
		b = appendNumber(b, series.Columns[i].Of(r.sample), -1)
	}
	c.b = append(b, '}', '\n')
	_, err := c.w.Write(c.b)
	return err
}

func (c *ndjsonWriter) quote(text string) []byte {
	q := c.text[text]
	if q == nil {
		var err error
		if q, err = json.Marshal(text); err != nil {
			q = []byte(`""`)
		}
		c.text[text] = q
	}
	return q
}

func (c *ndjsonWriter) end() error { return c.w.Flush() }

func appendNumber(b []byte, v float64, decimals int) []byte {
	if !geo.Finite(v) {
		return append(b, "null"...)
	}
	return strconv.AppendFloat(b, v, 'f', decimals, 64)
}
