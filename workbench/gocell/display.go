package gocell

import (
	"fmt"
	"go/types"
	"log/slog"
	"reflect"
	"strconv"
	"time"

	"github.com/go-gota/gota/dataframe"
	"github.com/google/uuid"

	"profilemate/frames"
	"profilemate/workbench/gocell/api"
	"profilemate/workbench/kernel"
	"profilemate/workbench/result"
	"profilemate/workbench/store"
)

// Draw gives a result in the forms that clients show.
type Draw func(b result.Bundle) (kernel.Data, error)

// data is a value in the forms that clients show. The type is that of the cell, nil
// where it is not known.
func (s *Session) data(v any, t types.Type) kernel.Data {
	if r := s.asResult(v); r != nil {
		d, err := s.draw(s.bundle(r))
		if err == nil {
			return d
		}
		return kernel.Data{"text/plain": "this result cannot be drawn: " + cut(err.Error())}
	}
	return kernel.Data{"text/plain": shortText(v, t, shownBytes)}
}

// shownBytes is the most of a value's text that a cell shows.
const shownBytes = 8 << 10

// asResult returns tables and charts as a result, and nil for other values.
func (s *Session) asResult(v any) *result.Result {
	switch v := v.(type) {
	case *frames.Frame:
		if v != nil {
			return (&result.Result{}).Add(tableName(v.Name()), v.Name(), v)
		}
	case dataframe.DataFrame:
		if f, err := frames.FromDataFrame("dataframe", v); err == nil && f.Width() > 0 {
			return (&result.Result{}).Add("dataframe", "DataFrame", f)
		}
	case *result.Result:
		return v
	case result.Result:
		return &v
	case *result.Chart:
		if v != nil {
			return &result.Result{Charts: []result.Chart{*v}}
		}
	case result.Chart:
		return &result.Result{Charts: []result.Chart{v}}
	case *api.Artifact:
		if v != nil {
			r := (&result.Result{}).Add("tables", "Tables of "+v.Path(), v.Tables())
			r.Note("%s: %s.", v.Path(), v.Summary())
			return r
		}
	}
	return nil
}

func tableName(name string) string {
	if name == "" {
		return "table"
	}
	return name
}

// bundle keeps a result that is too long to travel, so that its tables are paged.
func (s *Session) bundle(r *result.Result) result.Bundle {
	b := result.Bundle{Version: 1, Analysis: "go", Params: map[string]string{}, Inputs: []result.BundleInput{},
		Findings: r.Findings, Charts: r.Charts, Tables: []result.Preview{}}
	long := false
	for _, t := range r.Tables {
		long = long || t.Frame.Len() > result.PreviewRows
		b.Tables = append(b.Tables, result.NewPreview(t, result.PreviewRows))
	}
	switch {
	case len(r.Tables) > 0:
		b.Title = r.Tables[0].Title
	case len(r.Charts) > 0:
		b.Title = r.Charts[0].Title
	}
	if b.Findings == nil {
		b.Findings = []result.Finding{}
	}
	if b.Charts == nil {
		b.Charts = []result.Chart{}
	}
	if kept := s.engine.Store; long && kept != nil {
		key := store.Key("go cell", uuid.NewString())
		if err := kept.Put(key, r, store.Meta{Analysis: "go", Title: b.Title, Params: map[string]string{}, Inputs: b.Inputs}); err != nil {
			slog.Warn("a table of a Go cell could not be kept for paging", "error", err)
		} else {
			b.Key = key
		}
	}
	return b
}

// display shows a value below the cell.
func (s *Session) display(out kernel.Emitter, v any) { out.Display("", s.data(v, nil)) }

// shownText is what a cell's own String method says of a value.
type shownText string

// shortText is the text of a value, cut before it is formatted.
func shortText(v any, t types.Type, limit int) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case shownText:
		return cutTo(string(v), limit)
	case string:
		return strconv.Quote(cutTo(v, limit))
	case time.Duration, time.Time, reflect.Type:
		return fmt.Sprint(v)
	case error:
		return "error: " + cutTo(v.Error(), limit)
	case dataframe.DataFrame:
		return "DataFrame without columns"
	}
	w := &valueWriter{limit: limit}
	w.value(reflect.ValueOf(v), t, 0)
	return w.b.String()
}
