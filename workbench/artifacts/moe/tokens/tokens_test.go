package tokens_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/moe/tokens"
	"profilemate/workbench/fault"
)

// write makes a folder of files.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t testing.TB, path string) artifacts.Artifact {
	t.Helper()
	a, err := artifacts.Formats{tokens.Format()}.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	analysistest.CheckFindings(t, a.Info().Findings)
	return a
}

func load(t testing.TB, a artifacts.Artifact, table string, columns ...string) *frames.Frame {
	t.Helper()
	f, err := artifacts.Load(context.Background(), a, table, columns...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// lines gives a table as text, a row a line.
func lines(f *frames.Frame) string {
	var b strings.Builder
	for i := range f.Len() {
		for j := range f.Width() {
			if j > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(f.At(j).Str(i))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func findings(a artifacts.Artifact) string {
	var list []string
	for _, f := range append(a.Info().Findings, a.(artifacts.Finder).ScanFindings()...) {
		list = append(list, f.Text)
	}
	return strings.Join(list, "\n")
}

// npy is a .npy file of ids of the given type.
func npy(descr string, ids []int, shape ...int) string {
	data := npyHeader(descr, shape...)
	for _, id := range ids {
		switch descr {
		case "|u1":
			data = append(data, byte(id))
		case "<u2":
			data = binary.LittleEndian.AppendUint16(data, uint16(id))
		case ">i2":
			data = binary.BigEndian.AppendUint16(data, uint16(id))
		case "<i4":
			data = binary.LittleEndian.AppendUint32(data, uint32(id))
		case "<i8":
			data = binary.LittleEndian.AppendUint64(data, uint64(id))
		}
	}
	return string(data)
}

// response is an answer of vLLM whose choice has the ids.
func response(id, blob string, prompt, output int) string {
	text, _ := json.Marshal(map[string]any{"id": id, "object": "text_completion",
		"choices": []any{map[string]any{"index": 0, "text": "…", "routed_experts": base64.StdEncoding.EncodeToString([]byte(blob))}},
		"usage":   map[string]int{"prompt_tokens": prompt, "completion_tokens": output}})
	return string(text)
}

// Four tokens of three layers, top-2; layer 1 is dense, and token 2 was not seen in
// layer 2. Worked by hand:
//
//	token   layer 0   layer 2
//	0       0 1       3 2
//	1       1 0       2 1
//	2       2 0       (0 0)
//	3       1 2       1 3
func small() []int {
	return []int{0, 1, 0, 0, 3, 2, 1, 0, 0, 0, 2, 1, 2, 0, 0, 0, 0, 0, 1, 2, 0, 0, 1, 3}
}

const (
	smallActivations = "0 0 3 37.5\n0 1 3 37.5\n0 2 2 25\n0 3 0 0\n2 0 0 0\n2 1 2 33.333333333333336\n2 2 2 33.333333333333336\n2 3 2 33.333333333333336\n"
	smallPairs       = "0 0 1 2\n0 0 2 1\n0 1 2 1\n2 1 2 1\n2 1 3 1\n2 2 3 1\n"
	smallAffinity    = "0 0 1 1\n0 0 2 2\n0 0 3 1\n0 1 1 2\n0 1 2 2\n0 1 3 2\n0 2 1 1\n0 2 3 1\n"
)

// All integer types give the same tables, from a file and from a response.
func TestTablesByHand(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i, descr := range []string{"|u1", "<u2", ">i2", "<i4", "<i8"} {
		blob := npy(descr, small(), 4, 3, 2)
		files[fmt.Sprintf("%d.npy", i)] = blob
		files[fmt.Sprintf("%d.json", i)] = response("cmpl-1", blob, 3, 2)
	}
	dir := write(t, files)
	for name := range files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := open(t, filepath.Join(dir, name))
			for table, want := range map[string]string{"activations": smallActivations, "coselection": smallPairs, "affinity": smallAffinity} {
				if got := lines(load(t, a, table)); got != want {
					t.Errorf("%s:\n%swant\n%s", table, got, want)
				}
			}
			if got := findings(a); !strings.Contains(got, "1 layer names expert 0 alone") || !strings.Contains(got, "1 row names expert 0 for every choice") {
				t.Errorf("findings: %s", got)
			}
			analysistest.CheckFindings(t, a.(artifacts.Finder).ScanFindings())
		})
	}
}

// The prompt ends where usage says; the last token of a response has no row.
func TestTokensOfAResponse(t *testing.T) {
	t.Parallel()
	a := open(t, write(t, map[string]string{"a.jsonl": response("cmpl-1", npy("|u1", small(), 4, 3, 2), 3, 2) + "\n" + response("cmpl-2", npy("|u1", small()[:6], 1, 3, 2), 1, 1)}))
	got := lines(load(t, a, "tokens", "request", "position", "phase", "layer", "rank", "expert"))
	want := `0 0 prompt 0 0 0
0 0 prompt 0 1 1
0 0 prompt 2 0 3
0 0 prompt 2 1 2
0 1 prompt 0 0 1
0 1 prompt 0 1 0
0 1 prompt 2 0 2
0 1 prompt 2 1 1
0 2 prompt 0 0 2
0 2 prompt 0 1 0
0 3 output 0 0 1
0 3 output 0 1 2
0 3 output 2 0 1
0 3 output 2 1 3
1 0 prompt 0 0 0
1 0 prompt 0 1 1
1 0 prompt 2 0 3
1 0 prompt 2 1 2
`
	if got != want {
		t.Errorf("tokens:\n%swant\n%s", got, want)
	}
	if got, want := lines(load(t, a, "requests")), "0 cmpl-1 4 3 2\n1 cmpl-2 1 1 1\n"; got != want {
		t.Errorf("requests:\n%swant\n%s", got, want)
	}
	m := a.Info().Metadata
	for key, want := range map[string]string{"top_k": "2", "tokens": "5", "token_level": "yes", "expert_level": "logical", "padding": "removed", "routing_source": "vLLM routed_experts", "coselection_complete": "yes"} {
		if m[key] != want {
			t.Errorf("metadata %s = %q, want %q", key, m[key], want)
		}
	}
	if a.Info().Producer != "vLLM" {
		t.Errorf("producer %q", a.Info().Producer)
	}
}

// Workers share the tokens in order.
func TestScanByWorkers(t *testing.T) {
	t.Parallel()
	var ids []int
	for i := range 999 {
		ids = append(ids, i%5, 5+i%3)
	}
	a := open(t, filepath.Join(write(t, map[string]string{"a.npy": npy("|u1", ids, 999, 1, 2)}), "a.npy"))
	parts := make([][]int64, 3)
	err := a.Scan(context.Background(), artifacts.Request{Table: "tokens", Columns: []string{"expert", "phase"}, Workers: 3}, func(worker int, b *frames.Batch) error {
		parts[worker] = append(parts[worker], b.Ints("expert")...)
		if !b.Column("phase").IsNull(0) {
			return fmt.Errorf("the phase of an array is known")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	all := append(append(parts[0], parts[1]...), parts[2]...)
	if len(all) != len(ids) || len(parts[2]) == 0 {
		t.Fatalf("%d ids, want %d", len(all), len(ids))
	}
	for i, id := range ids {
		if all[i] != int64(id) {
			t.Fatalf("id %d is %d, want %d", i, all[i], id)
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	none := func(int, *frames.Batch) error { return nil }
	for _, table := range []string{"tokens", "steps"} {
		if err := a.Scan(ended, artifacts.Request{Table: table}, none); fault.KindOf(err) != fault.Canceled {
			t.Errorf("canceled scan of %s: %v", table, err)
		}
	}
	if load(t, a, "steps").Len() == 0 {
		t.Error("a canceled scan is remembered")
	}
	if err := a.Scan(context.Background(), artifacts.Request{Table: "steps", Columns: []string{"x"}}, none); fault.KindOf(err) != fault.Misuse {
		t.Errorf("unknown column: %v", err)
	}
}
