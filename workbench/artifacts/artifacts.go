// Package artifacts is the contract of artifact formats: how a file or folder that
// a profiler wrote is recognized, identified, described and read in batches. The
// readers live in the folders below it.
package artifacts

import (
	"context"
	"io/fs"
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// The kinds of artifact that analyses name in their roles.
const (
	Nsys = "nsys"
	NCU  = "ncu"
	MoE  = "moe"
)

// Format recognizes and opens one artifact format. Formats are stateless and safe
// for concurrent use.
type Format interface {
	// Name identifies the format: "nsys-sqlite", "ncu-csv", "moe-folder".
	Name() string
	// Detect looks at a candidate and says whether it is this format. What it saw is
	// one phrase for the message when nobody claims the file ("a SQLite database without
	// nsys tables"), empty when it saw nothing it knows.
	Detect(c Candidate) (claim bool, saw string)
	// Open prepares an artifact for reading. Missing, Corrupt and Unsupported faults
	// name the file, the place and the remedy.
	Open(ctx context.Context, path string) (Artifact, error)
}

// Candidate is a file or folder whose format is asked for.
type Candidate struct {
	Path  string
	Info  fs.FileInfo
	Head  []byte   // first 64 KiB of a file, nil for a folder
	Names []string // names in a folder, sorted, nil for a file
}

// Artifact is an open artifact. It is safe for concurrent scans.
type Artifact interface {
	Info() Info
	// Tables lists what can be scanned, the most useful first.
	Tables() []TableInfo
	// Scan reads a table; see Request. Unknown tables are NotFound, unknown columns Misuse.
	Scan(ctx context.Context, r Request, emit Emit) error
	Close() error
}

// Finder is an artifact that learns of some damage only while it is read: rows on
// pages that a cut-off file lacks, times that were never taken. The engine asks it
// after the scans and adds what it says to the result.
type Finder interface {
	// ScanFindings returns what the scans so far could not deliver, by table in the
	// order of Tables. A table scanned twice is reported once.
	ScanFindings() []result.Finding
}

// Wide is an artifact with tables of thousands of columns, which are not listed with
// the others: people look for a name in a list. They are scanned like those.
type Wide interface {
	// WideTables lists these tables.
	WideTables() []TableInfo
}

// Info describes an artifact.
type Info struct {
	Kind     string            `json:"kind"`     // Nsys, NCU, MoE
	Format   string            `json:"format"`   // Format.Name
	Producer string            `json:"producer"` // "Nsight Systems 2023.4.4", empty when unknown
	Summary  string            `json:"summary"`  // one line in words: what it holds
	Metadata map[string]string `json:"metadata"` // what an analysis may ask for, keys in snake_case
	Findings []result.Finding  `json:"findings"` // warnings: truncation, missing tables, odd values

	// Unread names tables that the artifact holds, but of which damage left no row to
	// read. They are not among its tables; that they are empty is not known. Nil for none.
	Unread []string `json:"unread,omitempty"`
}

// TableInfo describes one table of an artifact.
type TableInfo struct {
	Name   string        `json:"name"`
	Doc    string        `json:"doc"`
	Schema frames.Schema `json:"schema"`
	Rows   int64         `json:"rows"` // -1 when not known before a scan
}

// Request asks for a table's rows.
type Request struct {
	Table    string
	Columns  []string                // in the order wanted; nil for all
	Workers  int                     // at most this many concurrent calls of emit; 0 and 1 mean one
	Progress func(done, total int64) // rows or bytes so far of how many (0: unknown), called seldom; may be nil
}

// Emit receives one batch. worker is in [0, Workers). Calls with the same worker
// never overlap. Each worker gets a contiguous run of the table's rows in order,
// and the runs are in the order of the workers, so that what worker 0 saw followed
// by what worker 1 saw is the table. The batch, but not the dictionaries of its
// columns, is reused after the call.
type Emit func(worker int, b *frames.Batch) error

// AllTables lists the tables of an artifact, those that are too wide for a list last.
func AllTables(a Artifact) []TableInfo {
	list := a.Tables()
	if w, ok := a.(Wide); ok {
		list = append(slices.Clip(list), w.WideTables()...)
	}
	return list
}

// Lookup returns the named table's description: NotFound where there is none, and the
// Corrupt fault of Hidden where damage keeps it from being read.
func Lookup(a Artifact, table string) (TableInfo, error) {
	list := a.Tables()
	find := func(t TableInfo) bool { return t.Name == table }
	i := slices.IndexFunc(list, find)
	if i < 0 { // seldom asked for, and long to describe
		list = AllTables(a)
		i = slices.IndexFunc(list, find)
	}
	if i >= 0 {
		return list[i], nil
	}
	if err := Hidden(a, table); err != nil {
		return TableInfo{}, err
	}
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = t.Name
	}
	return TableInfo{}, fault.Errorf(fault.NotFound, "no table %q (there are: %s)", table, strings.Join(names, ", "))
}

// Hidden returns why damage keeps a table that the artifact holds from being read, a
// Corrupt fault with what the reader says of it and its remedy, and nil for a table that
// can be read or that there is none of.
func Hidden(a Artifact, table string) error {
	info := a.Info()
	if !slices.Contains(info.Unread, table) {
		return nil
	}
	for _, f := range info.Findings {
		if f.Table == table && f.Severity == result.Problem {
			err := fault.Errorf(fault.Corrupt, "table %s is there but cannot be read: %s", table, f.Text)
			return fault.WithRemedy(err, "%s", f.Remedy)
		}
	}
	return fault.Errorf(fault.Corrupt, "table %s is there but cannot be read: the file is damaged", table)
}

// Load reads a table whole, with one worker.
func Load(ctx context.Context, a Artifact, table string, columns ...string) (*frames.Frame, error) {
	return LoadRequest(ctx, a, Request{Table: table, Columns: columns})
}

// LoadRequest reads the table of a request whole, with one worker, and reports
// progress as the request asks.
func LoadRequest(ctx context.Context, a Artifact, r Request) (*frames.Frame, error) {
	info, err := Lookup(a, r.Table)
	if err != nil {
		return nil, err
	}
	schema := info.Schema
	if r.Columns != nil {
		if schema, err = schema.Select(r.Columns...); err != nil {
			return nil, fault.Errorf(fault.Misuse, "table %s: %w", r.Table, err)
		}
	}
	b := frames.NewBuilder(r.Table, schema)
	r.Columns, r.Workers = schema.Names(), 1
	err = a.Scan(ctx, r, func(_ int, batch *frames.Batch) error {
		return b.Append(batch)
	})
	if err != nil {
		return nil, err
	}
	return b.Frame(), nil
}
