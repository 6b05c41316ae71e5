package hub

import "profilemate/workbench/jupyter"

// Mailbox is a mailbox, for tests.
type Mailbox struct{ box *mailbox }

// NewMailbox makes one with a limit in bytes.
func NewMailbox(limit int) Mailbox { return Mailbox{newMailbox(limit)} }

// Put adds a message.
func (m Mailbox) Put(message jupyter.Message) bool { return m.box.put(message) }

// Take removes the first message.
func (m Mailbox) Take() { m.box.take() }

// Peek reports whether there is a message, and whether the mailbox is closed.
func (m Mailbox) Peek() (ok, closed bool) {
	_, ok, closed = m.box.peek()
	return ok, closed
}
