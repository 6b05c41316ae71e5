package parse_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"profilemate/workbench/fault"
	"profilemate/workbench/parse"
)

// A summary as the scripts wrote it is read, its NaN as missing.
func TestReadSummaryOfScripts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old := `{"prefill_decode": {"prefill": {"count": 2, "total_ms": 10.5, "avg_ms": NaN}},
 "components": {"attention": {"count": 1, "total_ms": -Infinity, "percent": 60.0}},
 "top_kernels": [{"kernel_name": "f<NaN>\"Infinity", "invocations": 3, "total_time_ms": 1.5, "avg_time_us": 500.0, "min_time_us": 1.0, "max_time_us": 2.0, "avg_grid_size": 7, "avg_block_size": 128}],
 "cuda_graphs": {"total_kernel_launches": 3, "graph_kernel_launches": 0, "graph_coverage_pct": 0.0, "num_unique_graphs": 0}}`
	if err := os.WriteFile(filepath.Join(dir, parse.SummaryFile), []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := parse.ReadSummary(dir)
	if err != nil {
		t.Fatal(err)
	}
	if p := s.PrefillDecode["prefill"]; p.Count != 2 || p.AvgMs != nil || p.TotalMs == nil || *p.TotalMs != 10.5 {
		t.Errorf("prefill is %+v", p)
	}
	if c := s.Components["attention"]; c.TotalMs != nil || c.Percent == nil || *c.Percent != 60 {
		t.Errorf("attention is %+v", c)
	}
	if len(s.TopKernels) != 1 || s.TopKernels[0].Name != `f<NaN>"Infinity` || s.Findings != nil {
		t.Errorf("the kernels are %+v, the findings %v", s.TopKernels, s.Findings)
	}
}

func TestReadSummaryFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]fault.Kind{"": fault.Corrupt, "[]": fault.Corrupt, "{}": fault.Corrupt, `{"components":3}`: fault.Corrupt, "{\"a\":\"\\": fault.Corrupt} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, parse.SummaryFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := parse.ReadSummary(dir); fault.KindOf(err) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := parse.ReadSummary(t.TempDir()); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an empty folder: %v", err)
	}
}

// What is JSON already stays byte for byte.
func FuzzStrictJSON(f *testing.F) {
	f.Add([]byte(`{"a":"NaN","b":[1,null,"\\"]}`))
	f.Add([]byte(`{"a":NaN,"b":-Infinity}`))
	f.Add([]byte(`"\`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got := parse.StrictJSON(data)
		if json.Valid(data) && string(got) != string(data) {
			t.Errorf("%q became %q", data, got)
		}
	})
}
