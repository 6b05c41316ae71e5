package moe

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// recording is everything that the files of one artifact say. A part is nil when no
// file has it.
type recording struct {
	activations *activations
	coselection *coselection
	steps       *stepCounts
	imbalance   *imbalance
	weights     *weights
	summary     *summary
	stepTimes   *stepTimes
	tracker     *trackerFacts

	frames   []*frames.Frame
	findings []result.Finding
}

// read adds one file.
func (r *recording) read(ctx context.Context, s source) error {
	n := &notes{file: filepath.Base(s.path)}
	finish, err := r.readFile(ctx, s, n)
	if err != nil {
		return err
	}
	f := finish(n)
	if n.rows == 0 && n.cut == nil {
		n.warn("", "it holds no row.")
	}
	r.put(f, n)
	r.findings = append(r.findings, n.close()...)
	return nil
}

func (r *recording) readFile(ctx context.Context, s source, n *notes) (finish func(*notes) *frames.Frame, err error) {
	file, err := os.Open(s.path)
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "%w", err)
	}
	defer file.Close()
	if s.form == stepsJSONForm || s.form == summaryForm || s.form == metadataForm {
		return r.readJSON(ctx, file, s.form, n)
	}
	to := r.sink(s.form)
	return to.finish, readRows(ctx, file, s.layout, to, n)
}

// csvSink is a sink that gives a frame when all rows are in.
type csvSink interface {
	sink
	finish(n *notes) *frames.Frame
}

func (r *recording) sink(f form) csvSink {
	switch f {
	case activationsForm:
		r.activations = newActivations()
		return r.activations
	case choicesForm:
		r.activations = newActivations()
		return choices{r.activations}
	case coselectionForm:
		r.coselection = &coselection{tally: newTally()}
		return r.coselection
	case stepsForm:
		r.steps = newStepCounts()
		return r.steps
	case imbalanceForm:
		r.imbalance = newImbalance()
		return r.imbalance
	case weightsForm:
		r.weights = newWeights()
		return r.weights
	case weightBinsForm:
		return newWeightBins()
	case weightSumsForm:
		return newWeightSums()
	case stepTimesForm:
		r.stepTimes = newStepTimes()
		return r.stepTimes
	}
	return &affinity{newTally()}
}

func (r *recording) readJSON(ctx context.Context, file io.Reader, f form, n *notes) (func(*notes) *frames.Frame, error) {
	data, err := io.ReadAll(file)
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "%w", err)
	}
	if f == metadataForm {
		r.tracker = readTracker(data, n)
		return noRows, nil
	}
	if f == summaryForm {
		r.summary = newSummary()
		return r.summary.finish, readSummary(ctx, data, r.summary, n)
	}
	r.steps = newStepCounts()
	return r.steps.finish, readSteps(ctx, data, r.steps, n)
}

// artifact closes the recording; beside is nil where no file has the choices of each
// token. It is Corrupt when nothing can be read.
func (r *recording) artifact(beside *besides) (artifacts.Artifact, error) {
	order := tableOrder()
	slices.SortFunc(r.frames, func(a, b *frames.Frame) int {
		return slices.Index(order, a.Name()) - slices.Index(order, b.Name())
	})
	facts := derive(r)
	if beside != nil {
		beside = facts.take(beside)
	}
	result.SortFindings(facts.findings)
	if len(r.frames) == 0 && beside == nil {
		return nil, nothing(facts.findings)
	}
	return &artifact{tables: r.frames, beside: beside, info: artifacts.Info{Kind: artifacts.MoE, Format: FormatName,
		Summary: facts.summary(), Metadata: facts.metadata, Findings: facts.findings}}, nil
}

// nothing says why there is no row, by the first of the findings.
func nothing(findings []result.Finding) error {
	why := "the files are empty"
	if len(findings) > 0 {
		why = strings.TrimSuffix(findings[0].Text, ".")
	}
	return fault.WithRemedy(fault.Errorf(fault.Corrupt, "reading MoE routing: no row can be read: %s", why),
		"record it again, and let the tracker write before it is stopped")
}
