package gocell

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// loopCopy is a loop whose variables are new ones in each iteration, as in Go since
// 1.22: the interpreter has one of each for the whole loop.
type loopCopy struct {
	copyBack string // what an iteration does at its end
}

// rangeLoop rewrites a range over an integer into a counting loop, and gives every
// iteration its own variables.
func (l *lowering) rangeLoop(n *ast.RangeStmt) string {
	t := l.typeOf(n.X).Underlying()
	switch under := t.(type) {
	case *types.Signature:
		l.refuse(n, "range over a function is not run by cells; write the loop out")
		return l.splice(n)
	case *types.Basic:
		if under.Info()&types.IsInteger != 0 {
			return l.rangeInt(n)
		}
		if n.Tok == token.ASSIGN { // the interpreter leaves the variables as they were
			l.refuse(n, "range over a string into variables that are there is not run by cells; use := and assign them in the loop")
		}
	}
	if n.Tok != token.DEFINE {
		return l.splice(n)
	}
	head, names, temps := "for ", []string{}, []string{}
	for _, e := range []ast.Expr{n.Key, n.Value} {
		if e == nil {
			continue
		}
		if id := e.(*ast.Ident); id.Name != "_" {
			temp := l.temp()
			head, names, temps = head+temp+", ", append(names, id.Name), append(temps, temp)
		} else {
			head += "_, "
		}
	}
	if len(names) == 0 {
		return "for range " + l.out(n.X) + " " + l.out(n.Body)
	}
	return strings.TrimSuffix(head, ", ") + " := range " + l.gap(n.For, n.X) + l.out(n.X) + l.gapBlock(n.X, n.Body) +
		l.block(n.Body, strings.Join(names, ", ")+" := "+strings.Join(temps, ", ")+"; "+use(names))
}

// use keeps variables from being called unused.
func use(names []string) string {
	return strings.TrimSuffix(strings.Repeat("_, ", len(names)), ", ") + " = " + strings.Join(names, ", ") + ";"
}

// gap and gapBlock keep the lines between parts.
func (l *lowering) gap(from token.Pos, to ast.Node) string {
	return strings.Repeat("\n", strings.Count(l.source(from, to.Pos()), "\n"))
}

func (l *lowering) gapBlock(from, to ast.Node) string { return " " + l.gap(from.End(), to) }

// block is a block with text put before its first statement.
func (l *lowering) block(b *ast.BlockStmt, first string) string {
	return "{ " + first + strings.TrimPrefix(l.out(b), "{")
}

func (l *lowering) rangeInt(n *ast.RangeStmt) string {
	counter, limit := l.temp(), l.temp()
	t := l.typeOf(n.X)
	first := ""
	if n.Key != nil {
		if id, ok := n.Key.(*ast.Ident); !ok || id.Name != "_" {
			t = l.typeOf(n.Key)
			first = l.out(n.Key) + " " + n.Tok.String() + " " + counter + ";"
			if n.Tok == token.DEFINE {
				first += use([]string{l.out(n.Key)})
			}
		}
	}
	of := l.typeText(t)
	return "for " + counter + ", " + limit + " := " + of + "(0), " + of + "(" + l.out(n.X) + "); " + counter + " < " + limit + "; " +
		counter + "++ " + l.gap(n.For, n.Body) + l.block(n.Body, first)
}

// forLoop gives each iteration its own variables where it matters: where a function
// or a pointer may hold them.
func (l *lowering) forLoop(n *ast.ForStmt) string {
	init, ok := n.Init.(*ast.AssignStmt)
	if !ok || init.Tok != token.DEFINE || !l.escapes(n, init) {
		return l.splice(n)
	}
	var names, outer []string
	for _, e := range init.Lhs {
		if id := e.(*ast.Ident); id.Name != "_" {
			names, outer = append(names, id.Name), append(outer, l.temp())
		}
	}
	left, right := strings.Join(names, ", "), strings.Join(outer, ", ")
	began := l.temp()
	c := &loopCopy{copyBack: right + " = " + left + ";"}
	l.loops[n] = c
	head := "{ " + l.out(init) + "; " + right + " := " + left + "; " + began + " := false; " + l.label[n] +
		"for { " + left + " := " + right + "; " + use(names)
	if n.Post != nil {
		head += " if " + began + " { " + l.out(n.Post) + " }; "
	}
	head += began + " = true; "
	if n.Cond != nil {
		head += "if !(" + l.out(n.Cond) + ") { break }; "
	}
	return head + l.gap(n.For, n.Body) + l.out(n.Body) + "; " + c.copyBack + " } }"
}

// escapes reports whether a function literal or an address in the loop may keep its
// variables.
func (l *lowering) escapes(n *ast.ForStmt, init *ast.AssignStmt) bool {
	vars := map[types.Object]bool{}
	for _, e := range init.Lhs {
		if id, ok := e.(*ast.Ident); ok {
			vars[l.objectOf(id)] = true
		}
	}
	found := false
	mentions := func(n ast.Node) {
		ast.Inspect(n, func(c ast.Node) bool {
			id, ok := c.(*ast.Ident)
			found = found || ok && vars[l.objectOf(id)]
			return true
		})
	}
	ast.Inspect(n, func(c ast.Node) bool {
		switch c := c.(type) {
		case *ast.FuncLit:
			mentions(c)
		case *ast.UnaryExpr:
			if c.Op == token.AND {
				mentions(c.X)
			}
		case *ast.SliceExpr: // of an array
			mentions(c.X)
		case *ast.SelectorExpr: // a method with a pointer receiver takes the address
			if s := l.info.Selections[c]; s != nil && s.Kind() == types.MethodVal {
				mentions(c.X)
			}
		}
		return true
	})
	return found
}

// labeled moves the label of a loop that is copied in front of its rewritten form.
func (l *lowering) labeled(n *ast.LabeledStmt) string {
	if f, ok := n.Stmt.(*ast.ForStmt); ok {
		if init, ok := f.Init.(*ast.AssignStmt); ok && init.Tok == token.DEFINE && l.escapes(f, init) {
			l.label[f] = n.Label.Name + ": "
			return l.gap(n.Pos(), n.Stmt) + l.out(f)
		}
	}
	return n.Label.Name + ":" + l.gap(n.Pos(), n.Stmt) + " " + l.out(n.Stmt)
}

// branch makes a continue of a loop with copied variables keep their values.
func (l *lowering) branch(n *ast.BranchStmt) string {
	if n.Tok == token.GOTO {
		l.refuse(n, "goto is not run by cells; use a loop")
	}
	if n.Tok != token.CONTINUE {
		return l.splice(n)
	}
	if c := l.loops[l.target(n)]; c != nil {
		return "{ " + c.copyBack + " " + l.splice(n) + " }"
	}
	return l.splice(n)
}

// target is the loop that a continue goes on with.
func (l *lowering) target(n *ast.BranchStmt) ast.Node {
	var found ast.Node
	label := ""
	for _, file := range []*ast.File{l.decls, l.unit.body} {
		ast.Inspect(file, func(c ast.Node) bool {
			if c == nil || n.Pos() < c.Pos() || n.Pos() >= c.End() || l.fset.File(c.Pos()) != l.fset.File(n.Pos()) {
				return false
			}
			switch c := c.(type) {
			case *ast.LabeledStmt:
				label = c.Label.Name
				return true
			case *ast.ForStmt, *ast.RangeStmt:
				if n.Label == nil || n.Label.Name == label {
					found = c
				}
			}
			if _, ok := c.(*ast.LabeledStmt); !ok {
				label = ""
			}
			return true
		})
	}
	return found
}
