// Package engine runs analyses on artifacts: it checks the inputs, answers from the
// store where it can, scans in parallel, reports progress, stops on request, and
// turns a panic of an analysis into an error.
package engine

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
	"profilemate/workbench/store"
)

// Config is what an engine works with.
type Config struct {
	Registry *analysis.Registry
	Formats  artifacts.Formats
	Store    *store.Store // nil: nothing is kept
	Build    string       // identifies this build of the program; part of every key
	Workers  int          // goroutines of a scan; 0: one a processor
}

// Engine runs analyses. It is safe for concurrent use.
type Engine struct {
	Config
	hashing *sync.WaitGroup
	session *session // nil: each run opens its artifacts
}

// New returns an engine.
func New(c Config) *Engine {
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	return &Engine{Config: c, hashing: &sync.WaitGroup{}}
}

// Request asks for one analysis of some artifacts.
type Request struct {
	Analysis string
	Inputs   []analysis.CallInput
	Dir      string // relative paths of Inputs start here; empty: the working directory
	Params   analysis.Values
}

// Progress is told what is being done and how far it is: done of total, in rows or
// bytes; total is 0 when unknown. Calls come from several goroutines, seldom.
type Progress func(text string, done, total int64)

// Outcome is a result with where it came from.
type Outcome struct {
	Key      string // of the store; empty when nothing is kept
	Analysis analysis.Analysis
	Params   analysis.Values // canonical, without defaults
	Inputs   []result.BundleInput
	Result   *result.Result
	Cached   bool
	Elapsed  time.Duration // of the computation, also when Cached
}

// Bundle is the outcome as it travels: with at most so many rows of each table, all
// for -1.
func (o *Outcome) Bundle(rows int) result.Bundle {
	b := result.Bundle{Version: 1, Key: o.Key, Analysis: o.Analysis.Name, Title: o.Analysis.Heading(), Params: o.Params,
		Inputs: o.Inputs, Cached: o.Cached, ElapsedNs: o.Elapsed.Nanoseconds(),
		Findings: o.Result.Findings, Charts: o.Result.Charts, Tables: []result.Preview{}}
	if b.Findings == nil {
		b.Findings = []result.Finding{}
	}
	if b.Charts == nil {
		b.Charts = []result.Chart{}
	}
	for _, t := range o.Result.Tables {
		n := rows
		if n < 0 {
			n = t.Frame.Len()
		}
		b.Tables = append(b.Tables, result.NewPreview(t, n))
	}
	return b
}

// Run answers the request, from the store if it can. Faults: NotFound for the
// analysis or a file, Misuse for parameters and roles, Unsupported for a file that
// is no artifact, Missing for a table that the artifact lacks, Corrupt for a
// damaged file, Canceled when ctx ended, Internal for a panic of the analysis.
func (e *Engine) Run(ctx context.Context, r Request, progress Progress) (*Outcome, error) {
	a, err := e.Registry.Get(r.Analysis)
	if err != nil {
		return nil, err
	}
	params, err := a.Normalize(r.Params)
	if err != nil {
		return nil, err
	}
	inputs, err := e.identify(r)
	if err != nil {
		return nil, err
	}
	if out := e.stored(a, params, inputs); out != nil {
		return out, nil
	}
	if progress == nil {
		progress = func(string, int64, int64) {}
	}
	started := time.Now()
	e.hashBeside(ctx, inputs)
	res, err := e.compute(ctx, a, params, inputs, progress)
	if err != nil {
		if ctx.Err() != nil {
			return nil, fault.Errorf(fault.Canceled, "%s was stopped", a.Name)
		}
		return nil, err
	}
	out := &Outcome{Analysis: a, Params: params, Result: res, Elapsed: time.Since(started)}
	e.keep(out, inputs)
	e.hashAfter(ctx, inputs)
	return out, nil
}

// input is a named artifact with what identifies its content.
type input struct {
	role, path string // as written
	file       string // where it is
	identity   artifacts.Identity
	digest     string      // empty until it is known
	hashed     chan string // brings the digest that is computed beside the scan; nil when none is
}

// hashBesideScan is the most bytes whose digest is computed beside the scan: about
// 0.1 s of one core, less than any scan of as much. A bigger file is hashed after
// its answer is out.
const hashBesideScan = 256 << 20

// identify finds where the inputs are and what identifies them.
func (e *Engine) identify(r Request) ([]input, error) {
	inputs := make([]input, len(r.Inputs))
	for i, in := range r.Inputs {
		file := in.Path
		if !filepath.IsAbs(file) {
			file = filepath.Join(r.Dir, file)
		}
		id, err := artifacts.Identify(file)
		if err != nil {
			return nil, err
		}
		inputs[i] = input{role: in.Role, path: in.Path, file: file, identity: id, digest: e.Digest(id)}
	}
	return inputs, nil
}

// Digest returns the digest of what an identity stands for, empty where it is not
// known: it is computed beside the runs of analyses.
func (e *Engine) Digest(id artifacts.Identity) string {
	if e.Store == nil {
		return ""
	}
	digest, _ := e.Store.Recall("digest " + string(id))
	return digest
}

