package memorycopies_test

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/plugins/memorycopies"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

// Every cell of both reports is the oracle's, and so is the order of the rows, with
// one worker and with several.
//
// The oracle in testdata is what nsys stats 2023.4.4 prints with
// --report cuda_gpu_mem_time_sum,cuda_gpu_mem_size_sum --format csv.
func TestOracle(t *testing.T) {
	t.Parallel()
	for _, name := range enginetest.Captures() {
		for _, workers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", name, workers), func(t *testing.T) {
				t.Parallel()
				f := run(t, name, workers).Table("directions").Frame
				if diff := gocmp.Diff(oracle(t, name+"_time"), timeCells(t, f)); diff != "" {
					t.Errorf("(-cuda_gpu_mem_time_sum +memory-copies)\n%s", diff)
				}
				if diff := gocmp.Diff(oracle(t, name+"_size"), sizeCells(f)); diff != "" {
					t.Errorf("(-cuda_gpu_mem_size_sum +memory-copies)\n%s", diff)
				}
			})
		}
	}
}

func oracle(t *testing.T, name string) [][]string {
	t.Helper()
	return enginetest.CSV(t, filepath.Join("testdata", name+".csv.gz"))[1:]
}

func run(t testing.TB, name string, workers int) *result.Result {
	t.Helper()
	return enginetest.Run(t, memorycopies.Analysis, nsys.Format(), enginetest.Capture(t, name), workers, nil)
}

// operation is what nsys stats calls a direction.
func operation(direction string) string {
	return map[string]string{"host to device": "[CUDA memcpy Host-to-Device]", "device to host": "[CUDA memcpy Device-to-Host]",
		"device to device": "[CUDA memcpy Device-to-Device]", "set": "[CUDA memset]"}[direction]
}

func timeCells(t *testing.T, f *frames.Frame) [][]string {
	t.Helper()
	rows := enginetest.Cells(t, f, "share", "total", "count", "avg", "median", "min", "max", "stddev", "direction")
	for _, row := range rows {
		row[len(row)-1] = operation(row[len(row)-1])
	}
	return rows
}

// sizeCells writes the sizes as nsys stats does: in MB of 10^6 bytes with three
// decimals, the largest total first.
func sizeCells(f *frames.Frame) [][]string {
	order := make([]int, f.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(f.Ints("bytes")[b], f.Ints("bytes")[a]) })
	var rows [][]string
	for _, i := range order {
		row := []string{megabytes(f, "bytes", i), f.Column("count").Str(i)}
		for _, name := range []string{"avg_bytes", "median_bytes", "min_bytes", "max_bytes", "stddev_bytes"} {
			row = append(row, megabytes(f, name, i))
		}
		rows = append(rows, append(row, operation(f.Column("direction").Str(i))))
	}
	return rows
}

func megabytes(f *frames.Frame, column string, row int) string {
	return strconv.FormatFloat(math.Round(f.Column(column).Float(row)/1e3)/1e3, 'f', 3, 64)
}

// The tables by memory and by size are the directions once more: each adds up to
// the same counts, bytes and times.
func TestTablesAddUp(t *testing.T) {
	t.Parallel()
	r := run(t, "demo_cudagraph", 2)
	for _, column := range []string{"total", "count", "bytes"} {
		var sums []int64
		for _, table := range []string{"directions", "memories", "sizes"} {
			sum := int64(0)
			for _, v := range r.Table(table).Frame.Ints(column) {
				sum += v
			}
			sums = append(sums, sum)
		}
		if sums[0] == 0 || sums[0] != sums[1] || sums[0] != sums[2] {
			t.Errorf("%s: %v", column, sums)
		}
	}
}

// BenchmarkMemoryCopies reads the graph demo (326 copies among 27,000 calls),
// without a store.
func BenchmarkMemoryCopies(b *testing.B) {
	path := enginetest.Capture(b, "demo_cudagraph")
	b.ReportAllocs()
	for b.Loop() {
		enginetest.Run(b, memorycopies.Analysis, nsys.Format(), path, 2, nil)
	}
}
