package nsys

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	flatbuffers "github.com/google/flatbuffers/go"
)

// arrowTable is a table as an Arrow IPC stream, which is what nsys writes under the
// extension .arrow.
type arrowTable struct {
	path   string
	schema []want
	length int64 // rows of the batches that are whole
	whole  int64 // bytes up to the end of the last of them
	short  bool  // the file ends within a message
}

func openArrowTable(path string) (_ columnFile, err error) {
	defer recoverDamage(&err)
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	t := &arrowTable{path: path}
	if err := t.walk(in, info.Size()); err != nil {
		return nil, err
	}
	r, err := t.reader(in)
	if err != nil {
		return nil, err
	}
	defer r.Release()
	t.schema = columnsOf(r.Schema())
	return t, nil
}

func (t *arrowTable) columns() []want { return t.schema }
func (t *arrowTable) rows() int64     { return t.length }
func (t *arrowTable) cut() bool       { return t.short }

// reader reads the whole messages of the file.
func (t *arrowTable) reader(in io.ReaderAt) (*ipc.Reader, error) {
	return ipc.NewReader(io.NewSectionReader(in, 0, t.whole), ipc.WithMetadataSizeLimit(t.whole), ipc.WithBodySizeLimit(t.whole),
		ipc.WithAllocator(allocatorFor(t.whole)))
}

