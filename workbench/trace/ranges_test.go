package trace_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/fault"
	"profilemate/workbench/trace"
)

// events reads a table of NVTX events.
func events(t *testing.T, csv string) *frames.Frame {
	t.Helper()
	f, err := frames.ReadCSV(strings.NewReader(csv), "nvtx", frames.CSVOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const mixedEvents = `start,end,text,domain,type,pid,tid,end_tid
10,50,a,,push-pop,1,2,
20,,b,lib,push-pop,1,2,
30,40,c,lib,start-end,1,2,3
35,45,a,lib,start-end,1,2,2
90,,m,,mark,1,2,
60,70,,,push-pop,1,2,
80,75,z,,push-pop,1,2,
5,,lib,,domain,1,2,
`

func TestRangesOf(t *testing.T) {
	t.Parallel()
	r, err := trace.RangesOf(events(t, mixedEvents))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for i := range r.Len() {
		names = append(names, r.NameOf(i))
	}
	got := fmt.Sprintln(names, r.End, r.Style, r.Open, r.Away, r.LastRange, r.LastEvent)
	// The open range b ends with the last range, which is z (its start); the mark and
	// the domain end where they start.
	want := fmt.Sprintln([]string{"a", "lib:b", "lib:c", "lib:a", "m", "", "z", "lib"}, []int64{50, 80, 40, 45, 90, 70, 75, 5},
		"[PushPop PushPop StartEnd StartEnd Unknown PushPop PushPop Unknown]", []bool{false, true, false, false, false, false, false, false},
		[]bool{false, false, true, false, false, false, false, false}, 80, 90)
	if got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

// Worked by hand: b is open and ends at 80, so that it is under none; of the
// start/end ranges one was closed by another thread.
func TestNestMixedEvents(t *testing.T) {
	t.Parallel()
	r, err := trace.RangesOf(events(t, mixedEvents))
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		options trace.NestOptions
		parent  []int32
		self    []int64
	}{
		// a [10,50] and b [20,80] cross; the range [60,70] lies in b: 60 - 10 = 50.
		{trace.NestOptions{}, []int32{-1, -1, -1, -1, -1, 1, -1, -1}, []int64{40, 50, 0, 0, 0, 10, 0, 0}},
		// lib:a [35,45] lies in both, and a is the shorter: 40 - 10 = 30.
		{trace.NestOptions{StartEnd: true}, []int32{-1, -1, -1, 0, -1, 1, -1, -1}, []int64{30, 50, 0, 10, 0, 10, 0, 0}},
		// Within the domain lib it lies in b; the nameless range lies in no other of its own.
		{trace.NestOptions{StartEnd: true, ByDomain: true}, []int32{-1, -1, -1, 1, -1, -1, -1, -1}, []int64{40, 50, 0, 10, 0, 10, 0, 0}},
	}
	for _, c := range cases {
		n := trace.Nest(r, c.options)
		if !slices.Equal(n.Parent, c.parent) || !slices.Equal(n.Self, c.self) {
			t.Errorf("%+v: parents %v, own time %v, want %v and %v", c.options, n.Parent, n.Self, c.parent, c.self)
		}
	}
}

// Columns that are not there: all rows are push/pop ranges without a name.
func TestRangesOfFewColumns(t *testing.T) {
	t.Parallel()
	r, err := trace.RangesOf(events(t, "start,end,pid,tid\n1,5,1,2\n2,3,1,2\n"))
	if err != nil {
		t.Fatal(err)
	}
	if n := trace.Nest(r, trace.NestOptions{ByDomain: true}); r.NameOf(0) != "" || !slices.Equal(n.Parent, []int32{-1, 0}) {
		t.Errorf("name %q, parents %v", r.NameOf(0), n.Parent)
	}
	for _, missing := range []string{"start", "end", "pid", "tid"} {
		text := strings.Replace("start,end,pid,tid\n1,5,1,2\n", missing, "x", 1)
		if _, err := trace.RangesOf(events(t, text)); fault.KindOf(err) != fault.Misuse || !strings.Contains(err.Error(), fmt.Sprintf("%q", missing)) {
			t.Errorf("without %s: %v", missing, err)
		}
	}
}

func TestNothingAtAll(t *testing.T) {
	t.Parallel()
	r, err := trace.RangesOf(frames.Empty("nvtx", frames.Schema{{Name: "start", Kind: frames.Int64}, {Name: "end", Kind: frames.Int64},
		{Name: "pid", Kind: frames.Int64}, {Name: "tid", Kind: frames.Int64}}))
	if err != nil || r.LastRange != 0 || r.LastEvent != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	ops, err := trace.OpsOf(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := trace.Project(ops, trace.NewLookup(&trace.Calls{}), trace.Nest(r, trace.NestOptions{}))
	if got := len(p.Work(ops)) + len(p.Call) + len(trace.Merge(nil, nil)) + len(trace.TimeAt(nil, nil)); got != 0 {
		t.Errorf("%d results of nothing", got)
	}
}

// Tables follow one another, and joining them writes into none.
func TestOpsOf(t *testing.T) {
	t.Parallel()
	kernels := events(t, "start,end,pid,correlation_id\n1,2,7,3\n4,5,7,4\n")
	copies := events(t, "start,end,pid,correlation_id\n6,8,7,5\n")
	ops, err := trace.OpsOf(kernels.Head(1), nil, copies)
	if err != nil || !slices.Equal(ops.Start, []int64{1, 6}) || !slices.Equal(ops.Correlation, []int64{3, 5}) {
		t.Errorf("%+v, %v", ops, err)
	}
	if start := kernels.Ints("start"); start[1] != 4 {
		t.Errorf("the table was changed to %v", start)
	}
	if _, err := trace.OpsOf(kernels, events(t, "start,end,pid\n1,2,3\n")); fault.KindOf(err) != fault.Misuse {
		t.Errorf("without correlation ids: %v", err)
	}
	if _, err := trace.CallsOf(kernels); fault.KindOf(err) != fault.Misuse {
		t.Errorf("calls without threads: %v", err)
	}
}

// Ids far apart, close together and alike in their low bits are all found, and of
// twins the outer one.
func TestLookup(t *testing.T) {
	t.Parallel()
	c := &trace.Calls{}
	add := func(start, end, pid, correlation int64) {
		c.Start, c.End, c.Pid = append(c.Start, start), append(c.End, end), append(c.Pid, pid)
		c.Tid, c.Correlation = append(c.Tid, 1), append(c.Correlation, correlation)
	}
	for pid := range int64(3) {
		for i := int64(1); i < 2000; i++ {
			add(i, i+1, pid, i)
			add(i, i+1, pid, i<<32)
			add(i, i+1, pid, -i)
		}
	}
	add(5, 6, 9, 0)
	twins := c.Len()
	add(10, 20, 9, 7)
	add(9, 20, 9, 7)
	add(9, 21, 9, 7)
	l := trace.NewLookup(c)
	for row := range twins - 1 {
		if got := l.Find(c.Pid[row], c.Correlation[row]); int(got) != row {
			t.Fatalf("process %d, correlation %d is row %d, want %d", c.Pid[row], c.Correlation[row], got, row)
		}
	}
	if got := l.Find(9, 7); int(got) != twins+2 || l.Twins != 2 {
		t.Errorf("of twins row %d was found, %d not, want %d and 2", got, l.Twins, twins+2)
	}
	for _, key := range [][2]int64{{9, 0}, {9, 1}, {3, 5}, {0, 2000}} {
		if got := l.Find(key[0], key[1]); got != -1 {
			t.Errorf("%v is row %d", key, got)
		}
	}
}

// Codes that a dictionary does not have are no message, no domain and no style.
func TestRangesOfOddCodes(t *testing.T) {
	t.Parallel()
	dict := frames.NewDictionary()
	dict.Code("push-pop")
	number := func(name string, v int64) frames.Column {
		return frames.IntColumn(frames.Field{Name: name}, []int64{v, v, v}, nil)
	}
	code := func(name string) frames.Column {
		return frames.CodeColumn(frames.Field{Name: name}, []int32{0, -7, 9}, dict, nil)
	}
	f := frames.Must(frames.New("nvtx", number("start", 1), number("end", 2), number("pid", 3), number("tid", 4), code("type"), code("text"), code("domain")))
	r, err := trace.RangesOf(f)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintln(r.NameOf(0), r.NameOf(1), r.NameOf(2), r.Domain, r.Style)
	if want := fmt.Sprintln("push-pop:push-pop", "", "", []int32{0, -1, -1}, "[PushPop Unknown Unknown]"); got != want {
		t.Errorf("got %swant %s", got, want)
	}
}
