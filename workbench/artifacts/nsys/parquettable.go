package nsys

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	parquetfile "github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// parquetTable is a table as a Parquet file.
type parquetTable struct {
	path   string
	size   int64
	schema []want
	length int64
}

func openParquetTable(path string) (_ columnFile, err error) {
	defer recoverDamage(&err)
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	t := &parquetTable{path: path, size: info.Size()}
	r, err := t.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	t.length = r.NumRows()
	columns, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{}, allocatorFor(t.size))
	if err != nil {
		return nil, err
	}
	s, err := columns.Schema()
	if err != nil {
		return nil, err
	}
	if r.MetaData().Schema.NumColumns() != s.NumFields() {
		return nil, errors.New("it has nested columns, which nsys does not write")
	}
	t.schema = columnsOf(s)
	return t, nil
}

func (t *parquetTable) open() (*parquetfile.Reader, error) {
	return parquetfile.OpenParquetFile(t.path, false, parquetfile.WithReadProps(parquet.NewReaderProperties(allocatorFor(t.size))))
}

func (t *parquetTable) columns() []want { return t.schema }
func (t *parquetTable) rows() int64     { return t.length }
func (t *parquetTable) cut() bool       { return false } // the index is at the end: such a file does not open

func (t *parquetTable) batches(ctx context.Context, places []int, visit func([]arrow.Array) error) error {
	if len(places) == 0 {
		return nil
	}
	r, err := t.open()
	if err != nil {
		return err
	}
	defer r.Close()
	records, err := t.records(ctx, r, places)
	if err != nil {
		return err
	}
	defer records.Release()
	columns := make([]arrow.Array, len(places))
	for ctx.Err() == nil {
		batch, err := nextRecord(records)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i, at := range places {
			found := batch.Schema().FieldIndices(t.schema[at].column)
			if len(found) == 0 {
				return errors.New("the column " + t.schema[at].column + " is gone")
			}
			columns[i] = batch.Column(found[0])
		}
		if err := visit(columns); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (t *parquetTable) records(ctx context.Context, r *parquetfile.Reader, places []int) (_ pqarrow.RecordReader, err error) {
	defer recoverDamage(&err)
	reader, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{BatchSize: chunkRows}, allocatorFor(t.size))
	if err != nil {
		return nil, err
	}
	return reader.GetRecordReader(ctx, places, nil)
}

func nextRecord(r pqarrow.RecordReader) (batch arrow.RecordBatch, err error) {
	defer recoverDamage(&err)
	return r.Read()
}
