package stats_test

import (
	"slices"
	"strings"
	"testing"

	"profilemate/workbench/fault"
	"profilemate/workbench/stats"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, report, file string }{
		{"cuda_gpu_kern_sum", "cuda_gpu_kern_sum", "cuda_gpu_kern_sum"},
		{"gpukernsum", "cuda_gpu_kern_sum", "gpukernsum"},
		{"nvtxppsum", "nvtx_pushpop_sum", "nvtxppsum"},
		{"cuda_gpu_sum:nvtx-name:base", "cuda_gpu_sum", "cuda_gpu_sum_nvtx-name_base"},
	} {
		got, err := stats.Parse(c.text)
		if err != nil || got.Report.Name != c.report || got.FileName() != c.file {
			t.Errorf("%s: report %s in file %s, %v", c.text, got.Report.Name, got.FileName(), err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		kind fault.Kind
		says string
	}{
		{"", fault.Misuse, `no report ""`},
		{"cuda_gpu_kernsum", fault.Misuse, "there are: cuda_api_sum, "},
		{"cuda_gpu_kern_sum:", fault.Misuse, `no argument ""`},
		{"cuda_gpu_kern_sum:short", fault.Misuse, "there are: base, mangled, nvtx-name"},
		{"nvtx_sum:base", fault.Misuse, "there are: none"},
		{"um_sum", fault.Unsupported, "nsys stats --report um_sum FILE makes it"},
		{"nvtxgpuproj", fault.Unsupported, "is not made here"},
	} {
		_, err := stats.Parse(c.text)
		if fault.KindOf(err) != c.kind || err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %s, %v", c.text, fault.KindOf(err), err)
		}
	}
	if _, err := stats.ParseFormat("xlsx"); fault.KindOf(err) != fault.Misuse {
		t.Errorf("format xlsx: %v", err)
	}
}

// Names and aliases are told apart, and the reports of a plain run are among them.
func TestReportsAreDistinct(t *testing.T) {
	t.Parallel()
	var names, all []string
	for _, r := range stats.Reports() {
		names = append(names, r.Name)
		all = append(append(all, r.Name), r.Aliases...)
		if r.Title == "" || r.Doc == "" {
			t.Errorf("%s is not described", r.Name)
		}
	}
	slices.Sort(all)
	if len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("a name stands twice: %s", all)
	}
	for _, name := range stats.Defaults() {
		if !slices.Contains(names, name) {
			t.Errorf("the default %s is no report", name)
		}
	}
}
