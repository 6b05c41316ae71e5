package launchcompare_test

import (
	"testing"

	"profilemate/frames"
	"profilemate/plugins/launchcompare"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/ncu"
	"profilemate/workbench/engine"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

func TestLaunchCompare(t *testing.T) { analysistest.Run(t, launchcompare.Analysis) }

const captures = "../../workbench/artifacts/ncu/testdata/h100_mini_"

func compare(t testing.TB, before, after string, params analysis.Values) *result.Result {
	t.Helper()
	registry, err := analysis.NewRegistry(launchcompare.Analysis)
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Config{Registry: registry, Formats: artifacts.Formats{ncu.Format()}, Workers: 2})
	out, err := e.Run(t.Context(), engine.Request{Analysis: launchcompare.Analysis.Name, Params: params, Inputs: []analysis.CallInput{
		{Role: "baseline", Path: enginetest.Unpack(t, captures+before+".csv.zst")},
		{Role: "current", Path: enginetest.Unpack(t, captures+after+".csv.zst")},
	}}, nil)
	e.Wait()
	if err != nil {
		t.Fatal(err)
	}
	analysistest.CheckFindings(t, out.Result.Findings)
	return out.Result
}

func column(f *frames.Frame, name string) map[string]int {
	counts := map[string]int{}
	for i := range f.Len() {
		counts[f.Column(name).Str(i)]++
	}
	return counts
}

// A profile beside itself is unchanged in everything, together and launch by launch.
func TestSameProfile(t *testing.T) {
	t.Parallel()
	for pair, rows := range map[string]int{"together": 7, "occurrence": 28} {
		f := compare(t, "full_raw_base", "full_raw_base", analysis.Values{"pair": pair}).Table("launches").Frame
		if f.Len() != rows || column(f, "verdict")["unchanged"] != rows || column(f, "matched")["name"] != rows {
			t.Errorf("%s: %d rows, not %d: %v", pair, f.Len(), rows, column(f, "verdict"))
		}
		for i := range f.Len() {
			if f.Column("change").Float(i) != 0 || f.Column("effect").Int(i) != 0 || !f.Column("also").IsNull(i) {
				t.Errorf("%s: row %v is not unchanged", pair, f.Row(i))
			}
		}
	}
}

// Two profiles of one program match in all kernels, shapes and registers, whatever was
// collected and however it was printed.
func TestTwoSets(t *testing.T) {
	t.Parallel()
	f := compare(t, "basic_raw", "full_raw_base", nil).Table("launches").Frame
	if f.Len() != 7 || column(f, "matched")["name"] != 7 {
		t.Fatalf("%d rows, matched %v", f.Len(), column(f, "matched"))
	}
	for i := range f.Len() {
		if a, b := f.Column("registers_before").Float(i), f.Column("registers_after").Float(i); !(a > 0) || a != b {
			t.Errorf("%s has %v registers, then %v", f.Column("kernel").Str(i), a, b)
		}
		if a, b := f.Column("launches_before").Int(i), f.Column("launches_after").Int(i); a != b {
			t.Errorf("%s has %d launches, then %d", f.Column("kernel").Str(i), a, b)
		}
	}
}
