package stats

import (
	"context"
	"fmt"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// want says what a report shares with others.
type want uint8

const (
	wantGPUs      want = 1 << iota // names of GPUs
	wantThreads                    // names of threads
	wantRanges                     // NVTX ranges
	wantCalls                      // API calls by correlation id
	wantWork                       // GPU work by API call
	wantCallRange                  // range that began last around each API call
)

// scene is what the reports of one artifact share. Its parts are made before the
// scans that use them.
type scene struct {
	artifact artifacts.Artifact
	want     want

	gpus    map[int64]string // by CUDA ordinal
	misled  []string         // GPUs that nsys names otherwise
	threads map[threadID]threadName

	ranges  *trace.Ranges
	texts   *frames.Column // messages of the ranges, without their domains
	nesting *trace.Nesting

	calls     *trace.Calls
	callNames []int32 // by call: code in callDict
	callDict  *frames.Dictionary
	lookup    *trace.Lookup
	callRange []int32 // by call: the range around it that began last, -1 for none

	work       *trace.Ops // kernels, then copies, then sets
	projection *trace.Projection
}

type threadID struct{ pid, tid int64 }

type threadName struct {
	name     name
	priority int64
	ranked   bool // priority is known
}

// load reads the tables that are wanted whole.
func (s *scene) load(ctx context.Context, progress func(string, int64, int64)) error {
	if s.want&wantGPUs != 0 {
		if err := s.loadGPUs(ctx); err != nil {
			return err
		}
	}
	if s.want&wantThreads != 0 {
		if err := s.loadThreads(ctx); err != nil {
			return err
		}
	}
	if s.want&wantRanges == 0 {
		return nil
	}
	if progress != nil {
		progress("reading nvtx", 0, 0)
	}
	f, err := s.table(ctx, "nvtx", "start", "end", "pid", "tid", "end_tid", "type", "text", "domain")
	if err != nil || f == nil {
		return err
	}
	s.texts = f.Column("text")
	s.ranges, err = trace.RangesOf(f)
	return err
}

// table loads a table, nil when it is not there.
func (s *scene) table(ctx context.Context, table string, columns ...string) (*frames.Frame, error) {
	if _, err := artifacts.Lookup(s.artifact, table); err != nil {
		return nil, nil
	}
	f, err := artifacts.Load(ctx, s.artifact, table, columns...)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", table, err)
	}
	return f, nil
}

func (s *scene) loadGPUs(ctx context.Context) error {
	s.gpus = map[int64]string{}
	f, err := s.table(ctx, "gpus", "device", "name", "gpu_id")
	if err != nil || f == nil {
		return err
	}
	devices, ids, texts := f.Column("device"), f.Column("gpu_id"), f.Strings("name")
	byID := map[int64]string{}
	for i, text := range texts {
		if !devices.IsNull(i) {
			s.gpus[devices.Int(i)] = text
		}
		byID[ids.Int(i)] = text
	}
	for i, text := range texts {
		if other, ok := byID[devices.Int(i)]; !devices.IsNull(i) && ok && other != text {
			s.misled = append(s.misled, fmt.Sprintf("device %d is %s, where nsys 2023.4 says %s", devices.Int(i), text, other))
		}
	}
	return nil
}

// loadThreads keeps the last name of each thread.
func (s *scene) loadThreads(ctx context.Context) error {
	s.threads = map[threadID]threadName{}
	f, err := s.table(ctx, "threads", "pid", "tid", "name", "priority")
	if err != nil || f == nil {
		return err
	}
	names, priorities := f.Column("name"), f.Column("priority")
	for i := range f.Len() {
		id := threadID{f.Ints("pid")[i], f.Ints("tid")[i]}
		s.threads[id] = threadName{nameAt(names, codeAt(names, i)), priorities.Int(i), !priorities.IsNull(i)}
	}
	return nil
}

// collectors are the folds that fill the scene.
func (s *scene) collectors() []maker {
	var out []maker
	if s.want&wantCalls != 0 {
		out = append(out, &callCollector{})
	}
	if s.want&wantWork != 0 {
		out = append(out, &workCollector{})
	}
	return out
}

// nest makes the tree of ranges.
func (s *scene) nest() *trace.Nesting {
	if s.nesting == nil {
		s.nesting = trace.Nest(s.ranges, trace.NestOptions{StartEnd: true})
	}
	return s.nesting
}

// project finds the ranges of all work.
func (s *scene) project() *trace.Projection {
	if s.projection == nil {
		s.projection = trace.Project(s.work, s.lookup, s.nest())
	}
	return s.projection
}

// findCallRanges finds the range around each call that began last, which nsys takes
// for the innermost one.
func (s *scene) findCallRanges() {
	c := s.calls
	p := trace.Project(&trace.Ops{Start: c.Start, End: c.End, Pid: c.Pid, Correlation: c.Correlation}, s.lookup, s.nest())
	var around []int32
	for i, latest := range p.Range {
		around = p.Enclosing(i, around[:0])
		for _, row := range around {
			if s.ranges.Start[row] > s.ranges.Start[latest] {
				latest = row
			}
		}
		p.Range[i] = latest
	}
	s.callRange = p.Range
}

// rangeText returns the code of the message of the range around the call of some GPU
// work, -1 where there is none.
func (s *scene) rangeText(pid, correlation int64) int32 {
	call := s.lookup.Find(pid, correlation)
	if call < 0 || s.callRange[call] < 0 {
		return -1
	}
	return codeAt(s.texts, int(s.callRange[call]))
}

// findings tells where the reports differ from those of nsys.
func (s *scene) findings() []result.Finding {
	var out []result.Finding
	for _, text := range s.misled {
		out = append(out, result.Finding{Severity: result.Info, Text: "GPUs are named by the ordinal that events use: " + text + "."})
	}
	return out
}
