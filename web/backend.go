// Package web is the workbench's server on the loopback address: the page, the
// interface that the page uses (docs/api.md), and the guard before both.
package web

import (
	"context"
	"io"
	"io/fs"

	"profilemate/notebooks"
	"profilemate/web/live"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
)

// Backend is what the server needs of the rest of the program. It must be safe for
// concurrent use. Its faults reach the user as they are.
type Backend interface {
	// Analyses lists the declarations in the order of the help.
	Analyses() []analysis.Analysis
	// Inspect says what the artifact at an absolute path holds.
	Inspect(ctx context.Context, path string) (ArtifactView, error)
	// Page shows a part of a table of a stored result. A key or table that is not there
	// is NotFound, an unknown column Misuse.
	Page(ctx context.Context, key, table string, view result.View) (result.Page, error)
	// TableCSV writes a whole table of a stored result as CSV. A fault before the first
	// byte reaches the user as a message.
	TableCSV(ctx context.Context, key, table string, w io.Writer) error
	// TableArrow writes a whole table of a stored result as an Arrow IPC file. A fault
	// before the first byte reaches the user as a message.
	TableArrow(ctx context.Context, key, table string, w io.Writer) error
	// ChartImage draws a chart of a stored result as "svg" or "png".
	ChartImage(ctx context.Context, key, chart, format string) ([]byte, error)
	// Pin keeps a stored result from being dropped for want of space, until unpin is
	// called. A key that is not stored does no harm.
	Pin(key string) (unpin func())
	// KernelSpecs lists the kernels that can be started, the default first.
	KernelSpecs() []KernelSpec
	// StartKernel starts the named kernel, whose cells mean their paths from dir. It must
	// not outlive ctx's end while starting; afterwards it runs until it is killed.
	StartKernel(ctx context.Context, name, dir string) (live.Kernel, error)
	// ExportHTML makes one self-contained HTML file of a document.
	ExportHTML(ctx context.Context, n *notebooks.Notebook) ([]byte, error)
}

// ArtifactView describes an artifact to the page.
type ArtifactView struct {
	Identity string       // as artifacts.Identify gives it
	Info     ArtifactInfo // what the reader says of it
	Tables   []TableView  // the most useful first
	Analyses []string     // names of those that fit it, in the order of the help
}

// ArtifactInfo is what an artifact's reader says of it; see artifacts.Info.
type ArtifactInfo struct {
	Kind     string            `json:"kind"`
	Format   string            `json:"format"`
	Producer string            `json:"producer"`
	Summary  string            `json:"summary"`
	Metadata map[string]string `json:"metadata"`
	Findings []result.Finding  `json:"findings"`
	Unread   []string          `json:"unread,omitempty"` // tables of which damage left nothing to read
}

// TableView describes one table of an artifact.
type TableView struct {
	Name   string   `json:"name"`
	Doc    string   `json:"doc"`
	Schema []Column `json:"schema"`
	Rows   int64    `json:"rows"` // -1: not known before a scan
}

// Column describes one column of a table.
type Column struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // "int64", "float64", "string", "bool"
	Unit string `json:"unit,omitempty"`
	Doc  string `json:"doc,omitempty"`
}

// KernelSpec is a kernel that can be started.
type KernelSpec struct {
	Name  string
	Spec  any   // kernel.json, as it becomes JSON
	Files fs.FS // with logo-64x64.png and the like; nil for none
}
