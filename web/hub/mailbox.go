package hub

import (
	"sync"

	"profilemate/workbench/jupyter"
)

// mailboxBytes bounds what waits for one client, in bytes of content and buffers.
const mailboxBytes = 32 << 20

// mailbox holds the messages for one client in order. It outlives the client's
// connection, so that a client that comes back misses nothing.
type mailbox struct {
	limit int // in bytes; 0 for none

	mu       sync.Mutex
	messages []jupyter.Message
	bytes    int
	more     chan struct{} // has one element when there may be something to do
	closed   bool
}

func newMailbox(limit int) *mailbox { return &mailbox{limit: limit, more: make(chan struct{}, 1)} }

// put adds a message. It reports false where the limit is passed; the mailbox is
// empty and closed then, since a client must not get a story with a hole in it.
func (b *mailbox) put(m jupyter.Message) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return true // nobody reads it any more
	}
	b.messages = append(b.messages, m)
	b.bytes += weight(m)
	full := b.limit > 0 && b.bytes > b.limit
	if full {
		b.messages, b.closed = nil, true
	}
	b.wake()
	return !full
}

// peek returns the next message without taking it, and whether there is one.
func (b *mailbox) peek() (m jupyter.Message, ok, closed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.messages) == 0 {
		return jupyter.Message{}, false, b.closed
	}
	return b.messages[0], true, false
}

// take removes the message that peek returned.
func (b *mailbox) take() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.messages) > 0 {
		b.bytes -= weight(b.messages[0])
		b.messages[0] = jupyter.Message{}
		b.messages = b.messages[1:]
	}
}

// close ends the mailbox; what is in it can still be taken.
func (b *mailbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.wake()
}

func (b *mailbox) wake() {
	select {
	case b.more <- struct{}{}:
	default:
	}
}

func weight(m jupyter.Message) int {
	n := 1 << 10 // the headers
	for _, b := range m.Buffers {
		n += len(b)
	}
	return n + len(m.Content)
}
