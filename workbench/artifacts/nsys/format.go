// Package nsys reads what Nsight Systems exports, from 2021 on: SQLite files (nsys
// export --type sqlite), folders of Arrow or Parquet files (arrowdir, parquetdir),
// and reports (.nsys-rep), which nsys itself exports first. It delivers kernels,
// copies, sets, API calls, NVTX events, graphs and the rest as tables with fixed
// columns, whatever the version of the exporter: a column that an old file lacks is
// missing in every row, a table that a lazy export left out counts as empty and is
// not listed. Every table of the export is there as it is stored, too (raw.NAME).
//
// All times are ns on the clock of the events, which is neither zero-based nor the
// session's. Rows come in the order they are stored, which is not always by time.
//
// A source delivers stored rows in chunks of columns: the page reader (pages) or the
// SQLite library, a stream of Arrow, a file of Parquet (parquet). Cells turn chunks
// into the columns of a table. What tells of people and machines is masked.
package nsys

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"profilemate/workbench/artifacts"
)

// FormatName is the name of the format.
const FormatName = "nsys-sqlite"

const magic = "SQLite format 3\x00"

// Format returns the format of Nsight Systems' SQLite exports.
func Format(options ...Option) artifacts.Format { return format{choose(options)} }

type format struct{ choices }

// Name returns FormatName.
func (format) Name() string { return FormatName }

// Detect claims a SQLite file that has tables only nsys writes. A file too damaged
// to list its tables is claimed when its first bytes name one, so that Open can say
// what is wrong with it.
func (format) Detect(c artifacts.Candidate) (claim bool, saw string) {
	if !bytes.HasPrefix(c.Head, []byte(magic)) {
		return false, ""
	}
	names, err := tableNames(c.Path)
	if err != nil {
		if slices.ContainsFunc(marks(), func(m string) bool { return bytes.Contains(c.Head, []byte(m)) }) {
			return true, ""
		}
		return false, "a damaged SQLite database in which no nsys table can be seen"
	}
	if slices.ContainsFunc(names, isMark) {
		return true, ""
	}
	return false, describeStrange(c.Path, names)
}

// Open opens an export.
func (f format) Open(ctx context.Context, path string) (artifacts.Artifact, error) {
	return openSQLite(ctx, path, f.choices)
}

// marks are beginnings of table names that only nsys writes. The tables
// CUPTI_ACTIVITY_KIND_* alone are not enough: nvprof wrote those too.
func marks() []string {
	return []string{"META_DATA_EXPORT", "EXPORT_META_DATA", "StringIds", "TARGET_INFO_"}
}

func isMark(name string) bool {
	return slices.ContainsFunc(marks(), func(m string) bool { return strings.HasPrefix(name, m) })
}

// describeStrange says what a database without nsys tables is: one that is cut off may
// have had them.
func describeStrange(path string, names []string) string {
	strange := "a SQLite database without nsys tables" + listTables(names)
	f, err := readHeader(path)
	if err != nil {
		return strange
	}
	defer f.close()
	if !f.truncated() {
		return strange
	}
	return fmt.Sprintf("a SQLite database that is cut off: %s of its %s bytes are there, and no nsys table in them", grouped(f.size), grouped(f.pages*f.page))
}

// listTables says in a clause what tables a strange database has, the first few
// by name.
func listTables(names []string) string {
	const shown = 5
	switch {
	case len(names) == 0:
		return ": it has no table"
	case len(names) <= shown:
		return fmt.Sprintf(": it has %s", strings.Join(names, ", "))
	}
	return fmt.Sprintf(": it has %s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}
