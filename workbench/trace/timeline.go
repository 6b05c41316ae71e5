package trace

import (
	"cmp"
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/trace/names"
)

// OpKind is the kind of a piece of GPU work.
type OpKind uint8

// The kinds of GPU work. A GraphOp is a whole CUDA graph, as a graph-level trace
// records it; with a node-level trace its nodes are kernels, copies and sets.
const (
	KernelOp OpKind = iota
	CopyOp
	SetOp
	GraphOp
)

// Tables are the nsys tables of GPU work; nil for one that the trace lacks. They
// have the columns of OpFields.
type Tables struct {
	Kernels, Copies, Sets, Graphs *frames.Frame
}

// ReadTables asks get for each of the tables by its name. A table that is not there
// is nil without an error.
func ReadTables(get func(table string) (*frames.Frame, error)) (t Tables, err error) {
	for _, part := range []struct {
		name string
		to   **frames.Frame
	}{{"kernels", &t.Kernels}, {"copies", &t.Copies}, {"sets", &t.Sets}, {"graph_traces", &t.Graphs}} {
		if *part.to, err = get(part.name); err != nil {
			return Tables{}, err
		}
	}
	return t, nil
}

// OpFields returns the columns that a Timeline reads of a table of Tables: those all
// have, followed by the ones named (name and graph_node_id of kernels, kind and
// graph_node_id of copies, graph_node_id of sets, graph_id of graphs).
func OpFields(more ...frames.Field) []frames.Field {
	return Columns("start end device stream correlation_id pid", more...)
}

// Timeline is the GPU work of all tables in one list: kernels, copies, sets and
// whole graphs, each in the order of its table. Its columns are of equal length.
type Timeline struct {
	Ops
	Kind           []OpKind
	Device, Stream []int64 // CUDA ordinal and stream, -1 where the trace does not say
	Name           []int32 // index in Names
	Names          []string
	Node           []bool // work of a node of a CUDA graph
	Odd            int64  // rows left out: no times, an end before the start, or times that cannot be
}

// Place is one device as one process numbers it. The same number in two processes
// may be two devices, and two numbers may be one.
type Place struct {
	Pid, Device int64
	Rows        []int32 // its work in the Timeline, in order of start, then of end
}

type placeKey struct{ pid, device int64 }

// latestTime is the latest time that is believed, 73 years in ns.
const latestTime = 1 << 61

// TimelineOf gathers the work of the tables. Rows whose times cannot be are left
// out and counted. Whole graphs are left out where nodes of graphs are there, which
// would count twice. It is Misuse when a table lacks start, end, pid or correlation_id.
func TimelineOf(tables Tables) (*Timeline, error) {
	t := &Timeline{}
	dict := frames.NewDictionary()
	for kind, f := range []*frames.Frame{KernelOp: tables.Kernels, CopyOp: tables.Copies, SetOp: tables.Sets, GraphOp: tables.Graphs} {
		if f == nil || f.Len() == 0 || OpKind(kind) == GraphOp && slices.Contains(t.Node, true) {
			continue
		}
		if err := t.add(f, OpKind(kind), dict); err != nil {
			return nil, err
		}
	}
	t.Names = make([]string, dict.Len())
	for code := range t.Names {
		t.Names[code] = dict.String(int32(code))
	}
	return t, nil
}

// add appends the rows of one table.
func (t *Timeline) add(f *frames.Frame, kind OpKind, dict *frames.Dictionary) error {
	c, err := intsOf(f, "start", "end", "pid", "correlation_id")
	if err != nil {
		return err
	}
	t.reserve(f.Len())
	starts, ends, nodes := f.Column("start"), f.Column("end"), f.Column("graph_node_id")
	device, stream := f.Column("device"), f.Column("stream")
	name := namer(f, kind, dict)
	for i, start := range c[0] {
		end := c[1][i]
		if starts.IsNull(i) || ends.IsNull(i) || !believable(start, end) {
			t.Odd++
			continue
		}
		t.Start, t.End = append(t.Start, start), append(t.End, end)
		t.Pid, t.Correlation = append(t.Pid, c[2][i]), append(t.Correlation, c[3][i])
		t.Device, t.Stream = append(t.Device, known(device, i)), append(t.Stream, known(stream, i))
		t.Kind, t.Name = append(t.Kind, kind), append(t.Name, name(i))
		t.Node = append(t.Node, nodes != nil && nodes.Int(i) != 0)
	}
	return nil
}

