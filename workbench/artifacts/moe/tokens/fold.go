package tokens

import (
	"context"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"profilemate/workbench/fault"
	"profilemate/workbench/routing"
)

// counted is what the first pass over the ids gives.
type counted struct {
	choices *routing.Choices
	steps   [][]stepCount // by window, in the order of layer and expert
	layers  []int         // that route
	experts int
}

// stepCount is one row of the steps, small since there are many.
type stepCount struct {
	layer, expert uint16
	count         int32
}

// count counts the choices, window by window.
func (r *recording) count(ctx context.Context, m *meter) (*counted, error) {
	c := &counted{choices: routing.NewChoices(r.shape), steps: make([][]stepCount, len(r.windows))}
	workers := min(runtime.GOMAXPROCS(0), len(r.windows))
	parts := make([]*routing.Choices, workers)
	err := r.share(ctx, workers, m, func(worker int) (work, error) {
		parts[worker] = routing.NewChoices(r.shape)
		return func(ctx context.Context, w int, b *ids) error {
			own := routing.NewChoices(r.shape)
			if err := r.each(ctx, r.windows[w].from, r.windows[w].to, b, func(*segment, int) error {
				countChoices(own, b)
				return nil
			}); err != nil {
				return err
			}
			c.steps[w] = rowsOf(own, r.shape.Layers)
			parts[worker].Merge(own)
			return nil
		}, nil
	})
	if err != nil {
		return nil, err
	}
	for _, part := range parts {
		c.choices.Merge(part)
	}
	c.layers, c.experts = c.choices.Routed(), c.choices.Experts()
	return c, nil
}

func countChoices(c *routing.Choices, b *ids) {
	if b.narrow != nil {
		routing.Count(c, b.narrow)
	} else {
		routing.Count(c, b.wide)
	}
}

func rowsOf(c *routing.Choices, layers int) []stepCount {
	var rows []stepCount
	for l := range layers {
		for e, n := range c.Counts(l) {
			if n > 0 {
				rows = append(rows, stepCount{uint16(l), uint16(e), int32(n)})
			}
		}
	}
	return rows
}

// work handles one window.
type work func(ctx context.Context, window int, b *ids) error

// share hands the windows to workers, each of which has its own work. Which worker
// takes which window does not matter to sums.
func (r *recording) share(ctx context.Context, workers int, m *meter, begin func(worker int) (work, error)) error {
	g, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for worker := range workers {
		g.Go(func() error {
			f, err := begin(worker)
			var b ids
			for err == nil {
				w := int(next.Add(1)) - 1
				if w >= len(r.windows) {
					return nil
				}
				if err = f(ctx, w, &b); err == nil {
					m.add(r.windows[w].to - r.windows[w].from)
				}
			}
			return err
		})
	}
	return g.Wait()
}

// matrixBytes is the most memory for matrices of expert by expert, all workers together.
const matrixBytes = 512 << 20

// workers returns how many workers n matrices allow, or why not even one.
func (r *recording) workers(n, experts int) (int, error) {
	bytes := routing.MatrixBytes(n, experts)
	if bytes > matrixBytes {
		return 0, fault.WithRemedy(fault.Errorf(fault.Unsupported, "counting pairs of %d experts in %d layers needs %d MB", experts, n, bytes>>20),
			"record fewer layers at a time")
	}
	return max(min(runtime.GOMAXPROCS(0), len(r.windows), int(matrixBytes/max(bytes, 1))), 1), nil
}

// stride is the number of experts that matrices are laid out for: ids of 8 bits are
// counted fastest with all 256.
func stride(c *counted, narrow bool, n int) int {
	if narrow && routing.MatrixBytes(n, 256) <= matrixBytes/4 {
		return 256
	}
	return c.experts
}

// pairs counts co-selection.
func (r *recording) pairs(ctx context.Context, c *counted, m *meter) (*routing.Pairs, error) {
	experts := stride(c, r.facts.narrow, len(c.layers))
	workers, err := r.workers(len(c.layers), experts)
	if err != nil {
		return nil, err
	}
	parts := make([]*routing.Pairs, workers)
	err = r.share(ctx, workers, m, func(worker int) (work, error) {
		p := routing.NewPairs(r.shape, c.layers, experts)
		parts[worker] = p
		return r.fold(func(b *ids) error {
			if b.narrow != nil {
				return routing.CountPairs(p, b.narrow)
			}
			return routing.CountPairs(p, b.wide)
		}), nil
	})
	for _, part := range parts[1:] {
		if err == nil {
			err = parts[0].Merge(part)
		}
	}
	return parts[0], err
}

// transitions counts affinity.
func (r *recording) transitions(ctx context.Context, c *counted, m *meter) (*routing.Transitions, error) {
	workers, err := r.workers(len(c.layers), c.experts)
	if err != nil {
		return nil, err
	}
	parts := make([]*routing.Transitions, workers)
	err = r.share(ctx, workers, m, func(worker int) (work, error) {
		t := routing.NewTransitions(r.shape, c.layers, c.experts)
		parts[worker] = t
		return r.fold(func(b *ids) error {
			if b.narrow != nil {
				return routing.CountTransitions(t, b.narrow)
			}
			return routing.CountTransitions(t, b.wide)
		}), nil
	})
	for _, part := range parts[1:] {
		if err == nil {
			err = parts[0].Merge(part)
		}
	}
	return parts[0], err
}

// fold is work that needs no window: it adds chunks up.
func (r *recording) fold(add func(b *ids) error) work {
	return func(ctx context.Context, w int, b *ids) error {
		return r.each(ctx, r.windows[w].from, r.windows[w].to, b, func(*segment, int) error { return add(b) })
	}
}
