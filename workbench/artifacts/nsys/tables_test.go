package nsys_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"profilemate/workbench/artifacts"
)

// The first rows of every table of two real captures, with the schema: read the
// difference when it changes.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, packed := range []string{miniNodes, miniHidden} {
		t.Run(filepath.Base(packed), func(t *testing.T) {
			t.Parallel()
			a := openCapture(t, packed)
			got := describe(t, a)
			path := strings.TrimSuffix(packed, ".sqlite.zst") + ".golden"
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got, -update rewrites)\n%s", diff)
			}
		})
	}
}

func describe(t *testing.T, a artifacts.Artifact) string {
	var b strings.Builder
	info := a.Info()
	fmt.Fprintf(&b, "%s %s, %s\n%s\n", info.Kind, info.Format, info.Producer, info.Summary)
	for _, key := range slices.Sorted(keys(info.Metadata)) {
		fmt.Fprintf(&b, "%s = %s\n", key, info.Metadata[key])
	}
	for _, f := range info.Findings {
		fmt.Fprintf(&b, "%s: %s %s\n", f.Severity, f.Text, f.Remedy)
	}
	for _, table := range a.Tables() {
		f := load(t, a, table.Name)
		if int64(f.Len()) != table.Rows {
			t.Errorf("%s has %d rows, declared %d", table.Name, f.Len(), table.Rows)
		}
		if strings.HasPrefix(table.Name, "raw.") {
			fmt.Fprintf(&b, "\n%s, %d rows, %d columns", table.Name, table.Rows, len(table.Schema))
			continue
		}
		var heads []string
		for _, field := range f.Schema() {
			heads = append(heads, field.Name+":"+field.Kind.String()+":"+field.Unit)
		}
		fmt.Fprintf(&b, "\n%s, %d rows\n%s\n%s", table.Name, table.Rows, strings.Join(heads, " "), text(f.Head(4)))
	}
	return b.String()
}

func keys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// Counts and times by function are those that nsys stats --report cuda_api_sum
// prints for the capture.
func TestAPICallsMatchTheOracle(t *testing.T) {
	t.Parallel()
	a := openCapture(t, miniNodes)
	f := load(t, a, "api_calls", "name", "start", "end")
	type sum struct {
		name  string
		total int64
		calls int
	}
	sums := map[string]*sum{}
	for i, name := range f.Strings("name") {
		if sums[name] == nil {
			sums[name] = &sum{name: name}
		}
		sums[name].total += f.Ints("end")[i] - f.Ints("start")[i]
		sums[name].calls++
	}
	var got []string
	var list []*sum
	for _, s := range sums {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b *sum) int { return cmp.Compare(b.total, a.total) })
	for _, s := range list {
		got = append(got, fmt.Sprintf("%d %d %s", s.total, s.calls, s.name))
	}
	want := []string{"7176262 24 cudaStreamSynchronize", "304198 24 cudaGraphLaunch", "294274 12 cudaLaunchKernel", "248687 27 cudaMemcpyAsync",
		"19381 1 cudaDeviceSynchronize", "16905 1 cuProfilerStart", "6118 12 cuKernelGetName", "2537 3 cuLibraryGetKernel"}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-nsys stats +ours)\n%s", diff)
	}
}

