package moe_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/moe"
	"profilemate/workbench/fault"
)

// write makes a folder of files by name and content; a name may hold folders.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// text prints a table as lines of comma-separated values, "-" for a missing one.
func text(f *frames.Frame) string {
	var b strings.Builder
	for i := range f.Len() {
		for j := range f.Width() {
			if j > 0 {
				b.WriteByte(',')
			}
			if f.At(j).IsNull(i) {
				b.WriteByte('-')
			}
			b.WriteString(f.At(j).Str(i))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func texts(a artifacts.Artifact) string {
	var list []string
	for _, f := range a.Info().Findings {
		list = append(list, string(f.Severity)+": "+f.Text)
	}
	return strings.Join(list, "\n")
}

// Every shape of every file, picked alone: the table it fills, its rows, and a part of
// each finding, "" for none.
func TestForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, content string
		table, rows   string
		finding       string
	}{
		{"activations", "layer_idx,expert_id,activation_count,percentage\n0,0,30,75.00\n0,1,10,25.00\n",
			"activations", "0,0,30,75\n0,1,10,25\n", ""},
		{"activations without percentage, out of order, Windows line ends", "layer_idx,expert_id,activation_count\r\n1,1,1\r\n1,0,3\r\n",
			"activations", "1,0,3,75\n1,1,1,25\n", ""},
		{"activations with a byte order mark and without layers", "\ufeffexpert_id,count\n5,7\n",
			"activations", "-1,5,7,100\n", "warning: Layer -1 means that the tracker did not know the layer"},
		{"activations by SGLang", "layer_id,expert_id,count\n0,0,9007199254740993\n",
			"activations", "0,0,9007199254740993,100\n", ""},
		{"choices by llama.cpp", "layer,expert\n0,3\n0,1\n0,3\n1,2\n",
			"activations", "0,1,1,33.333333333333336\n0,3,2,66.66666666666667\n1,2,1,100\n", ""},
		{"percentages that do not fit the counts", "layer_idx,expert_id,activation_count,percentage\n0,0,30,50.00\n0,1,10,25.00\n",
			"activations", "0,0,30,75\n0,1,10,25\n", "warning: file.csv: 1 percentage differs from what the counts give"},
		{"activations that repeat", "layer_idx,expert_id,activation_count\n0,0,1\n0,0,2\n",
			"activations", "0,0,3,100\n", "warning: file.csv: 1 row repeats a layer and expert; the counts are added up."},
		{"activations as pandas floats", "layer_idx,expert_id,activation_count\n0.0,0.0,12.0\n",
			"activations", "0,0,12,100\n", ""},
		{"co-selection", "layer_idx,expert_id_1,expert_id_2,coselection_count\n0,1,2,5\n0,0,1,7\n",
			"coselection", "0,0,1,7\n0,1,2,5\n", ""},
		{"co-selection by bare pair", "expert_pair,count\n0,1,5\n0,2,3\n",
			"coselection", "-1,0,1,5\n-1,0,2,3\n", "warning: Layer -1"},
		{"co-selection by quoted pair with layers", "layer_idx,expert_pair,count\n4,\"0,1\",5\n4,\"(2, 0)\",3\n",
			"coselection", "4,0,1,5\n4,0,2,3\n", ""},
		{"co-selection as a whole matrix", "layer_idx,expert_id_1,expert_id_2,coselection_count\n0,0,0,9\n0,0,1,5\n0,1,0,5\n",
			"coselection", "0,0,1,5\n", "info: file.csv: 1 row pairs an expert with itself and is left out: a token chooses an expert once.\n" +
				"info: file.csv: the file holds each pair in both orders with the same count"},
		{"co-selection in both orders, unequal", "layer_idx,expert_id_1,expert_id_2,coselection_count\n0,0,1,5\n0,1,0,4\n",
			"coselection", "0,0,1,9\n", "warning: file.csv: 1 pair stands in both orders"},
		{"imbalance", "layer_idx,timestamp_sec,std_dev,max_min_ratio\n0,4.537,179.436,3.016\n1,4.591,148.530,inf\n1,4.7,nan,\n",
			"imbalance", "0,4537000000,179.436,3.016,false\n1,4591000000,148.53,-,true\n1,4700000000,-,-,false\n", "in 1 of 3 rows an expert got no token"},
		{"weights", "layer_idx,token_idx,expert_id,weight\n0,0,11,0.662109\n0,0,5,0.338135\n",
			"weights", "0,0,11,0.662109\n0,0,5,0.338135\n", ""},
		{"weights as a histogram", "layer_idx,bin_min,bin_max,count\n0,0.0,0.5,3\n0,0.5,1,4\n",
			"weight_bins", "0,0,0.5,3\n0,0.5,1,4\n", ""},
		{"affinity", "layer_idx,expert_id,next_expert_id,count\n0,0,3,4\n",
			"affinity", "0,0,3,4\n", ""},
		{"steps, dense", "[[0, 0, [3, 0, 1]], [10, 0, [\"1\", 1, 2]]]",
			"steps", "0,0,0,3\n0,0,1,0\n0,0,2,1\n10,0,0,1\n10,0,1,1\n10,0,2,2\n", ""},
		{"steps, sparse", `[[0, 0, {"10": 3, "2": 1}], [1, 0, 4, 9]]`,
			"steps", "0,0,2,1\n0,0,10,3\n1,0,4,9\n", ""},
		{"steps as objects", `[{"step": 2, "layer": 1, "counts": [5, 6]}, {"step": 3, "layer_idx": 1, "expert_counts": {"1": 2}}]`,
			"steps", "2,1,0,5\n2,1,1,6\n3,1,1,2\n", ""},
		{"steps in CSV", "step,layer,expert,count\n0,0,1,2\n",
			"steps", "0,0,1,2\n", ""},
		{"steps of uneven width that repeat", "[[0,0,[1,2]],[0,0,[1,2,3]]]",
			"steps", "0,0,0,1\n0,0,1,2\n0,0,0,1\n0,0,1,2\n0,0,2,3\n",
			"warning: file.csv: its rows list different numbers of experts, up to 3; experts that a row does not list count as without tokens.\n" +
				"warning: file.csv: 1 entry repeats a step and layer; the counts are added up."},
		{"summary with odd tokens", `{"layer_0": {"num_experts": "16", "top_k": 2, "load_balance_ratio": Infinity, "mean_activations_per_expert": NaN, "max_activations": "7"}, "note": "NaN stays"}`,
			"summary", "0,16,2,-,-,-,-,-,-,7,-,-\n", "info: file.csv: 2 values are no finite numbers and count as missing."},
		{"summary with a value that is none", `{"layer_-1": {"num_experts": 4, "top_k": "two"}}`,
			"summary", "-1,4,-,-,-,-,-,-,-,-,-,-\n", "warning: Layer -1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := open(t, filepath.Join(write(t, map[string]string{"file.csv": c.content}), "file.csv"))
			if diff := cmp.Diff(c.rows, text(load(t, a, c.table))); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if got := texts(a); !strings.Contains(got, c.finding) || c.finding == "" && got != "" {
				t.Errorf("findings %q, want %q", got, c.finding)
			}
		})
	}
}

