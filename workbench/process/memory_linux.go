package process

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// LimitMemory bounds the memory that this process may take, in bytes: what the system
// would have to keep for it, not the files that it maps. Past the limit the Go runtime
// ends the process. There is a limit on Linux alone.
func LimitMemory(bytes int64) error {
	var now syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_DATA, &now); err != nil {
		return fmt.Errorf("reading the memory limit: %w", err)
	}
	now.Cur = min(uint64(bytes), now.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &now); err != nil {
		return fmt.Errorf("setting the memory limit: %w", err)
	}
	return nil
}

// MachineMemory is the memory that this process can have at most: that of the
// machine, or of its container where that is less. It is 0 where that is not known.
func MachineMemory() int64 {
	least := int64(math.MaxInt64)
	if info, err := os.ReadFile("/proc/meminfo"); err == nil {
		for lines := bufio.NewScanner(bytes.NewReader(info)); lines.Scan(); {
			words := strings.Fields(lines.Text())
			if len(words) == 3 && words[0] == "MemTotal:" && words[2] == "kB" {
				if n, err := strconv.ParseInt(words[1], 10, 64); err == nil {
					least = min(least, n<<10)
				}
			}
		}
	}
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
			least = min(least, n)
		}
	}
	if least == math.MaxInt64 {
		return 0
	}
	return least
}
