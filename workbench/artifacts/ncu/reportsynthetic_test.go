package ncu_test

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/ncu"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// message encodes fields of a message: a number, a string, another message, or a
// double, each behind its number.
func message(fields ...any) []byte {
	var out []byte
	for i := 0; i < len(fields); i += 2 {
		number := uint64(fields[i].(int)) << 3
		switch v := fields[i+1].(type) {
		case int:
			out = binary.AppendUvarint(binary.AppendUvarint(out, number), uint64(v))
		case float64:
			out = binary.LittleEndian.AppendUint64(binary.AppendUvarint(out, number|1), math.Float64bits(v))
		case float32:
			out = binary.LittleEndian.AppendUint32(binary.AppendUvarint(out, number|5), math.Float32bits(v))
		case string:
			out = append(binary.AppendUvarint(binary.AppendUvarint(out, number|2), uint64(len(v))), v...)
		case []byte:
			out = append(binary.AppendUvarint(binary.AppendUvarint(out, number|2), uint64(len(v))), v...)
		}
	}
	return out
}

// sized puts a message behind its length.
func sized(data []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(data))), data...)
}

// reportOf makes a report of blocks.
func reportOf(blocks ...[]byte) []byte {
	return append(append([]byte("NVR\x00"), sized(message(1, 7))...), join(blocks...)...)
}

