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

// csvColumn collects the texts of one column of the file.
type csvColumn struct {
	wanted bool
	text   strings.Builder // of all rows, one after the other
	ends   []int           // of each row's text
	nulls  []bool
	absent bool // some value is missing
}

func (c *csvColumn) add(f csvField) {
	if !c.wanted {
		return
	}
	missing := len(f.text) == 0 && !f.quoted
	c.text.Write(f.text)
	c.ends = append(c.ends, c.text.Len())
	c.nulls = append(c.nulls, missing)
	c.absent = c.absent || missing
}

// values yields the rows that have a value, and their texts.
func (c *csvColumn) values(yield func(row int, text string) bool) {
	all, start := c.text.String(), 0
	for row, end := range c.ends {
		if !c.nulls[row] && !yield(row, all[start:end]) {
			return
		}
		start = end
	}
}

// infer returns the narrowest kind that holds all the texts exactly; String when
// there are none.
func (c *csvColumn) infer() Kind {
	for _, kind := range []Kind{Bool, Int64, Float64} {
		some, all := false, true
		for _, text := range c.values {
			some, all = true, looksLike(text, kind)
			if !all {
				break
			}
		}
		if some && all {
			return kind
		}
	}
	return String
}

// looksLike is stricter than parsing: text such as "007", "+5", "1_000", "0x1p4" or
// "Infinity" is more likely a name than a number.
func looksLike(text string, kind Kind) bool {
	switch kind {
	case Bool:
		return text == "true" || text == "false"
	case Int64:
		_, err := strconv.ParseInt(text, 10, 64)
		return err == nil && text[0] != '+' && text != "-0" && !paddedWithZero(text)
	}
	switch text {
	case "NaN", "Inf", "+Inf", "-Inf":
		return true
	}
	digits := strings.TrimPrefix(text, "-")
	if strings.HasPrefix(text, "+") {
		return false
	}
	if digits == "" || paddedWithZero(text) {
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

// paddedWithZero reports whether a number is written with needless zeros before it.
func paddedWithZero(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	return len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9'
}

// column parses the texts as the field's kind.
func (c *csvColumn) column(f Field, lines []int32) (out Column, err error) {
	nulls := c.nulls
	if !c.absent {
		nulls = nil
	}
	switch f.Kind {
	case Bool:
		values, bad := parseAll(c, strconv.ParseBool)
		out, err = BoolColumn(f, values, nulls), c.check(f, bad, lines)
	case Int64:
		values, bad := parseAll(c, func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) })
		out, err = IntColumn(f, values, nulls), c.check(f, bad, lines)
	case Float64:
		values, bad := parseAll(c, func(s string) (float64, error) { return strconv.ParseFloat(s, 64) })
		out, err = FloatColumn(f, values, nulls), c.check(f, bad, lines)
	default:
		dict, codes := NewDictionary(), make([]int32, len(c.ends))
		for row, text := range c.values {
			codes[row] = dict.copyCode(text)
		}
		out = CodeColumn(f, codes, dict, nulls)
	}
	return out, err
}

// parseAll parses every text; bad is the first row that does not parse, or -1.
func parseAll[T any](c *csvColumn, parse func(string) (T, error)) (values []T, bad int) {
	values = make([]T, len(c.ends))
	for row, text := range c.values {
		v, err := parse(text)
		if err != nil {
			return nil, row
		}
		values[row] = v
	}
	return values, -1
}

// check turns the row of a bad value into an error that names its place.
func (c *csvColumn) check(f Field, bad int, lines []int32) error {
	if bad < 0 {
		return nil
	}
	for row, text := range c.values {
		if row == bad {
			return fmt.Errorf("line %d, column %q: %s is no %s", lines[bad], f.Name, quoteShort(text), f.Kind)
		}
	}
	return nil
}

func quoteShort(s string) string {
	if len(s) > 60 {
		s = s[:60] + "…"
	}
	return strconv.Quote(s)
}
