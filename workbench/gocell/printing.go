package gocell

import (
	"go/ast"
	"go/constant"
	"go/types"
	"strings"
)

// printing holds a call of fmt or json to what the compiled function sees of
// interpreted values: it does not see the names of types, nor methods of what is
// within a value, and it sees unexported fields under other names.
func (l *lowering) printing(n *ast.CallExpr, f *types.Func) {
	switch f.Pkg().Path() {
	case "fmt":
		l.fmtCall(n, f)
	case "encoding/json", "encoding/binary":
		for _, a := range n.Args {
			l.printed[ast.Unparen(a)] = true
			if l.becomes[ast.Unparen(a)] != nil && l.hasHidden(l.info.TypeOf(a), map[types.Type]bool{}) {
				l.refuse(a, "%s.%s does not see a struct of a cell as it is; export its fields, embed no struct, and use no methods of its own", f.Pkg().Name(), f.Name())
			}
		}
	case "errors":
		if f.Name() == "As" && len(n.Args) == 2 && l.containsOwn(l.info.TypeOf(n.Args[1])) {
			l.refuse(n, "errors.As does not see the error types of cells; use errors.Is, or a method of the error")
		}
	}
}

func (l *lowering) fmtCall(n *ast.CallExpr, f *types.Func) {
	s := f.Signature()
	if !s.Variadic() || n.Ellipsis.IsValid() {
		return
	}
	first := s.Params().Len() - 1
	format, isFormat := "", strings.HasSuffix(f.Name(), "f")
	if isFormat {
		v := l.info.Types[n.Args[first-1]].Value
		if v == nil || v.Kind() != constant.String {
			isFormat = false
			for _, a := range n.Args[first:] {
				if l.containsOwn(l.info.TypeOf(a)) {
					l.refuse(a, "a value of a cell's type is formatted by a constant text only; write the format where it is used")
				}
			}
		} else {
			format = constant.StringVal(v)
		}
	}
	verbs := verbsOf(format)
	for i, a := range n.Args[first:] {
		l.printed[ast.Unparen(a)] = true
		verb := byte('v')
		flags := ""
		if isFormat {
			verb = 'v'
			if i < len(verbs) {
				verb, flags = verbs[i].verb, verbs[i].flags
			}
			if strings.Contains(format, "%[") && l.containsOwn(l.info.TypeOf(a)) {
				l.refuse(a, "a value of a cell's type is formatted in the order of the arguments only; leave out the numbers in %%[…]")
			}
		}
		l.printedValue(a, verb, flags)
	}
}

func (l *lowering) printedValue(a ast.Expr, verb byte, flags string) {
	t := l.info.TypeOf(a)
	own := l.ownType(t)
	switch {
	case (verb == 'T' || verb == 'v' && strings.Contains(flags, "#")) && l.containsOwn(t):
		l.refuse(a, "%%T and %%#v do not see the names of types that cells declare; write the name yourself")
	case verb == 'w' && own != nil:
		l.becomes[ast.Unparen(a)] = types.Universe.Lookup("error").Type()
	case verb == 'v' && strings.Contains(flags, "+") && l.hasHidden(t, map[types.Type]bool{}):
		l.refuse(a, "%%+v does not see the names of unexported and embedded fields; export them, or print them one by one")
	case own != nil && l.hasMethods(own) && !strings.ContainsRune("vsqxXTp", rune(verb)):
		if b, ok := own.Underlying().(*types.Basic); ok {
			l.plainly[ast.Unparen(a)] = b.Name()
		} else {
			l.refuse(a, "%%%c of a value with methods is not run by cells; use %%v, or print its parts", verb)
		}
	}
	if l.methodsWithin(t, own != nil, map[types.Type]bool{}) {
		l.refuse(a, "printing does not see the methods of the cell's types within this value; print its parts one by one")
	}
}

// verb is one verb of a format with its flags.
type verb struct {
	verb  byte
	flags string
}

// verbsOf lists the verbs of a format, one for each argument.
func verbsOf(format string) []verb {
	var list []verb
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		start := i + 1
		for i++; i < len(format) && strings.IndexByte("+-# 0123456789.*[]", format[i]) >= 0; i++ {
			if format[i] == '*' {
				list = append(list, verb{'d', ""})
			}
		}
		if i < len(format) && format[i] != '%' {
			list = append(list, verb{format[i], format[start:i]})
		}
	}
	return list
}

// hasMethods reports whether fmt would ask the type how it is shown.
func (l *lowering) hasMethods(t types.Type) bool {
	set := types.NewMethodSet(types.NewPointer(t))
	for _, name := range []string{"String", "Error", "Format", "GoString", "MarshalJSON", "MarshalText", "UnmarshalJSON", "UnmarshalText"} {
		if set.Lookup(nil, name) != nil {
			return true
		}
	}
	return false
}

// within walks what a value of a type holds, and reports whether one part satisfies.
func within(t types.Type, seen map[types.Type]bool, is func(types.Type) bool) bool {
	t = types.Unalias(t)
	if t == nil || seen[t] {
		return false
	}
	seen[t] = true
	if is(t) {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		return within(u.Elem(), seen, is)
	case *types.Slice:
		return within(u.Elem(), seen, is)
	case *types.Array:
		return within(u.Elem(), seen, is)
	case *types.Map:
		return within(u.Key(), seen, is) || within(u.Elem(), seen, is)
	case *types.Struct:
		for i := range u.NumFields() {
			if within(u.Field(i).Type(), seen, is) {
				return true
			}
		}
	}
	return false
}

func (l *lowering) isOwn(t types.Type) bool {
	n, ok := t.(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "main"
}

func (l *lowering) containsOwn(t types.Type) bool {
	return within(t, map[types.Type]bool{}, l.isOwn)
}

// methodsWithin reports whether a part of the value has methods of a cell that say
// how it is shown; the value itself is left out where it is one of those.
func (l *lowering) methodsWithin(t types.Type, top bool, seen map[types.Type]bool) bool {
	t = types.Unalias(t)
	if top {
		if p, ok := t.(*types.Pointer); ok {
			seen[t] = true
			t = types.Unalias(p.Elem())
		}
		if l.hasMethods(t) {
			return false // it is asked itself
		}
	}
	return within(t, seen, func(t types.Type) bool { return l.isOwn(t) && l.hasMethods(t) })
}

// hasHidden reports whether a struct that the interpreter makes has unexported
// fields or methods.
func (l *lowering) hasHidden(t types.Type, seen map[types.Type]bool) bool {
	return within(t, seen, func(t types.Type) bool {
		if n, ok := t.(*types.Named); ok {
			if !l.isOwn(n) {
				seen[n.Underlying()] = true
				return false
			}
			if l.hasMethods(n) {
				return true
			}
		}
		s, ok := t.Underlying().(*types.Struct)
		if !ok || seen[s] && t != s {
			return false
		}
		if n, named := t.(*types.Named); named && !l.isOwn(n) {
			return false
		}
		for f := range s.Fields() {
			if !f.Exported() || f.Embedded() {
				return true
			}
		}
		return false
	})
}
