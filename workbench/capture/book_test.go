package capture_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/capture"
	"profilemate/workbench/fault"
	"profilemate/workbench/job"
	"profilemate/workbench/result"
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

// Values that play no part are warned of, each group with what would use it.
func TestPlanWarnsOfWhatIsNotUsed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values       analysis.Values
		text, remedy string
	}{
		{analysis.Values{"launch-count": "5", "launch-skip": "7"}, "This capture does not use --launch-skip and --launch-count.",
			"Add --mode=full, --mode=ncu or --with-ncu, or leave them out."},
		{analysis.Values{"eplb": "on"}, "This capture does not use --eplb.", "Add --mode=moe, or leave it out."},
		{analysis.Values{"mode": "ncu", "trace": "cuda"}, "This capture does not use --trace.", "Add --mode=quick, --mode=full or --mode=moe, or leave it out."},
		{analysis.Values{"launch-count": "50", "eplb": "auto"}, "", ""}, // the defaults
		{analysis.Values{"with-ncu": "true", "launch-count": "5"}, "", ""},
		{analysis.Values{"mode": "moe", "eplb": "on", "trace": "cuda", "control": "server"}, "", ""},
	} {
		c.values["model"], c.values["output-dir"] = "m", t.TempDir()
		p, err := capture.NewBook().Plan("vllm", c.values)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(p.Notes, func(f result.Finding) bool { return strings.Contains(f.Text, "does not use") })
		switch {
		case i < 0 && c.text != "" || i >= 0 && (p.Notes[i].Text != c.text || p.Notes[i].Remedy != c.remedy):
			t.Errorf("%v: notes %+v, want %q %q", c.values, p.Notes, c.text, c.remedy)
		}
		analysistest.CheckFindings(t, p.Notes)
	}
}

// A group of parameters is used in just those modes in which one of them changes the
// plan or what is done.
func TestGroupsAreUsedWhereTheyCount(t *testing.T) {
	t.Parallel()
	other := map[string]string{"trace": "cuda", "set": "basic", "ncu-eager": "false", "routing": "routed-experts"}
	book := capture.NewBook()
	folder := t.TempDir()
	for _, r := range book.Recipes() {
		if r.Name != "vllm" && r.Name != "sglang" {
			continue
		}
		for _, g := range r.Groups {
			for _, name := range g.Params {
				if other[name] == "" {
					continue
				}
				for _, mode := range []string{"quick", "full", "moe", "ncu"} {
					values := analysis.Values{"model": "m", "output-dir": folder, "mode": mode}
					plain := commands(t, book, r.Name, values)
					values[name] = other[name]
					used := g.Used(func(p string) string { return values[p] })
					if changed := commands(t, book, r.Name, values) != plain; changed != used {
						t.Errorf("%s in mode %s: %s changes the commands: %v, its group is used: %v", r.Name, mode, name, changed, used)
					}
				}
			}
		}
	}
}

func commands(t *testing.T, book *capture.Book, recipe string, values analysis.Values) string {
	t.Helper()
	p, err := book.Plan(recipe, values)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(p.Commands)
}
