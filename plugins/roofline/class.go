package roofline

import "math"

// speedOfLight is ncu's own class of a kernel, from its rule SOLBottleneck: sm and
// memory are the compute and memory throughput in % of peak, waves the waves of
// blocks over the device. NaN means not known; without a throughput the class is "".
func speedOfLight(sm, memory, waves float64) string {
	switch {
	case math.IsNaN(sm) || math.IsNaN(memory):
		return ""
	case sm >= 80 || memory >= 80:
		if memory > sm {
			return "High Throughput (memory)"
		}
		return "High Throughput (compute)"
	case sm < 60 && memory < 60:
		switch {
		case waves < 1:
			return "Small Grid"
		case math.IsNaN(waves):
			return "Latency Issue or Small Grid"
		}
		return "Latency Issue"
	case math.Abs(sm-memory) < 10:
		return "Balanced Throughput"
	case memory > sm:
		return "High Memory Throughput"
	}
	return "High Compute Throughput"
}

// class is ncu's class of the kernel.
func (k *kernel) class() string {
	return speedOfLight(k.sm.value(), k.memory.value(), k.waves.value())
}

// limit is what the class names as the limit: "memory", "compute" or "".
func (k *kernel) limit() string {
	switch k.class() {
	case "High Throughput (memory)", "High Memory Throughput":
		return "memory"
	case "High Throughput (compute)", "High Compute Throughput":
		return "compute"
	}
	return ""
}
