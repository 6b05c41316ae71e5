package frames

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxCSVLine bounds one line, so that an unclosed quote does not read a whole file
// into one value.
const maxCSVLine = 64 << 20

// ReadCSV reads a table that WriteCSV or another program wrote. The first line is
// the header; a byte-order mark before it is skipped. An empty field without quotes
// is a missing value. Blank lines are skipped unless the table has one column, where
// each is a missing value.
//
// Without a schema a column's kind is inferred from all its values: Bool for "true"
// and "false", Int64 for integers as they would be written ("007" is text), Float64
// for numbers, else String. Integers beyond int64 stay text: no digit is lost.
//
// Errors name the line and the column: a value that is not of the schema's kind, a
// line with too many or too few fields, a quote that is not closed.
func ReadCSV(r io.Reader, name string, o CSVOptions) (*Frame, error) {
	f, err := readCSV(r, name, o)
	if err != nil {
		return nil, fmt.Errorf("reading %q as CSV: %w", name, err)
	}
	return f, nil
}

func readCSV(r io.Reader, name string, o CSVOptions) (*Frame, error) {
	comma, err := o.comma()
	if err != nil {
		return nil, err
	}
	in := &csvReader{r: bufio.NewReaderSize(&stickyReader{r: r}, 1<<16), separator: []byte(string(comma)), line: 1}
	if mark, _ := in.r.Peek(3); string(mark) == byteOrderMark {
		in.r.Discard(3)
	}
	header, err := in.record(nil)
	if errors.Is(err, io.EOF) {
		return nil, errors.New("there is no header line")
	}
	if err != nil {
		return nil, err
	}
	fields, err := csvFields(header, o)
	if err != nil {
		return nil, err
	}
	columns := make([]csvColumn, len(header))
	for i := range columns {
		columns[i].wanted = fields[i].Name != ""
	}
	lines, err := in.rows(columns)
	if err != nil {
		return nil, err
	}
	return csvFrame(name, fields, columns, lines, o.Schema)
}

// csvFields returns the field of each column of the file: its name and unit from
// the header, or the schema's; empty where the schema does not want it.
func csvFields(header []csvField, o CSVOptions) (Schema, error) {
	fields := make(Schema, len(header))
	for i, h := range header {
		fields[i].Name = string(h.text)
		if o.Units {
			fields[i].Name, fields[i].Unit = cutUnit(string(h.text))
		}
	}
	if o.Schema == nil {
		for i := range fields {
			fields[i].Kind = String // any valid kind: the values decide
		}
		return fields, fields.Validate()
	}
	if err := o.Schema.Validate(); err != nil {
		return nil, err
	}
	chosen := make(Schema, len(header))
	for _, want := range o.Schema {
		i := fields.Index(want.Name)
		if i < 0 {
			return nil, fmt.Errorf("line 1: no column %q (there are: %s)", want.Name, strings.Join(fields.Names(), ", "))
		}
		chosen[i] = want
	}
	return chosen, nil
}

// cutUnit takes "name [unit]" apart.
func cutUnit(header string) (name, unit string) {
	at := strings.LastIndex(header, " [")
	if at < 0 || !strings.HasSuffix(header, "]") {
		return header, ""
	}
	return header[:at], header[at+2 : len(header)-1]
}

// rows reads to the end, and returns the line on which each row starts.
func (in *csvReader) rows(columns []csvColumn) ([]int32, error) {
	var record []csvField
	var lines []int32
	for {
		line := in.line
		var err error
		record, err = in.record(record[:0])
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
		if len(record) == 1 && len(columns) > 1 && len(record[0].text) == 0 && !record[0].quoted {
			continue
		}
		if len(record) != len(columns) {
			return nil, fmt.Errorf("line %d: %d fields under a header of %d", line, len(record), len(columns))
		}
		for i := range columns {
			columns[i].add(record[i])
		}
		lines = append(lines, int32(min(line, 1<<31-1)))
	}
}

// stickyReader repeats its first error, which bufio.Reader forgets once a Peek has
// met it.
type stickyReader struct {
	r   io.Reader
	err error
}

// Read reads from the underlying reader until it fails.
func (s *stickyReader) Read(p []byte) (n int, err error) {
	if s.err != nil {
		return 0, s.err
	}
	n, s.err = s.r.Read(p)
	return n, s.err
}

