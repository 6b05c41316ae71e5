package gocell

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// effect is what a function may write, by what a key says of a place: a variable, a
// field, or what lies behind an index or a pointer of a type. A key that begins with
// calls stands for what the function of that name does, anyCall for that of any.
type effect map[string]bool

const (
	calls   = "call "
	anyCall = "call of anything"
)

// effects knows what the functions of the cell and of earlier ones may write. Methods
// of one name and signature are one, so that interfaces find them.
type effects struct {
	l       *lowering
	bodies  map[string][]ast.Node // functions by the key of what holds them
	direct  map[string]effect     // of what was looked at
	seen    map[string]effect     // of functions, once they are looked at
	pointed map[string]bool       // keys of variables that a pointer or a slice may lead to
	unknown map[string]bool       // keys of function values that may be anything

	anything effect // what a call of anything may write; nil until it is asked for
}

func newEffects(l *lowering) *effects {
	e := &effects{l: l, bodies: map[string][]ast.Node{}, direct: map[string]effect{}, seen: map[string]effect{}, pointed: map[string]bool{}, unknown: map[string]bool{}}
	for _, f := range []*ast.File{l.decls, l.unit.body} {
		ast.Inspect(f, func(n ast.Node) bool {
			e.note(n)
			return true
		})
	}
	return e
}

// note takes functions with the names that they are called by.
func (e *effects) note(n ast.Node) {
	switch n := n.(type) {
	case *ast.FuncDecl:
		if n != e.l.fn && n.Body != nil {
			e.add(e.l.key(e.l.objectOf(n.Name)), n)
		}
	case *ast.FuncLit:
		e.add(e.l.literalKey(n), n)
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			if len(n.Lhs) == len(n.Rhs) {
				e.hold(left, n.Rhs[i])
			} else {
				e.hold(left, nil)
			}
		}
	case *ast.ValueSpec:
		for i, left := range n.Names {
			if i < len(n.Values) {
				e.hold(left, n.Values[i])
			}
		}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			e.hold(n.X, nil)
			e.point(n.X)
		}
	case *ast.SliceExpr:
		e.point(n.X)
	case *ast.SelectorExpr:
		if s := e.l.info.Selections[n]; s != nil && s.Kind() == types.MethodVal {
			e.point(n.X)
		}
	}
}

// point notes that a pointer may lead to a variable.
func (e *effects) point(place ast.Expr) {
	switch p := ast.Unparen(place).(type) {
	case *ast.Ident:
		e.pointed[e.l.key(e.l.objectOf(p))] = true
	case *ast.SelectorExpr:
		e.point(p.X)
	case *ast.IndexExpr:
		e.point(p.X)
	}
}

// hold notes that a variable holds a function.
func (e *effects) hold(left, value ast.Expr) {
	id, ok := ast.Unparen(left).(*ast.Ident)
	if !ok {
		return
	}
	o := e.l.objectOf(id)
	if o == nil || o.Type() == nil {
		return
	}
	if _, function := o.Type().Underlying().(*types.Signature); !function {
		return
	}
	key := e.l.key(o)
	switch v := ast.Unparen(value).(type) {
	case *ast.FuncLit:
		e.add(key, v)
		return
	case *ast.Ident:
		if f, ok := e.l.objectOf(v).(*types.Func); ok {
			e.same(key, e.l.key(f))
			return
		}
	case *ast.SelectorExpr:
		if f, ok := e.l.objectOf(v.Sel).(*types.Func); ok && f.Pkg() != nil && f.Pkg().Path() == "main" {
			e.same(key, e.l.key(f))
			return
		}
	}
	e.unknown[key] = true
}

func (e *effects) add(key string, function ast.Node) {
	e.bodies[key] = append(e.bodies[key], function)
}

// same notes that what a key stands for may be another function.
func (e *effects) same(key, other string) {
	if e.direct[key] == nil {
		e.direct[key] = effect{}
	}
	e.direct[key][calls+other] = true
}

// literalKey names a function literal.
func (l *lowering) literalKey(n *ast.FuncLit) string {
	return "literal " + strconv.Itoa(l.number) + "@" + strconv.Itoa(int(n.Pos()))
}

// key names an object, the same in every cell for what is kept between them.
func (l *lowering) key(o types.Object) string {
	switch {
	case o == nil:
		return ""
	case isMember(o):
		return "." + o.Name() + " " + types.TypeString(o.Type(), nil)
	}
	if name := l.nameOf(o); name != "" {
		return name
	}
	return o.Name() + "@" + strconv.Itoa(l.number) + "@" + strconv.Itoa(int(o.Pos()))
}

