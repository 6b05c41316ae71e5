package compare_test

import (
	"strings"
	"testing"

	"profilemate/workbench/compare"
	"profilemate/workbench/fault"
)

func TestThresholds(t *testing.T) {
	t.Parallel()
	th := compare.Thresholds{Default: 10}
	text := "# rules\nphase/* 5\nphase/decode/* 3%  # sharper\nkernel/* off\nkernel/my gemm* 20%\n"
	if err := th.ReadThresholds(strings.NewReader(text), "t"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"phase/prefill/step_time": 5, "phase/decode/step_time": 3, "kernel/x 1x1x1 x 2": -1, "kernel/my gemm 64": 20, "memory/device_peak": 10} {
		if got := th.Of(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestThresholdFaults(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"phase", "phase x", "phase -1", "phase NaN", "ph[ase 3", "a 1\nphase/* much"} {
		err := (&compare.Thresholds{}).ReadThresholds(strings.NewReader(text), "limits.txt")
		if fault.KindOf(err) != fault.Misuse || !strings.Contains(err.Error(), "limits.txt, line") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzReadThresholds(f *testing.F) {
	for _, s := range []string{"", "phase/* 5", "# x\n\na b c off", "[ 1", "x 1e300"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		th := compare.Thresholds{Default: 1}
		if err := th.ReadThresholds(strings.NewReader(text), "f"); err != nil {
			if fault.KindOf(err) != fault.Misuse {
				t.Errorf("%v", err)
			}
			return
		}
		if got := th.Of("phase/decode/step_time"); got != -1 && !(got >= 0 && got < 1e6) {
			t.Errorf("threshold %v", got)
		}
	})
}
