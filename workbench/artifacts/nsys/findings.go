package nsys

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/result"
)

// again is the way out of damage.
const again = "Copy the file again, or export it again from the .nsys-rep file."

// findings are what a reader of any analysis should know about the file.
func (e *export) findings(conn *sqlite.Conn, meta map[string]string) []result.Finding {
	var list []result.Finding
	if e.file.truncated() {
		list = append(list, result.Finding{Severity: result.Problem,
			Text: fmt.Sprintf("The file is cut off: it has %s of its %s bytes. What can be read is shown; the rest is missing.",
				grouped(e.file.size), grouped(e.file.pages*e.file.page)),
			Remedy: again})
	}
	for _, name := range e.unread {
		list = append(list, result.Finding{Severity: result.Problem, Table: name,
			Text:   fmt.Sprintf("The file is damaged: no row of %s can be read.", name),
			Remedy: again})
	}
	list = append(list, e.besideFindings()...)
	list = append(list, e.kernelFindings(conn, meta)...)
	return append(list, e.diagnosticFindings(conn)...)
}

// besideFindings tells of files that SQLite leaves beside a database that somebody
// is writing to. The export is read without them.
func (e *export) besideFindings() []result.Finding {
	var list []result.Finding
	for _, suffix := range []string{"-wal", "-journal"} {
		info, err := os.Stat(e.file.path + suffix)
		if err == nil && info.Size() > 0 {
			list = append(list, result.Finding{Severity: result.Warning,
				Text:   fmt.Sprintf("%s lies beside the file: changes that are only there are not seen.", filepath.Base(e.file.path)+suffix),
				Remedy: "Let the program that writes it finish, or run: sqlite3 FILE 'PRAGMA wal_checkpoint(TRUNCATE)'."})
		}
	}
	return list
}

// kernelFindings tells why kernels are missing.
func (e *export) kernelFindings(conn *sqlite.Conn, meta map[string]string) []result.Finding {
	_, err := artifacts.Lookup(e, "kernels")
	has := err == nil || slices.Contains(e.unread, "kernels")
	launches, err := e.launchesGraphs(conn)
	hidden := err == nil && launches && meta["graph_trace_mode"] != "node" && !e.hasGraphNodes(conn)
	const node = "Capture with nsys profile --trace=cuda,nvtx --cuda-graph-trace=node."
	switch {
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

// hasGraphNodes reports whether any kernel is from a graph. It looks at the first
// and last rows only: a trace either has graph nodes or not, and looking at all
// would cost a scan.
func (e *export) hasGraphNodes(conn *sqlite.Conn) bool {
	if !e.schema.has(kernelSource, "graphNodeId") {
		return false
	}
	const sample = 4096
	for _, order := range []string{"ASC", "DESC"} {
		n, err := integer(conn, fmt.Sprintf("SELECT count(*) FROM (SELECT graphNodeId AS g FROM %s ORDER BY rowid %s LIMIT %d) WHERE g <> 0",
			kernelSource, order, sample))
		if err == nil && n > 0 {
			return true
		}
	}
	return false
}

// diagnosticFindings repeats what nsys itself warned of: severity 2 is a warning
// and 3 an error.
func (e *export) diagnosticFindings(conn *sqlite.Conn) []result.Finding {
	if !e.schema.has(diagnostics, "severity", "text") {
		return nil
	}
	const most = 5
	var list []result.Finding
	more := 0
	_ = query(conn, "SELECT text, severity, count(*) FROM DIAGNOSTIC_EVENT WHERE severity >= 2 GROUP BY 1, 2 ORDER BY 2 DESC, 3 DESC, 1", func(stmt *sqlite.Stmt) error {
		if len(list) == most {
			more++
			return nil
		}
		text := "Nsight Systems reported: " + withoutPaths(e.clean.text(stmt.ColumnText(0)))
		if n := stmt.ColumnInt64(2); n > 1 {
			text += fmt.Sprintf(" (%s times)", grouped(n))
		}
		severity := result.Warning
		if stmt.ColumnInt64(1) >= 3 {
			severity = result.Problem
		}
		list = append(list, result.Finding{Severity: severity, Text: text})
		return nil
	})
	if more > 0 {
		list = append(list, result.Finding{Severity: result.Warning, Text: fmt.Sprintf("Nsight Systems reported %d further warnings and errors.", more)})
	}
	return list
}

// withoutPaths shortens absolute paths to their last element: folders carry the
// names of people.
func withoutPaths(text string) string {
	words := strings.Fields(text)
	for i, w := range words {
		if at := strings.LastIndexByte(w, '/'); at > 0 && strings.Contains(w[:at], "/") {
			words[i] = "…" + w[at:]
		}
	}
	return strings.Join(words, " ")
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
			Remedy: again})
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
		text := fmt.Sprintf("The file is damaged: %d rows of %s were read, those after them could not be.", l.read, table)
		if l.rows > 0 {
			text = fmt.Sprintf("The file is damaged: %d rows of %s were read, %d could not be.", l.read, table, l.rows)
		}
		list = append(list, result.Finding{Severity: result.Problem, Text: text,
			Remedy: again})
	}
	if l.untimed > 0 {
		list = append(list, result.Finding{Severity: result.Warning,
			Text: fmt.Sprintf("%d rows of %s carry no time and are left out: the profiler did not collect it.", l.untimed, table)})
	}
	return list
}
