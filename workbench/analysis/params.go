package analysis

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"profilemate/workbench/fault"
)

// Values are parameters as text: the one form that a cell, a flag, a URL and a
// cache key share. A parameter at its default is left out.
type Values map[string]string

// Canonical returns the values as "a=1 b=x", sorted by name, quoted where needed.
func (v Values) Canonical() string {
	parts := make([]string, 0, len(v))
	for _, name := range slices.Sorted(maps.Keys(v)) {
		parts = append(parts, name+"="+quoteWord(v[name]))
	}
	return strings.Join(parts, " ")
}

// ParamKind is the type of a parameter.
type ParamKind string

// The kinds of parameter, and how their text looks.
const (
	FloatParam    ParamKind = "float"    // 0.5, 1e12
	IntParam      ParamKind = "int"      // 20
	BoolParam     ParamKind = "bool"     // true, false
	StringParam   ParamKind = "string"   // any text
	DurationParam ParamKind = "duration" // 1.5ms, 2s
	EnumParam     ParamKind = "enum"     // one of Options
)

// describe says what the text of a parameter has to be.
func (k ParamKind) describe() string {
	switch k {
	case FloatParam:
		return "a finite number"
	case IntParam:
		return "a whole number"
	case DurationParam:
		return "a duration such as 100ms"
	}
	return "true or false"
}

// Param is a declared parameter. It comes from one field of the params struct:
//
//	Top int `param:"top" doc:"rows of the chart" min:"1" max:"100"`
//	By  string `param:"by" doc:"what bars show" enum:"time,count"`
//	Gap time.Duration `param:"gap" doc:"shortest gap" min:"0s"`
type Param struct {
	Name    string    `json:"name"`
	Kind    ParamKind `json:"kind"`
	Doc     string    `json:"doc"`
	Unit    string    `json:"unit,omitempty"`
	Default string    `json:"default"`
	Min     string    `json:"min,omitempty"`
	Max     string    `json:"max,omitempty"`
	Options []string  `json:"options,omitempty"`

	field int
}

// reserved are names that the command line and the cell text use themselves.
var reserved = []string{"format", "table", "output", "help", "inputs", asWord}

// DeclareParams returns the parameters that the fields of a struct declare, for what
// is no analysis but takes parameters as one does. A field without its tags, of an
// unsupported type or with a bad default is an error.
func DeclareParams(defaults any) ([]Param, error) { return paramsOf(defaults) }

// BindParams checks the values against what DeclareParams returned for the type of
// *params and writes them over what *params holds. Unknown names and values out of
// bounds are Misuse; the error begins with the subject.
func BindParams(subject string, declared []Param, values Values, params any) error {
	return bind(subject, declared, values, params)
}

func paramsOf(defaults any) ([]Param, error) {
	v := reflect.ValueOf(defaults)
	if v.Kind() != reflect.Struct {
		return nil, fmt.Errorf("the parameters are a %s, not a struct", v.Kind())
	}
	list := []Param{}
	for i := range v.NumField() {
		p, err := paramOf(v.Type().Field(i), v.Field(i))
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(list, func(q Param) bool { return q.Name == p.Name }) {
			return nil, fmt.Errorf("parameter %q stands twice", p.Name)
		}
		p.field = i
		list = append(list, p)
	}
	return list, nil
}

func paramOf(f reflect.StructField, v reflect.Value) (Param, error) {
	p := Param{Name: f.Tag.Get("param"), Doc: f.Tag.Get("doc"), Unit: f.Tag.Get("unit"),
		Min: f.Tag.Get("min"), Max: f.Tag.Get("max")}
	if !namePattern.MatchString(p.Name) || p.Doc == "" || !f.IsExported() {
		return p, fmt.Errorf("parameter field %s needs param and doc tags", f.Name)
	}
	if slices.Contains(reserved, p.Name) {
		return p, fmt.Errorf("parameter name %q is reserved", p.Name)
	}
	switch v.Interface().(type) {
	case time.Duration:
		p.Kind = DurationParam
	case float64:
		p.Kind = FloatParam
	case int:
		p.Kind = IntParam
	case bool:
		p.Kind = BoolParam
	case string:
		p.Kind = StringParam
		if options := f.Tag.Get("enum"); options != "" {
			p.Kind, p.Options = EnumParam, strings.Split(options, ",")
		}
	default:
		return p, fmt.Errorf("parameter %s has the unsupported type %s", p.Name, f.Type)
	}
	p.Default = format(v)
	if _, err := p.parse(p.Default); err != nil {
		return p, fmt.Errorf("the default of %w", err)
	}
	return p, nil
}