// Rows and elements that cannot be read are left out, counted, and the first one is
// named with its line and reason; the others are kept.
func TestDamage(t *testing.T) {
	t.Parallel()
	const head = "layer_idx,expert_id,activation_count\n"
	for _, c := range []struct{ name, content, table, rows, finding string }{
		{"a row short", head + "0,0,5\n0,1\n0,2,3\n", "activations", "0,0,5,62.5\n0,2,3,37.5\n",
			"1 of 3 rows cannot be read and are left out, the first at line 3: it has 2 fields, the header announces 3."},
		{"no integer", head + "0,0,5\n0,1,many\n0,x,1\n", "activations", "0,0,5,100\n", `2 of 3 rows cannot be read and are left out, the first at line 3: "many" is no integer.`},
		{"a negative count", head + "0,0,5\n0,1,-4\n", "activations", "0,0,5,100\n", "line 3: -4 is below 0."},
		{"an expert beyond any model", head + "0,0,5\n0,99999999,1\n", "activations", "0,0,5,100\n", "99999999 is no number of a layer or an expert."},
		{"a count that overflows", head + "0,0,2305843009213693952\n0,1,1\n", "activations", "0,0,2305843009213693952,100\n", "line 3: with it the counts add up to more than 2^61."},
		{"a line that is too long", head + "0,0,5\n" + strings.Repeat("7", 70000) + "\n0,1,5\n", "activations", "0,0,5,50\n0,1,5,50\n", "1 of 3 rows cannot be read and are left out, the first at line 3: it is longer than 65536 bytes."},
		{"cut in a row", head + "0,0,5\n0,1", "activations", "0,0,5,100\n", "line 3: it has 2 fields"},
		{"cut at the end of a row", head + "0,0,5\n0,1,5", "activations", "0,0,5,50\n0,1,5,50\n", "info: file.csv: line 3 has no line end; if the writer was stopped there, its last number may be cut short."},
		{"a negative spread", "timestamp_sec,std_dev,max_min_ratio\n1,2,3\n2,-1,1\n", "imbalance", "-1,1000000000,2,3,false\n", "line 3: a spread cannot be negative or infinite."},
		{"a time beyond 64 bits", "timestamp_sec,std_dev\n1,2\n1e300,1\nnan,1\n", "imbalance", "-1,1000000000,2,-,false\n", "2 of 3 rows cannot be read"},
		{"an infinite weight", "expert_id,weight\n1,0.5\n1,inf\n", "weights", "-1,-,1,0.5\n", "line 3: a weight cannot be infinite."},
		{"a bin upside down", "layer,bin_min,bin_max,count\n0,0,1,2\n0,1,0,2\n", "weight_bins", "0,0,1,2\n", "line 3: its bin does not run"},
		{"steps cut off", "[[0, 0, [1, 2]],\n[1, 0, [3, 4]],\n[2, 0, [5,", "steps", "0,0,0,1\n0,0,1,2\n1,0,0,3\n1,0,1,4\n", "warning: file.csv: it breaks off at line 3, after byte 32: the text ends."},
		{"steps without an end", "[[0, 0, [1, 2]]", "steps", "0,0,0,1\n0,0,1,2\n", "it breaks off at line 1, after byte 15: the text ends."},
		{"steps with bad elements", "[[0, 0, [1, 2]],\n[1, 0, [3, -4]],\n7,\n[1, 0],\n[\"x\", 0, [1]],\n[4, 0, {\"a\": 1}],\n[5, 0, []]]", "steps", "0,0,0,1\n0,0,1,2\n",
			"6 of 7 rows cannot be read and are left out, the first at line 2: the count of expert 1: -4 is out of range."},
		{"a missing count", "[[0, 0, [1, 2]], [1, 0, [null, 1]]]", "steps", "0,0,0,1\n0,0,1,2\n", "the count of expert 0: it is missing."},
		{"summary cut off", `{"layer_0": {"num_experts": 4, "top_k": 2}, "layer_1": {"num_exp`, "summary", "0,4,2,-,-,-,-,-,-,-,-,-\n", "it breaks off at line 1, after byte"},
		{"summary of odd layers", `{"layer_0": {"num_experts": 4, "top_k": "two"}, "layer_0": {}, "layer_x": {}, "layer_2": [1]}`, "summary", "0,4,-,-,-,-,-,-,-,-,-,-\n",
			"3 of 4 rows cannot be read and are left out, the first at line 1: \"layer_0\" stands twice.\nwarning: file.csv: 1 value cannot be read and counts as missing, the first at line 1, layer 0, top_k: \"two\" is no integer."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := open(t, filepath.Join(write(t, map[string]string{"file.csv": c.content}), "file.csv"))
			if diff := cmp.Diff(c.rows, text(load(t, a, c.table))); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if got := texts(a); !strings.Contains(got, c.finding) {
				t.Errorf("findings %q, want %q", got, c.finding)
			}
		})
	}
}

