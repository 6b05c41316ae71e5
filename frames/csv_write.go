package frames

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// CSVOptions says how a table is written as text and read back. The zero value is
// comma-separated with a header of bare column names.
type CSVOptions struct {
	Comma rune // between fields; 0 is ','
	Units bool // the header reads "time [ns]" instead of "time"

	// NoHeader leaves the header out when writing, to go on with a table that was begun.
	NoHeader bool

	// Schema gives the columns to read, found by name in any order, and their kinds,
	// units and docs; other columns are skipped. Nil reads every column and infers
	// its kind. Writing does not use it.
	Schema Schema
}

func (o CSVOptions) comma() (rune, error) {
	switch o.Comma {
	case 0:
		return ',', nil
	case '"', '\r', '\n', utf8.RuneError:
		return 0, fmt.Errorf("%q cannot separate fields", o.Comma)
	}
	if !utf8.ValidRune(o.Comma) {
		return 0, fmt.Errorf("%q cannot separate fields", o.Comma)
	}
	return o.Comma, nil
}

// WriteCSV writes the frame as RFC 4180 text with "\n" line ends: a header, then
// one line per row. Numbers are in their shortest exact form; a missing value is an
// empty field and an empty string is "", so that ReadCSV with the frame's schema
// gives the same frame back. A frame without columns cannot be written.
func (f *Frame) WriteCSV(w io.Writer, o CSVOptions) error {
	comma, err := o.comma()
	if err == nil && len(f.columns) == 0 {
		err = fmt.Errorf("it has no columns")
	}
	if err != nil {
		return fmt.Errorf("writing frame %q as CSV: %w", f.name, err)
	}
	out := csvWriter{w: bufio.NewWriterSize(w, 1<<16), comma: comma, special: "\"\r\n" + string(comma)}
	if !o.NoHeader {
		out.header(f.Schema(), o.Units)
	}
	for row := range f.rows {
		for i := range f.columns {
			out.value(i, &f.columns[i], row)
		}
		out.w.WriteByte('\n')
	}
	// bufio keeps the first error of all the writes above.
	if err := out.w.Flush(); err != nil {
		return fmt.Errorf("writing frame %q as CSV: %w", f.name, err)
	}
	return nil
}

// byteOrderMark is what some programs put before a text file.
const byteOrderMark = "\ufeff"

type csvWriter struct {
	w       *bufio.Writer
	comma   rune
	special string // characters that need quotes
	number  []byte // room to format one
}

func (c *csvWriter) header(schema Schema, units bool) {
	for i, field := range schema {
		name := field.Name
		if units {
			name = field.String()
		}
		c.text(i, name)
	}
	c.w.WriteByte('\n')
}

func (c *csvWriter) value(i int, column *Column, row int) {
	if column.Field.Kind == String && !column.IsNull(row) {
		c.text(i, column.Str(row))
		return
	}
	c.separate(i)
	c.number = column.appendText(c.number[:0], row)
	c.w.Write(c.number)
}

// text writes a string, in quotes where it would not come back without them.
func (c *csvWriter) text(i int, s string) {
	c.separate(i)
	if s != "" && !strings.ContainsAny(s, c.special) && !strings.HasPrefix(s, byteOrderMark) {
		c.w.WriteString(s)
		return
	}
	c.w.WriteByte('"')
	c.w.WriteString(strings.ReplaceAll(s, `"`, `""`))
	c.w.WriteByte('"')
}

func (c *csvWriter) separate(i int) {
	if i > 0 {
		c.w.WriteRune(c.comma)
	}
}
