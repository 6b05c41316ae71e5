// Package capture makes profiles: it starts servers and programs under the
// profilers, waits until they are ready, warms them up, sends traffic, starts and
// stops the recording, and leaves nothing running.
//
// What can be captured is declared as recipes: parameters, phases, commands and
// outputs. The form, the flags, the documentation and the plan derive from them. A
// command is a program with arguments; no shell sees it.
package capture

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
	"profilemate/workbench/job"
	"profilemate/workbench/result"
)

// recipe declares a kind of capture.
type recipe struct {
	name, title, doc string
	groups           func(*choices) []group
	check            func(*choices) error
	passes           func(*choices) []pass
}

// pass is one run of one profiler: its phases in order and what it leaves.
type pass struct {
	steps   []step
	notes   []result.Finding
	outputs []job.Output
	needs   []string // what has to be there: "nsys", "ncu", "server", "moe"
}

// Book is the list of recipes.
type Book struct{ recipes []recipe }

// NewBook returns all recipes.
func NewBook() *Book {
	return &Book{recipes: []recipe{vllmRecipe(), sglangRecipe(), nsysRecipe(), ncuRecipe(), attachRecipe()}}
}

// Recipes implements job.Book.
func (b *Book) Recipes() []job.Recipe {
	out := make([]job.Recipe, len(b.recipes))
	for i, r := range b.recipes {
		groups, params := r.declared()
		out[i] = job.Recipe{Name: r.name, Title: r.title, Doc: r.doc, Params: params, Groups: groups, Outputs: commonOutputs()}
	}
	return out
}

// declared are the parameters of a recipe.
func (r *recipe) declared() ([]job.Group, []analysis.Param) {
	var c choices
	groups := r.groups(&c)
	return describe(groups), allParams(groups)
}

func commonOutputs() []job.Output {
	return []job.Output{
		{Name: RecordFile, Doc: "exact commands, versions, times, host, model and settings, and how everything ended"},
		{Name: "logs/", Doc: "what each program wrote"},
	}
}

// Plan implements job.Book.
func (b *Book) Plan(name string, values analysis.Values) (job.Plan, error) {
	r, c, err := b.choose(name, values)
	if err != nil {
		return job.Plan{}, err
	}
	p := job.Plan{Recipe: name, Title: r.subject(c), Folder: c.common.Folder, Values: values, GPUs: gpuList(c.common.GPUs)}
	// The folder is fixed now: whoever runs the plan later must find the same one.
	p.Values = analysis.Values{}
	for k, v := range values {
		p.Values[k] = v
	}
	p.Values["output-dir"] = c.common.Folder
	for _, pass := range r.passes(c) {
		p.Needs = append(p.Needs, pass.needs...)
		p.Notes = append(p.Notes, pass.notes...)
		p.Outputs = append(p.Outputs, pass.outputs...)
		for _, s := range pass.steps {
			p.Phases = append(p.Phases, s.phase)
			for _, command := range s.commands {
				command.Phase = s.phase.Name
				p.Commands = append(p.Commands, command)
			}
		}
	}
	slices.Sort(p.Needs)
	p.Needs = slices.Compact(p.Needs)
	p.Phases = append(p.Phases, resultsPhase())
	p.Outputs = append(p.Outputs, commonOutputs()...)
	if c.common.Report {
		p.Outputs = append(p.Outputs, job.Output{Name: ReportFile, Doc: "a first report from the analyses"})
	}
	groups, params := r.declared()
	p.Notes = append(p.Notes, unused(groups, params, values)...)
	return p, nil
}

func resultsPhase() job.Phase {
	return job.Phase{Name: "results", Title: "read the results and judge them", Expect: 15 * time.Second}
}

// choose binds and checks the values of a recipe. The folder becomes absolute.
func (b *Book) choose(name string, values analysis.Values) (*recipe, *choices, error) {
	i := slices.IndexFunc(b.recipes, func(r recipe) bool { return r.name == name })
	if i < 0 {
		return nil, nil, fault.Errorf(fault.NotFound, "there is no capture called %q", name)
	}
	r, c := &b.recipes[i], &choices{}
	groups := r.groups(c)
	for _, g := range groups {
		if g.err != nil {
			return nil, nil, fmt.Errorf("capture %s: %w", name, g.err)
		}
	}
	if err := bind(name, groups, values); err != nil {
		return nil, nil, err
	}
	if err := r.check(c); err != nil {
		return nil, nil, fault.Errorf(fault.Misuse, "%s: %w", name, err)
	}
	return r, c, c.placeFolder()
}

// placeFolder names the output folder where the user did not.
func (c *choices) placeFolder() error {
	if c.common.Folder == "" {
		c.common.Folder = "profiling_results_" + time.Now().Format("20060102_150405")
	}
	path, err := filepath.Abs(c.common.Folder)
	if err != nil {
		return fault.Errorf(fault.Denied, "finding the folder %s: %w", c.common.Folder, err)
	}
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return fault.WithRemedy(fault.Errorf(fault.Misuse, "parameter output-dir: %s is a file", path), "name a folder")
	}
	c.common.Folder = path
	return nil
}

// path is a file in the output folder.
func (c *choices) path(name string) string { return filepath.Join(c.common.Folder, name) }

// subject is a plan's title.
func (r *recipe) subject(c *choices) string {
	switch {
	case c.server.Model != "":
		return fmt.Sprintf("%s, %s", r.title, c.server.Model)
	case c.program.Command != "":
		return fmt.Sprintf("%s: %s", r.title, c.program.Command)
	}
	return fmt.Sprintf("%s, %s", r.title, c.attach.URL)
}

// gpuList reads the parameter gpus.
func gpuList(text string) []string {
	switch text {
	case "none", "":
		return nil
	case job.AllGPUs:
		return []string{job.AllGPUs}
	}
	return splitList(text)
}
