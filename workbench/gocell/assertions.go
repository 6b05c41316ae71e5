package gocell

import (
	"go/ast"
	"go/types"
	"strconv"
	"strings"

	"profilemate/workbench/fault"
)

// assertion asks for a cell's own type with a type switch, which alone tells types
// of one shape apart, and for an interface with the form that does not panic.
func (l *lowering) assertion(n *ast.TypeAssertExpr) string {
	if n.Type == nil {
		return l.splice(n)
	}
	_, two := l.info.TypeOf(n).(*types.Tuple)
	t := l.info.TypeOf(n.Type)
	own, isInterface := l.ownType(t) != nil && !types.IsInterface(t), types.IsInterface(t)
	_, call := ast.Unparen(n.X).(*ast.CallExpr)
	if !own && !isInterface && !call {
		return l.splice(n)
	}
	of, source := l.typeText(t), "a"+mark+" := "+l.out(n.X)+"; "
	found := "b" + mark + ", ok" + mark + " := a" + mark + ".(" + of + "); if ok" + mark + " { return b" + mark + ", true }; "
	if own && !isError(l.typeOf(n.X)) {
		found = "switch b" + mark + " := a" + mark + ".(type) { case " + of + ": return b" + mark + ", true }; "
	} else if own {
		l.uniqueShape(n, t)
	}
	found = "if a" + mark + " != nil { " + found + "}; "
	missing := "var z" + mark + " " + of + "; return z" + mark + ", false }()"
	if !two {
		found = strings.ReplaceAll(found, ", true", "")
		missing = l.host("NotA") + "(" + strconv.Quote(types.ExprString(n.Type)) + "); var z" + mark + " " + of + "; return z" + mark + " }()"
		return "func() " + of + " { " + source + found + missing
	}
	return "func() (" + of + ", bool) { " + source + found + missing
}

// uniqueShape refuses to ask an error for a type of the cells where another one of
// them has the same shape: in an error the interpreter tells types apart by that
// alone.
func (l *lowering) uniqueShape(n ast.Node, t types.Type) {
	own := l.ownType(t)
	same := func(o types.Object) {
		name, ok := o.(*types.TypeName)
		if ok && !name.IsAlias() && name.Name() != own.Obj().Name() && isErrorType(name.Type()) && types.Identical(name.Type().Underlying(), own.Underlying()) {
			l.refuse(n, "the types %s and %s have the same fields, and in an error cells do not tell them apart; give one of them another field", own.Obj().Name(), name.Name())
		}
	}
	for _, o := range l.topObjects() {
		same(o)
	}
	for _, e := range l.session.names {
		same(e.object)
	}
	l.asked = append(l.asked, own)
}

// isErrorType reports whether values of a type, or pointers to them, are errors.
func isErrorType(t types.Type) bool {
	of := types.Universe.Lookup("error").Type().Underlying().(*types.Interface)
	return types.Implements(t, of) || types.Implements(types.NewPointer(t), of)
}

// askedShapes refuses a new type of error with the shape of one that functions of
// earlier cells ask for.
func (l *lowering) askedShapes() {
	for _, o := range l.topObjects() {
		name, ok := o.(*types.TypeName)
		if !ok || name.IsAlias() || !isErrorType(name.Type()) {
			continue
		}
		for _, old := range l.session.asked {
			if old.Obj().Name() != name.Name() && types.Identical(old.Underlying(), name.Type().Underlying()) {
				l.problems = append(l.problems, l.errorAt(fault.Unsupported, name.Pos(), "the type %s has the fields of %s, which earlier cells ask errors for, and in an error cells do not tell them apart; give it another field", name.Name(), old.Obj().Name()))
			}
		}
	}
}

// typeSwitch refuses cases of interfaces: the interpreter does not find that a
// compiled value has their methods.
func (l *lowering) typeSwitch(n *ast.TypeSwitchStmt) {
	subject := n.Assign
	var asked ast.Expr
	switch s := subject.(type) {
	case *ast.ExprStmt:
		asked = s.X
	case *ast.AssignStmt:
		asked = s.Rhs[0]
	}
	from := l.typeOf(ast.Unparen(asked).(*ast.TypeAssertExpr).X)
	for _, c := range n.Body.List {
		for _, e := range c.(*ast.CaseClause).List {
			t := l.info.TypeOf(e)
			if l.info.Types[e].IsType() && types.IsInterface(t) && !l.info.Types[e].IsNil() {
				l.refuse(e, "a type switch with the interface %s as a case is not run by cells; use x, ok := v.(%s)", types.ExprString(e), types.ExprString(e))
			} else if isError(from) && l.info.Types[e].IsType() && l.ownType(t) != nil {
				l.refuse(e, "a type switch over an error with the cell's type %s as a case is not run by cells; use x, ok := err.(%s)", types.ExprString(e), types.ExprString(e))
			}
		}
	}
}
