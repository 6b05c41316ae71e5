package scale

import (
	"fmt"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"

	"profilemate/workbench/fault"
)

// writer fills the new database table by table, as nsys does, so that the rows of a
// table lie together.
type writer struct {
	conn    *sqlite.Conn
	options Options
	tables  []table
	low     int64 // time of the first event, ns
	high    int64 // time of the last, ns
	steps   map[string]int64
	summary Summary
}

// table is a table of the capture.
type table struct {
	name, sql string
	columns   []string
}

func (t *table) has(column string) bool { return slices.Contains(t.columns, column) }

const nvtx = "NVTX_EVENTS"

// isTime reports whether a column holds a time of the events' clock.
func isTime(column string) bool {
	return slices.Contains([]string{"start", "end", "timestamp", "rawTimestamp"}, column)
}

// family is the set of numbers that a column draws from: columns of one family are
// joined with each other, so all move on by the same step. It is empty for a column
// whose numbers name something that lasts.
func family(t *table, column string) string {
	switch {
	case column == "correlationId", column == "gridId", column == "rangeId", column == "eventSyncId":
		return column
	case column == "id" && (t.name == "COMPOSITE_EVENTS" || t.name == "SAMPLING_CALLCHAINS"):
		return "sample"
	}
	return ""
}

// clock returns the column by which the rows of a table of events are in time, ""
// for a table of something else.
func (t *table) clock() string {
	for _, part := range []string{"TARGET_INFO_", "ANALYSIS_", "META_DATA_", "ENUM_"} {
		if strings.HasPrefix(t.name, part) {
			return ""
		}
	}
	for _, c := range []string{"start", "timestamp"} {
		if t.has(c) {
			return c
		}
	}
	return ""
}

func (w *writer) write() error {
	if err := w.list(); err != nil {
		return err
	}
	if err := w.measure(); err != nil {
		return err
	}
	for i := range w.tables {
		if err := w.table(&w.tables[i]); err != nil {
			return err
		}
	}
	return w.lengthen()
}

// list reads the tables of the capture, and makes them in the new database.
func (w *writer) list() error {
	err := run(w.conn, "SELECT name, sql FROM capture.sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rootpage",
		func(s *sqlite.Stmt) { w.tables = append(w.tables, table{name: s.ColumnText(0), sql: s.ColumnText(1)}) })
	if err != nil {
		return fault.Errorf(fault.Corrupt, "%w", err)
	}
	if w.options.Depth > 0 && !slices.ContainsFunc(w.tables, func(t table) bool { return t.name == nvtx }) {
		return fault.Errorf(fault.Missing, "the capture has no NVTX events to nest in ranges")
	}
	for i := range w.tables {
		t := &w.tables[i]
		if err := run(w.conn, t.sql, nil); err != nil {
			return err
		}
		err := run(w.conn, "PRAGMA main.table_info("+quote(t.name)+")", func(s *sqlite.Stmt) { t.columns = append(t.columns, s.ColumnText(1)) })
		if err != nil {
			return err
		}
	}
	w.summary.Tables = len(w.tables)
	return nil
}

// measure finds the first and the last time of the capture, and how far each family
// of numbers reaches.
func (w *writer) measure() error {
	w.steps = map[string]int64{}
	first := true
	for i := range w.tables {
		t := &w.tables[i]
		for _, c := range t.columns {
			name := quote(c)
			if f := family(t, c); f != "" {
				err := run(w.conn, fmt.Sprintf("SELECT max(%s) FROM capture.%s", name, quote(t.name)),
					func(s *sqlite.Stmt) { w.steps[f] = max(w.steps[f], s.ColumnInt64(0)) })
				if err != nil {
					return err
				}
			}
			if t.clock() == "" || !isTime(c) || c == "rawTimestamp" {
				continue
			}
			err := run(w.conn, fmt.Sprintf("SELECT min(%s), max(%s) FROM capture.%s WHERE %s > 0", name, name, quote(t.name), name), func(s *sqlite.Stmt) {
				if s.ColumnIsNull(0) {
					return
				}
				if first || s.ColumnInt64(0) < w.low {
					w.low = s.ColumnInt64(0)
				}
				w.high, first = max(w.high, s.ColumnInt64(1)), false
			})
			if err != nil {
				return err
			}
		}
	}
	if first {
		return fault.Errorf(fault.Missing, "the capture has no events")
	}
	// A repetition begins when the ranges around the one before it are closed.
	w.summary.Period = w.high - w.low + 2*int64(w.options.Depth) + 1000
	return nil
}

