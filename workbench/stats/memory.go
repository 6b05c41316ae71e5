package stats

import (
	"cmp"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/trace"
)

// memorySum is cuda_gpu_mem_time_sum and cuda_gpu_mem_size_sum.
type memorySum struct{ bytes bool }

func newMemoryTimes(Choice) maker { return memorySum{} }
func newMemorySizes(Choice) maker { return memorySum{bytes: true} }

func (m memorySum) wants() want { return 0 }

func (m memorySum) reads() []read {
	if m.bytes {
		return []read{{"copies", []string{"bytes", "kind"}}, {"sets", []string{"bytes"}}}
	}
	return []read{{"copies", []string{"start", "end", "kind"}}, {"sets", []string{"start", "end"}}}
}

func (m memorySum) fold() fold { return &memoryValues{bytes: m.bytes} }

func (m memorySum) finish(_ *scene, f fold) (*Table, error) {
	list := f.(*memoryValues).entries()
	byTotal(list)
	if m.bytes {
		return sizeTable(list), nil
	}
	return timeTable(list, "Count", func(r *Row, operation string) { r.str(operation) }, "Operation"), nil
}

// memoryValues gathers the times or sizes of copies by direction, and of sets.
type memoryValues struct {
	bytes  bool
	dict   *frames.Dictionary
	copies tally[int32]
	sets   tally[struct{}]
}

func (f *memoryValues) odd() int64 { return f.copies.odd + f.sets.odd }

func (f *memoryValues) scan(_ *scene, table string, b *frames.Batch) {
	values, starts := b.Ints("bytes"), []int64(nil)
	if !f.bytes {
		values, starts = b.Ints("end"), b.Ints("start")
	}
	kinds := b.Column("kind")
	if table == "copies" && kinds != nil {
		f.dict = kinds.Dictionary()
	}
	for i, v := range values {
		if starts != nil {
			v -= starts[i]
		}
		if table == "sets" {
			f.sets.add(struct{}{}, v)
			continue
		}
		f.copies.add(codeAt(kinds, i), v)
	}
}

func (f *memoryValues) merge(after fold) {
	o := after.(*memoryValues)
	if f.dict == nil {
		f.dict = o.dict
	}
	f.copies.merge(&o.copies)
	f.sets.merge(&o.sets)
}

// entries describes the operations by name.
func (f *memoryValues) entries() []entry[string] {
	all := rekeyed(&f.copies, func(code int32) string { return copyName(nameOf(f.dict, code)) })
	for _, samples := range f.sets.index {
		all.group(setName).Join(samples)
	}
	return all.entries(cmp.Compare[string])
}

// setName and copyName are what nsys calls the operations.
const setName = "[CUDA memset]"

func copyName(kind name) string { return "[CUDA memcpy " + copyLabel(kind) + "]" }

// copyLabel is a direction as nsys spells it (ENUM_CUDA_MEMCPY_OPER).
func copyLabel(kind name) string {
	labels := [][2]string{{"host to device", "Host-to-Device"}, {"device to host", "Device-to-Host"}, {"host to array", "Host-to-Array"},
		{"array to host", "Array-to-Host"}, {"array to array", "Array-to-Array"}, {"array to device", "Array-to-Device"},
		{"device to array", "Device-to-Array"}, {"device to device", "Device-to-Device"}, {"host to host", "Host-to-Host"},
		{"peer to peer", "Peer-to-Peer"}, {"unified host to device", "Unified Host-to-Device"},
		{"unified device to host", "Unified Device-to-Host"}, {"unified device to device", "Unified Device-to-Device"}}
	return labelled(kind, labels)
}

// memoryLabel is a kind of memory as nsys spells it (ENUM_CUDA_MEM_KIND).
func memoryLabel(kind name) string {
	return labelled(kind, [][2]string{{"pageable", "Pageable"}, {"pinned", "Pinned"}, {"device", "Device"}, {"array", "Array"},
		{"managed", "Managed"}, {"device static", "Device Static"}, {"managed static", "Managed Static"}})
}

// labelled finds a word's label. What a newer nsys has a number for and this program
// no word counts as unknown.
func labelled(word name, labels [][2]string) string {
	at := slices.IndexFunc(labels, func(l [2]string) bool { return l[0] == word.text })
	if at < 0 {
		return "Unknown"
	}
	return labels[at][1]
}

// sizeTable makes the table of sizes.
func sizeTable(list []entry[string]) *Table {
	return &Table{
		Headers: []string{"Total (MB)", "Count", "Avg (MB)", "Med (MB)", "Min (MB)", "Max (MB)", "StdDev (MB)", "Operation"},
		Rows: func(emit func(*Row) error) error {
			var r Row
			for _, e := range list {
				r.reset().sizes(e.spread).str(e.key)
				if err := emit(&r); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (r *Row) sizes(s trace.Stats) *Row {
	return r.mega(float64(s.Total)).int(s.Count).mega(s.Mean).mega(s.Median).
		mega(float64(s.Min)).mega(float64(s.Max)).mega(s.StdDev)
}

// gpuSum is cuda_gpu_sum.
type gpuSum struct{ naming kernelNaming }

func newGPUSum(c Choice) maker { return gpuSum{namingOf(c)} }

func (m gpuSum) wants() want { return m.naming.wants() }

func (m gpuSum) reads() []read { return append(kernelSum(m).reads(), memorySum{}.reads()...) }

func (m gpuSum) fold() fold {
	return &gpuTimes{kernels: kernelTimes{names: kernelNames{kernelNaming: m.naming}}}
}

// gpuTimes gathers the times of all GPU work.
type gpuTimes struct {
	kernels kernelTimes
	memory  memoryValues
}

func (f *gpuTimes) odd() int64 { return f.kernels.odd() + f.memory.odd() }

func (f *gpuTimes) scan(s *scene, table string, b *frames.Batch) {
	if table == "kernels" {
		f.kernels.scan(s, table, b)
		return
	}
	f.memory.scan(s, table, b)
}

func (f *gpuTimes) merge(after fold) {
	o := after.(*gpuTimes)
	f.kernels.merge(&o.kernels)
	f.memory.merge(&o.memory)
}

// gpuOperation is one row of cuda_gpu_sum.
type gpuOperation struct {
	name     name
	category string
}

func (m gpuSum) finish(s *scene, f fold) (*Table, error) {
	times := f.(*gpuTimes)
	var list []entry[gpuOperation]
	for _, e := range times.kernels.entries(s) {
		list = append(list, entry[gpuOperation]{gpuOperation{e.key, "CUDA_KERNEL"}, e.spread})
	}
	for _, e := range times.memory.entries() {
		list = append(list, entry[gpuOperation]{gpuOperation{name{e.key, true}, "MEMORY_OPER"}, e.spread})
	}
	slices.SortStableFunc(list, func(a, b entry[gpuOperation]) int { return a.key.name.compare(b.key.name) })
	byTotal(list)
	return timeTable(list, "Instances", func(r *Row, k gpuOperation) { r.str(k.category).name(k.name) }, "Category", "Operation"), nil
}
