package roofline

import (
	"cmp"
	"math"
	"slices"
)

// The sides of the ridge.
const (
	memorySide  = "memory side"
	computeSide = "compute side"
)

// point is a kernel in one precision, with its place under the roof. What cannot
// be worked out is NaN.
type point struct {
	*kernel
	*amount
	share     float64 // of the GPU time of the launches looked at, in %
	intensity float64 // operations a byte
	rate      float64 // operations a second
	peak      float64 // operations a second
	bandwidth float64 // bytes a second
	ridge     float64 // operations a byte
	roof      float64 // operations a second
}

// place works out the points, floating-point and integer apart, longest kernel
// first and within a kernel the precision with most operations first.
func (p *profile) place(params Params) (floats, integers []point) {
	for _, k := range p.kernels {
		for _, a := range k.shown(params) {
			pt := newPoint(k, a, p.time, params)
			if a.integer {
				integers = append(integers, pt)
			} else {
				floats = append(floats, pt)
			}
		}
	}
	return floats, integers
}

// shown returns the amounts that the parameters ask for.
func (k *kernel) shown(p Params) []*amount {
	var list []*amount
	for _, a := range k.work {
		if (p.Precision == "all" || a.matches(p.Precision)) && !k.minor(a, p) {
			list = append(list, a)
		}
	}
	slices.SortStableFunc(list, func(a, b *amount) int { return cmp.Compare(b.ops.value, a.ops.value) })
	return list
}

func (a *amount) matches(precision string) bool {
	if a.tensor {
		return precision == "tensor"
	}
	return precision == a.precision
}

// minor reports whether a is too small a part of the kernel's work to be shown.
func (k *kernel) minor(a *amount, p Params) bool {
	all := 0.0
	for _, b := range k.work {
		all += b.ops.value
	}
	return a.ops.value*100 < p.MinShare*all
}

func newPoint(k *kernel, a *amount, profileTime int64, p Params) point {
	pt := point{kernel: k, amount: a, share: 100 * float64(k.time) / float64(profileTime),
		rate: a.ops.value * 1e9 / float64(k.time), intensity: math.NaN(), peak: a.ceiling(p), bandwidth: k.ceiling(p)}
	if !k.bytes.missing && k.bytes.value > 0 {
		pt.intensity = a.ops.value / k.bytes.value
	}
	for _, ceiling := range []*float64{&pt.peak, &pt.bandwidth} {
		if !(*ceiling > 0) { // a report that says 0 says nothing
			*ceiling = math.NaN()
		}
	}
	pt.ridge = pt.peak / pt.bandwidth
	pt.roof = math.Min(pt.peak, pt.intensity*pt.bandwidth)
	return pt
}

// ceiling is the peak rate: the parameter's, else the report's.
func (a *amount) ceiling(p Params) float64 {
	given := 0.0
	switch {
	case a.integer:
		given = p.PeakInt
	case a.tensor:
		given = p.PeakTensor
	case a.precision == "fp64":
		given = p.PeakFP64
	case a.precision == "fp32":
		given = p.PeakFP32
	case a.precision == "fp16":
		given = p.PeakFP16
	}
	if given > 0 {
		return given
	}
	return positive(a.peak.value())
}

// ceiling is the bandwidth of the level: the parameter's, else the report's.
func (k *kernel) ceiling(p Params) float64 {
	if p.Bandwidth > 0 {
		return p.Bandwidth
	}
	return positive(k.bandwidth.value())
}

// positive makes a ceiling of zero, which some reports print for "unknown", missing.
func positive(v float64) float64 {
	if v > 0 {
		return v
	}
	return math.NaN()
}

// ofRoof is how much of its roof the kernel reaches, in %.
func (p point) ofRoof() float64 { return 100 * p.rate / p.roof }

// side tells which ceiling is the lower one at the kernel's intensity.
func (p point) side() string {
	switch {
	case p.intensity < p.ridge:
		return memorySide
	case p.intensity >= p.ridge:
		return computeSide
	}
	return ""
}

// headroom is the time in ns that the kernel would save at its roof: never below 0.
func (p point) headroom() float64 {
	saved := float64(p.time) * (1 - p.ofRoof()/100)
	if math.IsNaN(saved) {
		return saved
	}
	return math.Max(0, saved)
}
