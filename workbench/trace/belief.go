package trace

import (
	"profilemate/frames"
	"profilemate/workbench/result"
)

// Longest is the longest duration that is believed, 13 days in ns: what a damaged
// row pretends must not overflow a sum.
const Longest = 1 << 50

// NoName stands for the name that a damaged file lost.
const NoName = "(name missing)"

// WarnOdd adds the finding that rows were left out since they end before they start
// or are longer than Longest. The noun is what a row is, in the singular. It adds
// nothing for none.
func WarnOdd(r *result.Result, rows int64, noun string) {
	if rows > 0 {
		r.Warn("The file may be damaged: export it again.",
			"%s with impossible times left out: they end before they start, or run for weeks.", result.Count(rows, noun))
	}
}

// DeviceAt returns the device of row i of a column of CUDA ordinals, 0 where the trace
// has no such column: then there is one device.
func DeviceAt(devices *frames.Column, i int) int64 {
	if devices == nil {
		return 0
	}
	return devices.Int(i)
}
