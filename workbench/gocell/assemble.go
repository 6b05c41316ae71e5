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
)

// compiled writes the two texts of the cell. Each keeps the lines of the cell.
func (l *lowering) compiled() *compiled {
	c := &compiled{unit: l.unit, number: l.number, names: l.names}
	if l.last != nil {
		c.shown = l.shownType()
		_, c.several = c.shown.(*types.Tuple)
	}
	l.conversions()
	l.askedShapes()
	l.sequence()
	decls := l.file(l.decls)
	body := ""
	if defersIn(l.fn.Body) {
		d := l.newDeferral(nil)
		l.deferrals, l.results = append(l.deferrals, d), append(l.results, nil)
		body = d.before(l) + l.statements(c.shown) + d.after(l, nil)
	} else {
		l.deferrals, l.results = append(l.deferrals, nil), append(l.results, nil)
		body = l.statements(c.shown)
	}
	variables := l.variables()
	var calls strings.Builder
	for _, spec := range l.initOrder() {
		calls.WriteString(l.inits[spec] + "();")
	}
	name := "cell" + mark + strconv.Itoa(l.number)
	c.imports, c.asked, c.effects = l.imports, l.asked, l.writes.all()
	c.decls = "package main;" + variables + strings.Join(l.helpers, "") + decls
	c.body = "package main;func " + name + "() {" + calls.String() + body + "\n}"
	c.call = name + "()"
	return c
}

// file rewrites the declarations, each on its line.
func (l *lowering) file(f *ast.File) string {
	var b strings.Builder
	at := 0
	for _, d := range f.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
			continue
		}
		b.WriteString(lines(l.src[at:max(l.offset(d.Pos()), at)]))
		b.WriteString(ended(l.out(d)))
		at = l.offset(d.End())
	}
	return b.String()
}

// ended is a declaration or statement with its semicolon.
func ended(text string) string {
	if trimmed := strings.TrimSpace(text); trimmed == "" || strings.HasSuffix(trimmed, ";") {
		return text
	}
	return text + ";"
}

// lines are the line ends of a text.
func lines(text string) string { return strings.Repeat("\n", strings.Count(text, "\n")) }

// statements rewrites the body, its last expression shown.
func (l *lowering) statements(shown types.Type) string {
	var b strings.Builder
	at := 0
	for i, s := range l.fn.Body.List {
		b.WriteString(lines(l.src[at:max(l.offset(s.Pos()), at)]))
		b.WriteString(l.lineMark(s))
		if shown != nil && i == len(l.fn.Body.List)-1 {
			b.WriteString(l.showing(shown))
		} else {
			b.WriteString(ended(l.out(s)))
		}
		at = min(l.offset(s.End()), len(l.src))
	}
	return b.String()
}

// shownType is the type of the last expression, nil where it is not shown: it has no
// value, or prints by itself.
func (l *lowering) shownType() types.Type {
	tv := l.info.Types[l.last]
	if tv.IsVoid() || tv.IsType() || tv.Type == nil || tv.IsBuiltin() {
		return nil
	}
	if call, ok := ast.Unparen(l.last).(*ast.CallExpr); ok {
		if s, ok := call.Fun.(*ast.SelectorExpr); ok {
			if f, ok := l.objectOf(s.Sel).(*types.Func); ok && f.Pkg() != nil && f.Pkg().Path() == "fmt" && strings.Contains(f.Name(), "rint") && !strings.HasPrefix(f.Name(), "S") {
				return nil
			}
		}
	}
	if t, ok := tv.Type.(*types.Tuple); ok && t.Len() == 0 {
		return nil
	}
	return tv.Type
}

// showing gives the value of the last expression to the session.
func (l *lowering) showing(t types.Type) string {
	text := l.out(l.last)
	tuple, ok := t.(*types.Tuple)
	if !ok {
		if b, ok := t.(*types.Basic); ok && b.Kind() == types.UntypedNil {
			return l.host("Show") + "(nil);"
		}
		if l.ownType(t) != nil && types.NewMethodSet(t).Lookup(nil, "String") != nil {
			return l.host("ShowText") + "((" + text + ").String());"
		}
		value := l.temp()
		return value + " := " + text + "; " + l.host("Show") + "(" + value + ");"
	}
	names := make([]string, tuple.Len())
	for i := range names {
		names[i] = l.temp()
	}
	out := strings.Join(names, ", ") + " := " + text + ";"
	for _, n := range names {
		out += l.host("Show") + "(" + n + ");"
	}
	return out
}

// variables declares the variables of the cell's top that have no storage yet.
func (l *lowering) variables() string {
	var b strings.Builder
	for _, o := range l.topObjects() {
		if v, ok := o.(*types.Var); ok && (l.session.names[o.Name()] == nil || l.session.names[o.Name()].emitted != l.names[o]) {
			fmt.Fprintf(&b, "var %s %s;", l.names[o], l.typeText(v.Type()))
		}
	}
	return b.String()
}

// initOrder are the variables of the package in the order of their initialization.
func (l *lowering) initOrder() []*ast.ValueSpec {
	order := map[types.Object]int{}
	for i, init := range l.info.InitOrder {
		for _, v := range init.Lhs {
			order[v] = i
		}
	}
	return slices.SortedFunc(maps.Keys(l.inits), func(a, b *ast.ValueSpec) int {
		return order[l.objectOf(a.Names[0])] - order[l.objectOf(b.Names[0])]
	})
}
