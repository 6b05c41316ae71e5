//go:build !unix

package process

// Interrupt ends the child: there is no signal to ask it with.
func (c *Child) Interrupt() { c.Kill() }

// Terminate ends the child: there is no signal to ask it with.
func (c *Child) Terminate() { c.Kill() }
