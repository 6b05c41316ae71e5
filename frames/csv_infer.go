package frames

import (
	"fmt"
	"strconv"
	"strings"
)

// csvFrame turns the collected texts into typed columns, in the order of the
// schema, or of the file where there is none.
func csvFrame(name string, fields Schema, texts []csvColumn, lines []int32, schema Schema) (*Frame, error) {
	columns := make([]Column, 0, len(fields))
	for i := range texts {
		if !texts[i].wanted {
			continue
		}
		if schema == nil {
			fields[i].Kind = texts[i].infer()
		}
		c, err := texts[i].column(fields[i], lines)
		if err != nil {
			return nil, err
		}
		columns = append(columns, c)
	}
	f, err := New(name, columns...)
	if err != nil || schema == nil {
		return f, err
	}
	return f.Select(schema.Names()...)
}

// infer returns the narrowest kind that holds all the texts exactly; String when
// there are none.
func (c *csvColumn) infer() Kind {
	for _, kind := range []Kind{Bool, Int64, Float64} {
		if c.dict.Len() > 0 && c.all(kind) {
			return kind
		}
	}
	return String
}

func (c *csvColumn) all(kind Kind) bool {
	for _, text := range c.dict.values {
		if !looksLike(text, kind) {
			return false
		}
	}
	return true
}

// looksLike is stricter than parsing: text such as "007", "+5", "1_000", "0x1p4" or
// "Infinity" is more likely a name than a number.
func looksLike(text string, kind Kind) bool {
	switch kind {
	case Bool:
		return text == "true" || text == "false"
	case Int64:
		v, err := strconv.ParseInt(text, 10, 64)
		return err == nil && strconv.FormatInt(v, 10) == text
	}
	switch text {
	case "NaN", "Inf", "+Inf", "-Inf":
		return true
	}
	digits := strings.TrimPrefix(text, "-")
	if strings.HasPrefix(text, "+") {
		return false
	}
	if digits == "" || len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		return false
	}
	if strings.Trim(digits, "0123456789") == "" && !looksLike(text, Int64) && text != "-0" {
		return false // an integer beyond int64
	}
	if strings.Trim(digits, "0123456789.eE+-") != "" {
		return false
	}
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}

// column parses the texts as the field's kind.
func (c *csvColumn) column(f Field, lines []int32) (Column, error) {
	nulls := c.nulls
	if !c.absent {
		nulls = nil
	}
	var bad int32
	var ok bool
	var out Column
	switch f.Kind {
	case String:
		return CodeColumn(f, c.codes, c.dict, nulls), nil
	case Bool:
		values, at, good := parseAll(c, strconv.ParseBool)
		out, bad, ok = BoolColumn(f, values, nulls), at, good
	case Int64:
		values, at, good := parseAll(c, func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) })
		out, bad, ok = IntColumn(f, values, nulls), at, good
	case Float64:
		values, at, good := parseAll(c, func(s string) (float64, error) { return strconv.ParseFloat(s, 64) })
		out, bad, ok = FloatColumn(f, values, nulls), at, good
	}
	if !ok {
		return out, fmt.Errorf("line %d, column %q: %s is no %s", lines[c.row(bad)], f.Name, quoteShort(c.dict.String(bad)), f.Kind)
	}
	return out, nil
}

// parseAll parses each distinct text once. Where one does not parse it returns its
// code and false.
func parseAll[T any](c *csvColumn, parse func(string) (T, error)) (values []T, bad int32, ok bool) {
	parsed := make([]T, max(c.dict.Len(), 1)) // a missing value has code 0
	for code, text := range c.dict.values {
		v, err := parse(text)
		if err != nil {
			return nil, int32(code), false
		}
		parsed[code] = v
	}
	values = make([]T, len(c.codes))
	for i, code := range c.codes {
		if !c.nulls[i] {
			values[i] = parsed[code]
		}
	}
	return values, 0, true
}

// row returns the first row that holds a code.
func (c *csvColumn) row(code int32) int {
	for i, have := range c.codes {
		if have == code && !c.nulls[i] {
			return i
		}
	}
	return 0
}

func quoteShort(s string) string {
	if len(s) > 60 {
		s = s[:60] + "…"
	}
	return strconv.Quote(s)
}
