package trace_test

import (
	stdcmp "cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"profilemate/workbench/trace"
)

// tower makes ranges that nest on a few threads, in random order of rows. Every
// third time some cross, are start/end ranges or were closed elsewhere.
func tower(random *rand.Rand, round int) *trace.Ranges {
	r := &trace.Ranges{Away: []bool{}, Domain: []int32{}}
	add := func(start, end, tid int64, style trace.Style, away bool) {
		r.Start, r.End, r.Pid, r.Tid = append(r.Start, start), append(r.End, end), append(r.Pid, 7), append(r.Tid, tid)
		r.Style, r.Away, r.Domain = append(r.Style, style), append(r.Away, away), append(r.Domain, int32(random.IntN(3)-1))
	}
	var fill func(from, to, tid int64)
	fill = func(from, to, tid int64) {
		for from < to && random.IntN(5) > 0 {
			start := from + random.Int64N(to-from)
			end := start + 1 + random.Int64N(to-start)
			add(start, end, tid, trace.PushPop, false)
			fill(start, end, tid)
			from = end
		}
	}
	for tid := range int64(3) {
		fill(0, moments, tid)
	}
	if round%3 == 0 {
		for range random.IntN(6) {
			start := random.Int64N(moments - 1)
			add(start, start+1+random.Int64N(moments-start), random.Int64N(3), trace.Style(random.IntN(3)), random.IntN(4) == 0)
		}
	}
	random.Shuffle(r.Len(), func(i, j int) {
		for _, c := range [][]int64{r.Start, r.End, r.Tid} {
			c[i], c[j] = c[j], c[i]
		}
		r.Style[i], r.Style[j] = r.Style[j], r.Style[i]
		r.Away[i], r.Away[j] = r.Away[j], r.Away[i]
		r.Domain[i], r.Domain[j] = r.Domain[j], r.Domain[i]
	})
	return r
}

// stands reports whether a row takes part.
func stands(r *trace.Ranges, o trace.NestOptions, i int) bool {
	return !r.Away[i] && (r.Style[i] == trace.PushPop || o.StartEnd && r.Style[i] == trace.StartEnd)
}

// holds reports whether range p is above range c: around it or, if equal, before it.
func holds(r *trace.Ranges, o trace.NestOptions, p, c int) bool {
	if p == c || r.Tid[p] != r.Tid[c] || r.Pid[p] != r.Pid[c] || o.ByDomain && r.Domain[p] != r.Domain[c] {
		return false
	}
	if r.Start[p] == r.Start[c] && r.End[p] == r.End[c] {
		return p < c
	}
	return r.Start[p] <= r.Start[c] && r.End[p] >= r.End[c]
}

// shorter reports whether a is the nearer of two ranges around something.
func shorter(r *trace.Ranges, a, b int) bool {
	da, db := r.End[a]-r.Start[a], r.End[b]-r.Start[b]
	return da < db || da == db && (r.Start[a] > r.Start[b] || r.Start[a] == r.Start[b] && a > b)
}

// slowParent looks at every pair, as nsys does.
func slowParent(r *trace.Ranges, o trace.NestOptions, c int) int32 {
	best := -1
	for p := range r.Len() {
		if stands(r, o, p) && holds(r, o, p, c) && (best < 0 || shorter(r, p, best)) {
			best = p
		}
	}
	return int32(best)
}

// slowNesting computes all columns from the parents by counting units of time.
func slowNesting(r *trace.Ranges, o trace.NestOptions) *trace.Nesting {
	n := &trace.Nesting{}
	for c := range r.Len() {
		parent, depth := int32(-1), int32(-1)
		if stands(r, o, c) {
			parent, depth = slowParent(r, o, c), 0
		}
		n.Parent, n.Depth = append(n.Parent, parent), append(n.Depth, depth)
		n.Children, n.Child, n.Self = append(n.Children, 0), append(n.Child, 0), append(n.Self, 0)
	}
	under := make([]clock, r.Len())
	for c, p := range n.Parent {
		for q := p; q >= 0; q = n.Parent[q] {
			n.Depth[c]++
		}
		if p >= 0 {
			n.Children[p]++
			under[p].add(r.Start[c], r.End[c])
		}
	}
	for i := range under {
		if n.Depth[i] >= 0 {
			n.Child[i] = under[i].set(covered).Total()
			n.Self[i] = r.End[i] - r.Start[i] - n.Child[i]
		}
	}
	return n
}

func columns(n *trace.Nesting) map[string]any {
	return map[string]any{"parent": n.Parent, "depth": n.Depth, "children": n.Children, "child": n.Child, "self": n.Self}
}

var nestOptions = []trace.NestOptions{{}, {StartEnd: true}, {ByDomain: true}, {StartEnd: true, ByDomain: true}}

// The tree is what a look at every pair of ranges says.
func TestNestAgainstPairs(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 3))
	for round := range 450 {
		r := tower(random, round)
		for _, o := range nestOptions {
			got := trace.Nest(r, o)
			if diff := cmp.Diff(columns(slowNesting(r, o)), columns(got), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("round %d, %+v, start %v end %v tid %v (-pairs +nest)\n%s", round, o, r.Start, r.End, r.Tid, diff)
			}
			checkOrdered(t, got)
		}
	}
}

// checkOrdered sees that parents come before children, and nothing is lost.
func checkOrdered(t *testing.T, n *trace.Nesting) {
	t.Helper()
	seen := make([]bool, len(n.Parent))
	for _, row := range n.Ordered() {
		if p := n.Parent[row]; p >= 0 && !seen[p] {
			t.Fatalf("range %d comes before its parent %d", row, p)
		}
		seen[row] = true
	}
	for row, depth := range n.Depth {
		if seen[row] != (depth >= 0) {
			t.Fatalf("range %d of depth %d is ordered: %v", row, depth, seen[row])
		}
	}
}

