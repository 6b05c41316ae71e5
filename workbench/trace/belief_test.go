package trace_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

func TestWarnOdd(t *testing.T) {
	t.Parallel()
	r := &result.Result{}
	trace.WarnOdd(r, 0, "kernel")
	trace.WarnOdd(r, 2, "launch")
	want := []result.Finding{{Severity: result.Warning, Remedy: "The file may be damaged: export it again.",
		Text: "2 launches with impossible times left out: they end before they start, or run for weeks."}}
	if diff := cmp.Diff(want, r.Findings); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestDeviceAt(t *testing.T) {
	t.Parallel()
	devices := frames.IntColumn(frames.Field{Name: "device", Kind: frames.Int64}, []int64{3, 1}, nil)
	if got := trace.DeviceAt(&devices, 1); got != 1 {
		t.Errorf("the device is %d, want 1", got)
	}
	if got := trace.DeviceAt(nil, 1); got != 0 {
		t.Errorf("without a column the device is %d, want 0", got)
	}
}
