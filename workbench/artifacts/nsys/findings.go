package nsys

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/result"
)

// again is the way out of damage.
const again = "Copy the file again, or export it again from the .nsys-rep file."

// exportAgain is the way out where tables or columns are not in an export.
const exportAgain = "Export again from the .nsys-rep file: nsys export --type sqlite."

// findings are what a reader of any analysis should know about the file.
func (e *export) findings(ctx context.Context, meta map[string]string) []result.Finding {
	var list []result.Finding
	if e.cut != nil {
		list = append(list, result.Finding{Severity: result.Problem,
			Text: fmt.Sprintf("The file is cut off: it has %s of its %s bytes. What can be read is shown; the rest is missing.",
				grouped(e.cut.have), grouped(e.cut.promised)),
			Remedy: again, Damage: true})
	}
	for _, name := range e.unread {
		if IsStored(name) && len(e.unread) > 1 { // told of under its own name
			continue
		}
		list = append(list, result.Finding{Severity: result.Problem, Table: name,
			Text:   fmt.Sprintf("The file is damaged: no row of %s can be read.", name),
			Remedy: again, Damage: true})
	}
	list = append(list, e.besideFindings()...)
	list = append(list, e.kernelFindings(ctx, meta)...)
	list = append(list, e.nameFindings()...)
	if e.hasTwins(ctx) {
		list = append(list, result.Finding{Severity: result.Info, Table: "api_calls",
			Text: "Backtraces of CUDA calls were taken, so the file holds calls twice. Each counts once here; nsys stats counts both."})
	}
	return append(list, e.diagnosticFindings(ctx)...)
}

// besideFindings tells of files that SQLite leaves beside a database that somebody
// is writing to. The export is read without them.
func (e *export) besideFindings() []result.Finding {
	var list []result.Finding
	for _, suffix := range []string{"-wal", "-journal"} {
		info, err := os.Stat(e.path + suffix)
		if err == nil && info.Size() > 0 {
			list = append(list, result.Finding{Severity: result.Warning,
				Text:   fmt.Sprintf("%s lies beside the file: changes that are only there are not seen.", filepath.Base(e.path)+suffix),
				Remedy: "Let the program that writes it finish, or run: sqlite3 FILE 'PRAGMA wal_checkpoint(TRUNCATE)'."})
		}
	}
	return list
}

// kernelFindings tells why kernels are missing.
func (e *export) kernelFindings(ctx context.Context, meta map[string]string) []result.Finding {
	_, err := artifacts.Lookup(e, "kernels")
	has := err == nil || slices.Contains(e.unread, "kernels")
	launches, err := e.launchesGraphs(ctx)
	hidden := err == nil && launches && meta["graph_trace_mode"] != "node" && !e.hasGraphNodes(ctx)
	const node = "Capture with nsys profile --trace=cuda,nvtx --cuda-graph-trace=node."
	switch {
	case !has && e.cut != nil: // the list of tables may be what was lost
		return []result.Finding{{Severity: result.Problem, Table: "kernels", Damage: true, Remedy: again,
			Text: "The part of the file that is there has no table of kernels; it cannot be told whether there was one."}}
	case !has && hidden:
		return []result.Finding{{Severity: result.Problem, Table: "kernels", Remedy: node,
			Text: "There is no kernel in this trace: the program launched CUDA graphs, and a graph-level trace does not show the kernels inside."}}
	case !has:
		return []result.Finding{{Severity: result.Problem, Table: "kernels", Remedy: node,
			Text: "There is no kernel in this trace: CUDA was not traced, or nothing ran on a GPU while it was."}}
	case hidden:
		return []result.Finding{{Severity: result.Warning, Remedy: node,
			Text: "CUDA graphs were traced as wholes: the kernels inside have no rows, and a GPU that looks idle may have been busy."}}
	}
	return nil
}

