package launch

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/result"
)

// Schema returns the columns of a table with a row a kernel: who it is and its time,
// then the analysis's own, then the device and the full name. Row fills it.
func Schema(own ...frames.Field) frames.Schema {
	s := frames.Schema{
		{Name: "function", Kind: frames.String, Doc: "kernel name, shortened"},
		{Name: "grid", Kind: frames.String},
		{Name: "block", Kind: frames.String},
		{Name: "launches", Kind: frames.Int64},
		{Name: "time", Kind: frames.Int64, Unit: "ns", Doc: "GPU time of all launches"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the GPU time of the launches looked at"},
	}
	s = append(s, own...)
	return append(s, frames.Field{Name: "device", Kind: frames.String}, frames.Field{Name: "kernel", Kind: frames.String, Doc: "kernel name"})
}

// Row appends a row to a table of Schema, given the cells of the analysis's own
// columns: see Builder.Row for their types.
func (p *Profile) Row(b *frames.Builder, k *Kernel, own ...any) {
	var time any
	if p.Timed {
		time = k.Time
	}
	cells := append([]any{Text(k.Function), Text(k.Grid), Text(k.Block), k.Launches(), time, Number(k.Share)}, own...)
	b.Row(append(cells, Text(k.Device), Text(k.Name))...)
}

// Number is a cell of a Float64 column: nil, for missing, when v is NaN or infinite.
func Number(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

// Whole is a cell of an Int64 column, rounded: nil when v is NaN or does not fit.
func Whole(v float64) any {
	if math.IsNaN(v) || math.Abs(v) >= math.MaxInt64 {
		return nil
	}
	return int64(math.Round(v))
}

// Text is a cell of a String column: nil when s is empty.
func Text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// Percent writes a percentage with three digits and no exponent: "88.1 %".
func Percent(v float64) string {
	switch {
	case math.Abs(v) >= 99.95:
		return fmt.Sprintf("%.0f %%", v)
	case math.Abs(v) >= 9.995:
		return fmt.Sprintf("%.1f %%", v)
	}
	return fmt.Sprintf("%.2f %%", v)
}

// mostNamed bounds how many kernels a finding names.
const mostNamed = 4

// Names joins the labels of the first few kernels.
func Names(list []*Kernel) string {
	var labels []string
	for i, k := range list {
		if i == mostNamed && len(list) > mostNamed+1 {
			labels = append(labels, fmt.Sprintf("%d more", len(list)-mostNamed))
			break
		}
		labels = append(labels, k.Label)
	}
	return strings.Join(labels, ", ")
}

// About is a finding about kernels, with their time at stake; it points at their
// rows in a table that has a column kernel. An empty table points nowhere.
func About(severity result.Severity, table string, list []*Kernel, remedy, format string, args ...any) result.Finding {
	f := result.Finding{Severity: severity, Text: fmt.Sprintf(format, args...), Remedy: remedy}
	for _, k := range list {
		f.StakeNs += k.Time
		if table != "" && !slices.Contains(f.Values, k.Name) {
			f.Table, f.Column, f.Values = table, "kernel", append(f.Values, k.Name)
		}
	}
	return f
}

// Where returns the kernels that keep accepts, in their order.
func (p *Profile) Where(keep func(*Kernel) bool) []*Kernel {
	var list []*Kernel
	for _, k := range p.Kernels {
		if keep(k) {
			list = append(list, k)
		}
	}
	return list
}

// Scope reports what was not looked at: launches without a time, a profile without
// any, whole graphs.
func (p *Profile) Scope(r *result.Result) {
	const remedy = "Profile with: ncu --metrics gpu__time_duration.sum beside the sections, or any --set."
	if p.Left > 0 {
		r.Warn(remedy, "Launches without a time are left out: %d.", p.Left)
	}
	if !p.Timed && len(p.Kernels) > 0 {
		r.Warn(remedy, "The profile has no times, so kernels have no share and each launch weighs alike.")
	}
	if graphs := p.Where(func(k *Kernel) bool { return k.Graph }); len(graphs) > 0 {
		r.Findings = append(r.Findings, About(result.Warning, "", graphs, "Profile with --graph-profiling node to see the kernels inside.",
			"%s: whole CUDA graphs profiled as one, so their numbers mix all kernels inside.", Names(graphs)))
	}
}
