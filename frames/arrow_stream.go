package frames

import (
	"fmt"
	"io"
)

// ArrowColumn declares a column of an Arrow file that is written batch by batch:
// what has to stand before the rows.
type ArrowColumn struct {
	Field      Field
	Low, High  int64       // of an Int64 column: the bounds of its values
	Dictionary *Dictionary // of a String column: the one that all batches share; written whole
}

// ArrowWriter writes an Arrow IPC file as WriteArrow does, for a table that is never
// whole in memory. It is not safe for concurrent use.
type ArrowWriter struct {
	name    string
	file    *arrowFile
	columns []ArrowColumn
	rows    int // still to come
}

// NewArrowWriter begins a file of so many rows.
func NewArrowWriter(w io.Writer, name string, rows int, columns []ArrowColumn) (out *ArrowWriter, err error) {
	defer recoverArrow(&err, "writing frame %q as Arrow", name)
	inFile := make([]arrowColumn, len(columns))
	for i, c := range columns {
		sample := c.sample()
		inFile[i] = arrowColumnOf(&sample)
	}
	file, err := newArrowFile(w, name, rows, inFile)
	if err != nil {
		return nil, fmt.Errorf("writing frame %q as Arrow: %w", name, err)
	}
	return &ArrowWriter{name: name, file: file, columns: columns, rows: rows}, nil
}

// sample is a column that holds the bounds, or every text.
func (c ArrowColumn) sample() Column {
	switch c.Field.Kind {
	case Int64:
		return IntColumn(c.Field, []int64{c.Low, c.High}, nil)
	case Float64:
		return FloatColumn(c.Field, nil, nil)
	case Bool:
		return BoolColumn(c.Field, nil, nil)
	}
	codes := make([]int32, c.Dictionary.Len())
	for i := range codes {
		codes[i] = int32(i)
	}
	return CodeColumn(c.Field, codes, c.Dictionary, nil)
}

// Write writes a batch. Its columns are those declared, in order; a value out of
// their bounds, or another dictionary, is an error.
func (w *ArrowWriter) Write(b *Batch) (err error) {
	defer recoverArrow(&err, "writing frame %q as Arrow", w.name)
	if b.Len() > w.rows || b.Width() != len(w.columns) {
		return fmt.Errorf("writing frame %q as Arrow: a batch of %d rows and %d columns does not fit", w.name, b.Len(), b.Width())
	}
	for i, declared := range w.columns {
		c := b.At(i)
		if err := declared.check(c); err != nil {
			return fmt.Errorf("writing frame %q as Arrow: column %q: %w", w.name, declared.Field.Name, err)
		}
		w.file.columns[i].column = c
	}
	w.rows -= b.Len()
	if err := w.file.write(0, b.Len()); err != nil {
		return fmt.Errorf("writing frame %q as Arrow: %w", w.name, err)
	}
	return nil
}

func (c ArrowColumn) check(values *Column) error {
	if values.Field.Kind != c.Field.Kind || values.dict != c.Dictionary {
		return fmt.Errorf("it is %s of another dictionary or kind than was declared", values.Field.Kind)
	}
	if low, high := values.bounds(); c.Field.Kind == Int64 && (low < min(c.Low, 0) || high > max(c.High, 0)) { // both 0 where all are missing
		return fmt.Errorf("its values from %d to %d pass the bounds %d to %d", low, high, c.Low, c.High)
	}
	return nil
}

// Close ends the file. Rows that are still to come are an error.
func (w *ArrowWriter) Close() (err error) {
	defer recoverArrow(&err, "writing frame %q as Arrow", w.name)
	if w.rows > 0 {
		return fmt.Errorf("writing frame %q as Arrow: %d rows are missing", w.name, w.rows)
	}
	if err := w.file.file.Close(); err != nil {
		return fmt.Errorf("writing frame %q as Arrow: %w", w.name, err)
	}
	return nil
}
