// Package process is the one place that starts other programs: the kernel behind
// a notebook, a browser for the page.
package process

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"profilemate/workbench/fault"
)

// Command says what to start. There is no shell: Args are passed as they are.
type Command struct {
	Path string   // program, absolute or found in PATH
	Args []string // without the program's name
	Dir  string   // working folder; empty: this process's
	Env  []string // "NAME=value" beside this process's own environment
	// Output gets standard output and standard error, for a program that talks to nobody:
	// its standard input is empty then. Nil: they are the caller's.
	Output *os.File
}

// stderrKept is how many of the last bytes of a child's standard error are kept.
const stderrKept = 64 << 10

// drain is how long standard error is read after the child has ended, for a
// grandchild that holds it open.
const drain = time.Second

// Child is a running program whose standard input and output belong to the caller.
// It is safe for concurrent use.
type Child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout io.ReadCloser
	stderr tail
	done   chan struct{}
	err    error // of Wait; set before done is closed
}

// Start starts a program in its own process group, so that an interrupt typed at
// the terminal reaches only us and Kill reaches its children too. A program that
// is not there is NotFound.
func Start(c Command) (*Child, error) {
	cmd := exec.Command(c.Path, c.Args...)
	cmd.Dir = c.Dir
	cmd.Env = append(os.Environ(), c.Env...)
	cmd.WaitDelay = drain
	ownGroup(cmd)
	child := &Child{cmd: cmd, done: make(chan struct{})}
	if c.Output != nil {
		if err := child.start(c); err != nil {
			return nil, err
		}
		return child, nil
	}
	cmd.Stderr = &child.stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.Path, err)
	}
	// Not StdoutPipe: Wait closes that one, and with it what is not read yet.
	stdout, output, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.Path, err)
	}
	child.stdin, child.stdout, cmd.Stdout = stdin, stdout, output
	err = child.start(c)
	output.Close() // the child has its own
	if err != nil {
		stdout.Close()
		return nil, err
	}
	return child, nil
}

// start starts the prepared command.
func (c *Child) start(what Command) error {
	if what.Output != nil {
		c.cmd.Stdout, c.cmd.Stderr = what.Output, what.Output
	}
	if err := c.cmd.Start(); err != nil {
		return fault.Errorf(fault.NotFound, "starting %s: %w", what.Path, err)
	}
	go c.wait()
	return nil
}

func (c *Child) wait() {
	c.err = c.cmd.Wait()
	close(c.done)
}

// PID is the number of the process, which leads its group.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Stdin is the child's standard input. Closing it is how a kernel is told to end.
func (c *Child) Stdin() io.WriteCloser { return c.stdin }

// Stdout is the child's standard output. The caller closes it.
func (c *Child) Stdout() io.ReadCloser { return c.stdout }

// Stderr returns the last 64 KiB of what the child wrote to its standard error.
func (c *Child) Stderr() string { return c.stderr.String() }

// Done is closed when the child has ended.
func (c *Child) Done() <-chan struct{} { return c.done }

// Wait waits for the child to end and returns how it did: nil for exit status 0.
func (c *Child) Wait() error {
	<-c.done
	return c.err
}

// Kill ends the child and its process group at once. It does nothing to one that
// has ended.
func (c *Child) Kill() {
	select {
	case <-c.done:
	default:
		killGroup(c.cmd)
	}
}

// tail keeps the last stderrKept bytes written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

// Write keeps p, dropping the oldest bytes; it never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if extra := len(t.buf) - stderrKept; extra > 0 {
		t.buf = append(t.buf[:0], t.buf[extra:]...)
	}
	return len(p), nil
}

// String returns what is kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}
