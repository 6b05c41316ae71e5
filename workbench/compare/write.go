package compare

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"profilemate/workbench/analysis/change"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// Format is a form of a report.
type Format string

// The forms.
const (
	Text     Format = "text"
	JSON     Format = "json"
	Markdown Format = "markdown" // for a pull request
	JUnit    Format = "junit"    // a test a figure; a regression is a failure
	HTML     Format = "html"     // a page that loads nothing
)

// Write writes a report. Another format is Misuse.
func Write(w io.Writer, r *Report, f Format) error {
	switch f {
	case Text:
		_, err := io.WriteString(w, r.text())
		return err
	case Markdown:
		_, err := io.WriteString(w, r.markdown())
		return err
	case JSON:
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(r)
	case JUnit:
		return r.junit(w)
	case HTML:
		_, err := io.WriteString(w, r.html())
		return err
	}
	return fault.Errorf(fault.Misuse, "there is no format %q", f)
}

// shown are the verdicts that a text lists one by one.
func shown(v change.Verdict) bool {
	switch v {
	case change.Worse, change.Improved, change.New, change.Vanished, change.Noise, change.Untold, change.Unrecorded:
		return true
	}
	return false
}

// listed bounds the changes of each verdict but regressions in text and Markdown.
const listed = 20

// Listed returns the changes that a reader is shown one by one, regressions first: all
// regressions, and at most 20 of each other verdict. left is how many more there are.
func (r *Report) Listed() (list []Change, left int) {
	seen := map[change.Verdict]int{}
	for _, c := range r.Changes {
		if !shown(c.Verdict) {
			continue
		}
		if seen[c.Verdict]++; c.Verdict != change.Worse && seen[c.Verdict] > listed {
			left++
			continue
		}
		list = append(list, c)
	}
	return list, left
}

// Summary is the outcome in a sentence.
func (r *Report) Summary() string {
	n := r.Counts
	text := "No regression"
	if n.Worse > 0 {
		text = result.Count(int64(n.Worse), "regression")
	}
	text += fmt.Sprintf(" among %s judged", result.Count(int64(n.Judged), "figure"))
	for _, part := range []struct {
		n    int
		word string
	}{{n.Improved, "better"}, {n.Noise, "beyond the threshold and within noise"}, {n.Untold, "beyond the threshold with noise that is not known"}, {n.New, "new"}, {n.Vanished, "vanished"}, {n.Unrecorded, "not recorded on one side"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.word)
		}
	}
	return text + "."
}

func (r *Report) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "baseline  %s\ncurrent   %s\n\n", strings.Join(r.Baseline, ", "), strings.Join(r.Current, ", "))
	for _, part := range r.Partial {
		fmt.Fprintf(&b, "%s\n\n", part)
	}
	list, left := r.Listed()
	width := 0
	for _, c := range list {
		width = max(width, utf8.RuneCountInString(brief(c.Label())))
	}
	for _, c := range list {
		fmt.Fprintf(&b, "%-12s  %-*s  %s\n", c.Verdict, width, brief(c.Label()), c.words())
	}
	if left > 0 {
		fmt.Fprintf(&b, "and %d more: --format json has all\n", left)
	}
	if len(list) > 0 {
		b.WriteString("\n")
	}
	b.WriteString(r.Summary() + "\n" + r.Proof + "\n")
	for _, note := range append(append([]string{}, r.Unlike...), r.Notes...) {
		b.WriteString(note + "\n")
	}
	return b.String()
}

// Label is the name of a change, with what the kernel was called before.
func (c Change) Label() string {
	if c.Was != "" {
		return c.Name + " (" + c.Matched + ", was " + c.Was + ")"
	}
	return c.Name
}

// briefest is how many letters of a name a line of text has room for.
const briefest = 90

// brief leaves the middle of a long name out: its end is the shape.
func brief(s string) string {
	letters := []rune(s)
	if len(letters) <= briefest {
		return s
	}
	return string(letters[:briefest/2]) + "…" + string(letters[len(letters)-briefest/2+1:])
}

// words says the change: "1.46 ms → 1.58 ms, +8.0 % (7.1 to 8.9), threshold 5 %".
func (c Change) words() string {
	if c.Verdict == change.New || c.Verdict == change.Vanished {
		text := value(max(nonNaN(c.Baseline), nonNaN(c.Current)), c.Unit)
		if s := float64(c.Share); !math.IsNaN(s) {
			text += fmt.Sprintf(" each, %.3g %% of GPU time", s)
		}
		return text
	}
	if c.Verdict == change.Unrecorded {
		return c.recordedWords()
	}
	text := value(float64(c.Baseline), c.Unit) + " → " + value(float64(c.Current), c.Unit)
	if moved := c.Moved(); moved != "" {
		text += ", " + moved
	}
	if v := float64(c.Change); v >= 1000 && !c.Points {
		text += fmt.Sprintf(", x %.3g", 1+v/100)
	}
	if interval := c.Interval(); interval != "" {
		text += " (" + interval + ")"
	}
	if v := float64(c.Threshold); !math.IsNaN(v) {
		text += fmt.Sprintf(", threshold %.3g %s", v, c.changeUnit())
	}
	if v := float64(c.Floor); c.Verdict == change.Noise && !math.IsNaN(v) {
		text += fmt.Sprintf(", noise up to %.3g %s", v, c.changeUnit())
	}
	return text
}

