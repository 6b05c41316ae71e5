package render_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"profilemate/workbench/result"
)

// The gallery holds one believable chart of each kind. Its numbers are made up but
// for the kernel names, which are those of a real capture.

func gallery() map[string]result.Chart {
	return map[string]result.Chart{
		"bars": kernelBars(), "columns": columns(), "stacked": stacked(), "grouped": grouped(),
		"lines": imbalance(), "pie": families(), "roofline": roofline(), "scatter": cloud(),
		"heat-counts": counts(16, 16), "heat-large": counts(60, 128), "heat-lift": lift(),
	}
}

func kernelNames() []string {
	return []string{
		"void at::native::vectorized_gather_kernel<(int)16, long>(char *, char *, T2 *, int, long, long, long, long, bool)",
		"nvjet_sm90_tst_128x8_64x12_2x1_v_bz_NNT",
		"cudnn_generated_fort_native_sdpa_sm80_flash_fprop_wmma_f16_knob_35_16x128x64_1x4x1_cga1x1x1_kernel0_0",
		"void at::native::sbtopk::gatherTopK<float, unsigned int, (int)2, (bool)0>(at::cuda::detail::TensorInfo<const T1, T2>, T2, T2, bool)",
		"void at::native::vectorized_elementwise_kernel<(int)8, at::native::CUDAFunctor_add<c10::BFloat16>, std::array<char *, (unsigned long)3>>(int, T2, T3)",
		"void at::native::<unnamed>::vectorized_layer_norm_kernel<c10::BFloat16, float, (bool)1>(int, T2, const T1 *, const T1 *, T2 *, T1 *)",
		"gemm_naive(int, const float *, const float *, float *)",
		`f<float, 4>&x</script><img onerror=alert(1)>`,
	}
}

func kernelBars() result.Chart {
	y := make([]result.Number, len(kernelNames()))
	for i := range y {
		y[i] = result.Number(81.3e6 / math.Pow(1.9, float64(i)))
	}
	return result.Chart{
		Name: "time", Title: "GPU time by kernel", Kind: result.Bar, Horizontal: true,
		X: result.Axis{Label: "Kernel", Categories: kernelNames()}, Y: result.Axis{Label: "GPU time", Unit: "ns"},
		Series: []result.Series{{Name: "total", Y: y}}, Note: "The eight kernels with the most time.",
	}
}

func columns() result.Chart {
	return result.Chart{
		Name: "shares", Title: "Share of GPU time by phase", Kind: result.Bar,
		X:      result.Axis{Label: "Phase", Categories: []string{"prefill", "decode", "sampling", "mixed"}},
		Y:      result.Axis{Label: "Share of GPU time", Unit: "%"},
		Series: []result.Series{{Name: "share", Y: []result.Number{22.5, 61.25, -4, 16.25}}},
	}
}

func threeSeries(n int) []result.Series {
	out := []result.Series{{Name: "gemm", Color: "gemm"}, {Name: "attention", Color: "attention"}, {Name: "moe", Color: "moe"}}
	for s := range out {
		for i := range n {
			out[s].Y = append(out[s].Y, result.Number(1e9*(1+math.Sin(float64(i+3*s)))))
		}
	}
	return out
}

func layers(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("layer %d", i)
	}
	return out
}

func stacked() result.Chart {
	return result.Chart{
		Name: "traffic", Title: "DRAM traffic by layer", Kind: result.Bar, Stacked: true,
		X: result.Axis{Label: "Layer", Categories: layers(24)}, Y: result.Axis{Label: "DRAM traffic", Unit: "B"}, Series: threeSeries(24),
	}
}

func grouped() result.Chart {
	return result.Chart{
		Name: "runs", Title: "Kernel time in two runs", Kind: result.Bar, Horizontal: true,
		X: result.Axis{Label: "Kernel", Categories: kernelNames()[:4]}, Y: result.Axis{Label: "Median duration", Unit: "ns"},
		Series: []result.Series{{Name: "eager", Y: []result.Number{2100, 8300, result.Number(math.NaN()), 4100}}, {Name: "CUDA graph", Y: []result.Number{2000, 8200, 9800, 3900}}},
	}
}

