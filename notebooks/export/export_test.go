package export_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/notebooks"
	"profilemate/notebooks/export"
	"profilemate/workbench/result"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// hostile is what a kernel could be called to break out of a page.
const hostile = `</script><img src=x onerror="document.title='broken'">f<float, 4>&x`

// sample is a result with findings, a chart of each library and a table of n rows.
func sample(n int) result.Bundle {
	b := frames.NewBuilder("kernels", frames.Schema{
		{Name: "kernel", Kind: frames.String}, {Name: "instances", Kind: frames.Int64}, {Name: "total", Kind: frames.Int64, Unit: "ns"}, {Name: "share", Kind: frames.Float64, Unit: "%"},
	})
	for i := range n {
		b.Row(fmt.Sprintf("void ns::kernel_%d<float>(float *)", i), i*7919%1000, int64(2_000_000+i*104_729%1_000_003), float64(i)/3)
	}
	b.Row(hostile, 5, 81_345_678, nil)
	frame := b.Frame()
	return result.Bundle{
		Version: 1, Key: "k", Analysis: "kernel-summary", Title: "Kernel summary " + hostile, Inputs: []result.BundleInput{{Role: "profile", Path: "a.sqlite", Digest: "sha256:0123456789abcdef"}},
		Findings: []result.Finding{{Severity: result.Warning, Text: "the name " + hostile + " is odd", Remedy: "rename it"}},
		Tables:   []result.Preview{result.NewPreview(result.Table{Name: "kernels", Title: "Kernels", Frame: frame}, result.PreviewRows)},
		Charts: []result.Chart{
			{Name: "time", Title: "GPU time", Kind: result.Bar, Horizontal: true, X: result.Axis{Categories: []string{"gemm", hostile}}, Y: result.Axis{Label: "GPU time", Unit: "ns"}, Series: []result.Series{{Y: []result.Number{8e6, 3e6}}}},
			{Name: "points", Title: "Points", Kind: result.Scatter, X: result.Axis{Label: "x", Log: true}, Y: result.Axis{Label: "y", Log: true}, Series: []result.Series{{Name: hostile, X: []result.Number{1, 0, 100}, Y: []result.Number{3, 4, result.Number(math.NaN())}}}},
		},
	}
}

func document(n int) *notebooks.Notebook {
	three := 3
	nb := notebooks.New("Where the time goes")
	nb.Cells = []*notebooks.Cell{
		{ID: "a", Type: notebooks.Markdown, Source: "# Where the time goes\n\nA *run* of <script>alert(1)</script> `f<float>`.\n\n![own](attachment:dot.png) ![remote](https://example.com/x.png)",
			Attachments: map[string]any{"dot.png": map[string]any{"image/png": "iVBORw0KGgo="}}},
		{ID: "b", Type: notebooks.Code, Source: "%%analysis kernel-summary a.sqlite\ntop=20", ExecutionCount: &three, Outputs: []notebooks.Output{
			notebooks.Display(notebooks.Bundle{result.MIME: sample(n), "text/html": "<b>not this</b>", "text/plain": "nor this"}, nil),
			notebooks.Stream("stderr", "\x1b[31mred\x1b[0m <b>\n"),
		}},
		{ID: "c", Type: notebooks.Code, Source: "fmt.Println(1 < 2)", ExecutionCount: &three, Outputs: []notebooks.Output{
			notebooks.Error("missing", "there is no table <kernels>", nil),
			notebooks.Display(notebooks.Bundle{"image/png": "iVBORw0K\nGgo="}, nil),
			notebooks.Display(notebooks.Bundle{"image/png": `"onload=alert(1) `, "text/plain": "plain <text>"}, nil),
			notebooks.Display(notebooks.Bundle{"image/svg+xml": `<svg onload="alert(1)"/>`}, nil),
			notebooks.Display(notebooks.Bundle{"text/html": "<script>alert(1)</script>", "application/<x>": 1}, nil),
		}},
		{ID: "d", Type: notebooks.Code, Source: "a cell that nobody ran"},
		{ID: "e", Type: notebooks.Raw, Source: "raw <b>text</b>"},
	}
	return nb
}

