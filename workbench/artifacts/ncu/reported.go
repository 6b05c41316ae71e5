package ncu

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/artifacts/ncu/report"
)

// nameTable is the names of all metrics of a report: those of its results and the
// attributes of its devices, which raw pages show as metrics of every launch. A name
// has one number, its code in the metrics table.
type nameTable struct {
	numbers    map[string]int32
	canonical  []int32 // by index of the report's names, which may hold a name twice
	order      []int32 // numbers in the order of raw pages: by name
	metrics    *frames.Dictionary
	units      *frames.Dictionary
	unitCodes  []int32 // by number
	tensor     []tensorCounter
	devices    []report.Device
	attributes []map[int32]report.Value // by device
}

func newNameTable(r *report.Report) *nameTable {
	t := &nameTable{numbers: map[string]int32{}, metrics: frames.NewDictionary(), units: frames.NewDictionary(), devices: r.Session.Devices}
	t.canonical = make([]int32, len(r.Names))
	for i, name := range r.Names {
		t.canonical[i] = t.add(name)
	}
	for _, d := range t.devices {
		values := make(map[int32]report.Value, len(d.Attributes))
		for _, a := range d.Attributes {
			values[t.add(a.Name)] = a.Value
		}
		t.attributes = append(t.attributes, values)
	}
	slices.SortFunc(t.order, func(a, b int32) int { return strings.Compare(t.metrics.String(a), t.metrics.String(b)) })
	return t
}

func (t *nameTable) add(name string) int32 {
	if n, ok := t.numbers[name]; ok {
		return n
	}
	n := t.metrics.Code(name)
	t.numbers[name] = n
	t.order = append(t.order, n)
	t.unitCodes = append(t.unitCodes, t.units.Code(MetricUnit(name)))
	if c, ok := parseTensor(name); ok && !slices.Contains(t.tensor, c) {
		t.tensor = append(t.tensor, c)
	}
	return n
}

// reported is a launch as a result of a report.
type reported struct {
	names  *nameTable
	result *report.Result
	at     []int32 // by number, the metric among the result's, -1 for none
	device int     // among the devices, -1 when not known
}

func newReported(names *nameTable) *reported {
	return &reported{names: names, at: make([]int32, len(names.order))}
}

// take makes the launch that of a result.
func (p *reported) take(x *report.Result) {
	p.result = x
	for i := range p.at {
		p.at[i] = -1
	}
	for i, m := range x.Metrics {
		p.at[p.names.canonical[m.Name]] = int32(i)
	}
	p.device = p.findDevice()
}

// findDevice finds the device of the launch by the metric that names it; without
// the metric there must be one device only.
func (p *reported) findDevice() int {
	for _, name := range []string{"launch__device_id", "device__attribute_device_index"} {
		if n, ok := p.own(name); ok {
			if id, ok := n.Int(); ok {
				return slices.IndexFunc(p.names.devices, func(d report.Device) bool { return d.ID == id })
			}
		}
	}
	if len(p.names.devices) == 1 {
		return 0
	}
	return -1
}

// own returns a metric of the result.
func (p *reported) own(name string) (report.Value, bool) {
	n, ok := p.names.numbers[name]
	if !ok || p.at[n] < 0 {
		return report.Value{}, false
	}
	return p.result.Metrics[p.at[n]].Value, true
}

// value returns a metric of the result or an attribute of its device.
func (p *reported) value(number int32) report.Value {
	if i := p.at[number]; i >= 0 {
		return p.result.Metrics[i].Value
	}
	if p.device >= 0 {
		return p.names.attributes[p.device][number]
	}
	return report.Value{}
}

// cell implements values.
func (p *reported) cell(name string) string {
	x := p.result
	switch name {
	case "ID":
		return strconv.Itoa(x.Index)
	case "Process ID":
		return p.ofProcess(func(q *report.Process) string { return strconv.FormatInt(q.ID, 10) })
	case "Process Name":
		return p.ofProcess(func(q *report.Process) string { return path.Base(strings.ReplaceAll(q.Name, `\`, "/")) })
	case "Host Name":
		return p.ofProcess(func(q *report.Process) string { return q.Host })
	case "Kernel Name":
		return p.kernelName()
	case "Context":
		return optional(x.Context)
	case "Stream":
		return optional(x.Stream)
	case "Grid Size":
		return sidesText(x.Grid)
	case "Block Size":
		return sidesText(x.Block)
	case "Device":
		if p.device < 0 {
			return ""
		}
		return strconv.FormatInt(p.names.devices[p.device].ID, 10)
	}
	if n, ok := p.names.numbers[name]; ok {
		return p.value(n).String()
	}
	return ""
}

func (p *reported) ofProcess(part func(*report.Process) string) string {
	if p.result.Process == nil {
		return ""
	}
	return part(p.result.Process)
}

// kernelName is what raw pages call the launch: the demangled name, or what was
// profiled as one.
func (p *reported) kernelName() string {
	for _, name := range []string{p.result.Demangled, p.result.Function, p.result.Mangled} {
		if name != "" {
			return name
		}
	}
	return p.workload()
}

func optional(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

// sidesText writes a grid or block as raw pages do.
func sidesText(sides *[3]int64) string {
	if sides == nil {
		return ""
	}
	text := make([]string, len(sides))
	for i, n := range sides {
		text[i] = strconv.FormatInt(n, 10)
	}
	return "(" + strings.Join(text, ", ") + ")"
}

// parse implements values.
func (p *reported) parse(text string) (Decimal, bool) { return ParseDecimal(text, PointDecimal) }

// metricOf implements values. What was stored as a whole number stays one.
func (p *reported) metricOf(name string) (measure, bool) {
	n, ok := p.names.numbers[name]
	if !ok {
		return measure{}, false
	}
	v := p.value(n)
	f, ok := v.Number()
	if !ok {
		return measure{}, false
	}
	m := fromFloat(f, name)
	if whole, ok := v.Int(); ok {
		m.whole, m.isInt = whole, true
	}
	return m, true
}

// tensorCounters implements values.
func (p *reported) tensorCounters() []tensorCounter { return p.names.tensor }

// workload implements values. A list of commands is a range of them.
func (p *reported) workload() string {
	switch p.result.Kind {
	case report.Kernel:
		return "kernel"
	case report.Graph:
		return "graph"
	}
	return "range"
}

// nvtx implements values. Of a damaged state it returns what could be read.
func (p *reported) nvtx() []string {
	names, _ := p.result.OpenRanges()
	return names
}

// origin implements values.
func (p *reported) origin() string { return "report" }

// metrics implements values.
func (p *reported) metrics(emit func(metricCell) error) error {
	for _, n := range p.names.order {
		v := p.value(n)
		cell := metricCell{name: n, unit: p.names.unitCodes[n]}
		f, ok := v.Number()
		switch {
		case ok:
			cell.value = f
		case v.Form == report.Text:
			cell.text = v.String()
		}
		if !ok && cell.text == "" {
			continue
		}
		if err := emit(cell); err != nil {
			return err
		}
	}
	return nil
}
