package roof

import (
	"fmt"

	"profilemate/frames"
)

// Options say which launches to look at and under which ceilings. The zero Options are
// not good: Level must be set.
type Options struct {
	Level     string  // "dram", "l2" or "l1": whose traffic gives the intensity
	Precision string  // "all", "fp64", "fp32", "fp16" or "tensor": which operations to place; "" is all
	Kernel    string  // only kernels whose name contains this
	Range     string  // only launches in an NVTX range whose name contains this
	MinShare  float64 // leave out a precision with less than this part of a kernel's operations, in %

	Given Ceilings // go before the report's own
}

// Ceilings are the peaks of a device, in operations a second, and the bandwidth of the
// level, in B/s. 0 is not given.
type Ceilings struct {
	Bandwidth, FP64, FP32, FP16, Tensor, Int float64
}

// leastCeiling is the least ceiling that a reader may give, in B/s or FLOP/s: no GPU
// has less, and far less makes ratios overflow. greatestCeiling is the most.
const leastCeiling, greatestCeiling = 1e6, 1e24

// Check refuses ceilings that no device has; the error names the parameter that gives
// it in analyses.
func (c Ceilings) Check() error {
	for _, g := range []struct {
		name, unit string
		value      float64
	}{
		{"bandwidth", "B/s", c.Bandwidth}, {"peak-fp64", "FLOP/s", c.FP64}, {"peak-fp32", "FLOP/s", c.FP32},
		{"peak-fp16", "FLOP/s", c.FP16}, {"peak-tensor", "FLOP/s", c.Tensor}, {"peak-int", "OP/s", c.Int},
	} {
		if g.value != 0 && (g.value < leastCeiling || g.value > greatestCeiling) {
			return fmt.Errorf("%s: %g is not between %g and %g %s; 0 takes the report's own", g.name, g.value, leastCeiling, greatestCeiling, g.unit)
		}
	}
	return nil
}

// Any reports whether any ceiling is given.
func (c Ceilings) Any() bool { return c != Ceilings{} }

// LaunchFields returns the columns of the table launches that Collect reads.
func LaunchFields() []frames.Field {
	return []frames.Field{
		{Name: "launch", Kind: frames.Int64},
		{Name: "kernel", Kind: frames.String},
		{Name: "function", Kind: frames.String},
		{Name: "workload", Kind: frames.String},
		{Name: "nvtx", Kind: frames.String},
		{Name: "cc", Kind: frames.String},
		{Name: "device_name", Kind: frames.String},
		{Name: "grid", Kind: frames.String},
		{Name: "block", Kind: frames.String},
		{Name: "threads", Kind: frames.Int64},
		{Name: "waves", Kind: frames.Float64},
		{Name: "time", Kind: frames.Int64, Unit: "ns"},
		{Name: "dram_bytes", Kind: frames.Int64, Unit: "B"},
		{Name: "l2_bytes", Kind: frames.Int64, Unit: "B"},
		{Name: "l1_bytes", Kind: frames.Int64, Unit: "B"},
		{Name: "flop_fp64", Kind: frames.Int64, Unit: "FLOP"},
		{Name: "flop_fp32", Kind: frames.Int64, Unit: "FLOP"},
		{Name: "flop_fp16", Kind: frames.Int64, Unit: "FLOP"},
		{Name: "flop_tensor", Kind: frames.Int64, Unit: "FLOP"},
		{Name: "clock_sm", Kind: frames.Float64, Unit: "Hz"},
		{Name: "peak_dram", Kind: frames.Float64, Unit: "B/s"},
		{Name: "peak_l2", Kind: frames.Float64, Unit: "B/s"},
		{Name: "peak_l1", Kind: frames.Float64, Unit: "B/s"},
		{Name: "sm_pct", Kind: frames.Float64, Unit: "%"},
		{Name: "memory_pct", Kind: frames.Float64, Unit: "%"},
		{Name: "dram_pct", Kind: frames.Float64, Unit: "%"},
	}
}

// WorkFields returns the columns of the table work that Collect reads.
func WorkFields() []frames.Field {
	return []frames.Field{
		{Name: "launch", Kind: frames.Int64},
		{Name: "precision", Kind: frames.String},
		{Name: "path", Kind: frames.String},
		{Name: "tensor", Kind: frames.Bool},
		{Name: "integer", Kind: frames.Bool},
		{Name: "ops", Kind: frames.Int64, Unit: "FLOP"},
		{Name: "margin", Kind: frames.Float64, Unit: "FLOP"},
		{Name: "peak", Kind: frames.Float64, Unit: "FLOP/s"},
		{Name: "best_path", Kind: frames.String},
		{Name: "best_peak", Kind: frames.Float64, Unit: "FLOP/s"},
		{Name: "method", Kind: frames.String},
	}
}
