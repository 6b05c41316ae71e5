package capture

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"profilemate/workbench/fault"
	"profilemate/workbench/job"
	"profilemate/workbench/result"
)

// tracing is one run of a server under Nsight Systems.
type tracing struct {
	*choices
	engine
	control string // "server" or "session"
	running *running
}

func (t *tracing) base() string    { return t.path(t.name + "_quick_profile") }
func (t *tracing) report() string  { return t.base() + ".nsys-rep" }
func (t *tracing) sqlite() string  { return t.base() + ".sqlite" }
func (t *tracing) session() string { return "profilemate-" + strconv.Itoa(t.server.Port) }

// nsysPass runs a server under Nsight Systems.
func nsysPass(c *choices, e engine) pass {
	t := &tracing{choices: c, engine: e, control: c.control.Control}
	if t.control == "auto" {
		t.control = "server"
	}
	p := pass{needs: []string{"nsys", "server"}, notes: t.notes(), outputs: []job.Output{
		{Name: t.name + "_quick_profile.nsys-rep", Doc: "the report of Nsight Systems"},
		{Name: t.name + "_quick_profile.sqlite", Doc: "the same as SQLite, which the analyses read"},
		{Name: "parsed/", Doc: "the files of profilemate parse nsys"}}}
	export := exportCommand(t.report(), t.sqlite())
	p.steps = []step{
		{job.Phase{Name: "nsys-start", Title: "load the model under Nsight Systems", Expect: loadingTakes}, []job.Command{t.command()}, t.start},
		{job.Phase{Name: "nsys-warmup", Title: "warm up", Expect: warmupTakes}, nil, t.warm},
		{job.Phase{Name: "nsys-capture", Title: "record while requests are served", Expect: trafficTakes}, t.sessionCommands(), t.capture},
		{job.Phase{Name: "nsys-stop", Title: "end the server and write the report", Expect: endingTakes}, nil, t.stop},
		{job.Phase{Name: "nsys-export", Title: "export the report", Expect: exportTakes}, []job.Command{export}, func(ctx context.Context, s *session) error {
			return s.export(ctx, export, t.report(), t.sqlite())
		}},
	}
	return p
}

// notes say what the choices cost.
func (t *tracing) notes() []result.Finding {
	var notes []result.Finding
	if t.server.Layerwise {
		notes = append(notes, result.Finding{Severity: result.Warning,
			Text:   "Ranges for every layer slow the host down so much that GPU idle time and step times are not those of normal serving.",
			Remedy: "Take shares and orders of kernels from this run, and times from one without --layerwise."})
		if !t.server.Eager {
			notes = append(notes, result.Finding{Severity: result.Warning, Text: "With CUDA graphs no layer has a range: Python does not run when a graph is replayed.",
				Remedy: "Add --enforce-eager."})
		}
	}
	if t.nsys.Graphs == "graph" {
		notes = append(notes, result.Finding{Severity: result.Warning, Text: "Kernels inside CUDA graphs will not be in the trace.", Remedy: "Use --cuda-graph-trace=node."})
	}
	if t.choices.control.Control == "auto" {
		notes = append(notes, result.Finding{Severity: result.Info,
			Text: "Where the server has no profile endpoints, it is started a second time and recorded by a session of nsys."})
	}
	return notes
}

// command is nsys with the server.
func (t *tracing) command() job.Command {
	args := append([]string{"nsys", "profile"}, t.nsys.flags()...)
	args = append(args, "--trace-fork-before-exec=true")
	if t.control == "session" {
		args = append(args, "--session-new="+t.session(), "--start-later=true")
	} else {
		args = append(args, "--capture-range=cudaProfilerApi", "--capture-range-end=stop")
	}
	args = append(args, "--force-overwrite=true", "--output="+t.base())
	return job.Command{Doc: "the server under Nsight Systems", Args: append(args, t.serve(t.server, t.control == "server")...), Env: t.environment}
}

// flags say what is recorded.
func (n nsys) flags() []string {
	flags := []string{"--trace=" + n.Trace, "--sample=" + n.Sample}
	if n.Sample == "none" {
		flags = append(flags, "--cpuctxsw=none")
	}
	flags = append(flags, "--cuda-graph-trace="+n.Graphs)
	if n.Memory && n.traces("cuda") {
		flags = append(flags, "--cuda-memory-usage=true")
	}
	return flags
}

