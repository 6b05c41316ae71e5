package launch

import "math"

// The classes of ncu's rule SOLBottleneck.
const (
	HighMemory    = "High Throughput (memory)"
	HighCompute   = "High Throughput (compute)"
	MoreMemory    = "High Memory Throughput"
	MoreCompute   = "High Compute Throughput"
	Balanced      = "Balanced Throughput"
	Latency       = "Latency Issue"
	SmallGrid     = "Small Grid"
	latencyOrGrid = "Latency Issue or Small Grid" // the waves are not known
)

// SpeedOfLight is ncu's own class of a kernel, from its rule SOLBottleneck: sm and
// memory are the compute and memory throughput in % of peak, waves the waves of
// blocks over the device. NaN means not known; without a throughput the class is "".
func SpeedOfLight(sm, memory, waves float64) string {
	switch {
	case math.IsNaN(sm) || math.IsNaN(memory):
		return ""
	case sm >= 80 || memory >= 80:
		if memory > sm {
			return HighMemory
		}
		return HighCompute
	case sm < 60 && memory < 60:
		switch {
		case waves < 1:
			return SmallGrid
		case math.IsNaN(waves):
			return latencyOrGrid
		}
		return Latency
	case math.Abs(sm-memory) < 10:
		return Balanced
	case memory > sm:
		return MoreMemory
	}
	return MoreCompute
}

// Limit is what a class names as the limit: "memory", "compute" or "".
func Limit(class string) string {
	switch class {
	case HighMemory, MoreMemory:
		return "memory"
	case HighCompute, MoreCompute:
		return "compute"
	}
	return ""
}
