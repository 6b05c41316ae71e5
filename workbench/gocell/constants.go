package gocell

import (
	"go/constant"
	"go/types"
	"strconv"
	"strings"
)

// constant writes a value that the checker has computed: the interpreter has its own
// ideas of untyped constants.
func (l *lowering) constant(tv types.TypeAndValue) string {
	t := types.Default(tv.Type)
	basic, ok := t.Underlying().(*types.Basic)
	if !ok {
		return "nil"
	}
	text := literal(basic, tv.Value)
	if t == types.Typ[types.Int] || t == types.Typ[types.String] || t == types.Typ[types.Float64] || t == types.Typ[types.Bool] {
		return text
	}
	return l.typeText(t) + "(" + text + ")"
}

// literal writes a constant as Go text of the given type.
func literal(t *types.Basic, v constant.Value) string {
	switch {
	case t.Info()&types.IsString != 0:
		return strconv.Quote(constant.StringVal(v))
	case t.Info()&types.IsBoolean != 0:
		return v.String()
	case t.Info()&types.IsInteger != 0:
		return constant.ToInt(v).ExactString()
	case t.Info()&types.IsFloat != 0:
		return floatText(v)
	}
	return "complex(" + floatText(constant.Real(v)) + ", " + floatText(constant.Imag(v)) + ")"
}

func floatText(v constant.Value) string {
	f, _ := constant.Float64Val(v)
	text := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}
