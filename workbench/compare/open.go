package compare

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/capture"
	"profilemate/workbench/engine"
	"profilemate/workbench/fault"
	"profilemate/workbench/parse"
	"profilemate/workbench/result"
)

// Open reads the runs of a side. Each path is an artifact, a summary.json or a folder
// with one; any other folder stands for all artifacts in it. Faults: NotFound, Denied,
// Unsupported for what is no profile, Corrupt for a damaged one, Missing where a profile
// has no figure, Canceled. progress may be nil.
func Open(ctx context.Context, e *engine.Engine, paths []string, progress engine.Progress) ([]*Run, error) {
	var list []string
	for _, path := range paths {
		found, err := expand(e.Formats, path)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	runs := make([]*Run, len(list))
	group, ctx := errgroup.WithContext(ctx)
	for i, path := range list {
		group.Go(func() (err error) {
			runs[i], err = open(ctx, e, path, progress)
			return err
		})
	}
	return runs, group.Wait()
}

// expand lists the runs that a path stands for.
func expand(formats artifacts.Formats, path string) ([]string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Errorf(fault.NotFound, "there is no file or folder %s", path)
	case err != nil:
		return nil, fault.Errorf(fault.Denied, "reading %s: %w", path, err)
	case !info.IsDir():
		return []string{path}, nil
	}
	if summary := filepath.Join(path, parse.SummaryFile); exists(summary) {
		return []string{summary}, nil
	}
	if format, err := formats.Detect(path); err == nil && format != nil {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "reading %s: %w", path, err)
	}
	var list []string
	for _, e := range entries {
		inside := filepath.Join(path, e.Name())
		switch format, err := formats.Detect(inside); {
		case strings.HasPrefix(e.Name(), "."):
		case err == nil && format != nil:
			list = append(list, inside)
		case e.IsDir() && exists(filepath.Join(inside, parse.SummaryFile)):
			list = append(list, filepath.Join(inside, parse.SummaryFile))
		}
	}
	if len(list) == 0 {
		return nil, fault.WithRemedy(fault.Errorf(fault.Unsupported, "%s holds no profile and no %s", path, parse.SummaryFile), "give a capture, or a folder that profilemate parse wrote")
	}
	return withoutTwins(list), nil
}

