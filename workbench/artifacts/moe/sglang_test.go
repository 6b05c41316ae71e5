package moe_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/workbench/artifacts/moe"
	"profilemate/workbench/artifacts/moe/tokens"
)

// standIn is a module torch whose load reads JSON: what the converter does with a dump
// does not depend on PyTorch, which is too big for a test.
const standIn = `import json
def load(path, map_location, weights_only):
    with open(path) as f:
        return json.load(f)
`

// pythonWithNumPy finds a Python; python3-pandas, which scripts/setup.sh installs, brings
// NumPy.
func pythonWithNumPy(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import numpy").Run() == nil {
			return name
		}
	}
	t.Fatal("no Python with NumPy: scripts/setup.sh installs python3-pandas")
	return ""
}

// convert runs the converter on dumps and returns the folder it wrote.
func convert(t *testing.T, dumps ...string) string {
	t.Helper()
	dir := write(t, map[string]string{"torch.py": standIn, "convert.py": moe.SGLangConverter()})
	args := []string{"convert.py", "-o", "out"}
	for i, text := range dumps {
		name := string(rune('a'+i)) + ".pt"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	cmd := exec.Command(pythonWithNumPy(t), args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return filepath.Join(dir, "out")
}

// Mode stat: two steps of two layers; the third place of the ring buffer is unused.
func TestConvertStat(t *testing.T) {
	t.Parallel()
	out := convert(t, `{"rank": 0, "logical_count": [[[1,2,0],[0,0,3]], [[4,0,0],[1,1,2]], [[0,0,0],[0,0,0]]]}`)
	f := load(t, open(t, out), "steps")
	sums := map[[3]int64]int64{}
	for i, n := range f.Ints("count") {
		sums[[3]int64{f.Ints("step")[i], f.Ints("layer")[i], f.Ints("expert")[i]}] = n
	}
	if len(sums) != 12 || sums[[3]int64{0, 0, 1}] != 2 || sums[[3]int64{1, 0, 0}] != 4 || sums[[3]int64{0, 1, 2}] != 3 {
		t.Errorf("steps: %v", sums)
	}
}

// Mode per_pass: two ranks add up, and two replicas of expert 0 are one logical expert.
func TestConvertPerPass(t *testing.T) {
	t.Parallel()
	const dump = `{"records": [{"forward_pass_id": 7, "global_physical_count": [[1, 2, 4]]}], "last_physical_to_logical_map": [[0, 1, 0]]}`
	f := load(t, open(t, convert(t, dump, dump)), "steps")
	if f.Len() != 2 || f.Ints("step")[0] != 7 || f.Ints("count")[0] != 10 || f.Ints("count")[1] != 4 {
		t.Errorf("steps: %v, %v", f.Ints("step"), f.Ints("count"))
	}
}

// Mode per_token: padding is cut by the input ids and -1, physical ids become logical,
// and a tensor parallel rank that saw the same tokens counts once.
func TestConvertPerToken(t *testing.T) {
	t.Parallel()
	const dump = `{"records": [
		{"forward_pass_id": 3, "input_ids": [5, 6], "topk_ids_of_layer": [[[0,1],[2,1],[0,0]], [[-1,-1],[-1,-1],[-1,-1]]]},
		{"forward_pass_id": 4, "input_ids": [7], "topk_ids_of_layer": [[[3,0],[0,0],[0,0]], [[-1,-1],[-1,-1],[-1,-1]]]}],
		"last_physical_to_logical_map": [[0, 1, 2, 1], [0, 1, 2, 1]]}`
	a, err := tokens.Format().Open(t.Context(), filepath.Join(convert(t, dump, dump), "tokens.npz"))
	if err != nil {
		t.Fatal(err)
	}
	f := load(t, a, "tokens")
	var got []string
	for i, e := range f.Ints("expert") {
		got = append(got, strings.Join([]string{f.Column("position").Str(i), f.Column("layer").Str(i), string(rune('0' + e))}, " "))
	}
	if want := "0 0 0,0 0 1,1 0 2,1 0 1,2 0 1,2 0 0"; strings.Join(got, ",") != want {
		t.Errorf("tokens: %v", got)
	}
	steps := load(t, a, "steps")
	if n := steps.Len(); n != 5 || steps.Ints("step")[0] != 3 || steps.Ints("step")[4] != 4 {
		t.Errorf("%d rows of steps: %v", n, steps.Ints("step"))
	}
}
