package traffic

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// load sends requests and collects their samples.
type load struct {
	run     *run
	prompt  func(i int) Prompt
	keep    func(sample) // called from several goroutines
	stop    func()       // ends what is not sent yet
	failing atomic.Int64 // failures since the last success
	working atomic.Int64 // requests that are on their way
	most    atomic.Int64 // of them at a time
	gaveUp  atomic.Bool  // too many failed one after the other
}

// patience returns after how many failures in a row the rest is not sent: the server
// is gone, or refuses everything.
func (l *load) patience() int64 { return int64(2*l.run.Concurrency + 8) }

// closed keeps a number of requests on their way until all n are done. A request is
// due when the one before it is done.
func (l *load) closed(ctx context.Context, n, concurrency int) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(n, concurrency) {
		workers.Go(func() {
			for {
				i := int(next.Add(1) - 1)
				if i >= n || ctx.Err() != nil {
					return
				}
				l.send(ctx, i, time.Now())
			}
		})
	}
	workers.Wait()
}

// open sends each request when it is due, however long earlier ones take; most bounds
// those on their way, 0 does not. A request that is sent late keeps the time at which
// it was due.
func (l *load) open(ctx context.Context, schedule []time.Duration, most int) {
	seats := make(chan struct{}, max(most, 1))
	began := time.Now()
	var sent sync.WaitGroup
	defer sent.Wait()
	for i, after := range schedule {
		due := began.Add(after)
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(due)):
		}
		if most > 0 {
			select {
			case <-ctx.Done():
				return
			case seats <- struct{}{}:
			}
		}
		sent.Go(func() {
			l.send(ctx, i, due)
			if most > 0 {
				<-seats
			}
		})
	}
}

// send sends request i and keeps its sample.
func (l *load) send(ctx context.Context, i int, due time.Time) {
	now := l.working.Add(1)
	for most := l.most.Load(); now > most && !l.most.CompareAndSwap(most, now); most = l.most.Load() {
	}
	s := l.run.request(ctx, l.prompt(i), due)
	l.working.Add(-1)
	switch {
	case s.err == nil:
		l.failing.Store(0)
	case ctx.Err() != nil: // it was stopped, which says nothing of the server
	case l.failing.Add(1) >= l.patience():
		l.gaveUp.Store(true)
		l.stop()
	}
	l.keep(s)
}
