package gocell

import (
	"maps"
	"reflect"
	"runtime"
	"slices"
	"unicode/utf8"

	"github.com/traefik/yaegi/interp"
)

// exports are the packages of the interpreter.
func (s *Session) exports() interp.Exports {
	e := interp.Exports{".": {"MapTypes": reflect.ValueOf(methodTypes())},
		hostPath + "/" + hostPath: {
			"Go":            reflect.ValueOf(s.goroutine),
			"Clear":         reflect.ValueOf(clearValue),
			"Try":           reflect.ValueOf(try),
			"Repanic":       reflect.ValueOf(func(v any) { panic(v) }),
			"Caught":        reflect.ValueOf(caught),
			"Min":           reflect.ValueOf(func(x ...float64) float64 { return slices.Min(x) }),
			"Max":           reflect.ValueOf(func(x ...float64) float64 { return slices.Max(x) }),
			"Negative":      reflect.ValueOf(func(x float64) float64 { return -x }),
			"Same":          reflect.ValueOf(same),
			"IsOrWraps":     reflect.ValueOf(isOrWraps),
			"Rune":          reflect.ValueOf(runeAt),
			"NegativeShift": reflect.ValueOf(func() { panic(runtimeError("runtime error: negative shift amount")) }),
			"NilPanic":      reflect.ValueOf(func() { panic(runtimeError(new(runtime.PanicNilError).Error())) }),
			"NotA":          reflect.ValueOf(notA),
			"NilPointer":    reflect.ValueOf(nilPointer),
			"ShowText":      reflect.ValueOf(func(v string) { s.show(shownText(v)) }),
			"Show":          reflect.ValueOf(func(v any) { s.show(v) }),
		}}
	for key, table := range s.world.tables {
		e[key] = table
	}
	e["time/time"] = maps.Clone(e["time/time"])
	e["time/time"]["Sleep"] = reflect.ValueOf(s.sleep)
	return e
}

// runeAt is the character of a text at a byte, and its length.
func runeAt(text string, at int) (rune, int) { return utf8.DecodeRuneInString(text[at:]) }

func clearValue(v any) { reflect.ValueOf(v).Clear() }
