package gocell

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"profilemate/workbench/fault"
)

// Analyze says which names the top of a Go cell defines, and which names it uses
// that it does not define itself: variables, functions and types of other cells,
// packages, and the results that profilemate.Result and profilemate.Frame are asked for.
// Both are sorted. It looks at the text alone. A cell that does not parse is
// Misuse.
func Analyze(src string) (defines, uses []string, err error) {
	code := text(src)
	chunks := split(code)
	names := &names{defined: map[string]bool{}, used: map[string]bool{}, imported: map[string]bool{}, asked: map[string]bool{}}
	for _, c := range chunks {
		head, tail := "package p;", ""
		if c.kind == token.ILLEGAL {
			head, tail = "package p;func _() {", "\n}"
		}
		f, err := parser.ParseFile(token.NewFileSet(), "", head+code[c.start:c.end]+tail, parser.SkipObjectResolution)
		if err != nil {
			return nil, nil, fault.Errorf(fault.Misuse, "line %d: this part of the cell cannot be read", 1+strings.Count(code[:c.start], "\n"))
		}
		for _, d := range f.Decls {
			names.declaration(d, c.kind == token.ILLEGAL)
		}
	}
	for name := range names.used {
		if !names.defined[name] && !names.imported[name] && !names.asked[name] {
			uses = append(uses, name)
		}
	}
	for name := range names.asked {
		uses = append(uses, name)
	}
	for name := range names.defined {
		defines = append(defines, name)
	}
	slices.Sort(defines)
	slices.Sort(uses)
	return defines, uses, nil
}

// names are those of a cell.
type names struct {
	defined, used, imported map[string]bool
	asked                   map[string]bool   // results of other cells
	scopes                  []map[string]bool // of the blocks around, without the top
}

func (n *names) define(id *ast.Ident) {
	if id == nil || id.Name == "_" {
		return
	}
	if len(n.scopes) == 0 {
		n.defined[id.Name] = true
		return
	}
	n.scopes[len(n.scopes)-1][id.Name] = true
}

func (n *names) use(id *ast.Ident) {
	for _, s := range n.scopes {
		if s[id.Name] {
			return
		}
	}
	if len(n.scopes) == 0 && n.defined[id.Name] || isPredeclared(id.Name) {
		return
	}
	n.used[id.Name] = true
}

// isPredeclared reports whether a name belongs to the language.
func isPredeclared(name string) bool { return types.Universe.Lookup(name) != nil || name == "_" }

// declaration takes one declaration; statements stand in a function that is none.
func (n *names) declaration(d ast.Decl, statements bool) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if statements {
			n.list(d.Body.List)
			return
		}
		if d.Recv == nil {
			n.define(d.Name)
		}
		n.function(d.Recv, d.Type, d.Body)
	case *ast.GenDecl:
		n.general(d)
	}
}

func (n *names) general(d *ast.GenDecl) {
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.ImportSpec:
			path := strings.Trim(s.Path.Value, "\"`")
			name := path[strings.LastIndexByte(path, '/')+1:]
			if s.Name != nil {
				name = s.Name.Name
			}
			n.imported[name] = true
		case *ast.ValueSpec:
			n.walk(s.Type)
			for _, v := range s.Values {
				n.walk(v)
			}
			for _, id := range s.Names {
				n.define(id)
			}
		case *ast.TypeSpec:
			n.define(s.Name)
			n.within(func() {
				n.fields(s.TypeParams)
				n.walk(s.Type)
			})
		}
	}
}

func (n *names) within(do func()) {
	n.scopes = append(n.scopes, map[string]bool{})
	do()
	n.scopes = n.scopes[:len(n.scopes)-1]
}

func (n *names) function(recv *ast.FieldList, t *ast.FuncType, body *ast.BlockStmt) {
	n.within(func() {
		n.fields(recv)
		n.fields(t.TypeParams)
		n.fields(t.Params)
		n.fields(t.Results)
		if body != nil {
			n.list(body.List)
		}
	})
}

func (n *names) fields(f *ast.FieldList) {
	if f == nil {
		return
	}
	for _, field := range f.List {
		n.walk(field.Type)
		for _, id := range field.Names {
			n.define(id)
		}
	}
}

func (n *names) list(list []ast.Stmt) {
	for _, s := range list {
		switch s.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt:
			n.within(func() { n.walk(s) })
		default:
			n.walk(s)
		}
	}
}

// walk goes through a node in the order of the text.
func (n *names) walk(node ast.Node) {
	if node == nil {
		return
	}
	ast.Inspect(node, func(c ast.Node) bool {
		switch c := c.(type) {
		case *ast.FuncLit:
			n.function(nil, c.Type, c.Body)
			return false
		case *ast.BlockStmt:
			n.within(func() { n.list(c.List) })
			return false
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.CaseClause, *ast.CommClause:
			if c != node {
				n.within(func() { n.walk(c) })
				return false
			}
			if r, ok := c.(*ast.RangeStmt); ok {
				n.rangeLoop(r)
				return false
			}
		case *ast.AssignStmt:
			n.assign(c)
			return false
		case *ast.DeclStmt:
			n.general(c.Decl.(*ast.GenDecl))
			return false
		case *ast.CallExpr:
			n.named(c)
		case *ast.SelectorExpr:
			n.walk(c.X)
			return false
		case *ast.KeyValueExpr:
			if _, field := c.Key.(*ast.Ident); !field {
				n.walk(c.Key)
			}
			n.walk(c.Value)
			return false
		case *ast.LabeledStmt:
			n.walk(c.Stmt)
			return false
		case *ast.BranchStmt:
			return false
		case *ast.StructType, *ast.InterfaceType:
			n.members(c)
			return false
		case *ast.Ident:
			n.use(c)
		}
		return true
	})
}

// named takes the result that a call asks for by its name.
func (n *names) named(c *ast.CallExpr) {
	f, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || len(c.Args) != 1 || f.Sel.Name != "Result" && f.Sel.Name != "Frame" {
		return
	}
	from, ok := f.X.(*ast.Ident)
	text, literal := c.Args[0].(*ast.BasicLit)
	if !ok || !literal || from.Name != ownPath || text.Kind != token.STRING {
		return
	}
	if name, err := strconv.Unquote(text.Value); err == nil {
		name, _, _ = strings.Cut(name, ".")
		n.asked[name] = true
	}
}

func (n *names) members(c ast.Node) {
	list := &ast.FieldList{}
	switch c := c.(type) {
	case *ast.StructType:
		list = c.Fields
	case *ast.InterfaceType:
		list = c.Methods
	}
	for _, f := range list.List {
		n.walk(f.Type)
	}
}

func (n *names) rangeLoop(r *ast.RangeStmt) {
	n.walk(r.X)
	for _, e := range []ast.Expr{r.Key, r.Value} {
		if id, ok := e.(*ast.Ident); ok && r.Tok == token.DEFINE {
			n.define(id)
		} else if e != nil {
			n.walk(e)
		}
	}
	n.walk(r.Body)
}

func (n *names) assign(a *ast.AssignStmt) {
	for _, e := range a.Rhs {
		n.walk(e)
	}
	for _, e := range a.Lhs {
		if id, ok := e.(*ast.Ident); ok && a.Tok == token.DEFINE {
			n.define(id)
			continue
		}
		n.walk(e)
	}
}