// made is an export with what real ones seldom show: old and new columns, twins,
// broken text, several processes, rows without a time.
const made = stringsSQL + kernelsSQL + `
ALTER TABLE CUPTI_ACTIVITY_KIND_KERNEL ADD COLUMN kernelName TEXT; -- added by a user's recipe
INSERT INTO StringIds VALUES (1, 'void k<int>(int)'), (2, 'k'), (3, 'cudaLaunchKernel_v7000'), (4, 'cudaLaunchKernel_ptsz'),
	(5, 'cuLaunch_v11060'), (6, 'registered'), (7, CAST(x'6261ff64' AS TEXT)), (9000000000, 'far'), (8, 'cudaLaunchKernel'), (10, 'HF_TOKEN=hf_abcdefghijklmnopqrstuvwx');
INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES
	(100, 200, 0, 1, 7, 11, 0x100006f000000, 1, 2, NULL),
	(0, 0, 0, 1, 7, 12, 0x100006f000000, 1, 2, NULL),
	(-5, 10, 0, 1, 7, 13, 0x100006f000000, 1, 2, NULL),
	(300, 400, 2147483647, 1, 7, NULL, -9223090561794179072, 9000000000, 7, 'x'),
	(500, 600, 1, 1, 7, 15, NULL, 77, 2, NULL);
CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME (start INTEGER, end INTEGER, eventClass INTEGER, globalTid INTEGER, correlationId INTEGER, nameId INTEGER, returnValue INTEGER);
INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (1, 9, 0, 0x100006f00006f, 11, 3, 0), (0, 10, 67, 0x100006f00006f, 11, 8, 0),
	(20, 21, 1, 0x100006f000070, 12, 5, 0), (30, 31, 26, 0x100006f000070, 13, 4, 2), (-4, -2, 0, 0x100006f000070, 14, 8, 0);
CREATE TABLE NVTX_EVENTS (start INTEGER NOT NULL, end INTEGER, eventType INTEGER NOT NULL, rangeId INTEGER, category INTEGER, color INTEGER,
	text TEXT, globalTid INTEGER, endGlobalTid INTEGER, textId INTEGER, domainId INTEGER);
INSERT INTO NVTX_EVENTS VALUES (1, NULL, 75, NULL, NULL, NULL, 'NCCL', 0x100006f00006f, NULL, NULL, 1),
	(2, 50, 59, NULL, NULL, NULL, 'plain', 0x100006f00006f, NULL, NULL, 0), (3, NULL, 60, 4, NULL, NULL, NULL, 0x100006f00006f, 0x100006f000070, 6, 1),
	(4, NULL, 34, NULL, 2, 255, 'plain', 0x1000070000070, NULL, NULL, 1), (5, 6, 999, NULL, NULL, NULL, NULL, 0x1000070000070, NULL, NULL, NULL),
	(7, 8, 59, NULL, NULL, NULL, 'api_key=0123456789abcdef', 0x100006f00006f, NULL, NULL, 0);
CREATE TABLE CUPTI_ACTIVITY_KIND_MEMCPY (start INTEGER, end INTEGER, deviceId INTEGER, contextId INTEGER, streamId INTEGER, globalPid INTEGER, bytes INTEGER, copyKind INTEGER, srcKind INTEGER, dstKind INTEGER, graphNodeId INTEGER);
INSERT INTO CUPTI_ACTIVITY_KIND_MEMCPY VALUES (10, 20, 0, 1, 7, 0x100006f000000, 4096, 1, 0, 2, 0), (30, 40, 0, 1, 7, 0x100006f000000, 8192, 99, NULL, 2, 5);
CREATE TABLE CUPTI_ACTIVITY_KIND_GRAPH_TRACE (start INTEGER, end INTEGER, deviceId INTEGER, graphId INTEGER);
INSERT INTO CUPTI_ACTIVITY_KIND_GRAPH_TRACE VALUES (50, 70, 0, 3);
CREATE TABLE CUPTI_ACTIVITY_KIND_MEMSET (start INTEGER, end INTEGER);
CREATE TABLE TARGET_INFO_GPU (id INTEGER, name TEXT, cuDevice INTEGER);
INSERT INTO TARGET_INFO_GPU VALUES (3, 'A100', 3), (1, 'A100', 1), (0, 'T4', 0);
CREATE TABLE TARGET_INFO_CUDA_DEVICE (gpuId INTEGER, cudaId INTEGER, pid INTEGER);
INSERT INTO TARGET_INFO_CUDA_DEVICE VALUES (3, 0, 111), (1, 1, 111);
CREATE TABLE EXPORT_META_DATA (name TEXT, value TEXT);
INSERT INTO EXPORT_META_DATA VALUES ('EXPORT_PRODUCT_VERSION', '2022.2.1.31'), ('EXPORT_HOST', 'node17'), ('EXPORT_USER', 'jane'), ('EXPORT_PARAM_INPUT_PATH', '/home/jane/a.nsys-rep');
CREATE TABLE DIAGNOSTIC_EVENT (timestamp INTEGER, severity INTEGER, text TEXT);
INSERT INTO DIAGNOSTIC_EVENT VALUES (1, 1, 'fine'), (2, 3, 'CUPTI lost events in /home/jane/bin/a.out'), (3, 2, 'slow'), (4, 2, 'slow');
CREATE VIEW CUPTI_ACTIVITY_KIND_SYNCHRONIZATION AS SELECT 1 AS start;
`