// hashBeside starts hashing the inputs that have no digest yet and are small.
func (e *Engine) hashBeside(ctx context.Context, inputs []input) {
	for i := range inputs {
		if in := &inputs[i]; e.Store != nil && in.digest == "" && artifacts.Size(in.file) <= hashBesideScan {
			hashed, of := make(chan string, 1), *in
			in.hashed = hashed
			e.hashing.Go(func() { hashed <- e.hash(ctx, of) })
		}
	}
}

// hashAfter hashes the inputs that are still without a digest, in the background.
func (e *Engine) hashAfter(ctx context.Context, inputs []input) {
	for _, in := range inputs {
		if e.Store != nil && in.digest == "" {
			e.hashing.Go(func() { e.hash(context.WithoutCancel(ctx), in) })
		}
	}
}

// hash computes a digest and remembers it under the identity, unless the file
// changed meanwhile. After a failure the digest stays unknown: the scan of the same
// file reports it better.
func (e *Engine) hash(ctx context.Context, in input) string {
	digest, err := artifacts.Digest(ctx, in.file)
	if err != nil {
		return ""
	}
	if now, err := artifacts.Identify(in.file); err != nil || now != in.identity {
		return ""
	}
	if err := e.Store.Remember("digest "+string(in.identity), digest); err != nil {
		slog.Warn("a digest could not be remembered", "error", err)
	}
	return digest
}

// Wait returns when no digest is being computed.
func (e *Engine) Wait() { e.hashing.Wait() }

// key is the address of a result: by digests where byDigest is set and all are
// known, else by provisional identities. It is empty when it cannot be made.
func (e *Engine) key(a analysis.Analysis, params analysis.Values, inputs []input, byDigest bool) string {
	parts := []string{"result 1", e.Build, a.Name, strconv.Itoa(a.Version), params.Canonical()}
	for _, in := range inputs {
		content := string(in.identity)
		if byDigest {
			if in.digest == "" {
				return ""
			}
			content = in.digest
		}
		parts = append(parts, in.role, content)
	}
	return store.Key(parts...)
}

// stored looks a result up by digests, then by identities: it may have been kept
// before its digests were known. Whatever is wrong with an entry, the result can be
// computed again.
func (e *Engine) stored(a analysis.Analysis, params analysis.Values, inputs []input) *Outcome {
	if e.Store == nil {
		return nil
	}
	for _, byDigest := range []bool{true, false} {
		key := e.key(a, params, inputs, byDigest)
		if key == "" {
			continue
		}
		if out := e.load(key); out != nil {
			out.Analysis, out.Params, out.Inputs = a, params, bundleInputs(inputs)
			return out
		}
	}
	return nil
}

func (e *Engine) load(key string) *Outcome {
	entry, err := e.Store.Get(key)
	if err != nil {
		return nil
	}
	defer entry.Close()
	res, err := entry.Result()
	if err != nil {
		return nil
	}
	return &Outcome{Key: key, Result: res, Cached: true, Elapsed: time.Duration(entry.Meta().ElapsedNs)}
}

// keep stores a result, under the digests of its inputs if they are known by now.
// A result that cannot be kept is still a result: it says so in a finding.
func (e *Engine) keep(out *Outcome, inputs []input) {
	for i := range inputs {
		if inputs[i].hashed != nil {
			inputs[i].digest = <-inputs[i].hashed
		}
	}
	out.Inputs = bundleInputs(inputs)
	if changed := changedInput(inputs); changed != "" {
		out.Result.Findings = append(out.Result.Findings, result.Finding{Severity: result.Problem,
			Text:   fmt.Sprintf("%s changed while it was read, so that the result may mix what it held before and after.", changed),
			Remedy: "Run it again once the file is complete."})
		result.SortFindings(out.Result.Findings)
		return
	}
	if e.Store == nil {
		return
	}
	key := e.key(out.Analysis, out.Params, inputs, true)
	if key == "" {
		key = e.key(out.Analysis, out.Params, inputs, false)
	}
	err := e.Store.Put(key, out.Result, store.Meta{Analysis: out.Analysis.Name, Version: out.Analysis.Version,
		Title: out.Analysis.Heading(), Params: out.Params, ElapsedNs: out.Elapsed.Nanoseconds(), Inputs: out.Inputs})
	if err != nil {
		out.Result.Warn("Free space in the cache folder, or name another with --cache.",
			"This result could not be kept for next time: %v.", err)
		return
	}
	out.Key = key
}

// changedInput returns the path of an input that is no longer what it was when the
// run began, empty for none.
func changedInput(inputs []input) string {
	for _, in := range inputs {
		if now, err := artifacts.Identify(in.file); err != nil || now != in.identity {
			return in.path
		}
	}
	return ""
}

func bundleInputs(inputs []input) []result.BundleInput {
	out := make([]result.BundleInput, len(inputs))
	for i, in := range inputs {
		out[i] = result.BundleInput{Role: in.role, Path: in.path, Digest: in.digest}
	}
	return out
}
