package moe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

const (
	lineBytes = 1 << 16 // longer lines are no rows of a tracker
	maxID     = 1 << 16 // layers and experts are numbered below this; a larger id is damage
)

// row is one line of a CSV file. The first cell that cannot be read sets err; later
// reads then return zeros.
type row struct {
	layout layout
	fields []string
	err    error
}

// split takes a line apart. Quotes are dropped rather than obeyed, so that "i,j" in
// quotes, (i, j) as Python prints a tuple and i,j bare all give two fields.
func (r *row) split(line string) {
	r.fields, r.err = r.fields[:0], nil
	for field := range strings.SplitSeq(line, ",") {
		r.fields = append(r.fields, strings.Trim(field, " \t\r\n\"'()"))
	}
	if len(r.fields) != r.layout.width {
		r.err = fmt.Errorf("it has %d fields, the header announces %d", len(r.fields), r.layout.width)
	}
}

func (r *row) text(c cell) string {
	if at := r.layout.at[c]; r.err == nil && at >= 0 {
		return r.fields[at]
	}
	return ""
}

// integer reads a cell as an integer of at least low.
func (r *row) integer(c cell, low int64) int64 {
	text := r.text(c)
	if r.err != nil {
		return 0
	}
	v, err := parseInteger(text)
	switch {
	case err != nil:
		r.err = err
	case v < low:
		r.err = fmt.Errorf("%d is below %d", v, low)
	}
	return v
}

// layer reads the layer; -1, the tracker's own mark, where the file has none.
func (r *row) layer() int64 {
	if !r.layout.has(layerCol) {
		return -1
	}
	return r.id(layerCol, -1)
}

// id reads the number of a layer or an expert.
func (r *row) id(c cell, low int64) int64 {
	v := r.integer(c, low)
	if r.err == nil && v >= maxID {
		r.err = fmt.Errorf("%d is no number of a layer or an expert", v)
	}
	return v
}

// float reads a cell as a number. An empty cell and nan are missing (NaN); inf is
// returned as it is.
func (r *row) float(c cell) float64 {
	text := r.text(c)
	if r.err != nil || text == "" {
		return math.NaN()
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		r.err = fmt.Errorf("%q is no number", text)
	}
	return v
}

// parseInteger reads an integer, also in the form 12.0 that pandas gives a column
// with gaps.
func parseInteger(text string) (int64, error) {
	whole := text
	if head, zeros, ok := strings.Cut(text, "."); ok && strings.Trim(zeros, "0") == "" {
		whole = head
	}
	v, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no integer", text)
	}
	return v, nil
}

// sink takes the rows of one file. An error refuses the row; it is counted and the
// reading goes on.
type sink interface {
	add(r *row) error
}

// readRows passes the rows of a CSV file to s and notes those that were refused.
func readRows(ctx context.Context, in io.Reader, l layout, s sink, n *notes) error {
	lines := bufio.NewReaderSize(in, lineBytes)
	r := row{layout: l}
	for number := 1; ; number++ {
		if number%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		line, ended, err := nextLine(lines)
		if line != "" && number > 1 {
			n.rows++
			r.split(line)
			if refusal := r.pass(s); refusal != nil {
				n.refuse(number, refusal)
			} else if !ended {
				n.unended = number
			}
		}
		if errors.Is(err, errLongLine) {
			n.rows++
			n.refuse(number, err)
			continue
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *row) pass(s sink) error {
	if r.err != nil {
		return r.err
	}
	return s.add(r)
}

var errLongLine = fmt.Errorf("it is longer than %d bytes", lineBytes)

// nextLine reads a line without its end and says whether it had one. A line that is
// too long is passed over.
func nextLine(in *bufio.Reader) (line string, ended bool, err error) {
	text, err := in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = in.ReadSlice('\n')
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return "", false, err
		}
		return "", true, errLongLine
	}
	ended = strings.HasSuffix(string(text), "\n")
	return strings.TrimRight(string(text), "\r\n"), ended, err
}
