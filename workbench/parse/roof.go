package parse

import (
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/result"
)

// Roof is a kernel's place under the DRAM roof. Integer tensor operations are not in
// it. Where a kernel computes in several precisions or was launched in several
// shapes, its roof is the operations over the least time that the ceilings allow:
// for each shape the longer one of bytes over bandwidth and the sum of operations
// over their peak, added up over the shapes. With one of each that is the lower one
// of peak and intensity times bandwidth.
type Roof struct {
	FLOP      *int64   `json:"flop,omitempty"`                 // 0 was counted
	Intensity *float64 `json:"arithmetic_intensity,omitempty"` // FLOP/B
	Rate      *float64 `json:"flop_per_second,omitempty"`
	Ridge     *float64 `json:"ridge_intensity,omitempty"` // FLOP/B at which peak and bandwidth meet
	Peak      *float64 `json:"peak_flop_per_second,omitempty"`
	Ceiling   *float64 `json:"roof_flop_per_second,omitempty"`
	OfRoof    *float64 `json:"roof_share_pct,omitempty"`
	Side      string   `json:"roofline_side,omitempty"`  // "memory" or "compute" side of the ridge
	Precision string   `json:"flop_precision,omitempty"` // joined by + where there are several
	Method    string   `json:"flop_method,omitempty"`    // exact, rate or estimate; joined likewise
}

// shape is a kernel name in one grid and block on one device.
type shape struct {
	bytes, time, bandwidth float64 // NaN when missing
	flop, leastTime        float64 // operations, and seconds that they take at their peaks
}

// shapes is what the roofline says of one kernel name.
type shapes struct {
	list                []shape
	precisions, methods []string
}

// roofsOf gathers the tables of the roofline by kernel name. Nil has none.
func roofsOf(r *result.Result) map[string]*shapes {
	byName, at := map[string]*shapes{}, map[[4]string]int{}
	kernels, points := frameOf(r, "kernels"), frameOf(r, "roofline")
	if kernels == nil || points == nil {
		return byName
	}
	key := func(f *frames.Frame, i int) [4]string {
		return [4]string{f.Column("kernel").Str(i), f.Column("grid").Str(i), f.Column("block").Str(i), f.Column("device").Str(i)}
	}
	for i := range kernels.Len() {
		k := key(kernels, i)
		if byName[k[0]] == nil {
			byName[k[0]] = &shapes{}
		}
		s := byName[k[0]]
		at[k] = len(s.list)
		s.list = append(s.list, shape{bytes: kernels.Column("bytes").Float(i), time: kernels.Column("time").Float(i) / 1e9, bandwidth: kernels.Column("bandwidth").Float(i)})
	}
	for i := range points.Len() {
		k := key(points, i)
		place, known := at[k]
		if !known {
			continue
		}
		s, ops := byName[k[0]], points.Column("ops").Float(i)
		of := &s.list[place]
		of.flop += ops
		of.leastTime += ops / points.Column("peak").Float(i)
		s.precisions = include(s.precisions, points.Column("precision").Str(i))
		s.methods = include(s.methods, points.Column("method").Str(i))
	}
	return byName
}

func include(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// roof adds the shapes up. counted says that no operation seen means none done.
func (s *shapes) roof(counted bool) Roof {
	if s == nil || len(s.precisions) == 0 && !counted {
		return Roof{}
	}
	var flop, bytes, time, atPeak, atBandwidth, least float64
	for _, of := range s.list {
		flop, bytes, time = flop+of.flop, bytes+of.bytes, time+of.time
		atPeak, atBandwidth = atPeak+of.leastTime, atBandwidth+of.bytes/of.bandwidth
		least += max(of.leastTime, of.bytes/of.bandwidth) // NaN when either is
	}
	r := Roof{FLOP: wholeOf(flop), Intensity: realOf(flop / bytes), Rate: realOf(flop / time),
		Precision: strings.Join(s.precisions, "+"), Method: strings.Join(s.methods, "+")}
	if flop == 0 {
		return r
	}
	r.Peak, r.Ceiling, r.OfRoof = realOf(flop/atPeak), realOf(flop/least), realOf(100*least/time)
	r.Ridge = realOf(flop / atPeak / (bytes / atBandwidth))
	switch {
	case atBandwidth > atPeak:
		r.Side = "memory"
	case atBandwidth <= atPeak:
		r.Side = "compute"
	}
	return r
}