func join(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// block makes a block of its header's fields and its payload.
func block(payload []byte, fields ...any) []byte {
	return append(sized(append(message(fields...), message(5, len(payload))...)), payload...)
}

// metric makes the metric of a name with a value; instances follow.
func metric(name int, value []byte, instances ...[]byte) []byte {
	out := message(1, name)
	if value != nil {
		out = append(out, message(2, value)...)
	}
	for _, i := range instances {
		out = append(out, message(3, i)...)
	}
	return out
}

func smallReport() []byte { return reportOf(smallBlocks()...) }

// smallBlocks hold a session of two devices, and a kernel, a range and a graph, each
// with names of its own.
func smallBlocks() [][]byte {
	device := func(id int, name string) []byte {
		return message(1, id, 2, name, 3, message(1, "device__attribute_display_name", 2, message(1, name)),
			3, message(1, "device__attribute_compute_capability_major", 2, message(4, 9)),
			3, message(1, "device__attribute_compute_capability_minor", 2, message(4, id)))
	}
	session := message(2, 1700000000, 4, message(1, "Linux", 4, "x86_64"), 6, device(0, "GPU A"), 6, device(1, "GPU B"),
		8, message(1, "Nsight Compute Target", 2, "2025.3.1.0 (build 1)"), 11, "ncu --set full app")
	nvtx := message(2, message(1, 41, 2, message(1, 0, 3, message(1, "of another thread"))),
		2, message(1, 42, 2, message(1, 0, 3, message(1, "step: 1", 3, 5), 3, message(1, "mlp"))))
	rule := message(1, "SOLBottleneck", 2, "Bottleneck", 4, "SpeedOfLight", 3, message(
		1, message(1, message(1, "See @section:Occupancy:the Occupancy section@ and @url:the guide:https://example.com/@, a@b.", 2, 4, 4, "Latency"),
			8, message(2, "sm__throughput"), 8, message(2, "dram__throughput"), 10, message(1, 2, 2, 12.5))))
	section := message(1, "SpeedOfLight", 2, "Speed", 3, 10, 4, message(2, message(1, "sm__throughput", 2, "SM [%]"), 2, message()))
	kernel := message(1, 42, 5, "_Z4copyPf", 6, "copy", 7, "void ns::copy<int>(float *)", 10, message(1, 80, 2, 2, 3, 1), 11, message(1, 128, 2, 1, 3, 1),
		13, metric(0, message(5, 2000)), 13, metric(1, message(5, math.MaxInt64)), 13, metric(2, message(5, 1)),
		13, metric(3, nil, message(1, message(5, 3), 2, message(3, 0.5)), message(1, message(1, "L1"), 2, message(3, math.NaN())), message(2, message(1, "x"))),
		13, metric(4, message(3, math.Inf(1))), 17, section, 19, rule, 21, nvtx, 22, 1, 23, 7, 99, "later")
	ranged := message(1, 42, 4, metric(5, message(3, 1500.5)), 4, metric(2, message(5, 0)), 11, 1)
	graph := message(1, 42, 4, metric(0, message(2, float32(2.5))), 4, metric(6, message(5, 64)), 4, metric(7, message(5, 2)), 4, metric(8, message(5, 1)),
		11, 1, 12, 7, 22, rule)
	process := message(1, 42, 2, "host", 3, `C:\bin\app.exe`)
	return [][]byte{
		block(nil, 3, session, 6, process),
		block(join(sized([]byte("source")), sized(kernel)), 1, 1, 2, 1, 6, process,
			4, message(1, "gpu__time_duration.sum", 1, "dram__bytes_read.sum", 1, "launch__device_id", 1, "sm__warps", 1, "l1tex__t_sector_hit_rate.pct")),
		block(sized(ranged), 7, 1, 4, message(1, "gpu__time_duration.sum"), 6, process),
		block(sized(graph), 9, 1, 4, message(1, "launch__grid_dim_x", 1, "launch__grid_dim_y", 1, "launch__grid_dim_z"), 6, process),
	}
}

func writeReport(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "small.ncu-rep")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSmallReport reads what the small report was made of: names from three
// tables, one of them twice, the device by its number, whole numbers beyond a
// double's, ranges of the launching thread only.
func TestSmallReport(t *testing.T) {
	t.Parallel()
	a := openReport(t, writeReport(t, smallReport()))
	golden(t, "small_report", dump(t,
		load(t, a, "launches", "launch", "id", "pid", "process", "host", "kernel", "function", "workload", "nvtx", "context", "stream", "device", "device_name", "cc", "grid", "grid_x", "block", "time", "dram_read", "l1_hit"),
		load(t, a, "metrics"), load(t, a, "device"), load(t, a, "rules"), load(t, a, "sections"), load(t, a, "instances"), load(t, a, "session")))
	info := a.Info()
	if info.Producer != "Nsight Compute 2025.3.1.0" || info.Metadata["graphs"] != "1" || info.Metadata["command"] != "ncu --set full app" {
		t.Errorf("info %+v", info)
	}
	const said = "The report is of 2 devices and does not say on which of them 1 launches ran: their device is missing."
	if len(info.Findings) != 1 || info.Findings[0].Text != said {
		t.Errorf("findings %+v, want %s", info.Findings, said)
	}
}

// TestCutReport cuts the small report at every byte. What stands before the cut is
// read as it is in the whole report, with a finding; before the first result there
// is nothing to read.
func TestCutReport(t *testing.T) {
	t.Parallel()
	whole, ends := smallReport(), map[int]bool{len(reportOf()): true}
	for i := range smallBlocks() {
		ends[len(reportOf(smallBlocks()[:i+1]...))] = true
	}
	path := writeReport(t, whole)
	all := dump(t, load(t, openReport(t, path), "launches"))
	opened := map[int64]int{}
	for size := range whole {
		if err := os.WriteFile(path, whole[:size], 0o644); err != nil {
			t.Fatal(err)
		}
		a, err := ncu.ReportFormat().Open(context.Background(), path)
		if err != nil {
			if kind := fault.KindOf(err); size >= 4 && kind != fault.Corrupt && kind != fault.Missing {
				t.Fatalf("cut at %d: %v", size, err)
			}
			continue
		}
		launches := load(t, a, "launches")
		opened[int64(launches.Len())]++
		if !strings.HasPrefix(all, strings.TrimSuffix(dump(t, launches), "\n")) {
			t.Errorf("cut at %d: other launches\n%s", size, dump(t, launches))
		}
		cut := slices.ContainsFunc(a.Info().Findings, func(f result.Finding) bool { return strings.Contains(f.Text, "ends early") })
		if cut == ends[size] { // at the end of a block it is a report of fewer blocks
			t.Errorf("cut at %d: findings %+v", size, a.Info().Findings)
		}
		a.Close()
	}
	if opened[1] < 50 || opened[2] < 50 {
		t.Errorf("files by launches read: %v", opened)
	}
}

// TestDamagedReports keeps what is sound beside damage, and says what is lost.
func TestDamagedReports(t *testing.T) {
	t.Parallel()
	good := message(1, 42, 7, "copy(float *)", 13, metric(0, message(5, 7)))
	names := message(1, "gpu__time_duration.sum")
	for name, c := range map[string]struct {
		report   []byte
		launches int
		finding  string
	}{
		"a result that is no message": {reportOf(block(join(sized([]byte{0x0b}), sized(good)), 2, 2, 4, names)), 1, "1 launches cannot be decoded and are left out: result 0"},
		"a name that no table has":    {reportOf(block(join(sized(message(13, metric(9, nil))), sized(good)), 2, 2, 4, names)), 1, "metric 9 of 1 names"},
		"fewer results than counted":  {reportOf(block(sized(good), 2, 5, 4, names), block(sized(good), 2, 1)), 2, "a result of a kernel of block 1 that ends behind it is left out"},
		"a result past its block":     {reportOf(block(join(sized(good), []byte{200, 0, 0, 0}), 2, 2, 4, names), block(sized(good), 2, 1)), 2, "ends behind it is left out"},
		"more than the results":       {reportOf(block(join(sized(good), []byte("of a later version")), 2, 1, 4, names), block(sized(good), 2, 1)), 2, ""},
		"a broken block header":       {reportOf(block(sized(good), 2, 1, 4, names), sized([]byte{0x0b})), 1, "ends early"},
		"damaged ranges":              {reportOf(block(sized(append(good, message(21, message(2, "\x0b"))...)), 2, 1, 4, names)), 1, "NVTX ranges of 1 launches are damaged"},
		"no device":                   {reportOf(block(sized(good), 2, 1, 4, names)), 1, "no device attributes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := openReport(t, writeReport(t, c.report))
			f := load(t, a, "launches")
			if f.Len() != c.launches {
				t.Errorf("%d launches, want %d", f.Len(), c.launches)
			}
			for i := range f.Len() {
				if f.Column("time").Int(i) != 7 {
					t.Errorf("launch %d: time %s, want 7", i, f.Column("time").Str(i))
				}
			}
			checkRemedies(t, a.Info().Findings)
			var said []string
			for _, finding := range a.Info().Findings {
				said = append(said, finding.Text)
			}
			if !strings.Contains(strings.Join(said, "\n"), c.finding) {
				t.Errorf("no finding says %q: %q", c.finding, said)
			}
		})
	}
}

