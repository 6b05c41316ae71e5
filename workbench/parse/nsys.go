package parse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
)

// The files that Nsys writes.
const (
	RangesFile  = "nvtx_ranges.csv"
	KernelsFile = "kernel_stats.csv"
	CopiesFile  = "memcpy_stats.csv"
	SummaryFile = "summary.json"
)

// Nsys writes kernel_stats.csv (one row per execution), nvtx_ranges.csv and
// memcpy_stats.csv of an nsys artifact into dir, each ordered by start, and returns
// the kernels by name for the summary. A table that the artifact lacks gives a file
// with a header only; one that damage hides gives none, see Hidden.
func Nsys(ctx context.Context, a artifacts.Artifact, dir string) ([]Kernel, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fault.Errorf(fault.Denied, "making %s: %w", dir, err)
	}
	var kernels kernelSums
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return write(ctx, a, dir, kernelsSpec(&kernels)) })
	group.Go(func() error { return write(ctx, a, dir, rangesSpec()) })
	group.Go(func() error { return write(ctx, a, dir, copiesSpec()) })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return kernels.list(), nil
}

// Lost is a file that Nsys cannot write.
type Lost struct {
	File, Table string
	Why         error // Corrupt, with its remedy
}

// Hidden names the files that Nsys does not write, because damage hides their tables.
func Hidden(a artifacts.Artifact) (list []Lost) {
	for _, s := range []spec{kernelsSpec(nil), rangesSpec(), copiesSpec()} {
		if err := artifacts.Hidden(a, s.table); err != nil {
			list = append(list, Lost{File: s.file, Table: s.table, Why: err})
		}
	}
	return list
}

// spec says how one file comes from one table.
type spec struct {
	file   string
	table  string
	reads  []string
	header []string
	row    func(t *table, b *frames.Batch) func(i int)
}

// write streams a table into its file. A table whose rows are not ordered by start
// is held and sorted first.
func write(ctx context.Context, a artifacts.Artifact, dir string, s spec) error {
	if artifacts.Hidden(a, s.table) != nil {
		err := os.Remove(filepath.Join(dir, s.file)) // one of another run would seem to be of this
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fault.Errorf(fault.Denied, "removing an old %s: %w", s.file, err)
		}
		return nil
	}
	out, err := newTable(dir, s.file, s.header...)
	if err != nil {
		return err
	}
	err = out.close(fill(ctx, a, out, s))
	if err != nil {
		return fmt.Errorf("writing %s: %w", s.file, err)
	}
	return nil
}

func fill(ctx context.Context, a artifacts.Artifact, out *table, s spec) error {
	info, err := artifacts.Lookup(a, s.table)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	columns := slices.DeleteFunc(slices.Clone(s.reads), func(c string) bool { return info.Schema.Index(c) < 0 })
	ordered, err := isOrdered(ctx, a, s.table)
	if err != nil {
		return err
	}
	if !ordered {
		f, err := artifacts.Load(ctx, a, s.table, columns...)
		if err == nil {
			f, err = f.Sort("start")
		}
		if err != nil {
			return err
		}
		writeRows(out, s, f)
		return nil
	}
	return a.Scan(ctx, artifacts.Request{Table: s.table, Columns: columns}, func(_ int, b *frames.Batch) error {
		writeRows(out, s, b)
		return out.err
	})
}

func writeRows(out *table, s spec, b *frames.Batch) {
	row := s.row(out, b)
	for i := range b.Len() {
		row(i)
	}
}

// isOrdered reports whether a table's rows are ordered by start.
func isOrdered(ctx context.Context, a artifacts.Artifact, table string) (bool, error) {
	ordered, last := true, int64(-1<<63)
	err := a.Scan(ctx, artifacts.Request{Table: table, Columns: []string{"start"}}, func(_ int, b *frames.Batch) error {
		for _, start := range b.Ints("start") {
			ordered = ordered && start >= last
			last = start
		}
		return nil
	})
	return ordered, err
}

