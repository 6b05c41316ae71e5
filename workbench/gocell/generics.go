package gocell

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
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
