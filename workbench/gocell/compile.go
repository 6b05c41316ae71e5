package gocell

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"profilemate/workbench/fault"
)

// Marker is the first word of Go cells, which may be left out.
const Marker = "%%go"

// unit is a cell on its way to the interpreter: its declarations and its statements
// as two files in which every byte stands where it stands in the cell, after a prefix
// of the same length on the first line.
type unit struct {
	src       string // the cell, its marker blanked
	chunks    []chunk
	prefix    int // bytes before the cell in both files
	fset      *token.FileSet
	decls     *ast.File
	body      *ast.File
	fn        *ast.FuncDecl // of the statements
	pkg       *types.Package
	info      *types.Info
	imports   map[string]string // path by local name
	last      ast.Expr          // the expression that is shown; nil for none
	problems  []error
	expansion *expansion                 // that wrote out its generics; nil for none
	keyed     map[*ast.KeyValueExpr]bool // of literals that name no fields
}

// text returns a cell without its marker, byte for byte.
func text(code string) string {
	trimmed := strings.TrimLeft(code, " \t\r\n")
	if rest, ok := strings.CutPrefix(trimmed, Marker); ok && (rest == "" || strings.ContainsAny(rest[:1], " \t\r\n")) {
		at := len(code) - len(trimmed)
		return code[:at] + blank(Marker) + code[at+len(Marker):]
	}
	return code
}

// offset is the place of a position in the cell.
func (u *unit) offset(p token.Pos) int {
	f := u.fset.File(p)
	return f.Offset(p) - u.prefix
}

// line is the line of the cell, from 1.
func (u *unit) line(p token.Pos) int {
	at := min(max(u.offset(p), 0), len(u.src))
	return u.expansion.origin(1 + strings.Count(u.src[:at], "\n"))
}

// refuse notes what cannot run, with its line.
func (u *unit) refuse(n ast.Node, format string, args ...any) {
	if n == nil {
		n = u.fn.Body
	}
	u.problems = append(u.problems, u.errorAt(fault.Unsupported, n.Pos(), format, args...))
}

func (u *unit) errorAt(kind fault.Kind, p token.Pos, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if x := u.expansion; x != nil {
		text = x.readable(text)
	}
	return fault.Errorf(kind, "line %d: %s", u.line(p), text)
}

// parse makes the two files. Declarations of variables go with the statements, in
// whose order they run, unless a function or type of the cell refers to them.
func (s *Session) parse(code string) (*unit, error) {
	u := &unit{src: code, fset: token.NewFileSet(), imports: map[string]string{}, keyed: map[*ast.KeyValueExpr]bool{}}
	u.chunks = split(u.src)
	if err := s.readImports(u); err != nil {
		return nil, err
	}
	inDecls := u.placeVariables()
	s.addImports(u)
	head := "package main;" + u.importLines()
	const open = "func cellꞏ() {"
	u.prefix = len(head) + len(open)
	declText := head + blank(open) + keep(u.src, u.chunks, func(i int) bool { return inDecls(i) })
	bodyText := head + open + keep(u.src, u.chunks, func(i int) bool { return u.chunks[i].kind != token.IMPORT && !inDecls(i) }) + "\n}"
	var err error
	if u.decls, err = parser.ParseFile(u.fset, "decls", declText, parser.SkipObjectResolution|parser.ParseComments); err != nil {
		return nil, u.syntaxError(err)
	}
	if u.body, err = parser.ParseFile(u.fset, "body", bodyText, parser.SkipObjectResolution); err != nil {
		return nil, u.syntaxError(err)
	}
	u.fn = u.body.Decls[len(u.body.Decls)-1].(*ast.FuncDecl)
	if n := len(u.fn.Body.List); n > 0 {
		if e, ok := u.fn.Body.List[n-1].(*ast.ExprStmt); ok {
			u.last = e.X
		}
	}
	return u, nil
}

// syntaxError is the first error of the parser, with the line of the cell.
func (u *unit) syntaxError(err error) error {
	list, ok := err.(scanner.ErrorList)
	if !ok || len(list) == 0 {
		return fault.Errorf(fault.Misuse, "the cell cannot be read: %w", err)
	}
	at := min(max(list[0].Pos.Offset-u.prefix, 0), len(u.src))
	line := 1 + strings.Count(strings.TrimRight(u.src[:at], "\n"), "\n")
	return fault.Errorf(fault.Misuse, "line %d: %s", line, list[0].Msg)
}

