package roof

import (
	"cmp"
	"math"
	"slices"
)

// The sides of the ridge.
const (
	MemorySide  = "memory side"
	ComputeSide = "compute side"
)

// Where a ceiling comes from.
const (
	FromGiven  = "given"
	FromReport = "report"
	FromDevice = "data sheet" // at the boost clock: see Device
)

// Point is a kernel in one precision, with its place under the roof. What cannot be
// worked out is NaN.
type Point struct {
	*Kernel
	*Amount
	Share     float64 // of the GPU time of the launches looked at, in %
	Intensity float64 // operations a byte
	Rate      float64 // operations a second
	Peak      float64 // operations a second
	Bandwidth float64 // bytes a second
	Ridge     float64 // operations a byte
	Roof      float64 // operations a second

	PeakFrom, BandwidthFrom string // FromGiven, FromReport, FromDevice, "" without one
}

// Place works out the points, floating-point and integer apart, longest kernel
// first and within a kernel the precision with most operations first.
func (p *Profile) Place(o Options) (floats, integers []Point) {
	for _, k := range p.Kernels {
		for _, a := range k.shown(o) {
			pt := newPoint(k, a, p.Time, o)
			if a.Integer {
				integers = append(integers, pt)
			} else {
				floats = append(floats, pt)
			}
		}
	}
	return floats, integers
}

// shown returns the amounts that the parameters ask for.
func (k *Kernel) shown(o Options) []*Amount {
	var list []*Amount
	for _, a := range k.Work {
		if (o.Precision == "" || o.Precision == "all" || a.matches(o.Precision)) && !k.Minor(a, o.MinShare) {
			list = append(list, a)
		}
	}
	slices.SortStableFunc(list, func(a, b *Amount) int { return cmp.Compare(b.Ops.Value, a.Ops.Value) })
	return list
}

func (a *Amount) matches(precision string) bool {
	if a.Tensor {
		return precision == "tensor"
	}
	return precision == a.Precision
}

// Minor reports whether a is less than a part of the kernel's operations, in %.
func (k *Kernel) Minor(a *Amount, least float64) bool {
	all := 0.0
	for _, b := range k.Work {
		all += b.Ops.Value
	}
	return a.Ops.Value*100 < least*all
}

func newPoint(k *Kernel, a *Amount, profileTime int64, o Options) Point {
	pt := Point{Kernel: k, Amount: a, Share: 100 * float64(k.Time) / float64(profileTime),
		Rate: a.Ops.Value * 1e9 / float64(k.Time), Intensity: math.NaN()}
	device, _ := DeviceNamed(k.ID.Device)
	pt.Peak, pt.PeakFrom = ceiling(o.Given.peak(a), a.Peak.Value(), device.Peak(a.Precision, a.Tensor))
	pt.Bandwidth, pt.BandwidthFrom = k.Ceiling(o)
	if !k.Bytes.Missing && k.Bytes.Value > 0 {
		pt.Intensity = a.Ops.Value / k.Bytes.Value
	}
	pt.Ridge = pt.Peak / pt.Bandwidth
	pt.Roof = math.Min(pt.Peak, pt.Intensity*pt.Bandwidth)
	return pt
}

// peak is the ceiling that is given for an amount, 0 without one.
func (c Ceilings) peak(a *Amount) float64 {
	switch {
	case a.Integer:
		return c.Int
	case a.Tensor:
		return c.Tensor
	case a.Precision == "fp64":
		return c.FP64
	case a.Precision == "fp32":
		return c.FP32
	case a.Precision == "fp16":
		return c.FP16
	}
	return 0
}

// Ceiling is the bandwidth of the level in B/s and where it comes from: NaN and ""
// when it is not known.
func (k *Kernel) Ceiling(o Options) (bytesPerSecond float64, from string) {
	device, _ := DeviceNamed(k.ID.Device)
	if o.Level != "dram" {
		device.DRAM = 0
	}
	return ceiling(o.Given.Bandwidth, k.Bandwidth.Value(), device.DRAM)
}

// ceiling takes what is given, else what the report has, else the device's. Some
// reports print 0 for what they do not know.
func ceiling(given, report, device float64) (v float64, from string) {
	switch {
	case given > 0:
		return given, FromGiven
	case report > 0:
		return report, FromReport
	case device > 0:
		return device, FromDevice
	}
	return math.NaN(), ""
}

// OfRoof is how much of its roof the kernel reaches, in %.
func (p Point) OfRoof() float64 { return 100 * p.Rate / p.Roof }

// Side tells which ceiling is the lower one at the kernel's intensity.
func (p Point) Side() string {
	switch {
	case p.Intensity < p.Ridge:
		return MemorySide
	case p.Intensity >= p.Ridge:
		return ComputeSide
	}
	return ""
}

// Headroom is the time in ns that the kernel would save at its roof: never below 0.
func (p Point) Headroom() float64 {
	saved := float64(p.Time) * (1 - p.OfRoof()/100)
	if math.IsNaN(saved) {
		return saved
	}
	return math.Max(0, saved)
}
