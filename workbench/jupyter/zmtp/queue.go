package zmtp

import (
	"sync"
	"time"
)

// The bounds of what waits for one peer to read.
const (
	maxQueuedBytes = 64 << 20
	maxQueued      = 100_000 // messages
)

// batchBytes is about how much is written at once.
const batchBytes = 256 << 10

// queue holds encoded messages for a peer. A sender waits while the queue is full
// and the peer goes on reading; a peer that has read nothing for the queue's
// patience is stuck, and loses messages until it has read again: neither may a slow
// reader lose a message, nor one that has stopped hold up the kernel.
type queue struct {
	patience time.Duration

	mu      sync.Mutex
	change  *sync.Cond
	items   [][]byte
	bytes   int // of items and of what is being written
	written int // batches so far: tells that the peer reads
	stuck   bool
	closed  bool
}

func newQueue(patience time.Duration) *queue {
	q := &queue{patience: patience}
	q.change = sync.NewCond(&q.mu)
	return q
}

// push adds a message and reports whether it was taken.
func (q *queue) push(message []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.full(len(message)) && !q.stuck {
		q.await(len(message))
	}
	if q.closed || q.full(len(message)) {
		return false
	}
	q.items = append(q.items, message)
	q.bytes += len(message)
	q.change.Broadcast()
	return true
}

// full reports whether a message has no room. One message always has, however long.
func (q *queue) full(n int) bool {
	return q.bytes > 0 && (q.bytes+n > maxQueuedBytes || len(q.items) >= maxQueued)
}

// await waits for room for n bytes, or finds that the peer is stuck.
func (q *queue) await(n int) {
	before := q.written
	var timer *time.Timer
	timer = time.AfterFunc(q.patience, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.written == before {
			q.stuck = true
			q.change.Broadcast()
			return
		}
		before = q.written
		timer.Reset(q.patience)
	})
	defer timer.Stop()
	for q.full(n) && !q.closed && !q.stuck {
		q.change.Wait()
	}
}

// pop waits for messages and takes a batch of them. It returns nil when the queue
// is closed and empty.
func (q *queue) pop() [][]byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == 0 && !q.closed {
		q.change.Wait()
	}
	n, size := 0, 0
	for n < len(q.items) && (n == 0 || size+len(q.items[n]) <= batchBytes) {
		size += len(q.items[n])
		n++
	}
	batch := q.items[:n:n]
	q.items = q.items[n:]
	return batch
}

// wrote says that the peer has taken a batch of so many bytes.
func (q *queue) wrote(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= n
	q.written++
	q.stuck = false
	q.change.Broadcast()
}

// close takes no more messages; those that wait are still popped.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.change.Broadcast()
}
