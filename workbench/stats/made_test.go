package stats_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/stats"
)

// made is an export on which nsys is wrong. Process 111 (globalPid 0x100006f000000)
// has a call with a twin from backtraces, thread 111 two names; CUDA device 0 is not
// GPU 0; an OS call belongs to another class of event; one kernel ends before it
// starts.
const made = `
CREATE TABLE StringIds (id INTEGER PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO StringIds VALUES (1, 'k<int>(int)'), (2, 'k'), (3, 'cudaLaunchKernel_v7000'), (4, 'cudaLaunchKernel'), (5, 'first'), (6, 'last'),
	(7, 'poll'), (8, 'read'), (9, 'say "hi"');
CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER, end INTEGER, deviceId INTEGER, contextId INTEGER, streamId INTEGER, correlationId INTEGER,
	globalPid INTEGER, demangledName INTEGER, shortName INTEGER, registersPerThread INTEGER, gridX INTEGER, gridY INTEGER, gridZ INTEGER,
	blockX INTEGER, blockY INTEGER, blockZ INTEGER, staticSharedMemory INTEGER, dynamicSharedMemory INTEGER);
INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (150, 250, 0, 1, 7, 11, 0x100006f000000, 1, 2, 16, 4, 1, 1, 32, 1, 1, 1500, 0),
	(300, 290, 0, 1, 7, 12, 0x100006f000000, 9, 9, 16, 4, 1, 1, 32, 1, 1, 0, 0);
CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME (start INTEGER, end INTEGER, eventClass INTEGER, globalTid INTEGER, correlationId INTEGER, nameId INTEGER, returnValue INTEGER);
INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (100, 140, 0, 0x100006f00006f, 11, 3, 0), (99, 141, 67, 0x100006f00006f, 11, 4, 0);
CREATE TABLE ThreadNames (nameId INTEGER, priority INTEGER, globalTid INTEGER);
INSERT INTO ThreadNames VALUES (5, 20, 0x100006f00006f), (6, 21, 0x100006f00006f);
CREATE TABLE TARGET_INFO_GPU (id INTEGER, name TEXT, cuDevice INTEGER);
INSERT INTO TARGET_INFO_GPU VALUES (0, 'T4', 1), (1, 'H100', 0);
CREATE TABLE OSRT_API (start INTEGER, end INTEGER, eventClass INTEGER, globalTid INTEGER, nameId INTEGER, returnValue INTEGER);
INSERT INTO OSRT_API VALUES (10, 30, 27, 0x100006f00006f, 7, 0), (40, 50, 27, 0x100006f00006f, 8, 0), (60, 70, 27, 0x100006f00006f, 8, 0), (80, 99, 28, 0x100006f00006f, 8, 0);
`

