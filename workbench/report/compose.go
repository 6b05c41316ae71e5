package report

import (
	"slices"
	"strings"

	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/result"
)

// compose puts the report together of what was gathered. before is nil without a
// baseline.
func compose(registry *analysis.Registry, title string, now, before *side) *Report {
	r := &Report{Version: 1, Title: title, Inputs: inputsOf(now), Figures: figuresOf(now, before), Advice: judge(now)}
	if before != nil {
		r.Inputs = append(r.Inputs, inputsOf(before)...)
	}
	if title == "" {
		r.Title = titleOf(r.Inputs)
	}
	said := map[string]bool{}
	for _, c := range append(plan(), validity()) {
		if section := now.section(registry, c, said); len(section.Parts) > 0 {
			r.Sections = append(r.Sections, section)
		}
	}
	return r
}

func inputsOf(s *side) []Input {
	var list []Input
	for _, kind := range []string{artifacts.Nsys, artifacts.NCU, artifacts.MoE} {
		if src, ok := s.sources[kind]; ok {
			list = append(list, src.input)
		}
	}
	return list
}

func titleOf(inputs []Input) string {
	var names []string
	for _, in := range inputs {
		if in.Role == profileRole {
			names = append(names, in.Name)
		}
	}
	return "Profile of " + strings.Join(names, ", ")
}

// section makes a chapter of the parts that the side has the artifacts for. said holds the
// findings that were printed before.
func (s *side) section(registry *analysis.Registry, c chapter, said map[string]bool) Section {
	out := Section{ID: c.id, Title: c.title}
	for _, w := range c.parts {
		a, err := registry.Get(w.analysis)
		if err != nil || !s.has(a) {
			continue
		}
		out.Parts = append(out.Parts, s.part(a, w, said))
	}
	return out
}

func (s *side) part(a analysis.Analysis, w wanted, said map[string]bool) Part {
	p := Part{Analysis: a.Name, Title: a.Heading()}
	r := s.results[a.Name]
	if r == nil {
		p.Missing = s.missing[a.Name]
		return p
	}
	b := &result.Bundle{Version: 1, Analysis: a.Name, Title: a.Heading(), Params: map[string]string{}, Inputs: s.bundleInputs(a),
		Findings: []result.Finding{}, Tables: []result.Preview{}, Charts: []result.Chart{}}
	if s.parsed(a.Name) == nil {
		p.Command = s.command(a)
	}
	for _, f := range r.Findings {
		if !said[f.Text] {
			said[f.Text] = true
			b.Findings = append(b.Findings, f)
		}
	}
	for _, e := range w.tables {
		if t := r.Table(e.table); t != nil {
			b.Tables = append(b.Tables, result.NewPreview(*t, e.rows))
		}
	}
	for _, c := range r.Charts {
		if slices.Contains(w.charts, c.Name) || c.Group != "" && slices.Contains(w.charts, c.Group) {
			b.Charts = append(b.Charts, c)
		}
	}
	p.Result = b
	return p
}

func (s *side) bundleInputs(a analysis.Analysis) []result.BundleInput {
	var list []result.BundleInput
	for _, role := range a.Roles {
		in := s.sources[role.Kind].input
		list = append(list, result.BundleInput{Role: role.Name, Path: in.Name, Digest: in.Digest})
	}
	return list
}

// command is what prints the whole of an analysis, all rows of all tables included.
func (s *side) command(a analysis.Analysis) string {
	words := []string{"profilemate", "run", a.Name}
	for _, role := range a.Roles {
		words = append(words, s.sources[role.Kind].input.Name)
	}
	return strings.Join(words, " ")
}