// checkRemedies wants each remedy to be a sentence.
func checkRemedies(t *testing.T, list []result.Finding) {
	t.Helper()
	for _, f := range list {
		if f.Remedy != "" && (f.Remedy[0] < 'A' || f.Remedy[0] > 'Z' || !strings.HasSuffix(f.Remedy, ".")) {
			t.Errorf("no sentence: remedy %q of %q", f.Remedy, f.Text)
		}
	}
}

// TestDamagedParts reads rules, sections and instances up to damage in them, and
// says so after the scan.
func TestDamagedParts(t *testing.T) {
	t.Parallel()
	launch := message(7, "copy(float *)", 17, message(1, "Good"), 17, "\x0b", 19, "\x0b", 13, append(metric(0, nil, message(2, message(5, 3))), message(3, "\x0b")...))
	a := openReport(t, writeReport(t, reportOf(block(sized(launch), 2, 1, 4, message(1, "sm__warps")))))
	finder, ok := a.(artifacts.Finder)
	if !ok || len(finder.ScanFindings()) > 0 {
		t.Fatalf("before a scan: %v", ok)
	}
	for table, rows := range map[string]int{"sections": 1, "rules": 0, "instances": 1} {
		if got := load(t, a, table).Len(); got != rows {
			t.Errorf("%d rows of %s, want %d", got, table, rows)
		}
	}
	checkRemedies(t, finder.ScanFindings())
	var said []string
	for _, f := range finder.ScanFindings() {
		said = append(said, f.Text)
	}
	want := []string{"The rules of 1 launches are damaged and read only up to the damage, among them of launches [0].",
		"The sections of 1 launches are damaged and read only up to the damage, among them of launches [0].",
		"The instances of 1 launches are damaged and read only up to the damage, among them of launches [0]."}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestReportRefusals names what is wrong with a report of which nothing can be
// read.
func TestReportRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		report []byte
		kind   fault.Kind
		speaks string
	}{
		"no header":     {[]byte("NVR\x00"), fault.Corrupt, "ends inside its header"},
		"no blocks":     {reportOf(), fault.Missing, "no kernels were profiled"},
		"no results":    {reportOf(block(nil, 4, message(1, "a"))), fault.Missing, "no kernels were profiled"},
		"cut at once":   {reportOf([]byte{9, 0}), fault.Corrupt, "before its first whole result: the header of block 1"},
		"only nonsense": {reportOf(block(sized([]byte{0x0b}), 2, 1)), fault.Corrupt, "no result of the report can be decoded"},
	} {
		_, err := artifacts.Formats{ncu.ReportFormat()}.Open(context.Background(), writeReport(t, c.report))
		if fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.speaks) {
			t.Errorf("%s: %v, want %s and %q", name, err, c.kind, c.speaks)
		}
	}
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ncu.ReportFormat().Open(canceled, writeReport(t, smallReport())); fault.KindOf(err) != fault.Canceled {
		t.Errorf("canceled: %v", err)
	}
}