// recordedWords says which side has a figure that the other did not record.
func (c Change) recordedWords() string {
	if math.IsNaN(float64(c.Baseline)) {
		return value(float64(c.Current), c.Unit) + " now, not recorded in the baseline"
	}
	return value(float64(c.Baseline), c.Unit) + " in the baseline, not recorded now"
}

// hasInterval reports whether the change is known to lie between two numbers.
func (c Change) hasInterval() bool { return !math.IsNaN(float64(c.Low)) && c.Low != c.High }

func nonNaN(n result.Number) float64 {
	if math.IsNaN(float64(n)) {
		return math.Inf(-1)
	}
	return float64(n)
}

// Moved is the change in words: "+8 %", "-3 points"; empty where it is not known.
func (c Change) Moved() string {
	v := float64(c.Change)
	if math.IsNaN(v) {
		return ""
	}
	text := readable(v) + " " + c.changeUnit()
	if v > 0 {
		text = "+" + text
	}
	return text
}

// readable writes a number with three digits, and one of thousands whole: no one reads
// 8.93e+03 in passing.
func readable(v float64) string {
	if math.Abs(v) >= 1000 && math.Abs(v) < 1e15 {
		return result.Grouped(int64(math.Round(v)))
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// Interval is the 95 % interval of the change in words: "7.1 to 8.9", in the unit of
// Moved; empty where no error is known.
func (c Change) Interval() string {
	if !c.hasInterval() {
		return ""
	}
	return readable(float64(c.Low)) + " to " + readable(float64(c.High))
}

func (c Change) changeUnit() string {
	if c.Points {
		return "points"
	}
	return "%"
}

// value writes a number in its unit; "-" for a missing one.
func value(v float64, unit string) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "-"
	case unit == "ns" && math.Abs(v) < math.MaxInt64/2:
		return result.Duration(int64(math.Round(v)))
	case unit == "B" && math.Abs(v) < math.MaxInt64/2:
		return result.Size(int64(math.Round(v)))
	}
	return strings.TrimSpace(strconv.FormatFloat(v, 'g', 4, 64) + " " + unit)
}

func (r *Report) markdown() string {
	var b strings.Builder
	mark := "✅"
	if r.Regressed() {
		mark = "❌"
	}
	fmt.Fprintf(&b, "### %s Performance: %s\n\n", mark, strings.TrimSuffix(r.Summary(), "."))
	for _, part := range r.Partial {
		fmt.Fprintf(&b, "**%s**\n\n", part)
	}
	list, left := r.Listed()
	if len(list) > 0 {
		b.WriteString("| | figure | baseline | current | change | 95 % interval |\n|---|---|--:|--:|--:|--:|\n")
	}
	for _, c := range list {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", c.Verdict, code(c.Label()), value(float64(c.Baseline), c.Unit), value(float64(c.Current), c.Unit), c.Moved(), c.Interval())
	}
	if left > 0 {
		fmt.Fprintf(&b, "\nAnd %d more.\n", left)
	}
	fmt.Fprintf(&b, "\n%s Threshold: %.3g %%. Baseline: %s; current: %s.\n", r.Proof, r.Threshold, code(strings.Join(r.Baseline, ", ")), code(strings.Join(r.Current, ", ")))
	for _, note := range append(append([]string{}, r.Unlike...), r.Notes...) {
		fmt.Fprintf(&b, "\n- %s\n", note)
	}
	return b.String()
}

// code writes text as a code span in a table's cell, whatever it holds.
func code(s string) string {
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	s = strings.NewReplacer("|", `\|`, "\n", " ", "\r", " ").Replace(s)
	if fence != "`" {
		s = " " + s + " "
	}
	return fence + s + fence
}

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
	Output   string      `xml:"system-out"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitMessage `xml:"failure"`
	Skipped *junitMessage `xml:"skipped"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
}

func (r *Report) junit(w io.Writer) error {
	s := junitSuite{Name: "profilemate check", Output: strings.Join(append(slices.Clone(r.Partial), r.Summary(), r.Proof), "\n") + "\n"}
	for _, c := range r.Changes {
		one := junitCase{Class: "profilemate." + c.group(), Name: plain(c.Label())}
		switch c.Verdict {
		case change.Worse:
			one.Failure = &junitMessage{c.words()}
			s.Failures++
		case change.Told, change.Unknown, change.New, change.Vanished, change.Untold, change.Unrecorded:
			one.Skipped = &junitMessage{string(c.Verdict)}
			s.Skipped++
		}
		s.Cases = append(s.Cases, one)
	}
	s.Tests = len(s.Cases)
	data, err := xml.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("writing JUnit XML: %w", err)
	}
	_, err = io.WriteString(w, xml.Header+string(data)+"\n")
	return err
}

// group is the first part of a name: "phase", "kernel".
func (c Change) group() string {
	group, _, _ := strings.Cut(c.Name, "/")
	return group
}

// plain leaves out what XML cannot hold.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
			return '\uFFFD'
		}
		return r
	}, s)
}
