package gocell

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"profilemate/workbench/fault"
)

// site is where a text names an instance.
type site struct {
	id       *ast.Ident
	object   types.Object
	from, to int
}

// sites are the instances that a text names outside generic declarations.
func (u *unit) sites(generic []ast.Node) []site {
	ends := map[*ast.Ident]token.Pos{}
	for _, f := range []*ast.File{u.decls, u.body} {
		ast.Inspect(f, func(n ast.Node) bool {
			var of ast.Expr
			switch n := n.(type) {
			case *ast.IndexExpr:
				of = n.X
			case *ast.IndexListExpr:
				of = n.X
			}
			if id, ok := of.(*ast.Ident); ok {
				ends[id] = n.End()
			}
			return true
		})
	}
	var list []site
	for id := range u.info.Instances {
		o := u.info.Uses[id]
		if o == nil || o.Pkg() != u.pkg || slices.ContainsFunc(generic, func(n ast.Node) bool { return n.Pos() <= id.Pos() && id.Pos() < n.End() }) {
			continue
		}
		end := id.End()
		if ends[id].IsValid() {
			end = ends[id]
		}
		list = append(list, site{id, o, u.offset(id.Pos()), u.offset(end)})
	}
	slices.SortFunc(list, func(a, b site) int { return a.from - b.from })
	return list
}

// functions replaces the instances of functions by their names, and adds the texts of
// all new instances.
func (x *expansion) functions(u *unit, generic []ast.Node) ([]edit, error) {
	var edits []edit
	done := 0
	for _, s := range u.sites(generic) {
		name, clone, err := x.instance(u, s.id, s.object, generic)
		if err != nil {
			return nil, err
		}
		if clone != "" {
			u.src = x.append(u.src, clone, u.line(s.id.Pos()))
		}
		if _, function := s.object.(*types.Func); function && s.from >= done {
			edits = append(edits, edit{s.from, s.to, name + lines(u.src[s.from:s.to])})
			done = s.to
		}
	}
	return edits, nil
}

// types replaces the instances of types, makes their functions methods, and drops the
// generic declarations.
func (x *expansion) types(u *unit, generic []ast.Node) []edit {
	var edits []edit
	for _, d := range generic {
		from, to := u.offset(d.Pos()), u.offset(d.End())
		edits = append(edits, edit{from, to, lines(u.src[from:to])})
	}
	for _, d := range u.decls.Decls {
		if x.standsIn(u, d) {
			from, to := u.offset(d.Pos()), u.offset(d.End())
			edits = append(edits, edit{from, to, lines(u.src[from:to])})
		}
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if m, ok := x.methods[f.Name.Name]; ok {
			end := f.Type.Params.Closing
			if list := f.Type.Params.List; len(list) > 1 {
				end = list[1].Pos()
			}
			from, to := u.offset(f.Name.Pos()), u.offset(end)
			edits = append(edits, edit{from, to, "(" + m.receiver + ") " + m.name + "(" + lines(u.src[from:to])})
		}
	}
	inside := slices.Clone(edits)
	done := 0
	for _, s := range u.sites(generic) {
		if s.from < done || slices.ContainsFunc(inside, func(e edit) bool { return e.from <= s.from && s.from < e.to }) {
			continue
		}
		if name, _, err := x.instance(u, s.id, s.object, generic); err == nil {
			edits = append(edits, edit{s.from, s.to, name + lines(u.src[s.from:s.to])})
			done = s.to
		}
	}
	return edits
}

// instance names an instance, and returns its text where it is new.
func (x *expansion) instance(u *unit, id *ast.Ident, o types.Object, generic []ast.Node) (name, clone string, err error) {
	args := u.info.Instances[id].TypeArgs
	texts, words, key := make([]string, args.Len()), make([]string, args.Len()), o.Name()
	for i := range texts {
		if local := localType(args.At(i), u); local != "" {
			return "", "", u.errorAt(fault.Unsupported, id.Pos(), "%s is used with the type %s of a function; declare the type at the top of a cell", o.Name(), local)
		}
		texts[i] = x.argument(u, args.At(i))
		words[i] = types.TypeString(args.At(i), func(p *types.Package) string { return strings.TrimPrefix(p.Name(), "main") })
		words[i] = strings.ReplaceAll(words[i], "main.", "")
		key += "," + types.TypeString(args.At(i), func(p *types.Package) string { return packageKey(p, u.pkg) })
	}
	if t, old := x.s.generic[o.Name()]; old && x.templates[o.Name()].text == t.text {
		if name := x.s.instances[key]; name != "" {
			return name, "", nil
		}
	}
	if name := x.instances[key]; name != "" {
		return name, "", nil
	}
	x.s.made++
	name = o.Name() + mark + strconv.Itoa(x.s.made)
	x.instances[key] = name
	x.pretty[name] = o.Name()
	if _, isType := o.(*types.TypeName); isType {
		x.pretty[name] += "[" + strings.Join(words, ",") + "]"
	}
	for _, n := range generic {
		if taken := u.takes(n, texts); taken != "" && genericName(n) == o.Name() {
			return "", "", u.errorAt(fault.Unsupported, id.Pos(), "%s declares %s itself, which is in the name of the type that it is used with; give one of them another name", x.readable(o.Name()), taken)
		}
		if genericName(n) == o.Name() {
			clone += x.clone(u, n, name, o.Name(), texts) + "\n"
		}
	}
	return name, clone, nil
}