// reserve makes room for n rows at once.
func (t *Timeline) reserve(n int) {
	for _, c := range []*[]int64{&t.Start, &t.End, &t.Pid, &t.Correlation, &t.Device, &t.Stream} {
		*c = slices.Grow(*c, n)
	}
	t.Kind, t.Name, t.Node = slices.Grow(t.Kind, n), slices.Grow(t.Name, n), slices.Grow(t.Node, n)
}

// believable reports whether an event can have begun and ended so.
func believable(start, end int64) bool {
	return end >= start && start > -latestTime && end < latestTime && end-start <= Longest
}

// known returns a value of a column, -1 where it is missing or the column is.
func known(c *frames.Column, i int) int64 {
	if c == nil || c.IsNull(i) {
		return -1
	}
	return c.Int(i)
}

// namer returns the function that names row i of a table by a code of dict: kernels
// by their name, copies by their direction, whole graphs by their number.
func namer(f *frames.Frame, kind OpKind, dict *frames.Dictionary) func(i int) int32 {
	column, write := f.Column("name"), func(s string) string { return s }
	switch kind {
	case CopyOp:
		column, write = f.Column("kind"), func(s string) string { return strings.TrimSpace("copy " + s) }
	case SetOp:
		return func(int) int32 { return dict.Code("memory set") }
	case GraphOp:
		column, write = f.Column("graph_id"), func(s string) string { return strings.TrimSpace("CUDA graph " + s) }
	}
	if column == nil || column.Codes() == nil {
		return func(i int) int32 {
			if column == nil {
				return dict.Code(write(""))
			}
			return dict.Code(write(column.Str(i)))
		}
	}
	codes := make([]int32, column.Dictionary().Len()) // code in dict + 1
	return func(i int) int32 {
		if column.IsNull(i) {
			return dict.Code(write(""))
		}
		code := column.Codes()[i]
		if codes[code] == 0 {
			codes[code] = dict.Code(write(column.Dictionary().String(code))) + 1
		}
		return codes[code] - 1
	}
}

// NameOf returns the name of row i: of a kernel its name, of other work what it is.
func (t *Timeline) NameOf(i int32) string { return t.Names[t.Name[i]] }

// ShortNames returns for each of Names the form that a person says (see names.ShortNames)
// where it is a kernel's, and other names as they are.
func (t *Timeline) ShortNames() []string {
	out := slices.Clone(t.Names)
	seen := make([]bool, len(t.Names))
	var full []string
	var at []int32
	for i, kind := range t.Kind {
		if name := t.Name[i]; kind == KernelOp && !seen[name] {
			seen[name] = true
			full, at = append(full, t.Names[name]), append(at, name)
		}
	}
	for i, short := range names.ShortNames(full) {
		out[at[i]] = short
	}
	return out
}

// Places returns the devices that have work, in order of process and number. It
// takes O(n), and O(n log n) for a place whose rows are not in order of time.
func (t *Timeline) Places() []Place {
	numbers, last := map[placeKey]int32{}, int32(-1)
	var places []Place
	group := make([]int32, t.Len())
	for i := range group {
		key := placeKey{t.Pid[i], t.Device[i]}
		if last < 0 || places[last].Pid != key.pid || places[last].Device != key.device {
			number, ok := numbers[key]
			if !ok {
				number = int32(len(places))
				numbers[key] = number
				places = append(places, Place{Pid: key.pid, Device: key.device})
			}
			last = number
		}
		group[i] = last
	}
	for g, rows := range buckets(group, len(places)) {
		t.sort(rows)
		places[g].Rows = rows
	}
	slices.SortFunc(places, func(a, b Place) int {
		return cmp.Or(cmp.Compare(a.Pid, b.Pid), cmp.Compare(a.Device, b.Device))
	})
	return places
}

// sort puts rows in order of start, then of end, then of row.
func (t *Timeline) sort(rows []int32) {
	byTime := func(a, b int32) int {
		return cmp.Or(cmp.Compare(t.Start[a], t.Start[b]), cmp.Compare(t.End[a], t.End[b]), cmp.Compare(a, b))
	}
	if !slices.IsSortedFunc(rows, byTime) {
		slices.SortFunc(rows, byTime)
	}
}

// Busy returns the time during which at least one of the rows runs. They are in
// order of start.
func (t *Timeline) Busy(rows []int32) Set {
	out := Set{}
	for _, row := range rows {
		out = out.extend(Interval{t.Start[row], t.End[row]})
	}
	return out
}

// Window returns the time from the first start to the last end of the rows, which
// are in order of start; the zero Interval for none.
func (t *Timeline) Window(rows []int32) Interval {
	if len(rows) == 0 {
		return Interval{}
	}
	w := Interval{t.Start[rows[0]], t.End[rows[0]]}
	for _, row := range rows {
		w.End = max(w.End, t.End[row])
	}
	return w
}
