package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"

	"profilemate/frames"
	"profilemate/notebooks/export"
	"profilemate/workbench/analysis"
	"profilemate/workbench/engine"
	"profilemate/workbench/fault"
	"profilemate/workbench/render"
	"profilemate/workbench/result"
)

// runCmd runs one analysis. Its subcommands, one an analysis, are made from the
// declarations, so that every parameter is a flag with its own help.
type runCmd struct {
	Format string `help:"Form of the output: table, csv, json, html, svg, png or pdf (default: by the name of --output, else table)." placeholder:"FORM" enum:",table,csv,json,html,svg,png,pdf" default:""`
	Table  string `help:"Only this table, or for svg, png and pdf this chart." placeholder:"NAME"`
	Chart  string `help:"Only this chart: as svg, png or pdf, or its data as csv." placeholder:"NAME"`
	Output string `short:"o" help:"Write to this file instead of standard output." placeholder:"FILE"`

	Width   length  `help:"Width of a chart, with its unit: 3.3in, 84mm, 240pt, or px of 1/96 inch (default 720px)." placeholder:"LENGTH"`
	Height  length  `help:"Height of a chart (default: what suits it)." placeholder:"LENGTH"`
	Font    float64 `help:"Size of a chart's type in points, that of the numbers at its axes; the rest keeps its proportion (default 8.25)." placeholder:"POINTS"`
	Palette string  `help:"Colors of a chart: okabe-ito, tol-bright, tol-muted, grey, or a list such as #0072B2,#D55E00 (default okabe-ito)." placeholder:"COLORS"`
	Dark    bool    `help:"Draw a chart with light ink on dark paper."`

	kong.Plugins
}

// newRunCmd makes the subcommands of the registry's analyses.
func newRunCmd(registry *analysis.Registry) runCmd {
	c := runCmd{}
	for _, a := range registry.All() {
		field := reflect.StructField{Name: "Analysis", Type: flagsOf(a),
			Tag: reflect.StructTag(fmt.Sprintf(`cmd:"" name:%q help:%q`, a.Name, a.Heading()+"."))}
		c.Plugins = append(c.Plugins, reflect.New(reflect.StructOf([]reflect.StructField{field})).Interface())
	}
	return c
}

// flagsOf returns a struct type with a field for the files and one for each
// parameter. The parameters are text, checked by the analysis itself.
func flagsOf(a analysis.Analysis) reflect.Type {
	fields := []reflect.StructField{{Name: "Files", Type: reflect.TypeFor[[]string](),
		Tag: reflect.StructTag(fmt.Sprintf(`arg:"" name:"file" help:%q`, rolesHelp(a)))}}
	for i, p := range a.Params {
		tag := fmt.Sprintf(`name:%q help:%q placeholder:%q`, p.Name, paramHelp(p), placeholder(p))
		kind := reflect.TypeFor[*string]()
		if p.Kind == analysis.BoolParam {
			kind, tag = reflect.TypeFor[*bool](), tag+` negatable:""`
		}
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("P%d", i), Type: kind, Tag: reflect.StructTag(tag)})
	}
	return reflect.StructOf(fields)
}

func rolesHelp(a analysis.Analysis) string {
	roles := make([]string, len(a.Roles))
	for i, r := range a.Roles {
		roles[i] = fmt.Sprintf("%s: %s", r.Name, r.Doc)
	}
	return "Artifacts, as PATH or ROLE=PATH; " + strings.Join(roles, "; ") + "."
}

func paramHelp(p analysis.Param) string {
	text := p.Doc
	if p.Unit != "" {
		text += ", in " + p.Unit
	}
	if p.Default != "" {
		text += " (default " + p.Default + ")"
	}
	return text + "."
}

func placeholder(p analysis.Param) string {
	if len(p.Options) > 0 {
		return strings.Join(p.Options, "|")
	}
	return strings.ToUpper(string(p.Kind))
}

// Run runs the selected analysis and writes its result.
func (c *runCmd) Run(ctx context.Context, a *app) error {
	declared, err := a.registry.Get(a.selected.Name)
	if err != nil {
		return err
	}
	form, err := c.form()
	if err != nil {
		return err
	}
	request := request(declared, a.selected)
	e := a.engine()
	line := newProgressLine(a.err)
	outcome, err := e.Run(ctx, request, line.show)
	line.clear()
	if err != nil {
		return err
	}
	words := render.TextOptions{}
	if c.Output == "" {
		words = textFor(a.out)
		words.Keys = keysOf(declared)
	}
	var out bytes.Buffer
	if err := c.write(&out, outcome, form, words); err != nil {
		return err
	}
	if form == "csv" || drawing(form) != nil {
		writeFindings(a.err, outcome.Result.Findings)
	}
	return c.deliver(a.out, out.Bytes())
}

// keysOf returns the columns of each table that are kept on a narrow terminal.
func keysOf(a analysis.Analysis) map[string][]string {
	keys := map[string][]string{}
	for _, o := range a.Outputs {
		if len(o.Key) > 0 {
			keys[o.Name] = o.Key
		}
	}
	return keys
}

// request takes the files and the given parameters from the selected subcommand.
func request(declared analysis.Analysis, node *kong.Node) engine.Request {
	r := engine.Request{Analysis: declared.Name, Params: analysis.Values{}}
	files, _ := node.Positional[0].Target.Interface().([]string)
	for _, file := range files {
		r.Inputs = append(r.Inputs, roleOf(declared, file))
	}
	for _, flag := range node.Flags {
		if flag.Target.Kind() != reflect.Pointer || flag.Target.IsNil() {
			continue
		}
		for _, p := range declared.Params {
			if p.Name == flag.Name {
				r.Params[p.Name] = fmt.Sprint(flag.Target.Elem().Interface())
			}
		}
	}
	return r
}

