package gocell

import (
	"go/ast"
	"go/token"
	"go/types"
)

// unary negates a float in compiled code: the interpreter gives 0 for -0.
func (l *lowering) unary(n *ast.UnaryExpr) string {
	if n.Op == token.ARROW && l.returned[n] {
		return l.received(n)
	}
	b, ok := l.typeOf(n).Underlying().(*types.Basic)
	if n.Op != token.SUB || !ok || b.Info()&types.IsFloat == 0 {
		return l.splice(n)
	}
	return l.typeText(l.typeOf(n)) + "(" + l.host("Negative") + "(float64(" + l.out(n.X) + ")))"
}

// received passes a value through a function on its way from a channel to the results
// of a function, where the interpreter puts it in the wrong place.
func (l *lowering) received(n *ast.UnaryExpr) string {
	of := l.typeText(l.typeOf(n))
	helper := l.helper("received "+of, func(name string) string {
		return "func " + name + "(v " + of + ") " + of + " { return v };"
	})
	return helper + "(" + l.splice(n) + ")"
}

// comparison refuses to compare interface values with methods: the interpreter takes
// values of two types of one shape for equal.
func (l *lowering) comparison(n *ast.BinaryExpr) {
	if n.Op != token.EQL && n.Op != token.NEQ || l.info.Types[n.X].IsNil() || l.info.Types[n.Y].IsNil() {
		return
	}
	for _, e := range []ast.Expr{n.X, n.Y} {
		t := l.info.TypeOf(e)
		if types.IsInterface(t) && t.Underlying().(*types.Interface).NumMethods() > 0 && !types.Identical(t, types.Universe.Lookup("error").Type()) {
			l.refuse(n, "values of the interface %s are not compared by cells; compare something that they hold", types.TypeString(t, types.RelativeTo(l.pkg)))
			return
		}
	}
}

// keys refuses maps whose keys are interfaces with methods.
func (l *lowering) keys(n *ast.MapType) {
	t := l.info.TypeOf(n.Key)
	if types.IsInterface(t) && t.Underlying().(*types.Interface).NumMethods() > 0 {
		l.refuse(n, "a map with keys of an interface with methods is not run by cells; use a text or a number as key")
	}
}
