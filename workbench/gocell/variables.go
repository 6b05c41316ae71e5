package gocell

import (
	"cmp"
	"context"
	"go/types"
	"reflect"
	"slices"

	"github.com/go-gota/gota/dataframe"
	"github.com/traefik/yaegi/interp"

	"profilemate/frames"
	"profilemate/workbench/gocell/api"
	"profilemate/workbench/kernel"
	"profilemate/workbench/result"
)

// Variables lists what the cells have set, as it was when the last cell ended: see
// kernel.Holder.
func (s *Session) Variables(context.Context) []kernel.Variable {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.variables)
}

// survey measures the variables after a cell.
func (s *Session) survey() {
	var list []kernel.Variable
	tables := map[string]reflect.Value{}
	for name, e := range s.names {
		v, ok := e.object.(*types.Var)
		if !ok {
			continue
		}
		value, err := s.interp.Eval(e.emitted)
		if err != nil || !value.IsValid() {
			continue
		}
		list = append(list, variable(name, v.Type(), value, e.count))
		if isTable(value) {
			tables[name] = reflect.ValueOf(value.Interface()) // as it is now
		}
	}
	slices.SortFunc(list, func(a, b kernel.Variable) int { return cmp.Compare(a.Name, b.Name) })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.variables, s.tables = list, tables
}

// isTable reports whether a variable holds a frame or a DataFrame with columns.
func isTable(v reflect.Value) bool {
	if f, ok := held[*frames.Frame](v); ok {
		return f != nil && f.Width() > 0
	}
	df, ok := held[dataframe.DataFrame](v)
	return ok && df.Err == nil && df.Ncol() > 0
}

// Frames are the frames and DataFrames that variables held when the last cell ended,
// by name, for cells of other languages. A DataFrame with more than api.MaxFrameRows
// rows is not among them.
func (s *Session) Frames() map[string]*frames.Frame {
	s.mu.Lock()
	tables := s.tables // never changed, only replaced
	s.mu.Unlock()
	out := map[string]*frames.Frame{}
	for name, v := range tables {
		switch t := v.Interface().(type) {
		case *frames.Frame:
			out[name] = t
		case dataframe.DataFrame:
			if f, err := frames.FromDataFrame(name, t); err == nil && f.Len() <= api.MaxFrameRows {
				out[name] = f
			}
		}
	}
	return out
}

// variableBytes is the most of a value's text in a list of variables, and
// variableRows the most rows of a table there.
const (
	variableBytes = 120
	variableRows  = 20
)

func variable(name string, t types.Type, v reflect.Value, count int) kernel.Variable {
	out := kernel.Variable{Name: name, Kind: nameOf(v, t), Count: count}
	if n, ok := (&measure{left: 10_000}).size(v); ok {
		out.Bytes = &n
	}
	f, ok := held[*frames.Frame](v)
	if df, isDF := held[dataframe.DataFrame](v); isDF {
		f, _ = frames.FromDataFrame(name, df.Subset(firstRows(df.Nrow())))
		rows, columns := int64(df.Nrow()), int64(df.Ncol())
		out.Rows, out.Columns, ok = &rows, &columns, false
		if f != nil {
			out.Preview = result.NewPreview(result.Table{Name: name, Title: name, Frame: f}, variableRows)
		}
	}
	if ok && f != nil {
		rows, columns := int64(f.Len()), int64(f.Width())
		out.Rows, out.Columns = &rows, &columns
		out.Preview = result.NewPreview(result.Table{Name: name, Title: name, Frame: f}, variableRows)
	}
	if k := v.Kind(); out.Rows == nil && (k == reflect.Slice || k == reflect.Map || k == reflect.Array) {
		rows := int64(v.Len())
		out.Rows = &rows
	}
	if out.Preview == nil && v.CanInterface() {
		out.Value = cutTo(shortText(v.Interface(), t, variableBytes), variableBytes)
	}
	return out
}

func firstRows(n int) []int {
	rows := make([]int, min(n, variableRows))
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// measure adds up what a value takes. It gives up after so many parts.
type measure struct{ left int }

func (m *measure) size(v reflect.Value) (int64, bool) {
	m.left--
	if m.left < 0 {
		return 0, false
	}
	if f, ok := held[*frames.Frame](v); ok && f != nil {
		return frameBytes(f), true
	}
	total := int64(v.Type().Size())
	parts := []reflect.Value{}
	switch v.Kind() {
	case reflect.String:
		return total + int64(v.Len()), true
	case reflect.Slice:
		if flat(v.Type().Elem()) {
			return total + int64(v.Cap())*int64(v.Type().Elem().Size()), true
		}
		for i := range min(v.Len(), m.left+1) {
			parts = append(parts, v.Index(i))
		}
	case reflect.Map:
		for iter := v.MapRange(); iter.Next() && len(parts) <= m.left; {
			parts = append(parts, iter.Key(), iter.Value())
		}
	case reflect.Struct:
		if v.Type().PkgPath() == reflect.TypeFor[interp.Interpreter]().PkgPath() {
			return total, true // an interface value: it leads to the interpreter itself
		}
		total = 0
		for i := range v.NumField() {
			parts = append(parts, v.Field(i))
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			parts = append(parts, v.Elem())
		}
	}
	for _, p := range parts {
		n, ok := m.size(p)
		if !ok {
			return 0, false
		}
		total += n
	}
	return total, true
}

// flat reports whether values of a type hold no others elsewhere.
func flat(t reflect.Type) bool {
	return t.Kind() >= reflect.Bool && t.Kind() <= reflect.Complex128
}

// frameBytes is what the columns of a frame take, texts counted once.
func frameBytes(f *frames.Frame) int64 {
	var total int64
	for i := range f.Width() {
		c := f.At(i)
		rows := int64(f.Len())
		switch c.Field.Kind {
		case frames.Bool:
			total += rows
		case frames.String:
			total += 4 * rows
			for code := range c.Dictionary().Len() {
				total += int64(len(c.Dictionary().String(int32(code)))) + 16
			}
		default:
			total += 8 * rows
		}
		total += int64(len(c.Nulls()))
	}
	return total
}
