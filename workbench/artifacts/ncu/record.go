package ncu

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"profilemate/workbench/fault"
)

// maxLine bounds one line. A row of the widest page with all metric instances
// takes a few MB.
const maxLine = 64 << 20

// record is one CSV row, or a line that is none.
type record struct {
	line   int      // number of its first line in the file, from 1
	fields []string // of a row
	text   string   // of a line that is no row: a banner, or the program's own output
	cut    bool     // the row ends inside quotes: it was cut off
}

// recordReader splits a print-out into rows and other lines. A row starts with a
// quote; quoted cells may hold commas, doubled quotes and line ends.
type recordReader struct {
	in     *bufio.Reader
	line   int   // lines read so far
	bytes  int64 // bytes read so far
	held   string
	isHeld bool
}

func newRecordReader(r io.Reader) *recordReader {
	return &recordReader{in: bufio.NewReaderSize(r, 1<<16)}
}

// next returns the next record, io.EOF at the end.
func (r *recordReader) next() (record, error) {
	text, err := r.readLine()
	if err != nil {
		return record{}, err
	}
	rec := record{line: r.line, text: text}
	if at := strings.Index(text, headerMark); at > 0 {
		text = text[at:] // the program's last output had no line end
	}
	if !strings.HasPrefix(text, `"`) {
		return rec, nil
	}
	return r.finish(rec, text)
}

// maxJoined bounds the lines that one row may span: a kernel name or an NVTX
// message with line ends in it.
const maxJoined = 256

// finish reads the lines that belong to the row begun in text.
func (r *recordReader) finish(rec record, text string) (record, error) {
	for range maxJoined {
		fields, open := splitFields(text)
		if !open {
			rec.fields = fields
			return rec, nil
		}
		if !startsRecord(text) && !strings.HasPrefix(text, unitsMark) {
			return rec, nil // a program's output that happens to begin with a quote
		}
		more, err := r.readLine()
		switch {
		case errors.Is(err, io.EOF):
			rec.fields, rec.cut = fields, true
			return rec, nil
		case err != nil:
			return rec, err
		case startsRecord(more):
			r.held, r.isHeld = more, true
			rec.fields, rec.cut = fields, true
			return rec, nil
		}
		text += "\n" + more
	}
	rec.fields, _ = splitFields(text)
	rec.cut = true
	return rec, nil
}

// The beginnings of a header, of a units row and, less the number, of a row.
const (
	headerMark = `"ID","Process ID"`
	unitsMark  = `"","",`
)

// startsRecord reports whether a line begins a row, a header or a banner, and so
// is not the rest of a quoted cell.
func startsRecord(line string) bool {
	if strings.HasPrefix(line, "==") || strings.HasPrefix(line, headerMark) {
		return true
	}
	id, rest, ok := strings.Cut(strings.TrimPrefix(line, `"`), `","`)
	return ok && line[0] == '"' && id != "" && isDigits(id) && rest != ""
}

// readLine returns the next line without its end. A byte order mark before the
// first line is dropped.
func (r *recordReader) readLine() (string, error) {
	if r.isHeld {
		r.isHeld = false
		return r.held, nil
	}
	var line []byte
	for {
		part, err := r.in.ReadSlice('\n')
		r.bytes += int64(len(part))
		line = append(line, part...)
		if len(line) > maxLine {
			return "", fault.Errorf(fault.Corrupt, "line %d is longer than %d MiB", r.line+1, maxLine>>20)
		}
		if err == nil {
			break
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if !errors.Is(err, io.EOF) {
			return "", fault.Errorf(fault.Corrupt, "reading line %d: %w", r.line+1, err)
		}
		if len(line) == 0 {
			return "", io.EOF
		}
		break
	}
	r.line++
	text := strings.TrimRight(string(line), "\r\n")
	if r.line == 1 {
		text = strings.TrimPrefix(text, "\ufeff")
	}
	return text, nil
}

// splitFields splits a row. open reports that it ends inside a quoted cell. The
// fields share the memory of text.
func splitFields(text string) (fields []string, open bool) {
	fields = make([]string, 0, strings.Count(text, ",")+1)
	for {
		if !strings.HasPrefix(text, `"`) {
			cell, rest, more := strings.Cut(text, ",")
			fields = append(fields, cell)
			if !more {
				return fields, false
			}
			text = rest
			continue
		}
		cell, rest, closed := quotedCell(text[1:])
		fields = append(fields, cell)
		if !closed {
			return fields, true
		}
		if rest == "" {
			return fields, false
		}
		text = strings.TrimPrefix(rest, ",")
	}
}

// quotedCell reads up to the closing quote; doubled quotes stand for one.
func quotedCell(text string) (cell, rest string, closed bool) {
	doubled := false
	for i := 0; i < len(text); i++ {
		next := strings.IndexByte(text[i:], '"')
		if next < 0 {
			return text, "", false
		}
		i += next
		if i+1 < len(text) && text[i+1] == '"' {
			doubled = true
			i++
			continue
		}
		cell = text[:i]
		if doubled {
			cell = strings.ReplaceAll(cell, `""`, `"`)
		}
		return cell, text[i+1:], true
	}
	return text, "", false
}
