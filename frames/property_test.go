package frames_test

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"profilemate/frames"
)

// keyOf joins the keys of a row so that no two different rows collide.
func keyOf(f *frames.Frame, row int, columns ...string) string {
	parts := make([]string, len(columns))
	for i, name := range columns {
		parts[i] = key(f.Column(name).Value(row))
	}
	return strings.Join(parts, "\x00")
}

func TestGroupsEqualDirectLoop(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		f := mixed(seeded(seed), int(seed)*7)
		for _, keys := range [][]string{{"s"}, {"i"}, {"f"}, {"b"}, {"small"}, {"s", "f"}, {"row", "i"}, {"s", "i", "f", "b", "small"}} {
			got, err := f.GroupBy(keys...).Aggregate(frames.Agg{Op: frames.Count}, frames.Agg{Op: frames.Sum, Column: "small"},
				frames.Agg{Op: frames.Count, Column: "small"}, frames.Agg{Op: frames.Max, Column: "s"})
			if err != nil {
				t.Fatal(err)
			}
			want := directGroups(f, keys)
			if got.Len() != len(want) {
				t.Fatalf("seed %d, keys %v: %d groups, want %d", seed, keys, got.Len(), len(want))
			}
			for i, w := range want {
				have := fmt.Sprint(keyOf(got, i, keys...), got.Row(i)[len(keys):])
				if have != w {
					t.Fatalf("seed %d, keys %v, group %d:\n got %s\nwant %s", seed, keys, i, have, w)
				}
			}
		}
	}
}

// directGroups computes count, sum, count of values and greatest text by a plain
// map over the rows.
func directGroups(f *frames.Frame, keys []string) []string {
	type tally struct {
		rows, values, sum int64
		text              any
	}
	var order []string
	groups := map[string]*tally{}
	for row := range f.Len() {
		k := keyOf(f, row, keys...)
		g := groups[k]
		if g == nil {
			g = &tally{}
			groups[k], order = g, append(order, k)
		}
		g.rows++
		if v, ok := f.Column("small").Value(row).(int64); ok {
			g.values++
			g.sum += v
		}
		if v, ok := f.Column("s").Value(row).(string); ok && (g.text == nil || v > g.text.(string)) {
			g.text = v
		}
	}
	out := make([]string, len(order))
	for i, k := range order {
		g := groups[k]
		sum := any(g.sum)
		if g.values == 0 {
			sum = nil
		}
		out[i] = fmt.Sprint(k, []any{g.rows, sum, g.values, g.text})
	}
	return out
}

func TestJoinEqualsNestedLoop(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		left, right := mixed(seeded(seed), 60), mixed(seeded(seed+1000), 45).Named("right")
		for _, on := range [][]string{{"s"}, {"i"}, {"f"}, {"b", "small"}, {"s", "f", "i"}} {
			inner, err := left.Join(right, on...)
			if err != nil {
				t.Fatal(err)
			}
			outer, err := left.LeftJoin(right, on...)
			if err != nil {
				t.Fatal(err)
			}
			wantInner, wantOuter := nestedLoop(left, right, on)
			if got := pairsOf(inner); !slices.Equal(got, wantInner) {
				t.Fatalf("seed %d, join on %v:\n got %v\nwant %v", seed, on, got, wantInner)
			}
			if got := pairsOf(outer); !slices.Equal(got, wantOuter) {
				t.Fatalf("seed %d, left join on %v:\n got %v\nwant %v", seed, on, got, wantOuter)
			}
		}
	}
}

func pairsOf(f *frames.Frame) []string {
	out := []string{}
	for i := range f.Len() {
		out = append(out, fmt.Sprint(f.Column("row").Value(i), f.Column("row_right").Value(i)))
	}
	return out
}

func nestedLoop(left, right *frames.Frame, on []string) (inner, outer []string) {
	inner, outer = []string{}, []string{}
	for i := range left.Len() {
		found := false
		for j := range right.Len() {
			if matches(left, right, i, j, on) {
				found = true
				inner = append(inner, fmt.Sprint(int64(i), int64(j)))
				outer = append(outer, fmt.Sprint(int64(i), int64(j)))
			}
		}
		if !found {
			outer = append(outer, fmt.Sprint(int64(i), nil))
		}
	}
	return inner, outer
}

