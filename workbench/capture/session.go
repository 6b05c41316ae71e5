package capture

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"profilemate/workbench/fault"
	"profilemate/workbench/job"
	"profilemate/workbench/process"
	"profilemate/workbench/result"
	"profilemate/workbench/traffic"
)

// Config is what a capture is done with, beside its plan.
type Config struct {
	Version string // of this program, for the record
	// Preflight looks at the machine: problems that it finds are recorded with the job.
	// Needs are "nsys", "ncu", "server" and "moe". It may be nil.
	Preflight func(ctx context.Context, needs []string, port int, folder string) []result.Finding
	// Results reads what was made, writes the files of parse and the report, and judges
	// the capture; findings and files go to the run. It may be nil.
	Results func(ctx context.Context, folder string, report bool, r *job.Run) error
}

// Mark is the entry in the environment of all that a job starts.
func Mark(id string) string { return "PROFILEMATE_JOB=" + id }

// session is one capture under way.
type session struct {
	Config
	run      *job.Run
	choices  *choices
	family   process.Family
	record   *record
	programs []*running
	prompts  []traffic.Prompt // of the data set; empty: random ones
}

// Work returns the work of a supervisor: the plan of the job is carried out, and
// whatever was started is ended, also when it fails or is asked to stop.
func (b *Book) Work(c Config) func(context.Context, *job.Run) error {
	return func(ctx context.Context, r *job.Run) error {
		plan := r.Job().Plan
		recipe, choices, err := b.choose(plan.Recipe, plan.Values)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(choices.path("logs"), 0o755); err != nil {
			return fault.Errorf(fault.Denied, "making the output folder: %w", err)
		}
		s := &session{Config: c, run: r, choices: choices, family: process.Family{Mark: Mark(r.Job().ID)}}
		s.record = newRecord(ctx, s)
		s.record.keep()
		err = s.all(ctx, recipe.passes(choices))
		return errors.Join(err, s.record.finish(ctx, r.Job(), err))
	}
}

// all does the passes, ends what is left and looks at the results.
func (s *session) all(ctx context.Context, passes []pass) error {
	if err := process.Reaper(); err != nil {
		s.run.Say("%v", err)
	}
	err := s.preflight(ctx, passes)
	for _, p := range passes {
		for _, step := range p.steps {
			if err != nil {
				break
			}
			s.run.Phase(step.phase.Name)
			if err = step.do(ctx, s); err == nil {
				err = ctx.Err() // a step that writes a report ends well though it was asked to stop
			}
		}
	}
	s.close(ctx)
	s.salvage(passes)
	if err != nil && (ctx.Err() != nil || !s.readable()) {
		return err
	}
	return errors.Join(err, s.results(ctx))
}

// readable reports whether a pass has made something that an analysis reads. It is
// worth reading also when a later pass has failed.
func (s *session) readable() bool {
	return slices.ContainsFunc(s.run.Job().Artifacts, func(a job.Artifact) bool { return slices.Contains([]string{"nsys", "ncu", "moe"}, a.Kind) })
}

// results reads what was captured. What could not be read is no reason to lose it.
func (s *session) results(ctx context.Context) error {
	s.run.Finish()
	s.run.Phase("results")
	if s.Results == nil {
		return nil
	}
	read := make(chan error, 1)
	go func() { read <- s.Results(ctx, s.choices.common.Folder, s.choices.common.Report, s.run) }()
	select {
	case err := <-read:
		return err
	case <-s.run.Killed(): // a read of a disk that is gone hears of no stop
		return ctx.Err()
	}
}

// preflight looks whether what the passes need is there.
func (s *session) preflight(ctx context.Context, passes []pass) error {
	var needs []string
	for _, p := range passes {
		needs = append(needs, p.needs...)
	}
	slices.Sort(needs)
	needs = slices.Compact(needs)
	if err := errors.Join(s.programsThere(needs), s.readPrompts()); err != nil {
		return err
	}
	if s.Preflight != nil && len(needs) > 0 {
		for _, f := range s.Preflight(ctx, needs, s.choices.server.Port, s.choices.common.Folder) {
			s.run.Finding(f)
		}
	}
	return ctx.Err()
}

