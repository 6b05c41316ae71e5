package gocell

import (
	"fmt"
	"go/types"
	"strconv"
	"strings"
)

// typeText writes a type as the text names it.
func (l *lowering) typeText(t types.Type) string {
	switch t := t.(type) {
	case *types.Basic:
		return t.Name()
	case *types.Alias:
		return l.typeText(types.Unalias(t))
	case *types.Named:
		return l.namedText(t)
	case *types.Pointer:
		return "*" + l.typeText(t.Elem())
	case *types.Slice:
		return "[]" + l.typeText(t.Elem())
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), l.typeText(t.Elem()))
	case *types.Map:
		return "map[" + l.typeText(t.Key()) + "]" + l.typeText(t.Elem())
	case *types.Chan:
		return [...]string{"chan ", "chan<- ", "<-chan "}[t.Dir()] + "(" + l.typeText(t.Elem()) + ")"
	case *types.Signature:
		return "func" + l.signatureText(t)
	case *types.Struct:
		return l.structText(t)
	case *types.Interface:
		return l.interfaceText(t)
	}
	return types.TypeString(t, nil)
}

func (l *lowering) namedText(t *types.Named) string {
	o := t.Obj()
	switch {
	case o.Pkg() == nil: // error
		return o.Name()
	case o.Pkg().Path() == "main":
		if name := l.nameOf(o); name != "" {
			return name
		}
		return l.localName(o)
	}
	if t.TypeArgs().Len() > 0 {
		l.refuse(l.now, "%s.%s is generic and compiled, and is not run by cells; %s", o.Pkg().Name(), o.Name(), insteadOfGeneric(o))
		return "interface{}"
	}
	if table := l.session.world.tables[o.Pkg().Path()+"/"+o.Pkg().Name()]; !o.Exported() || table == nil {
		l.refuse(l.now, "a cell cannot name the type %s.%s, and so cannot keep its value in a variable; use it within one expression", o.Pkg().Name(), o.Name())
		return "interface{}"
	}
	return l.importName(o.Pkg()) + "." + o.Name()
}

func (l *lowering) signatureText(t *types.Signature) string {
	list := func(tuple *types.Tuple, variadic bool) string {
		words := make([]string, tuple.Len())
		for i := range words {
			words[i] = l.typeText(tuple.At(i).Type())
			if variadic && i == len(words)-1 {
				words[i] = "..." + strings.TrimPrefix(words[i], "[]")
			}
		}
		return "(" + strings.Join(words, ", ") + ")"
	}
	text := list(t.Params(), t.Variadic())
	if t.Results().Len() > 0 {
		text += " " + list(t.Results(), false)
	}
	return text
}

func (l *lowering) structText(t *types.Struct) string {
	fields := make([]string, t.NumFields())
	for i := range fields {
		f := t.Field(i)
		fields[i] = f.Name() + " " + l.typeText(f.Type())
		if f.Embedded() {
			fields[i] = l.typeText(f.Type())
		}
		if tag := t.Tag(i); tag != "" {
			fields[i] += " " + strconv.Quote(tag)
		}
	}
	return "struct{" + strings.Join(fields, "; ") + "}"
}

func (l *lowering) interfaceText(t *types.Interface) string {
	if t.Empty() {
		return "interface{}"
	}
	methods := make([]string, t.NumMethods())
	for i := range methods {
		methods[i] = t.Method(i).Name() + l.signatureText(t.Method(i).Signature())
	}
	return "interface{" + strings.Join(methods, "; ") + "}"
}
