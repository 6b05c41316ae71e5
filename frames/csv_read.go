package frames

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxCSVField bounds one field, so that an unclosed quote does not read a whole
// file into one value.
const maxCSVField = 16 << 20

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
	in := &csvReader{r: bufio.NewReaderSize(&stickyReader{r: r}, 1<<16), comma: comma, line: 1}
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
		columns[i].dict = NewDictionary()
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
		fields[i].Name = h.text
		if o.Units {
			fields[i].Name, fields[i].Unit = cutUnit(h.text)
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

// csvColumn collects the texts of one column of the file. Equal texts are parsed
// once.
type csvColumn struct {
	wanted bool
	dict   *Dictionary
	codes  []int32
	nulls  []bool
	absent bool // some value is missing
}

func (c *csvColumn) add(f csvField) {
	if !c.wanted {
		return
	}
	missing := f.text == "" && !f.quoted
	c.nulls = append(c.nulls, missing)
	if missing {
		c.absent = true
		c.codes = append(c.codes, 0)
		return
	}
	c.codes = append(c.codes, c.dict.Code(f.text))
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
		if len(record) == 1 && len(columns) > 1 && record[0] == (csvField{}) {
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
	r     *bufio.Reader
	comma rune
	line  int // of the next character
	text  []byte
}

type csvField struct {
	text   string
	quoted bool
}

// record appends the fields of the next line to fields. It returns io.EOF when
// there is none.
func (in *csvReader) record(fields []csvField) ([]csvField, error) {
	if _, err := in.r.Peek(1); err != nil {
		return nil, err
	}
	for {
		f, last, err := in.field()
		if err != nil {
			return nil, err
		}
		fields = append(fields, f)
		if last {
			return fields, nil
		}
	}
}

// field reads one field with what ends it. last says that it ends the line.
func (in *csvReader) field() (f csvField, last bool, err error) {
	in.text = in.text[:0]
	if c, _ := in.r.Peek(1); len(c) == 1 && c[0] == '"' {
		in.r.Discard(1)
		f.quoted = true
		if err := in.quoted(); err != nil {
			return f, false, err
		}
	}
	for {
		c, size, err := in.r.ReadRune()
		switch {
		case errors.Is(err, io.EOF):
			f.text = string(in.text)
			return f, true, nil
		case err != nil:
			return f, false, fmt.Errorf("line %d: %w", in.line, err)
		case c == in.comma:
			f.text = string(in.text)
			return f, false, nil
		case c == '\n', c == '\r' && in.newline():
			in.line++
			f.text = string(in.text)
			return f, true, nil
		case f.quoted:
			return f, false, fmt.Errorf("line %d: %q follows a closing quote", in.line, c)
		}
		if err := in.keep(c, size); err != nil {
			return f, false, err
		}
	}
}

// newline reports whether "\n" comes next, and reads it.
func (in *csvReader) newline() bool {
	if c, _ := in.r.Peek(1); len(c) == 0 || c[0] != '\n' {
		return false
	}
	in.r.Discard(1)
	return true
}

// keep adds a rune to the field as the bytes it was read from.
func (in *csvReader) keep(c rune, size int) error {
	if len(in.text) >= maxCSVField {
		return fmt.Errorf("line %d: a field is longer than %d bytes", in.line, maxCSVField)
	}
	if size > 1 || c < 0x80 {
		in.text = append(in.text, string(c)...)
		return nil
	}
	in.r.UnreadRune()
	b, err := in.r.ReadByte() // a byte that is no UTF-8, kept as it is
	in.text = append(in.text, b)
	return err
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
		if len(in.text) >= maxCSVField {
			return fmt.Errorf("line %d: a field is longer than %d bytes", start, maxCSVField)
		}
		in.text = append(in.text, c)
	}
}
