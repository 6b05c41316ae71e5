// Package export writes a table of an artifact as CSV, JSON, JSON lines, Arrow or
// Parquet, for pandas, polars, DuckDB and the like. Rows go from the reader to the
// file a batch at a time, so that a table of any length takes little memory.
package export

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
)

// Form is the format of a file.
type Form string

// The forms.
const (
	CSV     Form = "csv"     // a header, then a line a row; a missing value is an empty field, an empty text ""
	JSON    Form = "json"    // one array with an object a row; a missing value is null, whole numbers have all digits
	Lines   Form = "jsonl"   // an object a line
	Arrow   Form = "arrow"   // Arrow IPC file ("Feather version 2")
	Parquet Form = "parquet" // Parquet, pages compressed with zstd
)

// Forms lists the forms, the default first.
func Forms() []Form { return []Form{CSV, JSON, Lines, Arrow, Parquet} }

// ParseForm returns the form of a name, or a Misuse fault.
func ParseForm(name string) (Form, error) {
	if f := Form(strings.ToLower(name)); slices.Contains(Forms(), f) {
		return f, nil
	}
	return "", fault.Errorf(fault.Misuse, "no form %q (there are: csv, json, jsonl, arrow, parquet)", name)
}

// Binary reports whether the form is not text.
func (f Form) Binary() bool { return f == Arrow || f == Parquet }

// Options are what may be asked for. The zero value asks for nothing.
type Options struct {
	// UnitsRow, when not nil, gives each column's cell of a second row of a CSV file,
	// as raw pages of ncu have it. Other forms carry units as metadata: Arrow of the
	// field under "unit", Parquet of the file under "unit:COLUMN".
	UnitsRow func(column string) string
	// Progress, when not nil, is told how far the scan is; see artifacts.Request.
	Progress func(done, total int64)
}

// sink writes batches of one table.
type sink interface {
	write(b *frames.Batch) error
	close() error
}

// Table writes all rows of a table to w and returns their number. An unknown table is
// NotFound. Texts that are not UTF-8 are repaired in all forms but CSV, which has the
// bytes.
func Table(ctx context.Context, a artifacts.Artifact, table string, form Form, w io.Writer, o Options) (rows int64, err error) {
	info, err := artifacts.Lookup(a, table)
	if err != nil {
		return 0, err
	}
	if len(info.Schema) == 0 {
		return 0, fault.Errorf(fault.Missing, "table %s has no columns", table)
	}
	out, err := open(ctx, a, info, form, w, o)
	if err == nil {
		err = a.Scan(ctx, artifacts.Request{Table: table, Columns: info.Schema.Names(), Progress: o.Progress}, func(_ int, b *frames.Batch) error {
			rows += int64(b.Len())
			return out.write(b)
		})
	}
	if err == nil {
		err = out.close()
	}
	if err != nil {
		return rows, fmt.Errorf("exporting table %s as %s: %w", table, form, err)
	}
	return rows, nil
}

func open(ctx context.Context, a artifacts.Artifact, info artifacts.TableInfo, form Form, w io.Writer, o Options) (sink, error) {
	switch form {
	case CSV:
		return newCSVSink(w, info, o.UnitsRow)
	case JSON, Lines:
		return newJSONSink(w, info.Schema, form == Lines), nil
	case Arrow:
		return newArrowSink(ctx, a, info, w)
	case Parquet:
		return newParquetSink(w, info.Schema)
	}
	return nil, fault.Errorf(fault.Misuse, "no form %q", form)
}
