package gocell

import (
	"go/ast"
	"go/types"
	"strconv"
	"strings"
)

// call rewrites calls of builtin functions that the interpreter lacks, and refuses
// those of compiled generic functions.
func (l *lowering) call(n *ast.CallExpr) string {
	fun := ast.Unparen(n.Fun)
	if id, ok := fun.(*ast.Ident); ok {
		if b, ok := l.objectOf(id).(*types.Builtin); ok {
			return l.builtin(n, b.Name())
		}
	}
	var id *ast.Ident
	switch f := fun.(type) {
	case *ast.Ident:
		id = f
	case *ast.SelectorExpr:
		id = f.Sel
		l.called[f] = true
	}
	l.nilArguments(n)
	if id != nil {
		f, ok := l.objectOf(id).(*types.Func)
		if ok && f.Pkg() != nil {
			l.printing(n, f)
			if f.Pkg().Path() != "main" {
				l.compiledCall(n)
			}
		}
		if ok && f.FullName() == "errors.Is" {
			return l.host("IsOrWraps") + l.arguments(n)
		}
		if ok && f.Signature().TypeParams().Len() > 0 {
			l.refuse(n, "%s.%s is generic and compiled, and is not run by cells; %s", f.Pkg().Name(), f.Name(), insteadOfGeneric(f))
		}
	}
	return l.splice(n)
}

// nilArguments gives nil its type where the interpreter takes it for another one.
func (l *lowering) nilArguments(n *ast.CallExpr) {
	s, ok := l.typeOf(n.Fun).Underlying().(*types.Signature)
	if !ok || !s.Variadic() {
		return
	}
	last := s.Params().Len() - 1
	for i, a := range n.Args {
		if t := s.Params().At(min(i, last)).Type(); i < last || n.Ellipsis.IsValid() {
			l.nilOf(a, t)
		} else if of, ok := t.(*types.Slice); ok {
			l.nilOf(a, of.Elem())
		}
	}
}

func (l *lowering) nilOf(e ast.Expr, t types.Type) {
	if l.info.Types[e].IsNil() && t != nil {
		l.typedNil[ast.Unparen(e)] = t
	}
}

// insteadOfGeneric says what to write in place of a compiled generic function or type.
func insteadOfGeneric(o types.Object) string {
	switch o.Pkg().Path() {
	case "slices", "maps", "cmp":
		return "of package " + o.Pkg().Path() + " cells have " + strings.Join(templatesOf(o.Pkg().Path()), ", ")
	case "sync":
		return "use a sync.Once and a variable for the value"
	case "sync/atomic":
		return "use a sync.Mutex and a variable"
	}
	return "write a function of your own, which may be generic"
}

func (l *lowering) builtin(n *ast.CallExpr, name string) string {
	switch name {
	case "min", "max":
		return l.extreme(n, name)
	case "recover":
		return l.recovery(n)
	case "clear":
		return l.clearing(n)
	case "append":
		l.nilArguments(n)
	case "panic":
		if l.info.Types[n.Args[0]].IsNil() {
			return l.host("NilPanic") + "()"
		}
	case "new":
		if tv := l.info.Types[n.Args[0]]; !tv.IsType() {
			t := l.typeText(l.typeOf(n).(*types.Pointer).Elem())
			return "func() *" + t + " { var n" + mark + " " + t + " = " + l.out(n.Args[0]) + "; return &n" + mark + " }()"
		}
	}
	return l.splice(n)
}

// extreme calls a function of the type's own, or one of the session for floats,
// where NaN and -0 have their place.
func (l *lowering) extreme(n *ast.CallExpr, name string) string {
	t := l.typeOf(n)
	of := l.typeText(t)
	if t.Underlying().(*types.Basic).Info()&types.IsFloat != 0 {
		args := make([]string, len(n.Args))
		for i, a := range n.Args {
			args[i] = "float64(" + l.out(a) + ")"
		}
		return of + "(" + l.host(strings.ToUpper(name[:1])+name[1:]) + "(" + strings.Join(args, ", ") + "))"
	}
	helper := l.helper(name+" "+strconv.Itoa(len(n.Args))+" "+of, func(helper string) string {
		return extremeText(helper, name, of, len(n.Args))
	})
	return helper + l.arguments(n)
}

func extremeText(helper, name, of string, count int) string {
	params, body := make([]string, count), ""
	op := " < "
	if name == "max" {
		op = " > "
	}
	for i := range params {
		params[i] = "a" + strconv.Itoa(i)
		if i > 0 {
			body += "if " + params[i] + op + "m { m = " + params[i] + " }; "
		}
	}
	return "func " + helper + "(" + strings.Join(params, ", ") + " " + of + ") " + of + " { m := a0; " + body + "return m };"
}

func (l *lowering) clearing(n *ast.CallExpr) string {
	return l.host("Clear") + "(" + l.out(n.Args[0]) + ")"
}

// ownOr is the cell's type of a value, without a pointer, or the value's type.
func (l *lowering) ownOr(e ast.Expr) types.Type {
	if own := l.ownType(l.info.TypeOf(e)); own != nil {
		return own
	}
	return l.typeOf(e)
}

// compiledCall notes the arguments of a compiled function. A value of a cell's type
// that becomes an interface there must stand in a variable.
func (l *lowering) compiledCall(n *ast.CallExpr) {
	for _, a := range n.Args {
		e := ast.Unparen(a)
		l.native[e] = true
		if call, ok := e.(*ast.CallExpr); ok && l.becomes[e] != nil && (!l.printed[e] || l.hasMethods(l.ownOr(e))) && l.ownType(l.info.TypeOf(e)) != nil && !l.info.Types[call.Fun].IsType() {
			l.refuse(a, "the result of a call is not passed on to %s by cells; put it into a variable first", types.ExprString(n.Fun))
		}
	}
}

func (l *lowering) arguments(c *ast.CallExpr) string {
	var b strings.Builder
	at := c.Lparen
	for _, a := range c.Args {
		b.WriteString(l.source(at, a.Pos()) + l.out(a))
		at = a.End()
	}
	return b.String() + l.source(at, c.End())
}