func TestMadeExport(t *testing.T) {
	t.Parallel()
	a := open(t, database(t, made))
	for _, c := range []struct {
		table   string
		columns []string
		want    string
	}{
		{"kernels", []string{"start", "name", "short_name", "device", "correlation_id", "pid", "graph_node_id", "grid_x"}, `
100 | void k<int>(int) | k | 0 | 11 | 111 | - | -
300 | far | ba�d | 2147483647 | - | 5 | - | -
500 | - | k | 1 | 15 | - | - | -
`},
		{"api_calls", []string{"start", "end", "name", "pid", "tid", "correlation_id", "result"}, `
1 | 9 | cudaLaunchKernel | 111 | 111 | 11 | 0
20 | 21 | cuLaunch | 111 | 112 | 12 | 0
30 | 31 | cudaLaunchKernel_ptsz | 111 | 112 | 13 | 2
-4 | -2 | cudaLaunchKernel | 111 | 112 | 14 | 0
`},
		{"nvtx", []string{"start", "end", "text", "domain", "type", "pid", "tid", "end_tid", "range_id", "category", "color"}, `
1 | - | NCCL | NCCL | domain | 111 | 111 | - | - | - | -
2 | 50 | plain | - | push-pop | 111 | 111 | - | - | - | -
3 | - | registered | NCCL | start-end | 111 | 111 | 112 | 4 | - | -
4 | - | plain | - | mark | 112 | 112 | - | - | 2 | 255
5 | 6 | - | - | other | 112 | 112 | - | - | - | -
7 | 8 | api_key=*** | - | push-pop | 111 | 111 | - | - | - | -
`},
		{"copies", []string{"bytes", "kind", "source_kind", "target_kind", "graph_node_id"}, `
4096 | host to device | pageable | device | -
8192 | other | - | device | 5
`},
		{"graph_traces", []string{"start", "end", "graph_id", "graph_exec_id", "stream"}, "\n50 | 70 | 3 | - | -\n"},
		{"gpus", []string{"device", "name", "memory"}, "\n0 | A100 | -\n0 | T4 | -\n1 | A100 | -\n"},
		{"metadata", nil, "\nexport_product_version | 2022.2.1.31\n"},
		{"strings", nil, `
1 | void k<int>(int)
2 | k
3 | cudaLaunchKernel_v7000
4 | cudaLaunchKernel_ptsz
5 | cuLaunch_v11060
6 | registered
7 | ba�d
8 | cudaLaunchKernel
10 | HF_TOKEN=***
9000000000 | far
`},
	} {
		if diff := gocmp.Diff(strings.TrimPrefix(c.want, "\n"), text(load(t, a, c.table, c.columns...))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.table, diff)
		}
	}
	var names []string
	for _, table := range a.Tables() {
		if !strings.HasPrefix(table.Name, "raw.") {
			names = append(names, table.Name)
		}
	}
	if diff := gocmp.Diff("kernels copies api_calls nvtx graph_traces diagnostics strings gpus devices metadata", strings.Join(names, " ")); diff != "" {
		t.Errorf("an empty table counts as missing (-want +got)\n%s", diff)
	}
	if f := scanFindings(a); !hasFinding(f, "2 rows of kernels carry no time") {
		t.Errorf("untimed kernels are not reported: %+v", f)
	}
}

func TestMadeExportInfo(t *testing.T) {
	t.Parallel()
	info := open(t, database(t, made)).Info()
	var got []string
	for _, f := range info.Findings {
		got = append(got, string(f.Severity)+": "+f.Text)
	}
	findings := []string{"problem: Nsight Systems reported: CUPTI lost events in …/a.out", "warning: Nsight Systems reported: slow (2 times)",
		"info: Backtraces of CUDA calls were taken, so the file holds calls twice. Each counts once here; nsys stats counts both."}
	if diff := gocmp.Diff(findings, got); diff != "" {
		t.Errorf("findings (-want +got)\n%s", diff)
	}
	metadata := map[string]string{"graph_trace_mode": "", "nsys_version": "2022.2.1.31", "gpu_names": "A100, T4, A100"}
	if diff := gocmp.Diff(metadata, info.Metadata); diff != "" {
		t.Errorf("metadata (-want +got)\n%s", diff)
	}
	if info.Summary != "5 kernels on 2 × A100 and 1 × T4, 2 copies, 4 API calls, 6 NVTX events" {
		t.Errorf("summary %q", info.Summary)
	}
}

// An export without names is read, and says why there are none.
func TestNameless(t *testing.T) {
	t.Parallel()
	const row = "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL (start, end, deviceId, contextId, streamId, correlationId, globalPid, demangledName, shortName) VALUES (1, 2, 0, 1, 7, 1, 1, 1, 1);"
	for _, c := range []struct{ name, script, finding string }{
		{"no strings", "CREATE TABLE META_DATA_EXPORT (name TEXT, value TEXT);" + kernelsSQL + row, "its table StringIds is missing or empty"},
		{"no string", stringsSQL + kernelsSQL + row, "its table StringIds is missing or empty"},
		{"no column", stringsSQL + kernelsSQL + row + `INSERT INTO StringIds VALUES (1, 'k');
			ALTER TABLE CUPTI_ACTIVITY_KIND_KERNEL DROP COLUMN demangledName; ALTER TABLE CUPTI_ACTIVITY_KIND_KERNEL DROP COLUMN shortName;`,
			"lacks the columns demangledName and shortName"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := open(t, database(t, c.script))
			if got := text(load(t, a, "kernels", "start", "name")); got != "1 | -\n" {
				t.Errorf("kernels are %q", got)
			}
			if !hasFinding(a.Info().Findings, c.finding) {
				t.Errorf("the findings are %+v", a.Info().Findings)
			}
		})
	}
}