func openMade(t *testing.T, script string) artifacts.Artifact {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made.sqlite")
	conn, err := sqlite.OpenConn(path, sqlite.OpenCreate|sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	if err := sqlitex.ExecuteScript(conn, script, nil); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	return openFile(t, path)
}

// Where nsys is wrong the reports are right: nsys lists two calls, under both names
// of the thread, and calls device 0 a T4.
func TestRightWhereNsysIsWrong(t *testing.T) {
	t.Parallel()
	a := openMade(t, made)
	for report, want := range map[string]string{
		"cuda_api_sum": "Time (%),Total Time (ns),Num Calls,Avg (ns),Med (ns),Min (ns),Max (ns),StdDev (ns),Name\n" +
			"100.0,40,1,40.0,40.0,40,40,0.0,cudaLaunchKernel\n",
		"cuda_api_trace": "Start (ns),Duration (ns),Name,Result,CorrID,Pid,Tid,T-Pri,Thread Name\n" +
			"100,40,cudaLaunchKernel,0,11,111,111,21,last\n",
		"cuda_gpu_trace": "Start (ns),Duration (ns),CorrId,GrdX,GrdY,GrdZ,BlkX,BlkY,BlkZ,Reg/Trd,StcSMem (MB),DymSMem (MB),Bytes (MB),Throughput (MB/s),SrcMemKd,DstMemKd,Device,Ctx,GreenCtx,Strm,Name\n" +
			"150,100,11,4,1,1,32,1,1,16,0.002,0.000,,,,,H100 (0),1,,7,k<int>(int)\n" +
			"300,-10,12,4,1,1,32,1,1,16,0.000,0.000,,,,,H100 (0),1,,7,\"say \"\"hi\"\"\"\n",
		// Queued from 140 to 150; from the begin of the call at 100 to the end at 250.
		"cuda_kern_exec_sum:base": "PID,TID,DevId,Count,QCount,TAvg (ns),TMed (ns),TMin (ns),TMax (ns),TStdDev (ns),AAvg (ns),AMed (ns),AMin (ns),AMax (ns),AStdDev (ns),QAvg (ns),QMed (ns),QMin (ns),QMax (ns),QStdDev (ns),KAvg (ns),KMed (ns),KMin (ns),KMax (ns),KStdDev (ns),API Name,Kernel Name\n" +
			"111,111,0,1,1,150.0,150.0,150,150,0.0,40.0,40.0,40,40,0.0,10.0,10.0,10,10,0.0,100.0,100.0,100,100,0.0,cudaLaunchKernel,k\n",
		"osrt_sum": "Time (%),Total Time (ns),Num Calls,Avg (ns),Med (ns),Min (ns),Max (ns),StdDev (ns),Name\n" +
			"50.0,20,1,20.0,20.0,20,20,0.0,poll\n50.0,20,2,10.0,10.0,10,10,0.0,read\n",
	} {
		if diff := gocmp.Diff(want, written(t, run(t, a, 2, report)[0], stats.CSV)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", report, diff)
		}
	}
}

// What is left out, and what differs from nsys, is said.
func TestFindings(t *testing.T) {
	t.Parallel()
	_, findings, err := stats.Run(t.Context(), openMade(t, made), choose(t, "cuda_gpu_kern_sum", "cuda_gpu_trace"), stats.Options{})
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	for _, f := range findings {
		said += f.Text + "\n"
	}
	for _, want := range []string{"cuda_gpu_kern_sum leaves out 1 rows", "device 0 is H100, where nsys 2023.4 says T4", "Each counts once here"} {
		if !strings.Contains(said, want) {
			t.Errorf("not said: %s\nsaid: %s", want, said)
		}
	}
}

// A report without its data is skipped with the way to capture it; the others are
// made.
func TestSkipped(t *testing.T) {
	t.Parallel()
	a := openMade(t, made)
	outcomes := run(t, a, 1, "nvtx_sum", "cuda_gpu_mem_size_sum", "cuda_gpu_kern_sum:nvtx-name", "cuda_gpu_sum")
	for i, want := range []string{"holds no NVTX ranges; capture with nsys profile --trace=nvtx", "holds no memory copies, memory sets; capture with", "no NVTX ranges", ""} {
		if o := outcomes[i]; (o.Table == nil) != (want != "") || !strings.Contains(o.Skipped, want) {
			t.Errorf("%s: skipped for %q, want %q", o.Choice.Name, o.Skipped, want)
		}
	}
}

// What damage hides is not called missing from the capture.
func TestSkippedForDamage(t *testing.T) {
	t.Parallel()
	a := hiding{openMade(t, made), []string{"copies"}}
	outcomes, _, err := stats.Run(t.Context(), a, choose(t, "cuda_gpu_mem_time_sum", "nvtx_sum"), stats.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"the file is damaged: no row of copies, sets can be read", "the capture holds no NVTX ranges"} {
		if o := outcomes[i]; !strings.HasPrefix(o.Skipped, want) || o.Damaged != (i == 0) {
			t.Errorf("%s: skipped for %q, want %q", o.Choice.Name, o.Skipped, want)
		}
	}
}

// hiding is an artifact of which damage hides tables.
type hiding struct {
	artifacts.Artifact
	tables []string
}

func (h hiding) Info() artifacts.Info {
	info := h.Artifact.Info()
	info.Unread = h.tables
	return info
}

// An artifact of another kind is refused, and nothing is made after the end of the
// context.
func TestRefused(t *testing.T) {
	t.Parallel()
	a := openMade(t, made)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := stats.Run(ctx, a, choose(t, "osrt_sum"), stats.Options{}); err == nil {
		t.Error("a stopped run made its report")
	}
	if _, _, err := stats.Run(t.Context(), foreign{a}, choose(t, "osrt_sum"), stats.Options{}); err == nil || !strings.Contains(err.Error(), "of kind ncu") {
		t.Errorf("a foreign artifact: %v", err)
	}
}

// foreign is an artifact that says it is of Nsight Compute.
type foreign struct{ artifacts.Artifact }

func (foreign) Info() artifacts.Info { return artifacts.Info{Kind: artifacts.NCU} }

// Rounding is that of nsys 2023.4.4, of which the expected values are: exact halves
// go up, and so do numbers that only binary arithmetic keeps below half, such as
// 845.65. Each function has as many calls as stands first, which add up to the second.
func TestRounding(t *testing.T) {
	t.Parallel()
	script := `CREATE TABLE StringIds (id INTEGER PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE OSRT_API (start INTEGER, end INTEGER, eventClass INTEGER, globalTid INTEGER, nameId INTEGER, returnValue INTEGER);`
	want := map[string]string{}
	for i, c := range []struct {
		calls, total int
		mean         string
	}{{4, 1, "0.3"}, {4, 3, "0.8"}, {20, 3, "0.2"}, {20, 16913, "845.7"}, {20, 39, "2.0"}, {20, 20_000_001, "1000000.1"}, {20, 20_000_000_000_009, "1000000000000.5"}, {3, 10, "3.3"}} {
		name := fmt.Sprintf("%d in %d", c.total, c.calls)
		want[name] = c.mean
		script += fmt.Sprintf("\nINSERT INTO StringIds VALUES (%d, '%s');", i, name)
		for j := range c.calls {
			script += fmt.Sprintf("\nINSERT INTO OSRT_API VALUES (1, %d, 27, 1, %d, 0);", 1+(c.total+j)/c.calls, i)
		}
	}
	got := map[string]string{}
	table := run(t, openMade(t, script), 1, "osrt_sum")[0].Table
	err := table.Rows(func(r *stats.Row) error {
		got[r.Text(8)] = r.Text(3)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-nsys +ours)\n%s", diff)
	}
}

// A writer that fails ends the report with its error.
func TestWriterFails(t *testing.T) {
	t.Parallel()
	a := openFile(t, captureFile(t, "demo_cudagraph"))
	for _, format := range stats.Formats() {
		for _, o := range run(t, a, 1, "cuda_gpu_kern_gb_sum") {
			if err := stats.Write(full{}, o, format); !errors.Is(err, errFull) {
				t.Errorf("%s: %v", format, err)
			}
		}
	}
}

var errFull = errors.New("no space left")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }
