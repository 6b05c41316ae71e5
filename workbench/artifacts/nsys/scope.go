package nsys

import (
	"context"
	"errors"
	"strings"

	"profilemate/frames"
)

// scope is what the cells of all workers share within one scan. Only cells of a
// serial table, which has one worker, write to it during the scan.
type scope struct {
	source  source
	clean   cleaner
	load    func(context.Context) (*names, error)
	names   *names // empty until they are needed
	texts   *ownTexts
	labels  map[string]*labels // by column
	domains map[domain]string

	launchers map[int64]bool     // numbers of the functions that launch graphs
	metrics   map[[2]int64]int32 // code in texts by type and metric
	callers   map[int64]caller   // by sample
}

func (e *export) scope() *scope {
	return &scope{source: e.source, clean: e.clean, load: e.loadNames, names: newNames(), texts: newOwnTexts(e.clean), labels: map[string]*labels{}}
}

// domain identifies an NVTX domain: its number counts per process.
type domain struct{ process, id int64 }

// needDomains reads the names of NVTX domains, which stand in rows of type 75.
func needDomains(ctx context.Context, s *scope) error {
	if err := needNames(ctx, s); err != nil {
		return err
	}
	s.domains = map[domain]string{}
	if !s.source.schema().has(nvtxSource, "eventType", "globalTid", "domainId") {
		return nil
	}
	index := s.names.index(false)
	wants := append(wholes("eventType", "globalTid", "domainId", "textId"), texts("text")...)
	_, err := each(ctx, s.source, nvtxSource, wants, func(r record) error {
		if r.int(0) != 75 {
			return nil
		}
		name := s.clean.text(r.text(4))
		if !r.null(3) {
			name = s.names.dict.String(index.code(r.int(3)))
		}
		s.domains[domain{r.int(1) >> 24 & idMask, r.int(2)}] = name
		return nil
	})
	return err // damage is told of by the scan itself: domains beyond it stay unnamed
}

func domainCell(f *field, s *scope) cell {
	return &codes{field: f.Field, dict: s.texts.dict, decode: func(in []vector, row int) int32 {
		name, ok := s.domains[domain{in[0].int(row) >> 24 & idMask, in[1].int(row)}]
		if !ok {
			return -1
		}
		return s.texts.dict.Code(name)
	}}
}

// launchesGraph reports whether a CUDA function, of either interface, launches a
// graph.
func launchesGraph(name string) bool {
	return strings.HasPrefix(name, "cu") && strings.Contains(name, "GraphLaunch")
}

// needLaunchers finds the numbers of the functions that launch graphs.
func needLaunchers(ctx context.Context, s *scope) error {
	s.launchers = map[int64]bool{}
	_, err := each(ctx, s.source, stringSource, append(wholes("id"), texts("value")...), func(r record) error {
		if launchesGraph(r.text(1)) {
			s.launchers[r.int(0)] = true
		}
		return nil
	})
	return err
}

// errFound ends a scan that has seen what it looked for.
var errFound = errors.New("found")

// any reports whether a row of a small table is as asked.
func (e *export) any(ctx context.Context, table string, wants []want, ask func(record) bool) (bool, error) {
	_, err := each(ctx, e.source, table, wants, func(r record) error {
		if ask(r) {
			return errFound
		}
		return nil
	})
	if errors.Is(err, errFound) {
		return true, nil
	}
	return false, err
}

// needMetrics reads the names of hardware counters.
func needMetrics(ctx context.Context, s *scope) error {
	s.metrics = map[[2]int64]int32{}
	wants := append(wholes("typeId", "metricId"), texts("metricName")...)
	_, err := each(ctx, s.source, "TARGET_INFO_GPU_METRICS", wants, func(r record) error {
		if !r.null(2) {
			s.metrics[[2]int64{r.int(0), r.int(1)}] = s.texts.code([]byte(r.text(2)))
		}
		return nil
	})
	return err
}

func metricCell(f *field, s *scope) cell {
	return &codes{field: f.Field, dict: s.texts.dict, decode: func(in []vector, row int) int32 {
		if code, ok := s.metrics[[2]int64{in[0].int(row), in[1].int(row)}]; ok {
			return code
		}
		return -1
	}}
}

// caller is the top of a call chain.
type caller struct {
	depth          int64
	symbol, module int32 // codes in the texts; -1: not known
}

// needCallchains reads the top of the call chain of every sample.
func needCallchains(ctx context.Context, s *scope) error {
	if err := needNames(ctx, s); err != nil {
		return err
	}
	s.callers = map[int64]caller{}
	name := func(r record, column int, trim func(string) string) int32 {
		code := s.names.index(false).code(r.int(column))
		if r.null(column) || code < 0 {
			return -1
		}
		return s.texts.dict.Code(trim(s.names.dict.String(code)))
	}
	same := func(text string) string { return text }
	_, err := each(ctx, s.source, "SAMPLING_CALLCHAINS", wholes("id", "symbol", "module", "stackDepth"), func(r record) error {
		if seen, ok := s.callers[r.int(0)]; !ok || r.int(3) < seen.depth {
			s.callers[r.int(0)] = caller{r.int(3), name(r, 1, same), name(r, 2, baseName)}
		}
		return nil
	})
	return err
}

func calleeCell(module bool) func(*field, *scope) cell {
	return func(f *field, s *scope) cell {
		return &codes{field: f.Field, dict: s.texts.dict, decode: func(in []vector, row int) int32 {
			c, ok := s.callers[in[0].int(row)]
			switch {
			case !ok:
				return -1
			case module:
				return c.module
			}
			return c.symbol
		}}
	}
}

// ruledCell decodes a text of the row itself, of which a rule leaves what tells of
// nobody.
func ruledCell(rule func(string) string) func(*field, *scope) cell {
	return func(f *field, s *scope) cell {
		if s.clean.showPrivate {
			return plainTextCell(f, s)
		}
		known := map[string]int32{}
		return &codes{field: f.Field, dict: s.texts.dict, decode: func(in []vector, row int) int32 {
			if in[0].null(row) {
				return -1
			}
			stored := in[0].bytes(row)
			code, ok := known[string(stored)]
			if !ok {
				code = s.texts.dict.Code(rule(s.clean.text(string(stored))))
				known[string(stored)] = code
			}
			return code
		}}
	}
}

func programCell(f *field, s *scope) cell { return ruledCell(program)(f, s) }
func messageCell(f *field, s *scope) cell { return ruledCell(withoutPaths)(f, s) }

// absentCodes is a String column without values.
func absentCodes(f *field, s *scope) cell {
	return &codes{field: f.Field, dict: frames.NewDictionary(), decode: func([]vector, int) int32 { return -1 }}
}
