package trace_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/workbench/fault"
	"profilemate/workbench/trace"
)

// rangeRow is a range of a test: thread, name and times in ns.
type rangeRow struct {
	tid        int64
	name       string
	start, end int64
}

func rangesFrom(rows []rangeRow) *trace.Ranges {
	r := &trace.Ranges{}
	for i, row := range rows {
		r.Start, r.End = append(r.Start, row.start), append(r.End, row.end)
		r.Pid, r.Tid = append(r.Pid, 7), append(r.Tid, row.tid)
		r.Style = append(r.Style, trace.PushPop)
		r.Name, r.Names = append(r.Name, int32(i)), append(r.Names, row.name)
	}
	return r
}

func TestStepsOf(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		rows     []rangeRow
		patterns trace.StepPatterns
		want     []string // name phase requests tokens time
	}{
		"nested ranges count once, the outer one": {
			[]rangeRow{{1, "execute_context_2(30)_generation_1(1)", 0, 50}, {1, "prefill", 5, 20}, {1, "decode", 25, 40}, {1, "decode", 60, 70}},
			trace.StepPatterns{},
			[]string{"execute_context_2(30)_generation_1(1) mixed 3 31 60", "decode decode -1 -1 -"},
		},
		"numbers below a plain name count instead of it": {
			[]rangeRow{{1, "decode loop", 0, 100}, {1, "execute_new_0_cached_4", 10, 20}, {1, "sampling", 12, 15}, {1, "execute_new_0_cached_3", 30, 50}},
			trace.StepPatterns{},
			[]string{"execute_new_0_cached_4 decode 4 4 20", "execute_new_0_cached_3 decode 3 3 -"},
		},
		"a plain range beside those with numbers": {
			[]rangeRow{{1, "decode", 0, 100}, {1, "prefill", 1, 9}, {1, "execute_context_1(5)_generation_0(0)", 10, 20}},
			trace.StepPatterns{},
			[]string{"prefill prefill -1 -1 9", "execute_context_1(5)_generation_0(0) prefill 1 5 -"},
		},
		"threads are lanes of their own, in any order of rows": {
			[]rangeRow{{2, "decode", 40, 50}, {1, "decode", 10, 20}, {2, "decode", 0, 5}, {1, "decode", 30, 35}},
			trace.StepPatterns{},
			[]string{"decode decode -1 -1 20", "decode decode -1 -1 -", "decode decode -1 -1 40", "decode decode -1 -1 -"},
		},
		"only what a pattern matches, in any case": {
			[]rangeRow{{1, "Generate 1", 0, 5}, {1, "decode", 6, 8}, {1, "generate_context", 10, 12}},
			trace.StepPatterns{Decode: "^generate", Prefill: "context"},
			[]string{"Generate 1 decode -1 -1 10", "generate_context prefill -1 -1 -"},
		},
		"any step keeps what its name says": {
			[]rangeRow{{1, "step 1", 0, 5}, {1, "execute_context_0(0)_generation_2(2) step", 10, 12}},
			trace.StepPatterns{Any: "step"},
			[]string{"step 1  -1 -1 10", "execute_context_0(0)_generation_2(2) step decode 2 2 -"},
		},
		"none": {[]rangeRow{{1, "forward", 0, 5}}, trace.StepPatterns{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rangesFrom(tc.rows)
			s, err := trace.StepsOf(r, trace.Nest(r, trace.NestOptions{}), tc.patterns)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, step := range s.List {
				time := "-"
				if ns, ok := s.Time(i); ok {
					time = fmt.Sprint(ns)
				}
				got = append(got, fmt.Sprintf("%s %s %d %d %s", r.NameOf(int(step.Row)), step.Phase, step.Requests(), step.Tokens(), time))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestStepsOfRefusesPattern(t *testing.T) {
	t.Parallel()
	r := rangesFrom([]rangeRow{{1, "decode", 0, 1}})
	_, err := trace.StepsOf(r, trace.Nest(r, trace.NestOptions{}), trace.StepPatterns{Decode: "("})
	if fault.KindOf(err) != fault.Misuse {
		t.Errorf("an unclosed bracket: %v", err)
	}
}

// A range that was never closed has a step time and no range time.
func TestStepOfOpenRange(t *testing.T) {
	t.Parallel()
	r := rangesFrom([]rangeRow{{1, "decode", 0, 9}, {1, "decode", 10, 19}})
	r.Open = []bool{false, true}
	s, err := trace.StepsOf(r, trace.Nest(r, trace.NestOptions{}), trace.StepPatterns{})
	if err != nil || len(s.List) != 2 {
		t.Fatal(s, err)
	}
	if ns, ok := s.RangeTime(0); ns != 9 || !ok {
		t.Errorf("closed: %d %v", ns, ok)
	}
	if ns, ok := s.RangeTime(1); ok {
		t.Errorf("open: %d", ns)
	}
}

func TestRepeated(t *testing.T) {
	t.Parallel()
	r := rangesFrom([]rangeRow{{1, "step", 0, 5}, {1, "forward", 1, 4}, {1, "step", 6, 9}, {1, "once", 10, 12}})
	r.Name, r.Names = []int32{0, 1, 0, 2}, []string{"step", "forward", "once"}
	a := &trace.Attribution{Ranges: r, Nesting: trace.Nest(r, trace.NestOptions{})}
	if diff := cmp.Diff([]string{"step (2)"}, a.Repeated(3)); diff != "" {
		t.Error(diff)
	}
}

func TestThin(t *testing.T) {
	t.Parallel()
	if got := trace.Thin([]int64{5, 1, 9}, 3); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("what fits: %v", got)
	}
	random := rand.New(rand.NewPCG(1, 2))
	values := make([]int64, 10_001)
	for i := range values {
		values[i] = random.Int64N(1000)
	}
	values[777], values[9000] = 5000, -5000
	got := trace.Thin(values, 100)
	if len(got) > 100 || len(got) < 60 || !slices.IsSorted(got) {
		t.Errorf("%d points, sorted %v", len(got), slices.IsSorted(got))
	}
	if !slices.Contains(got, 777) || !slices.Contains(got, 9000) {
		t.Error("a peak is lost")
	}
	if same := trace.Thin(make([]int64, 50), 10); len(same) != 5 {
		t.Errorf("equal values: %v", same)
	}
}