// What is no recording is refused, with what was seen.
func TestRefused(t *testing.T) {
	t.Parallel()
	const headOnly = "layer_idx,expert_id,activation_count\n"
	for _, c := range []struct {
		name, content string
		kind          fault.Kind
		want          string
	}{
		{"table.csv", "a,b,c\n1,2,3\n", fault.Unsupported, `begins with "a,b,c"`},
		{"histogram.csv", "bin_min,bin_max,count\n0,1,2\n", fault.Unsupported, "a histogram in CSV that does not say of what"},
		{"list.json", "[1, 2, 3]", fault.Unsupported, "begins with"},
		{"objects.json", `[{"a": 1}]`, fault.Unsupported, "begins with"},
		{"object.json", `{"layer_norm": 1}`, fault.Unsupported, "begins with"},
		{"moe_expert_activations.csv", "PK\x03\x04 x", fault.Unsupported, "named like a tracker's activations, but it begins with"},
		{"empty.csv", "", fault.Unsupported, "the file is empty"},
		{"head.csv", headOnly, fault.Corrupt, "no row can be read: head.csv: it holds no row"},
		{"bad.csv", headOnly + "x,y,z\n", fault.Corrupt, `1 of 1 rows cannot be read`},
		{"cut.json", `[[0, 0, [1,`, fault.Corrupt, "it breaks off at line 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(write(t, map[string]string{c.name: c.content}), c.name)
			_, err := artifacts.Formats{moe.Format()}.Open(context.Background(), path)
			if err == nil || fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v (%s), want %s with %q", err, fault.KindOf(err), c.kind, c.want)
			}
		})
	}
}
