package roof

import "strings"

// Device is what NVIDIA's data sheets and whitepapers say of a GPU: dense peaks at the
// boost clock in operations a second, and the DRAM bandwidth in B/s. 0 is not published
// or not there.
type Device struct {
	Name       string // as CUDA names it, without the maker
	Capability string // compute capability

	FP32      float64 // ordinary instructions; an FMA is 2
	TF32      float64 // tensor instructions, as are the next
	FP16      float64 // with fp32 sums
	BF16      float64
	FP8, Int8 float64
	FP4       float64
	DRAM      float64 // B/s
}

// Devices returns the devices whose ceilings are known. The caller owns the slice.
func Devices() []Device {
	const tera, giga = 1e12, 1e9
	return []Device{
		{Name: "V100-SXM2-16GB", Capability: "7.0", FP32: 15.7 * tera, FP16: 125 * tera, DRAM: 900 * giga},
		{Name: "V100-SXM2-32GB", Capability: "7.0", FP32: 15.7 * tera, FP16: 125 * tera, DRAM: 900 * giga},
		{Name: "V100-PCIE-16GB", Capability: "7.0", FP32: 14 * tera, FP16: 112 * tera, DRAM: 900 * giga},
		{Name: "V100-PCIE-32GB", Capability: "7.0", FP32: 14 * tera, FP16: 112 * tera, DRAM: 900 * giga},
		{Name: "T4", Capability: "7.5", FP32: 8.1 * tera, FP16: 65 * tera, Int8: 130 * tera, DRAM: 320 * giga},
		{Name: "A10", Capability: "8.6", FP32: 31.2 * tera, TF32: 62.5 * tera, FP16: 125 * tera, BF16: 125 * tera, Int8: 250 * tera, DRAM: 600 * giga},
		{Name: "A100-PCIE-40GB", Capability: "8.0", FP32: 19.5 * tera, TF32: 156 * tera, FP16: 312 * tera, BF16: 312 * tera, Int8: 624 * tera, DRAM: 1555 * giga},
		{Name: "A100-SXM4-40GB", Capability: "8.0", FP32: 19.5 * tera, TF32: 156 * tera, FP16: 312 * tera, BF16: 312 * tera, Int8: 624 * tera, DRAM: 1555 * giga},
		{Name: "A100 80GB PCIe", Capability: "8.0", FP32: 19.5 * tera, TF32: 156 * tera, FP16: 312 * tera, BF16: 312 * tera, Int8: 624 * tera, DRAM: 1935 * giga},
		{Name: "A100-SXM4-80GB", Capability: "8.0", FP32: 19.5 * tera, TF32: 156 * tera, FP16: 312 * tera, BF16: 312 * tera, Int8: 624 * tera, DRAM: 2039 * giga},
		{Name: "L4", Capability: "8.9", FP32: 30.3 * tera, TF32: 60 * tera, FP16: 121 * tera, BF16: 121 * tera, FP8: 242 * tera, Int8: 242 * tera, DRAM: 300 * giga},
		{Name: "L40S", Capability: "8.9", FP32: 91.6 * tera, TF32: 183 * tera, FP16: 362 * tera, BF16: 362 * tera, FP8: 733 * tera, Int8: 733 * tera, DRAM: 864 * giga},
		{Name: "GeForce RTX 4090", Capability: "8.9", FP32: 82.6 * tera, TF32: 82.6 * tera, FP16: 165.2 * tera, BF16: 165.2 * tera, FP8: 330.3 * tera, Int8: 660.6 * tera, DRAM: 1008 * giga},
		{Name: "H100 PCIe", Capability: "9.0", FP32: 51.2 * tera, TF32: 378 * tera, FP16: 756 * tera, BF16: 756 * tera, FP8: 1513 * tera, Int8: 1513 * tera, DRAM: 2000 * giga},
		{Name: "H100 80GB HBM3", Capability: "9.0", FP32: 66.9 * tera, TF32: 494.7 * tera, FP16: 989.4 * tera, BF16: 989.4 * tera, FP8: 1978.9 * tera, Int8: 1978.9 * tera, DRAM: 3350 * giga},
		{Name: "H200", Capability: "9.0", FP32: 66.9 * tera, TF32: 494.7 * tera, FP16: 989.4 * tera, BF16: 989.4 * tera, FP8: 1978.9 * tera, Int8: 1978.9 * tera, DRAM: 4800 * giga},
		{Name: "B200", Capability: "10.0", FP32: 75 * tera, TF32: 1100 * tera, FP16: 2250 * tera, BF16: 2250 * tera, FP8: 4500 * tera, Int8: 4500 * tera, FP4: 9000 * tera, DRAM: 7700 * giga},
	}
}

// DeviceNamed returns a device by the name that CUDA has for it; ok is false for one
// that is not known. Only a name that is the same to the letter will do: a slice of a
// device (MIG), a mobile or a reduced one has other peaks.
func DeviceNamed(name string) (d Device, ok bool) {
	name = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(name), "NVIDIA "), "Tesla ")
	for _, d := range Devices() {
		if d.Name == name {
			return d, true
		}
	}
	return Device{}, false
}

// Peak is the device's peak for operations of a precision, by ordinary instructions or
// tensor ones, in operations a second: 0 when it is not known.
func (d Device) Peak(precision string, tensor bool) float64 {
	if tensor {
		switch precision {
		case "tf32":
			return d.TF32
		case "fp16":
			return d.FP16
		case "bf16":
			return d.BF16
		case "fp8":
			return d.FP8
		case "int8":
			return d.Int8
		case "fp4":
			return d.FP4
		}
		return 0
	}
	switch precision {
	case "fp32":
		return d.FP32
	case "fp64":
		return d.FP32 * d.ratio(precision)
	case "fp16":
		return d.FP32 * d.ratio(precision)
	}
	return 0
}

// ratio is the results of a precision for each of fp32, from the table of arithmetic
// throughput in the CUDA Programming Guide; 0 where it does not say.
func (d Device) ratio(precision string) float64 {
	type pair struct{ fp64, fp16 float64 }
	r := map[string]pair{"7.0": {1.0 / 2, 2}, "7.5": {1.0 / 32, 2}, "8.0": {1.0 / 2, 4}, "8.6": {1.0 / 64, 1},
		"8.9": {1.0 / 64, 1}, "9.0": {1.0 / 2, 2}, "10.0": {fp64: 1.0 / 2}}[d.Capability]
	if precision == "fp64" {
		return r.fp64
	}
	return r.fp16
}
