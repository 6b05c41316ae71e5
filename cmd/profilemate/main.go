// Command profilemate is a local workbench for GPU kernel profiles: it loads what
// Nsight Systems, Nsight Compute and MoE routing trackers wrote, runs analyses in a
// notebook in the browser or from the command line, and exports charts and reports.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"profilemate/plugins"
	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // it was asked rightly and could not be done
	exitMisuse = 2 // wrong words on the command line
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the first signal asks, a second one kills
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// streams are where a verb reads and writes: data goes to out, words to err.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// command is the command line. Each verb is a field with a Run method.
type command struct {
	Cache string `help:"Folder for stored results." env:"PROFILEMATE_CACHE" placeholder:"DIR" type:"path"`

	Serve    serveCmd        `cmd:"" help:"Open the workbench in the browser."`
	Run      runCmd          `cmd:"" help:"Run an analysis on artifacts and print its result."`
	Inspect  inspectCmd      `cmd:"" help:"Say what artifacts hold and which analyses fit."`
	Stats    statsCmd        `cmd:"" help:"Make the reports of nsys stats, many at once."`
	Parse    parseCmd        `cmd:"" help:"Write the files of the parsing scripts that this program replaces."`
	SQL      sqlCmd          `cmd:"" name:"sql" help:"Run SQL over the tables of artifacts."`
	Report   reportCmd       `cmd:"" help:"Put what all analyses say of a run into one file."`
	Check    checkCmd        `cmd:"" help:"Say whether runs got slower than earlier ones, for pipelines."`
	History  historyCmd      `cmd:"" help:"Keep the figures of runs, and show how they go over time."`
	Notebook notebookCmd     `cmd:"" help:"Run, verify, make, export, check and compare notebooks."`
	Export   exportCmd       `cmd:"" help:"Write a table of an artifact as CSV, JSON, Arrow or Parquet."`
	Python   pythonClientCmd `cmd:"" name:"python-client" help:"Print the Python client: one file that brings results into pandas."`
	Tracker  trackerCmd      `cmd:"" help:"Install the recorder of MoE routing for vLLM and SGLang."`
	Traffic  trafficCmd      `cmd:"" help:"Send requests to a vLLM server and measure its answers, with its profiler on."`
	Doctor   doctorCmd       `cmd:"" help:"Say whether this machine can make a capture, and what to do where it cannot."`
	Profile  profileCmd      `cmd:"" help:"Make a profile: of a vLLM or SGLang server, of any program, of a server that runs."`
	Recipes  recipesCmd      `cmd:"" help:"List what can be captured, with its parameters."`
	Jobs     jobsCmd         `cmd:"" help:"List, follow and stop captures."`
	Shims    shimsCmd        `cmd:"" help:"Write the old scripts anew, as small ones that call this program."`
	Generate generateCmd     `cmd:"" help:"Make big captures of small ones, for benchmarks."`
	Analyses analysesCmd     `cmd:"" help:"List the analyses, with their inputs and parameters."`
	Version  versionCmd      `cmd:"" help:"Print the version."`
	Kernel   kernelCmd       `cmd:"" help:"Run as a Jupyter kernel, or offer it to Jupyter programs."`
}

// run parses the arguments and runs the verb; it returns the exit code.
func run(ctx context.Context, args []string, s streams) int {
	registry, err := analysis.NewRegistry(plugins.All()...)
	if err != nil {
		fmt.Fprintln(s.err, "profilemate:", err)
		return exitFailed
	}
	c := command{Run: newRunCmd(registry), Profile: newProfileCmd()}
	parsed, code, done := parseArgs(&c, args, s)
	if done {
		return code
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.Run(&app{streams: s, registry: registry, cache: c.Cache, selected: parsed.Selected()}); err != nil {
		return explain(s.err, err)
	}
	return exitOK
}

// parseArgs reads the command line. done is set when there is nothing left to do: help
// was printed or the words were wrong.
func parseArgs(c *command, args []string, s streams) (parsed *kong.Context, code int, done bool) {
	exited := -1
	parser, err := kong.New(c, kong.Name("profilemate"), kong.Writers(s.out, s.err),
		kong.Description("A local workbench for GPU kernel profiles. Start with: profilemate serve --demo"),
		kong.WithHyphenPrefixedParameters(true), kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.Exit(func(code int) { exited = code }))
	if err != nil {
		fmt.Fprintln(s.err, "profilemate:", err)
		return nil, exitFailed, true
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err = parser.Parse(args)
	if exited >= 0 {
		return nil, exited, true
	}
	if err != nil {
		fmt.Fprintf(s.err, "profilemate: %v\n", err)
		if e := new(kong.ParseError); errors.As(err, &e) && e.Context != nil && e.Context.Command() != "" {
			words, _, _ := strings.Cut(e.Context.Command(), " <") // a shell would read <file> as a redirection
			fmt.Fprintf(s.err, "see: profilemate %s --help\n", words)
		}
		return nil, exitMisuse, true
	}
	return parsed, exitOK, false
}

// errSaid is returned by a verb that failed and has said why.
var errSaid = errors.New("already said")

// explain writes an error as one sentence and picks the exit code.
func explain(w io.Writer, err error) int {
	if !errors.Is(err, errSaid) {
		text := err.Error()
		if errors.Is(err, context.Canceled) {
			text = strings.ReplaceAll(text, context.Canceled.Error(), "stopped")
		}
		fmt.Fprintln(w, "profilemate:", text)
	}
	if fault.KindOf(err) == fault.Misuse {
		return exitMisuse
	}
	return exitFailed
}
