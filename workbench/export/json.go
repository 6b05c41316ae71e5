package export

import (
	"bufio"
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"

	"profilemate/frames"
)

// jsonSink writes rows as objects. Numbers are written by their digits, so that an
// int64 beyond 2^53 is whole for readers that keep it so.
type jsonSink struct {
	out   *bufio.Writer
	lines bool
	keys  []string   // `"name":`, with what stands before it
	words [][]string // by column and code of dicts: the text, quoted
	dicts []*frames.Dictionary
	rows  int64
	line  []byte
}

func newJSONSink(w io.Writer, schema frames.Schema, lines bool) sink {
	s := &jsonSink{out: bufio.NewWriterSize(w, 1<<18), lines: lines, words: make([][]string, len(schema)), dicts: make([]*frames.Dictionary, len(schema))}
	before := "{"
	for _, field := range schema {
		s.keys = append(s.keys, before+quoted(field.Name)+":")
		before = ","
	}
	return s
}

// quoted writes a text as JSON, with the angle brackets of templates as they are.
// Encode has no error to give for a text in memory.
func quoted(text string) string {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	_ = e.Encode(text)
	return strings.TrimSuffix(out.String(), "\n")
}

func (s *jsonSink) write(b *frames.Batch) error {
	for row := range b.Len() {
		s.line = s.line[:0]
		switch {
		case s.lines:
		case s.rows == 0:
			s.line = append(s.line, "[\n"...)
		default:
			s.line = append(s.line, ",\n"...)
		}
		for i, key := range s.keys {
			s.line = append(s.line, key...)
			s.value(i, b.At(i), row)
		}
		s.line = append(s.line, '}')
		if s.lines {
			s.line = append(s.line, '\n')
		}
		if _, err := s.out.Write(s.line); err != nil {
			return err
		}
		s.rows++
	}
	return nil
}

func (s *jsonSink) value(i int, c *frames.Column, row int) {
	switch {
	case c.IsNull(row):
		s.line = append(s.line, "null"...)
	case c.Field.Kind == frames.Int64:
		s.line = strconv.AppendInt(s.line, c.Ints()[row], 10)
	case c.Field.Kind == frames.Bool:
		s.line = strconv.AppendBool(s.line, c.Bools()[row])
	case c.Field.Kind == frames.String:
		s.line = append(s.line, s.word(i, c, row)...)
	case math.IsNaN(c.Floats()[row]) || math.IsInf(c.Floats()[row], 0): // JSON has no word for them
		s.line = append(s.line, "null"...)
	default:
		s.line = strconv.AppendFloat(s.line, c.Floats()[row], 'g', -1, 64)
	}
}

// word quotes each text of a dictionary once.
func (s *jsonSink) word(i int, c *frames.Column, row int) string {
	if s.dicts[i] != c.Dictionary() {
		s.dicts[i], s.words[i] = c.Dictionary(), nil
	}
	code := int(max(c.Codes()[row], 0))
	if code >= len(s.words[i]) {
		s.words[i] = append(s.words[i], make([]string, max(code+1, s.dicts[i].Len())-len(s.words[i]))...)
	}
	if s.words[i][code] == "" {
		s.words[i][code] = quoted(c.Str(row))
	}
	return s.words[i][code]
}

func (s *jsonSink) close() error {
	if !s.lines {
		end := "\n]\n"
		if s.rows == 0 {
			end = "[]\n"
		}
		s.out.WriteString(end) // Flush returns what went wrong
	}
	return s.out.Flush()
}