// traces reports whether something is recorded.
func (n nsys) traces(what string) bool { return slices.Contains(strings.Split(n.Trace, ","), what) }

func (t *tracing) sessionCommands() []job.Command {
	if t.control != "session" {
		return nil
	}
	return []job.Command{
		{Doc: "begin to record", Args: []string{"nsys", "start", "--session=" + t.session()}},
		{Doc: "end the recording and write the report", Args: []string{"nsys", "stop", "--session=" + t.session()}},
	}
}

func (t *tracing) start(ctx context.Context, s *session) (err error) {
	t.running, err = s.serve(ctx, "nsys", t.command(), t.engine)
	return err
}

func (t *tracing) warm(ctx context.Context, s *session) error { return s.warm(ctx, t.running, t.load) }

func (t *tracing) capture(ctx context.Context, s *session) error {
	if t.control == "session" {
		return t.inSession(ctx, s)
	}
	err := s.startProfile(ctx, t.running)
	if fault.KindOf(err) == fault.Unsupported && t.choices.control.Control == "auto" {
		return t.again(ctx, s)
	}
	if err != nil {
		return err
	}
	failed := s.traffic(ctx, t.running, t.load, "")
	if err := s.stopProfile(ctx, t.running); err != nil && failed == nil {
		failed = err
	}
	return failed
}

// again starts the server once more, recorded by a session of nsys: the first one
// has no endpoints, so that its capture range would never begin.
func (t *tracing) again(ctx context.Context, s *session) error {
	s.run.Say("The server has no profile endpoints: it is started again and recorded by a session of nsys.")
	if err := s.end(ctx, t.running); err != nil {
		return err
	}
	t.control = "session"
	for _, do := range []func(context.Context, *session) error{t.start, t.warm, t.inSession} {
		if err := do(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (t *tracing) inSession(ctx context.Context, s *session) error {
	commands := t.sessionCommands()
	if err := s.complete(ctx, "nsys-session", commands[0]); err != nil {
		return err
	}
	failed := s.traffic(ctx, t.running, t.load, "")
	// Also when it was asked to stop: what is recorded so far is to be kept.
	if err := s.complete(context.WithoutCancel(ctx), "nsys-session", commands[1]); err != nil && failed == nil {
		failed = err
	}
	return failed
}

func (t *tracing) stop(ctx context.Context, s *session) error {
	if err := s.end(ctx, t.running); err != nil {
		return err
	}
	return s.made(t.report(), "nsys-report", "the report of Nsight Systems", func() error {
		return unwritten(t.running, "; a server that never ran anything on the GPU between start and stop leaves an empty capture")
	})
}

// unwritten says why nsys has written no report; hint is what else may be the reason.
func unwritten(r *running, hint string) error {
	words := r.lastWords()
	err := fault.Errorf(fault.Missing, "Nsight Systems wrote no report%s", words)
	if strings.Contains(words, "Agent lost") {
		return fault.WithRemedy(err, "start it again: nsys gives up where its agent does not get a processor soon enough")
	}
	return fault.WithRemedy(err, "look at %s%s", r.log, hint)
}

// exportCommand is nsys export.
func exportCommand(report, sqlite string) job.Command {
	return job.Command{Doc: "the report as SQLite", Args: []string{"nsys", "export", "--type=sqlite", "--force-overwrite=true", "--output=" + sqlite, report}}
}

// remove takes away a file, which need not be there.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Errorf(fault.Denied, "taking away %s: %w", path, err)
	}
	return nil
}

func (s *session) export(ctx context.Context, c job.Command, report, sqlite string) error {
	err := s.complete(ctx, "nsys-export", c)
	if ctx.Err() != nil { // half of it would pass for the whole
		return errors.Join(ctx.Err(), remove(sqlite))
	}
	if err != nil {
		return fault.WithRemedy(fmt.Errorf("exporting %s: %w", report, err), "export it with the nsys that wrote it, or a newer one")
	}
	return s.made(sqlite, "nsys", "the export that the analyses read", func() error {
		return fault.Errorf(fault.Missing, "Nsight Systems exported nothing to %s", sqlite)
	})
}
