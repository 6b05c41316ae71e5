package vtab

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"profilemate/frames"
	"profilemate/workbench/fault"
)

// stream turns a scan, which pushes batches, into batches that are asked for one by
// one. The scan waits while a batch is in use: its memory is the scan's.
type stream struct {
	stop    context.CancelFunc
	batches chan *frames.Batch
	resume  chan struct{}
	err     error // set before batches is closed
	inUse   bool
}

var errStopped = errors.New("the scan is no longer wanted")

func start(ctx context.Context, source Source, columns []string) *stream {
	ctx, stop := context.WithCancel(ctx)
	s := &stream{stop: stop, batches: make(chan *frames.Batch), resume: make(chan struct{})}
	go func() {
		defer close(s.batches)
		defer func() {
			if p := recover(); p != nil {
				slog.Error("recovered from a panic", "where", "reading a table", "panic", p, "stack", string(debug.Stack()))
				s.err = fault.Errorf(fault.Internal, "reading the table failed inside: %v", p)
			}
		}()
		s.err = source.Scan(ctx, columns, func(b *frames.Batch) error { return s.pass(ctx, b) })
	}()
	return s
}

// pass hands a batch over and waits until it has been used.
func (s *stream) pass(ctx context.Context, b *frames.Batch) error {
	select {
	case s.batches <- b:
	case <-ctx.Done():
		return errStopped
	}
	select {
	case <-s.resume:
		return nil
	case <-ctx.Done():
		return errStopped
	}
}

// next returns the next batch, nil at the end.
func (s *stream) next(ctx context.Context) (*frames.Batch, error) {
	if s.inUse {
		s.inUse = false
		select {
		case s.resume <- struct{}{}:
		case <-ctx.Done():
			return nil, fmt.Errorf("reading a table: %w", ctx.Err())
		}
	}
	select {
	case b, ok := <-s.batches:
		if !ok {
			return nil, s.err
		}
		s.inUse = true
		return b, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("reading a table: %w", ctx.Err())
	}
}

// close ends the scan and waits for it, unless ctx has ended: a scan that is slow to
// notice must not hold up an interrupt.
func (s *stream) close(ctx context.Context) {
	s.stop()
	for {
		select {
		case _, ok := <-s.batches:
			if !ok {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}
