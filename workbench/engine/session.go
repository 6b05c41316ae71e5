package engine

import (
	"context"
	"sync"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/result"
)

// Session returns an engine for several analyses of the same artifacts: each artifact is
// opened once, and a column that one analysis has read whole is there for the next. What
// they give is what they give alone. The artifacts and columns are held until end, which
// must come after the last run. A session of a session is that session, whose own end
// counts.
func (e *Engine) Session() (s *Engine, end func()) {
	if e.session != nil {
		return e, func() {}
	}
	shared := &session{formats: e.Formats, artifacts: map[artifacts.Identity]*sharedArtifact{}}
	return &Engine{Config: e.Config, hashing: e.hashing, session: shared}, shared.close
}

// session holds what runs share.
type session struct {
	formats   artifacts.Formats
	mu        sync.Mutex
	artifacts map[artifacts.Identity]*sharedArtifact
}

// computeShared runs an analysis on artifacts that others read too. A reader that met
// damage does not say in whose scan: then alone asks to run the analysis by itself.
func (e *Engine) computeShared(ctx context.Context, a analysis.Analysis, params analysis.Values, inputs []input, progress Progress) (res *result.Result, alone bool, err error) {
	in, err := e.open(ctx, a, inputs, e.session.open, progress)
	if err != nil {
		return nil, false, err
	}
	res, err = e.computeOn(ctx, a, params, in, progress)
	for _, artifact := range in.opened {
		if f, ok := artifact.(artifacts.Finder); ok && len(f.ScanFindings()) > 0 {
			return nil, ctx.Err() == nil, err
		}
	}
	return res, false, err
}

// open opens an artifact, or returns it where it is open. One that cannot be opened is
// tried again: the run before may have been stopped.
func (s *session) open(ctx context.Context, path string) (artifacts.Artifact, error) {
	id, err := artifacts.Identify(path)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	shared := s.artifacts[id]
	if shared == nil {
		shared = &sharedArtifact{columns: map[string]*columns{}}
		s.artifacts[id] = shared
	}
	s.mu.Unlock()
	return shared, shared.open(ctx, s.formats, path)
}

func (s *session) close() {
	for _, a := range s.artifacts {
		if a.Artifact != nil {
			a.Artifact.Close()
		}
	}
}

// sharedArtifact is an artifact that stays open until its session ends, with the columns
// that were read whole.
type sharedArtifact struct {
	artifacts.Artifact // nil until it is open
	opening            sync.Mutex

	mu      sync.Mutex
	columns map[string]*columns // by table
}

func (a *sharedArtifact) open(ctx context.Context, formats artifacts.Formats, path string) (err error) {
	a.opening.Lock()
	defer a.opening.Unlock()
	if a.Artifact == nil {
		a.Artifact, err = formats.Open(ctx, path)
	}
	return err
}

// Close leaves the artifact open for the other runs.
func (a *sharedArtifact) Close() error { return nil }

// ScanFindings implements artifacts.Finder for one that is a Finder.
func (a *sharedArtifact) ScanFindings() []result.Finding {
	if f, ok := a.Artifact.(artifacts.Finder); ok {
		return f.ScanFindings()
	}
	return nil
}

// WideTables implements artifacts.Wide for one that is Wide.
func (a *sharedArtifact) WideTables() []artifacts.TableInfo {
	if w, ok := a.Artifact.(artifacts.Wide); ok {
		return w.WideTables()
	}
	return nil
}

// columns are those of a table that were read so far.
type columns struct {
	mu   sync.Mutex
	read map[string]frames.Column
}

// load reads a table whole; of a shared artifact, what is not read yet.
func load(ctx context.Context, a artifacts.Artifact, r artifacts.Request) (*frames.Frame, error) {
	shared, ok := a.(*sharedArtifact)
	if !ok {
		return artifacts.LoadRequest(ctx, a, r)
	}
	shared.mu.Lock()
	have := shared.columns[r.Table]
	if have == nil {
		have = &columns{read: map[string]frames.Column{}}
		shared.columns[r.Table] = have
	}
	shared.mu.Unlock()
	return have.load(ctx, shared.Artifact, r)
}

func (c *columns) load(ctx context.Context, a artifacts.Artifact, r artifacts.Request) (*frames.Frame, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	missing := r
	missing.Columns = []string{}
	for _, name := range r.Columns {
		if _, ok := c.read[name]; !ok {
			missing.Columns = append(missing.Columns, name)
		}
	}
	if len(missing.Columns) > 0 || len(r.Columns) == 0 {
		f, err := artifacts.LoadRequest(ctx, a, missing)
		if err != nil || len(r.Columns) == 0 {
			return f, err
		}
		for i, name := range missing.Columns {
			c.read[name] = *f.At(i)
		}
	}
	list := make([]frames.Column, len(r.Columns))
	for i, name := range r.Columns {
		list[i] = c.read[name]
	}
	return frames.New(r.Table, list...)
}
