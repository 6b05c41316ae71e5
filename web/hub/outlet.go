package hub

import (
	"context"
	"io"
	"time"

	"github.com/google/uuid"

	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
)

// maxAbsent is how many clients of a kernel that have gone keep their mailbox; the
// one that left first loses it.
const maxAbsent = 8

// slot is what a kernel keeps for the session of a client: messages wait in it while
// no socket is there.
type slot struct {
	box     *mailbox
	current *Outlet // nil: the client is away
	left    time.Time
}

// Outlet is one socket's connection to a kernel. It lives on when the kernel is
// restarted.
type Outlet struct {
	kernel  *Kernel
	session string
	lasting bool // the client may come back
	box     *mailbox
	done    chan struct{} // closed when another socket has the session, or this one is closed
}

// Attach connects a client's socket under its session id. A session that is there
// already goes to the new socket, with what its client has not been sent yet. An
// empty id is a client that will not come back.
func (k *Kernel) Attach(session string) *Outlet {
	lasting := session != ""
	if !lasting {
		session = uuid.NewString()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.slots[session]
	if s == nil || s.box.overflown() {
		s = &slot{box: newMailbox(mailboxBytes)}
		k.slots[session] = s
	}
	if s.current != nil {
		close(s.current.done)
	}
	o := &Outlet{kernel: k, session: session, lasting: lasting, box: s.box, done: make(chan struct{})}
	s.current = o
	k.routes[session] = s.box
	if k.ended {
		s.box.close()
	}
	return o
}

// overflown reports whether messages were dropped for want of space.
func (b *mailbox) overflown() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed && len(b.messages) == 0
}

// Close ends the connection. What comes for the session from now on is kept for the
// client's return.
func (o *Outlet) Close() {
	k := o.kernel
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.slots[o.session]
	if s == nil || s.current != o {
		return
	}
	s.current, s.left = nil, time.Now()
	close(o.done)
	if !o.lasting {
		k.forget(o.session)
	}
	k.forgetAbsent()
}

// forgetAbsent drops the mailboxes of those that left first. The caller holds k.mu.
func (k *Kernel) forgetAbsent() {
	for {
		absent, first := 0, ""
		for session, s := range k.slots {
			if s.current != nil {
				continue
			}
			absent++
			if first == "" || s.left.Before(k.slots[first].left) {
				first = session
			}
		}
		if absent <= maxAbsent {
			return
		}
		k.forget(first)
	}
}

func (k *Kernel) forget(session string) {
	box := k.slots[session].box
	delete(k.slots, session)
	for name, to := range k.routes {
		if to == box {
			delete(k.routes, name)
		}
	}
}

// Next waits for the next message and calls send with it. A message that send could
// not pass on stays for the client's next socket. It returns io.EOF when the session
// has gone to another socket, when the kernel has ended, or when so much waited that
// it was dropped. wake interrupts the waiting; Next returns nil then.
func (o *Outlet) Next(wake <-chan time.Time, send func(jupyter.Message) error) (err error) {
	defer func() {
		if err != nil {
			o.box.wake() // it may have taken the word that the next socket waits for
		}
	}()
	for {
		select {
		case <-o.done:
			return io.EOF
		default:
		}
		m, ok, closed := o.box.peek()
		if closed {
			return io.EOF
		}
		if ok {
			if err := send(m); err != nil {
				return err
			}
			o.box.take()
			return nil
		}
		select {
		case <-o.done:
			return io.EOF
		case <-o.box.more:
		case <-wake:
			return nil
		}
	}
}

// Send passes a client's message to the kernel. A channel that clients do not send
// on is Misuse; a kernel that is dead is Missing. One between two processes is waited
// for.
func (o *Outlet) Send(m jupyter.Message) error {
	switch m.Channel {
	case jupyter.Shell, jupyter.Control, jupyter.Stdin:
	default:
		return fault.Errorf(fault.Misuse, "a client sends nothing on the channel %q", m.Channel)
	}
	k := o.kernel
	k.mu.Lock()
	k.routes[m.Header.Session] = o.box
	p, state := k.running, k.state
	k.activity = time.Now()
	k.mu.Unlock()
	if p == nil && state == StateDead {
		return fault.Errorf(fault.Missing, "the kernel does not run")
	}
	if p == nil {
		var err error
		if p, err = k.ensure(context.Background()); err != nil {
			return err
		}
	}
	return p.Conn.Send(m)
}
