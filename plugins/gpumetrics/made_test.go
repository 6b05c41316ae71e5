package gpumetrics_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"profilemate/plugins/gpumetrics"
	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine"
	"profilemate/workbench/engine/enginetest"
)

// made is an export with counters of two GPUs, as nsys lays them out: the GPU is
// the low byte of the type, and a counter's number counts within the type. CUDA
// calls GPU 3 device 0.
const made = `
CREATE TABLE StringIds (id INTEGER NOT NULL PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO StringIds VALUES (1, 'k');
CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER NOT NULL, end INTEGER NOT NULL, deviceId INTEGER NOT NULL,
	contextId INTEGER NOT NULL, streamId INTEGER NOT NULL, correlationId INTEGER, globalPid INTEGER,
	demangledName INTEGER NOT NULL, shortName INTEGER NOT NULL);
INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (1000, 3000, 0, 1, 7, 1, 0x100006f000000, 1, 1);
CREATE TABLE TARGET_INFO_GPU (id INTEGER, name TEXT, cuDevice INTEGER);
INSERT INTO TARGET_INFO_GPU VALUES (3, 'H100', 0), (0, 'T4', 1);
CREATE TABLE TARGET_INFO_CUDA_DEVICE (gpuId INTEGER, cudaId INTEGER, pid INTEGER);
INSERT INTO TARGET_INFO_CUDA_DEVICE VALUES (3, 0, 111), (0, 1, 111);
CREATE TABLE TARGET_INFO_GPU_METRICS (typeId INTEGER NOT NULL, sourceId INTEGER NOT NULL, typeName TEXT NOT NULL, metricId INTEGER NOT NULL, metricName TEXT NOT NULL);
INSERT INTO TARGET_INFO_GPU_METRICS VALUES (1099511627779, 1, 'GH100', 0, 'SMs Active [Throughput %]'), (1099511627779, 1, 'GH100', 1, 'DRAM Read Bandwidth [Throughput %]'),
	(1099511627776, 1, 'TU104', 0, 'GR Active [Throughput %]');
CREATE TABLE GPU_METRICS (timestamp INTEGER, typeId INTEGER NOT NULL, metricId INTEGER NOT NULL, value INTEGER NOT NULL);
INSERT INTO GPU_METRICS VALUES (1000, 1099511627779, 0, 0), (2000, 1099511627779, 0, 80), (3000, 1099511627779, 0, 60), (4000, 1099511627779, 0, 20),
	(4000, 1099511627779, 1, 10), (1000, 1099511627779, 1, 50), (1000, 1099511627776, 0, 7), (2000, 1099511627776, 0, 9);
`

func database(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made.sqlite")
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	if err := sqlitex.ExecuteScript(conn, script, nil); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// Through the reader: SMs Active has a mean of (0+80+60+20)/4 = 40 and, at 2000 and
// 3000 while the kernel runs, of 70; GPU 3 is busy 2000 of 3000 ns.
func TestMadeExport(t *testing.T) {
	t.Parallel()
	r := enginetest.Run(t, gpumetrics.Analysis, nsys.Format(), database(t, made), 2, nil)
	g := r.Table("gpus").Frame
	got := [][]any{g.Row(0), g.Row(1)}
	want := [][]any{
		{int64(0), "T4", nil, nil, nil, int64(1000), int64(1000), int64(1)},
		{int64(3), "H100", 200.0 / 3, 40.0, 70.0, int64(3000), int64(1000), int64(2)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if names := strings.Join(r.Table("metrics").Frame.Strings("metric"), ", "); names != "GR Active, SMs Active, DRAM Read Bandwidth" {
		t.Errorf("counters %s", names)
	}
}

// A capture without counters is refused with the flags that sample them.
func TestMissingTable(t *testing.T) {
	t.Parallel()
	registry, err := analysis.NewRegistry(gpumetrics.Analysis)
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Config{Registry: registry, Formats: artifacts.Formats{nsys.Format()}, Workers: 1})
	defer e.Wait()
	path := enginetest.Unpack(t, "../../workbench/artifacts/nsys/testdata/h100_mini_nodes.sqlite.zst")
	_, err = e.Run(t.Context(), engine.Request{Analysis: "gpu-metrics", Inputs: []analysis.CallInput{{Path: path}}}, nil)
	if err == nil || !strings.Contains(err.Error(), "--gpu-metrics-devices=all") || !strings.Contains(err.Error(), "--gpu-metrics-device=all") {
		t.Errorf("error %v", err)
	}
}
