//go:build !unix

package process

import "profilemate/workbench/fault"

// Detach is for captures, which are made on Linux.
func Detach(Command) error {
	return fault.Errorf(fault.Unsupported, "programs are detached on Linux only")
}
