package pages_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"

	"profilemate/workbench/artifacts/nsys/pages"
)

const benchRows = 1_000_000

// kernelColumns are those of the kernel table of an export of nsys 2023.4.
var kernelColumns = strings.Fields(`start end deviceId contextId greenContextId streamId correlationId globalPid demangledName
	shortName mangledName launchType cacheConfig registersPerThread gridX gridY gridZ blockX blockY blockZ staticSharedMemory
	dynamicSharedMemory localMemoryPerThread localMemoryTotal gridId sharedMemoryExecuted graphNodeId sharedMemoryLimitConfig`)

// kernels makes a file with as many kernels as benchRows, and returns its path and
// the table.
func kernels(b *testing.B) (string, *pages.Table) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "kernels.sqlite")
	createAt(b, path, "PRAGMA journal_mode = OFF", "CREATE TABLE k ("+strings.Join(kernelColumns, " INTEGER, ")+" INTEGER)",
		fill("k", benchRows, `1000000000+i*7000, 1000000000+i*7000+1000+i*137%24000, 0, 1, NULL, 7, i, 287000000000000, 1+i*i%900,
			2+i*i%900, 3+i*i%900, 1, 0, 32+i%96, 128+i%300*7, 1+i%4, 1, 128<<(i%3), 1, 1, i%5*1024, i%7*4096, 0, 45613056, i, 65536, NULL, 0`))
	f, err := pages.OpenFile(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	table, err := f.Table("k")
	if err != nil {
		b.Fatal(err)
	}
	return path, table
}

// BenchmarkScan reads three columns, the five of kernel-summary, or all, of a million kernels: with this reader,
// and with SQLite stepping through the same rows.
func BenchmarkScan(b *testing.B) {
	path, table := kernels(b)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	for _, names := range [][]string{{"start", "end", "demangledName"}, {"start", "end", "deviceId", "demangledName", "graphNodeId"}, kernelColumns} {
		var wants []pages.Want
		for _, n := range names {
			wants = append(wants, pages.Want{Column: table.Index(n)})
		}
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("columns=%d/pages/workers=%d", len(names), workers), func(b *testing.B) {
				measure(b, info.Size(), func() (rows int) { return scanAll(b, table, wants, workers) })
			})
		}
		b.Run(fmt.Sprintf("columns=%d/library", len(names)), func(b *testing.B) {
			conn, err := sqlite.OpenConn("file:"+path+"?mode=ro&immutable=1", sqlite.OpenReadOnly, sqlite.OpenURI)
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			measure(b, info.Size(), func() (rows int) { return stepAll(b, conn, names) })
		})
	}
}

func measure(b *testing.B, size int64, scan func() int) {
	b.ReportAllocs()
	b.SetBytes(size)
	for b.Loop() {
		if rows := scan(); rows != benchRows {
			b.Fatalf("%d rows", rows)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

func scanAll(b *testing.B, table *pages.Table, wants []pages.Want, workers int) int {
	rows := make([]int, workers)
	err := table.Scan(b.Context(), wants, workers, func(w int, r *pages.Rows) error { rows[w] += r.Len(); return nil })
	if err != nil {
		b.Fatal(err)
	}
	total := 0
	for _, n := range rows {
		total += n
	}
	return total
}

// stepAll takes the values as integers, into a slice as long as a batch.
func stepAll(b *testing.B, conn *sqlite.Conn, names []string) (rows int) {
	columns := make([][1 << 14]int64, len(names))
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = quote(n)
	}
	err := run(conn, "SELECT "+strings.Join(list, ", ")+" FROM k", func(s *sqlite.Stmt) {
		for i := range columns {
			columns[i][rows&(1<<14-1)] = s.ColumnInt64(i)
		}
		rows++
	})
	if err != nil {
		b.Fatal(err)
	}
	return rows
}
