package capture

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"profilemate/workbench/fault"
	"profilemate/workbench/job"
	"profilemate/workbench/result"
)

// measuring is one run of a server under Nsight Compute.
type measuring struct {
	*choices
	engine
	window  bool // measure between the server's start_profile and stop_profile only
	running *running
}

func (m *measuring) base() string   { return m.path(m.name + "_ncu_profile") }
func (m *measuring) report() string { return m.base() + ".ncu-rep" }
func (m *measuring) csv() string    { return m.base() + ".csv" }

// ncuPass runs a server under Nsight Compute.
func ncuPass(c *choices, e engine) pass {
	m := &measuring{choices: c, engine: e, window: c.control.Control != "session"}
	p := pass{needs: []string{"ncu", "server"}, notes: m.notes(), outputs: []job.Output{
		{Name: m.name + "_ncu_profile.ncu-rep", Doc: "the report of Nsight Compute"},
		{Name: m.name + "_ncu_profile.csv", Doc: "its raw page, in base units"},
		{Name: "ncu_parsed/", Doc: "the files of profilemate parse ncu"}}}
	imported := importCommand(m.report())
	p.steps = []step{
		{job.Phase{Name: "ncu-start", Title: "load the model under Nsight Compute", Expect: 2 * loadingTakes}, []job.Command{m.command()}, m.start},
		{job.Phase{Name: "ncu-warmup", Title: "warm up", Expect: warmupTakes}, nil, func(ctx context.Context, s *session) error { return s.warm(ctx, m.running, m.load) }},
		{job.Phase{Name: "ncu-capture", Title: "measure kernels while requests are served", Expect: measureTakes}, nil, m.capture},
		{job.Phase{Name: "ncu-stop", Title: "end the server and write the report", Expect: endingTakes}, nil, m.stop},
		{job.Phase{Name: "ncu-export", Title: "print the report as CSV", Expect: exportTakes}, []job.Command{imported}, func(ctx context.Context, s *session) error {
			return s.print(ctx, imported, m.csv())
		}},
	}
	return p
}

func (m *measuring) notes() []result.Finding {
	notes := []result.Finding{{Severity: result.Info,
		Text: fmt.Sprintf("Nsight Compute runs each of %d launches many times over (set %s), so that requests take minutes; only times of kernels are measured.", m.ncu.Count, m.ncu.Set)}}
	if !m.window {
		notes = append(notes, counting())
	}
	if m.whole.Eager {
		notes = append(notes, result.Finding{Severity: result.Info, Text: "The server runs without CUDA graphs here; the kernels are the same, the gaps between them are not."})
	}
	return notes
}

// command is ncu with the server.
func (m *measuring) command() job.Command {
	s := m.server
	s.Eager = s.Eager || m.whole.Eager
	s.Layerwise = false
	args := append([]string{"ncu"}, m.ncu.flags()...)
	if m.window {
		args = append(args, "--profile-from-start", "no")
	}
	args = append(args, "--kill", "yes", "--force-overwrite", "--export", m.base())
	return job.Command{Doc: "the server under Nsight Compute", Args: append(args, m.serve(s, m.window)...), Env: m.environment}
}

// flags say what is measured, of which kernels.
func (n ncu) flags() []string {
	flags := []string{"--set", n.Set}
	for _, section := range splitList(n.Sections) {
		flags = append(flags, "--section", section)
	}
	return append(flags, "--target-processes", "all", "--graph-profiling", "node", "--clock-control", n.Clocks,
		"--kernel-name-base", "function", "--kernel-name", "regex:"+n.Kernels,
		"--launch-skip", strconv.Itoa(n.Skip), "--launch-count", strconv.Itoa(n.Count))
}

// counting warns of a window that nobody opens.
func counting() result.Finding {
	return result.Finding{Severity: result.Warning,
		Text:   "Without profile endpoints launches are counted from the server's start: the window may lie in loading or warm-up.",
		Remedy: "Use a server with profile endpoints and --control=auto, or raise --launch-skip until the launches are those of serving."}
}

func (m *measuring) start(ctx context.Context, s *session) (err error) {
	if !m.window {
		s.run.Finding(counting())
	}
	m.running, err = s.serve(ctx, "ncu", m.command(), m.engine)
	return err
}

// capture sends traffic until Nsight Compute has what it wants, which ends the server.
func (m *measuring) capture(ctx context.Context, s *session) error {
	if m.window {
		err := s.startProfile(ctx, m.running)
		if fault.KindOf(err) == fault.Unsupported && m.control.Control == "auto" {
			return m.again(ctx, s)
		}
		if err != nil {
			return err
		}
	}
	measured, cancel := m.running.context(ctx)
	defer cancel()
	err := s.traffic(measured, m.running, m.load, "")
	if ctx.Err() == nil && measured.Err() != nil {
		s.run.Say("Nsight Compute has measured what it was asked for and has ended the server.")
		return nil // requests under way at that moment failed, as they must
	}
	if m.window {
		// Nsight Compute may end the server at this very moment; the report then says how
		// it went.
		if e := s.stopProfile(ctx, m.running); e != nil && err == nil && m.running.gone() == nil {
			err = e
		}
	}
	return err
}

// again starts the server once more and measures from its start: without endpoints
// no window ever opens.
func (m *measuring) again(ctx context.Context, s *session) error {
	s.run.Say("The server has no profile endpoints: it is started again, and launches are counted from its start.")
	if err := s.end(ctx, m.running); err != nil {
		return err
	}
	m.window = false
	if err := m.start(ctx, s); err != nil {
		return err
	}
	return m.capture(ctx, s)
}

func (m *measuring) stop(ctx context.Context, s *session) error {
	if err := s.end(ctx, m.running); err != nil {
		return err
	}
	return s.made(m.report(), "ncu", "the report of Nsight Compute", func() error { return m.nothing() })
}

func (m *measuring) nothing() error { return noReport(m.running, m.ncu) }

// noReport says why ncu has written nothing.
func noReport(r *running, n ncu) error {
	return fault.WithRemedy(fault.Errorf(fault.Missing, "Nsight Compute wrote no report%s", r.lastWords()),
		"look whether kernels match regex:%s after %d launches of them, and at %s", n.Kernels, n.Skip, r.log)
}

// importCommand prints a report. Without --import, ncu would take the report for a
// program to run.
func importCommand(report string) job.Command {
	return job.Command{Doc: "the report's raw page as CSV", Args: []string{"ncu", "--import", report, "--csv", "--page", "raw", "--print-units", "base"}}
}

// print writes the standard output of a command to a file.
func (s *session) print(ctx context.Context, c job.Command, path string) error {
	out, err := os.Create(path)
	if err != nil {
		return fault.Errorf(fault.Denied, "writing %s: %w", path, err)
	}
	err = s.copy(ctx, c, out)
	if closed := out.Close(); err == nil {
		err = closed
	}
	if err != nil { // half of it would pass for the whole
		return errors.Join(err, remove(path))
	}
	return s.made(path, "ncu-csv", "its raw page, in base units", func() error {
		return fault.Errorf(fault.Missing, "Nsight Compute printed nothing of its report")
	})
}