// csvReader cuts a CSV text into records. encoding/csv will not do: it drops the
// difference between a missing and an empty field, and "\r" within quotes.
type csvReader struct {
	r         *bufio.Reader
	separator []byte // the comma as UTF-8
	line      int    // of the next character
	text      []byte // of the fields of a line, one after the other
}

type csvField struct {
	text   []byte
	quoted bool
}

// record appends the fields of the next line to fields. It returns io.EOF when
// there is none. The texts are valid until the next call.
func (in *csvReader) record(fields []csvField) ([]csvField, error) {
	if _, err := in.r.Peek(1); err != nil {
		return nil, err
	}
	if line, ok := in.plainLine(); ok {
		return in.split(fields, line), nil
	}
	in.text = in.text[:0]
	start := len(fields)
	for {
		f, last, err := in.field()
		if err != nil {
			return nil, err
		}
		fields = append(fields, f)
		if last {
			break
		}
	}
	// The texts moved while in.text grew.
	from := 0
	for i := start; i < len(fields); i++ {
		to := from + len(fields[i].text)
		fields[i].text, from = in.text[from:to], to
	}
	return fields, nil
}

// plainLine reads the next line when all of it is in the buffer and holds no quote:
// most lines by far, and quick to cut.
func (in *csvReader) plainLine() (line []byte, ok bool) {
	ahead, _ := in.r.Peek(in.r.Buffered())
	end := bytes.IndexByte(ahead, '\n')
	if end < 0 {
		ahead, _ = in.r.Peek(in.r.Size())
		end = bytes.IndexByte(ahead, '\n')
	}
	if end < 0 || bytes.IndexByte(ahead[:end], '"') >= 0 {
		return nil, false
	}
	in.r.Discard(end + 1)
	in.line++
	return bytes.TrimSuffix(ahead[:end], []byte{'\r'}), true
}

func (in *csvReader) split(fields []csvField, line []byte) []csvField {
	for {
		at := bytes.Index(line, in.separator)
		if at < 0 {
			return append(fields, csvField{text: line})
		}
		fields = append(fields, csvField{text: line[:at]})
		line = line[at+len(in.separator):]
	}
}

// field reads one field with what ends it. last says that it ends the line.
func (in *csvReader) field() (f csvField, last bool, err error) {
	newline := []byte{'\n'}
	start := len(in.text)
	if c, _ := in.r.Peek(1); len(c) == 1 && c[0] == '"' {
		in.r.Discard(1)
		f.quoted = true
		if err := in.quoted(); err != nil {
			return f, false, err
		}
	}
	for {
		c, err := in.r.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			f.text = in.text[start:]
			return f, true, nil
		case err != nil:
			return f, false, fmt.Errorf("line %d: %w", in.line, err)
		case c == in.separator[0] && in.follows(in.separator[1:]):
			f.text = in.text[start:]
			return f, false, nil
		case c == '\n', c == '\r' && in.follows(newline):
			in.line++
			f.text = in.text[start:]
			return f, true, nil
		case f.quoted:
			return f, false, fmt.Errorf("line %d: %q follows a closing quote", in.line, c)
		case len(in.text) >= maxCSVLine:
			return f, false, fmt.Errorf("line %d: it is longer than %d bytes", in.line, maxCSVLine)
		}
		in.text = append(in.text, c)
	}
}

// follows reports whether these bytes come next, and reads them.
func (in *csvReader) follows(next []byte) bool {
	if len(next) == 0 {
		return true
	}
	if ahead, _ := in.r.Peek(len(next)); !bytes.Equal(ahead, next) {
		return false
	}
	in.r.Discard(len(next))
	return true
}

// quoted reads up to the closing quote, with "" standing for a quote.
func (in *csvReader) quoted() error {
	start := in.line
	for {
		c, err := in.r.ReadByte()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("line %d: a quote is not closed", start)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", in.line, err)
		}
		if c == '\n' {
			in.line++
		}
		if c == '"' {
			if next, _ := in.r.Peek(1); len(next) == 0 || next[0] != '"' {
				return nil
			}
			in.r.Discard(1)
		}
		if len(in.text) >= maxCSVLine {
			return fmt.Errorf("line %d: it is longer than %d bytes", start, maxCSVLine)
		}
		in.text = append(in.text, c)
	}
}
