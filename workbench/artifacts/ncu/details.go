package ncu

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"profilemate/workbench/artifacts/ncu/report"
)

// Columns of the pages that have a row a metric.
const (
	sectionColumn   = "Section Name"
	metricColumn    = "Metric Name"
	unitColumn      = "Metric Unit"
	valueColumn     = "Metric Value"
	ruleColumn      = "Rule Name"
	ruleTypeColumn  = "Rule Type"
	ruleTextColumn  = "Rule Description"
	gainKindColumn  = "Estimated Speedup Type"
	gainColumn      = "Estimated Speedup"
	leastColumn     = "Minimum"
	mostColumn      = "Maximum"
	averageColumn   = "Average"
	callsColumn     = "Invocations"
	nvtxSummaryName = "Range:PL_Type:PL_Value:CLR_Type:Color:Msg_Type:Msg"
)

// detailed is a launch as the rows of a details page: the first of them says which
// launch it is, and each adds a metric or what a rule says.
type detailed struct {
	printed
	entries []entry
	at      map[string]int // of entries, by metric
	advice  []report.Advice
}

// entry is a metric of a launch under the label that the page gives it.
type entry struct {
	section, label string
	metric         string // once the launch is complete
	cell           string
	unit           Unit
	known          bool   // the unit
	printedUnit    string // as it stands in the row
}

// unitName is how the metrics table writes the unit.
func (e entry) unitName() string {
	if e.known {
		return e.unit.Base
	}
	return e.printedUnit
}

func newDetailed(first printed) *detailed { return &detailed{printed: first} }

// same reports whether a row is about this launch. Rows of one launch stand
// together.
func (d *detailed) same(p printed) bool {
	for i, identifies := range d.section.identity {
		if identifies && d.fields[i] != p.fields[i] {
			return false
		}
	}
	return d.section == p.section
}

// key is what identifies the launch, in one text.
func (d *detailed) key() string {
	var cells []string
	for i, identifies := range d.section.identity {
		if identifies {
			cells = append(cells, d.fields[i])
		}
	}
	return strings.Join(cells, "\x00")
}

// add takes a row of the launch.
func (d *detailed) add(p printed, l *losses) {
	if rule := p.cell(ruleColumn); rule != "" {
		d.addAdvice(p, rule)
	}
	label := p.cell(metricColumn)
	if label == "" {
		return
	}
	e := entry{section: p.cell(sectionColumn), label: label, cell: p.cell(valueColumn), printedUnit: p.cell(unitColumn)}
	if e.unit, e.known = ParseUnit(e.printedUnit); !e.known && !slices.Contains(l.unknown, e.printedUnit) {
		l.unknown = remember(l.unknown, e.printedUnit)
	}
	d.entries = append(d.entries, e)
}

func (d *detailed) addAdvice(p printed, rule string) {
	a := report.Advice{Rule: rule, Section: p.cell(sectionColumn), Type: p.cell(ruleTypeColumn), Text: p.cell(ruleTextColumn)}
	gain, ok := ParseDecimal(p.cell(gainColumn), PointDecimal) // which ncu writes with a point in every locale
	if !ok {
		gain, ok = ParseDecimal(p.cell(gainColumn), CommaDecimal)
	}
	if ok {
		a.SpeedupKind, a.Speedup = p.cell(gainKindColumn), gain.Float()
	}
	d.advice = append(d.advice, a)
}

// resolve finds the metrics of the labels, when all rows of the launch are there. A
// metric that stands in two sections counts once; two values of one are a conflict,
// but for a label of which the metric is not known: charts show several under one.
func (d *detailed) resolve(l *losses) {
	labels := labelsOf(d.entries, d.printed.cell("CC"))
	d.at = make(map[string]int, len(d.entries))
	kept := d.entries[:0]
	for _, e := range d.entries {
		metric, ok := labels.metric(e)
		if !ok && !slices.Contains(l.labels, e.label) {
			l.labels = remember(l.labels, e.label)
		}
		e.metric = metric
		i, twice := d.at[metric]
		if !twice {
			d.at[metric] = len(kept)
		}
		if !twice || !ok {
			kept = append(kept, e)
		} else if kept[i].cell != e.cell && kept[i].printedUnit == e.printedUnit {
			l.conflicts = remember(l.conflicts, fmt.Sprintf("%s of launch %s is %s and %s", metric, d.describe(), kept[i].cell, e.cell))
		}
	}
	d.entries = kept
}

// vote implements voter.
func (d *detailed) vote(v *votes) {
	for _, e := range d.entries {
		v.count(e.cell, e.isWhole())
	}
}

// isWhole reports whether the value was a whole number before it was printed.
func (e entry) isWhole() bool { return e.known && isWholeMetric(e.metric, e.unit) }

// cell implements values.
func (d *detailed) cell(name string) string {
	if column, ok := d.section.index[name]; ok && d.section.identity[column] {
		return d.printed.cell(name)
	}
	if i, ok := d.at[name]; ok {
		return d.entries[i].cell
	}
	return ""
}

// metricOf implements values.
func (d *detailed) metricOf(name string) (measure, bool) {
	i, ok := d.at[name]
	if !ok || !d.entries[i].known {
		return measure{}, false
	}
	return d.measureOf(d.entries[i].cell, d.entries[i].unit, name)
}

// tensorCounters implements values.
func (d *detailed) tensorCounters() []tensorCounter {
	var list []tensorCounter
	for _, e := range d.entries {
		if c, ok := parseTensor(e.metric); ok && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}

// workload implements values. The page names a graph or range instead of a kernel.
func (d *detailed) workload() string {
	switch name := d.printed.cell("Kernel Name"); {
	case name == "graph":
		return "graph"
	case name == "range", d.printed.cell("Block Size") == "" && !row{values: d}.has("launch__block_size", "launch__block_dim_x"):
		return "range"
	}
	return "kernel"
}

// origin implements values.
func (d *detailed) origin() string { return "details" }

// metrics implements values, in the order of the page.
func (d *detailed) metrics(emit func(metricCell) error) error {
	for _, e := range d.entries {
		name, ok := d.section.metricNames.Lookup(e.metric)
		unit, ok2 := d.section.unitNames.Lookup(e.unitName())
		if !ok || !ok2 {
			continue // a file that grew since it was opened
		}
		out := metricCell{name: name, unit: unit}
		if v, ok := d.parse(e.cell); ok {
			if out.value = v.Scale(e.unit.Exp).Float(); math.IsInf(out.value, 0) {
				continue
			}
		} else if out.text = e.cell; isMissing(e.cell) {
			continue
		}
		if err := emit(out); err != nil {
			return err
		}
	}
	return nil
}