// work makes calls within the time of the ranges, and GPU work of some of them;
// several pieces can be of one call.
func work(random *rand.Rand) (*trace.Calls, *trace.Ops) {
	c, o := &trace.Calls{}, &trace.Ops{}
	for id := range int64(1 + random.IntN(20)) {
		start := random.Int64N(moments - 1)
		c.Start, c.End = append(c.Start, start), append(c.End, start+1+random.Int64N(min(6, moments-start)))
		c.Pid, c.Tid, c.Correlation = append(c.Pid, 7), append(c.Tid, random.Int64N(4)), append(c.Correlation, id)
	}
	for range random.IntN(40) {
		start := random.Int64N(moments - 8)
		o.Start, o.End = append(o.Start, start), append(o.End, start+random.Int64N(8))
		o.Pid, o.Correlation = append(o.Pid, 7+random.Int64N(8)/7), append(o.Correlation, random.Int64N(22))
	}
	return c, o
}

// Projection and sums are what a look at every range for every piece of work says.
func TestProjectAgainstPairs(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for round := range 1200 {
		r := tower(random, round)
		calls, ops := work(random)
		for _, o := range nestOptions {
			n := trace.Nest(r, o)
			p := trace.Project(ops, trace.NewLookup(calls), n)
			busy := make([]clock, r.Len())
			want := make([]trace.Work, r.Len())
			launches := make([]map[int32]bool, r.Len())
			for i := range ops.Len() {
				around := slowAround(r, o, calls, ops, i)
				got := p.Enclosing(i, nil)
				if !slices.Equal(got, around) || (len(around) == 0) != (p.Range[i] < 0) || len(around) > 0 && p.Range[i] != around[0] {
					t.Fatalf("round %d, %+v: work %d is in %v, innermost %d, want %v", round, o, i, got, p.Range[i], around)
				}
				for _, row := range around {
					addWork(&want[row], ops.Start[i], ops.End[i])
					busy[row].add(ops.Start[i], ops.End[i])
					if launches[row] == nil {
						launches[row] = map[int32]bool{}
					}
					launches[row][p.Call[i]] = true
				}
			}
			for row, got := range p.Work(ops) {
				w := want[row]
				w.Launches, w.Busy = int64(len(launches[row])), busy[row].set(covered).Total()
				if plain(got) != plain(w) {
					t.Fatalf("round %d, %+v: range %d holds %v, want %v", round, o, row, plain(got), plain(w))
				}
			}
		}
	}
}

func plain(w trace.Work) [6]int64 {
	return [6]int64{w.Launches, w.Ops, w.Sum, w.Busy, w.First, w.Last}
}

func addWork(w *trace.Work, start, end int64) {
	if w.Ops == 0 {
		w.First, w.Last = start, end
	}
	w.Ops++
	w.Sum += end - start
	w.First, w.Last = min(w.First, start), max(w.Last, end)
}

func slowAround(r *trace.Ranges, o trace.NestOptions, c *trace.Calls, ops *trace.Ops, i int) []int32 {
	var list []int32
	for call := range c.Len() {
		if ops.Correlation[i] == 0 || c.Correlation[call] != ops.Correlation[i] || c.Pid[call] != ops.Pid[i] {
			continue
		}
		for row := range r.Len() {
			if stands(r, o, row) && r.Pid[row] == c.Pid[call] && r.Tid[row] == c.Tid[call] && r.Start[row] <= c.Start[call] && r.End[row] >= c.End[call] {
				list = append(list, int32(row))
			}
		}
	}
	slices.SortFunc(list, func(a, b int32) int {
		if shorter(r, int(a), int(b)) {
			return -1
		}
		return 1
	})
	return list
}

// Many ranges, in any order and with many that start together, are the tree that
// they are in order of time.
func TestNestManyRanges(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 8))
	for _, spread := range []int64{1, 7, 1 << 12, 1 << 40, 1 << 61} {
		r, sorted := &trace.Ranges{}, &trace.Ranges{}
		for range 3000 {
			start := spread/2 - random.Int64N(spread)
			r.Start, r.End = append(r.Start, start), append(r.End, start+random.Int64N(1+spread/100))
			r.Pid, r.Tid, r.Style = append(r.Pid, 1), append(r.Tid, 1), append(r.Style, trace.PushPop)
		}
		rows := make([]int, r.Len())
		for i := range rows {
			rows[i] = i
		}
		slices.SortStableFunc(rows, func(a, b int) int {
			return stdcmp.Or(stdcmp.Compare(r.Start[a], r.Start[b]), stdcmp.Compare(r.End[b], r.End[a]))
		})
		for _, row := range rows {
			sorted.Start, sorted.End = append(sorted.Start, r.Start[row]), append(sorted.End, r.End[row])
		}
		sorted.Pid, sorted.Tid, sorted.Style = r.Pid, r.Tid, r.Style
		mixed, ordered := trace.Nest(r, trace.NestOptions{}), trace.Nest(sorted, trace.NestOptions{})
		for place, row := range rows {
			want := ordered.Parent[place]
			if want >= 0 {
				want = int32(rows[want])
			}
			if mixed.Parent[row] != want || mixed.Self[row] != ordered.Self[place] {
				t.Fatalf("spread %d: range %d has parent %d, want %d", spread, row, mixed.Parent[row], want)
			}
		}
	}
}
