package trace_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

// The size of a capture that nsys needs a minute for: the ranges of a model with
// layers, and the calls and kernels of its steps.
const (
	manyRanges = 1_700_000
	manyCalls  = 580_000
	manyOps    = 344_000
)

// model makes ranges of steps with layers with parts, in order of time, and calls
// and kernels at even times under them. Row order is mixed where asked for.
func model(mixed bool) (*trace.Ranges, *trace.Calls, *trace.Ops) {
	r := &trace.Ranges{}
	add := func(start, end int64) {
		r.Start, r.End, r.Pid, r.Tid = append(r.Start, start), append(r.End, end), append(r.Pid, 7), append(r.Tid, 70)
	}
	for at := int64(0); r.Len() < manyRanges; at += 100_000 {
		add(at, at+90_000)
		for layer := range int64(8) {
			add(at+layer*10_000, at+layer*10_000+9_000)
			for part := range int64(4) {
				add(at+layer*10_000+part*2_000, at+layer*10_000+part*2_000+1_900)
			}
		}
	}
	last := r.End[r.Len()-1]
	c, o := &trace.Calls{}, &trace.Ops{}
	for i := range int64(manyCalls) {
		start := i * (last / manyCalls)
		c.Start, c.End, c.Pid, c.Tid, c.Correlation = append(c.Start, start), append(c.End, start+5), append(c.Pid, 7), append(c.Tid, 70), append(c.Correlation, i+1)
		if i%5 < 3 && o.Len() < manyOps {
			o.Start, o.End, o.Pid, o.Correlation = append(o.Start, start+500), append(o.End, start+2_000), append(o.Pid, 7), append(o.Correlation, i+1)
		}
	}
	if mixed {
		mix(r.Start, r.End, r.Pid, r.Tid)
		mix(c.Start, c.End, c.Pid, c.Tid, c.Correlation)
		mix(o.Start, o.End, o.Pid, o.Correlation)
	}
	r.Style = slices.Repeat([]trace.Style{trace.PushPop}, r.Len())
	return r, c, o
}

func mix(columns ...[]int64) {
	random := rand.New(rand.NewPCG(3, 5))
	random.Shuffle(len(columns[0]), func(i, j int) {
		for _, c := range columns {
			c[i], c[j] = c[j], c[i]
		}
	})
}

// inBothOrders runs a benchmark over rows in order of time and over mixed ones.
func inBothOrders(b *testing.B, run func(b *testing.B, r *trace.Ranges, c *trace.Calls, o *trace.Ops)) {
	for name, mixed := range map[string]bool{"ordered": false, "mixed": true} {
		b.Run(name, func(b *testing.B) {
			r, c, o := model(mixed)
			b.ReportAllocs()
			run(b, r, c, o)
		})
	}
}

func BenchmarkNest(b *testing.B) {
	inBothOrders(b, func(b *testing.B, r *trace.Ranges, _ *trace.Calls, _ *trace.Ops) {
		for b.Loop() {
			trace.Nest(r, trace.NestOptions{})
		}
	})
}

// Ranges of which two cross, so that a whole thread is searched.
func BenchmarkNestCrossing(b *testing.B) {
	inBothOrders(b, func(b *testing.B, r *trace.Ranges, _ *trace.Calls, _ *trace.Ops) {
		row := slices.Index(r.Start, 0)
		r.End[row] += 10_500
		for b.Loop() {
			trace.Nest(r, trace.NestOptions{})
		}
	})
}

func BenchmarkProject(b *testing.B) {
	inBothOrders(b, func(b *testing.B, r *trace.Ranges, c *trace.Calls, o *trace.Ops) {
		n := trace.Nest(r, trace.NestOptions{})
		for b.Loop() {
			trace.Project(o, trace.NewLookup(c), n)
		}
	})
}

// Everything that a projection report needs: nest, project and add up.
func BenchmarkProjectionReport(b *testing.B) {
	inBothOrders(b, func(b *testing.B, r *trace.Ranges, c *trace.Calls, o *trace.Ops) {
		for b.Loop() {
			n := trace.Nest(r, trace.NestOptions{StartEnd: true})
			trace.Project(o, trace.NewLookup(c), n).Work(o)
		}
	})
}

func BenchmarkBusy(b *testing.B) {
	inBothOrders(b, func(b *testing.B, r *trace.Ranges, _ *trace.Calls, _ *trace.Ops) {
		for b.Loop() {
			trace.Busy(r.Start, r.End)
		}
	})
}

func BenchmarkLevels(b *testing.B) {
	inBothOrders(b, func(b *testing.B, r *trace.Ranges, _ *trace.Calls, _ *trace.Ops) {
		for b.Loop() {
			trace.TimeAt(r.Start, r.End)
		}
	})
}

func BenchmarkOverlap(b *testing.B) {
	r, _, o := model(false)
	one, other := trace.Merge(r.Start, r.End), trace.Merge(o.Start, o.End)
	b.ReportAllocs()
	for b.Loop() {
		one.Overlap(other)
	}
}

func BenchmarkFamily(b *testing.B) {
	const name = "void at::native::vectorized_elementwise_kernel<(int)8, at::native::<unnamed>::silu_kernel(at::TensorIteratorBase &)::[lambda() (instance 1)]::operator ()() const::[lambda() (instance 6)], std::array<char *, (unsigned long)2>>(int, T2, T3)"
	b.ReportAllocs()
	for b.Loop() {
		names.Family(name)
	}
}

func BenchmarkShortNames(b *testing.B) {
	full := make([]string, 300)
	for i := range full {
		full[i] = "void ns::kernel_" + string(rune('a'+i%26)) + "<(int)" + string(rune('0'+i/26)) + ", float, at::native::ReduceOp<float>>(int, float *)"
	}
	b.ReportAllocs()
	for b.Loop() {
		names.ShortNames(full)
	}
}
