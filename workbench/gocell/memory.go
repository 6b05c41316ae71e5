package gocell

import (
	"context"
	"runtime/metrics"
	"time"

	"profilemate/workbench/fault"
)

// DefaultMaxMemory is the most bytes of live values that the kernel may hold while a
// Go cell runs, where Options say nothing else.
const DefaultMaxMemory = 8 << 30

// lookEvery is how often the memory is looked at. An interpreted cell fills less than
// 1 GiB in that time.
const lookEvery = 50 * time.Millisecond

// watchMemory calls stop when the values of the process take more than most bytes.
func watchMemory(ctx context.Context, most uint64, stop func(error)) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if metrics.Read(sample); sample[0].Value.Uint64() > most {
			stop(fault.WithRemedy(fault.Errorf(fault.Misuse, "stopped: the values of this kernel take more than %d MiB", most>>20),
				"keep less in variables, or run an analysis or a SQL cell, which stream; restart the kernel to free what is held"))
			return
		}
	}
}
