package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"profilemate/workbench/analysis"
	"profilemate/workbench/capture"
	"profilemate/workbench/fault"
	"profilemate/workbench/job"
)

// profileCmd makes a capture. Its subcommands, one a recipe, are made from the
// declarations, so that every parameter is a flag with its own help. Without one, it
// is vllm.
type profileCmd struct {
	DryRun bool `help:"Print the plan, with the exact commands, and do nothing."`
	Detach bool `help:"Start the capture, print its name and return; see profilemate jobs."`
	JSON   bool `name:"json" help:"Print the plan, or the events as they come, as JSON."`

	From string `help:"A capture of Nsight Systems, a file or an exported folder; the kernels, skip and count for Nsight Compute are taken from its steady decode steps." placeholder:"RUN" type:"path"`
	Top  int    `help:"With --from, how many kernels are measured." default:"5" placeholder:"N"`

	kong.Plugins
}

// newProfileCmd makes the subcommands of the recipes.
func newProfileCmd() profileCmd {
	c := profileCmd{}
	for i, r := range capture.NewBook().Recipes() {
		tag := fmt.Sprintf(`cmd:"" name:%q help:%q`, r.Name, "Capture: "+r.Title+".")
		if i == 0 {
			tag += ` default:"withargs"`
		}
		field := reflect.StructField{Name: "Recipe", Type: recipeFlags(r), Tag: reflect.StructTag(tag)}
		c.Plugins = append(c.Plugins, reflect.New(reflect.StructOf([]reflect.StructField{field})).Interface())
	}
	return c
}

// recipeFlags returns a struct type with a field for each parameter; the parameter
// command is what stands behind the flags.
func recipeFlags(r job.Recipe) reflect.Type {
	var fields []reflect.StructField
	group := map[string]string{}
	for _, g := range r.Groups {
		for _, name := range g.Params {
			group[name] = g.Title
		}
	}
	for i, p := range r.Params {
		tag := fmt.Sprintf(`name:%q help:%q placeholder:%q group:%q`, p.Name, paramHelp(p), placeholder(p), group[p.Name])
		kind := reflect.TypeFor[*string]()
		switch {
		case p.Name == "command":
			kind, tag = reflect.TypeFor[[]string](), fmt.Sprintf(`arg:"" optional:"" passthrough:"" name:"command" help:%q`, "The program and its arguments, after --.")
		case p.Kind == analysis.BoolParam:
			kind, tag = reflect.TypeFor[*bool](), tag+` negatable:""`
		}
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("P%d", i), Type: kind, Tag: reflect.StructTag(tag)})
	}
	return reflect.StructOf(fields)
}

// Run starts the capture and follows it.
func (c *profileCmd) Run(ctx context.Context, a *app) error {
	m, err := a.jobs()
	if err != nil {
		return err
	}
	name, values := a.selected.Name, recipeValues(a.selected)
	if c.From != "" {
		target, hidden, err := a.target(ctx, c.From, c.Top)
		if err != nil {
			return err
		}
		target.Into(values)
		fmt.Fprintln(a.err, target.String())
		writeFindings(a.err, hidden)
	}
	if c.DryRun {
		plan, err := m.Plan(name, values)
		if err != nil {
			return err
		}
		return c.writePlan(a.out, plan)
	}
	j, err := m.Start(name, values)
	if err != nil {
		return err
	}
	if c.Detach {
		fmt.Fprintln(a.out, j.ID)
		return nil
	}
	return (&follower{app: a, jobs: m, json: c.JSON, stops: true}).follow(ctx, j)
}

// recipeValues takes the given parameters from the selected subcommand.
func recipeValues(node *kong.Node) analysis.Values {
	values := analysis.Values{}
	for _, p := range node.Positional {
		args, _ := p.Target.Interface().([]string)
		if len(args) > 0 && args[0] == "--" {
			args = args[1:]
		}
		if len(args) > 0 {
			values[p.Name] = capture.Words(args)
		}
	}
	for _, f := range node.Flags {
		if f.Target.Kind() == reflect.Pointer && !f.Target.IsNil() {
			values[f.Name] = fmt.Sprint(f.Target.Elem().Interface())
		}
	}
	return values
}

// writePlan prints what would be done.
func (c *profileCmd) writePlan(w io.Writer, p job.Plan) error {
	if c.JSON {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", " ")
		return e.Encode(p)
	}
	fmt.Fprintf(w, "%s\ninto %s\n", p.Title, p.Folder)
	if len(p.GPUs) > 0 {
		fmt.Fprintf(w, "GPUs for itself: %s\n", strings.Join(p.GPUs, ", "))
	}
	for i, phase := range p.Phases {
		fmt.Fprintf(w, "\n%2d. %s (about %v)\n", i+1, phase.Title, phase.Expect.Round(time.Second))
		for _, command := range p.Commands {
			if command.Phase == phase.Name {
				fmt.Fprintf(w, "    %s\n", capture.Words(slices.Concat(command.Env, command.Args)))
			}
		}
	}
	fmt.Fprintln(w, "\nleaves")
	for _, o := range p.Outputs {
		fmt.Fprintf(w, "    %-32s %s\n", o.Name, o.Doc)
	}
	if len(p.Notes) > 0 {
		fmt.Fprintln(w)
		writeFindings(w, p.Notes)
	}
	return nil
}

// Validate refuses to measure no kernel at all.
func (c *profileCmd) Validate() error {
	if c.Top < 1 {
		return fault.Errorf(fault.Misuse, "--top %d: name at least one kernel", c.Top)
	}
	return nil
}

// isTerminalWriter reports whether words go to a terminal.
func isTerminalWriter(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && isTerminal(file)
}
