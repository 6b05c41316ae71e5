package main

import (
	"fmt"
	"math"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"

	"profilemate/workbench/fault"
	"profilemate/workbench/gocell"
	"profilemate/workbench/process"
	"profilemate/workbench/result"
)

// memorySize is a number of bytes on the command line, such as 16GiB; 0 means the
// default.
type memorySize int64

// leastMemory is the smallest limit with which a kernel can do something.
const leastMemory = 512 << 20

var sizeText = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?)(?:i?B)?$`)

// UnmarshalText reads a size: a number with K, M, G or T, which are powers of 1,024.
func (m *memorySize) UnmarshalText(text []byte) error {
	parts := sizeText.FindStringSubmatch(strings.TrimSpace(string(text)))
	if parts == nil {
		return fault.Errorf(fault.Misuse, "%q is no size such as 16GiB or 800M", text)
	}
	number, err := strconv.ParseFloat(parts[1], 64)
	if err != nil {
		return fault.Errorf(fault.Misuse, "%q is no size: %w", text, err)
	}
	bytes := number * math.Pow(1024, float64(len(parts[2])*(1+strings.Index("KMGT", parts[2]))))
	if bytes < leastMemory || bytes > math.MaxInt64/2 {
		return fault.Errorf(fault.Misuse, "%s is no limit for a kernel, which needs %s at least", text, result.Size(leastMemory))
	}
	*m = memorySize(bytes)
	return nil
}

// orDefault is the limit, or four fifths of the machine's memory; 0 for none.
func (m memorySize) orDefault() int64 {
	if m > 0 {
		return int64(m)
	}
	return process.MachineMemory() / 5 * 4
}

// apply bounds the memory of this process. The garbage collector works harder when
// the limit comes near.
func (m memorySize) apply() error {
	limit := m.orDefault()
	if limit == 0 {
		return nil
	}
	debug.SetMemoryLimit(limit / 10 * 9)
	return process.LimitMemory(limit)
}

// ofValues is how much the values of Go cells may take: less than the limit, so that
// a cell is stopped before the kernel is.
func (m memorySize) ofValues() uint64 {
	limit := m.orDefault()
	if limit == 0 {
		return gocell.DefaultMaxMemory
	}
	return min(gocell.DefaultMaxMemory, uint64(limit)/4*3)
}

// outOfMemory matches what the Go runtime says before it ends a process without
// memory.
var outOfMemory = regexp.MustCompile(`(?m)^(fatal error: |runtime: ).*(out of memory|cannot allocate memory)`)

// words says that a kernel ended because it had no memory left, empty where
// it ended otherwise.
func (m memorySize) words(stderr string) string {
	if !outOfMemory.MatchString(stderr) {
		return ""
	}
	limit := "of this machine"
	if n := m.orDefault(); n > 0 {
		limit = "limit " + result.Size(n)
	}
	return fmt.Sprintf("the kernel ran out of memory (%s); the document is kept: restart the kernel, and keep less in variables or raise --kernel-memory", limit)
}
