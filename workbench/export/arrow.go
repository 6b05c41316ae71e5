package export

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
)

// arrowSink writes an Arrow IPC file. Such a file has one dictionary a column and has
// it before the rows, so the texts are gathered by a scan of their own.
type arrowSink struct {
	out    *ipc.FileWriter
	schema *arrow.Schema
	words  []*lexicon    // by column, nil where it is no text
	dicts  []arrow.Array // of words
}

func newArrowSink(ctx context.Context, a artifacts.Artifact, info artifacts.TableInfo, w io.Writer) (s *arrowSink, err error) {
	s = &arrowSink{words: make([]*lexicon, len(info.Schema)), dicts: make([]arrow.Array, len(info.Schema))}
	if err := s.gather(ctx, a, info); err != nil {
		return nil, err
	}
	fields := make([]arrow.Field, len(info.Schema))
	for i, field := range info.Schema {
		fields[i] = arrow.Field{Name: field.Name, Type: arrowType(field.Kind), Nullable: true}
		if field.Unit != "" {
			fields[i].Metadata = arrow.NewMetadata([]string{"unit"}, []string{field.Unit})
		}
		if s.words[i] != nil {
			texts := array.NewStringBuilder(memory.DefaultAllocator)
			texts.AppendValues(s.words[i].texts, nil)
			s.dicts[i] = texts.NewArray()
		}
	}
	s.schema = arrow.NewSchema(fields, nil)
	s.out, err = ipc.NewFileWriter(w, ipc.WithSchema(s.schema))
	return s, err
}

// gather scans the columns of text.
func (s *arrowSink) gather(ctx context.Context, a artifacts.Artifact, info artifacts.TableInfo) error {
	var names []string
	var at []int
	for i, field := range info.Schema {
		if field.Kind == frames.String {
			s.words[i] = newLexicon()
			names, at = append(names, field.Name), append(at, i)
		}
	}
	if names == nil {
		return nil
	}
	return a.Scan(ctx, artifacts.Request{Table: info.Name, Columns: names}, func(_ int, b *frames.Batch) error {
		for i := range names {
			c := b.At(i)
			for row := range b.Len() {
				if !c.IsNull(row) {
					s.words[at[i]].code(c, row)
				}
			}
		}
		return nil
	})
}

// arrowType is the type of a kind in a file. Codes are signed since pyarrow before
// version 23 refuses others.
func arrowType(kind frames.Kind) arrow.DataType {
	switch kind {
	case frames.Bool:
		return arrow.FixedWidthTypes.Boolean
	case frames.Int64:
		return arrow.PrimitiveTypes.Int64
	case frames.Float64:
		return arrow.PrimitiveTypes.Float64
	}
	return &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
}

// write turns a panic of the library into an error.
func (s *arrowSink) write(b *frames.Batch) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("writing a batch: %v", p)
		}
	}()
	arrays := make([]arrow.Array, b.Width())
	for i := range arrays {
		arrays[i] = s.array(i, b.At(i))
	}
	return s.out.Write(array.NewRecordBatch(s.schema, arrays, int64(b.Len())))
}

func (s *arrowSink) array(i int, c *frames.Column) arrow.Array {
	var valid []bool
	if c.HasNulls() {
		valid = make([]bool, c.Len())
		for row := range valid {
			valid[row] = !c.IsNull(row)
		}
	}
	switch c.Field.Kind {
	case frames.Bool:
		b := array.NewBooleanBuilder(memory.DefaultAllocator)
		b.AppendValues(c.Bools(), valid)
		return b.NewArray()
	case frames.Int64:
		b := array.NewInt64Builder(memory.DefaultAllocator)
		b.AppendValues(c.Ints(), valid)
		return b.NewArray()
	case frames.Float64:
		b := array.NewFloat64Builder(memory.DefaultAllocator)
		b.AppendValues(c.Floats(), valid)
		return b.NewArray()
	}
	codes := make([]int32, c.Len())
	for row := range codes {
		if !c.IsNull(row) {
			codes[row] = s.words[i].code(c, row)
		}
	}
	b := array.NewInt32Builder(memory.DefaultAllocator)
	b.AppendValues(codes, valid)
	return array.NewDictionaryArray(s.schema.Field(i).Type, b.NewArray(), s.dicts[i])
}

func (s *arrowSink) close() error { return s.out.Close() }
