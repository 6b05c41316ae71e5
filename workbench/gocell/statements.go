package gocell

import (
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"
)

// funcDecl rewrites a function or method.
func (l *lowering) funcDecl(n *ast.FuncDecl) string {
	if n.Type.TypeParams != nil {
		l.refuse(n, "functions with type parameters are not run by cells; write %s for the types that it is used with", n.Name.Name)
		return ""
	}
	if n.Recv != nil && len(n.Recv.List) == 1 {
		if _, ok := unparen(n.Recv.List[0].Type).(*ast.IndexExpr); ok {
			return ""
		}
	}
	if n.Body == nil {
		l.refuse(n, "the function %s has no body", n.Name.Name)
		return ""
	}
	l.inFunc++
	defer func() { l.inFunc-- }()
	parts := []ast.Node{n.Name, n.Type.Params}
	if n.Recv != nil {
		parts = []ast.Node{n.Recv, n.Name, n.Type.Params}
	}
	text, at := "func", n.Pos()
	for _, p := range parts {
		text += " " + l.gap(at, p) + l.out(p)
		at = p.End()
	}
	signature := l.objectOf(n.Name).(*types.Func).Signature()
	return text + " " + l.resultsAndBody(n.Type, signature.Results(), n.Body)
}

// resultsAndBody writes the results and the body of a function.
func (l *lowering) resultsAndBody(t *ast.FuncType, results *types.Tuple, body *ast.BlockStmt) string {
	var names []string
	text := ""
	if defersIn(body) {
		names, text = l.resultNames(t, results)
	} else if t.Results != nil {
		text = l.out(t.Results)
	}
	return text + " " + l.gap(t.End(), body) + "{ " + strings.TrimPrefix(l.body(body, results, names), "{")
}

func unparen(e ast.Expr) ast.Expr {
	if s, ok := e.(*ast.StarExpr); ok {
		e = s.X
	}
	return ast.Unparen(e)
}

// genDecl rewrites a declaration. Constants are written where they are used. The
// variables at the top of a cell are declared before it and set here.
func (l *lowering) genDecl(n *ast.GenDecl) string {
	lines := strings.Repeat("\n", strings.Count(l.source(n.Pos(), n.End()), "\n"))
	switch n.Tok {
	case token.CONST, token.IMPORT:
		return lines
	case token.TYPE:
		for _, s := range n.Specs {
			if t := s.(*ast.TypeSpec); t.TypeParams != nil {
				l.refuse(t, "types with type parameters are not run by cells; write %s for the types that it is used with", t.Name.Name)
				return lines
			}
		}
		return l.splice(n)
	}
	if l.inFunc > 0 {
		return l.splice(n)
	}
	if !l.topVar(n) {
		return l.splice(n)
	}
	var b strings.Builder
	at := n.Pos()
	for _, s := range n.Specs {
		spec := s.(*ast.ValueSpec)
		b.WriteString(strings.Repeat("\n", strings.Count(l.source(at, spec.Pos()), "\n")))
		b.WriteString(l.setVariables(spec))
		at = spec.End()
	}
	b.WriteString(strings.Repeat("\n", strings.Count(l.source(at, n.End()), "\n")))
	return b.String()
}

func (l *lowering) topVar(n *ast.GenDecl) bool {
	for _, s := range n.Specs {
		for _, id := range s.(*ast.ValueSpec).Names {
			if id.Name != "_" {
				return l.isTop(l.objectOf(id))
			}
		}
	}
	return false
}

// setVariables sets variables that are declared before the cell; one without a value
// is zero there.
func (l *lowering) setVariables(spec *ast.ValueSpec) string {
	if len(spec.Values) == 0 {
		var b strings.Builder
		for _, id := range spec.Names { // its storage may be that of an earlier run of the cell
			if id.Name != "_" {
				b.WriteString("{ var z" + mark + " " + l.typeText(l.objectOf(id).Type()) + "; " + l.out(id) + " = z" + mark + " };")
			}
		}
		return l.initializer(spec, b.String())
	}
	var left, right []string
	for _, id := range spec.Names {
		left = append(left, l.out(id))
	}
	for _, v := range spec.Values {
		right = append(right, l.out(v))
	}
	return l.initializer(spec, strings.Join(left, ", ")+" = "+strings.Join(right, ", ")+";")
}

// initializer wraps the setting of a variable of the package in a function, which
// runs in the order of initialization.
func (l *lowering) initializer(spec *ast.ValueSpec, set string) string {
	if l.fset.File(spec.Pos()) != l.fset.File(l.decls.Pos()) {
		return set
	}
	name := l.temp()
	l.inits[spec] = name
	return "func " + name + "() { " + set + " };"
}

// assign rewrites a definition at the top of a cell, whose variables are declared
// before it.
func (l *lowering) assign(n *ast.AssignStmt) string {
	if len(n.Lhs) > 1 && len(n.Lhs) == len(n.Rhs) {
		for _, e := range n.Rhs {
			l.grouped[ast.Unparen(e)] = true
			l.grouped[e] = true
		}
	}
	if n.Tok != token.DEFINE || l.inFunc > 0 {
		return l.splice(n)
	}
	for _, e := range n.Lhs {
		if id, ok := e.(*ast.Ident); ok && id.Name != "_" && !l.isTop(l.objectOf(id)) {
			return l.splice(n)
		}
	}
	return strings.Replace(l.splice(n), ":=", "=", 1)
}

