package roof

import (
	"math"
	"strings"
)

// Bound is the shortest time that the ceilings allow all launches of a kernel: the
// longer one of its bytes over the bandwidth and of the operations of each precision
// over their peak. A kernel that takes it is at its roof.
type Bound struct {
	Time   float64 // ns; NaN when neither bytes nor operations have a ceiling
	OfRoof float64 // Time over the kernel's time, in %: the highest OfRoof of its points
	By     string  // what it is: "DRAM bandwidth", "fp32 peak"; "" without one
	From   string  // FromGiven, FromReport or FromDevice; "" without one
}

// Bound works out the bound of a kernel. A kernel without operations has that of its
// bytes; what was not counted, or has no ceiling, bounds nothing.
func (k *Kernel) Bound(o Options) Bound {
	b := Bound{Time: math.NaN(), OfRoof: math.NaN()}
	take := func(seconds float64, by, from string) {
		if ns := seconds * 1e9; ns > 0 && !(ns <= b.Time) {
			b.Time, b.By, b.From = ns, by, from
		}
	}
	if bandwidth, from := k.Ceiling(o); !k.Bytes.Missing {
		take(k.Bytes.Value/bandwidth, LevelName(o.Level)+" bandwidth", from)
	}
	for _, a := range k.Work {
		pt := newPoint(k, a, k.Time, o)
		take(a.Ops.Value/pt.Peak, strings.TrimSpace(a.Label()+" peak"), pt.PeakFrom)
	}
	b.OfRoof = 100 * b.Time / float64(k.Time)
	return b
}

// LevelName writes a level as people do: "DRAM", "L2", "L1".
func LevelName(level string) string {
	switch level {
	case "l2":
		return "L2"
	case "l1":
		return "L1"
	}
	return "DRAM"
}
