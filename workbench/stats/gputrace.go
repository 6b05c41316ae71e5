package stats

import (
	"fmt"
	"math"

	"profilemate/frames"
)

// gpuTrace is cuda_gpu_trace. Its old name lists no green contexts.
type gpuTrace struct {
	naming kernelNaming
	green  bool
}

func newGPUTrace(c Choice) maker { return gpuTrace{namingOf(c), c.Name == c.Report.Name} }

func (m gpuTrace) wants() want { return m.naming.wants() | wantGPUs }

func (m gpuTrace) reads() []read {
	columns := func(more ...string) []string {
		return append(more, "start", "end", "correlation_id", "device", "context", "green_context", "stream")
	}
	kernel := m.naming.columns(columns("grid_x", "grid_y", "grid_z", "block_x", "block_y", "block_z", "registers", "static_shared", "dynamic_shared")...)
	return []read{{"kernels", kernel}, {"copies", columns("bytes", "kind", "source_kind", "target_kind")}, {"sets", columns("bytes", "memory_kind")}}
}

func (m gpuTrace) fold() fold { return &gpuEvents{names: kernelNames{kernelNaming: m.naming}} }

// gpuKind is what much GPU work has in common. The numbers of a kernel are those of
// its launch; work on memory has bytes and codes of kinds.
type gpuKind struct {
	table                          int // as workTable numbers them
	device, context, green, stream optional
	kernel                         kernelKey
	shape                          shape
	registers, static, dynamic     optional
	bytes                          optional
	kind, source, target           int32
}

// optional is a number that may be missing.
type optional struct {
	value int64
	known bool
}

func optionalAt(c *frames.Column, i int) optional {
	if c == nil || c.IsNull(i) {
		return optional{}
	}
	return optional{c.Int(i), true}
}

// gpuEvents keeps all GPU work.
type gpuEvents struct {
	names                kernelNames
	kinds, source, other *frames.Dictionary // of copies: directions, memory; of sets: memory
	target               *frames.Dictionary
	tables               [3]events[gpuKind]
}

func (f *gpuEvents) odd() int64 { return 0 }

func (f *gpuEvents) scan(s *scene, table string, b *frames.Batch) {
	number := workTable(table)
	place := placeOf(b, number)
	switch table {
	case "kernels":
		f.names.batch(b)
		at, registers := shapesOf(b), b.Column("registers")
		static, dynamic := b.Column("static_shared"), b.Column("dynamic_shared")
		f.tables[number].add(b, func(i int) gpuKind {
			k := place(i)
			k.kernel, k.shape, k.registers = f.names.key(s, i), at.shape(i), optionalAt(registers, i)
			k.static, k.dynamic = optionalAt(static, i), optionalAt(dynamic, i)
			return k
		})
	case "copies":
		bytes, kinds, source, target := b.Column("bytes"), b.Column("kind"), b.Column("source_kind"), b.Column("target_kind")
		f.kinds, f.source, f.target = kinds.Dictionary(), source.Dictionary(), target.Dictionary()
		f.tables[number].add(b, func(i int) gpuKind {
			k := place(i)
			k.bytes, k.kind, k.source, k.target = optionalAt(bytes, i), codeAt(kinds, i), codeAt(source, i), codeAt(target, i)
			return k
		})
	default:
		bytes, source := b.Column("bytes"), b.Column("memory_kind")
		f.other = source.Dictionary()
		f.tables[number].add(b, func(i int) gpuKind {
			k := place(i)
			k.bytes, k.source, k.target = optionalAt(bytes, i), codeAt(source, i), -1
			return k
		})
	}
}

// placeOf returns where row i of a batch ran.
func placeOf(b *frames.Batch, table int) func(i int) gpuKind {
	device, context, green, stream := b.Column("device"), b.Column("context"), b.Column("green_context"), b.Column("stream")
	return func(i int) gpuKind {
		return gpuKind{table: table, device: optionalAt(device, i), context: optionalAt(context, i), green: optionalAt(green, i), stream: optionalAt(stream, i)}
	}
}

