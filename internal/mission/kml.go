package mission

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"volary/internal/geo"
)

// Bounds of what is read from KML and KMZ.
const (
	maxKMLDepth   = 100
	maxKMLPaths   = 1000
	maxKMZEntries = 1000
	// MaxFile bounds a file, also one that is packed in another.
	MaxFile = 10 << 20
)

// ErrTooLarge is wrapped by errors about files that hold too much.
var ErrTooLarge = errors.New("too large")

// ErrNotThis is wrapped by errors about files that are of another kind than said.
var ErrNotThis = errors.New("not this kind of file")

// tooLarge is a FieldError that is also ErrTooLarge, or another kind.
type kindError struct {
	FieldError
	kind error
}

func (e *kindError) Unwrap() []error { return []error{&e.FieldError, e.kind} }

func kindf(kind error, field, format string, args ...any) error {
	return &kindError{FieldError{Field: field, Message: fmt.Sprintf(format, args...)}, kind}
}

// ParseKML reads a path of a KML file, or of a KMZ file, which is a zip of one.
// Folders may nest; a LineString in a Placemark is a path. A document type is
// refused: nothing is expanded, and nothing is fetched.
func ParseKML(b []byte, opt Import) (*Mission, error) {
	if bytes.HasPrefix(b, []byte("PK\x03\x04")) {
		var err error
		if b, err = unpackKMZ(b); err != nil {
			return nil, err
		}
	}
	head := bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(head) == 0 || head[0] != '<' {
		return nil, kindf(ErrNotThis, "body", "this is not KML: an XML file begins with <")
	}
	all, err := kmlPaths(b)
	if err != nil {
		return nil, err
	}
	return opt.mission(all)
}

// kmlReader walks through the elements of a KML file.
type kmlReader struct {
	stack []string
	names []string // of the placemarks and folders around, "" where there is none
	mode  string   // altitudeMode of the line
	text  strings.Builder
	all   []path
	total int
}

func kmlPaths(b []byte) ([]path, error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	d.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("charset %q: save the file as UTF-8", charset)
	}
	r := &kmlReader{}
	for {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			if len(r.stack) > 0 {
				return nil, fieldf("body", "the file ends inside <%s>", r.stack[len(r.stack)-1])
			}
			return r.all, nil
		}
		if err != nil {
			line, column := d.InputPos()
			return nil, fieldf("body", "line %d, column %d: not XML: %v", line, column, err)
		}
		if err := r.take(t); err != nil {
			var fe *FieldError
			if errors.As(err, &fe) && !strings.HasPrefix(fe.Message, "line ") {
				line, column := d.InputPos()
				fe.Message = fmt.Sprintf("line %d, column %d: %s", line, column, fe.Message)
			}
			return nil, err
		}
	}
}

func (r *kmlReader) take(t xml.Token) error {
	switch t := t.(type) {
	case xml.Directive:
		return fieldf("body", "a document type (<!%.20s) is not taken: KML needs none", t)
	case xml.StartElement:
		if len(r.stack) == 0 && len(r.all) == 0 && t.Name.Local != "kml" {
			return fieldf("body", "the file is <%s>, not <kml>", t.Name.Local)
		}
		if len(r.stack) == maxKMLDepth {
			return fieldf("body", "elements nest deeper than %d", maxKMLDepth)
		}
		r.stack = append(r.stack, t.Name.Local)
		r.names = append(r.names, "")
		r.text.Reset()
		if t.Name.Local == "LineString" {
			r.mode = ""
			if len(r.all) == maxKMLPaths {
				return kindf(ErrTooLarge, "body", "more than %d paths", maxKMLPaths)
			}
			r.all = append(r.all, path{})
		}
	case xml.CharData:
		r.text.Write(t)
	case xml.EndElement:
		if len(r.stack) == 0 || r.stack[len(r.stack)-1] != t.Name.Local {
			return fieldf("body", "</%s> closes nothing that is open", t.Name.Local)
		}
		if err := r.end(t.Name.Local); err != nil {
			return err
		}
		r.stack, r.names = r.stack[:len(r.stack)-1], r.names[:len(r.names)-1]
		r.text.Reset()
	}
	return nil
}

func (r *kmlReader) end(element string) error {
	parent := ""
	if n := len(r.stack); n > 1 {
		parent = r.stack[n-2]
	}
	switch {
	case element == "name" && len(r.names) > 1:
		r.names[len(r.names)-2] = clean(r.text.String())
	case parent == "LineString" && element == "altitudeMode":
		r.mode = strings.TrimSpace(r.text.String())
	case parent == "LineString" && element == "coordinates":
		points, err := coordinates(r.text.String(), &r.total)
		if err != nil {
			return err
		}
		r.all[len(r.all)-1].points = points
	case element == "LineString":
		return r.line()
	}
	return nil
}

