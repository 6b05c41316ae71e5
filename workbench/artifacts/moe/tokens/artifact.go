package tokens

import (
	"context"
	"slices"
	"sync"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// artifact is an open recording. Tables of counts are made when they are first scanned
// and kept; scans that need one at the same time wait for it.
type artifact struct {
	recording *recording
	info      artifacts.Info

	mu       sync.Mutex
	counted  *counted                    // nil before the first pass
	made     map[string]*frames.Frame    // tables of counts
	findings map[string][]result.Finding // by table, of the passes so far
}

func newArtifact(r *recording) *artifact {
	return &artifact{recording: r, info: r.info(), made: map[string]*frames.Frame{}, findings: map[string][]result.Finding{}}
}

// Info implements artifacts.Artifact.
func (a *artifact) Info() artifacts.Info { return a.info }

// Tables implements artifacts.Artifact. Rows are not known before the ids are counted.
func (a *artifact) Tables() []artifacts.TableInfo {
	var list []artifacts.TableInfo
	for _, name := range a.recording.tableNames() {
		list = append(list, artifacts.TableInfo{Name: name, Doc: tableDoc(name), Schema: schemaOf(name), Rows: a.rows(name)})
	}
	return list
}

func (a *artifact) rows(table string) int64 {
	if table == requestsTable {
		return int64(len(a.recording.facts.requests))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if f := a.made[table]; f != nil {
		return int64(f.Len())
	}
	return -1
}

// Scan implements artifacts.Artifact.
func (a *artifact) Scan(ctx context.Context, r artifacts.Request, emit artifacts.Emit) error {
	if _, err := artifacts.Lookup(a, r.Table); err != nil {
		return err
	}
	if r.Columns != nil {
		if _, err := schemaOf(r.Table).Select(r.Columns...); err != nil {
			return fault.Errorf(fault.Misuse, "scanning %s: %w", r.Table, err)
		}
	}
	if r.Table == tokensTable {
		return a.scanTokens(ctx, r, emit)
	}
	f, err := a.table(ctx, r.Table, r.Progress)
	if err != nil {
		return err
	}
	if r.Columns != nil {
		if f, err = f.Select(r.Columns...); err != nil {
			return err
		}
	}
	return scanFrame(ctx, f, r, emit)
}

// scanFrame delivers a frame with worker 0.
func scanFrame(ctx context.Context, f *frames.Frame, r artifacts.Request, emit artifacts.Emit) error {
	done := int64(0)
	for b := range f.Batches(frames.BatchRows) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := emit(0, b); err != nil {
			return err
		}
		if done += int64(b.Len()); r.Progress != nil {
			r.Progress(done, int64(f.Len()))
		}
	}
	return nil
}

// table makes a table of counts, or returns the one made before.
func (a *artifact) table(ctx context.Context, name string, progress func(done, total int64)) (*frames.Frame, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if f := a.made[name]; f != nil {
		return f, nil
	}
	f, err := a.make(ctx, name, progress)
	if err != nil {
		return nil, err
	}
	a.made[name] = f
	return f, nil
}

func (a *artifact) make(ctx context.Context, name string, progress func(done, total int64)) (*frames.Frame, error) {
	switch name {
	case requestsTable:
		return a.recording.requestFrame(), nil
	case weightsTable:
		return a.recording.weightFrame(ctx)
	}
	m := a.recording.meter(a.passes(name), progress)
	c, err := a.count(ctx, m)
	if err != nil {
		return nil, err
	}
	switch name {
	case stepsTable:
		return a.recording.stepFrame(c), nil
	case activationsTable:
		return a.recording.activationFrame(c), nil
	case coselectionTable:
		p, err := a.recording.pairs(ctx, c, m)
		if err != nil {
			return nil, err
		}
		a.findings[coselectionTable] = a.recording.twiceFinding(c, p)
		return a.recording.pairFrame(c, p), nil
	}
	t, err := a.recording.transitions(ctx, c, m)
	if err != nil {
		return nil, err
	}
	return a.recording.affinityFrame(c, t), nil
}

// passes is how often the ids are read to make a table. The lock is held.
func (a *artifact) passes(name string) int {
	n := 0
	if a.counted == nil {
		n++
	}
	if name == coselectionTable || name == affinityTable {
		n++
	}
	return n
}

// count makes the first pass over the ids, once. The lock is held.
func (a *artifact) count(ctx context.Context, m *meter) (*counted, error) {
	if a.counted != nil {
		return a.counted, nil
	}
	c, err := a.recording.count(ctx, m)
	if err != nil {
		return nil, err
	}
	a.counted = c
	a.findings[tokensTable] = a.recording.countFindings(c)
	return c, nil
}

// ScanFindings implements artifacts.Finder.
func (a *artifact) ScanFindings() []result.Finding {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Concat(a.findings[tokensTable], a.findings[coselectionTable])
}

// Close implements artifacts.Artifact. Files are open only while they are read.
func (a *artifact) Close() error { return nil }
