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
	sections []*section
	losses   losses
	votes    map[*section]*votes
}

// votedRows bounds the launches of a section whose cells are looked at for their
// number form.
const votedRows = 64

// survey walks over the whole print-out once.
func survey(ctx context.Context, in io.Reader) (*summary, error) {
	w := &walker{in: newRecordReader(in)}
	s := &summary{content: newContent(), votes: map[*section]*votes{}}
	err := w.each(func(r row) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return s.note(r, r.values.(printed))
	})
	if err != nil {
		return nil, err
	}
	if w.current != nil && w.current.units == nil {
		return nil, noUnits(w.current)
	}
	s.sections, s.losses = w.sections, w.losses
	return s, nil
}

// note looks at a launch and at how it writes numbers.
func (s *summary) note(r row, p printed) error {
	v := s.votes[p.section]
	if v == nil {
		v = &votes{}
		s.votes[p.section] = v
	}
	if v.rows < votedRows {
		v.rows++
		for i, cell := range p.fields {
			if !p.section.identity[i] {
				v.count(cell)
			}
		}
		if v.point > 0 && v.comma > 0 {
			return fault.WithRemedy(fault.Errorf(fault.Corrupt, "the table from line %d writes numbers in two forms: %s and %s",
				p.section.line, v.pointCell, v.commaCell), "print it again with: LC_ALL=C ncu --import REPORT.ncu-rep --csv --page raw > FILE.csv")
		}
		p.section.convention = v.convention()
	}
	s.content.note(r)
	return nil
}

// refusal returns why a print-out without launches cannot be used, nil for one
// with launches.
func (s *summary) refusal(head page) error {
	switch {
	case s.launches > 0:
		return nil
	case len(s.losses.errors) > 0:
		err := fault.Errorf(fault.Missing, "the file holds no launches but an error of ncu: %s", strings.Join(s.losses.errors, "; "))
		if strings.Contains(strings.Join(s.losses.errors, " "), "ERR_NVGPUCTRPERM") {
			return fault.WithRemedy(err, "the user may not read the GPU's counters: run ncu as root, or load the driver with NVreg_RestrictProfilingToAdminUsers=0")
		}
		return fault.WithRemedy(err, "print an existing report with: ncu --import REPORT.ncu-rep --csv --page raw > FILE.csv")
	case s.losses.cut != "":
		return fault.WithRemedy(fault.Errorf(fault.Corrupt, "the file ends in its first launch: %s", s.losses.cut), "print the report again")
	case len(s.losses.ragged) > 0:
		return fault.Errorf(fault.Corrupt, "no row has as many cells as the header: %s", strings.Join(s.losses.ragged, "; "))
	case len(s.losses.pages) > 0:
		return detailsPage.refuse()
	case len(s.sections) > 0:
		return fault.WithRemedy(fault.Errorf(fault.Missing, "the table has a header but no launches: no kernels were profiled"),
			"check the filters of the ncu command (--kernel-name, --launch-skip, --profile-from-start)")
	}
	return head.refuse()
}

// info describes the print-out.
func (s *summary) info() artifacts.Info {
	metrics := 0
	for _, section := range s.sections {
		metrics = max(metrics, len(section.names)-countTrue(section.identity))
	}
	info := s.content.info(FormatName, metrics)
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

// findings says what the print-out lost and what to mind.
func (s *summary) findings() []result.Finding {
	r := result.Result{Findings: []result.Finding{}}
	const again = "print the report again: ncu --import REPORT.ncu-rep --csv --page raw > FILE.csv"
	if s.losses.cut != "" {
		r.Warn(again, "The file ends inside a row, which is left out: %s. The %d launches before it are complete.", s.losses.cut, s.launches)
	}
	if len(s.losses.ragged) > 0 {
		r.Warn(again, "Rows whose number of cells is not the header's are left out: %s.", strings.Join(s.losses.ragged, "; "))
	}
	if len(s.losses.pages) > 0 {
		r.Warn("print the raw page of every report that was joined", "Tables of other pages in the file are left out: %s.", strings.Join(s.losses.pages, "; "))
	}
	if len(s.losses.errors) > 0 {
		r.Warn("", "ncu reported errors: %s.", strings.Join(s.losses.errors, "; "))
	}
	if len(s.losses.unknown) > 0 {
		r.Warn("", "Values in units that are not known are not used: %s.", strings.Join(s.losses.unknown, ", "))
	}
	if n := len(s.sections); n > 1 {
		r.Note("The file joins %d print-outs: ncu's ID may repeat, launch numbers do not.", n)
	}
	if line := s.ambiguous(); line > 0 {
		r.Warn("print it again with LC_ALL=C", "The numbers of the table from line %d can be read with a decimal point or with a decimal comma; they are read with a point.", line)
	}
	return r.Findings
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