func (f *gpuEvents) merge(after fold) {
	o := after.(*gpuEvents)
	f.names.adopt(&o.names)
	for _, d := range []struct{ mine, theirs **frames.Dictionary }{{&f.kinds, &o.kinds}, {&f.source, &o.source}, {&f.target, &o.target}, {&f.other, &o.other}} {
		if *d.mine == nil {
			*d.mine = *d.theirs
		}
	}
	for i := range f.tables {
		f.tables[i].merge(&o.tables[i])
	}
}

func (m gpuTrace) finish(s *scene, f fold) (*Table, error) {
	work := f.(*gpuEvents)
	headers := []string{"Start (ns)", "Duration (ns)", "CorrId", "GrdX", "GrdY", "GrdZ", "BlkX", "BlkY", "BlkZ", "Reg/Trd", "StcSMem (MB)",
		"DymSMem (MB)", "Bytes (MB)", "Throughput (MB/s)", "SrcMemKd", "DstMemKd", "Device", "Ctx"}
	if m.green {
		headers = append(headers, "GreenCtx")
	}
	return &Table{Headers: append(headers, "Strm", "Name"), Rows: func(emit func(*Row) error) error {
		var r Row
		return inOrder([]*events[gpuKind]{&work.tables[0], &work.tables[1], &work.tables[2]}, func(e event[gpuKind]) error {
			r.reset().int(e.start).int(e.duration).int(e.correlation)
			work.launch(&r, e.kind)
			work.memory(&r, e)
			r.str(s.device(e.kind.device)).maybe(e.kind.context)
			if m.green {
				r.maybe(e.kind.green)
			}
			r.maybe(e.kind.stream).name(work.name(s, e.kind))
			return emit(&r)
		})
	}}, nil
}

func (r *Row) maybe(v optional) *Row {
	if !v.known {
		return r.none(1)
	}
	return r.int(v.value)
}

func (r *Row) maybeMega(v optional) *Row {
	if !v.known {
		return r.none(1)
	}
	return r.mega(float64(v.value))
}

// launch adds the shape and the resources of a kernel.
func (f *gpuEvents) launch(r *Row, k gpuKind) {
	if k.table != 0 {
		r.none(9)
		return
	}
	for _, n := range k.shape {
		r.int(int64(n))
	}
	r.maybe(k.registers).maybeMega(k.static).maybeMega(k.dynamic)
}

// memory adds bytes, rate and kinds of memory.
func (f *gpuEvents) memory(r *Row, e event[gpuKind]) {
	k := e.kind
	if k.table == 0 {
		r.none(4)
		return
	}
	r.maybeMega(k.bytes)
	if rate, ok := throughput(k.bytes, e.duration); ok {
		r.mega(rate)
	} else {
		r.none(1)
	}
	source := f.other
	if k.table == 1 {
		source = f.source
	}
	r.name(labelOf(source, k.source)).name(labelOf(f.target, k.target))
}

// labelOf returns the label of a kind of memory, missing where the code is.
func labelOf(d *frames.Dictionary, code int32) name {
	n := nameOf(d, code)
	if n.known {
		n.text = memoryLabel(n)
	}
	return n
}

// throughput returns B/s as the SQL of nsys does: it divides a second by the
// duration in whole numbers first, so the rate is coarse, and 0 for work of more
// than a second.
func throughput(bytes optional, ns int64) (rate float64, ok bool) {
	if !bytes.known || ns == 0 {
		return 0, false
	}
	times := int64(1_000_000_000) / ns
	if times != 0 && bytes.value > math.MaxInt64/times {
		return float64(bytes.value) * float64(times), true
	}
	return float64(bytes.value * times), true
}

// device returns the name of a GPU with its ordinal, as in "NVIDIA H100 (0)".
func (s *scene) device(d optional) string { return fmt.Sprintf("%s (%d)", s.gpus[d.value], d.value) }

func (f *gpuEvents) name(s *scene, k gpuKind) name {
	switch k.table {
	case 0:
		return f.names.name(s, k.kernel)
	case 1:
		return name{copyName(nameOf(f.kinds, k.kind)), true}
	}
	return name{setName, true}
}
