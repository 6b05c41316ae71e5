package gocell

import (
	"go/ast"
	"go/token"
	"go/types"
)

// conversions finds the expressions that become interface values, and the interface
// that each becomes.
func (l *lowering) conversions() {
	l.becomes = map[ast.Expr]types.Type{}
	for _, f := range []*ast.File{l.decls, l.unit.body} {
		for _, d := range f.Decls {
			l.conversionsIn(d, nil)
		}
	}
}

func (l *lowering) conversionsIn(root ast.Node, results *types.Tuple) {
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if f, ok := l.objectOf(n.Name).(*types.Func); ok && n.Body != nil && n != root {
				l.conversionsIn(n.Body, f.Signature().Results())
				return false
			} else if ok && n.Body != nil {
				results = f.Signature().Results()
			}
		case *ast.FuncLit:
			if s, ok := l.typeOf(n).(*types.Signature); ok {
				l.conversionsIn(n.Body, s.Results())
			}
			return false
		case *ast.ReturnStmt:
			if results != nil && len(n.Results) == results.Len() {
				for i, e := range n.Results {
					l.becomesA(e, results.At(i).Type())
				}
			}
		case *ast.AssignStmt:
			if len(n.Lhs) == len(n.Rhs) && n.Tok == token.ASSIGN {
				for i, e := range n.Rhs {
					l.becomesA(e, l.info.TypeOf(n.Lhs[i]))
				}
			}
		case *ast.ValueSpec:
			if n.Type != nil {
				for _, e := range n.Values {
					l.becomesA(e, l.info.TypeOf(n.Type))
				}
			}
		case *ast.SendStmt:
			if c, ok := l.typeOf(n.Chan).Underlying().(*types.Chan); ok {
				l.becomesA(n.Value, c.Elem())
			}
		case *ast.BinaryExpr:
			if n.Op == token.EQL || n.Op == token.NEQ {
				l.becomesA(n.X, l.info.TypeOf(n.Y))
				l.becomesA(n.Y, l.info.TypeOf(n.X))
			}
		case *ast.IndexExpr:
			if m, ok := l.typeOf(n.X).Underlying().(*types.Map); ok {
				l.becomesA(n.Index, m.Key())
			}
		case *ast.CallExpr:
			l.callArguments(n)
		case *ast.CompositeLit:
			l.elements(n)
		}
		return true
	})
}

func (l *lowering) callArguments(n *ast.CallExpr) {
	if tv := l.info.Types[n.Fun]; tv.IsType() {
		l.becomesA(n.Args[0], tv.Type)
		return
	}
	if id, ok := ast.Unparen(n.Fun).(*ast.Ident); ok {
		if b, ok := l.objectOf(id).(*types.Builtin); ok {
			switch b.Name() {
			case "panic":
				l.becomesA(n.Args[0], types.NewInterfaceType(nil, nil))
			case "append":
				if s, ok := l.typeOf(n.Args[0]).Underlying().(*types.Slice); ok && !n.Ellipsis.IsValid() {
					for _, a := range n.Args[1:] {
						l.becomesA(a, s.Elem())
					}
				}
			}
			return
		}
	}
	s, ok := l.typeOf(n.Fun).Underlying().(*types.Signature)
	if !ok {
		return
	}
	for i, a := range n.Args {
		if s.Variadic() && i >= s.Params().Len()-1 {
			if !n.Ellipsis.IsValid() {
				if slice, ok := s.Params().At(s.Params().Len() - 1).Type().(*types.Slice); ok {
					l.becomesA(a, slice.Elem())
				}
			}
		} else if i < s.Params().Len() {
			l.becomesA(a, s.Params().At(i).Type())
		}
	}
}

func (l *lowering) elements(n *ast.CompositeLit) {
	t := l.typeOf(n).Underlying()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem().Underlying()
	}
	for i, e := range n.Elts {
		kv, keyed := e.(*ast.KeyValueExpr)
		value := e
		if keyed {
			value = kv.Value
		}
		switch t := t.(type) {
		case *types.Slice:
			l.becomesA(value, t.Elem())
		case *types.Array:
			l.becomesA(value, t.Elem())
		case *types.Map:
			l.becomesA(kv.Key, t.Key())
			l.becomesA(value, t.Elem())
		case *types.Struct:
			if !keyed {
				l.becomesA(value, t.Field(i).Type())
			} else if id, ok := kv.Key.(*ast.Ident); ok {
				l.becomesA(value, l.info.TypeOf(id))
			}
		}
	}
}

// becomesA notes a value of a concrete type that becomes an interface value.
func (l *lowering) becomesA(e ast.Expr, t types.Type) {
	from := l.info.TypeOf(e)
	if t == nil || from == nil || !types.IsInterface(t) || types.IsInterface(from) || l.info.Types[e].IsNil() {
		return
	}
	if _, param := t.(*types.TypeParam); param {
		return
	}
	l.becomes[ast.Unparen(e)] = t
}

// interfaceValue holds a conversion to what the interpreter does rightly: a value of
// a cell's own type loses that type in an interface without methods, and a nil
// pointer becomes a nil interface.
func (l *lowering) interfaceValue(e ast.Expr, to types.Type) string {
	from := types.Default(l.info.TypeOf(e))
	own := l.ownType(from)
	if own != nil && to.Underlying().(*types.Interface).NumMethods() == 0 && !l.printed[e] {
		l.refuse(e, "a value of the cell's type %s loses its type in %s; keep it in a variable of its own type, or in an interface with methods",
			own.Obj().Name(), types.TypeString(to, func(*types.Package) string { return "" }))
	}
	_, pointer := from.Underlying().(*types.Pointer)
	text := l.plain(e)
	switch {
	case l.native[e] || l.printed[e]:
	case pointer && certain(e) && !isError(to):
	case pointer || isError(to) || !l.fresh(e):
		return l.copied(text, from, to)
	}
	return text
}

// fresh reports whether nobody else has the value.
func (l *lowering) fresh(e ast.Expr) bool {
	_, literal := ast.Unparen(e).(*ast.CompositeLit)
	return literal || l.info.Types[e].Value != nil
}

// copied is a value as an interface. The interpreter lets an interface with methods
// share the variable that the value was in, takes a nil pointer for a nil interface,
// and gives some values no methods where they become errors.
func (l *lowering) copied(text string, from, to types.Type) string {
	_, pointer := from.Underlying().(*types.Pointer)
	if !pointer && to.Underlying().(*types.Interface).NumMethods() == 0 {
		return text
	}
	check, result := "", l.typeText(to)
	if pointer {
		check = "if v == nil { " + l.host("NilPointer") + "() }; "
		if !isError(to) {
			result = l.typeText(from)
		}
	}
	return l.helper(l.typeText(from)+" as "+result, func(name string) string {
		return "func " + name + "(v " + l.typeText(from) + ") " + result + " { " + check + "return v };"
	}) + "(" + text + ")"
}

// certain reports whether a pointer cannot be nil.
func certain(e ast.Expr) bool {
	u, ok := ast.Unparen(e).(*ast.UnaryExpr)
	return ok && u.Op == token.AND
}

// ownType returns the named type of a cell that a value or what it points to has, nil
// for others.
func (l *lowering) ownType(t types.Type) *types.Named {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	if n, ok := t.(*types.Named); ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "main" {
		return n
	}
	return nil
}

// helper returns the name of a function that the text needs, made once a cell.
func (l *lowering) helper(key string, text func(name string) string) string {
	if l.known[key] == "" {
		l.known[key] = l.temp()
		l.helpers = append(l.helpers, text(l.known[key]))
	}
	return l.known[key]
}
