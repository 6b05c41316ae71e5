package tokens

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"profilemate/workbench/result"
)

// namedLines is the most lines that a finding names.
const namedLines = 5

// badLines counts the lines of a file that are no JSON.
type badLines struct {
	count int64
	first []int64 // numbers of the first ones, from 1
	why   error   // what is wrong with the first
}

func (b *badLines) add(line int64, why error) {
	if b.count == 0 {
		b.why = why
	}
	if len(b.first) < namedLines {
		b.first = append(b.first, line)
	}
	b.count++
}

// String names the lines: "line 3" or "lines 3, 5 and more".
func (b *badLines) String() string {
	var names []string
	for _, n := range b.first {
		names = append(names, fmt.Sprint(n))
	}
	last := len(names) - 1
	switch {
	case b.count > int64(len(names)):
		return "lines " + strings.Join(names, ", ") + " and more"
	case last == 0:
		return "line " + names[0]
	}
	return "lines " + strings.Join(names[:last], ", ") + " and " + names[last]
}

// finding tells of the lines that are left out.
func (b *badLines) finding(file string) result.Finding {
	return result.Finding{Severity: result.Warning, Remedy: "The other lines are used; write these again to have all.",
		Text: fmt.Sprintf("%s: %s no JSON and %s left out: %s (the first: %v).", file, result.Count(b.count, "line")+" "+are(b.count), are(b.count), b, b.why)}
}

// readOn goes on behind the value at from, which is no JSON, a line at a time: each
// is a response, or is left out. Where no line can be read any more the text breaks off
// at from.
func (a *answers) readOn(ctx context.Context, file *os.File, from int64) error {
	in := lineReader{in: bufio.NewReaderSize(a.text(file), 1<<20)}
	bad, good := badLines{}, 0
	for in.next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		line, offset := in.after(from)
		switch {
		case len(line) == 0:
		case bad.count == 0:
			bad.add(in.number, a.cut)
		case offset > in.begin && !a.events || line[0] == '}' || line[0] == ']': // of a value of several lines
		case in.long:
			bad.add(in.number, errLong)
		case json.Valid(line):
			a.take(line, offset)
			good++
		default:
			bad.add(in.number, json.Unmarshal(line, new(json.RawMessage)))
		}
	}
	if good > 0 {
		a.bad, a.cut = bad, nil
	}
	return nil
}

// text is the file from its beginning, with the JSON of an event stream alone.
func (a *answers) text(file *os.File) io.Reader {
	section := io.NewSectionReader(file, 0, math.MaxInt64)
	if a.events {
		return &eventReader{in: bufio.NewReaderSize(section, 1<<20)}
	}
	return section
}

// lineReader reads lines of at most mostResponse.
type lineReader struct {
	in         *bufio.Reader
	line       []byte
	begin, end int64 // place of the line in the text
	number     int64 // of the line, from 1
	long       bool  // the line is longer, and only its beginning is kept
}

// next reads a line; false at the end of the text, or where it cannot be read.
func (r *lineReader) next() bool {
	r.line, r.begin, r.long = r.line[:0], r.end, false
	r.number++
	for {
		piece, err := r.in.ReadSlice('\n')
		r.end += int64(len(piece))
		if r.long = r.long || len(r.line)+len(piece) > mostResponse; !r.long {
			r.line = append(r.line, piece...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return r.end > r.begin
		}
	}
}

// after is what of the line stands behind a place in the text, without blanks around it,
// and where that begins.
func (r *lineReader) after(from int64) (text []byte, offset int64) {
	offset = max(r.begin, from)
	if offset-r.begin >= int64(len(r.line)) {
		return nil, offset
	}
	text = r.line[offset-r.begin:]
	blank := len(text) - len(bytes.TrimLeft(text, " \t\r\n"))
	return bytes.TrimSpace(text), offset + int64(blank)
}
