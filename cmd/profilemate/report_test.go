package main_test

import (
	"bytes"
	"encoding/csv"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/klauspost/compress/zstd"
)

const ncuCaptures = "../../workbench/artifacts/ncu/testdata/h100_mini_"

// unpackReport returns the path of a real report of ncu.
func unpackReport(t testing.TB, set string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), set+".ncu-rep")
	if err := os.WriteFile(path, unpack(t, ncuCaptures+set+".ncu-rep.zst"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func unpack(t testing.TB, path string) []byte {
	t.Helper()
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer decoder.Close()
	data, err := decoder.DecodeAll(packed, nil)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func records(t *testing.T, text []byte) [][]string {
	t.Helper()
	list, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(list) < 3 {
		t.Fatalf("%d records, %v", len(list), err)
	}
	return list
}

// What export prints of a report is what ncu prints of it in base units: the same
// header, the same units row, and the same cells within the rounding of its print.
func TestExportRaw(t *testing.T) {
	t.Parallel()
	for _, set := range []string{"basic", "full", "roof", "graphprof"} {
		printed := unpack(t, ncuCaptures+set+"_raw_base.csv.zst")
		out, err := exec.Command(binary, "export", unpackReport(t, set), "--table", "raw", "--to", "csv").Output()
		if err != nil {
			t.Fatal(err)
		}
		want, got := records(t, printed), records(t, out)
		if !slices.Equal(want[0], got[0]) || len(want) != len(got) {
			t.Fatalf("%s: %d rows of %d columns, want %d of %d", set, len(got), len(got[0]), len(want), len(want[0]))
		}
		for j, unit := range want[1] {
			// ncu itself prints these as threads with one set of metrics, as instructions with another
			either := strings.HasPrefix(want[0][j], "derived__sm") && unit == "thread" && got[1][j] == "inst"
			if got[1][j] != unit && !either {
				t.Errorf("%s: %s is in %q, want %q", set, want[0][j], got[1][j], unit)
			}
		}
		for i := 2; i < len(want); i++ {
			for j := range want[i] {
				if !sameRaw(want[i][j], got[i][j]) {
					t.Errorf("%s: row %d, %s: %q, ncu prints %q", set, i, want[0][j], got[i][j], want[i][j])
				}
			}
		}
	}
}

// sameRaw compares a cell of print, with two decimals and commas between thousands,
// with an exact one.
func sameRaw(printed, exact string) bool {
	if printed == exact || exact == "" && (printed == "nan" || printed == "no data") {
		return true
	}
	x, errX := strconv.ParseFloat(strings.ReplaceAll(printed, ",", ""), 64)
	y, errY := strconv.ParseFloat(exact, 64)
	return errX == nil && errY == nil && math.Abs(x-y) <= 0.005*(1+1e-9)+1e-12*math.Abs(y)
}

// BenchmarkReport times whole commands on a report of 28 launches with the full set,
// 28 MB, or on the file that PROFILEMATE_BENCH_REPORT names: the first table, the
// roofline, the raw page, and ncu's own print of that where an ncu is on the path.
func BenchmarkReport(b *testing.B) {
	file := os.Getenv("PROFILEMATE_BENCH_REPORT")
	if file == "" {
		file = unpackReport(b, "full")
	}
	commands := [][]string{
		{"launches", binary, "export", file, "--table", "launches"},
		{"roofline", binary, "run", "roofline", file, "--format", "csv"},
		{"parse", binary, "parse", "ncu", file, "--output-dir", b.TempDir()},
		{"raw", binary, "export", file, "--table", "raw"},
	}
	if ncu, err := exec.LookPath("ncu"); err == nil {
		commands = append(commands, []string{"ncu-raw", ncu, "-i", file, "--csv", "--page", "raw"})
	} else {
		b.Log("no ncu on the path: nothing to compare with")
	}
	for _, c := range commands {
		b.Run(c[0], func(b *testing.B) { measureCommand(b, c[1:]) })
	}
}

// BenchmarkLargeReport is the roofline of a report of 520 MB: that of BenchmarkReport
// with its results many times over.
func BenchmarkLargeReport(b *testing.B) {
	const size = 520 << 20
	small, err := os.ReadFile(unpackReport(b, "full"))
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "large.ncu-rep")
	out, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	const head = 4 + 4 + 2 // the magic, the length of the header, the header
	if _, err := out.Write(small[:head]); err != nil {
		b.Fatal(err)
	}
	for written := head; written < size; written += len(small) - head {
		if _, err := out.Write(small[head:]); err != nil {
			b.Fatal(err)
		}
	}
	measureCommand(b, []string{binary, "run", "roofline", path, "--format", "csv"})
}

// measureCommand runs a command with an empty cache and reports the most memory that
// it took: at least what this test has, for Linux counts a child from before it runs
// its program.
func measureCommand(b *testing.B, args []string) {
	b.Helper()
	peak := int64(0)
	for b.Loop() {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Env = append(os.Environ(), "PROFILEMATE_CACHE="+b.TempDir())
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v: %v\n%s", args, err, out)
		}
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			peak = max(peak, usage.Maxrss)
		}
	}
	b.ReportMetric(float64(peak)/1e3, "MB-peak")
}