// programsThere looks for the profilers and for what is run under them: a profiler that
// does not find its program says so in words of its own, if at all.
func (s *session) programsThere(needs []string) error {
	for _, tool := range []struct{ need, name string }{{"nsys", "Nsight Systems"}, {"ncu", "Nsight Compute"}} {
		if !slices.Contains(needs, tool.need) {
			continue
		}
		if _, err := process.Find(tool.need); err != nil {
			return fault.WithRemedy(err, "install %s, or put its folder on the PATH; profilemate doctor looks for it", tool.name)
		}
	}
	for _, text := range []struct{ parameter, words string }{{"command", s.choices.program.Command}, {"server-command", s.choices.server.Program}} {
		program, err := words(text.parameter, text.words)
		if err != nil || len(program) == 0 {
			continue // another recipe's
		}
		if _, err := process.Find(program[0]); err == nil {
			continue
		}
		if _, err := os.Stat(program[0]); err != nil { // profilers look in the working folder, too
			return fault.WithRemedy(fault.Errorf(fault.Missing, "there is no program %s that could be run", program[0]), "put its folder on the PATH, or name it by its path")
		}
	}
	return nil
}

// close ends what still runs: first the profilers in their order, then whatever is
// left of the family.
func (s *session) close(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	for _, r := range slices.Backward(s.programs) {
		if r.ended() { // to end its family would take from the others the time that they have
			<-r.tailed
			s.record.end(r.entry, r.child.Wait())
			continue
		}
		if r.recording {
			s.stopRecording(ctx, r)
		}
		if err := s.end(ctx, r); err != nil {
			s.run.Say("%v", err)
		}
	}
	s.depart()
	if left := s.family.End(5*time.Second, s.run.Killed()); len(left) > 0 {
		s.run.Finding(result.Finding{Severity: result.Problem,
			Text:   fmt.Sprintf("%s of this capture could not be ended: %s.", result.Count(int64(len(left)), "process"), names(left)),
			Remedy: "End them by hand, as root if need be."})
	}
	process.Reap()
}

func names(members []process.Member) string {
	list := make([]string, len(members))
	for i, m := range members {
		list[i] = fmt.Sprintf("%s (%d)", m.Name, m.PID)
	}
	return strings.Join(list, ", ")
}

// stopRecording gives a server that was recorded a last chance to end the recording
// itself, so that the report is whole.
func (s *session) stopRecording(ctx context.Context, r *running) {
	ctx, cancel := context.WithTimeout(ctx, s.choices.common.Grace)
	defer cancel()
	go func() {
		select {
		case <-s.run.Killed():
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := s.stopProfile(ctx, r); err != nil {
		s.run.Say("%v", err)
	}
}

// salvage records what was written and not recorded yet, such as the report of a run
// that was stopped.
func (s *session) salvage(passes []pass) {
	begin := s.run.Job().Started
	if begin.IsZero() { // it was asked to stop before: what is there is of earlier captures
		return
	}
	have := map[string]bool{}
	for _, a := range s.run.Job().Artifacts {
		have[a.Path] = true
	}
	kinds := map[string]string{".nsys-rep": "nsys-report", ".sqlite": "nsys", ".ncu-rep": "ncu", ".csv": "ncu-csv"}
	for _, p := range passes {
		for _, o := range p.outputs {
			path := s.choices.path(o.Name)
			info, err := os.Stat(path)
			kind := kinds[filepath.Ext(path)]
			if err == nil && info.Mode().IsRegular() && info.Size() > 0 && kind != "" && !have[path] && !info.ModTime().Before(begin.Add(-time.Second)) {
				s.run.Artifact(job.Artifact{Name: o.Name, Path: path, Kind: kind, Doc: o.Doc})
			}
		}
	}
}

// made records a file that a step should have written, or returns why it is not there.
func (s *session) made(path, kind, doc string, why func() error) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() == 0 || info.ModTime().Before(s.run.Job().Started.Add(-time.Second)) {
		return why()
	}
	name, err := filepath.Rel(s.choices.common.Folder, path)
	if err != nil {
		name = path
	}
	s.run.Artifact(job.Artifact{Name: name, Path: path, Kind: kind, Doc: doc})
	return nil
}
