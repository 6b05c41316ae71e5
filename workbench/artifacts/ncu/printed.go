package ncu

import (
	"math"
	"strings"
)

// printed is a launch as a row of a print-out.
type printed struct {
	fields  []string
	section *section
}

// cell implements values.
func (p printed) cell(name string) string {
	if i, ok := p.section.index[name]; ok && i < len(p.fields) {
		return p.fields[i]
	}
	return ""
}

func (p printed) describe() string {
	if name := p.cell("Kernel Name"); name != "" {
		return p.fields[0] + " of " + functionOf(name)
	}
	return p.fields[0]
}

// parse implements values.
func (p printed) parse(text string) (Decimal, bool) { return ParseDecimal(text, p.section.convention) }

// metricOf implements values. Values in an unknown unit do not count.
func (p printed) metricOf(name string) (measure, bool) {
	i, found := p.section.index[name]
	if !found || i >= len(p.fields) || !p.section.known[i] {
		return measure{}, false
	}
	return p.measureOf(p.fields[i], p.section.units[i], name)
}

// measureOf reads a cell in a unit.
func (p printed) measureOf(cell string, u Unit, name string) (measure, bool) {
	d, ok := p.parse(cell)
	if !ok {
		return measure{}, false
	}
	d = d.Scale(u.Exp)
	m := measure{value: d.Float(), margin: d.Margin(), source: name}
	if math.IsInf(m.value, 0) {
		return measure{}, false
	}
	m.whole, m.isInt = d.Int()
	return m, true
}

// vote implements voter.
func (p printed) vote(v *votes) {
	if p.section.page == summaryPage {
		e := summaryMetric(row{values: p})
		for _, name := range []string{leastColumn, mostColumn, averageColumn} {
			v.count(p.cell(name), name != averageColumn && e.isWhole())
		}
		return
	}
	for i, cell := range p.fields {
		if !p.section.identity[i] {
			v.count(cell, p.section.known[i] && isWholeMetric(p.section.names[i], p.section.units[i]))
		}
	}
}

// origin implements values.
func (p printed) origin() string { return "raw" }

// tensorCounters implements values.
func (p printed) tensorCounters() []tensorCounter { return p.section.tensor }

// workload implements values: graphs have metrics of their own, and a range has no
// launch shape.
func (p printed) workload() string {
	has := func(names ...string) bool { return row{values: p}.has(names...) }
	switch {
	case has("launch__graph_contains_device_launch", "launch__graph_is_device_launchable"):
		return "graph"
	case p.cell("Block Size") == "" && !has("launch__block_size", "launch__block_dim_x"):
		return "range"
	}
	return "kernel"
}

// nvtx implements values. The cell is the thread and one quoted "DOMAIN:NAME:…" a
// range; the seven colons after the domain's count from the end, since names may
// hold colons.
func (p printed) nvtx() []string {
	const after = 6 // fields behind the name
	for i, header := range p.section.names {
		if !strings.HasPrefix(header, nvtxPushPop) && header != nvtxSummaryName || i >= len(p.fields) {
			continue
		}
		var names []string
		for j, part := range strings.Split(p.fields[i], `"`) {
			if j%2 == 0 {
				continue // the thread, and blanks between the ranges
			}
			rest := part
			if header != nvtxSummaryName { // which has the domain in a column of its own
				_, rest, _ = strings.Cut(part, ":")
			}
			words := strings.Split(rest, ":")
			if len(words) > after {
				rest = strings.Join(words[:len(words)-after], ":")
			}
			names = append(names, rest)
		}
		return names
	}
	return nil
}

// metrics implements values.
func (p printed) metrics(emit func(metricCell) error) error {
	s := p.section
	for i, cell := range p.fields {
		if s.identity[i] || cell == "" {
			continue
		}
		out := metricCell{name: s.metricCodes[i], unit: s.unitCodes[i]}
		if d, ok := p.parse(cell); ok {
			if out.value = d.Scale(s.units[i].Exp).Float(); math.IsInf(out.value, 0) {
				continue
			}
		} else if out.text = cell; isMissing(cell) {
			continue
		}
		if err := emit(out); err != nil {
			return err
		}
	}
	return nil
}

// isMissing reports whether a cell that is no number stands for no value.
func isMissing(cell string) bool {
	cell = strings.ToLower(strings.TrimSpace(cell))
	if strings.HasPrefix(cell, "(!)") {
		return true
	}
	switch cell {
	case "", "n/a", "nan", "-nan", "inf", "-inf", "no data":
		return true
	}
	return false
}
