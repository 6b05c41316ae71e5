package gocell

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"profilemate/workbench/fault"
	"profilemate/workbench/gocell/api"
)

// runtimeError is an error of the runtime in the words of compiled code.
type runtimeError string

func (e runtimeError) Error() string { return string(e) }

// RuntimeError marks it as runtime.Error does.
func (runtimeError) RuntimeError() {}

var place = regexp.MustCompile(`^(_\.go:)?\d+:\d+: `)

// try calls a function and returns the panic that ended it, nil for none.
func try(f func()) (value any) {
	defer func() {
		value = recovered(recover())
		if r, ok := value.(refusal); ok {
			panic(r)
		}
	}()
	f()
	return nil
}

// recovered gives a recovered panic the value that compiled code would have. It
// panics for one whose value the interpreter has lost: no cell may go on from that
// with a wrong answer.
func recovered(v any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case reflect.Value: // as the interpreter panics with some values
		if v.IsValid() && v.CanInterface() {
			return recovered(v.Interface())
		}
	case *reflect.ValueError:
		return nilDereference
	case runtimeError, refusal, api.Failure:
		return v
	case error:
		return recoveredText(v.Error(), v)
	case string:
		return recoveredText(v, v)
	}
	return v
}

const nilDereference = runtimeError("runtime error: invalid memory address or nil pointer dereference")

func recoveredText(text string, v any) any {
	unhashable, isUnhashable := strings.CutPrefix(text, "hash of unhashable type: ")
	convert, isConvert := strings.CutPrefix(text, "reflect: cannot convert slice with length ")
	switch {
	case place.MatchString(text) && strings.Contains(text, "interface conversion"):
		return runtimeError(place.ReplaceAllString(text, ""))
	case isUnhashable:
		return runtimeError("runtime error: hash of unhashable type " + unhashable)
	case isConvert:
		return runtimeError("runtime error: cannot convert slice with length " + strings.Replace(convert, " to pointer to array", " to array or pointer to array", 1))
	case strings.HasPrefix(text, "reflect") && (strings.Contains(text, "zero Value") || strings.Contains(text, "nil function") || strings.Contains(text, "nil interface value")):
		return nilDereference
	case strings.HasPrefix(text, "reflect.MakeSlice"):
		return runtimeError("runtime error: makeslice: len out of range")
	case strings.HasPrefix(text, "reflect") && strings.Contains(text, "out of "):
		return runtimeError(outOfRange(text))
	case strings.HasPrefix(text, "reflect"):
		return refusal{api.Failure{Err: fault.WithRemedy(fault.Errorf(fault.Unsupported, "the interpreter cannot run this: %s", text), "write it in smaller steps")}}
	}
	return v
}

// refusal ends a cell at run time where going on would give a wrong answer. No
// deferred call runs after it, and nothing recovers from it.
type refusal struct{ api.Failure }

func refuse(remedy, format string, args ...any) {
	panic(refusal{api.Failure{Err: fault.WithRemedy(fault.Errorf(fault.Unsupported, format, args...), "%s", remedy)}})
}

// caught is the value of recover in a cell.
func caught(v any) any {
	if e, ok := v.(runtimeError); ok && strings.HasSuffix(string(e), " range") && !strings.Contains(string(e), "makeslice") {
		refuse("check the index instead", "recovered from %q, of which the interpreter does not know the numbers", string(e))
	}
	return v
}

// outOfRange says an index fault without the numbers that compiled code tells.
func outOfRange(text string) string {
	if strings.Contains(text, "Slice") {
		return "runtime error: slice bounds out of range"
	}
	return "runtime error: index out of range"
}

// notA ends a cell at an assertion that does not hold.
func notA(name string) {
	refuse("use the form v, ok := x.(T) to ask", "the value in the interface is not a %s", name)
}

// nilPointer refuses at run time what would give a wrong answer.
func nilPointer() {
	refuse("return or assign nil itself where there is no value", "a nil pointer becomes an interface value, which the interpreter takes for nil")
}

// panicText says the value of a panic as a compiled program would.
func panicText(v any) string {
	switch v := recovered(v).(type) {
	case refusal:
		return v.Err.Error()
	case error:
		return cut(v.Error())
	case string:
		return cut(v)
	default:
		return cut(fmt.Sprint(v))
	}
}

// longestText is the most bytes of an error that are shown.
const longestText = 2000

// cut bounds a text that a cell made.
func cut(text string) string {
	if len(text) > longestText {
		return strings.ToValidUTF8(text[:longestText], "") + "…"
	}
	return text
}
