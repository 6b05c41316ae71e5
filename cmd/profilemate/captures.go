package main

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"profilemate/web"
	"profilemate/workbench/analysis"
	"profilemate/workbench/capture"
	"profilemate/workbench/doctor"
	"profilemate/workbench/job"
)

// captures is what the web server sees of captures.
type captures struct {
	*job.Manager
	app *app
}

// CommandLine is the plan as a command of this program.
func (c captures) CommandLine(p job.Plan) string {
	args := []string{"profilemate", "profile", p.Recipe}
	var program []string
	for _, declared := range c.declared(p.Recipe) {
		text, given := p.Values[declared.Name]
		switch {
		case !given || text == declared.Default:
		case declared.Name == "command":
			program = []string{text} // words already
		case declared.Kind == analysis.BoolParam && text == "true":
			args = append(args, "--"+declared.Name)
		case declared.Kind == analysis.BoolParam:
			args = append(args, "--no-"+declared.Name)
		default:
			args = append(args, "--"+declared.Name+"="+text)
		}
	}
	line := capture.Words(args)
	for _, text := range program {
		line += " -- " + text
	}
	return line
}

func (c captures) declared(recipe string) []analysis.Param {
	for _, r := range c.Recipes() {
		if r.Name == recipe {
			return r.Params
		}
	}
	return nil
}

// Checks has the doctor look at what a plan needs. What it says of vLLM is left out
// where another server is started.
func (c captures) Checks(ctx context.Context, p job.Plan) []web.Check {
	needs := doctor.Needs{For: doctorNeeds(p.Needs), Output: p.Folder}
	serves := slices.Contains(p.Needs, "server")
	if serves {
		needs.For = append(needs.For, doctor.VLLM)
		needs.Port = c.port(p)
	}
	var list []web.Check
	for _, o := range doctor.Check(ctx, needs).Checks {
		if o.Name == "vllm" && (p.Recipe != "vllm" || p.Values["server-command"] != "") {
			continue
		}
		list = append(list, web.Check{Name: o.Name, Status: string(o.Status), Said: o.Said, Remedy: o.Remedy})
	}
	return list
}

// port is where the server of a plan listens; the plan has been checked.
func (c captures) port(p job.Plan) int {
	text := p.Values["port"]
	for _, declared := range c.declared(p.Recipe) {
		if declared.Name == "port" && text == "" {
			text = declared.Default
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// Closer proposes to measure one kernel of a capture. The record beside it says what
// was run; without one the program is still to be named.
func (c captures) Closer(ctx context.Context, path, kernel string) (web.Proposal, error) {
	steps, kernels, _, err := c.app.stepsAndKernels(ctx, path)
	if err != nil {
		return web.Proposal{}, err
	}
	target, err := capture.TargetFor(steps, kernels, kernel)
	if err != nil {
		return web.Proposal{}, err
	}
	p := web.Proposal{Recipe: "ncu", Values: analysis.Values{}, Said: target.String()}
	if r, ok := recordBeside(path); ok {
		p.Recipe, p.Values = c.again(r)
	}
	target.Into(p.Values)
	return p, nil
}

// recordBeside reads run.json of the folder of an artifact.
func recordBeside(path string) (capture.Record, bool) {
	var r capture.Record
	text, err := os.ReadFile(filepath.Join(filepath.Dir(path), capture.RecordFile))
	return r, err == nil && json.Unmarshal(text, &r) == nil
}

// again is the recipe that runs under Nsight Compute what a record tells of, with its
// values as far as they are the recipe's.
func (c captures) again(r capture.Record) (recipe string, values analysis.Values) {
	values = analysis.Values{}
	maps.Copy(values, r.Values)
	delete(values, "output-dir")
	switch r.Recipe {
	case "vllm", "sglang":
		recipe, values["mode"] = r.Recipe, "ncu"
		delete(values, "with-ncu")
	default:
		recipe = "ncu"
	}
	known := c.declared(recipe)
	maps.DeleteFunc(values, func(name, _ string) bool {
		return !slices.ContainsFunc(known, func(p analysis.Param) bool { return p.Name == name })
	})
	return recipe, values
}
