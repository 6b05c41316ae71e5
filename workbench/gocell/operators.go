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

// binary rewrites comparisons and shifts.
func (l *lowering) binary(n *ast.BinaryExpr) string {
	if n.Op != token.SHL && n.Op != token.SHR {
		return l.comparison(n)
	}
	if !l.mayBeNegative(n.Y) {
		return l.splice(n)
	}
	return l.out(n.X) + l.source(n.X.End(), n.Y.Pos()) + l.count(n.Y)
}

// shiftAssign holds the count of a shift that is assigned.
func (l *lowering) shiftAssign(n *ast.AssignStmt) string {
	if n.Tok != token.SHL_ASSIGN && n.Tok != token.SHR_ASSIGN || !l.mayBeNegative(n.Rhs[0]) {
		return l.splice(n)
	}
	return l.out(n.Lhs[0]) + l.source(n.Lhs[0].End(), n.Rhs[0].Pos()) + l.count(n.Rhs[0])
}

func (l *lowering) mayBeNegative(e ast.Expr) bool {
	b, ok := l.typeOf(e).Underlying().(*types.Basic)
	return ok && b.Info()&types.IsUnsigned == 0 && l.info.Types[e].Value == nil
}

// count is that of a shift. A negative one panics, as in compiled code: the
// interpreter shifts everything out.
func (l *lowering) count(e ast.Expr) string {
	of := l.typeText(l.typeOf(e))
	helper := l.helper("shift by "+of, func(name string) string {
		return "func " + name + "(n " + of + ") uint { if n < 0 { " + l.host("NegativeShift") + "() }; return uint(n) };"
	})
	return helper + "(" + l.out(e) + ")"
}

// instanceOf refuses instances of compiled generic functions and types.
func (l *lowering) instanceOf(of ast.Expr) {
	s, ok := of.(*ast.SelectorExpr)
	if !ok {
		return
	}
	if _, instance := l.info.Instances[s.Sel]; instance {
		o := l.objectOf(s.Sel)
		l.refuse(of, "%s.%s is generic and compiled, and is not run by cells; %s", o.Pkg().Name(), o.Name(), insteadOfGeneric(o))
	}
}