func (t *arrowTable) chunks(ctx context.Context, wants []want, places []int, visit func(*chunk) error) error {
	in, err := os.Open(t.path)
	if err != nil {
		return err
	}
	defer in.Close()
	r, err := t.reader(in)
	if err != nil {
		return err
	}
	defer r.Release()
	buffer := newRowBuffer(wants)
	for ctx.Err() == nil {
		batch, err := next(r)
		if errors.Is(err, io.EOF) {
			if t.short {
				return io.ErrUnexpectedEOF
			}
			return nil
		}
		if err != nil {
			return err
		}
		if err := visitBatch(batch, buffer, places, visit); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// visitBatch hands the rows of a batch on in chunks.
func visitBatch(batch arrow.RecordBatch, buffer *rowBuffer, places []int, visit func(*chunk) error) error {
	columns := make([]arrow.Array, len(places))
	for i, at := range places {
		columns[i] = batch.Column(at)
	}
	rows := int(batch.NumRows())
	for from := 0; from < rows && len(columns) > 0; from += chunkRows {
		c, err := buffer.convert(columns, from, min(from+chunkRows, rows))
		if err == nil {
			err = visit(c)
		}
		if err != nil {
			return err
		}
		buffer.reset()
	}
	return nil
}

func next(r *ipc.Reader) (batch arrow.RecordBatch, err error) {
	defer recoverDamage(&err)
	return r.Read()
}

// Slots of the tables in Arrow's Message.fbs and Schema.fbs, and the kinds of
// message.
const (
	messageType, messageHeader, messageBody, messageMetadata = 1, 2, 3, 4
	schemaFields, schemaMetadata, schemaFeatures             = 1, 2, 3
	fieldChildren, fieldMetadata                             = 5, 6
	batchLength, batchNodes, batchBuffers                    = 0, 1, 2

	isSchema, isBatch = 1, 3
)

// walk goes from message to message and checks what the library believes: lengths
// of messages, and lists that it makes room for. A list cannot be longer than the
// bytes that hold it.
func (t *arrowTable) walk(in io.ReaderAt, size int64) error {
	head := make([]byte, 8)
	for at := int64(0); ; {
		if n, err := in.ReadAt(head, at); n < len(head) {
			// nsys ends a stream with a length of zero, so one that just ends is cut off.
			t.short = err != nil
			return t.started()
		}
		length, prefix := int64(binary.LittleEndian.Uint32(head[4:])), int64(8)
		if binary.LittleEndian.Uint32(head) != math.MaxUint32 { // before version 0.15
			length, prefix = int64(binary.LittleEndian.Uint32(head)), 4
		}
		if length == 0 { // the end of the stream
			t.whole = at + prefix
			return t.started()
		}
		if length > size-at-prefix || length < 4 {
			t.short = true
			return t.started()
		}
		metadata := make([]byte, length)
		if _, err := in.ReadAt(metadata, at+prefix); err != nil {
			return err
		}
		rows, body, err := checkMessage(metadata)
		if err != nil {
			return fmt.Errorf("offset %d: %w", at, err)
		}
		if body < 0 || body > size-at-prefix-length {
			t.short = true
			return t.started()
		}
		at += prefix + length + body
		t.length, t.whole = t.length+rows, at
	}
}

func (t *arrowTable) started() error {
	if t.whole == 0 {
		return errors.New("the file ends before its schema")
	}
	return nil
}

// checkMessage returns the rows of a message and the bytes of its body. It panics on
// offsets beyond the message, which its caller recovers.
func checkMessage(metadata []byte) (rows, body int64, err error) {
	m := &flatbuffers.Table{Bytes: metadata, Pos: flatbuffers.GetUOffsetT(metadata)}
	body = m.GetInt64Slot(slot(messageBody), 0)
	if err := checkLists(m, 4, messageMetadata); err != nil {
		return 0, 0, err
	}
	at := flatbuffers.UOffsetT(m.Offset(slot(messageHeader)))
	if at == 0 {
		return 0, body, errors.New("a message has no header")
	}
	header := &flatbuffers.Table{Bytes: metadata, Pos: m.Indirect(at + m.Pos)}
	switch m.GetByteSlot(slot(messageType), 0) {
	case isSchema:
		return 0, body, checkSchema(header)
	case isBatch:
		rows = header.GetInt64Slot(slot(batchLength), 0)
		// Compression makes little of what repeats, but not less than a bit of 512 rows.
		if rows < 0 || rows > 4096*(body+1) {
			return 0, body, fmt.Errorf("%d rows do not fit in %d bytes", rows, body)
		}
		return rows, body, checkLists(header, 16, batchNodes, batchBuffers)
	}
	return 0, body, errors.New("a message is neither a schema nor a batch")
}

func checkSchema(s *flatbuffers.Table) error {
	if err := checkLists(s, 4, schemaMetadata, schemaFeatures); err != nil {
		return err
	}
	n, start, err := vectorAt(s, schemaFields, 4)
	for i := 0; i < n && err == nil; i++ {
		f := &flatbuffers.Table{Bytes: s.Bytes, Pos: s.Indirect(flatbuffers.UOffsetT(start + 4*i))}
		var children int
		if err = checkLists(f, 4, fieldMetadata); err == nil {
			// nsys nests nothing, so there is no need to look inside.
			if children, _, err = vectorAt(f, fieldChildren, 4); children > 0 {
				err = fmt.Errorf("column %d is nested, which is not supported", i)
			}
		}
	}
	return err
}

func slot(number int) flatbuffers.VOffsetT { return flatbuffers.VOffsetT(4 + 2*number) }

func checkLists(t *flatbuffers.Table, size int, slots ...int) error {
	for _, s := range slots {
		if _, _, err := vectorAt(t, s, size); err != nil {
			return err
		}
	}
	return nil
}

// vectorAt returns the length of a list and where it starts, checking that entries
// of at least size bytes can stand there.
func vectorAt(t *flatbuffers.Table, number, size int) (n, start int, err error) {
	at := flatbuffers.UOffsetT(t.Offset(slot(number)))
	if at == 0 {
		return 0, 0, nil
	}
	n, start = t.VectorLen(at), int(t.Vector(at))
	if n < 0 || start > len(t.Bytes) || n > (len(t.Bytes)-start)/size {
		return 0, 0, fmt.Errorf("a list of %d entries does not fit in %d bytes", n, len(t.Bytes))
	}
	return n, start, nil
}
