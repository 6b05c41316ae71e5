package ncu

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// summary is what a first walk over a print-out learns.
type summary struct {
	content
	page     page
	sections []*section
	losses   losses
	votes    map[*section]*votes
	names    []metricKey // of the details page, in the order of first use
	known    map[metricKey]bool
	advised  bool            // some table has columns of rules
	most     int             // metrics that a launch of the details page has
	rows     int64           // of a summary
	calls    int64           // launches that a summary sums up
	summed   map[string]bool // kernels whose launches are counted
}

// metricKey is a metric of the details page and its unit.
type metricKey struct{ name, unit string }

// votedRows bounds the launches of a section whose cells are looked at for their
// number form.
const votedRows = 64

// survey walks over the whole print-out once.
func survey(ctx context.Context, in io.Reader) (*summary, error) {
	w := &walker{in: newRecordReader(in)}
	s := &summary{content: newContent(), votes: map[*section]*votes{}, known: map[metricKey]bool{}, summed: map[string]bool{}}
	err := w.each(func(r row) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return s.note(r)
	})
	if err != nil {
		return nil, err
	}
	if w.lacksUnits() {
		return nil, noUnits(w.current)
	}
	s.sections, s.losses, s.page = w.sections, w.losses, w.reads
	return s, nil
}

// note looks at a launch and at how it writes numbers.
func (s *summary) note(r row) error {
	section := sectionOf(r)
	v := s.votes[section]
	if v == nil {
		v = &votes{}
		s.votes[section] = v
	}
	if v.rows < votedRows {
		v.rows++
		r.values.(voter).vote(v)
		if v.point > 0 && v.comma > 0 {
			return fault.WithRemedy(fault.Errorf(fault.Corrupt, "the table from line %d writes numbers in two forms: %s and %s",
				section.line, v.pointCell, v.commaCell), "print it again with: LC_ALL=C ncu --import REPORT.ncu-rep --csv --page raw > FILE.csv")
		}
		section.convention = v.convention()
	}
	if section.page == summaryPage {
		s.noteSummary(r)
		return nil
	}
	if d, ok := r.values.(*detailed); ok {
		s.noteDetailed(d)
	}
	s.content.note(r)
	return nil
}

// voter is what a print-out says of a launch: its cells settle the number form.
type voter interface{ vote(*votes) }

func sectionOf(r row) *section {
	if d, ok := r.values.(*detailed); ok {
		return d.section
	}
	return r.values.(printed).section
}

func (s *summary) noteDetailed(d *detailed) {
	s.advised = s.advised || d.section.has(ruleColumn)
	s.most = max(s.most, len(d.entries))
	for _, e := range d.entries {
		if key := (metricKey{e.metric, e.unitName()}); !s.known[key] {
			s.known[key] = true
			s.names = append(s.names, key)
		}
	}
}

// refusal returns why a print-out without launches cannot be used, nil for one
// with launches.
func (s *summary) refusal(head page) error {
	switch {
	case s.launches > 0:
		return nil
	case s.rows > 0: // of a summary
		return nil
	case len(s.losses.errors) > 0:
		return fault.WithRemedy(fault.Errorf(fault.Missing, "the file holds no launches but an error of ncu: %s", said(s.losses.errors)),
			"%s", adviceOr(s.losses.errors, "print an existing report with: ncu --import REPORT.ncu-rep --csv --page raw > FILE.csv"))
	case len(s.losses.warnings) > 0:
		return fault.WithRemedy(fault.Errorf(fault.Missing, "the file holds no launches but a warning of ncu: %s", said(s.losses.warnings)),
			"%s", adviceOr(s.losses.warnings, nothingProfiled))
	case s.losses.cut != "":
		return fault.WithRemedy(fault.Errorf(fault.Corrupt, "the file ends in its first launch: %s", s.losses.cut), "print the report again")
	case len(s.losses.ragged) > 0:
		return fault.Errorf(fault.Corrupt, "no row has as many cells as the header: %s", strings.Join(s.losses.ragged, "; "))
	case len(s.sections) > 0:
		return fault.WithRemedy(fault.Errorf(fault.Missing, "the table has a header but no launches: no kernels were profiled"), nothingProfiled)
	}
	return head.refuse()
}