// goStmt has the session start a goroutine, so that its panic is an error of the cell
// and not the end of the kernel, and its end is known.
func (l *lowering) goStmt(n *ast.GoStmt) string {
	if tv := l.info.Types[n.Call.Fun]; tv.IsBuiltin() {
		l.refuse(n, "go with a builtin function is not run by cells; call it in a function literal")
		return l.splice(n)
	}
	set, call := l.prepared(n.Call)
	// Made by a function of its own: the interpreter would have goroutines share the
	// place where a literal is kept, and the variables of a loop.
	return "{ " + set + l.host("Go") + "(func() func() { return func() { " + call + " } }()) }"
}

// literal rewrites a function literal.
func (l *lowering) literal(n *ast.FuncLit) string {
	l.inFunc++
	l.literals = append(l.literals, n)
	defer func() { l.inFunc--; l.literals = l.literals[:len(l.literals)-1] }()
	signature := l.typeOf(n).(*types.Signature)
	return "func" + l.out(n.Type.Params) + " " + l.resultsAndBody(n.Type, signature.Results(), n.Body)
}

// selector writes a method expression, such as (*T).Len, as a function literal: the
// interpreter takes it for a method value.
func (l *lowering) selector(n *ast.SelectorExpr) string {
	s := l.info.Selections[n]
	if s == nil || s.Kind() == types.FieldVal || s.Kind() == types.MethodVal && (l.called[n] || !byValue(s)) {
		return l.splice(n)
	}
	if s.Kind() == types.MethodVal {
		return l.bound(n)
	}
	sig := l.typeOf(n).(*types.Signature)
	return l.forwarding(sig, "", n.Sel.Name)
}

// byValue reports whether a method value holds a copy of its receiver.
func byValue(s *types.Selection) bool {
	recv := s.Obj().(*types.Func).Signature().Recv().Type()
	_, pointer := recv.Underlying().(*types.Pointer)
	return !pointer && !types.IsInterface(recv) && !types.IsInterface(s.Recv())
}

// bound writes a method value, whose receiver is copied when it is made: the
// interpreter copies it when it is called.
func (l *lowering) bound(n *ast.SelectorExpr) string {
	sig, r := l.typeOf(n).(*types.Signature), l.temp()
	return "func() func" + l.signatureText(sig) + " { " + r + " := " + l.out(n.X) + "; return " + l.forwarding(sig, r, n.Sel.Name) + " }()"
}

// forwarding is a function literal that calls a method of the receiver, or of its
// first parameter where that is empty.
func (l *lowering) forwarding(sig *types.Signature, receiver, method string) string {
	params, args := []string{}, []string{}
	if receiver != "" {
		args = append(args, receiver)
	}
	for i := range sig.Params().Len() {
		name, of := "p"+mark+strconv.Itoa(i), l.typeText(sig.Params().At(i).Type())
		if sig.Variadic() && i == sig.Params().Len()-1 {
			of = "..." + strings.TrimPrefix(of, "[]")
		}
		params, args = append(params, name+" "+of), append(args, name)
	}
	call := args[0] + "." + method + "(" + strings.Join(args[1:], ", ")
	if sig.Variadic() {
		call += "..."
	}
	back := ""
	if sig.Results().Len() > 0 {
		back = "return "
	}
	return "func(" + strings.Join(params, ", ") + ") " + l.resultText(sig.Results()) + " { " + back + call + ") }"
}

func (l *lowering) resultText(t *types.Tuple) string {
	words := make([]string, t.Len())
	for i := range words {
		words[i] = l.typeText(t.At(i).Type())
	}
	return "(" + strings.Join(words, ", ") + ")"
}

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
	if own {
		found = "switch b" + mark + " := a" + mark + ".(type) { case " + of + ": return b" + mark + ", true }; "
	}
	missing := "var z" + mark + " " + of + "; return z" + mark + ", false }()"
	if !two {
		found = strings.ReplaceAll(found, ", true", "")
		missing = l.host("NotA") + "(" + strconv.Quote(types.ExprString(n.Type)) + "); var z" + mark + " " + of + "; return z" + mark + " }()"
		return "func() " + of + " { " + source + found + missing
	}
	return "func() (" + of + ", bool) { " + source + found + missing
}

// typeSwitch refuses cases of interfaces: the interpreter does not find that a
// compiled value has their methods.
func (l *lowering) typeSwitch(n *ast.TypeSwitchStmt) {
	for _, c := range n.Body.List {
		for _, e := range c.(*ast.CaseClause).List {
			t := l.info.TypeOf(e)
			if l.info.Types[e].IsType() && types.IsInterface(t) && !l.info.Types[e].IsNil() {
				l.refuse(e, "a type switch with the interface %s as a case is not run by cells; use x, ok := v.(%s)", types.ExprString(e), types.ExprString(e))
			}
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

// host names a function that the session gives the interpreter.
func (l *lowering) host(name string) string {
	l.imports[hostPath] = hostPath
	return hostPath + "." + name
}

// hostPath is the import path and name of the functions of the session.
const hostPath = "host" + mark

// index refuses instances of generic functions and types.
func (l *lowering) index(n *ast.IndexExpr) string {
	if id, ok := n.X.(*ast.Ident); ok {
		if _, instance := l.info.Instances[id]; instance {
			l.refuse(n, "type arguments are not run by cells")
		}
	}
	return l.splice(n)
}
