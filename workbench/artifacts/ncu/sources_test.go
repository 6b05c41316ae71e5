package ncu_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
)

// margins are the launch_sources of an artifact by launch and column.
func margins(t testing.TB, a artifacts.Artifact, origin string) map[string]float64 {
	t.Helper()
	f := load(t, a, "launch_sources")
	out := map[string]float64{}
	for i := range f.Len() {
		if got := f.Column("origin").Str(i); got != origin {
			t.Fatalf("origin is %s, want %s", got, origin)
		}
		out[fmt.Sprint(f.Ints("launch")[i], " ", f.Column("column").Str(i))] = f.Floats("margin")[i]
	}
	return out
}

// TestOneLaunchTable holds the launches table of the four captures to be one table,
// read from the report, from either form of the raw page or from the details page:
// what a page has is the report's, within the margin that launch_sources states.
func TestOneLaunchTable(t *testing.T) {
	t.Parallel()
	for page, c := range map[string]struct {
		path, origin string
		values       int // at least, that the page shares with the report
	}{
		"basic raw":          {capture("basic_raw"), "raw", 700},
		"basic raw base":     {capture("basic_raw_base"), "raw", 700},
		"basic details":      {capture("basic_details"), "details", 700},
		"full raw":           {fullCapture, "raw", 1100},
		"full raw base":      {capture("full_raw_base"), "raw", 1100},
		"full details":       {capture("full_details"), "details", 700},
		"roof raw":           {capture("roof_raw"), "raw", 700},
		"roof raw base":      {capture("roof_raw_base"), "raw", 700},
		"roof details":       {capture("roof_details"), "details", 300},
		"graphprof raw":      {capture("graphprof_raw"), "raw", 300},
		"graphprof raw base": {capture("graphprof_raw_base"), "raw", 300},
		"graphprof details":  {capture("graphprof_details"), "details", 200},
	} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			var set string
			fmt.Sscan(page, &set)
			a := open(t, unpacked(t, c.path))
			rep := openReport(t, reportCapture(t, set))
			checked := sameLaunches(t, load(t, rep, "launches"), load(t, a, "launches"), margins(t, a, c.origin))
			if checked < c.values {
				t.Errorf("only %d values were compared", checked)
			}
			for key, margin := range margins(t, rep, "report") {
				if margin != 0 {
					t.Errorf("the report's %s has a margin of %v", key, margin)
				}
			}
		})
	}
}

// sameLaunches compares what got has of each launch with want, and counts it. Texts
// are the same; a number with a margin may be off by it, and by half where it was
// rounded to a whole one.
func sameLaunches(t *testing.T, want, got *frames.Frame, margins map[string]float64) int {
	t.Helper()
	if want.Len() != got.Len() {
		t.Fatalf("%d launches, want %d", got.Len(), want.Len())
	}
	checked := 0
	for _, field := range got.Schema() {
		w, g := want.Column(field.Name), got.Column(field.Name)
		for i := range got.Len() {
			if g.IsNull(i) || field.Name == "time_source" || field.Name == "dram_source" || field.Name == "flop_margin" {
				continue
			}
			checked++
			margin, measured := margins[fmt.Sprint(i, " ", field.Name)]
			if !measured {
				if w.Str(i) != g.Str(i) {
					t.Errorf("%s of launch %d is %q, the report has %q", field.Name, i, g.Str(i), w.Str(i))
				}
				continue
			}
			slack := margin*1.001 + 1e-6*math.Abs(w.Float(i))*1e-3
			if field.Kind == frames.Int64 && margin > 0 {
				slack += 0.5
			}
			if w.IsNull(i) || math.Abs(w.Float(i)-g.Float(i)) > slack {
				t.Errorf("%s of launch %d is %s, the report has %s, the margin is %v", field.Name, i, g.Str(i), w.Str(i), margin)
			}
		}
	}
	return checked
}

// TestSources holds the provenance of a launch worked by hand: 8.396320 Mbyte are
// exact to a byte within 0.5; the time prints whole nanoseconds, 41.696000 us.
func TestSources(t *testing.T) {
	t.Parallel()
	f := load(t, open(t, small), "launch_sources")
	want := `table launch_sources: 
  launch | column | origin | method | source | margin
  0 | time | raw | metric | gpu__time_duration.sum | 0.0005
  0 | dram_read | raw | metric | dram__bytes_read.sum | 0.5
  0 | dram_write | raw | metric | dram__bytes_write.sum | 0.0005
  0 | dram_bytes | raw | formula | dram__bytes_read.sum + dram__bytes_write.sum | 0.5005
  1 | time | raw | metric | gpu__time_duration.sum | 0.0005
`
	if diff := cmp.Diff(want, dump(t, f)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
