package trace_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/workbench/trace"
)

// The names are those of the CUDA runtime and driver, with and without versions.
func TestRoleOf(t *testing.T) {
	t.Parallel()
	for role, names := range map[trace.CallRole]string{
		trace.LaunchCall:  "cudaLaunchKernel cuLaunchKernelEx cudaLaunchCooperativeKernel_v9000 cuLaunchKernel_ptsz",
		trace.GraphLaunch: "cudaGraphLaunch_v10000 cuGraphLaunch",
		trace.OtherCall: "cudaGraphAddMemcpyNode cudaStreamBeginCapture cudaFuncGetAttributes cudaLaunchHostFunc cudaMallocAsync cudaFreeAsync " +
			"cudaEventRecord cudaStreamWaitEvent cudaEventQuery cudaMemPrefetchAsync cuLibraryLoadData cudaGraphInstantiate",
		trace.AsyncCopy:    "cudaMemcpyAsync cuMemcpyHtoDAsync_v2 cudaMemsetAsync cudaMemset cudaMemcpyPeerAsync cuMemsetD32Async",
		trace.DeviceWait:   "cudaDeviceSynchronize cuCtxSynchronize cudaThreadSynchronize",
		trace.StreamWait:   "cudaStreamSynchronize_v3020 cuStreamSynchronize",
		trace.EventWait:    "cudaEventSynchronize cuEventSynchronize",
		trace.BlockingCopy: "cudaMemcpy cuMemcpyDtoH_v2 cudaMemcpyToSymbol cudaMemcpy2D",
		trace.MemoryCall:   "cudaMalloc cudaFree cuMemAlloc_v2 cuMemFree_v2 cudaHostAlloc cudaMallocHost cudaFreeHost cudaHostRegister cuMemHostAlloc",
	} {
		for name := range strings.FieldsSeq(names) {
			if got := trace.RoleOf(name); got != role {
				t.Errorf("%s is %s, not %s", name, got, role)
			}
			if waits := role == trace.DeviceWait || role == trace.StreamWait || role == trace.EventWait || role == trace.BlockingCopy; role.Waits() != waits {
				t.Errorf("%s: waits is %v", role, role.Waits())
			}
		}
	}
}

const apiColumns = "name start end pid tid correlation_id result"

func TestHost(t *testing.T) {
	t.Parallel()
	h, err := trace.HostOf(table(t, apiColumns, "cudaFree 30 40 1 2 3 0", "cudaMalloc 10 20 1 1 1 2", "- 50 60 1 2 4 -", "cudaFree 9 5 1 1 9 0", "cudaFree - 5 1 1 9 0",
		"cudaLaunchKernel 12 14 1 1 7 0", "cudaLaunchKernel 1 4 0 8 7 0"))
	if err != nil {
		t.Fatal(err)
	}
	if h.Odd != 2 {
		t.Errorf("%d odd rows", h.Odd)
	}
	var lines []string
	for _, thread := range h.Threads() {
		for _, row := range thread.Rows {
			lines = append(lines, fmt.Sprintf("%d/%d %s %s failed %v", thread.Pid, thread.Tid, h.NameOf(row), h.Role(row), h.Failed[row]))
		}
	}
	want := []string{"0/8 cudaLaunchKernel launch failed false", "1/1 cudaMalloc memory management failed true", "1/1 cudaLaunchKernel launch failed false",
		"1/2 cudaFree memory management failed false", "1/2  other failed false"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if none, err := trace.HostOf(nil); err != nil || none.Len() != 0 || len(none.Threads()) != 0 {
		t.Errorf("%+v, %v", none, err)
	}
}

// Six launches: shown, hidden until the device is synchronized at 60, failed, hidden
// to the end since nobody waits after it, and the same in a process of two devices,
// where a synchronization proves nothing, and in one of no work at all.
func TestHiddenGraphs(t *testing.T) {
	t.Parallel()
	h, err := trace.HostOf(table(t, apiColumns,
		"cudaGraphLaunch 10 12 1 1 1 0", "cudaGraphLaunch 20 22 1 1 2 0", "cudaDeviceSynchronize 21 25 1 2 3 0", "cudaStreamSynchronize 30 40 1 1 4 0",
		"cudaDeviceSynchronize 50 60 1 1 5 0", "cudaGraphLaunch 70 72 1 1 6 1", "cudaGraphLaunch 80 82 1 1 7 0",
		"cudaGraphLaunch 10 12 2 1 1 0", "cudaDeviceSynchronize 20 30 2 1 2 0", "cudaGraphLaunch 10 12 3 1 1 0", "cudaDeviceSynchronize 20 30 3 1 2 0"))
	if err != nil {
		t.Fatal(err)
	}
	tl, err := trace.TimelineOf(trace.Tables{Kernels: table(t, workColumns+"graph_node_id", "13 14 0 7 1 1 5", "13 14 0 7 8 2 -", "13 14 1 7 9 2 -")})
	if err != nil {
		t.Fatal(err)
	}
	hidden := trace.HiddenGraphs(h, trace.NewLookup(&h.Calls), tl)
	for _, c := range []struct {
		pid, launches int64
		window        trace.Interval
		want          trace.Set
	}{
		{1, 2, trace.Interval{End: 100}, trace.Set{{Start: 20, End: 60}, {Start: 80, End: 100}}},
		{2, 1, trace.Interval{End: 100}, trace.Set{{Start: 10, End: 100}}},
		{3, 1, trace.Interval{End: 100}, trace.Set{{Start: 10, End: 30}}},
		{4, 0, trace.Interval{End: 100}, trace.Set{}},
	} {
		if diff := cmp.Diff(c.want, hidden.Of(c.pid).Clip(c.window)); diff != "" || hidden.LaunchesOf(c.pid) != c.launches {
			t.Errorf("process %d: %d launches (-want +got)\n%s", c.pid, hidden.LaunchesOf(c.pid), diff)
		}
	}
	if hidden.Launches != 4 {
		t.Errorf("%d launches", hidden.Launches)
	}
}
