package serverlog_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/moe/serverlog"
	"profilemate/workbench/fault"
)

func open(t *testing.T, path string) artifacts.Artifact {
	t.Helper()
	a, err := artifacts.Formats{serverlog.Format()}.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	analysistest.CheckFindings(t, a.Info().Findings)
	return a
}

// rows gives a table as text, a row a line.
func rows(t *testing.T, a artifacts.Artifact, table string) string {
	t.Helper()
	f, err := artifacts.Load(context.Background(), a, table)
	if err != nil {
		t.Fatal(err)
	}
	return text(f)
}

func text(f *frames.Frame) string {
	var b strings.Builder
	for i := range f.Len() {
		for _, v := range f.Row(i) {
			fmt.Fprintf(&b, "%v|", v)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// Lines as vLLM 0.15.0 wrote them while it served gpt-oss-120b, two with another prefix
// and colors, one without any, and one that is cut off.
func TestVLLM(t *testing.T) {
	t.Parallel()
	a := open(t, "testdata/vllm.log")
	want := `0|3262|decode|0|0|127|127|127|9910000|
0|3264|mixed|1|2621|127|127|2748|64310000|
3|7|prefill|2|8192|0|0|8192|120500000|
<nil>|8|idle|0|0|0|0|0|80000|
`
	if got := rows(t, a, "iterations"); got != want {
		t.Errorf("iterations:\n%swant\n%s", got, want)
	}
	want = `0|vLLM|2500|openai/gpt-oss-120b|512|1024|0.5|<nil>|<nil>|<nil>|500|<nil>|
0|vLLM|<nil>|<nil>|300|400|0.75|<nil>|<nil>|<nil>|<nil>|<nil>|
`
	if got := rows(t, a, "balancedness"); got != want {
		t.Errorf("balancedness:\n%swant\n%s", got, want)
	}
	if got, want := rows(t, a, "throughput"), "0|7296.4|6.5|13|115|0.8|1.5|\n"; got != want {
		t.Errorf("throughput: %s want %s", got, want)
	}
	info := a.Info()
	if info.Producer != "vLLM 0.15.0" || len(info.Findings) != 2 || !strings.Contains(info.Findings[0].Text, "vLLM 0.15.0 logged may be wrong") ||
		!strings.Contains(info.Findings[1].Text, "1 line of iterations") {
		t.Errorf("info: %+v", info)
	}
}

func TestSGLang(t *testing.T) {
	t.Parallel()
	a := open(t, "testdata/sglang.log")
	want := `<nil>|SGLang|1350|<nil>|<nil>|<nil>|0.819|0.825|0.83|0.835|<nil>|6240|
<nil>|SGLang|1351|<nil>|<nil>|<nil>|0.858|0.83|0.83|0.835|<nil>|6240|
`
	if got := rows(t, a, "balancedness"); got != want {
		t.Errorf("balancedness:\n%swant\n%s", got, want)
	}
	if info := a.Info(); info.Producer != "SGLang" || len(info.Findings) != 0 || len(a.Tables()) != 1 {
		t.Errorf("info: %+v", info)
	}
}

// A server writes much before its first step; a log without one is refused by what it
// lacks, and other text is not claimed.
func TestDetect(t *testing.T) {
	t.Parallel()
	start := strings.Repeat("(APIServer pid=1) INFO 02-01 13:17:26 [utils.py:325] vLLM starts\n", 3000)
	step := "Iteration(1): 0 context requests, 0 context tokens, 1 generation requests, 1 generation tokens, iteration elapsed time: 9 ms\n"
	for _, c := range []struct{ name, content, refusal string }{
		{"late", start + step, ""},
		{"long line", start + strings.Repeat("x", 200_000) + "\n" + step, ""},
		{"without steps", start, "without iteration details"},
		{"other text", "Iteration(1) of nothing\n", "not an artifact"},
		{"empty", "", "empty"},
	} {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := artifacts.Formats{serverlog.Format()}.Open(context.Background(), path)
		if c.refusal == "" && err != nil || c.refusal != "" && (fault.KindOf(err) != fault.Unsupported || !strings.Contains(err.Error(), c.refusal)) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// FuzzRead reads any bytes as a log: no panic, no negative time or count.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"vllm.log", "sglang.log"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := serverlog.Format().Open(context.Background(), path)
		if err != nil {
			if fault.KindOf(err) != fault.Missing {
				t.Fatalf("kind %s: %v", fault.KindOf(err), err)
			}
			return
		}
		for _, table := range a.Tables() {
			f, err := artifacts.Load(context.Background(), a, table.Name)
			if err != nil {
				t.Fatal(err)
			}
			for i := range f.Width() {
				c := f.At(i)
				for row := range c.Len() {
					if c.Field.Kind == frames.Int64 && c.Int(row) < 0 || c.Field.Kind == frames.Float64 && !c.IsNull(row) && c.Float(row)-c.Float(row) != 0 {
						t.Fatalf("%s row %d: %s is %v", table.Name, row, c.Field.Name, c.Value(row))
					}
				}
			}
		}
	})
}
