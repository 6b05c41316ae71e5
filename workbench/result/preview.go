package result

import (
	"math"
	"strconv"

	"profilemate/frames"
)

// MIME is the type of a Bundle in a notebook output.
const MIME = "application/vnd.profilemate.result+json"

// PreviewRows is the most rows of a table that travel in a Bundle; the rest is
// paged from the store by the bundle's key.
const PreviewRows = 1000

// Bundle is a result as it travels in a notebook output: whole charts and
// findings, and the first rows of each table beside the key under which the store
// holds the rest.
type Bundle struct {
	Version   int               `json:"version"` // 1
	Key       string            `json:"key"`     // of the store; empty when the result is not stored
	Analysis  string            `json:"analysis"`
	Title     string            `json:"title"`
	Params    map[string]string `json:"params"` // the ones that differ from their defaults
	Inputs    []BundleInput     `json:"inputs"`
	Cached    bool              `json:"cached"`
	ElapsedNs int64             `json:"elapsedNs"` // of the computation, not of the reading from the store
	Findings  []Finding         `json:"findings"`
	Tables    []Preview         `json:"tables"`
	Charts    []Chart           `json:"charts"`
}

// BundleInput names one artifact a result was made from.
type BundleInput struct {
	Role   string `json:"role"`
	Path   string `json:"path"`             // as written in the cell
	Digest string `json:"digest,omitempty"` // "sha256:…", empty until it is computed
}

// Preview is the head of a table in row-major JSON: numbers, strings, booleans,
// null for missing. An integer beyond ±2^53 is a string, since JavaScript would
// round it.
type Preview struct {
	Name    string         `json:"name"`
	Title   string         `json:"title"`
	Columns []frames.Field `json:"columns"`
	Total   int            `json:"total"` // rows of the whole table
	Rows    [][]any        `json:"rows"`
}

// NewPreview takes the first rows of a table, at most limit.
func NewPreview(t Table, limit int) Preview {
	head := t.Frame.Head(limit)
	return Preview{Name: t.Name, Title: t.Title, Columns: head.Schema(), Total: t.Frame.Len(), Rows: Rows(head)}
}

// Rows returns a frame as JSON-ready rows: see Preview for how values are written.
func Rows(f *frames.Frame) [][]any {
	rows := make([][]any, f.Len())
	for i := range rows {
		row := f.Row(i)
		for j, v := range row {
			row[j] = jsonValue(v)
		}
		rows[i] = row
	}
	return rows
}

const maxSafeInteger = 1<<53 - 1

func jsonValue(v any) any {
	switch v := v.(type) {
	case int64:
		if v > maxSafeInteger || v < -maxSafeInteger {
			return strconv.FormatInt(v, 10)
		}
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	}
	return v
}
