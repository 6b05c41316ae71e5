package report

import (
	"fmt"

	"profilemate/workbench/artifacts/ncu/wire"
	"profilemate/workbench/fault"
)

// Result is one result. It is good until the cursor's next one: metrics, rules and
// sections share memory with it, strings do not.
type Result struct {
	Entry
	Index     int    // among Report.Entries
	Demangled string // name of the kernel, "" for what is no kernel
	Function  string
	Mangled   string
	Grid      *[3]int64 // blocks and threads of a kernel, nil where there are none
	Block     *[3]int64
	Context   *int64
	Stream    *int64
	Thread    int64 // of the process, that launched it
	Created   int64 // seconds since 1970
	Metrics   []Metric

	nvtx     []byte
	sections [][]byte
	rules    [][]byte
	sources  [][]byte
}

// Metric is a metric of a result.
type Metric struct {
	Name  int // in Report.Names
	Value Value

	instances []byte // the message, when it has instances
}

// layout is where a kind of result has what; numbers are those of its message.
type layout struct{ metrics, created, sections, rules, nvtx, context, stream int }

// layoutOf returns the layout of a kind. What is profiled as one has a message of its
// own, seen for graphs; ranges and lists of commands are read like them.
func layoutOf(kind Kind) layout {
	if kind == Kernel {
		return layout{metrics: 13, created: 14, sections: 17, rules: 19, nvtx: 21, context: 22, stream: 23}
	}
	return layout{metrics: 4, created: 5, sections: 7, rules: 22, context: 11, stream: 12}
}

// Fields of every result, and of a kernel's alone.
const (
	resultThread    = 1
	kernelMangled   = 5
	kernelFunction  = 6
	kernelDemangled = 7
	kernelGrid      = 10
	kernelBlock     = 11
)

// Cursor reads the results of a report one at a time, into the same memory.
type Cursor struct {
	report *Report
	buf    []byte
	result Result
}

// Cursor returns a cursor of its own for the caller.
func (r *Report) Cursor() *Cursor { return &Cursor{report: r} }

// Read reads the result of an entry, in place of the last one. A result that cannot
// be decoded is a Corrupt fault; others can still be read.
func (c *Cursor) Read(index int) (*Result, error) {
	e := c.report.Entries[index]
	if int64(cap(c.buf)) < e.Size {
		c.buf = make([]byte, e.Size)
	}
	data := c.buf[:e.Size]
	if err := c.report.read(data, e.Offset); err != nil {
		return nil, err
	}
	old := c.result
	c.result = Result{Entry: e, Index: index, Metrics: old.Metrics[:0], sections: old.sections[:0], rules: old.rules[:0], sources: old.sources[:0]}
	if err := c.result.decode(data, len(c.report.Names)); err != nil {
		return nil, fmt.Errorf("result %d, at byte %d: %w", index, e.Offset, err)
	}
	return &c.result, nil
}

func (x *Result) decode(data []byte, names int) error {
	at := layoutOf(x.Kind)
	r := wire.Read(data)
	for r.Next() {
		var err error
		switch r.Number {
		case at.metrics:
			err = x.addMetric(r.Data(), names)
		case at.sections:
			x.sections = append(x.sections, r.Data())
		case at.rules:
			x.rules = append(x.rules, r.Data())
		case at.nvtx:
			x.nvtx = r.Data()
		case at.created:
			x.Created = int64(r.Uint())
		case at.context:
			x.Context = number(r.Field)
		case at.stream:
			x.Stream = number(r.Field)
		case resultThread:
			x.Thread = int64(r.Uint())
		default:
			if x.Kind == Kernel {
				err = x.kernelField(r.Field)
			}
		}
		if err != nil {
			return err
		}
	}
	return r.Err()
}

func number(f wire.Field) *int64 {
	n := int64(f.Uint())
	return &n
}

func (x *Result) kernelField(f wire.Field) (err error) {
	switch f.Number {
	case kernelMangled:
		x.Mangled = f.String()
	case kernelFunction:
		x.Function = f.String()
	case kernelDemangled:
		x.Demangled = f.String()
	case resultSources:
		x.sources = append(x.sources, f.Data())
	case kernelGrid:
		x.Grid, err = readSides(f.Data())
	case kernelBlock:
		x.Block, err = readSides(f.Data())
	}
	return err
}

func readSides(data []byte) (*[3]int64, error) {
	var sides [3]int64
	r := wire.Read(data)
	for r.Next() {
		if r.Number <= len(sides) {
			sides[r.Number-1] = int64(r.Uint())
		}
	}
	return &sides, r.Err()
}

// Fields of a metric.
const (
	metricName     = 1
	metricValue    = 2
	metricInstance = 3
)

// addMetric takes a metric. One whose name is not in the tables is a Corrupt fault:
// a block before it is lost.
func (x *Result) addMetric(data []byte, names int) error {
	m := Metric{Name: -1}
	r := wire.Read(data)
	for r.Next() {
		switch r.Number {
		case metricName:
			m.Name = int(min(r.Uint(), 1<<31))
		case metricValue:
			v, err := readValue(r.Data())
			if err != nil {
				return err
			}
			m.Value = v
		case metricInstance:
			m.instances = data
		}
		if m.instances != nil && m.Value.Form != NoValue {
			break // the rest is instances, which are read when asked for
		}
	}
	if r.Err() != nil {
		return r.Err()
	}
	if m.Name < 0 || m.Name >= names {
		return fault.Errorf(fault.Corrupt, "metric %d of %d names", m.Name, names)
	}
	x.Metrics = append(x.Metrics, m)
	return nil
}
