package stats

import (
	"cmp"
	"fmt"

	"profilemate/frames"
)

// kernelNaming says by which name kernels go.
type kernelNaming struct {
	column  string // of the table kernels
	instead string // the column for kernels where that is missing; empty for none
	ranged  bool   // the innermost NVTX range stands before it
}

func namingOf(c Choice) kernelNaming {
	n := kernelNaming{column: "name", ranged: c.has("nvtx-name")}
	switch {
	case c.has("base"):
		n.column, n.instead = "short_name", "name"
	case c.has("mangled"):
		n.column, n.instead = "mangled_name", "name"
	}
	return n
}

func (n kernelNaming) wants() want {
	if n.ranged {
		return wantRanges | wantCalls | wantCallRange
	}
	return 0
}

// columns returns what names need, and more.
func (n kernelNaming) columns(more ...string) []string {
	out := append([]string{n.column}, more...)
	if n.instead != "" {
		out = append(out, n.instead)
	}
	if n.ranged {
		out = append(out, "pid", "correlation_id")
	}
	return out
}

// kernelKey is a kernel's name as codes.
type kernelKey struct {
	prefix  int32 // of the range's message, -1 for none
	code    int32 // -1 for a kernel without a name
	instead bool  // code is one of the column instead
}

// kernelNames turns kernel names into keys and back. It is not safe for concurrent
// use while it reads.
type kernelNames struct {
	kernelNaming
	dict, insteadDict *frames.Dictionary
	names, insteads   *frames.Column // of the batch; insteads may be nil
	pids, correlation []int64
}

// batch turns to the rows of a batch.
func (n *kernelNames) batch(b *frames.Batch) {
	n.names = b.Column(n.column)
	n.dict = n.names.Dictionary()
	if n.instead != "" {
		n.insteads = b.Column(n.instead)
		n.insteadDict = n.insteads.Dictionary()
	}
	if n.ranged {
		n.pids, n.correlation = b.Ints("pid"), b.Ints("correlation_id")
	}
}

// key returns the name of row i of the batch.
func (n *kernelNames) key(s *scene, i int) kernelKey {
	k := kernelKey{prefix: -1, code: codeAt(n.names, i)}
	if k.code < 0 && n.insteads != nil {
		k.code, k.instead = codeAt(n.insteads, i), true
	}
	if n.ranged {
		k.prefix = s.rangeText(n.pids[i], n.correlation[i])
	}
	return k
}

// adopt takes the dictionaries of a later worker where there are none.
func (n *kernelNames) adopt(after *kernelNames) {
	if n.dict == nil {
		n.dict = after.dict
	}
	if n.insteadDict == nil {
		n.insteadDict = after.insteadDict
	}
}

// name returns the name of a key.
func (n *kernelNames) name(s *scene, k kernelKey) name {
	out := nameOf(n.dict, k.code)
	if k.instead {
		out = nameOf(n.insteadDict, k.code)
	}
	if prefix := nameAt(s.texts, k.prefix); out.known && prefix.known {
		out.text = prefix.text + "/" + out.text
	}
	return out
}

// kernelSum is cuda_gpu_kern_sum.
type kernelSum struct{ naming kernelNaming }

func newKernelSum(c Choice) maker { return kernelSum{namingOf(c)} }

func (m kernelSum) wants() want { return m.naming.wants() }

func (m kernelSum) reads() []read {
	return []read{{"kernels", m.naming.columns("start", "end")}}
}

func (m kernelSum) fold() fold { return &kernelTimes{names: kernelNames{kernelNaming: m.naming}} }

func (m kernelSum) finish(s *scene, f fold) (*Table, error) {
	list := f.(*kernelTimes).entries(s)
	byTotalAndCount(list)
	return timeTable(list, "Instances", func(r *Row, n name) { r.name(n) }, "Name"), nil
}

// kernelTimes gathers durations by kernel name.
type kernelTimes struct {
	names kernelNames
	times tally[kernelKey]
}

func (f *kernelTimes) odd() int64 { return f.times.odd }