// table writes one table: its rows once, and events again for each repetition.
func (w *writer) table(t *table) error {
	again := t.clock() != "" || t.name == "SAMPLING_CALLCHAINS"
	times := int64(1)
	if again {
		times = int64(w.options.Times)
	}
	stmt, _, err := w.conn.PrepareTransient(w.insertText(t))
	if err != nil {
		return err
	}
	defer stmt.Finalize()
	for n := range times {
		if err := run(w.conn, "BEGIN", nil); err != nil {
			return err
		}
		if t.name == nvtx {
			if err := w.nest(t, n); err != nil {
				return err
			}
		}
		if err := w.repetition(t, stmt, n); err != nil {
			return err
		}
		if err := run(w.conn, "COMMIT", nil); err != nil {
			return err
		}
		if w.options.Progress != nil {
			w.options.Progress(t.name, w.summary.Rows)
		}
	}
	return nil
}

func (w *writer) repetition(t *table, stmt *sqlite.Stmt, n int64) error {
	if err := stmt.Reset(); err != nil {
		return err
	}
	if stmt.BindParamCount() > 0 {
		stmt.BindInt64(1, n)
	}
	if _, err := stmt.Step(); err != nil {
		return fmt.Errorf("writing %s: %w", t.name, err)
	}
	w.summary.Rows += int64(w.conn.Changes())
	return nil
}

// insertText copies a table; ?1 is the number of the repetition, from 0.
func (w *writer) insertText(t *table) string {
	list := make([]string, len(t.columns))
	for i, c := range t.columns {
		list[i] = quote(c)
		step := int64(0)
		if f := family(t, c); f != "" {
			step = w.steps[f] + 1
		} else if t.clock() != "" && isTime(c) {
			step = w.summary.Period
		}
		if step > 0 { // 0 is no number of its families, and no time
			list[i] = fmt.Sprintf("iif(%s > 0, %s + ?1 * %d, %s)", quote(c), quote(c), step, quote(c))
		}
	}
	text := fmt.Sprintf("INSERT INTO main.%s SELECT %s FROM capture.%s", quote(t.name), strings.Join(list, ", "), quote(t.name))
	clock := t.clock()
	if clock == "" {
		return text
	}
	// Some rows occur once: what was before the capture, and what declares a name.
	text += fmt.Sprintf(" WHERE (?1 = 0 OR %s > 0)", quote(clock))
	if t.name == nvtx && t.has("eventType") {
		text += " AND (?1 = 0 OR eventType NOT IN (33, 39, 75, 76))"
	}
	return text
}

// nest writes the ranges around a repetition, the outermost first.
func (w *writer) nest(t *table, n int64) error {
	const pushPop = 59
	if !t.has("text") || !t.has("globalTid") || w.options.Depth == 0 {
		return nil
	}
	for level := range int64(w.options.Depth) {
		margin := int64(w.options.Depth) - level
		shift := n * w.summary.Period
		text := fmt.Sprintf(`INSERT INTO main.NVTX_EVENTS (start, "end", eventType, text, globalTid)
SELECT %d, %d, %d, 'level %d', globalTid FROM (SELECT DISTINCT globalTid FROM capture.CUPTI_ACTIVITY_KIND_RUNTIME)`,
			w.low+shift-margin, w.high+shift+margin, pushPop, level)
		if err := run(w.conn, text, nil); err != nil {
			return err
		}
		w.summary.Rows += int64(w.conn.Changes())
	}
	return nil
}

// lengthen makes the session last as long as its events now do.
func (w *writer) lengthen() error {
	more := w.summary.Period * int64(w.options.Times-1)
	for _, t := range w.tables {
		if t.name == "ANALYSIS_DETAILS" && t.has("duration") && t.has("stopTime") {
			return run(w.conn, "UPDATE main.ANALYSIS_DETAILS SET duration = duration + ?1, stopTime = stopTime + ?1", nil, more)
		}
	}
	return nil
}