func page(t testing.TB, nb *notebooks.Notebook, o export.Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := export.HTML(&out, nb, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestHTMLGolden(t *testing.T) {
	t.Parallel()
	got := page(t, document(2), export.Options{Date: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)})
	path := filepath.Join("testdata", "notebook.html")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs; run go test -update and look at the difference:\n%s", path, diff)
	}
}

// The page holds what it should, escaped, and asks the network for nothing.
func TestHTMLContent(t *testing.T) {
	t.Parallel()
	got := page(t, document(5), export.Options{})
	for _, want := range []string{
		"<title>Where the time goes</title>", "<h1>Where the time goes</h1>", "A <em>run</em> of", `<img src="data:image/png;base64,iVBORw0KGgo="`,
		`<a href="https://example.com/x.png">remote</a>`, "%%analysis kernel-summary a.sqlite", "red &lt;b&gt;", "missing: there is no table &lt;kernels&gt;",
		"plain &lt;text&gt;", "An output of type application/&lt;x&gt;, text/html is not shown here.", "This cell was not run.", "raw &lt;b&gt;text&lt;/b&gt;",
		"sha256:0123456789abcdef", "rename it",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	for _, bad := range []string{"<img src=x", "<script>alert", "not this", "nor this", "\x1b", "<svg onload"} {
		if strings.Contains(got, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if n := strings.Count(got, "<h1>"); n != 1 {
		t.Errorf("the title stands %d times", n)
	}
	if n := strings.Count(got, "<script"); n != 1 {
		t.Errorf("the page has %d scripts", n)
	}
	if m := regexp.MustCompile(`(?i)(src|xlink:href|srcset|action)="?(https?:)?//[^"]*|@import|url\(`).FindString(got); m != "" {
		t.Errorf("the page loads something: %s", m)
	}
}

func TestSameBytesEveryTime(t *testing.T) {
	t.Parallel()
	once := page(t, document(50), export.Options{})
	if again := page(t, document(50), export.Options{}); again != once {
		t.Error("two exports of one notebook differ")
	}
}

func TestTableIsCapped(t *testing.T) {
	t.Parallel()
	got := page(t, document(5000), export.Options{})
	if !strings.Contains(got, "The first 1000 of 5,001 rows.") {
		t.Error("the page does not say that the table is cut")
	}
	if n := strings.Count(got, "<tr>"); n != 1001 {
		t.Errorf("the table has %d rows with its header", n)
	}
	if len(got) > 400<<10 {
		t.Errorf("the page of a table of 1000 rows and two charts has %d bytes", len(got))
	}
}

func TestBundle(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := export.Bundle(&out, sample(3), export.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<h1>Kernel summary &lt;/script&gt;", "<svg ", "kernel_2", "Content-Security-Policy"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page does not have %q", want)
		}
	}
}

func TestEmptyNotebookAndResult(t *testing.T) {
	t.Parallel()
	if got := page(t, notebooks.New(""), export.Options{File: "runs/one.ipynb"}); !strings.Contains(got, "<title>one</title>") {
		t.Error("a notebook without a title does not have its file's name")
	}
	if err := export.Bundle(&bytes.Buffer{}, result.Bundle{}, export.Options{}); err != nil {
		t.Error(err)
	}
}

type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteError(t *testing.T) {
	t.Parallel()
	if err := export.HTML(full{}, document(1), export.Options{}); !errors.Is(err, errFull) || !strings.Contains(err.Error(), "Where the time goes") {
		t.Errorf("got error %v", err)
	}
}

func BenchmarkHTML(b *testing.B) {
	nb := document(1000)
	b.ReportAllocs()
	for b.Loop() {
		page(b, nb, export.Options{})
	}
}
