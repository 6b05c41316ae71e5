package stats

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// Options say how the tables are read.
type Options struct {
	Workers  int                                  // as in artifacts.Request
	Progress func(text string, done, total int64) // may be nil
}

// Outcome is what became of one report.
type Outcome struct {
	Choice  Choice
	Table   *Table // nil when the report was skipped
	Skipped string // why, a sentence with the way out; empty for a table
	Damaged bool   // skipped because damage to the file hides what it needs
}

// maker makes one report of one artifact.
type maker interface {
	wants() want   // what is shared between reports
	reads() []read // the tables that its folds scan
	fold() fold    // an empty one for each worker
	finish(s *scene, f fold) (*Table, error)
}

// read is a table and the columns wanted of it. A table that is not there is not
// scanned.
type read struct {
	table   string
	columns []string
}

// fold gathers the rows that one worker reads. Folds are merged in the order of the
// rows. What the scene holds is read-only by then.
type fold interface {
	scan(s *scene, table string, b *frames.Batch)
	merge(after fold)
	odd() int64 // rows left out because their values cannot be
}

// Run makes the reports that were chosen, each table being read once for all of
// them. The findings tell what the reader found and which rows were left out. It is
// Misuse for an artifact that is not of nsys.
func Run(ctx context.Context, a artifacts.Artifact, choices []Choice, o Options) ([]Outcome, []result.Finding, error) {
	if kind := a.Info().Kind; kind != artifacts.Nsys {
		return nil, nil, fault.Errorf(fault.Misuse, "these are reports of nsys exports, and this artifact is of kind %s", kind)
	}
	r := &run{scene: &scene{artifact: a}, options: o, outcomes: make([]Outcome, len(choices))}
	r.options.Workers = max(1, o.Workers)
	for i, c := range choices {
		why, damaged := lacking(a, c)
		r.outcomes[i] = Outcome{Choice: c, Skipped: why, Damaged: damaged}
		if why == "" {
			r.add(i, c.Report.make(c))
		}
	}
	if err := r.read(ctx); err != nil {
		return nil, nil, err
	}
	return r.finish(ctx)
}

// run is the work on one artifact.
type run struct {
	scene    *scene
	options  Options
	outcomes []Outcome
	jobs     []job
}

// job is a maker with the folds of its workers.
type job struct {
	maker   maker
	outcome int // -1 for what is shared
	folds   []fold
}

func (r *run) add(outcome int, m maker) {
	j := job{maker: m, outcome: outcome}
	for range r.options.Workers {
		j.folds = append(j.folds, m.fold())
	}
	r.jobs = append(r.jobs, j)
	r.scene.want |= m.wants()
}

// read scans the tables: first what others refer to.
func (r *run) read(ctx context.Context) error {
	if err := r.scene.load(ctx, r.options.Progress); err != nil {
		return err
	}
	own := r.scene.collectors()
	for _, m := range own {
		r.add(-1, m)
	}
	shared := r.jobs[len(r.jobs)-len(own):]
	for _, table := range []string{"api_calls", "os_calls", "kernels", "copies", "sets"} {
		if err := r.scan(ctx, table); err != nil {
			return err
		}
		if table == "api_calls" {
			for _, j := range shared {
				if c, ok := j.maker.(*callCollector); ok {
					c.done(r.scene, j.merged())
				}
			}
		}
	}
	for _, j := range shared {
		if c, ok := j.maker.(*workCollector); ok {
			c.done(r.scene, j.merged())
		}
	}
	return nil
}

// scan reads one table for all jobs that want it.
func (r *run) scan(ctx context.Context, table string) error {
	info, err := artifacts.Lookup(r.scene.artifact, table)
	if err != nil {
		return nil // not there
	}
	columns := map[string]bool{}
	var jobs []job
	for _, j := range r.jobs {
		for _, read := range j.maker.reads() {
			if read.table != table {
				continue
			}
			jobs = append(jobs, j)
			for _, c := range read.columns {
				columns[c] = true
			}
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	request := artifacts.Request{Table: table, Columns: present(info.Schema, columns), Workers: r.options.Workers}
	if report := r.options.Progress; report != nil {
		request.Progress = func(done, total int64) { report("reading "+table, done, total) }
	}
	err = r.scene.artifact.Scan(ctx, request, func(worker int, b *frames.Batch) error {
		for _, j := range jobs {
			j.folds[worker].scan(r.scene, table, b)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading %s: %w", table, err)
	}
	return nil
}

// present returns the wanted columns that the table has, in its order.
func present(s frames.Schema, wanted map[string]bool) []string {
	var out []string
	for _, f := range s {
		if wanted[f.Name] {
			out = append(out, f.Name)
		}
	}
	return out
}

// merged joins the folds of all workers.
func (j job) merged() fold {
	for _, f := range j.folds[1:] {
		j.folds[0].merge(f)
	}
	return j.folds[0]
}

func (r *run) finish(ctx context.Context) ([]Outcome, []result.Finding, error) {
	findings := slices.Clone(r.scene.artifact.Info().Findings)
	if f, ok := r.scene.artifact.(artifacts.Finder); ok {
		findings = append(findings, f.ScanFindings()...)
	}
	for _, j := range r.jobs {
		if j.outcome < 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		f := j.merged()
		out := &r.outcomes[j.outcome]
		table, err := j.maker.finish(r.scene, f)
		if err != nil {
			return nil, nil, fmt.Errorf("report %s: %w", out.Choice.Name, err)
		}
		out.Table = table
		if n := f.odd(); n > 0 {
			findings = append(findings, result.Finding{Severity: result.Warning,
				Text: fmt.Sprintf("%s leaves out %d rows whose times or sizes cannot be: negative, or longer than 13 days.", out.Choice.Name, n)})
		}
	}
	findings = append(findings, r.scene.findings()...)
	result.SortFindings(findings)
	return r.outcomes, findings, nil
}

// lacking says why a report cannot be made, "" when it can, and whether for damage.
func lacking(a artifacts.Artifact, c Choice) (why string, damaged bool) {
	needs := c.Report.needs
	if c.has("nvtx-name") {
		needs = append(slices.Clone(needs), []string{"nvtx"}, []string{"api_calls"})
	}
	for _, any := range needs {
		there := slices.ContainsFunc(any, func(table string) bool {
			_, err := artifacts.Lookup(a, table)
			return err == nil
		})
		damaged := slices.ContainsFunc(any, func(table string) bool { return slices.Contains(a.Info().Unread, table) })
		switch {
		case !there && damaged:
			return "the file is damaged: no row of " + strings.Join(any, ", ") + " can be read; copy or export it again", true
		case !there:
			return missingTables(any), false
		}
	}
	return "", false
}

// missingTables says in a sentence what a capture lacks.
func missingTables(tables []string) string {
	things, flag := []string{}, "cuda"
	for _, table := range tables {
		switch table {
		case "kernels":
			things = append(things, "CUDA kernels")
		case "copies":
			things = append(things, "memory copies")
		case "sets":
			things = append(things, "memory sets")
		case "api_calls":
			things = append(things, "CUDA API calls")
		case "nvtx":
			things, flag = append(things, "NVTX ranges"), "nvtx"
		case "os_calls":
			things, flag = append(things, "calls of the OS runtime"), "osrt"
		}
	}
	remedy := "capture with nsys profile --trace=" + flag
	if slices.Contains(tables, "kernels") {
		remedy += " --cuda-graph-trace=node"
	}
	return "the capture holds no " + strings.Join(things, ", ") + "; " + remedy
}
