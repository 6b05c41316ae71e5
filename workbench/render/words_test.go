package render_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"profilemate/frames"
	"profilemate/workbench/fault"
	"profilemate/workbench/render"
	"profilemate/workbench/result"
)

func kernelTable(rows int) *frames.Frame {
	b := frames.NewBuilder("kernels", frames.Schema{
		{Name: "kernel", Kind: frames.String, Doc: "demangled name"}, {Name: "instances", Kind: frames.Int64}, {Name: "total", Kind: frames.Int64, Unit: "ns"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of GPU time"}, {Name: "traffic", Kind: frames.Int64, Unit: "B"}, {Name: "graph", Kind: frames.Bool},
	})
	for i := range rows {
		name := kernelNames()[i%len(kernelNames())]
		total := int64(81_345_678 >> i)
		b.Row(name, 17_436*(i+1), total, float64(total)/1.7e6, any(int64(5)<<30>>i), i%2 == 0)
	}
	if rows > 3 {
		b.Row("without traffic", 9_007_199_254_740_993, 1, math.NaN(), nil, nil)
	}
	return b.Frame()
}

func sample() *result.Result {
	r := &result.Result{Charts: []result.Chart{columns()}}
	r.Add("kernels", "Kernels by GPU time", kernelTable(8))
	r.Add("none", "Nothing found", kernelTable(0))
	r.Note("the GPU worked for 61 %% of the 4.3 s of the capture")
	r.Warn("capture with --cuda-graph-trace=node", "3 graph launches hide their kernels; %s", hostile)
	return r
}

func bundle(r *result.Result, rows int) result.Bundle {
	b := result.Bundle{Version: 1, Analysis: "kernel-summary", Title: "Kernel summary", ElapsedNs: 12_345_678,
		Inputs:   []result.BundleInput{{Role: "profile", Path: "runs/a.sqlite", Digest: "sha256:0123456789abcdef0123456789abcdef"}},
		Findings: r.Findings, Charts: r.Charts}
	for _, t := range r.Tables {
		b.Tables = append(b.Tables, result.NewPreview(t, rows))
	}
	return b
}

func TestText(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]render.TextOptions{
		"text-100.txt": {}, "text-70.txt": {Width: 70, Rows: 3}, "text-wide.txt": {Width: 400, Table: "kernels", Rows: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := render.Text(&out, sample(), o); err != nil {
				t.Fatal(err)
			}
			golden(t, name, out.Bytes())
		})
	}
}

func TestTextFits(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := render.Text(&out, sample(), render.TextOptions{Width: 100}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
			t.Errorf("a line of %d characters at a width of 100: %s", n, line)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\n' }) {
			t.Errorf("a control character reaches the terminal: %q", line)
		}
	}
}

func TestTextOfAnotherTable(t *testing.T) {
	t.Parallel()
	err := render.Text(&bytes.Buffer{}, sample(), render.TextOptions{Table: "layers"})
	if fault.KindOf(err) != fault.NotFound || !strings.Contains(err.Error(), `no table "layers" (there are: kernels, none)`) {
		t.Errorf("got error %v", err)
	}
}