// kernelsSpec is kernel_stats.csv: the columns of the scripts, then where and from
// what the kernel ran.
func kernelsSpec(sums *kernelSums) spec {
	var names words
	return spec{file: KernelsFile, table: "kernels",
		reads: []string{"start", "end", "name", "grid_x", "grid_y", "grid_z", "block_x", "block_y", "block_z", "static_shared",
			"dynamic_shared", "registers", "device", "context", "stream", "pid", "correlation_id", "graph_node_id"},
		header: []string{"kernel_name", "duration_us", "start_ns", "grid_size", "block_size", "shared_mem_bytes", "registersPerThread",
			"end_ns", "device", "context", "stream", "pid", "correlation_id", "graph_node_id"},
		row: func(t *table, b *frames.Batch) func(int) {
			name, starts, ends := b.Column("name"), b.Ints("start"), b.Ints("end")
			grid := product{b.Ints("grid_x"), b.Ints("grid_y"), b.Ints("grid_z")}
			block := product{b.Ints("block_x"), b.Ints("block_y"), b.Ints("block_z")}
			static, dynamic := b.Ints("static_shared"), b.Ints("dynamic_shared")
			last := columns(b, "registers")
			places := columns(b, "device", "context", "stream", "pid", "correlation_id", "graph_node_id")
			node := b.Column("graph_node_id")
			return func(i int) {
				sums.add(name, i, ends[i]-starts[i], grid.at(i), block.at(i), node != nil && !node.IsNull(i))
				t.raw(names.at(name, i))
				t.scaled(ends[i]-starts[i], 1e3)
				t.int(starts[i])
				t.int(grid.at(i))
				t.int(block.at(i))
				t.int(at(static, i) + at(dynamic, i))
				t.cell(last[0], i)
				t.int(ends[i])
				for _, c := range places {
					t.cell(c, i)
				}
				t.row()
			}
		}}
}

// product multiplies the three sizes of a grid or block.
type product [3][]int64

func (p product) at(i int) int64 {
	n := int64(1)
	for _, size := range p {
		if size == nil {
			return 0
		}
		n *= size[i]
	}
	return n
}

func at(values []int64, i int) int64 {
	if values == nil {
		return 0
	}
	return values[i]
}

func columns(b *frames.Batch, names ...string) []*frames.Column {
	list := make([]*frames.Column, len(names))
	for i, name := range names {
		list[i] = b.Column(name)
	}
	return list
}

// threadBits is how many bits the thread takes in the number that the scripts
// called thread_id: pid<<24 | tid, as in nsys's globalTid without the machine.
const threadBits = 24

// rangesSpec is nvtx_ranges.csv: ranges and marks, not the rows that declare names.
func rangesSpec() spec {
	var texts, domains, types words
	return spec{file: RangesFile, table: "nvtx", reads: []string{"start", "end", "text", "pid", "tid", "domain", "type"},
		header: []string{"name", "duration_ms", "start_ns", "end_ns", "thread_id", "domain", "type", "pid", "tid"},
		row: func(t *table, b *frames.Batch) func(int) {
			kind, text, domain := b.Column("type"), b.Column("text"), b.Column("domain")
			end, starts, pids, tids := b.Column("end"), b.Ints("start"), b.Ints("pid"), b.Ints("tid")
			return func(i int) {
				switch kind.Str(i) {
				case "push-pop", "start-end", "mark":
				default:
					return
				}
				t.raw(texts.at(text, i))
				if end.IsNull(i) {
					t.raw("")
				} else {
					t.scaled(end.Int(i)-starts[i], 1e6)
				}
				t.int(starts[i])
				t.cell(end, i)
				t.int(pids[i]<<threadBits | tids[i])
				t.raw(domains.at(domain, i))
				t.raw(types.at(kind, i))
				t.int(pids[i])
				t.int(tids[i])
				t.row()
			}
		}}
}

// directions are the scripts' names; every other kind of copy is "Other" there.
func direction(kind string) string {
	switch kind {
	case "host to device":
		return "HtoD"
	case "device to host":
		return "DtoH"
	case "device to device":
		return "DtoD"
	}
	return "Other"
}

// copiesSpec is memcpy_stats.csv. bandwidth_gbps is GB/s, as the scripts had it in
// spite of its name; it is missing for a copy without a duration.
func copiesSpec() spec {
	var kinds, sources, targets words
	return spec{file: CopiesFile, table: "copies",
		reads: []string{"start", "end", "bytes", "kind", "source_kind", "target_kind", "device", "stream", "pid", "correlation_id"},
		header: []string{"duration_us", "bytes", "bandwidth_gbps", "direction", "start_ns", "end_ns", "kind", "source_kind",
			"target_kind", "device", "stream", "pid", "correlation_id"},
		row: func(t *table, b *frames.Batch) func(int) {
			starts, ends, bytes, kind := b.Ints("start"), b.Ints("end"), b.Column("bytes"), b.Column("kind")
			places := columns(b, "device", "stream", "pid", "correlation_id")
			return func(i int) {
				duration := ends[i] - starts[i]
				t.scaled(duration, 1e3)
				t.cell(bytes, i)
				if duration > 0 && !bytes.IsNull(i) {
					t.scaled(bytes.Int(i), float64(duration))
				} else {
					t.raw("")
				}
				t.raw(direction(kind.Str(i)))
				t.int(starts[i])
				t.int(ends[i])
				t.raw(kinds.at(kind, i))
				t.raw(sources.at(b.Column("source_kind"), i))
				t.raw(targets.at(b.Column("target_kind"), i))
				for _, c := range places {
					t.cell(c, i)
				}
				t.row()
			}
		}}
}
