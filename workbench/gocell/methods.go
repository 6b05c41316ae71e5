package gocell

import (
	"go/ast"
	"go/types"
	"strconv"
	"strings"
)

// selector writes a method expression, such as (*T).Len, as a function literal: the
// interpreter takes it for a method value.
func (l *lowering) selector(n *ast.SelectorExpr) string {
	s := l.info.Selections[n]
	if s == nil || s.Kind() == types.FieldVal || s.Kind() == types.MethodVal && (l.called[n] || !byValue(s)) {
		return l.splice(n)
	}
	if s.Kind() == types.MethodVal {
		return l.bound(n)
	}
	sig := l.typeOf(n).(*types.Signature)
	return l.forwarding(sig, "", n.Sel.Name)
}

// byValue reports whether a method value holds a copy of its receiver.
func byValue(s *types.Selection) bool {
	recv := s.Obj().(*types.Func).Signature().Recv().Type()
	_, pointer := recv.Underlying().(*types.Pointer)
	return !pointer && !types.IsInterface(recv) && !types.IsInterface(s.Recv())
}

// bound writes a method value, whose receiver is copied when it is made: the
// interpreter copies it when it is called.
func (l *lowering) bound(n *ast.SelectorExpr) string {
	sig, r := l.typeOf(n).(*types.Signature), l.temp()
	return "func() func" + l.signatureText(sig) + " { " + r + " := " + l.receiver(n) + "; return " + l.forwarding(sig, r, n.Sel.Name) + " }()"
}

// receiver is what a method is called with: through the embedded fields on the way to
// it, as a copy or as an address.
func (l *lowering) receiver(s *ast.SelectorExpr) string {
	selection := l.info.Selections[s]
	text, t := l.out(s.X), l.typeOf(s.X)
	index := selection.Index()
	for _, i := range index[:len(index)-1] {
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		f := t.Underlying().(*types.Struct).Field(i)
		text, t = text+"."+l.fieldName(f), f.Type()
	}
	_, byPointer := selection.Obj().(*types.Func).Signature().Recv().Type().Underlying().(*types.Pointer)
	_, pointer := t.Underlying().(*types.Pointer)
	switch {
	case types.IsInterface(t) || byPointer == pointer:
		return text
	case byPointer:
		return "&" + text
	}
	return "*" + text
}

// forwarding is a function literal that calls a method of the receiver, or of its
// first parameter where that is empty.
func (l *lowering) forwarding(sig *types.Signature, receiver, method string) string {
	params, args := []string{}, []string{}
	if receiver != "" {
		args = append(args, receiver)
	}
	for i := range sig.Params().Len() {
		name, of := "p"+mark+strconv.Itoa(i), l.typeText(sig.Params().At(i).Type())
		if sig.Variadic() && i == sig.Params().Len()-1 {
			of = "..." + strings.TrimPrefix(of, "[]")
		}
		params, args = append(params, name+" "+of), append(args, name)
	}
	call := args[0] + "." + method + "(" + strings.Join(args[1:], ", ")
	if sig.Variadic() {
		call += "..."
	}
	back := ""
	if sig.Results().Len() > 0 {
		back = "return "
	}
	return "func(" + strings.Join(params, ", ") + ") " + l.resultText(sig.Results()) + " { " + back + call + ") }"
}

func (l *lowering) resultText(t *types.Tuple) string {
	words := make([]string, t.Len())
	for i := range words {
		words[i] = l.typeText(t.At(i).Type())
	}
	return "(" + strings.Join(words, ", ") + ")"
}