// info describes the print-out.
func (s *summary) info() artifacts.Info {
	metrics := s.most
	for _, section := range s.sections {
		if !section.long() {
			metrics = max(metrics, len(section.names)-countTrue(section.identity))
		}
	}
	info := s.content.info(FormatName, metrics)
	if s.page == summaryPage {
		info.Summary = s.summaryWords()
	}
	info.Metadata["page"] = s.page.short()
	info.Metadata["number_form"] = s.sections[0].convention.String()
	info.Findings = s.findings()
	return info
}

func countTrue(list []bool) int {
	n := 0
	for _, v := range list {
		if v {
			n++
		}
	}
	return n
}

// pageRemedy leads to what a page does not show.
const pageRemedy = "Open the report file itself, or print all of it with: ncu --import REPORT.ncu-rep --csv --page raw > FILE.csv."

// findings says what the print-out lost and what to mind.
func (s *summary) findings() []result.Finding {
	r := result.Result{Findings: []result.Finding{}}
	const again = "Print the report again: ncu --import REPORT.ncu-rep --csv --page raw > FILE.csv."
	switch {
	case s.losses.cut == "":
	case s.page == rawPage:
		r.Warn(again, "The file ends inside a row, which is left out: %s. The %d launches before it are complete.", s.losses.cut, s.launches)
	default:
		r.Warn(again, "The file ends inside a row, which is left out: %s. The last launch or kernel lacks the metrics that stood behind it.", s.losses.cut)
	}
	if len(s.losses.ragged) > 0 {
		r.Warn(again, "Rows whose number of cells is not the header's are left out: %s.", strings.Join(s.losses.ragged, "; "))
	}
	if len(s.losses.pages) > 0 {
		r.Warn("Print the same page of every report that was joined.", "Tables of other pages in the file are left out: %s.", strings.Join(s.losses.pages, "; "))
	}
	if len(s.losses.errors) > 0 {
		r.Warn(sentence(adviceOr(s.losses.errors, "")), "ncu reported errors: %s.", said(s.losses.errors))
	}
	if len(s.losses.unknown) > 0 {
		r.Warn("", "Values in units that are not known are not used: %s.", strings.Join(s.losses.unknown, ", "))
	}
	if len(s.losses.labels) > 0 {
		r.Note("The metrics of some labels are not known; they stand under their label: %s.", strings.Join(s.losses.labels, ", "))
	}
	if len(s.losses.conflicts) > 0 {
		r.Warn("Print each report to a file of its own.", "Launches have metrics with two values, of which the first is used: %s.", strings.Join(s.losses.conflicts, "; "))
	}
	if len(s.losses.warnings) > 0 {
		r.Warn(sentence(adviceOr(s.losses.warnings, "")), "ncu warned: %s.", said(s.losses.warnings))
	}
	s.pageFinding(&r)
	if n := len(s.sections); n > 1 {
		r.Note("The file joins %d print-outs: ncu's ID may repeat, launch numbers do not.", n)
	}
	if line := s.ambiguous(); line > 0 {
		r.Warn("Print it again with LC_ALL=C.", "The numbers of the table from line %d can be read with a decimal point or with a decimal comma; they are read with a point.", line)
	}
	return r.Findings
}

// pageFinding says what the page does not have.
func (s *summary) pageFinding(r *result.Result) {
	switch s.page {
	case summaryPage:
		r.Findings = append(r.Findings, result.Finding{Severity: result.Problem, Table: "launches", Remedy: pageRemedy,
			Text: "The file is a summary: it has the least, the most and the mean of each metric of a kernel, and no single launch."})
	case detailsPage:
		if s.has["flops"] {
			return
		}
		r.Findings = append(r.Findings, result.Finding{Severity: result.Info, Remedy: pageRemedy,
			Text: "The file is ncu's details page: it has the metrics at the head of each section, rounded. Counts of operations and bytes and stall reasons are not on it, even where the report has them."})
	}
}

// ambiguous returns the line of a table whose numbers could be of either form.
func (s *summary) ambiguous() int {
	for _, section := range slices.SortedFunc(maps.Keys(s.votes), func(a, b *section) int { return a.line - b.line }) {
		if v := s.votes[section]; v.open > 0 && v.point == 0 && v.comma == 0 {
			return section.line
		}
	}
	return 0
}
