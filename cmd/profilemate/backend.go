package main

import (
	"bytes"
	"context"
	"io"
	"strings"

	"profilemate/frames"
	"profilemate/notebooks"
	"profilemate/notebooks/export"
	"profilemate/web"
	"profilemate/workbench/analysis"
	"profilemate/workbench/engine"
	"profilemate/workbench/fault"
	"profilemate/workbench/process"
	"profilemate/workbench/render"
	"profilemate/workbench/result"
	"profilemate/workbench/store"
)

// backend is what the web server sees of the program. It reads the store and
// starts kernels; it computes nothing itself.
type backend struct {
	*engine.Engine
	cache  string
	memory memorySize // most that a kernel may take
}

// Analyses lists the declarations.
func (b backend) Analyses() []analysis.Analysis { return b.Registry.All() }

// Inspect says what the artifact at an absolute path holds.
func (b backend) Inspect(ctx context.Context, path string) (web.ArtifactView, error) {
	seen, err := b.Engine.Inspect(ctx, path)
	if err != nil {
		return web.ArtifactView{}, err
	}
	view := web.ArtifactView{Identity: string(seen.Identity), Info: web.ArtifactInfo(seen.Info), Tables: []web.TableView{}, Analyses: seen.Analyses}
	for _, t := range seen.Tables {
		table := web.TableView{Name: t.Name, Doc: t.Doc, Rows: t.Rows, Schema: []web.Column{}}
		for _, f := range t.Schema {
			table.Schema = append(table.Schema, web.Column{Name: f.Name, Kind: f.Kind.String(), Unit: f.Unit, Doc: f.Doc})
		}
		view.Tables = append(view.Tables, table)
	}
	return view, nil
}

// entry opens a stored result. One that was dropped from the store is NotFound with
// the way to have it again.
func (b backend) entry(key string) (*store.Entry, error) {
	if b.Store == nil {
		return nil, fault.Errorf(fault.NotFound, "results are not kept")
	}
	entry, err := b.Store.Get(key)
	if err != nil {
		return nil, fault.WithRemedy(err, "run the cell again to have the whole table")
	}
	return entry, nil
}

// Page shows a part of a table of a stored result.
func (b backend) Page(_ context.Context, key, table string, view result.View) (result.Page, error) {
	entry, err := b.entry(key)
	if err != nil {
		return result.Page{}, err
	}
	defer entry.Close()
	return entry.Page(table, view)
}

// TableCSV writes a whole table of a stored result.
func (b backend) TableCSV(_ context.Context, key, table string, w io.Writer) error {
	return b.writeTable(key, table, func(f *frames.Frame) error { return f.WriteCSV(w, frames.CSVOptions{}) })
}

// TableArrow writes a whole table of a stored result as an Arrow IPC file.
func (b backend) TableArrow(_ context.Context, key, table string, w io.Writer) error {
	return b.writeTable(key, table, func(f *frames.Frame) error { return f.WriteArrow(w) })
}

func (b backend) writeTable(key, table string, write func(*frames.Frame) error) error {
	entry, err := b.entry(key)
	if err != nil {
		return err
	}
	defer entry.Close()
	frame, err := entry.Table(table)
	if err != nil {
		return err
	}
	return write(frame)
}

// ChartImage draws a chart of a stored result.
func (b backend) ChartImage(_ context.Context, key, name, format string) ([]byte, error) {
	entry, err := b.entry(key)
	if err != nil {
		return nil, err
	}
	defer entry.Close()
	charts, err := entry.Charts()
	if err != nil {
		return nil, err
	}
	chart := (&result.Result{Charts: charts}).Chart(name)
	if chart == nil {
		return nil, fault.Errorf(fault.NotFound, "the result has no chart %q", name)
	}
	if format == "png" {
		return render.PNG(*chart, render.Options{})
	}
	return render.SVG(*chart, render.Options{})
}

// Pin keeps a stored result while it is on screen.
func (b backend) Pin(key string) (unpin func()) {
	if b.Store == nil {
		return func() {}
	}
	return b.Store.Pin(key)
}

// exitWords says how a kernel ended, with the last line it wrote.
func exitWords(child *process.Child, memory memorySize) string {
	err := child.Wait()
	if err == nil {
		return ""
	}
	if words := memory.words(child.Stderr()); words != "" {
		return words
	}
	words := err.Error()
	lines := strings.Split(strings.TrimSpace(child.Stderr()), "\n")
	if last := lines[len(lines)-1]; last != "" {
		words += ": " + last
	}
	return "the kernel ended: " + words
}

// ExportHTML makes one self-contained HTML file of a document.
func (b backend) ExportHTML(_ context.Context, n *notebooks.Notebook) ([]byte, error) {
	var out bytes.Buffer
	err := export.HTML(&out, n, export.Options{})
	return out.Bytes(), err
}

func bundleText(b result.Bundle) string {
	var text strings.Builder
	if err := render.BundleText(&text, b, render.TextOptions{}); err != nil {
		return b.Title
	}
	return text.String()
}
