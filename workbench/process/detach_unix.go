//go:build unix

package process

import (
	"os"
	"os/exec"
	"syscall"

	"profilemate/workbench/fault"
)

// Detach starts a program that outlives this process: in a session of its own,
// without a terminal, its output in c.Output, which must be set. Its exit is of no
// concern.
func Detach(c Command) error {
	cmd := exec.Command(c.Path, c.Args...)
	cmd.Dir = c.Dir
	cmd.Env = append(os.Environ(), c.Env...)
	cmd.Stdout, cmd.Stderr = c.Output, c.Output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fault.Errorf(fault.NotFound, "starting %s: %w", c.Path, err)
	}
	go func() { _ = cmd.Wait() }() // so that it does not stay as a zombie of ours
	return nil
}
