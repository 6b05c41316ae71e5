package gocell

import (
	"go/ast"
	"go/types"
	"strconv"
	"strings"
)

// funcDecl rewrites a function or method.
func (l *lowering) funcDecl(n *ast.FuncDecl) string {
	if n.Body == nil {
		l.refuse(n, "the function %s has no body; give it one", n.Name.Name)
		return ""
	}
	l.errorMethod(n)
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

// errorMethod refuses the methods that package errors looks for: compiled code does
// not see them.
func (l *lowering) errorMethod(n *ast.FuncDecl) {
	s := l.objectOf(n.Name).(*types.Func).Signature()
	if s.Recv() == nil || !isErrorType(l.ownElem(s.Recv().Type())) {
		return
	}
	switch n.Name.Name {
	case "Is", "As", "Unwrap":
		l.refuse(n.Name, "package errors does not see the method %s of a cell's error; give it another name, and wrap errors with fmt.Errorf and %%w", n.Name.Name)
	}
}

// ownElem is the type that a receiver is of, without its pointer.
func (l *lowering) ownElem(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

// resultsAndBody writes the results and the body of a function. Named results become
// variables of the body: the interpreter starts them with what the caller had in the
// variables that it assigns them to, and sets those as it goes.
func (l *lowering) resultsAndBody(t *ast.FuncType, results *types.Tuple, body *ast.BlockStmt) string {
	named := results.Len() > 0 && results.At(0).Name() != ""
	deferring := defersIn(body)
	var names []string
	text, first := "", ""
	switch {
	case named || deferring:
		text = l.resultText(results)
		names, first = l.resultVariables(results)
	case t.Results != nil:
		text = l.out(t.Results)
	}
	var d *deferral
	if deferring {
		d = l.newDeferral(results)
		first += d.setter(l, results, names) + d.before(l)
	} else if named && l.held(body, results) {
		d = &deferral{set: l.temp(), plain: true}
		first += d.setter(l, results, names)
	}
	l.deferrals, l.results = append(l.deferrals, d), append(l.results, names)
	inner := strings.TrimPrefix(l.splice(body), "{")
	l.deferrals, l.results = l.deferrals[:len(l.deferrals)-1], l.results[:len(l.results)-1]
	if deferring {
		inner = strings.TrimSuffix(inner, "}") + d.after(l, names) + "}"
	}
	return text + " " + l.gap(t.End(), body) + "{ " + first + inner
}

// resultVariables names the results of a function as they are, or anew, and declares
// them.
func (l *lowering) resultVariables(results *types.Tuple) (names []string, text string) {
	for i := range results.Len() {
		v := results.At(i)
		name := l.localName(v)
		if v.Name() == "" || v.Name() == "_" {
			name = "r" + mark + strconv.Itoa(i)
		}
		names = append(names, name)
		text += "var " + name + " " + l.typeText(v.Type()) + "; _ = " + name + "; "
	}
	return names, text
}

// held reports whether a function literal or a pointer in the body may see the
// results of the function after it has returned.
func (l *lowering) held(body *ast.BlockStmt, results *types.Tuple) bool {
	vars := map[types.Object]bool{}
	for v := range results.Variables() {
		vars[v] = true
	}
	return l.escapes(body, vars)
}

func unparen(e ast.Expr) ast.Expr {
	if s, ok := e.(*ast.StarExpr); ok {
		e = s.X
	}
	return ast.Unparen(e)
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
	loops := l.inLoop
	l.inFunc, l.inLoop = l.inFunc+1, 0
	l.literals = append(l.literals, n)
	defer func() { l.inFunc, l.inLoop = l.inFunc-1, loops; l.literals = l.literals[:len(l.literals)-1] }()
	signature := l.typeOf(n).(*types.Signature)
	text := l.literalText(n, signature)
	if loops > 0 {
		// Made by a function of its own: when a goroutine ends, the interpreter puts back
		// what stood before where the literal of the loop is kept.
		return "func() func" + l.signatureText(signature) + " { return " + text + " }()"
	}
	return text
}

func (l *lowering) literalText(n *ast.FuncLit, signature *types.Signature) string {
	return "func" + l.out(n.Type.Params) + " " + l.resultsAndBody(n.Type, signature.Results(), n.Body)
}
