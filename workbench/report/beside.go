package report

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/compare"
	"profilemate/workbench/engine"
	"profilemate/workbench/fault"
)

// Comparison is the profile and the baseline of one kind, judged.
type Comparison struct {
	Kind    string          `json:"kind"`              // artifacts.Nsys, NCU or MoE
	Missing string          `json:"missing,omitempty"` // why Report is nil
	Report  *compare.Report `json:"report,omitempty"`
}

// The bounds of a report's comparison are those of profilemate check where none are given.
const (
	comparedThreshold = 10  // % or points
	comparedShare     = 0.5 // % of the GPU time
)

// compareSides judges each kind that both sides have. What cannot be compared leaves its
// reason; only a run that was stopped is an error. Unlike conditions are said: a reader
// may want to see what another GPU does.
func compareSides(ctx context.Context, e *engine.Engine, now, before *side, progress engine.Progress) ([]Comparison, error) {
	var list []Comparison
	for _, kind := range []string{artifacts.Nsys, artifacts.NCU, artifacts.MoE} {
		old, has := before.sources[kind]
		if !has {
			continue
		}
		one := Comparison{Kind: kind}
		current, given := now.sources[kind]
		if !given {
			one.Missing = "the baseline " + old.input.Name + " has no counterpart; give one with " + flagOf(kind)
			list = append(list, one)
			continue
		}
		var err error
		one.Report, err = compareInputs(ctx, e, old.input, current.input, progress)
		switch {
		case fault.KindOf(err) == fault.Canceled:
			return nil, err
		case err != nil:
			one.Missing = withoutPaths(strings.TrimPrefix(withoutFlags(err), "cannot compare: "), old.input, current.input)
		}
		list = append(list, one)
	}
	return list, nil
}

func compareInputs(ctx context.Context, e *engine.Engine, old, current Input, progress engine.Progress) (*compare.Report, error) {
	baseline, err := compare.Open(ctx, e, []string{old.Path}, progress)
	if err != nil {
		return nil, err
	}
	runs, err := compare.Open(ctx, e, []string{current.Path}, progress)
	if err != nil {
		return nil, err
	}
	return compare.Compare(baseline, runs, compare.Options{Thresholds: compare.Thresholds{Default: comparedThreshold}, MinShare: comparedShare, AllowUnlike: true})
}

// withoutFlags leaves out of a refusal what profilemate check could be told.
func withoutFlags(err error) string {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Misuse {
		return f.Err.Error()
	}
	return err.Error()
}

// withoutPaths names inputs as the report does: a path tells of the writer's machine.
func withoutPaths(text string, inputs ...Input) string {
	for _, in := range inputs {
		text = strings.ReplaceAll(text, filepath.Clean(in.Path), in.Name)
	}
	return text
}

// remarks are what a reader must know of a comparison, in sentences.
func (c Comparison) remarks() []string {
	return append(append(append(slices.Clone(c.Report.Partial), c.Report.Proof), c.Report.Unlike...), c.Report.Notes...)
}

// compared are the figures that the baseline has, those that stand side by side.
func (r *Report) compared() []Figure {
	return slices.DeleteFunc(slices.Clone(r.Figures), func(f Figure) bool { return math.IsNaN(float64(f.Baseline)) })
}
