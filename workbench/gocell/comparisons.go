package gocell

import (
	"errors"
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
)

// comparison has the session compare interface values: the interpreter takes values of
// two types of one shape for equal, and two nil ones for a fault. It refuses those of
// interfaces with methods, of which the session sees too little.
func (l *lowering) comparison(n *ast.BinaryExpr) string {
	x, y := l.info.TypeOf(n.X), l.info.TypeOf(n.Y)
	if n.Op != token.EQL && n.Op != token.NEQ || l.info.Types[n.X].IsNil() || l.info.Types[n.Y].IsNil() || !types.IsInterface(x) && !types.IsInterface(y) {
		return l.splice(n)
	}
	l.comparable(n, x, y)
	not := ""
	if n.Op == token.NEQ {
		not = "!"
	}
	return not + l.host("Same") + "(" + l.out(n.X) + ", " + l.gap(n.X.End(), n.Y) + l.out(n.Y) + ")"
}

func (l *lowering) comparable(n ast.Node, list ...types.Type) {
	for _, t := range list {
		if types.IsInterface(t) && t.Underlying().(*types.Interface).NumMethods() > 0 && !isError(t) {
			l.refuse(n, "values of the interface %s are not compared by cells; compare something that they hold", types.TypeString(t, types.RelativeTo(l.pkg)))
			return
		}
	}
}

// isError reports whether a type is that of errors.
func isError(t types.Type) bool {
	return types.Identical(t, types.Universe.Lookup("error").Type())
}

// keys refuses maps whose keys are interfaces with methods.
func (l *lowering) keys(n *ast.MapType) {
	t := l.info.TypeOf(n.Key)
	if types.IsInterface(t) && t.Underlying().(*types.Interface).NumMethods() > 0 {
		l.refuse(n, "a map with keys of an interface with methods is not run by cells; use a text or a number as key")
	}
}

// same compares two interface values as compiled code does. An error of a cell's own
// type comes in a wrapper, without the name of its type.
func same(a, b any) bool {
	x, ownX := unwrapped(a)
	y, ownY := unwrapped(b)
	switch {
	case !ownX && !ownY:
		return a == b
	case ownX != ownY || reflect.TypeOf(x) != reflect.TypeOf(y) || x != y:
		return false
	case reflect.TypeOf(x).Kind() != reflect.Pointer:
		refuse("give the Error method a pointer receiver, and compare pointers", "two errors with equal values of the cell's own types are compared, and the interpreter does not know whether the types are one")
	}
	return true
}

// unwrapped returns what the interpreter's wrapper of an error holds.
func unwrapped(v any) (any, bool) {
	of := reflect.ValueOf(v)
	if of.Kind() != reflect.Struct || of.NumField() < 2 || of.Type().Field(0).Name != "IValue" || of.Type().PkgPath() == "" {
		return v, false
	}
	return of.Field(0).Interface(), true
}

// isOrWraps is errors.Is that knows errors of a cell's own types.
func isOrWraps(err, target error) bool {
	if err == nil || target == nil {
		return err == target
	}
	if same(err, target) {
		return true
	}
	if x, ok := err.(interface{ Is(error) bool }); ok && x.Is(target) {
		return true
	}
	if x, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range x.Unwrap() {
			if e != nil && isOrWraps(e, target) {
				return true
			}
		}
		return false
	}
	inner := errors.Unwrap(err)
	return inner != nil && isOrWraps(inner, target)
}
