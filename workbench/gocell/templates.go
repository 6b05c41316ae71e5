package gocell

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"strings"

	"profilemate/workbench/fault"
)

// template is a generic function or type of a cell, with its methods. The interpreter
// infers and compiles generics wrongly: each instance is written out, and is code
// like any other.
type template struct {
	text string
	uses map[string]types.Object // what it names at the top of cells
}

// keep remembers the generic declarations for later cells.
func (x *expansion) keep(u *unit, generic []ast.Node) {
	for _, n := range generic {
		name := genericName(n)
		t := x.templates[name]
		if t.uses == nil {
			t.uses = map[string]types.Object{}
		}
		t.text += u.src[u.offset(n.Pos()):u.offset(n.End())] + "\n"
		ast.Inspect(n, func(c ast.Node) bool {
			if id, ok := c.(*ast.Ident); ok {
				if o := u.info.Uses[id]; u.isTop(o) && !isGeneric(o) {
					t.uses[o.Name()] = o
				}
			}
			return true
		})
		x.templates[name] = t
	}
}

func isGeneric(o types.Object) bool {
	switch t := o.Type().(type) {
	case *types.Signature:
		return t.TypeParams().Len() > 0
	case *types.Named:
		return t.TypeParams().Len() > 0
	}
	return false
}

// earlier adds the generic declarations of earlier cells that a cell names.
func (x *expansion) earlier(src string) (string, error) {
	u := &unit{src: src, chunks: split(src)}
	added := map[string]bool{}
	for again := true; again; {
		again = false
		for _, p := range tokens(src) {
			t, ok := x.s.generic[p.lit]
			if p.tok != token.IDENT || !ok || added[p.lit] || u.declaresName(p.lit) {
				continue
			}
			line := min(1+strings.Count(src[:p.at], "\n"), x.own)
			for name, o := range t.uses {
				if now := x.s.names[name]; u.declaresName(name) || now == nil || now.object != o && !sameVariable(now.object, o) {
					return "", fault.WithRemedy(fault.Errorf(fault.Unsupported, "line %d: %s uses %s, which was declared again after it", line, p.lit, name), "run the cell of %s again", p.lit)
				}
			}
			if name := x.hidden(t.text, u); name != "" && t.uses[name] == nil {
				return "", fault.Errorf(fault.Unsupported, "line %d: %s uses %s of the language, which a cell has declared since; give that another name", line, p.lit, name)
			}
			added[p.lit], again = true, true
			x.mixed = true
			src = x.append(src, t.text, line)
		}
	}
	if len(added) > 0 {
		src = x.standIns(src, u)
	}
	return src, nil
}

// standIns declares the variables and functions of earlier cells whose types are
// instances of generic ones as such, until all instances are known.
func (x *expansion) standIns(src string, u *unit) string {
	for _, p := range tokens(src) {
		e := x.s.names[p.lit]
		if p.tok != token.IDENT || e == nil || x.standing[p.lit] || u.declaresName(p.lit) {
			continue
		}
		if _, isType := e.object.(*types.TypeName); isType {
			continue
		}
		plain := types.TypeString(e.object.Type(), func(p *types.Package) string { return strings.TrimPrefix(p.Name(), "main") })
		written := x.s.readable(plain)
		if written == plain {
			continue
		}
		x.standing[p.lit] = true
		line := min(1+strings.Count(src[:p.at], "\n"), x.own)
		src = x.append(src, "var "+p.lit+" "+written+"\nfunc "+p.lit+standIn+"() { _ = "+p.lit+" }\n", line)
	}
	return src
}

// standIn ends the name of a function that has a variable declared before it is used.
const standIn = mark + "standIn"

// standsIn reports whether a declaration is there until all instances are known.
func (x *expansion) standsIn(u *unit, d ast.Decl) bool {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return strings.HasSuffix(d.Name.Name, standIn)
	case *ast.GenDecl:
		if v, ok := d.Specs[0].(*ast.ValueSpec); ok && len(v.Names) == 1 {
			return x.standing[v.Names[0].Name] && 1+strings.Count(u.src[:u.offset(d.Pos())], "\n") > x.own
		}
	}
	return false
}

// append adds text below a cell that stands for a line of it.
func (x *expansion) append(src, text string, line int) string {
	for range strings.Count(src, "\n") + 1 - x.own - len(x.origins) {
		x.origins = append(x.origins, line)
	}
	for range strings.Count(text, "\n") + 1 {
		x.origins = append(x.origins, line)
	}
	return src + "\n" + text
}

// origin is the line of the cell that a line of the expanded text stands for.
func (x *expansion) origin(line int) int {
	if x == nil || line <= x.own {
		return line
	}
	if i := line - x.own - 1; i < len(x.origins) {
		return x.origins[i]
	}
	return x.own
}

// hidden is a name of the language that a text uses and a cell has declared; empty for
// none.
func (x *expansion) hidden(text string, u *unit) string {
	for _, p := range tokens(text) {
		if p.tok == token.IDENT && (types.Universe.Lookup(p.lit) != nil || p.lit == "sort") && (x.s.names[p.lit] != nil || u.declaresName(p.lit)) {
			return p.lit
		}
	}
	return ""
}

// commit keeps the generics of a cell that runs.
func (x *expansion) commit(u *unit) {
	s := x.s
	for name := range s.generic {
		if s.names[name] != nil && s.names[name].object.Pkg() == u.pkg {
			delete(s.generic, name)
		}
	}
	for name, t := range x.templates {
		if strings.Contains(name, mark) {
			continue // of a package
		}
		for used := range t.uses {
			if e := s.names[used]; e != nil {
				t.uses[used] = e.object
			}
		}
		s.generic[name] = t
		delete(s.names, name)
	}
	for key, name := range x.instances {
		s.instances[strings.ReplaceAll(key, "now.", fmt.Sprintf("%p.", u.pkg))] = name
	}
	maps.Copy(s.pretty, x.pretty)
}
