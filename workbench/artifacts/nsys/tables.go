package nsys

import (
	"context"

	"profilemate/frames"
)

// The names of the stored tables that are read in several places.
const (
	kernelSource  = "CUPTI_ACTIVITY_KIND_KERNEL"
	copySource    = "CUPTI_ACTIVITY_KIND_MEMCPY"
	setSource     = "CUPTI_ACTIVITY_KIND_MEMSET"
	apiSource     = "CUPTI_ACTIVITY_KIND_RUNTIME"
	nvtxSource    = "NVTX_EVENTS"
	stringSource  = "StringIds"
	processSource = "PROCESSES"
	gpuSource     = "TARGET_INFO_GPU"
	deviceSource  = "TARGET_INFO_CUDA_DEVICE"
	diagnostics   = "DIAGNOSTIC_EVENT"
	exportInfo    = "META_DATA_EXPORT"
	oldExportInfo = "EXPORT_META_DATA"
	captureInfo   = "META_DATA_CAPTURE"
)

// table declares one table that can be scanned.
type table struct {
	name   string
	doc    string
	source string // the stored table it comes from
	fields []field
	filter []condition // which rows of the source belong to it; all when empty
	timed  bool        // rows whose start is not above 0 carry no time and are dropped
	serial bool        // has a dictionary of its own that grows during the scan: one worker
	then   *table      // whose rows, of the same columns, follow; nil: none
}

// field declares one column: where it comes from and how it is decoded.
type field struct {
	frames.Field
	from    []want // stored columns; without all of them the value is missing in every row
	make    func(f *field, s *scope) cell
	prepare func(ctx context.Context, s *scope) error // reads what make needs; nil: nothing
}

// condition selects rows by one whole column. Where the column is not there, an
// essential condition leaves no row and another all.
type condition struct {
	column    string
	essential bool
	keep      func(s *scope, v int64) bool // v is 0 where the value is missing
	prepare   func(ctx context.Context, s *scope) error
}

// possible reports whether any row can meet the table's conditions.
func (t *table) possible(s schema) bool {
	for _, c := range t.filter {
		if c.essential && !s.has(t.source, c.column) {
			return false
		}
	}
	return true
}

// schema returns the table's columns as callers see them.
func (t *table) schema() frames.Schema {
	s := make(frames.Schema, len(t.fields))
	for i := range t.fields {
		s[i] = t.fields[i].Field
	}
	return s
}

// allTables lists the tables that an export with the schema can have, the most
// useful first. gpus, devices and metadata are small and are made when the artifact
// is opened.
func allTables(s schema) []table {
	list := []table{kernels(), copies(), sets(), apiCalls(), nvtx(), graphLaunches(), graphTraces(), graphNodes(s), graphs(),
		synchronizations(), events(), memoryUsage(), osCalls(), overhead(), gpuMetrics(), cpuSamples(), scheduling(), genericEvents(),
		threads(), processes(), streams(), contexts(s), diagnosticEvents(), stringTable()}
	return append(list, storedTables(s)...)
}

// needNames reads the strings that a column's numbers stand for.
func needNames(ctx context.Context, s *scope) error {
	n, err := s.load(ctx)
	s.names = n
	return err
}

func number(name, unit, doc, from string) field {
	return field{Field: frames.Field{Name: name, Kind: frames.Int64, Unit: unit, Doc: doc}, from: wholes(from), make: numberCell}
}

// positive is a number that some versions store as 0 where others leave it out.
func positive(name, doc, from string) field {
	return field{Field: frames.Field{Name: name, Kind: frames.Int64, Doc: doc}, from: wholes(from), make: positiveCell}
}

// named is a column of numbers of strings.
func named(name, doc, from string) field {
	return field{Field: frames.Field{Name: name, Kind: frames.String, Doc: doc}, from: wholes(from), make: nameCell, prepare: needNames}
}

// plain is a text that stands in the rows themselves; its table is serial.
func plain(name, doc, from string) field {
	return field{Field: frames.Field{Name: name, Kind: frames.String, Doc: doc}, from: texts(from), make: plainTextCell}
}

func label(name, doc, from string, words map[int64]string) field {
	return field{Field: frames.Field{Name: name, Kind: frames.String, Doc: doc}, from: wholes(from), make: labelCell(words)}
}

// A global id is hardware (8 bits), VM (8), process (24) and thread (24).
const idMask = 1<<24 - 1

func processOf(from string) field {
	return field{Field: frames.Field{Name: "pid", Kind: frames.Int64, Doc: "process"}, from: wholes(from), make: processCell}
}

func threadOf(name, doc, from string) field {
	return field{Field: frames.Field{Name: name, Kind: frames.Int64, Doc: doc}, from: wholes(from), make: threadCell}
}