// nameFindings tells why kernels have no names.
func (e *export) nameFindings() []result.Finding {
	if _, err := artifacts.Lookup(e, "kernels"); err != nil {
		return nil
	}
	s := e.source.schema()
	rows, err := e.source.extent(stringSource)
	switch {
	case slices.Contains(e.unread, "strings"), s.has(stringSource, "id", "value") && err != nil:
		return nil // told of as damage
	case !s.has(stringSource, "id", "value") || rows == 0:
		return []result.Finding{{Severity: result.Problem, Table: "kernels", Remedy: exportAgain,
			Text: "The export has no names: its table StringIds is missing or empty. Kernels, calls and registered ranges count, but nothing tells them apart."}}
	case !s.has(kernelSource, "demangledName") && !s.has(kernelSource, "shortName"):
		return []result.Finding{{Severity: result.Problem, Table: "kernels", Remedy: exportAgain,
			Text: "The export has no names of kernels: its table " + kernelSource + " lacks the columns demangledName and shortName. Kernels count, but nothing tells them apart."}}
	}
	return nil
}

// hasTwins reports whether calls have second rows from backtraces. It looks at the
// first rows only: looking at all would cost a scan where there are none.
func (e *export) hasTwins(ctx context.Context) bool {
	const sample = 4096
	rows, twin := 0, false
	// An error is damage to a table whose scan will tell of it.
	_, _ = e.any(ctx, apiSource, wholes("eventClass"), func(r record) bool {
		rows++
		twin = r.int(0) == backtraceClass
		return twin || rows == sample
	})
	return twin
}

// hasGraphNodes reports whether any kernel is from a graph.
func (e *export) hasGraphNodes(ctx context.Context) bool {
	found, err := e.any(ctx, kernelSource, wholes("graphNodeId"), func(r record) bool { return r.int(0) != 0 })
	return err == nil && found
}

// diagnosticFindings repeats what nsys itself warned of: severity 2 is a warning
// and 3 an error.
func (e *export) diagnosticFindings(ctx context.Context) []result.Finding {
	type message struct {
		text     string
		severity int64
	}
	counts := map[message]int64{}
	// An error is damage to a table that is of use only for these messages.
	_, _ = each(ctx, e.source, diagnostics, append(wholes("severity"), texts("text")...), func(r record) error {
		if r.int(0) >= 2 && !r.null(1) {
			counts[message{r.text(1), r.int(0)}]++
		}
		return nil
	})
	messages := slices.SortedFunc(maps.Keys(counts), func(a, b message) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(counts[b], counts[a]), cmp.Compare(a.text, b.text))
	})
	const most = 5
	var list []result.Finding
	for _, m := range messages[:min(len(messages), most)] {
		text := "Nsight Systems reported: " + withoutPaths(e.clean.text(m.text))
		if n := counts[m]; n > 1 {
			text += fmt.Sprintf(" (%s times)", grouped(n))
		}
		severity := result.Warning
		if m.severity >= 3 {
			severity = result.Problem
		}
		list = append(list, result.Finding{Severity: severity, Text: text})
	}
	if more := len(messages) - most; more > 0 {
		list = append(list, result.Finding{Severity: result.Warning, Text: fmt.Sprintf("Nsight Systems reported %d further warnings and errors.", more)})
	}
	return list
}

// ScanFindings implements artifacts.Finder.
func (e *export) ScanFindings() []result.Finding {
	e.lossMutex.Lock()
	defer e.lossMutex.Unlock()
	var list []result.Finding
	for _, t := range e.tables {
		if l, ok := e.losses[t.name]; ok {
			list = append(list, l.findings(t.name)...)
		}
	}
	if e.namesHurt() {
		list = append(list, result.Finding{Severity: result.Problem,
			Text:   "The file is damaged: some names could not be read. Rows that refer to them have no name.",
			Remedy: again, Damage: true})
	}
	return list
}

func (e *export) namesHurt() bool {
	e.naming.Lock()
	defer e.naming.Unlock()
	return e.names != nil && e.names.hurt
}

func (l loss) findings(table string) []result.Finding {
	var list []result.Finding
	if l.hurt {
		text := fmt.Sprintf("The file is damaged: %d rows of %s were read, others could not be.", l.read, table)
		if l.rows > 0 && !l.open {
			text = fmt.Sprintf("The file is damaged: %d rows of %s were read, %d could not be.", l.read, table, l.rows)
		}
		list = append(list, result.Finding{Severity: result.Problem, Text: text,
			Remedy: again, Damage: true})
	}
	if l.untimed > 0 {
		list = append(list, result.Finding{Severity: result.Warning,
			Text: fmt.Sprintf("%d rows of %s carry no time and are left out: the profiler did not collect it.", l.untimed, table)})
	}
	return list
}
