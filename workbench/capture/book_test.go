package capture_test

import (
	"slices"
	"strings"
	"testing"

	"profilemate/workbench/analysis"
	"profilemate/workbench/capture"
	"profilemate/workbench/fault"
	"profilemate/workbench/job"
)

// complete are values that make a plan of every recipe.
var complete = map[string]analysis.Values{
	"vllm": {"model": "org/model", "mode": "full"}, "sglang": {"model": "org/model", "mode": "moe", "with-ncu": "true"},
	"nsys": {"command": "python3 'my train.py' --lr 1"}, "ncu": {"command": "./a.out"}, "attach": {},
}

// Every recipe is declared whole: parameters in groups, phases with commands, outputs.
func TestRecipesAreWhole(t *testing.T) {
	t.Parallel()
	book := capture.NewBook()
	for _, r := range book.Recipes() {
		grouped := 0
		for _, g := range r.Groups {
			grouped += len(g.Params)
		}
		if r.Title == "" || !strings.HasSuffix(r.Doc, ".") || grouped != len(r.Params) {
			t.Errorf("%s: title %q, doc %q, %d of %d parameters in groups", r.Name, r.Title, r.Doc, grouped, len(r.Params))
		}
		values := analysis.Values{"output-dir": t.TempDir()}
		for k, v := range complete[r.Name] {
			values[k] = v
		}
		p, err := book.Plan(r.Name, values)
		if err != nil {
			t.Fatalf("%s: %v", r.Name, err)
		}
		for _, c := range p.Commands {
			if !slices.ContainsFunc(p.Phases, func(ph job.Phase) bool { return ph.Name == c.Phase }) || len(c.Args) < 2 || slices.Contains(c.Args, "") {
				t.Errorf("%s: command %q in phase %q", r.Name, c.Args, c.Phase)
			}
		}
		if len(p.Phases) < 3 || p.Folder != values["output-dir"] {
			t.Errorf("%s: %d phases into %s", r.Name, len(p.Phases), p.Folder)
		}
	}
}

// Words with spaces stay words, and no "--" reaches nsys, which does not know it.
func TestCommandsAreWords(t *testing.T) {
	t.Parallel()
	p, err := capture.NewBook().Plan("nsys", analysis.Values{"command": complete["nsys"]["command"], "output-dir": t.TempDir(), "capture-range": "nvtx:decode step", "delay": "1500ms"})
	if err != nil {
		t.Fatal(err)
	}
	args := p.Commands[0].Args
	if tail := args[len(args)-4:]; !slices.Equal(tail, []string{"python3", "my train.py", "--lr", "1"}) {
		t.Errorf("the program is %q", tail)
	}
	if slices.Contains(args, "--") || !slices.Contains(args, "--nvtx-capture=decode step") || !slices.Contains(args, "--delay=2") {
		t.Errorf("nsys is given %q", args)
	}
}

func TestPlanRefuses(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/file"
	for _, c := range []struct {
		recipe string
		values analysis.Values
		says   string
	}{
		{"vllm", analysis.Values{}, "model"},
		{"vllm", analysis.Values{"model": "--port"}, "model"},
		{"vllm", analysis.Values{"model": "m", "port": "0"}, "below 1"},
		{"vllm", analysis.Values{"model": "m", "mode": "slow"}, "none of quick"},
		{"vllm", analysis.Values{"model": "m", "server-args": "'"}, "server-args"},
		{"vllm", analysis.Values{"model": "m", "kernels": "("}, "kernels"},
		{"vllm", analysis.Values{"model": "m", "flux": "1"}, "no parameter \"flux\""},
		{"nsys", analysis.Values{"command": " "}, "command"},
		{"nsys", analysis.Values{"command": "a", "capture-range": "nvtx:"}, "capture-range"},
		{"nsys", analysis.Values{"command": "a", "trace": "cuda -o x"}, "trace"},
		{"attach", analysis.Values{"url": "localhost:8000"}, "url"},
		{"attach", analysis.Values{"control": "session"}, "nsys-session"},
	} {
		if c.values["output-dir"] == "" {
			c.values["output-dir"] = file
		}
		_, err := capture.NewBook().Plan(c.recipe, c.values)
		if fault.KindOf(err) != fault.Misuse || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s %v: %v, want Misuse with %q", c.recipe, c.values, err, c.says)
		}
	}
	if _, err := capture.NewBook().Plan("magic", nil); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown recipe: %v", err)
	}
}
