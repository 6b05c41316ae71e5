// Package parse writes the files that scripts around nsys and ncu have always
// written: the same names, columns and keys, so that what reads them goes on
// working, with what was wrong in them put right and new columns at the end.
package parse

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/fault"
)

// table writes one CSV file. Its methods append a field; row ends the row. The
// first failure is kept and returned by close.
type table struct {
	file  *os.File
	out   *bufio.Writer
	line  []byte
	path  string
	first bool
	err   error
}

// newTable creates the file under a temporary name, with its header.
func newTable(dir, name string, columns ...string) (*table, error) {
	file, err := os.CreateTemp(dir, "."+name+".*")
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "writing %s: %w", name, err)
	}
	t := &table{file: file, out: bufio.NewWriterSize(file, 1<<18), path: filepath.Join(dir, name), first: true}
	for _, c := range columns {
		t.text(c)
	}
	t.row()
	return t, nil
}

func (t *table) separate() {
	if !t.first {
		t.line = append(t.line, ',')
	}
	t.first = false
}

// text appends a string that may need quotes.
func (t *table) text(s string) { t.raw(quoted(s)) }

// raw appends a field that is CSV already; "" is a missing value.
func (t *table) raw(s string) {
	t.separate()
	t.line = append(t.line, s...)
}

func (t *table) int(v int64) {
	t.separate()
	t.line = strconv.AppendInt(t.line, v, 10)
}

// cell appends row i of an Int64 column, nothing where it is missing.
func (t *table) cell(c *frames.Column, i int) {
	if c == nil || c.IsNull(i) {
		t.raw("")
		return
	}
	t.int(c.Ints()[i])
}

// scaled appends v/divisor exactly: divisor is a power of ten.
func (t *table) scaled(v int64, divisor float64) {
	t.separate()
	t.line = strconv.AppendFloat(t.line, float64(v)/divisor, 'f', -1, 64)
}

func (t *table) row() {
	t.line = append(t.line, '\n')
	if _, err := t.out.Write(t.line); err != nil && t.err == nil {
		t.err = err
	}
	t.line, t.first = t.line[:0], true
}

// close gives the file its name, or removes it after a failure of its own or of
// the caller.
func (t *table) close(failed error) error {
	err := errors.Join(failed, t.err)
	if err == nil {
		err = t.out.Flush()
	}
	err = errors.Join(err, t.file.Close())
	if err == nil {
		err = os.Chmod(t.file.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(t.file.Name(), t.path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(t.file.Name()))
	}
	return err
}

// quoted returns s as a CSV field.
func quoted(s string) string {
	if !strings.ContainsAny(s, ",\"\r\n") {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// words quotes each string of a dictionary once.
type words struct {
	dict  *frames.Dictionary
	texts []string
}

// at returns row i of a String column as a CSV field.
func (w *words) at(c *frames.Column, i int) string {
	if c == nil || c.IsNull(i) {
		return ""
	}
	if w.dict != c.Dictionary() {
		w.dict, w.texts = c.Dictionary(), nil
	}
	code := int(c.Codes()[i])
	for len(w.texts) <= code {
		w.texts = append(w.texts, quoted(w.dict.String(int32(len(w.texts)))))
	}
	return w.texts[code]
}
