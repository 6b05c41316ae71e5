package store

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"profilemate/frames"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// Entry is an open result. What it reads is checked; damage found later than by Get
// is Corrupt and removes the result too. An open entry stays readable when its
// result is removed or replaced. It is safe for concurrent use.
type Entry struct {
	key     string
	file    *os.File
	index   *index
	body    *blockReader
	damaged func(error) error // removes the entry, returns the error

	mu      sync.Mutex // guards what follows
	open    map[string]*frames.ArrowFile
	details *details // nil until they are asked for
}

func readEntry(f *os.File, size int64, key string) (*Entry, error) {
	ix, err := readIndex(f, size, key)
	if err != nil {
		return nil, err
	}
	return &Entry{key: key, file: f, index: ix, body: &blockReader{r: f, size: ix.Size, sums: ix.Sums},
		open: map[string]*frames.ArrowFile{}}, nil
}

// Close closes the entry's file. Frames that came from it stay valid.
func (e *Entry) Close() error { return e.file.Close() }

// Meta returns where the result came from. The caller must not change its parts.
func (e *Entry) Meta() Meta { return e.index.Meta }

// Charts reads the result's charts. The caller must not change them.
func (e *Entry) Charts() ([]result.Chart, error) {
	d, err := e.readDetails()
	if err != nil {
		return nil, err
	}
	return d.Charts, nil
}

func (e *Entry) readDetails() (*details, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.details != nil {
		return e.details, nil
	}
	data := make([]byte, e.index.Size-e.index.Details)
	_, err := e.body.ReadAt(data, e.index.Details)
	d := &details{}
	if err == nil {
		err = json.Unmarshal(data, d)
	}
	if err != nil {
		return nil, e.damaged(readFault(e.key, fmt.Errorf("charts and findings: %w", err)))
	}
	e.details = d
	return d, nil
}

// Result reads the whole result.
func (e *Entry) Result() (*result.Result, error) {
	d, err := e.readDetails()
	if err != nil {
		return nil, err
	}
	r := &result.Result{Charts: d.Charts, Findings: d.Findings}
	for _, t := range e.index.Tables {
		f, err := e.Table(t.Name)
		if err != nil {
			return nil, err
		}
		r.Add(t.Name, t.Title, f)
	}
	return r, nil
}

// Table reads a table whole. An unknown name is NotFound.
func (e *Entry) Table(name string) (*frames.Frame, error) {
	a, err := e.arrow(name)
	if err != nil {
		return nil, err
	}
	return e.rows(a, name, 0, a.Len())
}

// Tables returns the names of the tables in the order in which they were put.
func (e *Entry) Tables() []string {
	names := make([]string, len(e.index.Tables))
	for i, t := range e.index.Tables {
		names[i] = t.Name
	}
	return names
}

// Schema returns the columns of a table and the number of its rows. An unknown name
// is NotFound.
func (e *Entry) Schema(name string) (frames.Schema, int, error) {
	a, err := e.arrow(name)
	if err != nil {
		return nil, 0, err
	}
	return a.Schema(), a.Len(), nil
}

// Rows reads the rows [from, to) of a table, cut to what there is. Only the batches
// that hold them are read. An unknown name is NotFound.
func (e *Entry) Rows(name string, from, to int) (*frames.Frame, error) {
	a, err := e.arrow(name)
	if err != nil {
		return nil, err
	}
	return e.rows(a, name, from, to)
}

// Findings reads the result's findings. The caller must not change them.
func (e *Entry) Findings() ([]result.Finding, error) {
	d, err := e.readDetails()
	if err != nil {
		return nil, err
	}
	return d.Findings, nil
}

// Page reads a window on a table. Without a filter and an order, only the batches
// that hold its rows are read. An unknown table is NotFound; an unknown column to
// sort by, a negative offset and a limit below -1 are Misuse.
func (e *Entry) Page(name string, v result.View) (result.Page, error) {
	if v.Offset < 0 || v.Limit < -1 {
		return result.Page{}, fault.Errorf(fault.Misuse, "table %s: offset %d and limit %d are no page", name, v.Offset, v.Limit)
	}
	a, err := e.arrow(name)
	if err != nil {
		return result.Page{}, err
	}
	page := result.Page{Columns: a.Schema(), Total: a.Len(), Matched: a.Len(), Offset: v.Offset}
	if v.Filter == "" && len(v.Sort) == 0 {
		window, err := e.rows(a, name, v.Offset, end(v, a.Len()))
		if err != nil {
			return result.Page{}, err
		}
		page.Rows = result.Rows(window)
		return page, nil
	}
	whole, err := e.rows(a, name, 0, a.Len())
	if err != nil {
		return result.Page{}, err
	}
	order, err := arrange(whole, v)
	if err != nil {
		return result.Page{}, err
	}
	page.Matched = len(order)
	page.Rows = result.Rows(whole.Take(order[min(v.Offset, len(order)):end(v, len(order))]))
	return page, nil
}

// end returns the row after the view's last, without overflow for any limit.
func end(v result.View, rows int) int {
	if v.Limit < 0 || v.Limit > rows-v.Offset {
		return rows
	}
	return v.Offset + v.Limit
}

// arrow opens a table's file, once.
func (e *Entry) arrow(name string) (*frames.ArrowFile, error) {
	i := slices.IndexFunc(e.index.Tables, func(t tableSpan) bool { return t.Name == name })
	if i < 0 {
		return nil, fault.WithRemedy(fault.Errorf(fault.NotFound, "the result has no table %q", name),
			"there are: %s", strings.Join(e.Tables(), ", "))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if a := e.open[name]; a != nil {
		return a, nil
	}
	t := e.index.Tables[i]
	a, err := frames.OpenArrow(io.NewSectionReader(e.body, t.Offset, t.Size), t.Size)
	if err != nil {
		return nil, e.damaged(readFault(e.key, fmt.Errorf("table %s: %w", name, err)))
	}
	e.open[name] = a
	return a, nil
}

func (e *Entry) rows(a *frames.ArrowFile, name string, from, to int) (*frames.Frame, error) {
	f, err := a.Rows(from, to)
	if err != nil {
		return nil, e.damaged(readFault(e.key, fmt.Errorf("table %s: %w", name, err)))
	}
	return f, nil
}
