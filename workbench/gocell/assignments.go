package gocell

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// assign rewrites an assignment. The variables of a definition at the top of a cell
// are declared before it.
func (l *lowering) assign(n *ast.AssignStmt) string {
	if len(n.Lhs) > 1 && len(n.Lhs) == len(n.Rhs) {
		for i, e := range n.Rhs {
			l.grouped[ast.Unparen(e)] = !l.info.Types[e].IsNil()
			if t := l.info.TypeOf(n.Lhs[i]); t != nil && !types.IsInterface(t) {
				l.nilOf(e, t)
			}
		}
	}
	if n.Tok != token.DEFINE {
		return l.assignment(n)
	}
	if l.inFunc > 0 {
		return l.splice(n)
	}
	for _, e := range n.Lhs {
		if id, ok := e.(*ast.Ident); ok && id.Name != "_" && !l.isTop(l.objectOf(id)) {
			return l.splice(n)
		}
	}
	return strings.Replace(l.splice(n), ":=", "=", 1)
}

// assignment evaluates the values before the places where the interpreter would do it
// the other way round, or loses one of several.
func (l *lowering) assignment(n *ast.AssignStmt) string {
	if !l.needsTemps(n) {
		return l.shiftAssign(n)
	}
	if l.header[n] {
		l.refuse(n, "this assignment is not run by cells in the head of a statement; put it before the statement or into its body")
		return l.splice(n)
	}
	before, places := "", make([]string, len(n.Lhs))
	for i, e := range n.Lhs {
		var set string
		set, places[i] = l.place(e)
		before += set
	}
	temps, values := l.valuesOf(n)
	set := ""
	if len(temps) > 0 {
		set = strings.Join(temps, ", ") + " := " + strings.Join(l.evaluated(n), ", ") + "; "
	}
	for i, e := range n.Lhs {
		if l.needsCopy(n, i) {
			values[i] = l.copied(values[i], l.typeOfValue(n, i), l.info.TypeOf(e))
		}
	}
	if l.makesNil(n) { // which the interpreter does one by one only
		for i := range places {
			set += places[i] + " = " + values[i] + "; "
		}
		return "{ " + before + set + "}"
	}
	return "{ " + before + set + strings.Join(places, ", ") + " " + n.Tok.String() + " " + strings.Join(values, ", ") + " }"
}

// needsTemps reports whether the values of an assignment must be evaluated first.
func (l *lowering) needsTemps(n *ast.AssignStmt) bool {
	calls, elsewhere, becomes := false, false, false
	for _, e := range n.Rhs {
		calls = calls || l.hasCall(e)
	}
	for i, e := range n.Lhs {
		_, name := ast.Unparen(e).(*ast.Ident)
		elsewhere = elsewhere || !name
		becomes = becomes || len(n.Lhs) > 1 && (l.needsCopy(n, i) || l.nilInterface(n, i))
	}
	several := len(n.Lhs) > 1 && len(n.Rhs) == 1
	return becomes || elsewhere && (calls || several)
}

// needsCopy reports whether a value of an assignment to several places becomes an
// interface there.
func (l *lowering) needsCopy(n *ast.AssignStmt, i int) bool {
	from, to := l.typeOfValue(n, i), l.info.TypeOf(n.Lhs[i])
	return to != nil && from != nil && types.IsInterface(to) && !types.IsInterface(from) && from != types.Typ[types.UntypedNil]
}

// makesNil reports whether an assignment to several variables makes an interface nil.
func (l *lowering) makesNil(n *ast.AssignStmt) bool {
	makes := false
	for i, e := range n.Lhs {
		makes = makes || len(n.Lhs) > 1 && l.nilInterface(n, i)
		if _, name := ast.Unparen(e).(*ast.Ident); makes && !name {
			l.refuse(e, "an interface is not made nil in an assignment to several places by cells; assign them one by one")
		}
	}
	return makes
}

// nilInterface reports whether a value of an assignment makes an interface nil.
func (l *lowering) nilInterface(n *ast.AssignStmt, i int) bool {
	return len(n.Lhs) == len(n.Rhs) && l.info.Types[n.Rhs[i]].IsNil() && l.info.TypeOf(n.Lhs[i]) != nil && types.IsInterface(l.info.TypeOf(n.Lhs[i]))
}

func (l *lowering) typeOfValue(n *ast.AssignStmt, i int) types.Type {
	if len(n.Lhs) == len(n.Rhs) {
		t := l.info.TypeOf(n.Rhs[i])
		if t == nil || t == types.Typ[types.UntypedNil] {
			return t
		}
		return types.Default(t)
	}
	if t, ok := l.info.TypeOf(n.Rhs[0]).(*types.Tuple); ok && i < t.Len() {
		return t.At(i).Type()
	}
	return nil
}

// valuesOf names what the values of an assignment are kept in; constants and nil stay
// as they are.
func (l *lowering) valuesOf(n *ast.AssignStmt) (temps, values []string) {
	for i := range n.Lhs {
		if len(n.Lhs) == len(n.Rhs) && l.isFixed(n.Rhs[i]) {
			values = append(values, l.plain(n.Rhs[i]))
			continue
		}
		name := l.temp()
		temps, values = append(temps, name), append(values, name)
	}
	return temps, values
}

// evaluated are the texts of the values that are no constants. What becomes an
// interface does so in the assignment.
func (l *lowering) evaluated(n *ast.AssignStmt) []string {
	var list []string
	for i, e := range n.Rhs {
		if len(n.Lhs) == len(n.Rhs) && l.isFixed(e) {
			continue
		}
		if len(n.Lhs) == len(n.Rhs) && l.needsCopy(n, i) {
			l.interfaceValue(e, l.info.TypeOf(n.Lhs[i])) // for what it refuses
			delete(l.becomes, ast.Unparen(e))
		}
		list = append(list, l.out(e))
	}
	return list
}

func (l *lowering) isFixed(e ast.Expr) bool {
	tv := l.info.Types[e]
	return tv.Value != nil || tv.IsNil()
}

// place returns the text of a place that is assigned to. Calls in it are
// evaluated before; all else when the assignment is made, as by the compiler.
func (l *lowering) place(e ast.Expr) (before, text string) {
	keep := func(e ast.Expr) string {
		name := l.temp()
		before += name + " := " + l.out(e) + "; "
		return name
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		before, text = l.place(e.X)
		return before, "(" + text + ")"
	case *ast.StarExpr:
		before, text = l.place(e.X)
		return before, "*" + text
	case *ast.SelectorExpr:
		if s := l.info.Selections[e]; s != nil && s.Kind() == types.FieldVal {
			before, text = l.place(e.X)
			return before, text + "." + l.out(e.Sel)
		}
	case *ast.IndexExpr:
		before, text = l.place(e.X)
		if l.hasCall(e.Index) {
			return before, text + "[" + keep(e.Index) + "]"
		}
		return before, text + "[" + l.out(e.Index) + "]"
	case *ast.CallExpr:
		return before, keep(e)
	}
	return "", l.out(e)
}

// hasCall reports whether an expression calls what may run code of a cell.
func (l *lowering) hasCall(e ast.Node) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		found = found || ok && !l.info.Types[c.Fun].IsType() && !l.info.Types[c.Fun].IsBuiltin()
		_, literal := n.(*ast.FuncLit)
		return !literal && !found
	})
	return found
}
