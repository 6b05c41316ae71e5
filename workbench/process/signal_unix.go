//go:build unix

package process

import "syscall"

// Interrupt asks the child alone to end, as Ctrl-C does. It does nothing to one that
// has ended.
func (c *Child) Interrupt() { c.send(syscall.SIGINT) }

// Terminate asks the child alone to end with SIGTERM.
func (c *Child) Terminate() { c.send(syscall.SIGTERM) }

func (c *Child) send(s syscall.Signal) {
	select {
	case <-c.done:
	default:
		_ = syscall.Kill(c.cmd.Process.Pid, s) // it may have just ended
	}
}
