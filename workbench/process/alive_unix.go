//go:build unix

package process

import (
	"errors"
	"syscall"
)

// alive reports whether a process is there, even another user's.
func alive(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
