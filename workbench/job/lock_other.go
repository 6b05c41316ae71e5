//go:build !(linux || darwin || freebsd || netbsd || openbsd)

package job

import (
	"os"

	"profilemate/workbench/fault"
)

// tryShared has nothing to lock with here either.
func tryShared(path string) (*os.File, error) { return tryLock(path, false) }

// tryLock has nothing to lock with here: captures are made on Linux.
func tryLock(path string, _ bool) (*os.File, error) {
	return nil, fault.Errorf(fault.Unsupported, "locking %s: captures are made on Linux only", path)
}