// readImports takes the imports of the cell.
func (s *Session) readImports(u *unit) error {
	for _, c := range u.chunks {
		if c.kind != token.IMPORT {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), "", "package p;"+u.src[c.start:c.end], parser.ImportsOnly)
		line := 1 + strings.Count(u.src[:c.start], "\n")
		if err != nil {
			return fault.Errorf(fault.Misuse, "line %d: this import cannot be read", line)
		}
		for _, spec := range f.Imports {
			path, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
			p, err := s.world.find(path)
			if err != nil {
				return fmt.Errorf("line %d: %w", line, err)
			}
			name := p.Name()
			if spec.Name != nil {
				name = spec.Name.Name
			}
			if name == "." || name == "_" {
				return fault.Errorf(fault.Unsupported, "line %d: import of %q as %q: a cell imports under a name", line, path, name)
			}
			u.imports[name] = p.Path()
		}
	}
	return nil
}

// placeVariables decides which chunks are declarations of the package: variables are
// where a function, a type or another such variable of the cell refers to them, or
// one that stands before them.
func (u *unit) placeVariables() func(i int) bool {
	placed, mentioned := make([]bool, len(u.chunks)), map[string]bool{}
	place := func(i int) {
		placed[i] = true
		for _, p := range tokens(u.src[u.chunks[i].start:u.chunks[i].end]) {
			mentioned[p.lit] = mentioned[p.lit] || p.tok == token.IDENT
		}
	}
	names := make([][]string, len(u.chunks))
	for i, c := range u.chunks {
		switch c.kind {
		case token.FUNC, token.TYPE, token.CONST:
			place(i)
		case token.VAR:
			names[i] = u.variableNames(c)
			for before := range i {
				if u.chunks[before].kind == token.VAR && u.mentions(u.chunks[before], names[i]) {
					place(i)
					place(before)
				}
			}
		}
	}
	for again := true; again; {
		again = false
		for i := range u.chunks {
			if !placed[i] && slices.ContainsFunc(names[i], func(n string) bool { return mentioned[n] }) {
				place(i)
				again = true
			}
		}
	}
	return func(i int) bool { return placed[i] }
}

func (u *unit) mentions(c chunk, names []string) bool {
	return slices.ContainsFunc(tokens(u.src[c.start:c.end]), func(p piece) bool { return p.tok == token.IDENT && slices.Contains(names, p.lit) })
}

// variableNames are what a var declaration declares; nil where it does not parse.
func (u *unit) variableNames(c chunk) []string {
	f, err := parser.ParseFile(token.NewFileSet(), "", "package p;"+u.src[c.start:c.end], parser.SkipObjectResolution)
	if err != nil || len(f.Decls) != 1 {
		return nil
	}
	var names []string
	for _, spec := range f.Decls[0].(*ast.GenDecl).Specs {
		for _, n := range spec.(*ast.ValueSpec).Names {
			if n.Name != "_" {
				names = append(names, n.Name)
			}
		}
	}
	return names
}

// addImports adds the packages that the cell names without importing them: those of
// earlier cells, then those that are offered under the name.
func (s *Session) addImports(u *unit) {
	pieces := tokens(u.src)
	for i := 0; i+1 < len(pieces); i++ {
		name := pieces[i].lit
		if pieces[i].tok != token.IDENT || pieces[i+1].tok != token.PERIOD || u.imports[name] != "" || s.names[name] != nil {
			continue
		}
		if path := s.imports[name]; path != "" {
			u.imports[name] = path
		} else if path := s.world.byName[name]; path != "" {
			u.imports[name] = path
		}
	}
	for name := range u.imports {
		if u.declaresName(name) {
			delete(u.imports, name)
		}
	}
}

// declaresName reports whether the cell makes something of the name at its top.
func (u *unit) declaresName(name string) bool {
	for _, c := range u.chunks {
		p := tokens(u.src[c.start:c.end])
		if (c.kind == token.FUNC || c.kind == token.TYPE || c.kind == token.VAR || c.kind == token.CONST) && len(p) > 1 && p[1].lit == name {
			return true
		}
	}
	return false
}

func (u *unit) importLines() string {
	names := make([]string, 0, len(u.imports))
	for name := range u.imports {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "import %s %q;", name, u.imports[name])
	}
	return b.String()
}
