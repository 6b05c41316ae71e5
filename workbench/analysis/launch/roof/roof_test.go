package roof_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/analysis/launch/roof"
)

// Ridge points as published beside the data sheets, in FLOP/B: a slip of a digit in a
// peak or a bandwidth moves them.
func TestRidges(t *testing.T) {
	t.Parallel()
	for _, want := range []struct {
		device, precision string
		ridge             float64
	}{
		{"NVIDIA A100-SXM4-80GB", "fp16", 153}, {"NVIDIA H100 80GB HBM3", "bf16", 295}, {"NVIDIA H100 80GB HBM3", "fp8", 591},
		{"NVIDIA H200", "fp16", 206}, {"NVIDIA H200", "fp8", 412}, {"NVIDIA L4", "bf16", 403}, {"NVIDIA B200", "bf16", 292},
		{"Tesla V100-SXM2-16GB", "fp16", 139}, {"Tesla T4", "fp16", 203}, {"NVIDIA GeForce RTX 4090", "fp16", 164},
	} {
		d, ok := roof.DeviceNamed(want.device)
		if got := math.Round(d.Peak(want.precision, true) / d.DRAM); !ok || got != want.ridge {
			t.Errorf("%s, %s: the ridge is %v, not %v", want.device, want.precision, got, want.ridge)
		}
	}
}

// Only the very name will do: slices, mobile and reduced devices have other peaks.
func TestUnknownDevices(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "NVIDIA", "NVIDIA H100", "NVIDIA H100 80GB HBM3 MIG 1g.10gb", "NVIDIA H100 NVL", "NVIDIA H200 NVL", "NVIDIA GeForce RTX 4090 Laptop GPU",
		"NVIDIA GeForce RTX 4090 D", "NVIDIA A100", "NVIDIA A10G", "NVIDIA GB10"} {
		if d, ok := roof.DeviceNamed(name); ok {
			t.Errorf("%q is taken for %s", name, d.Name)
		}
	}
}

// Every device is of compute capability 7.0 or later, known by one name, with a peak of
// ordinary instructions and a bandwidth; tensor instructions are faster than those, and
// narrower factors not slower.
func TestDevices(t *testing.T) {
	t.Parallel()
	seen, capabilities := map[string]bool{}, map[string]bool{}
	for _, d := range roof.Devices() {
		if seen[d.Name] || strings.HasPrefix(d.Name, "NVIDIA") {
			t.Errorf("the name %q", d.Name)
		}
		seen[d.Name], capabilities[d.Capability] = true, true
		if c, err := strconv.ParseFloat(d.Capability, 64); err != nil || c < 7 {
			t.Errorf("%s has compute capability %s", d.Name, d.Capability)
		}
		if !(d.FP32 > 1e12 && d.DRAM > 1e11 && d.FP16 > d.FP32 && d.Peak("fp64", false) > 0 && d.Peak("fp64", false) < d.FP32) {
			t.Errorf("%s: %+v", d.Name, d)
		}
		last := d.FP32
		for _, peak := range []float64{d.TF32, d.BF16, d.FP8, d.FP4} {
			if peak > 0 && peak < last {
				t.Errorf("%s: %v FLOP/s behind %v", d.Name, peak, last)
			}
			last = max(last, peak)
		}
		for _, precision := range []string{"any", "int4", ""} {
			if d.Peak(precision, true) != 0 || d.Peak("bf16", false) != 0 {
				t.Errorf("%s has a peak of %q", d.Name, precision)
			}
		}
	}
	for _, c := range []string{"7.0", "7.5", "8.0", "8.6", "8.9", "9.0", "10.0"} {
		if !capabilities[c] {
			t.Errorf("no device of compute capability %s", c)
		}
	}
}

// What is given goes before the report, and the report before the data sheet.
func TestCeilingOrder(t *testing.T) {
	t.Parallel()
	collect := func(peak, bandwidth any) *roof.Profile {
		launches := frames.NewBuilder("launches", frames.Schema{
			{Name: "launch", Kind: frames.Int64}, {Name: "kernel", Kind: frames.String}, {Name: "device_name", Kind: frames.String},
			{Name: "time", Kind: frames.Int64, Unit: "ns"}, {Name: "dram_bytes", Kind: frames.Int64, Unit: "B"}, {Name: "peak_dram", Kind: frames.Float64, Unit: "B/s"}})
		launches.Row(0, "k", "NVIDIA L4", 1000, 100, bandwidth)
		work := frames.NewBuilder("work", frames.Schema{
			{Name: "launch", Kind: frames.Int64}, {Name: "precision", Kind: frames.String}, {Name: "path", Kind: frames.String},
			{Name: "ops", Kind: frames.Int64, Unit: "FLOP"}, {Name: "peak", Kind: frames.Float64, Unit: "FLOP/s"}})
		work.Row(0, "fp32", "cuda", 400, peak)
		p, err := roof.Collect(t.Context(), launches.Frame(), work.Frame(), roof.Options{Level: "dram"})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, c := range []struct {
		peak, bandwidth         any
		given                   roof.Ceilings
		wantPeak, wantBandwidth float64
		from, bandwidthFrom     string
	}{
		{nil, nil, roof.Ceilings{}, 30.3e12, 300e9, roof.FromDevice, roof.FromDevice},
		{2e12, nil, roof.Ceilings{}, 2e12, 300e9, roof.FromReport, roof.FromDevice},
		{2e12, 1e11, roof.Ceilings{FP32: 5e12}, 5e12, 1e11, roof.FromGiven, roof.FromReport},
		{0.0, 1e11, roof.Ceilings{Bandwidth: 7e11}, 30.3e12, 7e11, roof.FromDevice, roof.FromGiven},
	} {
		points, _ := collect(c.peak, c.bandwidth).Place(roof.Options{Level: "dram", Given: c.given})
		p := points[0]
		if p.Peak != c.wantPeak || p.Bandwidth != c.wantBandwidth || p.PeakFrom != c.from || p.BandwidthFrom != c.bandwidthFrom {
			t.Errorf("%v, %v and %+v give %v (%s) and %v (%s)", c.peak, c.bandwidth, c.given, p.Peak, p.PeakFrom, p.Bandwidth, p.BandwidthFrom)
		}
	}
}
