package engine

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"golang.org/x/sync/errgroup"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// compute opens the artifacts, streams what is declared as streamed and finishes. A
// panic of the analysis or of a reader is an error of this run.
func (e *Engine) compute(ctx context.Context, a analysis.Analysis, params analysis.Values, inputs []input, progress Progress) (*result.Result, error) {
	if e.session != nil {
		res, alone, err := e.computeShared(ctx, a, params, inputs, progress)
		if !alone {
			return res, err
		}
	}
	in, err := e.open(ctx, a, inputs, e.Formats.Open, progress)
	if err != nil {
		return nil, err
	}
	defer in.close()
	return e.computeOn(ctx, a, params, in, progress)
}

// computeOn runs an analysis on open artifacts.
func (e *Engine) computeOn(ctx context.Context, a analysis.Analysis, params analysis.Values, in *inputs, progress Progress) (res *result.Result, err error) {
	defer recovered(&err, a.Name)
	begin, err := a.Begin(params)
	if err != nil {
		return nil, err
	}
	folds := []analysis.Fold{}
	for range e.workers(a) {
		folds = append(folds, begin())
	}
	for _, role := range a.Roles {
		for _, need := range role.Tables {
			if err := e.stream(ctx, in, role, need, folds, progress); err != nil {
				return nil, err
			}
		}
	}
	res, err = finish(ctx, a, folds, in)
	if err != nil {
		return nil, err
	}
	in.addFindings(res)
	return res, checkOutputs(a, res)
}

func (e *Engine) workers(a analysis.Analysis) int {
	if a.Streams() {
		return e.Workers
	}
	return 1
}

// stream delivers one table to the folds.
func (e *Engine) stream(ctx context.Context, in *inputs, role analysis.Role, need analysis.Need, folds []analysis.Fold, progress Progress) error {
	artifact := in.artifacts[role.Name]
	columns, err := presentColumns(artifact, need)
	if err != nil || !need.Stream || columns == nil {
		return err
	}
	request := artifacts.Request{Table: need.Table, Columns: columns, Workers: len(folds),
		Progress: func(done, total int64) { progress("reading "+need.Table, done, total) }}
	return artifact.Scan(ctx, request, func(worker int, b *frames.Batch) (err error) {
		defer recovered(&err, "reading "+need.Table)
		return folds[worker].Scan(role.Name, need.Table, b)
	})
}

// finish merges the folds in row order and finishes the first.
func finish(ctx context.Context, a analysis.Analysis, folds []analysis.Fold, in analysis.Inputs) (*result.Result, error) {
	for _, after := range folds[1:] {
		if err := folds[0].Merge(after); err != nil {
			return nil, err
		}
	}
	res, err := folds[0].Finish(ctx, in)
	if err == nil && res == nil {
		return nil, fault.Errorf(fault.Internal, "%s gave neither a result nor an error", a.Name)
	}
	return res, err
}

// recovered turns a panic into an Internal fault; the stack goes to the log.
func recovered(err *error, what string) {
	if p := recover(); p != nil {
		slog.Error("recovered from a panic", "where", what, "panic", p, "stack", string(debug.Stack()))
		*err = fault.Errorf(fault.Internal, "%s failed inside: %v", what, p)
	}
}

// checkOutputs holds the result to its declaration.
func checkOutputs(a analysis.Analysis, r *result.Result) error {
	declared := func(kind analysis.OutputKind, names ...string) error {
		for _, o := range a.Outputs {
			for _, name := range names {
				if o.Kind == kind && o.Name == name {
					return nil
				}
			}
		}
		return fault.Errorf(fault.Internal, "%s gave the undeclared %s %q", a.Name, kind, names[0])
	}
	for _, t := range r.Tables {
		if err := declared(analysis.TableOutput, t.Name); err != nil {
			return err
		}
	}
	for _, c := range r.Charts {
		if err := declared(analysis.ChartOutput, c.Name, c.Group); err != nil {
			return err
		}
	}
	return nil
}

// opener opens the artifact at a path.
type opener func(ctx context.Context, path string) (artifacts.Artifact, error)

// open opens the artifacts in parallel and gives each a role.
func (e *Engine) open(ctx context.Context, a analysis.Analysis, paths []input, open opener, progress Progress) (*inputs, error) {
	progress("opening", 0, 0)
	opened := make([]artifacts.Artifact, len(paths))
	group, groupCtx := errgroup.WithContext(ctx)
	for i, p := range paths {
		group.Go(func() (err error) {
			defer recovered(&err, "opening "+p.path)
			opened[i], err = open(groupCtx, p.file)
			return err
		})
	}
	err := group.Wait()
	in := &inputs{ctx: ctx, analysis: a, opened: opened, progress: progress}
	if err == nil {
		err = in.assign(paths)
	}
	if err != nil {
		in.close()
		return nil, err
	}
	return in, nil
}

// presentColumns returns the declared columns that the artifact has, nil when it
// lacks the table, and a Missing fault when it must not.
func presentColumns(artifact artifacts.Artifact, need analysis.Need) ([]string, error) {
	info, err := artifacts.Lookup(artifact, need.Table)
	if err != nil {
		if need.Optional && !(need.Vital && artifacts.Hidden(artifact, need.Table) != nil) {
			return nil, nil
		}
		return nil, missing(artifact, need)
	}
	columns := []string{}
	for _, want := range need.Columns {
		i := info.Schema.Index(want.Name)
		if i < 0 {
			continue
		}
		if have := info.Schema[i]; have.Kind != want.Kind || have.Unit != want.Unit {
			return nil, fault.Errorf(fault.Internal, "table %s: column %s is %s in %q, the analysis declares %s in %q",
				need.Table, want.Name, have.Kind, have.Unit, want.Kind, want.Unit)
		}
		columns = append(columns, want.Name)
	}
	return columns, nil
}

// missing says why a table is not there: the reader may know the cause and the
// remedy, otherwise the analysis says what it needs.
func missing(artifact artifacts.Artifact, need analysis.Need) error {
	if err := artifacts.Hidden(artifact, need.Table); err != nil {
		return fault.Errorf(fault.Missing, "%w", err)
	}
	for _, f := range artifact.Info().Findings {
		if f.Table == need.Table && f.Severity == result.Problem {
			err := fault.Errorf(fault.Missing, "the capture has no %s: %s", need.Table, f.Text)
			if f.Remedy == "" {
				return err
			}
			return fault.WithRemedy(err, "%s", f.Remedy)
		}
	}
	return fault.Errorf(fault.Missing, "the capture has no %s: %s", need.Table, need.Doc)
}

func describeRole(r analysis.Role) string { return fmt.Sprintf("%s (%s)", r.Name, r.Kind) }
