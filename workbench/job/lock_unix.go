//go:build linux || darwin || freebsd || netbsd || openbsd

package job

import (
	"errors"
	"os"
	"syscall"

	"profilemate/workbench/fault"
)

// tryLock locks a file, which is made, for as long as the returned file is open. It
// returns nil when another holder has it. The lock goes with the process, however
// that ends.
func tryLock(path string, shared bool) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "locking %s: %w", path, err)
	}
	how := syscall.LOCK_EX
	if shared {
		how = syscall.LOCK_SH
	}
	err = syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
	if err == nil {
		return file, nil
	}
	file.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, nil
	}
	return nil, fault.Errorf(fault.Unsupported, "locking %s: %w", path, err)
}
