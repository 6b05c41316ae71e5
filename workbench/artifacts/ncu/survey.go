package ncu

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// summary is what a first walk over a print-out learns.
type summary struct {
	sections []*section
	launches int64
	losses   losses
	kernels  map[string]bool
	devices  []string
	graphs   int64
	votes    map[*section]*votes
	has      map[string]bool // what some launch has: "flops", "dram_bytes", "tensor_ops"
}

// votedRows bounds the launches of a section whose cells are looked at for their
// number form.
const votedRows = 64

// survey walks over the whole print-out once.
func survey(ctx context.Context, in io.Reader) (*summary, error) {
	w := &walker{in: newRecordReader(in)}
	s := &summary{kernels: map[string]bool{}, votes: map[*section]*votes{}, has: map[string]bool{}}
	err := w.each(func(r row) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return s.note(r)
	})
	if err != nil {
		return nil, err
	}
	if w.current != nil && w.current.units == nil {
		return nil, noUnits(w.current)
	}
	s.sections, s.launches, s.losses = w.sections, w.launches, w.losses
	return s, nil
}

func (s *summary) note(r row) error {
	v := s.votes[r.section]
	if v == nil {
		v = &votes{}
		s.votes[r.section] = v
	}
	if v.rows < votedRows {
		v.rows++
		for i, cell := range r.fields {
			if !r.section.identity[i] {
				v.count(cell)
			}
		}
		if v.point > 0 && v.comma > 0 {
			return fault.WithRemedy(fault.Errorf(fault.Corrupt, "the table from line %d writes numbers in two forms: %s and %s",
				r.section.line, v.pointCell, v.commaCell), "print it again with: LC_ALL=C ncu --import REPORT.ncu-rep --csv --page raw > FILE.csv")
		}
		r.section.convention = v.convention()
	}
	s.kernels[r.cell("Kernel Name")] = true
	if device := r.cell("device__attribute_display_name"); device != "" && !slices.Contains(s.devices, device) {
		s.devices = append(s.devices, device)
	}
	if r.workload() == "graph" {
		s.graphs++
	}
	s.noteContent(r)
	return nil
}

func (s *summary) noteContent(r row) {
	for _, f := range families {
		if !s.has["flops"] {
			_, s.has["flops"] = r.flops(f)
		}
	}
	if !s.has["dram_bytes"] {
		_, s.has["dram_bytes"] = r.dramBytes()
	}
	if !s.has["tensor_ops"] {
		_, s.has["tensor_ops"] = r.tensors()
	}
}

// refusal returns why a print-out without launches cannot be used, nil for one
// with launches.
func (s *summary) refusal(path string, head page) error {
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
		return detailsPage.refuse(path)
	case len(s.sections) > 0:
		return fault.WithRemedy(fault.Errorf(fault.Missing, "the table has a header but no launches: no kernels were profiled"),
			"check the filters of the ncu command (--kernel-name, --launch-skip, --profile-from-start)")
	}
	return head.refuse(path)
}

// info describes the print-out.
func (s *summary) info() artifacts.Info {
	metrics := 0
	for _, section := range s.sections {
		metrics = max(metrics, len(section.names)-countTrue(section.identity))
	}
	info := artifacts.Info{Kind: artifacts.NCU, Format: FormatName, Producer: "Nsight Compute", Findings: s.findings(),
		Summary: fmt.Sprintf("%d launches of %d kernels with up to %d metrics each", s.launches, len(s.kernels), metrics)}
	if len(s.devices) > 0 {
		info.Summary += " on " + strings.Join(s.devices, ", ")
	}
	form := s.sections[0].convention
	info.Metadata = map[string]string{
		"device": strings.Join(s.devices, ", "), "launches": strconv.FormatInt(s.launches, 10),
		"graphs": strconv.FormatInt(s.graphs, 10), "number_form": form.String(),
	}
	for _, what := range []string{"flops", "dram_bytes", "tensor_ops"} {
		info.Metadata["has_"+what] = strconv.FormatBool(s.has[what])
	}
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
