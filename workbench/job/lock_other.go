//go:build !(linux || darwin || freebsd || netbsd || openbsd)

package job

import (
	"os"

	"profilemate/workbench/fault"
)

// tryLock has nothing to lock with here: captures are made on Linux.
func tryLock(path string, _ bool) (*os.File, error) {
	return nil, fault.Errorf(fault.Unsupported, "locking %s: captures are made on Linux only", path)
}
