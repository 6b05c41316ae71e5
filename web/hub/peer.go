package hub

import (
	"io"
	"sync"
	"time"

	"profilemate/workbench/jupyter"
)

// signalEvery is how often at most a kernel gets a signal: one that is signaled while
// it handles the signal before may lose its state.
const signalEvery = time.Second

// peer is a connection of this program to one process of a kernel. It ends with that
// process.
type peer struct {
	kernel  *Kernel
	process *process
	box     *mailbox
	once    sync.Once
}

// connect joins a process.
func (k *Kernel) connect(p *process) jupyter.Conn {
	c := &peer{kernel: k, process: p, box: newMailbox(0)}
	k.mu.Lock()
	defer k.mu.Unlock()
	select {
	case <-p.dead:
		c.box.close()
	default:
		p.peers[c.box] = true
	}
	return c
}

// Send passes a message on. An interrupt becomes a signal where the kernel wants one.
func (c *peer) Send(m jupyter.Message) error {
	if m.Header.MsgType == jupyter.InterruptRequest && c.process.Interrupt != nil {
		c.process.signal()
		return nil
	}
	c.kernel.mu.Lock()
	c.kernel.routes[m.Header.Session] = c.box
	c.kernel.mu.Unlock()
	return c.process.Conn.Send(m)
}

// Receive returns the next message, and io.EOF when the process has ended.
func (c *peer) Receive() (jupyter.Message, error) {
	for {
		m, ok, closed := c.box.peek()
		switch {
		case ok:
			c.box.take()
			return m, nil
		case closed:
			return jupyter.Message{}, io.EOF
		}
		<-c.box.more
	}
}

// Close leaves the process, which runs on.
func (c *peer) Close() error {
	c.once.Do(func() {
		c.box.close()
		c.kernel.mu.Lock()
		defer c.kernel.mu.Unlock()
		delete(c.process.peers, c.box)
		for session, box := range c.kernel.routes {
			if box == c.box {
				delete(c.kernel.routes, session)
			}
		}
	})
	return nil
}