// JSON keeps every value: whole numbers to the digit, nothing scaled.
func TestJSONIsExact(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := render.JSON(&out, bundle(sample(), -1+1<<20)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"81345678,", "5368709120,", `"9007199254740993"`, `"params": {}`, `"unit": "ns"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the JSON does not have %s", want)
		}
	}
	var back result.Bundle
	if err := json.Unmarshal(out.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if got := back.Tables[0].Rows[8][3]; got != nil {
		t.Errorf("a value that is no number came back as %v", got)
	}
	if back.Findings[1].Text != sample().Findings[1].Text[:len(back.Findings[1].Text)] {
		t.Errorf("the finding came back as %q", back.Findings[1].Text)
	}
}

func TestJSONHasNoNullLists(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := render.JSON(&out, result.Bundle{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "null") {
		t.Errorf("an empty bundle has a null:\n%s", out.String())
	}
}

func TestHTML(t *testing.T) {
	t.Parallel()
	got := render.HTML(bundle(sample(), 1000), render.HTMLOptions{Rows: 4})
	golden(t, "result.html", []byte(got))
	for _, bad := range []string{"<script", "<img", " onerror=\"", "NaN"} {
		if strings.Contains(got, bad) {
			t.Errorf("the HTML has %q", bad)
		}
	}
}

func TestHTMLChartGroups(t *testing.T) {
	t.Parallel()
	b := result.Bundle{}
	for _, name := range []string{"layer 0", "layer 1", "layer 2"} {
		c := columns()
		c.Name, c.Title, c.Group = name, name, "layers"
		b.Charts = append(b.Charts, c)
	}
	if got := render.HTML(b, render.HTMLOptions{}); strings.Count(got, "<svg") != 1 || !strings.Contains(got, "the first of 3 charts") {
		t.Errorf("a preview of three grouped charts has %d charts, or does not say so", strings.Count(got, "<svg"))
	}
	got := render.HTML(b, render.HTMLOptions{AllCharts: true, Themed: true})
	if strings.Count(got, "<svg") != 3 || strings.Count(got, " open>") != 1 || !strings.Contains(got, "var(--chart-ink,#1B1F24)") {
		t.Errorf("all charts of a group: %d charts, %d open, or not themed", strings.Count(got, "<svg"), strings.Count(got, " open>"))
	}
}

func TestHTMLSaysWhatCannotBeDrawn(t *testing.T) {
	t.Parallel()
	got := render.HTML(result.Bundle{Charts: []result.Chart{{Name: "c", Kind: "<radar>"}}}, render.HTMLOptions{})
	if !strings.Contains(got, "there is no chart kind &#34;&lt;radar&gt;&#34;") {
		t.Errorf("got %s", got)
	}
}

func TestShortName(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, want string }{
		{kernelNames()[0], "vectorized_gather_kernel"},
		{kernelNames()[1], kernelNames()[1]},
		{kernelNames()[3], "gatherTopK"},
		{kernelNames()[4], "vectorized_elementwise_kernel<CUDAFunctor_add>"},
		{kernelNames()[5], "vectorized_layer_norm_kernel"},
		{"void at::native::reduce_kernel<(int)128, (int)4, at::native::ReduceOp<c10::BFloat16, at::native::func_wrapper_t<c10::BFloat16, at::native::sum_functor<c10::BFloat16, float>>>>(T3)", "reduce_kernel<sum_functor>"},
		{"void at::native::elementwise_kernel<(int)128, (int)4, void at::native::gpu_kernel_impl_nocast<at::native::BinaryFunctor<float, float, float, at::native::binary_internal::MulFunctor<float>>>(at::TensorIteratorBase &)>(int, T3)", "elementwise_kernel<MulFunctor>"},
		{"void cutlass::device_kernel<cutlass::gemm::kernel::GemmUniversal<int>>(T1::Params)", "device_kernel<GemmUniversal>"},
		{"void flash_fwd_kernel<Flash_fwd_kernel_traits<128, 64>, false>(Flash_fwd_params)", "flash_fwd_kernel<Flash_fwd_kernel_traits>"},
		{"gemm_naive(int, const float *, float *)", "gemm_naive"},
		{"void (anonymous namespace)::softmax_warp<float, 4>(float *)", "softmax_warp"},
		{"kernel()", "kernel"},
		{"float v = rough(x[i]);", "float v = rough(x[i]);"},
		{"__global__ void stride(int n, const float *x){", "__global__ void stride(int n, const float *x){"},
		{"ns::inner::f", "f"},
		{"layer 3", "layer 3"},
		{"decode (batch 8)", "decode (batch 8)"},
		{"GPU time (ms)", "GPU time (ms)"},
		{"prefill, step 1 of 5", "prefill, step 1 of 5"},
		{"a < b", "a < b"},
		{"f<float, 4>&x", "f<float, 4>&x"},
		{"cut_off<float, std::arr", "cut_off"},
		{"", ""}, {"<", "<"}, {"(", "("}, {">", ">"}, {"::", "::"},
	}
	for _, test := range tests {
		if got := render.ShortName(test.name); got != test.want {
			t.Errorf("ShortName(%q) = %q, want %q", test.name, got, test.want)
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text  string
		width int
		want  string
	}{
		{"short", 5, "short"}, {"a_long_kernel_name_TNT", 12, "a_long_k…TNT"}, {"äöüäöü", 4, "äö…ü"},
		{"abc", 2, "ab"}, {"abc", 0, ""}, {"abc", -1, ""},
	} {
		if got := render.Fold(test.text, test.width); got != test.want {
			t.Errorf("Fold(%q, %d) = %q, want %q", test.text, test.width, got, test.want)
		}
	}
}

func TestScaleUnit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		unit   string
		size   float64
		factor float64
		want   string
	}{
		{"ns", 999, 1, "ns"}, {"ns", 1000, 1e-3, "µs"}, {"ns", 4.3e9, 1e-9, "s"}, {"ns", 1e13, 1e-9, "s"}, {"ns", 0.2, 1, "ns"},
		{"s", 0.0021, 1e3, "ms"}, {"ms", 1500, 1e-3, "s"}, {"us", 3, 1, "µs"},
		{"B", 5 << 30, 1e-9, "GB"}, {"B/s", 3.35e12, 1e-12, "TB/s"}, {"FLOP/s", 6.69e13, 1e-12, "TFLOP/s"}, {"FLOP", 2147483648, 1e-9, "GFLOP"},
		{"FLOP/B", 5000, 1, "FLOP/B"}, {"%", 1e4, 1, "%"}, {"", 1e9, 1, ""}, {"ns", 0, 1, "ns"}, {"ns", math.NaN(), 1, "ns"}, {"B", -2e6, 1e-6, "MB"},
	} {
		factor, unit := render.ScaleUnit(test.unit, test.size)
		if factor != test.factor || unit != test.want {
			t.Errorf("ScaleUnit(%q, %g) = %g, %q; want %g, %q", test.unit, test.size, factor, unit, test.factor, test.want)
		}
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, source, want, without string }{
		{"heading", "# A *run*", "<h1>A <em>run</em></h1>", ""},
		{"table", "|a|b|\n|-|-|\n|1|2|", "<td>1</td>", ""},
		{"code", "`f<float>`", "<code>f&lt;float&gt;</code>", ""},
		{"raw HTML", "x <script>alert(1)</script> <img src=x onerror=alert(1)>", "alert(1)", "<script"},
		{"raw block", "<div onclick=alert(1)>x</div>", "", "onclick"},
		{"script URL", "[x](javascript:alert(1))", ">x</a>", "javascript:"},
		{"remote image", "![the *chart*](https://example.com/a.png)", `<a href="https://example.com/a.png">the <em>chart</em></a>`, "<img"},
		{"own image", "![x](data:image/png;base64,AAAA)", `<img src="data:image/png;base64,AAAA"`, ""},
		{"image in a link", "[![x](https://example.com/a.png)](https://example.com)", "x</a>", "<img"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := render.Markdown(test.source)
			if !strings.Contains(got, test.want) || test.without != "" && strings.Contains(got, test.without) {
				t.Errorf("got %s; want %q in it and not %q", got, test.want, test.without)
			}
		})
	}
}

func FuzzShortName(f *testing.F) {
	for _, name := range append(kernelNames(), "a<b<c", "x(y", "::<>()", "operator<(int)") {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		short := render.ShortName(name)
		if len(short) > len(name)+2 {
			t.Errorf("the short name %q is longer than %q", short, name)
		}
		if name != "" && short == "" {
			t.Errorf("%q has no short name", name)
		}
	})
}

func FuzzMarkdown(f *testing.F) {
	f.Add("# a\n\n<script>x</script> ![i](http://x) [a](javascript:x)\n|a|\n|-|\n|<b>|")
	f.Add("![[[](<javascript:alert(1)>)")
	f.Fuzz(func(t *testing.T, source string) {
		got := strings.ToLower(render.Markdown(source))
		for _, bad := range []string{"<script", "<iframe", "<style", "href=\"javascript:", "src=\"http"} {
			if strings.Contains(got, bad) {
				t.Errorf("%q gives %q", source, got)
			}
		}
	})
}

func BenchmarkHTML(b *testing.B) {
	r := &result.Result{}
	r.Add("kernels", "Kernels", kernelTable(1000))
	preview := bundle(r, result.PreviewRows)
	b.ReportAllocs()
	for b.Loop() {
		render.HTML(preview, render.HTMLOptions{Rows: result.PreviewRows})
	}
}

// Kernels that differ in the middle of their names stay apart when folded.
func TestFoldedNamesStayApart(t *testing.T) {
	t.Parallel()
	names := []string{
		"nvjet_sm90_tst_64x8_64x16_2x1_v_bz_with_a_long_common_tail_NNT",
		"nvjet_sm90_tst_64x8_64x16_4x1_v_bz_with_a_long_common_tail_NNT",
		"nvjet_sm90_tst_64x8_64x16_1x1_h_bz_with_a_long_common_tail_NNT",
	}
	b := frames.NewBuilder("k", frames.Schema{{Name: "kernel", Kind: frames.String}})
	for _, name := range names {
		b.String(0, name)
	}
	r := &result.Result{}
	r.Add("k", "Kernels", b.Frame())
	var out bytes.Buffer
	if err := render.Text(&out, r, render.TextOptions{Width: 30}); err != nil {
		t.Fatal(err)
	}
	c := kernelBars()
	c.X.Categories, c.Series[0].Y = names, c.Series[0].Y[:3]
	svg := string(draw(t, c))
	for _, part := range []string{"_2x1_", "_4x1_", "_1x1_"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("the table cut %s:\n%s", part, out.String())
		}
		if strings.Count(svg, part) < 2 {
			t.Errorf("the axis cut %s", part)
		}
	}
}

// Columns that answer the question stay on a narrow terminal, the most important
// longest, and all stay in their order.
func TestKeysStay(t *testing.T) {
	t.Parallel()
	columns := []frames.Column{frames.StringColumn(frames.Field{Name: "kernel"}, []string{"gemm"}, nil)}
	for _, name := range []string{"grid", "block", "time", "launches", "of_roof"} {
		columns = append(columns, frames.IntColumn(frames.Field{Name: name, Kind: frames.Int64}, []int64{12345678}, nil))
	}
	r := (&result.Result{}).Add("roofline", "Roofline", frames.Must(frames.New("roofline", columns...)))
	for _, c := range []struct {
		width       int
		shown, left string // the header, and what is named behind the table
	}{
		{66, "kernel  grid  block  time  launches  of_roof", ""},
		{55, "kernel  grid  block  time  of_roof", "1 more column, which a wider terminal or CSV shows: launches"},
		{30, "kernel  time  of_roof", "3 more columns, which a wider terminal or CSV shows: grid, block, launches"},
		{20, "kernel  of_roof", "4 more columns, which a wider terminal or CSV shows: grid, block, time, launches"},
	} {
		var out bytes.Buffer
		o := render.TextOptions{Width: c.width, Fit: true, Keys: map[string][]string{"roofline": {"of_roof", "time"}, "other": {"grid"}}}
		if err := render.Text(&out, r, o); err != nil {
			t.Fatal(err)
		}
		header := strings.Split(out.String(), "\n")[1]
		if got := strings.Join(strings.Fields(header), "  "); got != c.shown {
			t.Errorf("width %d: the columns are %q, want %q", c.width, got, c.shown)
		}
		if got := strings.Join(strings.Fields(out.String()), " "); !strings.Contains(got, c.left) || strings.Contains(got, "more column") != (c.left != "") {
			t.Errorf("width %d: %q is not said:\n%s", c.width, c.left, out.String())
		}
	}
}

// In a file names are whole: two that differ in the middle stay two.
func TestTextWhole(t *testing.T) {
	t.Parallel()
	names := []string{"nvjet_sm90_tst_64x8_64x16_4x1_v_bz_NNT" + strings.Repeat("x", 100), "nvjet_sm90_tst_64x8_64x16_1x2_h_bz_NNT" + strings.Repeat("x", 100)}
	r := (&result.Result{}).Add("kernels", "Kernels", frames.Must(frames.New("kernels", frames.StringColumn(frames.Field{Name: "kernel"}, names, nil))))
	var out bytes.Buffer
	if err := render.Text(&out, r, render.TextOptions{Whole: true}); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if !strings.Contains(out.String(), name+"\n") {
			t.Errorf("%s is not whole:\n%s", name, out.String())
		}
	}
}

// On a terminal no line is wider than it, and what a table leaves out is named.
func TestTextFitsATerminal(t *testing.T) {
	t.Parallel()
	wide := result.Result{}
	columns := []frames.Column{frames.StringColumn(frames.Field{Name: "kernel"}, []string{"gemm", "copy"}, nil)}
	for i := range 12 {
		columns = append(columns, frames.IntColumn(frames.Field{Name: fmt.Sprintf("number_%d", i), Kind: frames.Int64}, []int64{1234567, int64(i)}, nil))
	}
	wide.Add("wide", "Wide", frames.Must(frames.New("wide", columns...)))
	for _, width := range []int{40, 80, 120, 200} {
		var out bytes.Buffer
		if err := render.Text(&out, &wide, render.TextOptions{Width: width, Fit: true}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("width %d: a line of %d: %s", width, n, line)
			}
		}
		for i := range 12 {
			if name := fmt.Sprintf("number_%d", i); !strings.Contains(out.String(), name) {
				t.Errorf("width %d: %s is neither shown nor named:\n%s", width, name, out.String())
			}
		}
		if said := strings.Contains(out.String(), "more column"); said != (width < 140) {
			t.Errorf("width %d: columns left out are named: %t\n%s", width, said, out.String())
		}
	}
}
