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
	current  *section // nil before the first header and below one of another page
	launches int64
	losses   losses
}

// losses counts what a walk could not use.
type losses struct {
	other   int      // lines that are no CSV: banners, the program's output
	errors  []string // ==ERROR== lines, the first few
	ragged  []string // rows with too few or too many cells: where and whose
	cut     string   // the row in which the file ends
	pages   []string // tables of other pages among the raw ones
	unknown []string // units that are not known
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
		if err != nil {
			return row{}, err
		}
		if len(rec.fields) == 0 {
			w.skip(rec.text)
			continue
		}
		if len(rec.fields) > 1 && rec.fields[0] == "ID" && rec.fields[1] == "Process ID" {
			if err := w.begin(rec); err != nil {
				return row{}, err
			}
			continue
		}
		if w.current == nil {
			w.losses.other++
			continue
		}
		if w.current.units == nil {
			if err := w.takeUnits(rec); err != nil {
				return row{}, err
			}
			continue
		}
		if w.usable(rec) {
			w.launches++
			return row{launch: w.launches - 1, values: printed{fields: rec.fields, section: w.current}}, nil
		}
	}
}

func (w *walker) skip(text string) {
	w.losses.other++
	if strings.HasPrefix(text, "==ERROR==") {
		w.losses.errors = remember(w.losses.errors, strings.TrimSpace(strings.TrimPrefix(text, "==ERROR==")))
	}
}

// begin takes a header. That of another page ends the raw rows until the next.
func (w *walker) begin(rec record) error {
	if rec.cut {
		return fault.Errorf(fault.Corrupt, "line %d: the file ends inside the header", rec.line)
	}
	if w.current != nil && w.current.units == nil {
		return noUnits(w.current)
	}
	if p := pageOfLine(rec.text); p != rawPage {
		w.current, w.losses.pages = nil, remember(w.losses.pages, fmt.Sprintf("%s from line %d", p, rec.line))
		return nil
	}
	w.current = newSection(rec.line, rec.fields)
	if n := len(w.sections); w.known != nil {
		if n >= len(w.known) || w.known[n].line != rec.line {
			return fault.Errorf(fault.Corrupt, "line %d: the file has changed since it was opened", rec.line)
		}
		w.current = w.known[n]
	}
	w.sections = append(w.sections, w.current)
	return nil
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
	if id == "" || !isDigits(id) {
		w.losses.other++
		return false
	}
	if !rec.cut && len(rec.fields) == len(w.current.names) {
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
