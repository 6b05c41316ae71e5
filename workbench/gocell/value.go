package gocell

import (
	"cmp"
	"fmt"
	"go/types"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"profilemate/frames"
)

// valueWriter formats a value and stops when it has written enough. Nothing is
// formatted before it is known to fit.
type valueWriter struct {
	b     strings.Builder
	limit int // bytes
}

// The bounds of one level of a value.
const (
	maxElements = 100
	maxDepth    = 6
)

func (w *valueWriter) full() bool { return w.b.Len() >= w.limit }

// value writes v, with the names of the type that the cell gave it.
func (w *valueWriter) value(v reflect.Value, t types.Type, depth int) {
	if w.full() || depth > maxDepth {
		w.b.WriteString("…")
		return
	}
	if !v.IsValid() {
		w.b.WriteString("nil")
		return
	}
	switch v.Kind() {
	case reflect.String:
		w.b.WriteString(strconv.Quote(cutTo(v.String(), max(w.limit-w.b.Len(), 16))))
	case reflect.Slice, reflect.Array:
		w.elements(v, t, depth)
	case reflect.Map:
		w.pairs(v, t, depth)
	case reflect.Struct:
		w.fields(v, t, depth)
	case reflect.Pointer, reflect.Interface:
		w.pointed(v, t, depth)
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		w.b.WriteString(nameOf(v, t))
	default:
		if v.CanInterface() {
			fmt.Fprint(&w.b, v.Interface())
			return
		}
		fmt.Fprint(&w.b, v)
	}
}

func nameOf(v reflect.Value, t types.Type) string {
	if t != nil {
		return types.TypeString(t, func(p *types.Package) string {
			if p.Path() == "main" {
				return ""
			}
			return p.Name()
		})
	}
	return v.Type().String()
}

func (w *valueWriter) pointed(v reflect.Value, t types.Type, depth int) {
	if v.IsNil() {
		w.b.WriteString("nil")
		return
	}
	if f, ok := held[*frames.Frame](v); ok {
		fmt.Fprintf(&w.b, "frame %q of %d rows and %d columns", f.Name(), f.Len(), f.Width())
		return
	}
	if v.Kind() == reflect.Pointer {
		w.b.WriteByte('&')
	}
	w.value(v.Elem(), elementOf(t), depth+1)
}

// held returns the value as a T where it is one.
func held[T any](v reflect.Value) (T, bool) {
	var none T
	if !v.CanInterface() {
		return none, false
	}
	value, ok := v.Interface().(T)
	return value, ok
}

func elementOf(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		return u.Elem()
	case *types.Slice:
		return u.Elem()
	case *types.Array:
		return u.Elem()
	case *types.Map:
		return u.Elem()
	}
	return nil
}

func (w *valueWriter) elements(v reflect.Value, t types.Type, depth int) {
	w.b.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			w.b.WriteByte(' ')
		}
		if i == maxElements || w.full() {
			fmt.Fprintf(&w.b, "… %d more", v.Len()-i)
			break
		}
		w.value(v.Index(i), elementOf(t), depth+1)
	}
	w.b.WriteByte(']')
}

// pairs writes a map in the order of its keys. Of a large one it looks at a few
// pairs only, in no order.
func (w *valueWriter) pairs(v reflect.Value, t types.Type, depth int) {
	type pair struct {
		key   string
		value reflect.Value
	}
	var list []pair
	const looked = 10 * maxElements
	for iter := v.MapRange(); iter.Next() && len(list) < looked; {
		key := &valueWriter{limit: 200}
		key.value(iter.Key(), nil, depth+1)
		list = append(list, pair{key.b.String(), iter.Value()})
	}
	slices.SortFunc(list, func(a, b pair) int {
		return cmp.Or(cmp.Compare(number(a.key), number(b.key)), cmp.Compare(a.key, b.key))
	})
	w.b.WriteString("map[")
	for i, p := range list {
		if i > 0 {
			w.b.WriteByte(' ')
		}
		if i == maxElements || w.full() {
			fmt.Fprintf(&w.b, "… %d more", v.Len()-i)
			break
		}
		w.b.WriteString(p.key + ":")
		w.value(p.value, elementOf(t), depth+1)
	}
	w.b.WriteByte(']')
}

// number is the value of a key that is a number, 0 for others.
func number(key string) float64 {
	f, err := strconv.ParseFloat(key, 64)
	if err != nil || f != f {
		return 0
	}
	return f
}

// fields writes a struct with the names that the cell gave its fields.
func (w *valueWriter) fields(v reflect.Value, t types.Type, depth int) {
	var of *types.Struct
	if t != nil {
		of, _ = t.Underlying().(*types.Struct)
		if n, ok := t.(*types.Named); ok {
			w.b.WriteString(n.Obj().Name())
		}
	} else if v.Type().Name() != "" {
		w.b.WriteString(v.Type().String())
	}
	w.b.WriteByte('{')
	for i := range v.NumField() {
		if i > 0 {
			w.b.WriteByte(' ')
		}
		if w.full() {
			w.b.WriteString("…")
			break
		}
		name, fieldType := v.Type().Field(i).Name, types.Type(nil)
		if of != nil && i < of.NumFields() {
			name, fieldType = of.Field(i).Name(), of.Field(i).Type()
		}
		w.b.WriteString(name + ":")
		w.value(v.Field(i), fieldType, depth+1)
	}
	w.b.WriteByte('}')
}

// cutTo cuts a text to so many bytes, at a character.
func cutTo(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}
