package pages

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"profilemate/workbench/fault"
)

// minLeaves is the fewest leaf pages worth a worker of their own.
const minLeaves = 16

// Scan reads the wanted columns of all rows and hands them to emit in batches. At
// most workers calls of emit run at once (0 and 1 mean one), never two with the same
// number: each worker has a run of the rows in the order of their rowids, and the
// runs are in the order of the workers, as artifacts.Emit wants it. Batches are used
// again after the call. A column may be wanted several times.
//
// An error of emit ends the scan and is returned, the first of several; a panic of
// emit reaches the caller of Scan. A *Declined error says which rows are left to be
// read another way. A *Damage error comes after everything readable was delivered. A
// column that is not there is Misuse. It returns ctx's error when ctx ends.
func (t *Table) Scan(ctx context.Context, wants []Want, workers int, emit func(worker int, b *Rows) error) error {
	pl, err := t.plan(wants)
	if err != nil {
		return err
	}
	leaves, lost, err := t.file.leaves(ctx, t.root)
	if err != nil {
		return fmt.Errorf("table %q: %w", t.name, err)
	}
	s := &scan{plan: pl, wants: wants, emit: emit}
	s.split(leaves, workers)
	err = s.run(ctx)
	rows := int64(0)
	for _, w := range s.workers {
		lost.add(w.damage)
		rows += w.rows
	}
	d := lost.damage(t.name, rows)
	if refused, ok := err.(*Declined); ok {
		refused.Hurt = d != nil
	}
	if err == nil && d != nil {
		return d
	}
	return err
}

// plan sorts the wanted columns into the order of the record.
func (t *Table) plan(wants []Want) (*plan, error) {
	pl := &plan{table: t, outputs: make([]output, len(wants))}
	var stored []int
	for i, w := range wants {
		if w.Column < Rowid || w.Column >= len(t.columns) || w.As > Blob {
			return nil, fault.Errorf(fault.Misuse, "table %q has no column %d to be read as kind %d", t.name, w.Column, w.As)
		}
		pl.outputs[i] = output{-1, w}
		if !t.isRowid(w) {
			stored = append(stored, w.Column)
		} else if w.As != Int {
			return nil, declined(t.name, "the rowid is %s and no other kind", Int)
		}
	}
	slices.Sort(stored)
	stored = slices.Compact(stored)
	for _, c := range stored {
		pl.steps = append(pl.steps, step{c - pl.walked, c})
		pl.walked = c + 1
	}
	for i, w := range wants {
		if !t.isRowid(w) {
			pl.outputs[i].step = slices.Index(stored, w.Column)
		}
	}
	return pl, nil
}

func (t *Table) isRowid(w Want) bool { return w.Column == Rowid || t.columns[w.Column].Rowid }

// scan is one scan of a table.
type scan struct {
	*plan
	wants   []Want
	emit    func(worker int, b *Rows) error
	workers []*worker
}

// split gives each worker an equal run of the leaves.
func (s *scan) split(leaves []node, workers int) {
	n := max(1, min(workers, len(leaves)/minLeaves))
	for i := range n {
		w := &worker{scan: s, number: i, leaves: leaves[len(leaves)*i/n : len(leaves)*(i+1)/n]}
		w.next = below
		if from := len(leaves) * i / n; from > 0 {
			w.next = leaves[from-1].high + 1
		}
		s.workers = append(s.workers, w)
	}
}

// run lets all workers read and returns the first error that is not the echo of
// another's.
func (s *scan) run(ctx context.Context) error {
	if len(s.workers) == 1 {
		return s.outcome(s.workers[0].read(ctx))
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	var once sync.Once
	var first error
	for _, w := range s.workers {
		all.Go(func() {
			if err := w.guarded(inner); err != nil {
				once.Do(func() { first = err; cancel() })
			}
		})
	}
	all.Wait()
	for _, w := range s.workers {
		if w.panicked != "" {
			panic(w.panicked)
		}
	}
	if err := ctx.Err(); err != nil && errors.Is(first, err) {
		return err
	}
	return s.outcome(first)
}

// outcome makes a value that cannot be read as asked a refusal of the whole scan.
func (s *scan) outcome(err error) error {
	odd, ok := err.(*oddValue)
	if !ok {
		return err
	}
	d := declined(s.table.name, "%v", odd)
	for _, w := range s.workers {
		d.Rest = append(d.Rest, w.rest())
	}
	return d
}

func (w *worker) guarded(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.panicked = fmt.Sprintf("%v\n\n%s", p, debug.Stack())
			err = fmt.Errorf("worker %d: panic", w.number)
		}
	}()
	return w.read(ctx)
}
