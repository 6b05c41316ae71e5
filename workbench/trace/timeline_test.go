package trace_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/workbench/trace"
)

// table makes a table of rows of values separated by blanks, "-" for a missing one.
// Columns named name and kind hold strings, the others integers.
func table(t *testing.T, columns string, rows ...string) *frames.Frame {
	t.Helper()
	var schema frames.Schema
	for name := range strings.FieldsSeq(columns) {
		kind := frames.Int64
		if name == "name" || name == "kind" {
			kind = frames.String
		}
		schema = append(schema, frames.Field{Name: name, Kind: kind})
	}
	b := frames.NewBuilder("table", schema)
	for _, row := range rows {
		for i, text := range strings.Fields(row) {
			var n int64
			switch {
			case text == "-":
				b.Null(i)
			case schema[i].Kind == frames.String:
				b.String(i, text)
			default:
				if _, err := fmt.Sscan(text, &n); err != nil {
					t.Fatal(err)
				}
				b.Int(i, n)
			}
		}
	}
	return b.Frame()
}

const workColumns = "start end device stream correlation_id pid "

func TestTimeline(t *testing.T) {
	t.Parallel()
	tl, err := trace.TimelineOf(trace.Tables{
		Kernels: table(t, workColumns+"name graph_node_id",
			"300 310 0 7 3 1 ns::b<int>(int) -", "100 150 0 7 1 1 a 5", "100 120 1 - 2 1 a -", "- 5 0 7 4 1 a -", "9 5 0 7 4 1 a -",
			fmt.Sprintf("0 %d 0 7 4 1 a -", math.MaxInt64)),
		Copies: table(t, workColumns+"kind", "120 160 0 7 5 1 host"),
		Sets:   table(t, workColumns, "90 95 0 7 6 2"),
		Graphs: table(t, workColumns+"graph_id", "90 95 0 7 9 2 5"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if tl.Odd != 3 || tl.Len() != 5 {
		t.Errorf("%d rows, %d odd", tl.Len(), tl.Odd)
	}
	var lines []string
	for _, p := range tl.Places() {
		line := fmt.Sprintf("%d/%d", p.Pid, p.Device)
		for _, row := range p.Rows {
			line += fmt.Sprintf(" %s@%d", tl.NameOf(row), tl.Start[row])
		}
		lines = append(lines, fmt.Sprint(line, " ", tl.Busy(p.Rows), " ", tl.Window(p.Rows)))
	}
	want := []string{
		"1/0 a@100 copy host@120 ns::b<int>(int)@300 [{100 160} {300 310}] {100 310}",
		"1/1 a@100 [{100 120}] {100 120}",
		"2/0 memory set@90 [{90 95}] {90 95}",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := strings.Join(tl.ShortNames(), ", "); got != "b, a, copy host, memory set" {
		t.Errorf("short names %s", got)
	}
	if !slices.Equal(tl.Stream, []int64{7, 7, -1, 7, 7}) || !slices.Equal(tl.Node, []bool{false, true, false, false, false}) {
		t.Errorf("streams %v, nodes %v", tl.Stream, tl.Node)
	}
}

// Whole graphs count where no node of a graph is there.
func TestTimelineWholeGraphs(t *testing.T) {
	t.Parallel()
	tl, err := trace.TimelineOf(trace.Tables{Graphs: table(t, workColumns+"graph_id", "90 95 0 7 9 2 5", "96 99 0 7 8 2 -")})
	if err != nil || tl.Len() != 2 || tl.Kind[0] != trace.GraphOp {
		t.Fatalf("%+v, %v", tl, err)
	}
	if got := tl.NameOf(0) + ", " + tl.NameOf(1); got != "CUDA graph 5, CUDA graph" {
		t.Error(got)
	}
}

func TestTimelineWithoutColumns(t *testing.T) {
	t.Parallel()
	if _, err := trace.TimelineOf(trace.Tables{Sets: table(t, "start end", "1 2")}); err == nil || !strings.Contains(err.Error(), `no column "pid"`) {
		t.Errorf("%v", err)
	}
	tl, err := trace.TimelineOf(trace.Tables{})
	if err != nil || tl.Len() != 0 || len(tl.Places()) != 0 || (tl.Window(nil) != trace.Interval{}) {
		t.Errorf("%+v, %v", tl, err)
	}
}
