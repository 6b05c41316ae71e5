package gocell

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// genDecl rewrites a declaration. Constants are written where they are used. The
// variables at the top of a cell are declared before it and set here.
func (l *lowering) genDecl(n *ast.GenDecl) string {
	lines := strings.Repeat("\n", strings.Count(l.source(n.Pos(), n.End()), "\n"))
	switch n.Tok {
	case token.CONST, token.IMPORT:
		return lines
	case token.TYPE:
		return l.splice(n)
	}
	if l.inFunc > 0 || !l.topVar(n) {
		return l.localVariables(n)
	}
	var b strings.Builder
	at := n.Pos()
	for _, s := range n.Specs {
		spec := s.(*ast.ValueSpec)
		b.WriteString(strings.Repeat("\n", strings.Count(l.source(at, spec.Pos()), "\n")))
		b.WriteString(l.setVariables(spec))
		at = spec.End()
	}
	b.WriteString(strings.Repeat("\n", strings.Count(l.source(at, n.End()), "\n")))
	return b.String()
}

func (l *lowering) topVar(n *ast.GenDecl) bool {
	for _, s := range n.Specs {
		for _, id := range s.(*ast.ValueSpec).Names {
			if id.Name != "_" {
				return l.isTop(l.objectOf(id))
			}
		}
	}
	return false
}

// setVariables sets variables that are declared before the cell; one without a value
// is zero there.
func (l *lowering) setVariables(spec *ast.ValueSpec) string {
	if len(spec.Values) == 0 {
		var b strings.Builder
		for _, id := range spec.Names { // its storage may be that of an earlier run of the cell
			if id.Name != "_" {
				b.WriteString("{ var z" + mark + " " + l.typeText(l.objectOf(id).Type()) + "; " + l.out(id) + " = z" + mark + " };")
			}
		}
		return l.initializer(spec, b.String())
	}
	var left, right []string
	for _, id := range spec.Names {
		left = append(left, l.out(id))
	}
	if l.manyInterfaces(spec) {
		text := ""
		for i, v := range spec.Values {
			text += left[i] + " = " + l.out(v) + "; "
		}
		return l.initializer(spec, text)
	}
	for _, v := range spec.Values {
		right = append(right, l.out(v))
	}
	return l.initializer(spec, strings.Join(left, ", ")+" = "+strings.Join(right, ", ")+";")
}

// initializer wraps the setting of a variable of the package in a function, which
// runs in the order of initialization.
func (l *lowering) initializer(spec *ast.ValueSpec, set string) string {
	if l.fset.File(spec.Pos()) != l.fset.File(l.decls.Pos()) {
		return set
	}
	name := l.temp()
	l.inits[spec] = name
	return "func " + name + "() { " + set + " };"
}

// localVariables declares the variables of a function. Several of an interface type are
// declared one by one: the interpreter confuses their values.
func (l *lowering) localVariables(n *ast.GenDecl) string {
	if !slices.ContainsFunc(n.Specs, func(s ast.Spec) bool { return l.manyInterfaces(s.(*ast.ValueSpec)) }) {
		return l.splice(n)
	}
	text, at := "", n.Pos()
	for _, s := range n.Specs {
		spec := s.(*ast.ValueSpec)
		text += l.gap(at, spec)
		at = spec.End()
		if !l.manyInterfaces(spec) {
			text += "var " + ended(l.out(spec)) + " "
			continue
		}
		temps, set := make([]string, len(spec.Values)), ""
		for i, v := range spec.Values {
			temps[i] = l.temp()
			text += "var " + temps[i] + " " + l.typeText(l.typeOf(spec.Type)) + " = " + l.out(v) + "; "
			set += "var " + l.out(spec.Names[i]) + " " + l.typeText(l.typeOf(spec.Type)) + " = " + temps[i] + "; "
		}
		text += set
	}
	return text + l.gapTo(at, n.End())
}

func (l *lowering) manyInterfaces(spec *ast.ValueSpec) bool {
	return spec.Type != nil && len(spec.Values) > 1 && types.IsInterface(l.typeOf(spec.Type))
}