// takes is a name that a declaration gives to something of its own and that stands in
// one of the texts; empty for none.
func (u *unit) takes(n ast.Node, texts []string) string {
	taken := ""
	ast.Inspect(n, func(c ast.Node) bool {
		id, ok := c.(*ast.Ident)
		if !ok || u.info.Defs[id] == nil || isMember(u.info.Defs[id]) {
			return true
		}
		if _, param := u.info.Defs[id].Type().(*types.TypeParam); param && u.info.Defs[id].Type().(*types.TypeParam).Obj() == u.info.Defs[id] {
			return true
		}
		for _, text := range texts {
			for _, p := range tokens(text) {
				if p.tok == token.IDENT && p.lit == id.Name {
					taken = id.Name
				}
			}
		}
		return true
	})
	return taken
}

// packageKey tells the types of different cells apart.
func packageKey(p, now *types.Package) string {
	switch {
	case p == now:
		return "now"
	case p.Path() == "main":
		return fmt.Sprintf("%p", p)
	}
	return p.Path()
}

// argument is a type as the text of a cell names it.
func (x *expansion) argument(u *unit, t types.Type) string {
	text := types.TypeString(t, func(p *types.Package) string {
		if p.Path() == "main" {
			return ""
		}
		for name, path := range u.imports {
			if path == p.Path() {
				return name
			}
		}
		return p.Name()
	})
	if strings.HasPrefix(text, "*") || strings.HasPrefix(text, "<") || strings.HasPrefix(text, "func") || strings.HasPrefix(text, "chan") {
		return "(" + text + ")"
	}
	return text
}

// localType is the name of a type within t that a function declares.
func localType(t types.Type, u *unit) string {
	name := ""
	within(t, map[types.Type]bool{}, func(t types.Type) bool {
		n, ok := t.(*types.Named)
		if ok && n.Obj().Pkg() == u.pkg && n.Obj().Parent() != u.pkg.Scope() && n.TypeArgs().Len() == 0 {
			name = n.Obj().Name()
		}
		return name != ""
	})
	return name
}

// clone is the text of a generic declaration with its types filled in.
func (x *expansion) clone(u *unit, n ast.Node, name, generic string, args []string) string {
	from := u.offset(n.Pos())
	var edits []edit
	replace := func(a, b token.Pos, text string) {
		edits = append(edits, edit{u.offset(a) - from, u.offset(b) - from, text})
	}
	params := func(f *ast.FieldList) { replace(f.Pos(), f.End(), "") }
	skip := map[ast.Node]bool{}
	switch d := n.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			replace(d.Name.Pos(), d.Name.End(), name)
			params(d.Type.TypeParams)
			skip[d.Type.TypeParams] = true
		} else {
			skip[d.Recv] = true
			replace(d.Recv.Pos(), d.Type.Params.Opening+1, x.function(d, name, generic+"["+strings.Join(args, ", ")+"]"))
		}
	case *ast.GenDecl:
		t := d.Specs[0].(*ast.TypeSpec)
		replace(t.Name.Pos(), t.Name.End(), name)
		params(t.TypeParams)
		skip[t.TypeParams] = true
	}
	ast.Inspect(n, func(c ast.Node) bool {
		if c == nil || skip[c] {
			return false
		}
		if id, ok := c.(*ast.Ident); ok {
			if o := u.info.Uses[id]; o != nil {
				if p, ok := o.Type().(*types.TypeParam); ok && o == p.Obj() {
					replace(id.Pos(), id.End(), args[p.Index()])
				}
			}
		}
		return true
	})
	return applied(u.src[from:u.offset(n.End())], edits)
}

// function is the head of the function that stands for a method of an instance.
func (x *expansion) function(d *ast.FuncDecl, instance, written string) string {
	receiver, star := "_", ""
	if names := d.Recv.List[0].Names; len(names) > 0 {
		receiver = names[0].Name
	}
	if _, pointer := d.Recv.List[0].Type.(*ast.StarExpr); pointer {
		star = "*"
	}
	name := instance + mark + d.Name.Name
	x.methods[name] = method{receiver + " " + star + instance, d.Name.Name}
	x.pretty[name] = d.Name.Name
	return name + "(" + receiver + " " + star + written + ", "
}