// roleOf splits ROLE=PATH where ROLE is one that the analysis declares.
func roleOf(a analysis.Analysis, arg string) analysis.CallInput {
	if role, path, ok := strings.Cut(arg, "="); ok {
		for _, r := range a.Roles {
			if r.Name == role {
				return analysis.CallInput{Role: role, Path: path}
			}
		}
	}
	return analysis.CallInput{Path: arg}
}

// form returns the output form: as asked, or as the output file's name says.
func (c *runCmd) form() (string, error) {
	if c.Format != "" {
		return c.Format, c.chartForm(c.Format)
	}
	switch ext := strings.ToLower(filepath.Ext(c.Output)); ext {
	case ".csv", ".json", ".html", ".svg", ".png", ".pdf":
		return ext[1:], c.chartForm(ext[1:])
	case "", ".txt":
		return "table", c.chartForm("table")
	default:
		return "", fault.Errorf(fault.Misuse, "the name %s does not say which form to write; add --format", c.Output)
	}
}

// chartForm refuses --chart with a form in which nothing is drawn of it.
func (c *runCmd) chartForm(form string) error {
	if c.Chart != "" && form != "csv" && drawing(form) == nil {
		return fault.WithRemedy(fault.Errorf(fault.Misuse, "a chart cannot be written as %s", form), "add --format svg, png, pdf or csv")
	}
	return nil
}

func (c *runCmd) write(w io.Writer, o *engine.Outcome, form string, words render.TextOptions) error {
	switch form {
	case "csv":
		if c.Chart != "" {
			return c.writeChart(w, o.Result, chartCSV)
		}
		table, err := pickTable(o.Result, c.Table)
		if err != nil {
			return err
		}
		return table.Frame.WriteCSV(w, frames.CSVOptions{})
	case "json":
		return render.JSON(w, o.Bundle(-1))
	case "html":
		return export.Bundle(w, o.Bundle(-1), export.Options{})
	}
	if draw := drawing(form); draw != nil {
		return c.writeChart(w, o.Result, draw)
	}
	if c.Table != "" {
		if _, err := pickTable(o.Result, c.Table); err != nil {
			return err
		}
	}
	words.Table = c.Table
	return render.Text(w, o.Result, words)
}

// drawing returns what draws a chart in a form, nil where the form is none of charts.
func drawing(form string) func(result.Chart, render.Options) ([]byte, error) {
	switch form {
	case "svg":
		return render.SVG
	case "png":
		return render.PNG
	case "pdf":
		return render.PDF
	}
	return nil
}

func (c *runCmd) writeChart(w io.Writer, r *result.Result, draw func(result.Chart, render.Options) ([]byte, error)) error {
	name := c.Chart
	if name == "" {
		name = c.Table
	}
	chart, err := pickChart(r, name)
	if err != nil {
		return err
	}
	image, err := draw(*chart, render.Options{Width: float64(c.Width), Height: float64(c.Height), Font: c.Font, Palette: c.Palette, Dark: c.Dark})
	if err != nil {
		return err
	}
	_, err = w.Write(image)
	return err
}

// chartCSV is the data of a chart, which have no size or color.
func chartCSV(c result.Chart, _ render.Options) ([]byte, error) { return render.CSV(c), nil }

// pickTable returns the named table, the first for an empty name.
func pickTable(r *result.Result, name string) (*result.Table, error) {
	if name == "" && len(r.Tables) > 0 {
		return &r.Tables[0], nil
	}
	if t := r.Table(name); t != nil {
		return t, nil
	}
	names := make([]string, len(r.Tables))
	for i, t := range r.Tables {
		names[i] = t.Name
	}
	return nil, fault.Errorf(fault.Misuse, "the result has no table %q (there are: %s)", name, strings.Join(names, ", "))
}

// withoutChart says why a result has nothing to draw, in the words of its first finding
// that is more than a remark.
func withoutChart(r *result.Result) error {
	for _, f := range r.Findings {
		if f.Severity != result.Info {
			return fault.WithRemedy(fault.Errorf(fault.Missing, "the result has no chart: %s", strings.TrimSuffix(f.Text, ".")), "%s", strings.TrimSuffix(f.Remedy, "."))
		}
	}
	return fault.Errorf(fault.Missing, "the result has no chart: there is nothing to draw")
}

// pickChart returns the named chart, the first for an empty name.
func pickChart(r *result.Result, name string) (*result.Chart, error) {
	if name == "" && len(r.Charts) > 0 {
		return &r.Charts[0], nil
	}
	if c := r.Chart(name); c != nil {
		return c, nil
	}
	if len(r.Charts) == 0 {
		return nil, withoutChart(r)
	}
	names := make([]string, len(r.Charts))
	for i, c := range r.Charts {
		names[i] = c.Name
	}
	return nil, fault.Errorf(fault.Misuse, "the result has no chart %q (there are: %s)", name, strings.Join(names, ", "))
}

// deliver writes the output whole: to the file, through a temporary one, or to
// standard output.
func (c *runCmd) deliver(stdout io.Writer, data []byte) error {
	if c.Output == "" {
		_, err := stdout.Write(data)
		return err
	}
	return replaceFile(c.Output, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// writeFindings writes the findings as words, for forms that have no room for them.
func writeFindings(w io.Writer, findings []result.Finding) {
	for _, f := range findings {
		fmt.Fprintf(w, "%s: %s\n", f.Severity, f.Text)
		if f.Remedy != "" {
			fmt.Fprintf(w, "  remedy: %s\n", f.Remedy)
		}
	}
}
