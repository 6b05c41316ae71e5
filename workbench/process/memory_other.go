//go:build !linux

package process

// LimitMemory does nothing: there is a limit on Linux alone.
func LimitMemory(int64) error { return nil }

// MachineMemory is 0: it is not known here.
func MachineMemory() int64 { return 0 }