func format(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Duration:
		return x.String()
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return fmt.Sprint(v.Interface())
}

// parse reads text as the parameter's type and checks its bounds.
func (p Param) parse(text string) (any, error) {
	var value any
	var err error
	var size float64
	switch p.Kind {
	case FloatParam:
		value, err = strconv.ParseFloat(text, 64)
		size, _ = value.(float64)
		if err == nil && (math.IsNaN(size) || math.IsInf(size, 0)) {
			err = fmt.Errorf("not finite")
		}
	case IntParam:
		value, err = strconv.Atoi(text)
		n, _ := value.(int)
		size = float64(n)
	case BoolParam:
		value, err = strconv.ParseBool(text)
	case DurationParam:
		value, err = time.ParseDuration(text)
		d, _ := value.(time.Duration)
		size = float64(d)
	case EnumParam:
		if !slices.Contains(p.Options, text) {
			return nil, fmt.Errorf("%s: %q is none of %s", p.Name, text, strings.Join(p.Options, ", "))
		}
		return text, nil
	default:
		return text, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %q is not %s", p.Name, text, p.Kind.describe())
	}
	return value, p.checkBounds(text, size)
}

func (p Param) checkBounds(text string, size float64) error {
	unit := ""
	if p.Unit != "" {
		unit = " " + p.Unit
	}
	if low, ok := p.bound(p.Min); ok && size < low {
		return fmt.Errorf("%s: %s is below %s%s", p.Name, text, p.Min, unit)
	}
	if high, ok := p.bound(p.Max); ok && size > high {
		return fmt.Errorf("%s: %s is above %s%s", p.Name, text, p.Max, unit)
	}
	return nil
}

func (p Param) bound(text string) (float64, bool) {
	if text == "" {
		return 0, false
	}
	if p.Kind == DurationParam {
		d, err := time.ParseDuration(text)
		return float64(d), err == nil
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil
}

// bind writes the values over the defaults in *params.
func bind(analysis string, declared []Param, values Values, params any) error {
	target := reflect.ValueOf(params).Elem()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		i := slices.IndexFunc(declared, func(p Param) bool { return p.Name == name })
		if i < 0 {
			return fault.Errorf(fault.Misuse, "%s: there is no parameter %q%s", analysis, name, listParams(declared))
		}
		value, err := declared[i].parse(values[name])
		if err != nil {
			return fault.Errorf(fault.Misuse, "%s: parameter %w", analysis, err)
		}
		target.Field(declared[i].field).Set(reflect.ValueOf(value))
	}
	return nil
}

func listParams(declared []Param) string {
	if len(declared) == 0 {
		return " (it takes none)"
	}
	names := make([]string, len(declared))
	for i, p := range declared {
		names[i] = p.Name
	}
	return " (there are: " + strings.Join(names, ", ") + ")"
}

// Normalize checks the values against the declaration and returns them without
// those at their default, in canonical spelling: the form that goes into cells
// and cache keys.
func (a Analysis) Normalize(v Values) (Values, error) {
	if _, err := a.begin(v); err != nil {
		return nil, err
	}
	out := Values{}
	for _, p := range a.Params {
		text, ok := v[p.Name]
		if !ok {
			continue
		}
		value, err := p.parse(text)
		if err != nil {
			return nil, err
		}
		if canonical := format(reflect.ValueOf(value)); canonical != p.Default {
			out[p.Name] = canonical
		}
	}
	return out, nil
}
