package gocell

import (
	"go/ast"
	"go/types"
	"strings"

	"profilemate/workbench/fault"
)

// goVersion is the language that cells are written in.
const goVersion = "go1.26"

// check types a cell over what earlier cells have made. Its error is the first that
// a compiler would report, less what only a whole program must keep: every variable
// and import used.
func (s *Session) check(u *unit) error {
	err := s.checkOnce(u)
	if u.keyFields() {
		return s.checkOnce(u)
	}
	return err
}

func (s *Session) checkOnce(u *unit) error {
	u.pkg = types.NewPackage("main", "main")
	u.info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{},
		Uses: map[*ast.Ident]types.Object{}, Implicits: map[ast.Node]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
		Scopes: map[ast.Node]*types.Scope{}, Instances: map[*ast.Ident]types.Instance{}}
	declared := topNames(u.decls)
	for name, e := range s.names {
		if !declared[name] && u.imports[name] == "" {
			u.pkg.Scope().Insert(e.object)
		}
	}
	var first *types.Error
	var unused []types.Error
	conf := types.Config{GoVersion: goVersion, Importer: importer{s.world}, Error: func(err error) {
		e, ok := err.(types.Error)
		switch {
		case !ok:
			return
		case strings.HasSuffix(e.Msg, "imported and not used") || strings.Contains(e.Msg, "imported as "):
		case strings.HasPrefix(e.Msg, "declared and not used"):
			unused = append(unused, e)
		case u.last != nil && strings.HasSuffix(e.Msg, "is not used") && e.Pos >= u.last.Pos() && e.Pos <= u.last.End():
		case first == nil:
			first = &e
		}
	}}
	_ = types.NewChecker(&conf, u.fset, u.pkg, u.info).Files([]*ast.File{u.decls, u.body}) // told through Error
	top := u.info.Scopes[u.fn.Type]
	for _, e := range unused {
		if first == nil && !kept(top, e) {
			first = &e
		}
	}
	if first == nil {
		return nil
	}
	return u.typeError(*first)
}

// keyFields gives the values of struct literals the names of their fields where the
// type is that of an earlier cell. To the checker that is another package, whose
// unexported fields it lets nobody set by their order alone.
func (u *unit) keyFields() bool {
	changed := false
	for _, f := range []*ast.File{u.decls, u.body} {
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.CompositeLit); ok {
				changed = u.keyLiteral(lit) || changed
			}
			return true
		})
	}
	return changed
}

func (u *unit) keyLiteral(lit *ast.CompositeLit) bool {
	t := u.typeOf(lit)
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	of, ok := t.Underlying().(*types.Struct)
	if !ok || len(lit.Elts) == 0 || len(lit.Elts) != of.NumFields() || of.Field(0).Pkg() == u.pkg || of.Field(0).Pkg().Path() != "main" {
		return false
	}
	for i, e := range lit.Elts {
		if _, keyed := e.(*ast.KeyValueExpr); keyed {
			return false
		}
		kv := &ast.KeyValueExpr{Key: &ast.Ident{NamePos: e.Pos(), Name: of.Field(i).Name()}, Colon: e.Pos(), Value: e}
		lit.Elts[i] = kv
		u.keyed[kv] = true
	}
	return true
}

// kept reports whether an unused variable is one that later cells can use.
func kept(top *types.Scope, e types.Error) bool {
	for _, name := range top.Names() {
		if top.Lookup(name).Pos() == e.Pos {
			return true
		}
	}
	return false
}

func (u *unit) typeError(e types.Error) error {
	err := u.errorAt(fault.Misuse, e.Pos, "%s", e.Msg)
	if name, ok := strings.CutPrefix(e.Msg, "undefined: "); ok {
		if top := u.info.Scopes[u.fn.Type]; top != nil && top.Lookup(name) != nil {
			return fault.WithRemedy(err, "declare %s with var, or in an earlier cell, so that functions see it", name)
		}
	}
	return err
}

func topNames(f *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				names[d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					names[spec.Name.Name] = true
				case *ast.ValueSpec:
					for _, n := range spec.Names {
						names[n.Name] = true
					}
				}
			}
		}
	}
	return names
}

// importer gives the checker the offered packages.
type importer struct{ world *world }

// Import returns a package by path.
func (i importer) Import(path string) (*types.Package, error) { return i.world.find(path) }

// typeOf is the type of an expression, that of its default for an untyped one.
func (u *unit) typeOf(e ast.Expr) types.Type {
	t := u.info.TypeOf(e)
	if t == nil {
		return types.Typ[types.Invalid]
	}
	return types.Default(t)
}

// objectOf is what an identifier stands for; nil for none.
func (u *unit) objectOf(id *ast.Ident) types.Object { return u.info.ObjectOf(id) }

// isTop reports whether an object is kept between cells: declared at the top of this
// cell, or of an earlier one.
func (u *unit) isTop(o types.Object) bool {
	if o == nil || o.Pkg() == nil || o.Pkg().Path() != "main" || o.Name() == "_" {
		return false
	}
	if f, ok := o.(*types.Func); ok && f.Signature().Recv() != nil {
		return false
	}
	if v, ok := o.(*types.Var); ok && v.IsField() {
		return false
	}
	return o.Parent() == o.Pkg().Scope() || o.Parent() == u.info.Scopes[u.fn.Type] || o.Parent() != nil && o.Pkg() != u.pkg
}
