package gocell

import (
	"context"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"profilemate/workbench/kernel"
)

// Complete offers names of the session, of packages and of types, and import paths.
func (s *Session) Complete(_ context.Context, code string, pos int) kernel.Completion {
	before := code[:pos]
	if path, ok := openImport(before); ok {
		return matching(path, pos, s.importMatches())
	}
	start := wordStart(before)
	word := before[start:]
	if base, ok := strings.CutSuffix(before[:start], "."); ok {
		return matching(word, pos, s.members(code, base))
	}
	return matching(word, pos, s.topMatches(code[:start]))
}

// wordStart is where the identifier that ends a text begins.
func wordStart(text string) int {
	at := len(text)
	for at > 0 {
		r, size := utf8.DecodeLastRuneInString(text[:at])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' {
			break
		}
		at -= size
	}
	return at
}

// openImport returns the path that is being typed in an import declaration.
func openImport(before string) (string, bool) {
	line := before[strings.LastIndexByte(before, '\n')+1:]
	at := strings.LastIndexByte(line, '"')
	if at < 0 || strings.Count(line, `"`)%2 == 0 {
		return "", false
	}
	head := strings.TrimSpace(line[:at])
	inBlock := strings.LastIndex(before, "import (") > strings.LastIndexByte(before, ')')
	return line[at+1:], strings.HasPrefix(head, "import") || head == "" && inBlock
}

func matching(word string, pos int, list []kernel.Match) kernel.Completion {
	c := kernel.Completion{Start: pos - len(word), End: pos}
	for _, m := range list {
		if strings.HasPrefix(m.Text, word) {
			c.Matches = append(c.Matches, m)
		}
	}
	slices.SortFunc(c.Matches, func(a, b kernel.Match) int { return strings.Compare(a.Text, b.Text) })
	c.Matches = slices.CompactFunc(c.Matches, func(a, b kernel.Match) bool { return a.Text == b.Text })
	return c
}

func (s *Session) importMatches() []kernel.Match {
	var list []kernel.Match
	for _, path := range s.world.paths() {
		list = append(list, kernel.Match{Text: path, Type: "module"})
	}
	for short := range aliases() {
		list = append(list, kernel.Match{Text: short, Type: "module"})
	}
	return list
}

// topMatches are the names that an expression or statement can begin with.
func (s *Session) topMatches(before string) []kernel.Match {
	var list []kernel.Match
	for name := range s.world.byName {
		list = append(list, kernel.Match{Text: name, Type: "module"})
	}
	for _, name := range types.Universe.Names() {
		list = append(list, kernel.Match{Text: name, Type: kindOf(types.Universe.Lookup(name))})
	}
	for tok := token.BREAK; tok <= token.VAR; tok++ {
		if token.IsKeyword(tok.String()) {
			list = append(list, kernel.Match{Text: tok.String(), Type: "keyword"})
		}
	}
	for name, o := range s.scope(before) {
		list = append(list, kernel.Match{Text: name, Type: kindOf(o)})
	}
	return list
}

// scope is what stands at the top of the session and of the finished part of a cell.
func (s *Session) scope(before string) map[string]types.Object {
	all := map[string]types.Object{}
	s.mu.Lock()
	for name, e := range s.names {
		all[name] = e.object
	}
	s.mu.Unlock()
	for chunks := split(text(before)); len(chunks) > 0; chunks = chunks[:len(chunks)-1] {
		u, err := s.parse(text(before))
		if err != nil { // what is being typed is not whole
			before = before[:chunks[len(chunks)-1].start]
			continue
		}
		_ = s.check(u) // what has a type has it in spite of errors
		for _, o := range u.topObjects() {
			all[o.Name()] = o
		}
		break
	}
	return all
}

// members are the names that can follow a chain of names and a period.
func (s *Session) members(code, base string) []kernel.Match {
	o, t := s.resolve(code, base)
	if p, ok := o.(*types.PkgName); ok {
		return s.packageMatches(p.Imported())
	}
	var list []kernel.Match
	for _, m := range selectable(t) {
		list = append(list, kernel.Match{Text: m.Name(), Type: kindOf(m)})
	}
	return list
}

func (s *Session) packageMatches(p *types.Package) []kernel.Match {
	var list []kernel.Match
	table := s.world.tables[p.Path()+"/"+p.Name()]
	for _, name := range p.Scope().Names() {
		if _, offered := table[name]; offered {
			list = append(list, kernel.Match{Text: name, Type: kindOf(p.Scope().Lookup(name))})
		}
	}
	return list
}

