package ncu

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"profilemate/workbench/fault"
)

// walker goes through the launches of a print-out, header by header.
type walker struct {
	in       *recordReader
	known    []*section // of an earlier walk, which has found their number forms; nil on the first
	sections []*section
	current  *section        // nil before the first header and below one of another page
	reads    page            // that of the first table; noPage before it
	pending  *detailed       // the launch whose rows of the details page are being read
	begun    map[string]bool // launches of the current table of the details page, by key
	launches int64
	losses   losses
}

// losses counts what a walk could not use.
type losses struct {
	other     int      // lines that are no CSV: banners, the program's output
	errors    []string // ==ERROR== lines, the first few
	warnings  []string // ==WARNING== lines that ncu prints when it profiled nothing
	ragged    []string // rows with too few or too many cells: where and whose
	cut       string   // the row in which the file ends
	pages     []string // tables of other pages than the first
	unknown   []string // units that are not known
	labels    []string // of the details page, of which the metric is not known
	conflicts []string // metrics that a launch has twice, with two values
}

// maxNamed bounds how many of a kind are named in a message.
const maxNamed = 5

func remember(list []string, text string) []string {
	if len(list) < maxNamed {
		return append(list, text)
	}
	return list
}

// next returns the next whole launch, io.EOF at the end. A header without a units
// row, and a file that changed since the first walk, are Corrupt.
func (w *walker) next() (row, error) {
	for {
		rec, err := w.in.next()
		if errors.Is(err, io.EOF) && w.pending != nil {
			return w.finish(), nil
		}
		if err != nil {
			return row{}, err
		}
		if len(rec.fields) == 0 {
			w.skip(rec.text)
			continue
		}
		if isHeader(rec.fields) {
			last := w.finish()
			if err := w.begin(rec); err != nil {
				return row{}, err
			}
			if last.values != nil {
				return last, nil
			}
			continue
		}
		if w.current == nil {
			w.losses.other++
			continue
		}
		if w.current.long() {
			r, err := w.long(rec)
			if err != nil || r.values != nil {
				return r, err
			}
			continue
		}
		if w.current.units == nil {
			if err := w.takeUnits(rec); err != nil {
				return row{}, err
			}
			continue
		}
		if w.usable(rec) {
			return w.emit(printed{fields: rec.fields, section: w.current}), nil
		}
	}
}

func (w *walker) skip(text string) {
	w.losses.other++
	if rest, ok := strings.CutPrefix(text, "==ERROR=="); ok {
		w.losses.errors = remember(w.losses.errors, strings.TrimSpace(rest))
	}
	if rest, ok := strings.CutPrefix(text, "==WARNING=="); ok && adviceOn(rest) != "" {
		w.losses.warnings = remember(w.losses.warnings, strings.TrimSpace(rest))
	}
}

func (w *walker) emit(v values) row {
	w.launches++
	return row{launch: w.launches - 1, values: v}
}

// finish ends the launch whose rows were being read; without one the row has no
// values.
func (w *walker) finish() row {
	if w.pending == nil {
		return row{}
	}
	d := w.pending
	w.pending = nil
	d.resolve(&w.losses)
	return w.emit(d)
}

// long takes a row of a page with a row a metric. It returns what the row makes
// complete, a row without values for nothing. Rows of a launch that stand apart are
// Corrupt: each run of them would count as a launch.
func (w *walker) long(rec record) (row, error) {
	if !w.usable(rec) {
		return row{}, nil
	}
	p := printed{fields: rec.fields, section: w.current}
	if w.current.page == summaryPage {
		return w.emit(p), nil
	}
	var last row
	if w.pending == nil || !w.pending.same(p) {
		last = w.finish()
		w.pending = newDetailed(p)
		key := w.pending.key()
		if w.begun[key] {
			return row{}, fault.WithRemedy(fault.Errorf(fault.Corrupt, "line %d: the rows of launch %s do not stand together, as on a page of ncu", rec.line, p.describe()),
				"print the page again, or sort its rows by ID")
		}
		w.begun[key] = true
	}
	w.pending.add(p, &w.losses)
	return last, nil
}

// begin takes a header. That of another page than the first ends the rows until the
// next: the same launches printed twice would count twice.
func (w *walker) begin(rec record) error {
	if rec.cut {
		return fault.Errorf(fault.Corrupt, "line %d: the file ends inside the header", rec.line)
	}
	if w.lacksUnits() {
		return noUnits(w.current)
	}
	p := pageOfLine(rec.text)
	if w.reads == noPage {
		w.reads = p
	}
	if p != w.reads || p == noPage {
		w.current, w.losses.pages = nil, remember(w.losses.pages, fmt.Sprintf("%s from line %d", p, rec.line))
		return nil
	}
	w.current = newSection(rec.line, p, rec.fields)
	if n := len(w.sections); w.known != nil {
		if n >= len(w.known) || w.known[n].line != rec.line {
			return fault.Errorf(fault.Corrupt, "line %d: the file has changed since it was opened", rec.line)
		}
		w.current = w.known[n]
	}
	w.sections, w.begun = append(w.sections, w.current), map[string]bool{}
	return w.current.lacksColumn()
}

// lacksUnits reports whether the table has ended, or ends here, before its units.
func (w *walker) lacksUnits() bool {
	return w.current != nil && !w.current.long() && w.current.units == nil
}

func (w *walker) takeUnits(rec record) error {
	if !w.current.isUnitsRow(rec.fields) {
		return noUnits(w.current)
	}
	for _, unit := range w.current.setUnits(rec.fields) {
		w.losses.unknown = remember(w.losses.unknown, unit)
	}
	return nil
}

func noUnits(s *section) error {
	return fault.WithRemedy(fault.Errorf(fault.Corrupt, "the header in line %d is not followed by a row of units, without which the values mean nothing", s.line),
		"print the report again: ncu --import REPORT.ncu-rep --csv --page raw > FILE.csv")
}

// usable reports whether a row is a whole launch, and notes what it is otherwise.
func (w *walker) usable(rec record) bool {
	id := rec.fields[0]
	if w.current.page != summaryPage && (id == "" || !isDigits(id)) {
		w.losses.other++
		return false
	}
	if n := len(rec.fields); !rec.cut && n >= w.current.least() && n <= len(w.current.names) {
		return true
	}
	lost := printed{fields: rec.fields, section: w.current}
	where := fmt.Sprintf("line %d, launch %s (%d of %d cells)", rec.line, lost.describe(), len(rec.fields), len(w.current.names))
	if rec.cut {
		w.losses.cut = where
	} else {
		w.losses.ragged = remember(w.losses.ragged, where)
	}
	return false
}

// each calls fn for every launch.
func (w *walker) each(fn func(row) error) error {
	for {
		r, err := w.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := fn(r); err != nil {
			return err
		}
	}
}
