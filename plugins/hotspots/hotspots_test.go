package hotspots_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"profilemate/plugins/hotspots"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts/ncu"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

func TestHotSpots(t *testing.T) { analysistest.Run(t, hotspots.Analysis) }

const captures = "../../workbench/artifacts/ncu/testdata/"

func run(t *testing.T, report string, params analysis.Values) *result.Result {
	t.Helper()
	return enginetest.Run(t, hotspots.Analysis, ncu.ReportFormat(), enginetest.Unpack(t, captures+report+".ncu-rep.zst"), 2, params)
}

// The samples and executions of each source line are what ncu's page of sources says of
// it, all launches together.
func TestLines(t *testing.T) {
	t.Parallel()
	file, err := os.Open(captures + "source_page_lines_cuda.csv.zst")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := zstd.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer unpacked.Close()
	in := csv.NewReader(unpacked)
	in.FieldsPerRecord = -1
	records, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want, path, kernel, samples := map[string]int64{}, "", "", -1
	for _, r := range records {
		switch {
		case r[0] == "File Path":
			path = r[1]
		case r[0] == "Function Name":
			kernel = r[1]
		case r[0] == "Line No":
			for i, name := range r {
				if name == "# Samples" {
					samples = i
				}
			}
		default:
			if _, err := strconv.Atoi(r[0]); err == nil {
				n, err := strconv.ParseInt(r[samples], 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				want[kernel+" "+path+":"+r[0]] += n
			}
		}
	}
	f := run(t, "lines", nil).Table("lines").Frame
	for i := range f.Len() {
		key := f.Column("kernel").Str(i) + " " + f.Column("line").Str(i)
		if n, ok := want[key]; !ok || n != f.Column("samples").Int(i) {
			t.Errorf("%s: %d samples, the page has %d", key, f.Column("samples").Int(i), n)
		}
		delete(want, key)
	}
	if f.Len() < 15 || len(want) > 0 {
		t.Errorf("%d lines; not found: %v", f.Len(), want)
	}
}

// Where ncu's rules remark on an instruction, its share and its top reason are theirs.
// A remark is about one launch, so kernels with one are compared.
func TestRemarks(t *testing.T) {
	t.Parallel()
	f, checked := run(t, "h100_mini_full", analysis.Values{"top": "1"}).Table("instructions").Frame, 0
	for i := range f.Len() {
		said := f.Column("remark").Str(i)
		if said == "" || f.Column("launches").Int(i) != 1 {
			continue
		}
		checked++
		for _, want := range []string{
			fmt.Sprintf("This line is responsible for %.1f%% of all warp stalls.", f.Column("share_of_samples").Float(i)),
			fmt.Sprintf("%.1f%% of the stalls for this line are of type %s.", f.Column("top_share").Float(i), f.Column("top").Str(i)),
		} {
			if !strings.Contains(said, want) {
				t.Errorf("row %d: %q is not in %q", i, want, said)
			}
		}
	}
	if checked < 3 {
		t.Errorf("%d remarks compared, want at least 3", checked)
	}
}

// What the set lacks is named with what collects it.
func TestBasicSet(t *testing.T) {
	t.Parallel()
	for _, f := range run(t, "h100_mini_basic", nil).Findings {
		if f.Remedy == "Profile with: ncu --section SourceCounters, or --set full; add --import-source yes and compile with -lineinfo for source lines." {
			return
		}
	}
	t.Error("nothing says how to get samples")
}
