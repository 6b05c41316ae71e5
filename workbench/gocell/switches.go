package gocell

import (
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"
)

// switchStmt rewrites a switch in which the interpreter chooses wrongly: it calls only
// the first function of a case, falls through into a default as if there were none,
// and compares no interface values. The case is chosen first, by its number.
func (l *lowering) switchStmt(n *ast.SwitchStmt) string {
	if !l.choosesFirst(n) {
		return l.splice(n)
	}
	text, tag := "{ ", ""
	if n.Init != nil {
		text += ended(l.out(n.Init)) + " "
	}
	if n.Tag != nil {
		tag = l.temp()
		text += tag + " := " + l.out(n.Tag) + "; "
	}
	chosen := l.temp()
	text += l.choice(n, chosen, tag) + l.label[n] + "switch " + chosen + " {" + l.gap(n.Pos(), n.Body)
	at := n.Body.Lbrace
	for i, s := range n.Body.List {
		c := s.(*ast.CaseClause)
		text += l.gap(at, c) + "case " + strconv.Itoa(i) + ":" + l.gapTo(c.Pos(), c.Colon) + l.list(c.Colon+1, c.Body, c.End()) + ";"
		at = c.End()
	}
	return text + l.gapTo(at, n.Body.Rbrace) + "} }"
}

// choice sets the number of the case that is taken: -1 for none.
func (l *lowering) choice(n *ast.SwitchStmt, chosen, tag string) string {
	number, tests := -1, ""
	for i, s := range n.Body.List {
		c := s.(*ast.CaseClause)
		if c.List == nil {
			number = i
			continue
		}
		any := make([]string, len(c.List))
		for k, e := range c.List {
			any[k] = "(" + strings.ReplaceAll(l.caseTest(n, e, tag), "\n", " ") + ")"
		}
		tests += "if " + strings.Join(any, " || ") + " { " + chosen + " = " + strconv.Itoa(i) + " } else "
	}
	if tests != "" {
		tests += "{ }; "
	}
	return chosen + " := " + strconv.Itoa(number) + "; " + tests
}

func (l *lowering) caseTest(n *ast.SwitchStmt, e ast.Expr, tag string) string {
	if n.Tag == nil {
		return l.out(e)
	}
	x, y := l.info.TypeOf(n.Tag), l.info.TypeOf(e)
	if (types.IsInterface(x) || types.IsInterface(y)) && !l.info.Types[e].IsNil() {
		l.comparable(e, x, y)
		return l.host("Same") + "(" + tag + ", " + l.out(e) + ")"
	}
	return tag + " == " + l.out(e)
}

// choosesFirst reports whether the interpreter's own switch would not do.
func (l *lowering) choosesFirst(n *ast.SwitchStmt) bool {
	if n.Tag != nil && types.IsInterface(l.typeOf(n.Tag)) {
		return true
	}
	for _, s := range n.Body.List {
		c := s.(*ast.CaseClause)
		for _, e := range c.List {
			if l.hasCall(e) || l.receives(e) || n.Tag != nil && types.IsInterface(l.typeOf(e)) {
				return true
			}
		}
		if k := len(c.Body); k > 0 {
			if b, ok := c.Body[k-1].(*ast.BranchStmt); ok && b.Tok == token.FALLTHROUGH {
				return true
			}
		}
	}
	return false
}

func (l *lowering) receives(e ast.Node) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		u, ok := n.(*ast.UnaryExpr)
		found = found || ok && u.Op == token.ARROW
		_, literal := n.(*ast.FuncLit)
		return !literal
	})
	return found
}

// list rewrites statements between two positions.
func (l *lowering) list(from token.Pos, list []ast.Stmt, end token.Pos) string {
	var b strings.Builder
	if l.inFunc == 0 && l.inLoop == 0 {
		for _, s := range list {
			l.marks[s] = true
		}
	}
	for _, s := range list {
		b.WriteString(l.source(from, s.Pos()))
		if l.marks[s] {
			b.WriteString(l.lineMark(s))
		}
		b.WriteString(l.out(s))
		from = s.End()
	}
	b.WriteString(l.source(from, end))
	return b.String()
}

func (l *lowering) gapTo(from, to token.Pos) string { return lines(l.source(from, to)) }

// commClause receives into variables of its own and assigns them: the interpreter
// receives into plain variables only.
func (l *lowering) commClause(n *ast.CommClause) string {
	a, ok := n.Comm.(*ast.AssignStmt)
	if !ok || a.Tok != token.ASSIGN {
		return l.splice(n)
	}
	temps, set := make([]string, len(a.Lhs)), ""
	for i, e := range a.Lhs {
		temps[i] = l.temp()
		set += l.out(e) + " = " + temps[i] + "; "
		if l.hasCall(e) {
			l.refuse(e, "a select that receives into the result of a call is not run by cells; receive with := and assign it in the case")
		}
	}
	return "case " + strings.Join(temps, ", ") + " := " + l.out(a.Rhs[0]) + ": " + set + l.list(n.Colon+1, n.Body, n.End())
}
