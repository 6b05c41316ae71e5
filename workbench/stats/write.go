package stats

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"

	"profilemate/workbench/fault"
)

// Format is a way of writing a table, named as nsys names it.
type Format string

// The formats.
const (
	Column Format = "column" // aligned with spaces, for people
	Boxed  Format = "table"  // the same in boxes
	CSV    Format = "csv"
	TSV    Format = "tsv"
	JSON   Format = "json" // an array of objects
)

// Formats lists the formats.
func Formats() []Format { return []Format{Column, Boxed, CSV, TSV, JSON} }

// ParseFormat reads the name of a format. Another name is Misuse.
func ParseFormat(name string) (Format, error) {
	names := make([]string, len(Formats()))
	for i, f := range Formats() {
		if names[i] = string(f); names[i] == name {
			return f, nil
		}
	}
	return "", fault.Errorf(fault.Misuse, "no format %q (there are: %s)", name, strings.Join(names, ", "))
}

// Extension returns the ending of a file of the format, with its dot.
func (f Format) Extension() string {
	if f == Column || f == Boxed {
		return ".txt"
	}
	return "." + string(f)
}

// Write writes a table in a format, row by row. The formats for people begin with
// the report's title.
func Write(w io.Writer, o Outcome, f Format) error {
	out := bufio.NewWriterSize(w, 1<<16)
	var err error
	switch f {
	case CSV:
		err = writeSeparated(out, o.Table, ',', quoteField)
	case TSV:
		err = writeSeparated(out, o.Table, '\t', flattenField)
	case JSON:
		err = writeJSON(out, o.Table)
	default:
		err = writeColumns(out, o, f == Boxed)
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

// writeSeparated writes one line for each row; put writes a text.
func writeSeparated(w *bufio.Writer, t *Table, separator byte, put func(*bufio.Writer, []byte)) error {
	for i, h := range t.Headers {
		if i > 0 {
			w.WriteByte(separator)
		}
		put(w, []byte(h))
	}
	w.WriteByte('\n')
	return t.Rows(func(r *Row) error {
		for i, c := range r.cells {
			if i > 0 {
				w.WriteByte(separator)
			}
			if c.kind == words {
				put(w, r.at(i))
			} else {
				w.Write(r.at(i))
			}
		}
		return w.WriteByte('\n')
	})
}

// quoteField writes a field of RFC 4180.
func quoteField(w *bufio.Writer, text []byte) {
	plain := true
	for _, b := range text {
		if b == ',' || b == '"' || b == '\n' || b == '\r' {
			plain = false
			break
		}
	}
	if plain {
		w.Write(text)
		return
	}
	w.WriteByte('"')
	for _, b := range text {
		if b == '"' {
			w.WriteByte('"')
		}
		w.WriteByte(b)
	}
	w.WriteByte('"')
}

// flattenField writes a field of tab-separated values, which know no quotes.
func flattenField(w *bufio.Writer, text []byte) {
	for _, b := range text {
		if b == '\t' || b == '\n' || b == '\r' {
			b = ' '
		}
		w.WriteByte(b)
	}
}

// writeJSON writes an array of objects, a missing value as "".
func writeJSON(w *bufio.Writer, t *Table) error {
	keys := make([][]byte, len(t.Headers))
	for i, h := range t.Headers {
		keys[i] = append(appendJSON([]byte("    "), []byte(h)), ": "...)
	}
	var buf []byte
	open := "[\n  {\n"
	err := t.Rows(func(r *Row) error {
		buf = append(buf[:0], open...)
		open = ",\n  {\n"
		for i, c := range r.cells {
			buf = append(buf, keys[i]...)
			if c.kind == number {
				buf = append(buf, r.at(i)...)
			} else {
				buf = appendJSON(buf, r.at(i))
			}
			if i+1 < len(r.cells) {
				buf = append(buf, ',')
			}
			buf = append(buf, '\n')
		}
		_, err := w.Write(append(buf, "  }"...))
		return err
	})
	if err != nil {
		return err
	}
	if open[0] == '[' {
		_, err = w.WriteString("[]\n")
		return err
	}
	_, err = w.WriteString("\n]\n")
	return err
}

// appendJSON appends a string literal of JSON.
func appendJSON(buf, text []byte) []byte {
	const hex = "0123456789abcdef"
	buf = append(buf, '"')
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == '"' || r == '\\':
			buf = append(buf, '\\', byte(r))
		case r == '\n':
			buf = append(buf, `\n`...)
		case r == '\t':
			buf = append(buf, `\t`...)
		case r < ' ':
			buf = append(buf, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			buf = utf8.AppendRune(buf, r)
		}
		text = text[size:]
	}
	return append(buf, '"')
}
