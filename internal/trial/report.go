package trial

import (
	"encoding/xml"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
)

// Print writes a report for people.
func (r *Report) Print(w io.Writer) error {
	mark := "ok  "
	if !r.OK() {
		mark = "FAIL"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s: %s, %d drones, %g s flown in %.2f s (%.0f times real time)\n", mark, r.File, r.Scenario, r.Drones, r.SimS, r.Wall.Seconds(), r.SimS/r.Wall.Seconds())
	for i := range r.Results {
		one := &r.Results[i]
		if one.OK {
			fmt.Fprintf(&b, "      ok    %s\n", one.Name)
			continue
		}
		fmt.Fprintf(&b, "      FAIL  %s\n            at %s: %s\n", one.Name, at(one), one.Message)
		fmt.Fprintf(&b, "            fly it again: %s\n", r.Replay())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func at(r *Result) string { return fmt.Sprintf("%.2f s (tick %d)", r.SimTime, r.Tick) }

// Replay is the command that flies the same again, to watch.
func (r *Report) Replay() string {
	return fmt.Sprintf("volary up --scenario %s --seed %d", r.File, r.Seed)
}

// The parts of JUnit's report that CI systems read.
type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Suites   []suite  `xml:"testsuite"`
}

type suite struct {
	Name       string     `xml:"name,attr"`
	Tests      int        `xml:"tests,attr"`
	Failures   int        `xml:"failures,attr"`
	Errors     int        `xml:"errors,attr"`
	Time       string     `xml:"time,attr"`
	Properties []property `xml:"properties>property"`
	Cases      []testcase `xml:"testcase"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type testcase struct {
	Class   string   `xml:"classname,attr"`
	Name    string   `xml:"name,attr"`
	Time    string   `xml:"time,attr"`
	Failure *failure `xml:"failure,omitempty"`
	Error   *failure `xml:"error,omitempty"`
}

type failure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// Outcome is one file: flown, or why not.
type Outcome struct {
	File   string
	Report *Report
	Err    error
}

// JUnit writes a suite a file and a case an expectation. Times are simulated
// seconds, so that the same run writes the same file.
func JUnit(w io.Writer, all []Outcome) error {
	var out suites
	for _, o := range all {
		s := suite{Name: o.File}
		class := strings.TrimSuffix(filepath.Base(o.File), filepath.Ext(o.File))
		if o.Err != nil {
			s.Tests, s.Errors = 1, 1
			s.Cases = []testcase{{Class: class, Name: "can be flown", Time: "0", Error: &failure{Message: "can't be flown", Type: "scenario", Text: o.Err.Error()}}}
		} else {
			s.Time = seconds(o.Report.SimS)
			s.Properties = []property{{"seed", strconv.FormatUint(o.Report.Seed, 10)}, {"hash", o.Report.Hash}}
			for i := range o.Report.Results {
				r := &o.Report.Results[i]
				c := testcase{Class: class, Name: r.Name, Time: seconds(r.SimTime)}
				s.Tests++
				if !r.OK {
					s.Failures++
					c.Failure = &failure{Message: "at " + at(r) + ": " + r.Message, Type: r.Kind, Text: "fly it again: " + o.Report.Replay()}
				}
				s.Cases = append(s.Cases, c)
			}
		}
		out.Tests += s.Tests
		out.Failures += s.Failures
		out.Errors += s.Errors
		out.Suites = append(out.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(out); err != nil {
		return fmt.Errorf("trial: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func seconds(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }
