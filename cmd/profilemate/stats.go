package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"profilemate/workbench/fault"
	"profilemate/workbench/result"
	"profilemate/workbench/stats"
)

// statsCmd makes the reports of nsys stats. Its flags mean what they mean there.
type statsCmd struct {
	Report         []string `short:"r" help:"Reports, each as NAME[:ARG…]; see --help-reports." placeholder:"NAME"`
	Format         []string `short:"f" help:"Form of each report: column, table, csv, tsv or json; the last one holds for the rest (default: column on standard output, csv in files)." placeholder:"FORM"`
	Output         []string `short:"o" help:"Begin of the names of files, to which _REPORT.csv is added; - is standard output, . the name of the input." placeholder:"PREFIX"`
	ForceOverwrite onOff    `help:"Overwrite files that are there."`
	ForceExport    onOff    `hidden:"" help:"Nothing: exports are read as they are."`
	Quiet          bool     `short:"q" help:"Only say what went wrong."`
	HelpReports    bool     `help:"List the reports and their arguments."`
	Files          []string `arg:"" optional:"" name:"file" help:"SQLite exports of nsys."`
}

// Help is the long help.
func (statsCmd) Help() string {
	return "A drop-in for nsys stats of Nsight Systems 2023.4: the same headers, numbers and order of rows, all reports in one pass over the file. " +
		"Without --report it makes " + strings.Join(stats.Defaults(), ", ") + ". " +
		"A report whose data the capture lacks is skipped, and that is said. Where nsys is known to be wrong, the numbers are right, and that is said too."
}

// onOff is a flag that may be followed by true or false, as in nsys.
type onOff bool

// IsBool tells the parser that the flag needs no value.
func (*onOff) IsBool() bool { return true }

// Decode takes the value where there is one.
func (o *onOff) Decode(ctx *kong.DecodeContext) error {
	*o = true
	next := ctx.Scan.Peek()
	text := next.String()
	if next.Type == kong.FlagValueToken || text == "true" || text == "false" {
		ctx.Scan.Pop()
		if text != "true" && text != "false" {
			return fmt.Errorf("expected true or false but got %q", text)
		}
		*o = text == "true"
	}
	return nil
}

// Run makes the reports of each file in turn. A file that cannot be read does not
// keep the others from being reported on; the exit code then is 1.
func (c *statsCmd) Run(ctx context.Context, a *app) error {
	if c.HelpReports {
		return writeReports(a.out)
	}
	p, err := c.plan()
	if err != nil {
		return err
	}
	failed := 0
	for _, file := range c.Files {
		if err := p.file(ctx, a, file); err != nil {
			if fault.KindOf(err) == fault.Canceled || len(c.Files) == 1 {
				return err
			}
			fmt.Fprintln(a.err, "profilemate:", err)
			failed++
		}
	}
	if failed > 0 {
		return fault.Errorf(fault.Unsupported, "%d of %d files could not be reported on", failed, len(c.Files))
	}
	return nil
}

func writeReports(w io.Writer) error {
	for _, r := range stats.Reports() {
		name := r.Name
		for _, arg := range r.Args {
			name += "[:" + arg + "]"
		}
		if _, err := fmt.Fprintf(w, "%s\n    %s\n", name, r.Doc); err != nil {
			return err
		}
		if len(r.Aliases) > 0 {
			fmt.Fprintf(w, "    old name: %s\n", strings.Join(r.Aliases, ", "))
		}
	}
	return nil
}

// statsPlan is the command line, understood.
type statsPlan struct {
	choices   []stats.Choice
	formats   []stats.Format // by report, empty for the default
	outputs   []string       // by report
	overwrite bool
	quiet     bool
	several   bool // more than one file
}

func (c *statsCmd) plan() (*statsPlan, error) {
	if len(c.Files) == 0 {
		return nil, fault.Errorf(fault.Misuse, "no file to report on: profilemate stats FILE…")
	}
	p := &statsPlan{overwrite: bool(c.ForceOverwrite), quiet: c.Quiet, several: len(c.Files) > 1}
	names := c.Report
	if len(names) == 0 {
		names = stats.Defaults()
	}
	for i, name := range names {
		choice, err := stats.Parse(name)
		if err != nil {
			return nil, err
		}
		format, output := nth(c.Format, i, "."), nth(c.Output, i, "-")
		form := stats.Format("")
		if format != "." {
			if form, err = stats.ParseFormat(format); err != nil {
				return nil, err
			}
		}
		if strings.HasPrefix(output, "@") {
			return nil, fault.Errorf(fault.Misuse, "output %q: a command is not run from here; pipe standard output to it", output)
		}
		p.choices, p.formats, p.outputs = append(p.choices, choice), append(p.formats, form), append(p.outputs, output)
	}
	return p, p.distinct(c.Files)
}

// nth returns the value for the i-th report: the last one holds for the rest.
func nth(values []string, i int, none string) string {
	if len(values) == 0 {
		return none
	}
	return values[min(i, len(values)-1)]
}

// distinct refuses two reports for one file of output.
func (p *statsPlan) distinct(files []string) error {
	seen := map[string]string{}
	for _, file := range files {
		for i, choice := range p.choices {
			path := p.path(i, file)
			what := choice.FileName() + " of " + file
			if other, ok := seen[path]; ok && path != "" {
				return fault.Errorf(fault.Misuse, "%s and %s would both be written to %s", other, what, path)
			}
			seen[path] = what
		}
	}
	return nil
}

func (p *statsPlan) format(i int) stats.Format {
	switch {
	case p.formats[i] != "":
		return p.formats[i]
	case p.outputs[i] == "-":
		return stats.Column
	}
	return stats.CSV
}

// path returns the file that report i of an input goes to, "" for standard output.
func (p *statsPlan) path(i int, input string) string {
	base := p.outputs[i]
	stem := strings.TrimSuffix(input, filepath.Ext(input))
	switch {
	case base == "-":
		return ""
	case base == ".":
		base = stem
	case p.several:
		base += "_" + filepath.Base(stem)
	}
	return base + "_" + p.choices[i].FileName() + p.format(i).Extension()
}

// file makes the reports of one input.
func (p *statsPlan) file(ctx context.Context, a *app, input string) error {
	artifact, err := a.formats().Open(ctx, input)
	if err != nil {
		return err
	}
	defer artifact.Close()
	wanted := p.wanted(a, input)
	choices := make([]stats.Choice, len(wanted))
	for at, i := range wanted {
		choices[at] = p.choices[i]
	}
	line := newProgressLine(a.err)
	outcomes, findings, err := stats.Run(ctx, artifact, choices, stats.Options{Workers: runtime.GOMAXPROCS(0), Progress: line.show})
	line.clear()
	if err != nil {
		return fmt.Errorf("%s: %w", input, err)
	}
	p.say(a, findings)
	for at, i := range wanted {
		if outcomes[at].Skipped != "" {
			p.note(a, "skipped %s of %s: %s", choices[at].Name, input, outcomes[at].Skipped)
			continue
		}
		if err := p.write(a, i, input, outcomes[at]); err != nil {
			return err
		}
	}
	return allDamaged(input, outcomes)
}

// allDamaged is an error where damage left no report to make.
func allDamaged(input string, outcomes []stats.Outcome) error {
	if len(outcomes) == 0 || slices.ContainsFunc(outcomes, func(o stats.Outcome) bool { return !o.Damaged }) {
		return nil
	}
	return fault.Errorf(fault.Corrupt, "%s: no report can be made of it: %s", input, outcomes[0].Skipped)
}

// wanted returns the reports to make: those whose file is there already are skipped,
// as nsys does it.
func (p *statsPlan) wanted(a *app, input string) []int {
	var out []int
	for i := range p.choices {
		path := p.path(i, input)
		if path != "" && !p.overwrite {
			if _, err := os.Lstat(path); err == nil {
				p.note(a, "skipped %s of %s: %s is there already; overwrite it with --force-overwrite", p.choices[i].Name, input, path)
				continue
			}
		}
		out = append(out, i)
	}
	return out
}

func (p *statsPlan) note(a *app, format string, args ...any) {
	if !p.quiet {
		fmt.Fprintf(a.err, format+"\n", args...)
	}
}

func (p *statsPlan) say(a *app, findings []result.Finding) {
	if p.quiet {
		findings = slices.DeleteFunc(findings, func(f result.Finding) bool { return f.Severity != result.Problem })
	}
	writeFindings(a.err, findings)
}

// write writes one report: to standard output followed by an empty line, as nsys
// does, or to a file.
func (p *statsPlan) write(a *app, i int, input string, o stats.Outcome) error {
	format, path := p.format(i), p.path(i, input)
	if path == "" {
		if p.several && (format == stats.Column || format == stats.Boxed) {
			fmt.Fprintf(a.out, "\n == %s\n", input)
		}
		err := stats.Write(a.out, o, format)
		if err == nil {
			_, err = fmt.Fprintln(a.out)
		}
		return err
	}
	if err := replaceFile(path, func(w io.Writer) error { return stats.Write(w, o, format) }); err != nil {
		return err
	}
	p.note(a, "wrote %s", path)
	return nil
}