func imbalance() result.Chart {
	random := rand.New(rand.NewPCG(1, 2))
	c := result.Chart{
		Name: "imbalance", Title: "Load imbalance over time", Kind: result.Line,
		X: result.Axis{Label: "Step"}, Y: result.Axis{Label: "Max load over mean load"},
	}
	for layer := range 4 {
		s := result.Series{Name: fmt.Sprintf("layer %d", layer)}
		for step := range 512 {
			y := 2 - float64(layer)/4 + random.Float64()/3 + 3*math.Exp(-float64(step)/60)
			if step > 300 && step < 330 && layer == 0 {
				y = math.NaN()
			}
			s.X, s.Y = append(s.X, result.Number(step)), append(s.Y, result.Number(y))
		}
		c.Series = append(c.Series, s)
	}
	c.Series = append(c.Series, result.Series{Name: "by chance", Color: "chance", Dashed: true, X: []result.Number{0, 511}, Y: []result.Number{1.4, 1.4}})
	return c
}

func families() result.Chart {
	return result.Chart{
		Name: "families", Title: "GPU time by family", Kind: result.Pie, Y: result.Axis{Label: "GPU time", Unit: "ns"},
		X:      result.Axis{Categories: strings.Fields("gemm attention moe norm elementwise reduce copy sampling communication other rest")},
		Series: []result.Series{{Y: []result.Number{51e6, 23e6, 12e6, 6e6, 5e6, 4e6, 3e6, 2e6, 1.5e6, 1e6, 0.2e6}}},
	}
}

func roofline() result.Chart {
	const bandwidth, fp32, tensor = 3.35e12, 66.9e12, 989e12
	low := result.Number(0.01)
	roof := func(name string, peak float64) result.Series {
		return result.Series{Name: name, Kind: result.Line, Color: "roof", X: []result.Number{low, result.Number(peak / bandwidth), 10000},
			Y: []result.Number{low * bandwidth, result.Number(peak), result.Number(peak)}}
	}
	return result.Chart{
		Name: "roofline", Title: "Kernels under the roofs of an H100", Kind: result.Scatter,
		X: result.Axis{Label: "Arithmetic intensity", Unit: "FLOP/B", Log: true}, Y: result.Axis{Label: "Performance", Unit: "FLOP/s", Log: true},
		Series: []result.Series{
			roof("tensor cores, 989 TFLOP/s", tensor), roof("FP32, 66.9 TFLOP/s", fp32),
			{Name: "memory bound", X: []result.Number{0.083, 0.0001, 0}, Y: []result.Number{2.2e11, 0, 5}, Labels: []string{"saxpy(int, float, const float *, float *)", "zero", "zero too"}},
			{Name: "compute bound", X: []result.Number{21, 400, 45}, Y: []result.Number{5.4e12, 1.2e14, 3e13}, Labels: []string{"gemm_naive(int, const float *)", "gemm_wmma(int, const __half *)", "fp64_chain(int, double *)"}, Sizes: []result.Number{1, 0.5, 0.1}},
		},
	}
}

func cloud() result.Chart {
	random := rand.New(rand.NewPCG(3, 4))
	c := result.Chart{Name: "launches", Title: "Duration of each launch", Kind: result.Scatter,
		X: result.Axis{Label: "Start", Unit: "ns"}, Y: result.Axis{Label: "Duration", Unit: "ns", Log: true}}
	for _, family := range []string{"gemm", "attention"} {
		s := result.Series{Name: family, Color: family}
		for range 400 {
			s.X = append(s.X, result.Number(random.Float64()*4.3e9))
			s.Y = append(s.Y, result.Number(2000*math.Exp(random.NormFloat64()*1.2+float64(len(family))/4)))
		}
		c.Series = append(c.Series, s)
	}
	return c
}

func counts(rows, cols int) result.Chart {
	values := make([][]result.Number, rows)
	for y := range values {
		values[y] = make([]result.Number, cols)
		for x := range values[y] {
			values[y][x] = result.Number(math.Round(500 * (1 + math.Sin(float64(x*y)/9))))
			if x == y {
				values[y][x] = result.Number(math.NaN())
			}
		}
	}
	names := make([]string, cols)
	for i := range names {
		names[i] = fmt.Sprint("E", i)
	}
	return result.Chart{Name: "co-selection", Title: "Experts chosen together", Kind: result.HeatMap,
		X: result.Axis{Label: "Expert", Categories: names}, Y: result.Axis{Label: "Expert", Categories: names[:min(rows, cols)]},
		Heat: &result.Heat{Values: values, Label: "Tokens"}}
}

func lift() result.Chart {
	c := counts(8, 8)
	c.Name, c.Title = "lift", "Lift of expert pairs"
	for _, row := range c.Heat.Values {
		for x := range row {
			row[x] = result.Number(math.Exp(float64(row[x])/400 - 1.4))
		}
	}
	c.Heat.Label, c.Heat.Diverging, c.Heat.Middle, c.Heat.Log = "Lift", true, 1, true
	return c
}