// line ends a LineString: its name is that of the placemark around it.
func (r *kmlReader) line() error {
	p := &r.all[len(r.all)-1]
	for i := len(r.names) - 1; i >= 0 && p.name == ""; i-- {
		p.name = r.names[i]
	}
	switch r.mode {
	case "absolute":
		p.absolute = true
	case "", "clampToGround", "relativeToGround", "relativeToSeaFloor", "clampToSeaFloor":
	default:
		return fieldf("body", "altitudeMode %q is not one of clampToGround, relativeToGround, absolute", r.mode)
	}
	p.flat = flatPoints(p.points) || r.mode == "" || strings.HasPrefix(r.mode, "clamp")
	if len(p.points) < 2 {
		r.all = r.all[:len(r.all)-1] // a line of one point is none
	}
	return nil
}

// clean makes a name of a file one that can be shown: no control characters, and
// not too long. What people called their line is no reason to refuse it.
func clean(s string) string {
	s = strings.Map(func(c rune) rune {
		switch {
		case unicode.IsControl(c) || unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp) || c == utf8.RuneError:
			return -1
		case c == '/' || c == '\\':
			return '-'
		}
		return c
	}, strings.TrimSpace(s))
	s = strings.ReplaceAll(s, "..", ".")
	for len(s) > MaxNameLength {
		s = strings.ToValidUTF8(s[:MaxNameLength], "")
	}
	if CheckName(s) != nil {
		return ""
	}
	return s
}

// coordinates reads "lon,lat,alt lon,lat,alt".
func coordinates(text string, total *int) ([]geo.LLA, error) {
	var out []geo.LLA
	for field := range strings.FieldsSeq(text) {
		parts := strings.Split(field, ",")
		if len(parts) < 2 || len(parts) > 3 {
			return nil, fieldf("body", "coordinates %.40q: give longitude,latitude or longitude,latitude,altitude", field)
		}
		var v [3]float64
		for i, p := range parts {
			var err error
			if v[i], err = strconv.ParseFloat(p, 64); err != nil || !geo.Finite(v[i]) {
				return nil, fieldf("body", "coordinates %.40q: %.20q is not a number", field, p)
			}
		}
		at := geo.LLA{Lon: v[0], Lat: v[1], Alt: v[2]}
		if err := at.Check(); err != nil {
			return nil, fieldf("body", "coordinates %.40q: %v (longitude comes first)", field, err)
		}
		if *total++; *total > MaxItems {
			return nil, kindf(ErrTooLarge, "body", "more than %d points", MaxItems)
		}
		out = append(out, at)
	}
	return out, nil
}

// unpackKMZ takes the KML out of a KMZ, without writing anything. Names that lead
// out of the archive are refused, though nothing would follow them here: such a
// file is not an accident.
func unpackKMZ(b []byte) ([]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, fieldf("body", "not a KMZ: %v", err)
	}
	if len(z.File) > maxKMZEntries {
		return nil, kindf(ErrTooLarge, "body", "%d files in the KMZ: at most %d", len(z.File), maxKMZEntries)
	}
	var doc *zip.File
	for _, f := range z.File {
		if !filepath.IsLocal(f.Name) || strings.ContainsAny(f.Name, "\\:\x00") || f.Mode()&fs.ModeSymlink != 0 {
			return nil, fieldf("body", "the KMZ holds %.60q, which leads out of it", f.Name)
		}
		if doc == nil && strings.EqualFold(filepath.Ext(f.Name), ".kml") {
			doc = f // the first, as its specification says
		}
	}
	if doc == nil {
		return nil, fieldf("body", "there is no .kml in the KMZ")
	}
	r, err := doc.Open()
	if err != nil {
		return nil, fieldf("body", "%.60q can't be unpacked: %v", doc.Name, err)
	}
	defer func() { _ = r.Close() }()
	// What the archive says of the size is not believed.
	text, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if len(text) > MaxFile {
		return nil, kindf(ErrTooLarge, "body", "%.60q unpacks to more than %d MB", doc.Name, MaxFile>>20)
	}
	if err != nil {
		return nil, fieldf("body", "%.60q can't be unpacked: %v", doc.Name, err)
	}
	return text, nil
}
