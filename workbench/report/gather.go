package report

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/engine"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// Request says what a report is made from. Each path is an artifact, a folder with one
// artifact of its kind, or a parsed folder; empty for none, but not all three.
type Request struct {
	Nsys, NCU, MoE string
	Baselines      []string // of an earlier run, at most one of each kind
	Title          string   // empty: made from the names of the inputs
}

// Gather runs the analyses that the report is made of, side by side, and puts it
// together. An analysis that is not possible leaves a reason in its place. The errors
// are faults: NotFound and Denied for a path, Misuse for a wrong kind of artifact,
// Unsupported and Corrupt for a file that cannot be read, Missing where not one analysis
// was possible, Canceled when ctx ended. progress may be nil.
func Gather(ctx context.Context, e *engine.Engine, r Request, progress engine.Progress) (*Report, error) {
	now, err := r.profile(ctx, e.Formats)
	if err != nil {
		return nil, err
	}
	before, err := r.baseline(ctx, e.Formats)
	if err != nil {
		return nil, err
	}
	e, end := e.Session()
	defer end()
	if err := now.fill(ctx, e, analysesOf(plan(), []chapter{validity()}), progress); err != nil {
		return nil, err
	}
	if len(now.results) == 0 {
		return nil, now.nothing()
	}
	if before != nil {
		if err := before.fill(ctx, e, figureAnalyses(), progress); err != nil {
			return nil, err
		}
	}
	out := compose(e.Registry, r.Title, now, before)
	if before != nil {
		// After the analyses: it reads the same results, from the cache.
		out.Comparisons, err = compareSides(ctx, e, now, before, progress)
	}
	return out, err
}

func (r Request) profile(ctx context.Context, formats artifacts.Formats) (*side, error) {
	s := newSide()
	for _, in := range []struct{ kind, path string }{{artifacts.Nsys, r.Nsys}, {artifacts.NCU, r.NCU}, {artifacts.MoE, r.MoE}} {
		if in.path == "" {
			continue
		}
		src, err := resolve(ctx, formats, profileRole, in.kind, in.path)
		if err != nil {
			return nil, err
		}
		s.sources[in.kind] = src
	}
	if len(s.sources) == 0 {
		return nil, fault.WithRemedy(fault.Errorf(fault.Misuse, "a report needs a profile"), "give --nsys-results, --ncu-results or --moe-results")
	}
	return s, nil
}

// baseline returns nil where none is asked for.
func (r Request) baseline(ctx context.Context, formats artifacts.Formats) (*side, error) {
	if len(r.Baselines) == 0 {
		return nil, nil
	}
	s := newSide()
	for _, path := range r.Baselines {
		src, err := resolve(ctx, formats, baselineRole, "", path)
		if err != nil {
			return nil, err
		}
		if other, taken := s.sources[src.input.Kind]; taken {
			return nil, fault.Errorf(fault.Misuse, "two baselines are of kind %s, %s and %s", src.input.Kind, other.input.Path, path)
		}
		s.sources[src.input.Kind] = src
	}
	return s, nil
}

func newSide() *side {
	return &side{sources: map[string]source{}, results: map[string]*result.Result{}, missing: map[string]string{}}
}

// analysesOf lists the analyses of chapters, each once.
func analysesOf(lists ...[]chapter) []string {
	seen, out := map[string]bool{}, []string{}
	for _, list := range lists {
		for _, c := range list {
			for _, w := range c.parts {
				if !seen[w.analysis] {
					seen[w.analysis] = true
					out = append(out, w.analysis)
				}
			}
		}
	}
	return out
}

// fill runs the analyses that the side has the artifacts for, and hashes the artifacts
// beside them. What needs no run is settled before the first one starts: from then on the
// side's maps belong to whoever holds mu.
func (s *side) fill(ctx context.Context, e *engine.Engine, analyses []string, progress engine.Progress) error {
	requests := s.requests(e, analyses)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	var mu sync.Mutex
	for _, request := range requests {
		group.Go(func() error {
			out, err := e.Run(ctx, request, progress)
			mu.Lock()
			defer mu.Unlock()
			return s.take(request.Analysis, out, err)
		})
	}
	digests := map[string]string{}
	for kind, src := range s.sources {
		if src.parsed != nil {
			continue
		}
		group.Go(func() error {
			digest, err := artifacts.Digest(ctx, src.input.Path)
			mu.Lock()
			defer mu.Unlock()
			digests[kind] = digest
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for kind, digest := range digests {
		src := s.sources[kind]
		src.input.Digest = digest
		s.sources[kind] = src
	}
	return nil
}

// requests lists the runs that the side has the artifacts for. An analysis that was read
// from a folder of results is kept as it is, one that cannot run gets the reason why.
func (s *side) requests(e *engine.Engine, analyses []string) []engine.Request {
	var list []engine.Request
	for _, name := range analyses {
		a, err := e.Registry.Get(name)
		if err != nil {
			s.missing[name] = "this build does not have it"
			continue
		}
		if r := s.parsed(name); r != nil {
			s.results[name] = r
			continue
		}
		if why := s.lacks(a); why != "" {
			s.missing[name] = why
			continue
		}
		list = append(list, engine.Request{Analysis: name, Inputs: s.inputs(a)})
	}
	return list
}

// take keeps a result, or the reason why there is none. Only a run that was stopped is
// an error of the whole.
func (s *side) take(name string, out *engine.Outcome, err error) error {
	switch {
	case fault.KindOf(err) == fault.Canceled:
		return err
	case err != nil:
		s.missing[name] = err.Error()
	default:
		s.results[name] = out.Result
	}
	return nil
}

func (s *side) parsed(analysis string) *result.Result {
	for _, src := range s.sources {
		if r := src.parsed[analysis]; r != nil {
			return r
		}
	}
	return nil
}

func (s *side) inputs(a analysis.Analysis) []analysis.CallInput {
	list := make([]analysis.CallInput, len(a.Roles))
	for i, role := range a.Roles {
		list[i] = analysis.CallInput{Role: role.Name, Path: s.sources[role.Kind].input.Path}
	}
	return list
}

// nothing is the error of a side on which no analysis was possible: the reasons that
// lie in the artifacts themselves.
func (s *side) nothing() error {
	var reasons []string
	for _, name := range analysesOf(plan()) {
		if why := s.missing[name]; why != "" && !strings.HasPrefix(why, "no ") && len(reasons) < 3 {
			reasons = append(reasons, fmt.Sprintf("%s: %s", name, why))
		}
	}
	return fault.Errorf(fault.Missing, "nothing can be reported of these profiles: %s", strings.Join(reasons, "; "))
}
