package gocell

import (
	"errors"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
)

// compiled is a cell that is ready to run.
type compiled struct {
	unit      *unit
	number    int
	decls     string // declarations
	body      string // function of the statements
	call      string // expression that runs it
	names     map[types.Object]string
	shown     types.Type        // of the last expression; nil for none
	several   bool              // the last expression has several values
	imports   map[string]string // that the texts name, by path
	expansion *expansion
	effects   map[string]effect // what the functions of the cells write
	asked     []*types.Named    // types of cells that errors are asked for
}

// single is the type of the one value that is shown, nil for several.
func (c *compiled) single() types.Type {
	if c.several {
		return nil
	}
	return c.shown
}

// compile checks and lowers a cell. Nothing of the session changes.
func (s *Session) compile(code string) (*compiled, error) {
	u, expansion, err := s.expand(code)
	if err != nil {
		return nil, err
	}
	l := &lowering{unit: u, session: s, number: s.cells + 1, names: map[types.Object]string{}, imports: map[string]string{},
		loops: map[ast.Node]*loopCopy{}, label: map[ast.Stmt]string{}, known: map[string]string{}, inits: map[*ast.ValueSpec]string{}, printed: map[ast.Expr]bool{}, marks: map[ast.Stmt]bool{}, called: map[*ast.SelectorExpr]bool{}, native: map[ast.Expr]bool{}, plainly: map[ast.Expr]string{}, grouped: map[ast.Expr]bool{}, returned: map[ast.Expr]bool{}, header: map[ast.Stmt]bool{}, typedNil: map[ast.Expr]types.Type{}, told: map[ast.Expr]bool{}}
	s.nameTop(l)
	c := l.compiled()
	c.expansion = expansion
	if len(u.problems) > 0 {
		return nil, errors.Join(u.problems[:min(len(u.problems), 5)]...)
	}
	return c, nil
}

// nameTop gives what the cell declares at its top a name in the interpreter: its
// own, unless it was given out before. A variable that is defined again with its type
// keeps its storage, so that functions of earlier cells see the new value.
func (s *Session) nameTop(l *lowering) {
	for _, o := range l.topObjects() {
		if old := s.names[o.Name()]; old != nil && sameVariable(old.object, o) {
			l.names[o] = old.emitted
			continue
		}
		name := o.Name()
		if n := s.taken[name]; n > 0 || types.Universe.Lookup(name) != nil || name == "init" || name == "main" {
			name += mark + strconv.Itoa(n+1)
		}
		l.names[o] = name
	}
}

func sameVariable(a, b types.Object) bool {
	_, first := a.(*types.Var)
	_, second := b.(*types.Var)
	return first && second && types.Identical(a.Type(), b.Type())
}

// topObjects are what the cell declares at its top, in the order of their names.
func (u *unit) topObjects() []types.Object {
	var list []types.Object
	for _, scope := range []*types.Scope{u.pkg.Scope(), u.info.Scopes[u.fn.Type]} {
		for _, name := range scope.Names() {
			o := scope.Lookup(name)
			if o.Pkg() == u.pkg && o.Pos() != token.NoPos && o != u.info.Defs[u.fn.Name] {
				list = append(list, o)
			}
		}
	}
	return list
}