// resolve finds what a chain of names at the end of a text stands for; nil where it
// is not known.
func (s *Session) resolve(code, base string) (types.Object, types.Type) {
	start := wordStart(base)
	name := base[start:]
	if name == "" {
		return nil, nil
	}
	if outer, ok := strings.CutSuffix(base[:start], "."); ok {
		o, t := s.resolve(code, outer)
		if p, ok := o.(*types.PkgName); ok {
			if m := p.Imported().Scope().Lookup(name); m != nil {
				return m, m.Type()
			}
			return nil, nil
		}
		for _, m := range selectable(t) {
			if m.Name() == name {
				return m, m.Type()
			}
		}
		return nil, nil
	}
	if o := s.scope(base[:start])[name]; o != nil {
		return o, o.Type()
	}
	path := s.imports[name]
	if path == "" {
		path = s.world.byName[name]
	}
	if p := s.world.packages[path]; p != nil {
		return types.NewPkgName(token.NoPos, nil, name, p), nil
	}
	return nil, nil
}

// selectable are the fields and methods of a type that cells can name.
func selectable(t types.Type) []types.Object {
	if t == nil {
		return nil
	}
	var list []types.Object
	set := types.NewMethodSet(t)
	if _, pointer := t.Underlying().(*types.Pointer); !pointer && !types.IsInterface(t) {
		set = types.NewMethodSet(types.NewPointer(t))
	}
	for i := range set.Len() {
		list = append(list, set.At(i).Obj())
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	if st, ok := t.Underlying().(*types.Struct); ok {
		for i := range st.NumFields() {
			list = append(list, st.Field(i))
		}
	}
	return slices.DeleteFunc(list, func(o types.Object) bool {
		return !o.Exported() && (o.Pkg() == nil || o.Pkg().Path() != "main")
	})
}

func kindOf(o types.Object) string {
	switch o := o.(type) {
	case *types.Func, *types.Builtin:
		return "function"
	case *types.TypeName:
		return "class"
	case *types.Const, *types.Nil:
		return "constant"
	case *types.Var:
		if o.IsField() {
			return "property"
		}
	}
	return "variable"
}

// Inspect shows the declaration of a name and its doc.
func (s *Session) Inspect(_ context.Context, code string, pos, _ int) kernel.Data {
	end := pos
	for end < len(code) {
		r, size := utf8.DecodeRuneInString(code[end:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' {
			break
		}
		end += size
	}
	o, _ := s.resolve(code, code[:end])
	if o == nil {
		return nil
	}
	if p, ok := o.(*types.PkgName); ok {
		return kernel.Data{"text/plain": "package " + p.Imported().Path() + "\n\n" + s.world.doc(p.Imported().Path())}
	}
	declaration := types.ObjectString(o, func(p *types.Package) string {
		if p.Path() == "main" {
			return ""
		}
		return p.Name()
	})
	if doc := s.docOf(o); doc != "" {
		declaration += "\n\n" + doc
	}
	return kernel.Data{"text/plain": declaration}
}

// docOf is the doc comment of an offered name.
func (s *Session) docOf(o types.Object) string {
	if o.Pkg() == nil {
		return ""
	}
	name := o.Pkg().Path() + "."
	if f, ok := o.(*types.Func); ok && f.Signature().Recv() != nil {
		t := f.Signature().Recv().Type()
		if p, ok := t.(*types.Pointer); ok {
			t = p.Elem()
		}
		if n, ok := types.Unalias(t).(*types.Named); ok {
			name += n.Obj().Name() + "."
		}
	}
	return s.world.doc(name + o.Name())
}

// isComplete asks for more while a bracket, a text or a comment is open.
func isComplete(code string) kernel.Completeness {
	src := text(code)
	depth := 0
	for _, p := range tokens(src) {
		switch p.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		}
	}
	if depth > 0 || strings.Count(src, "`")%2 == 1 || strings.LastIndex(src, "/*") > strings.LastIndex(src, "*/") {
		return kernel.Completeness{State: kernel.Incomplete, Indent: strings.Repeat("\t", max(depth, 0))}
	}
	for _, c := range split(src) {
		head, tail := "package p;", ""
		if c.kind == token.ILLEGAL {
			head, tail = "package p;func _() {", "\n}"
		}
		if _, err := parser.ParseFile(token.NewFileSet(), "", head+src[c.start:c.end]+tail, parser.SkipObjectResolution); err != nil {
			return kernel.Completeness{State: kernel.Invalid}
		}
	}
	return kernel.Completeness{State: kernel.Complete}
}