// withoutTwins leaves a report of nsys out where its export lies beside it.
func withoutTwins(list []string) []string {
	return slices.DeleteFunc(list, func(path string) bool {
		base, found := strings.CutSuffix(path, ".nsys-rep")
		return found && slices.Contains(list, base+".sqlite")
	})
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func open(ctx context.Context, e *engine.Engine, path string, progress engine.Progress) (*Run, error) {
	if isJSONSummary(path) {
		return openSummary(path)
	}
	a, err := e.Formats.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	info := a.Info()
	r := newRun(path, info.Kind, info.Format)
	r.inspect(a)
	if err := a.Close(); err != nil {
		return nil, fault.Errorf(fault.Corrupt, "reading %s: %w", path, err)
	}
	r.conditions(info)
	if err := r.measure(ctx, e, progress); err != nil {
		return nil, err
	}
	if len(r.Figures) == 0 && len(r.Kernels) == 0 {
		if len(r.Damage) > 0 {
			return nil, fault.WithRemedy(fault.Errorf(fault.Corrupt, "cannot compare %s: %s", path, strings.Join(r.Damage, " ")), "copy or export it again")
		}
		return nil, fault.WithRemedy(fault.Errorf(fault.Missing, "%s has no figure to compare: %s", path, info.Summary), "see what it holds with: profilemate inspect %s", path)
	}
	return r, nil
}

func newRun(path, kind, format string) *Run {
	name := filepath.Base(path)
	if name == parse.SummaryFile {
		name = filepath.Join(filepath.Base(filepath.Dir(path)), name)
	}
	return &Run{Name: name, Path: path, Kind: kind, Format: format, Conditions: map[string]string{}}
}

// isJSONSummary looks at the content: a JSON object with a member of a summary.
func isJSONSummary(path string) bool {
	if filepath.Base(path) == parse.SummaryFile {
		return true
	}
	data, err := os.ReadFile(path)
	if info, statErr := os.Stat(path); err != nil || statErr != nil || info.Size() > largestSummary {
		return false
	}
	data = bytes.TrimSpace(data)
	if !bytes.HasPrefix(data, []byte("{")) {
		return false
	}
	for _, member := range []string{`"prefill_decode"`, `"top_kernels"`, `"cuda_graphs"`} {
		if bytes.Contains(data, []byte(member)) {
			return true
		}
	}
	return false
}

// largestSummary bounds what is read to see whether it is a summary, in bytes.
const largestSummary = 16 << 20

func openSummary(path string) (*Run, error) {
	s, err := parse.ReadSummaryFile(path)
	if err != nil {
		return nil, err
	}
	r := newRun(path, Summary, "summary.json")
	r.recorded(filepath.Dir(path))
	r.MeasureSummary(s)
	if len(r.Figures) == 0 && len(r.Kernels) == 0 {
		return nil, fault.WithRemedy(fault.Errorf(fault.Missing, "%s has no figure to compare: its phases, kernels and graphs are empty", path), "compare the captures themselves")
	}
	return r, nil
}

// conditions notes what an artifact says of how it was made.
func (r *Run) conditions(info artifacts.Info) {
	for name, key := range map[string]string{"GPU": "gpu_names", "profiler version": "nsys_version", "top-k": "top_k"} {
		if v := info.Metadata[key]; v != "" {
			r.Conditions[name] = v
		}
	}
	if began, err := time.Parse(time.RFC3339, info.Metadata["trace_start"]); err == nil {
		r.Started = began
	}
	if info.Kind == artifacts.NCU {
		r.Conditions["profiler version"] = info.Producer
	}
	r.recorded(filepath.Dir(r.Path))
}

// recorded notes what the run.json beside a profile says. One that is not there or
// cannot be read leaves the conditions unknown.
func (r *Run) recorded(dir string) {
	rec := ReadRecord(dir)
	if rec == nil || rec.Model == nil {
		return
	}
	m := rec.Model
	for name, v := range map[string]string{"model": m.Name, "precision": m.Precision, "quantization": m.Quantization,
		"tensor parallel": whole(m.TensorParallel), "most sequences": whole(m.MaxNumSeqs)} {
		if v != "" {
			r.Conditions[name] = v
		}
	}
}

func whole(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// ReadRecord reads the run.json in a folder or the one above it, nil where there is none
// that can be read.
func ReadRecord(dir string) *capture.Record {
	for _, dir := range []string{dir, filepath.Dir(dir)} {
		data, err := os.ReadFile(filepath.Join(dir, capture.RecordFile))
		if err != nil {
			continue
		}
		rec := &capture.Record{}
		if json.Unmarshal(data, rec) == nil && rec.Format == 1 {
			return rec
		}
	}
	return nil
}

// analysesOf are those that a kind of artifact is measured by.
func analysesOf(kind string) []string {
	switch kind {
	case artifacts.Nsys:
		return []string{phasesAnalysis, shapesAnalysis, graphsAnalysis, memoryAnalysis, copiesAnalysis}
	case artifacts.NCU:
		return []string{boundsAnalysis}
	}
	return []string{loadAnalysis}
}

func (r *Run) measure(ctx context.Context, e *engine.Engine, progress engine.Progress) error {
	e, end := e.Session()
	defer end()
	results, err := r.analyze(ctx, e, analysesOf(r.Kind), progress)
	if err != nil {
		return err
	}
	switch r.Kind {
	case artifacts.Nsys:
		if table(results[phasesAnalysis], "steps") == nil {
			more, err := r.analyze(ctx, e, []string{usageAnalysis}, progress)
			if err != nil {
				return err
			}
			results[usageAnalysis] = more[usageAnalysis]
		}
		r.MeasureNsys(results)
	case artifacts.NCU:
		r.MeasureNCU(results[boundsAnalysis])
	case artifacts.MoE:
		r.MeasureMoE(results[loadAnalysis])
	}
	return nil
}

// analyze runs analyses side by side. One that lacks its tables is left out; damage is
// an error, since half a profile must not pass a gate.
func (r *Run) analyze(ctx context.Context, e *engine.Engine, names []string, progress engine.Progress) (map[string]*result.Result, error) {
	results := map[string]*result.Result{}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	for _, name := range names {
		group.Go(func() error {
			a, err := e.Registry.Get(name)
			if err != nil {
				return err
			}
			out, err := e.Run(ctx, engine.Request{Analysis: name, Inputs: []analysis.CallInput{{Role: a.Roles[0].Name, Path: r.Path}}}, progress)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case fault.KindOf(err) == fault.Missing:
				return nil
			case err != nil:
				return err
			}
			results[name] = out.Result
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	// In the order of the names, whichever was done first.
	for _, name := range names {
		if results[name] != nil {
			r.damaged(results[name].Findings)
			r.note(results[name].Findings)
		}
	}
	return results, nil
}

// note keeps the problems among findings, each once, but those of damage.
func (r *Run) note(findings []result.Finding) {
	for _, f := range findings {
		if f.Severity == result.Problem && !f.Damage && !slices.Contains(r.Notes, f.Text) {
			r.Notes = append(r.Notes, f.Text)
		}
	}
}