func matches(left, right *frames.Frame, i, j int, on []string) bool {
	for _, name := range on {
		// Go's == on interfaces: NaN equals nothing and the zeros are equal.
		a, b := left.Column(name).Value(i), right.Column(name).Value(j)
		if a == nil || a != b {
			return false
		}
	}
	return true
}

func TestSortIsStableAndOrdered(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		f := mixed(seeded(seed), int(seed)*9)
		for _, keys := range [][]string{{"i"}, {"-i"}, {"f", "s"}, {"-s", "b", "-f"}, {"-b", "small"}, {"-f"}} {
			got, err := f.Sort(keys...)
			if err != nil {
				t.Fatal(err)
			}
			order := make([]int, f.Len())
			for i := range order {
				order[i] = i
			}
			slices.SortStableFunc(order, func(a, b int) int { return compareRows(f, a, b, keys) })
			same(t, got, f.Take(order))
		}
	}
}

// compareRows orders two rows value by value: NaN after numbers, missing after all.
func compareRows(f *frames.Frame, a, b int, keys []string) int {
	for _, key := range keys {
		name, descending := strings.CutPrefix(key, "-")
		x, y := f.Column(name).Value(a), f.Column(name).Value(b)
		if d := class(x) - class(y); d != 0 {
			return d
		}
		sign := 0
		if class(x) == 0 {
			sign = compareValues(x, y)
		}
		if descending {
			sign = -sign
		}
		if sign != 0 {
			return sign
		}
	}
	return 0
}

func class(v any) int {
	if f, ok := v.(float64); ok && math.IsNaN(f) {
		return 1
	}
	if v == nil {
		return 2
	}
	return 0
}

func compareValues(x, y any) int {
	less := false
	switch x := x.(type) {
	case int64:
		less = x < y.(int64)
	case float64:
		less = x < y.(float64)
	case string:
		less = x < y.(string)
	case bool:
		less = !x && y.(bool)
	}
	switch {
	case less:
		return -1
	case x != y:
		return 1
	}
	return 0
}

func TestWhereEqualsBigNumbers(t *testing.T) {
	t.Parallel()
	f := mixed(seeded(5), 400)
	limits := []float64{0, -0.5, 1 << 53, 1<<53 + 2, 1 << 63, -(1 << 63), 1e300, math.Inf(1), math.Inf(-1), math.NaN()}
	for _, op := range []string{"==", "!=", "<", "<=", ">", ">="} {
		for _, limit := range limits {
			got, err := f.WhereFloat("i", op, limit)
			if err != nil {
				t.Fatal(err)
			}
			want := f.Filter(func(row int) bool {
				v, ok := f.Column("i").Value(row).(int64)
				return ok && holds(op, v, limit)
			})
			same(t, got, want)
		}
	}
}

// holds compares exactly, through big numbers.
func holds(op string, v int64, limit float64) bool {
	if math.IsNaN(limit) {
		return op == "!="
	}
	sign := new(big.Float).SetPrec(200).SetInt64(v).Cmp(new(big.Float).SetPrec(200).SetFloat64(limit))
	return op == "==" && sign == 0 || op == "!=" && sign != 0 || op == "<" && sign < 0 ||
		op == "<=" && sign <= 0 || op == ">" && sign > 0 || op == ">=" && sign >= 0
}

func TestDistinctAndConcat(t *testing.T) {
	t.Parallel()
	a, b := mixed(seeded(1), 50), mixed(seeded(2), 70)
	all, err := frames.Concat("mixed", a, b, a)
	if err != nil {
		t.Fatal(err)
	}
	sameRows(t, all.Slice(0, 50), a)
	sameRows(t, all.Slice(50, 120), b)
	sameRows(t, all.Slice(120, 170), a)
	got, err := all.Distinct()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	want := all.Filter(func(row int) bool {
		k := keyOf(all, row, "s", "i", "f", "b", "small", "row")
		first := !seen[k]
		seen[k] = true
		return first
	})
	same(t, got, want)
}
