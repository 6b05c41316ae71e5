//go:build !linux

package process

import (
	"time"

	"profilemate/workbench/fault"
)

// Family is all that a supervisor started; it is known on Linux only.
type Family struct {
	Mark     string
	Orphaned bool
}

// Member is one process.
type Member struct {
	PID, Parent, Group, Session int
	Name                        string
}

// Reaper is Unsupported.
func Reaper() error { return fault.Errorf(fault.Unsupported, "captures are made on Linux only") }

// Reap has nothing to take leave of.
func Reap() {}

// Members knows nobody.
func (Family) Members() []Member { return nil }

// End has nothing to end.
func (Family) End(time.Duration, <-chan struct{}) []Member { return nil }

// InterruptBelow knows no processes.
func InterruptBelow(int, []string) {}
