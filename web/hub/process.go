package hub

import (
	"cmp"
	"sync"
	"time"

	"profilemate/web/live"
	"profilemate/workbench/jupyter"
)

// process is one run of a kernel.
type process struct {
	live.Kernel
	dead  chan struct{}     // closed when its connection has ended
	peers map[*mailbox]bool // guarded by the kernel's mu
	began time.Time

	mu       sync.Mutex
	reason   string // why it was ended on purpose; empty: it was not
	replaced bool   // it was ended to start another one
	signaled time.Time
}

// stopping notes that a process is ended on purpose.
func (p *process) stopping(reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reason = cmp.Or(p.reason, reason)
}

// replacing notes that a process is ended so that another one takes its place.
func (p *process) replacing() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replaced = p.reason == ""
}

// isReplaced reports whether another process takes the place of this one.
func (p *process) isReplaced() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.replaced
}

func (p *process) stopped() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reason
}

// exitWords waits for the end of the process and says how it ended.
func (p *process) exitWords() string {
	<-p.dead
	if reason := p.stopped(); reason != "" || p.Exit == nil {
		return reason
	}
	return p.Exit()
}

// signal interrupts the process by a signal, not too often.
func (p *process) signal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.signaled) >= signalEvery {
		p.signaled = time.Now()
		p.Interrupt()
	}
}

// receive passes on what a process sends until it ends.
func (k *Kernel) receive(p *process) {
	for {
		m, err := p.Conn.Receive()
		if err != nil {
			break
		}
		k.deliver(p, m)
	}
	_ = p.Conn.Close() // it has ended
	k.mu.Lock()
	for box := range p.peers {
		box.close()
	}
	close(p.dead)
	current := k.running == p
	if current {
		k.running, k.state = nil, StateDead
	}
	again := current && p.stopped() == "" && !k.ended && k.connections() > 0
	k.mu.Unlock()
	if again {
		k.revive(p)
	}
}

// deliver gives a message to whom it concerns: what is published to all, an answer
// to who asked.
func (k *Kernel) deliver(p *process, m jupyter.Message) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.activity, k.session = time.Now(), m.Header.Session
	if m.Channel != jupyter.IOPub {
		if m.ParentHeader == nil {
			return
		}
		if box := k.routes[m.ParentHeader.Session]; box != nil {
			box.put(m)
		}
		return
	}
	if m.Header.MsgType == jupyter.StatusType {
		if s, err := jupyter.Decode[jupyter.Status](m); err == nil && s.ExecutionState != "" {
			k.state = s.ExecutionState
		}
	}
	for box := range p.peers {
		box.put(m)
	}
	k.publish(m)
}

// publish gives a message to every client with a session. The caller holds k.mu.
func (k *Kernel) publish(m jupyter.Message) {
	for session, s := range k.slots {
		if !s.box.put(m) && s.current == nil {
			k.forget(session)
		}
	}
}

// announce publishes a status that the server makes, in the name of the kernel. The
// caller holds k.mu.
func (k *Kernel) announce(state string) {
	k.state = state
	k.publish(jupyter.NewMessage(jupyter.IOPub, jupyter.StatusType, k.session, nil, jupyter.Status{ExecutionState: state}))
}