func (f *kernelTimes) scan(s *scene, _ string, b *frames.Batch) {
	f.names.batch(b)
	starts, ends := b.Ints("start"), b.Ints("end")
	for i := range starts {
		f.times.add(f.names.key(s, i), ends[i]-starts[i])
	}
}

func (f *kernelTimes) merge(after fold) {
	o := after.(*kernelTimes)
	f.names.adopt(&o.names)
	f.times.merge(&o.times)
}

// entries describes the kernels by name: keys of one name are one entry.
func (f *kernelTimes) entries(s *scene) []entry[name] {
	return rekeyed(&f.times, func(k kernelKey) name { return f.names.name(s, k) }).entries(name.compare)
}

// rekeyed joins the groups whose keys come to the same.
func rekeyed[K, L comparable](t *tally[K], key func(K) L) *tally[L] {
	out := &tally[L]{}
	for k, samples := range t.index {
		out.group(key(k)).Join(samples)
	}
	return out
}

// shapeSum is cuda_gpu_kern_gb_sum.
type shapeSum struct{ naming kernelNaming }

func newShapeSum(c Choice) maker { return shapeSum{namingOf(c)} }

func (m shapeSum) wants() want { return m.naming.wants() }

func (m shapeSum) reads() []read {
	return []read{{"kernels", m.naming.columns("start", "end", "grid_x", "grid_y", "grid_z", "block_x", "block_y", "block_z")}}
}

func (m shapeSum) fold() fold { return &shapeTimes{names: kernelNames{kernelNaming: m.naming}} }

func (m shapeSum) finish(s *scene, f fold) (*Table, error) {
	times := f.(*shapeTimes)
	list := rekeyed(&times.times, func(k shapeKey) namedShape {
		return namedShape{times.names.name(s, k.kernelKey), k.shape}
	}).entries(namedShape.compare)
	byTotalAndCount(list)
	return timeTable(list, "Instances", func(r *Row, k namedShape) {
		r.str(k.shape.grid()).str(k.shape.block()).name(k.name)
	}, "GridXYZ", "BlockXYZ", "Name"), nil
}

// shape is a grid and a block, in x, y and z.
type shape [6]int32

func (s shape) grid() string  { return fmt.Sprintf("%4d %4d %4d", s[0], s[1], s[2]) }
func (s shape) block() string { return fmt.Sprintf("%4d %4d %4d", s[3], s[4], s[5]) }

type shapeKey struct {
	kernelKey
	shape
}

type namedShape struct {
	name  name
	shape shape
}

func (k namedShape) compare(o namedShape) int {
	order := k.name.compare(o.name)
	for i := range k.shape {
		order = cmp.Or(order, cmp.Compare(k.shape[i], o.shape[i]))
	}
	return order
}

// shapeTimes gathers durations by kernel name, grid and block.
type shapeTimes struct {
	names kernelNames
	times tally[shapeKey]
}

func (f *shapeTimes) odd() int64 { return f.times.odd }

func (f *shapeTimes) scan(s *scene, _ string, b *frames.Batch) {
	f.names.batch(b)
	starts, ends, at := b.Ints("start"), b.Ints("end"), shapesOf(b)
	for i := range starts {
		f.times.add(shapeKey{f.names.key(s, i), at.shape(i)}, ends[i]-starts[i])
	}
}

func (f *shapeTimes) merge(after fold) {
	o := after.(*shapeTimes)
	f.names.adopt(&o.names)
	f.times.merge(&o.times)
}

// shapes are the six columns of grid and block.
type shapes [6][]int64

func shapesOf(b *frames.Batch) shapes {
	return shapes{b.Ints("grid_x"), b.Ints("grid_y"), b.Ints("grid_z"), b.Ints("block_x"), b.Ints("block_y"), b.Ints("block_z")}
}

func (s *shapes) shape(i int) (out shape) {
	for axis, values := range s {
		if values != nil {
			out[axis] = int32(values[i])
		}
	}
	return out
}
