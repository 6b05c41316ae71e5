package render

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"profilemate/frames"
)

// columnFormat writes the values of one table column in one unit and with one
// number of decimals, so that they can be compared down the column.
type columnFormat struct {
	field    frames.Field
	unit     string
	factor   float64
	decimals int
	numeric  bool
	group    string // between groups of three digits
}

// newColumnFormat chooses the unit from the middle of the values: the largest would
// push the typical one below the decimal point, the smallest would make the large
// ones unreadable.
func newColumnFormat(field frames.Field, rows [][]any, column int, group string) columnFormat {
	f := columnFormat{field: field, unit: field.Unit, factor: 1, group: group}
	f.numeric = field.Kind == frames.Int64 || field.Kind == frames.Float64
	if !f.numeric {
		return f
	}
	var sizes []float64
	whole := true
	for _, row := range rows {
		if column >= len(row) {
			continue
		}
		v, ok := number(row[column])
		whole = whole && (!ok || v == math.Trunc(v))
		if ok && v != 0 {
			sizes = append(sizes, math.Abs(v))
		}
	}
	if len(sizes) == 0 {
		return f
	}
	slices.Sort(sizes)
	middle := sizes[len(sizes)/2]
	f.factor, f.unit = ScaleUnit(field.Unit, middle)
	if f.factor != 1 || !whole {
		f.decimals = decimalsFor(middle * f.factor)
	}
	return f
}

// header is the column's name with the unit its values are written in.
func (f columnFormat) header() string {
	return frames.Field{Name: f.field.Name, Unit: f.unit}.String()
}

// cell writes one value; a missing one is a dash.
func (f columnFormat) cell(v any) string {
	switch v := v.(type) {
	case nil:
		return missing
	case string:
		if !f.numeric {
			return oneLine(v)
		}
	case bool:
		if v {
			return "yes"
		}
		return "no"
	}
	if f.factor == 1 && f.decimals == 0 {
		if text, ok := integer(v); ok {
			return groupDigits(text, f.group)
		}
	}
	x, ok := number(v)
	if !ok {
		return missing
	}
	x *= f.factor
	if math.Abs(x) >= 1e15 || x != 0 && math.Abs(x) < math.Pow10(-f.decimals)/2 {
		return strconv.FormatFloat(x, 'g', 3, 64)
	}
	return fixed(x, f.decimals, f.group)
}

// exact is the value as it is stored, with its unit; empty for a missing one.
func (f columnFormat) exact(v any) string {
	text := ""
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		text = v
	case float64:
		text = strconv.FormatFloat(v, 'f', -1, 64)
		if size := math.Abs(v); size != 0 && (size < 1e-6 || size >= 1e21) {
			text = strconv.FormatFloat(v, 'g', -1, 64)
		}
	default:
		if digits, ok := integer(v); ok {
			text = digits
			break
		}
		return ""
	}
	if f.field.Unit != "" && f.numeric {
		text += " " + f.field.Unit
	}
	return text
}

// number returns a JSON-ready value as a float; ok is false for a missing value and
// for text that is no number.
func number(v any) (x float64, ok bool) {
	switch v := v.(type) {
	case float64:
		x = v
	case int64:
		x = float64(v)
	case int:
		x = float64(v)
	case json.Number:
		return number(string(v))
	case string:
		parsed, err := strconv.ParseFloat(v, 64)
		if err != nil {
			return 0, false
		}
		x = parsed
	default:
		return 0, false
	}
	return x, !math.IsNaN(x) && !math.IsInf(x, 0)
}

// integer returns the digits of a whole number without rounding it.
func integer(v any) (string, bool) {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10), true
	case int:
		return strconv.Itoa(v), true
	case json.Number:
		return integer(string(v))
	case string:
		_, err := strconv.ParseInt(v, 10, 64)
		return v, err == nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return strconv.FormatFloat(v, 'f', 0, 64), true
		}
	}
	return "", false
}
