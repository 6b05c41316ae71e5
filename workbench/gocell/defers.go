package gocell

import (
	"go/ast"
	"go/types"
	"strconv"
	"strings"
)

// deferral is how a function with deferred calls keeps them. The interpreter's own
// way evaluates arguments too late, forgets the calls that are left when one of them
// panics, and waits forever when one calls a closure of its function. So the body
// becomes a function of its own, whose panic the session catches, and the calls
// follow it.
type deferral struct {
	list  string // variable with the calls that are to come
	panic string // variable with the panic that is under way
	set   string // function that sets the results; empty where there are none
	plain bool   // nothing is deferred: only the results are set
}

func (l *lowering) newDeferral(results *types.Tuple) *deferral {
	d := &deferral{list: l.temp(), panic: l.temp()}
	if results != nil && results.Len() > 0 {
		d.set = l.temp()
	}
	return d
}

// setter makes the function that sets the results.
func (d *deferral) setter(l *lowering, results *types.Tuple, names []string) string {
	if d.set == "" {
		return ""
	}
	params, from := make([]string, len(names)), make([]string, len(names))
	for i := range names {
		from[i] = "s" + mark + strconv.Itoa(i)
		params[i] = from[i] + " " + l.typeText(results.At(i).Type())
	}
	return d.set + " := func(" + strings.Join(params, ", ") + ") { " + strings.Join(names, ", ") + " = " + strings.Join(from, ", ") + " }; _ = " + d.set + "; "
}

// before opens the function that the body becomes.
func (d *deferral) before(l *lowering) string {
	return "var " + d.list + " []func(); var " + d.panic + " interface{}; _ = " + d.list + "; " + d.panic + " = " + l.host("Try") + "(func() { "
}

// after closes it and runs the deferred calls, the last first. One that panics
// replaces the panic that is under way.
func (d *deferral) after(l *lowering, names []string) string {
	return " }); for len(" + d.list + ") > 0 { fꞏ := " + d.list + "[len(" + d.list + ")-1]; " + d.list + " = " + d.list + "[:len(" + d.list + ")-1]; " +
		"if rꞏ := " + l.host("Try") + "(fꞏ); rꞏ != nil { " + d.panic + " = rꞏ } }; " +
		"if " + d.panic + " != nil { " + l.host("Repanic") + "(" + d.panic + ") }; return " + strings.Join(names, ", ") + " "
}

// returning sets the results of a function whose body is within another, or that
// others may still see.
func (l *lowering) returning(n *ast.ReturnStmt) string {
	d, names := l.deferrals[len(l.deferrals)-1], l.results[len(l.results)-1]
	for _, e := range n.Results {
		l.returned[ast.Unparen(e)] = true
	}
	back := "return"
	if d == nil || d.plain {
		back = strings.TrimSpace("return " + strings.Join(names, ", "))
	}
	switch {
	case len(n.Results) == 0:
		return back
	case d == nil:
		return l.splice(n)
	}
	var values []string
	for _, e := range n.Results {
		values = append(values, l.out(e))
	}
	return "{ " + d.set + "(" + strings.Join(values, ", ") + "); " + back + " }"
}

// defersIn reports whether a function defers calls itself.
func defersIn(b *ast.BlockStmt) bool {
	found := false
	ast.Inspect(b, func(n ast.Node) bool {
		_, deferred := n.(*ast.DeferStmt)
		found = found || deferred
		_, inner := n.(*ast.FuncLit)
		return !inner
	})
	return found
}

// deferStmt keeps a call for the end of its function.
func (l *lowering) deferStmt(n *ast.DeferStmt) string {
	d := l.deferrals[len(l.deferrals)-1]
	if d == nil || d.plain {
		l.refuse(n, "defer is not run here; put it into a function literal that is called on the spot")
		return ""
	}
	if lit, ok := n.Call.Fun.(*ast.FuncLit); ok && len(n.Call.Args) == 0 && lit.Type.Results == nil {
		l.deferred = append(l.deferred, lit)
		return d.list + " = append(" + d.list + ", " + l.out(lit) + ")"
	}
	set, call := l.prepared(n.Call)
	return "{ " + set + d.list + " = append(" + d.list + ", func() { " + call + " }) }"
}

// prepared evaluates the function and the arguments of a call now, and returns the
// call that is left.
func (l *lowering) prepared(c *ast.CallExpr) (set, call string) {
	keep := func(text string) string {
		name := l.temp()
		set += name + " := " + text + "; "
		return name
	}
	fun := ast.Unparen(c.Fun)
	if lit, ok := fun.(*ast.FuncLit); ok {
		l.deferred = append(l.deferred, lit)
	}
	sel, _ := fun.(*ast.SelectorExpr)
	tv := l.info.Types[c.Fun]
	switch {
	case tv.IsBuiltin():
		call = l.out(c.Fun)
	case sel != nil && l.info.Selections[sel] != nil && l.info.Selections[sel].Kind() == types.MethodVal:
		call = keep(l.receiver(sel)) + "." + l.out(sel.Sel)
	case sel != nil && l.info.Selections[sel] == nil:
		call = l.out(c.Fun) // a function of a package
	default:
		call = keep(l.out(c.Fun))
	}
	var args []string
	for _, a := range c.Args {
		if l.info.Types[a].IsType() || l.info.Types[a].IsNil() || l.info.Types[a].Value != nil {
			args = append(args, l.out(a))
			continue
		}
		args = append(args, keep(l.out(a)))
	}
	if c.Ellipsis.IsValid() {
		args[len(args)-1] += "..."
	}
	return set, call + "(" + strings.Join(args, ", ") + ")"
}

// recovery takes the panic of the function around the deferred literal in which
// recover stands; anywhere else recover is refused.
func (l *lowering) recovery(n *ast.CallExpr) string {
	depth := len(l.deferrals)
	if len(l.literals) == 0 || !l.isDeferred(l.literals[len(l.literals)-1]) || depth < 2 || l.deferrals[depth-2] == nil || l.deferrals[depth-2].plain {
		l.refuse(n, "recover is run only in a function literal that is deferred on the spot: defer func() { … recover() … }()")
		return "nil"
	}
	p := l.deferrals[depth-2].panic
	return "func() interface{} { rꞏ := " + p + "; " + p + " = nil; return " + l.host("Caught") + "(rꞏ) }()"
}

func (l *lowering) isDeferred(lit *ast.FuncLit) bool {
	for _, d := range l.deferred {
		if d == lit {
			return true
		}
	}
	return false
}
