package gocell

import (
	"go/ast"
	"go/token"
	"go/types"
)

// sequence refuses expressions that read what a call beside them writes. Go leaves open
// which comes first; compilers take the call, and the interpreter now this and now
// that.
func (l *lowering) sequence() {
	l.writes = newEffects(l)
	for _, f := range []*ast.File{l.decls, l.unit.body} {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ExprStmt:
				l.sequenced(n.X)
			case *ast.AssignStmt:
				l.sequenced(n.Rhs...)
			case *ast.ValueSpec:
				l.sequenced(n.Values...)
			case *ast.ReturnStmt:
				l.sequenced(n.Results...)
			case *ast.SendStmt:
				l.sequenced(n.Chan, n.Value)
			case *ast.IfStmt:
				l.sequenced(n.Cond)
			case *ast.ForStmt:
				l.sequenced(n.Cond)
			case *ast.RangeStmt:
				l.sequenced(n.X)
			case *ast.SwitchStmt:
				l.sequenced(n.Tag)
			case *ast.CaseClause:
				for _, e := range n.List {
					l.sequenced(e)
				}
			case *ast.GoStmt:
				l.sequenced(n.Call)
			case *ast.DeferStmt:
				l.sequenced(n.Call)
			}
			return true
		})
	}
}

// evaluations are the places that an expression reads, and what its calls write.
type evaluations struct {
	reads  map[string]ast.Expr
	writes map[string]ast.Expr // calls
}

func (v evaluations) add(w evaluations) {
	for k, e := range w.reads {
		v.reads[k] = e
	}
	for k, e := range w.writes {
		v.writes[k] = e
	}
}

func (l *lowering) sequenced(list ...ast.Expr) evaluations {
	all := evaluations{map[string]ast.Expr{}, map[string]ast.Expr{}}
	for _, e := range list {
		if e == nil {
			continue
		}
		next := l.evaluation(e)
		l.beside(all, next)
		l.beside(next, all)
		all.add(next)
	}
	return all
}

// beside refuses what one part reads and a call of the other writes.
func (l *lowering) beside(read, write evaluations) {
	for key, e := range read.reads {
		if call := write.writes[key]; call != nil && !l.told[call] {
			l.told[call] = true
			l.refuse(call, "%s changes what stands beside it (%s), and Go leaves open which comes first; put the call into a variable before", short(call), short(e))
		}
	}
}

// short is an expression without its arguments.
func short(e ast.Expr) string {
	if c, ok := e.(*ast.CallExpr); ok {
		if _, literal := ast.Unparen(c.Fun).(*ast.FuncLit); literal {
			return "the call of a function literal"
		}
		return types.ExprString(c.Fun) + "()"
	}
	return types.ExprString(e)
}

// evaluation is that of one expression.
func (l *lowering) evaluation(e ast.Expr) evaluations {
	if tv := l.info.Types[e]; tv.Value != nil || tv.IsType() {
		return l.sequenced()
	}
	switch e := e.(type) {
	case *ast.Ident:
		v := l.sequenced()
		l.reading(v, e, l.objectOf(e))
		return v
	case *ast.FuncLit:
		return l.sequenced()
	case *ast.ParenExpr:
		return l.evaluation(e.X)
	case *ast.SelectorExpr:
		return l.selected(e)
	case *ast.IndexExpr:
		v := l.sequenced(e.X, e.Index)
		v.reads[l.behind(l.typeOf(e.X))] = e
		return v
	case *ast.SliceExpr:
		return l.sequenced(e.X, e.Low, e.High, e.Max)
	case *ast.StarExpr:
		v := l.sequenced(e.X)
		v.reads[l.behind(l.typeOf(e.X))] = e
		return v
	case *ast.UnaryExpr:
		return l.unaryEvaluation(e)
	case *ast.BinaryExpr:
		if e.Op == token.LAND || e.Op == token.LOR {
			v := l.sequenced(e.X)
			v.add(l.sequenced(e.Y))
			return v
		}
		return l.sequenced(e.X, e.Y)
	case *ast.KeyValueExpr:
		if id, ok := e.Key.(*ast.Ident); ok {
			if f, ok := l.objectOf(id).(*types.Var); ok && f.IsField() {
				return l.sequenced(e.Value)
			}
		}
		return l.sequenced(e.Key, e.Value)
	case *ast.TypeAssertExpr:
		return l.sequenced(e.X)
	case *ast.CompositeLit:
		return l.sequenced(e.Elts...)
	case *ast.CallExpr:
		return l.calledWith(e)
	}
	return l.sequenced()
}

// reading notes that a variable is read, with all that lies in it.
func (l *lowering) reading(v evaluations, e ast.Expr, o types.Object) {
	if _, ok := o.(*types.Var); !ok {
		return
	}
	v.reads[l.key(o)] = e
	if l.writes.pointed[l.key(o)] || l.isTop(o) {
		v.reads[l.behind(types.NewPointer(o.Type()))] = e
	}
	l.readingType(v, e, o.Type(), 0)
}

func (l *lowering) readingType(v evaluations, e ast.Expr, t types.Type, depth int) {
	switch u := t.Underlying().(type) {
	case *types.Struct:
		for f := range u.Fields() {
			v.reads[l.key(f)] = e
			if depth < 4 {
				l.readingType(v, e, f.Type(), depth+1)
			}
		}
	case *types.Array: // a slice may be of it
		v.reads[l.behind(types.NewSlice(u.Elem()))] = e
		v.reads[l.behind(types.NewPointer(t))] = e
	}
}

func (l *lowering) selected(e *ast.SelectorExpr) evaluations {
	s := l.info.Selections[e]
	if s == nil {
		v := l.sequenced()
		l.reading(v, e, l.objectOf(e.Sel))
		return v
	}
	var v evaluations
	if id, ok := ast.Unparen(e.X).(*ast.Ident); ok && s.Kind() != types.MethodExpr {
		v = l.sequenced()
		v.reads[l.key(l.objectOf(id))] = id
	} else {
		v = l.sequenced(e.X)
	}
	if s.Kind() == types.FieldVal {
		l.reading(v, e, s.Obj())
	} else if recv := s.Obj().(*types.Func).Signature().Recv(); recv != nil {
		if _, pointer := recv.Type().Underlying().(*types.Pointer); !pointer {
			l.readingType(v, e, recv.Type(), 0)
		}
	}
	return v
}

func (l *lowering) unaryEvaluation(e *ast.UnaryExpr) evaluations {
	switch e.Op {
	case token.AND:
		if _, literal := ast.Unparen(e.X).(*ast.CompositeLit); !literal {
			return l.sequenced()
		}
	case token.ARROW: // other goroutines may have gone on
		v := l.sequenced(e.X)
		for key := range l.writes.expanded(effect{anyCall: true}) {
			v.writes[key] = e
		}
		return v
	}
	return l.sequenced(e.X)
}

func (l *lowering) calledWith(e *ast.CallExpr) evaluations {
	var v evaluations
	if l.info.Types[e.Fun].IsType() || l.info.Types[e.Fun].IsBuiltin() {
		v = l.sequenced(e.Args...)
	} else {
		v = l.sequenced(append([]ast.Expr{e.Fun}, e.Args...)...)
	}
	if l.info.Types[e.Fun].IsType() && len(e.Args) == 1 {
		if s, ok := l.typeOf(e.Args[0]).Underlying().(*types.Slice); ok {
			v.reads[l.behind(s)] = e
		}
	}
	for key := range l.writes.expanded(l.writes.of(e)) {
		v.writes[key] = e
	}
	return v
}