// of is what a call may write.
func (e *effects) of(c *ast.CallExpr) effect {
	if e.l.info.Types[c.Fun].IsType() {
		return nil
	}
	var o types.Object
	switch f := ast.Unparen(c.Fun).(type) {
	case *ast.FuncLit:
		return effect{calls + e.l.literalKey(f): true}
	case *ast.Ident:
		o = e.l.objectOf(f)
	case *ast.SelectorExpr:
		o = e.l.objectOf(f.Sel)
	}
	if b, ok := o.(*types.Builtin); ok {
		return e.ofBuiltin(c, b.Name())
	}
	if f, ok := o.(*types.Func); ok && f.Pkg() != nil && f.Pkg().Path() != "main" {
		return e.ofCompiled(c, f)
	}
	if o == nil {
		return effect{anyCall: true}
	}
	return effect{calls + e.l.key(o): true}
}

func (e *effects) ofBuiltin(c *ast.CallExpr, name string) effect {
	switch name {
	case "copy", "delete", "clear":
		return effect{e.l.behind(e.l.typeOf(c.Args[0])): true}
	}
	return nil
}

// ofCompiled is what the functions write that a compiled one is given.
func (e *effects) ofCompiled(c *ast.CallExpr, f *types.Func) effect {
	out := effect{}
	for _, a := range c.Args {
		if lit, ok := ast.Unparen(a).(*ast.FuncLit); ok {
			out[calls+e.l.literalKey(lit)] = true
		} else if _, function := e.l.typeOf(a).Underlying().(*types.Signature); function || f.Pkg().Path() != "fmt" && e.l.containsOwn(e.l.info.TypeOf(a)) {
			out[anyCall] = true
		}
	}
	return out
}

// expanded replaces calls in an effect by what they do.
func (e *effects) expanded(of effect) effect {
	if of[anyCall] && e.anything != nil {
		return e.anything // there is no more
	}
	out, todo := effect{}, slices.Collect(maps.Keys(of))
	for len(todo) > 0 {
		key := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if out[key] {
			continue
		}
		out[key] = true
		if key == anyCall {
			for name := range e.bodies {
				todo = append(todo, calls+name)
			}
			for name := range e.l.session.effects {
				todo = append(todo, calls+name)
			}
		} else if name, call := strings.CutPrefix(key, calls); call {
			todo = append(todo, slices.Collect(maps.Keys(e.function(name)))...)
		}
	}
	if of[anyCall] {
		e.anything = out
	}
	return out
}

// all is what every function does that is known now, for later cells.
func (e *effects) all() map[string]effect {
	all := maps.Clone(e.l.session.effects)
	if all == nil {
		all = map[string]effect{}
	}
	for key := range e.bodies {
		all[key] = e.function(key)
	}
	for key := range e.direct {
		all[key] = e.function(key)
	}
	for key := range e.unknown {
		all[key] = effect{anyCall: true}
	}
	return all
}

// function is what the functions of a key may write themselves, and what they call.
func (e *effects) function(key string) effect {
	if out := e.seen[key]; out != nil {
		return out
	}
	out := effect{}
	e.seen[key] = out
	maps.Copy(out, e.l.session.effects[key])
	maps.Copy(out, e.direct[key])
	if e.unknown[key] || e.bodies[key] == nil && len(out) == 0 && e.l.session.effects[key] == nil {
		out[anyCall] = true
	}
	for _, body := range e.bodies[key] {
		ast.Inspect(body, func(n ast.Node) bool {
			e.step(out, body, n)
			return true
		})
	}
	return out
}

// step notes what one statement or call within a function writes.
func (e *effects) step(out effect, body, n ast.Node) {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			for _, left := range n.Lhs {
				e.write(out, body, left)
			}
		}
	case *ast.IncDecStmt:
		e.write(out, body, n.X)
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			e.write(out, body, n.Key)
			e.write(out, body, n.Value)
		}
	case *ast.CallExpr:
		maps.Copy(out, e.of(n))
	}
}

// write notes what an assignment within a function may change for those outside.
func (e *effects) write(out effect, within ast.Node, place ast.Expr) {
	switch p := ast.Unparen(place).(type) {
	case *ast.Ident:
		o := e.l.objectOf(p)
		if o == nil || within.Pos() <= o.Pos() && o.Pos() < within.End() && e.l.fset.File(o.Pos()) == e.l.fset.File(within.Pos()) && !e.pointed[e.l.key(o)] {
			return // each call has its own
		}
		out[e.l.key(o)] = true
		if e.pointed[e.l.key(o)] || e.l.isTop(o) {
			out[e.l.behind(types.NewPointer(e.l.typeOf(p)))] = true
		}
	case *ast.SelectorExpr:
		out[e.l.key(e.l.objectOf(p.Sel))] = true
	case *ast.IndexExpr:
		if _, array := e.l.typeOf(p.X).Underlying().(*types.Array); array {
			e.write(out, within, p.X)
			return
		}
		out[e.l.behind(e.l.typeOf(p.X))] = true
	case *ast.StarExpr:
		out[e.l.behind(e.l.typeOf(p.X))] = true
	}
}

// behind names what an index or a pointer of a type leads to.
func (l *lowering) behind(t types.Type) string {
	return "behind " + types.TypeString(t.Underlying(), nil)
}
