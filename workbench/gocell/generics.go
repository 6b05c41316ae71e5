package gocell

import (
	"go/ast"
	"maps"
	"slices"
	"strings"

	"profilemate/workbench/fault"
)

// The most that the generics of one cell may come to.
const (
	maxRounds    = 20
	maxInstances = 200
)

// edit replaces a part of a text.
type edit struct {
	from, to int
	text     string
}

// expansion is a cell on its way to a text without generics.
type expansion struct {
	s         *Session
	own       int               // lines of the cell itself
	origins   []int             // line of the cell that each line after them stands for
	instances map[string]string // names of new instances by what they are
	pretty    map[string]string // instances as they are written, by name
	templates map[string]template
	methods   map[string]method // of instances of types, by the functions that stand for them
	standing  map[string]bool   // names of earlier cells that stand-ins are declared for
	mixed     bool              // instances of an earlier cell's types are about
}

// method is one of an instance of a generic type. Until all instances are known it
// stands in the text as a function of its receiver.
type method struct{ receiver, name string }

// expand parses and checks a cell, and writes out the instances of its generic
// functions and types.
func (s *Session) expand(code string) (*unit, *expansion, error) {
	x := &expansion{s: s, instances: map[string]string{}, pretty: map[string]string{}, templates: map[string]template{}, methods: map[string]method{}, standing: map[string]bool{}}
	src := text(code)
	x.own = 1 + strings.Count(src, "\n")
	src, err := x.library(src)
	if err != nil {
		return nil, nil, err
	}
	if src, err = x.earlier(src); err != nil {
		return nil, nil, err
	}
	for round := 0; round < maxRounds; round++ {
		u, err := s.parse(src)
		if err != nil {
			return nil, nil, err
		}
		u.expansion = x
		err = s.check(u)
		generic := u.generics()
		if err != nil && x.mixed && len(generic) == 0 {
			err = fault.WithRemedy(err, "keep a generic type and what uses its instances in one cell")
		}
		if err != nil && (len(generic) == 0 || !x.mixed) || len(generic) == 0 {
			return u, x, err
		}
		if round == 0 {
			x.keep(u, generic)
		}
		known := len(x.instances)
		edits, err := x.functions(u, generic)
		if err != nil {
			return nil, nil, err
		}
		if len(edits) == 0 && len(x.instances) == known {
			edits = x.types(u, generic)
		}
		if src = applied(u.src, edits); len(x.instances) > maxInstances {
			break
		}
	}
	return nil, nil, fault.Errorf(fault.Unsupported, "line 1: the generic functions and types of this cell have too many instances; write them for the types that they are used with")
}

func applied(src string, edits []edit) string {
	slices.SortFunc(edits, func(a, b edit) int { return a.from - b.from })
	var b strings.Builder
	at := 0
	for _, e := range edits {
		b.WriteString(src[at:e.from] + e.text)
		at = e.to
	}
	return b.String() + src[at:]
}

// generics are the declarations of a cell with type parameters: functions, types and
// methods.
func (u *unit) generics() []ast.Node {
	var list []ast.Node
	for _, d := range u.decls.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Type.TypeParams != nil || receiverOf(d) != "" {
				list = append(list, d)
			}
		case *ast.GenDecl:
			if len(d.Specs) == 1 {
				if t, ok := d.Specs[0].(*ast.TypeSpec); ok && t.TypeParams != nil {
					list = append(list, d)
				}
			}
		}
	}
	return list
}

// receiverOf is the generic type that a method belongs to, empty for other functions.
func receiverOf(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) != 1 {
		return ""
	}
	var of ast.Expr
	switch e := unparen(d.Recv.List[0].Type).(type) {
	case *ast.IndexExpr:
		of = e.X
	case *ast.IndexListExpr:
		of = e.X
	}
	if id, ok := of.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// genericName is the name that a generic declaration declares or belongs to.
func genericName(n ast.Node) string {
	if d, ok := n.(*ast.FuncDecl); ok {
		if of := receiverOf(d); of != "" {
			return of
		}
		return d.Name.Name
	}
	return n.(*ast.GenDecl).Specs[0].(*ast.TypeSpec).Name.Name
}

// readable gives a message the names that the cell has.
func (x *expansion) readable(text string) string {
	for _, name := range slices.SortedFunc(maps.Keys(x.pretty), func(a, b string) int { return len(b) - len(a) }) {
		text = strings.ReplaceAll(text, name, x.pretty[name])
	}
	for _, p := range []string{"slices", "maps", "cmp"} {
		text = strings.ReplaceAll(text, p+mark, p+".")
	}
	return x.s.readable(text)
}

// readable gives instances the names that they are written with.
func (s *Session) readable(text string) string {
	if !strings.Contains(text, mark) {
		return text
	}
	for _, name := range slices.SortedFunc(maps.Keys(s.pretty), func(a, b string) int { return len(b) - len(a) }) {
		text = strings.ReplaceAll(text, name, s.pretty[name])
	}
	return text
}
