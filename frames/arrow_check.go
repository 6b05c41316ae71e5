package frames

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/apache/arrow-go/v18/arrow/memory"
	flatbuffers "github.com/google/flatbuffers/go"
)

// The Arrow library believes the lengths in a file's metadata and allocates by
// them, so that one damaged byte can end the process for want of memory. The checks
// here come before it: a list cannot be longer than the bytes that hold it.

// arrowBlock is the size in bytes of a footer's entry for a batch.
const arrowBlock = 24

// Slots of the tables in Arrow's Schema.fbs, File.fbs and Message.fbs.
const (
	footerSchema, footerDictionaries, footerBatches, footerMetadata = 1, 2, 3, 4
	schemaFields, schemaMetadata, schemaFeatures                    = 1, 2, 3
	fieldChildren, fieldMetadata                                    = 5, 6
	messageMetadata                                                 = 4
)

// arrowLayout is where the batches of a file stand.
type arrowLayout struct {
	r       io.ReaderAt
	size    int64
	batches []arrowSpan
}

// arrowSpan is the place of one message's metadata.
type arrowSpan struct {
	offset int64
	length int32
}

// checkArrow reads the footer and checks its lists, and those of the dictionaries'
// messages. It panics on offsets beyond the footer, which its caller recovers.
func checkArrow(r io.ReaderAt, size int64) (*arrowLayout, error) {
	const tail = 10 // length of the footer, then "ARROW1"
	if size < 2*tail {
		return nil, fmt.Errorf("%d bytes are no Arrow file", size)
	}
	end := make([]byte, tail)
	if _, err := r.ReadAt(end, size-tail); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	length := int64(binary.LittleEndian.Uint32(end))
	if string(end[4:]) != "ARROW1" || length > size-tail {
		return nil, errors.New("the footer of an Arrow file is missing or damaged")
	}
	footer := make([]byte, length)
	if _, err := r.ReadAt(footer, size-tail-length); err != nil {
		return nil, err
	}
	root := &flatbuffers.Table{Bytes: footer, Pos: flatbuffers.GetUOffsetT(footer)}
	layout := &arrowLayout{r: r, size: size}
	dictionaries, err := spans(root, footerDictionaries)
	if err == nil {
		layout.batches, err = spans(root, footerBatches)
	}
	if err == nil {
		err = checkLists(root, footerMetadata)
	}
	if err == nil {
		err = checkSchema(root)
	}
	for i := 0; i < len(dictionaries) && err == nil; i++ {
		err = layout.checkMessage(dictionaries[i])
	}
	return layout, err
}

// vector returns the length of a list and where it starts, checking that entries of
// at least size bytes can stand there.
func vector(t *flatbuffers.Table, slot, size int) (n, start int, err error) {
	at := flatbuffers.UOffsetT(t.Offset(flatbuffers.VOffsetT(4 + 2*slot)))
	if at == 0 {
		return 0, 0, nil
	}
	n, start = t.VectorLen(at), int(t.Vector(at))
	if n < 0 || start > len(t.Bytes) || n > (len(t.Bytes)-start)/size {
		return 0, 0, fmt.Errorf("a list of %d entries does not fit in %d bytes", n, len(t.Bytes))
	}
	return n, start, nil
}

func checkLists(t *flatbuffers.Table, slots ...int) error {
	for _, slot := range slots {
		if _, _, err := vector(t, slot, 4); err != nil {
			return err
		}
	}
	return nil
}

func spans(footer *flatbuffers.Table, slot int) ([]arrowSpan, error) {
	n, start, err := vector(footer, slot, arrowBlock)
	if err != nil {
		return nil, err
	}
	out := make([]arrowSpan, n)
	for i := range out {
		block := footer.Bytes[start+i*arrowBlock:]
		out[i] = arrowSpan{int64(binary.LittleEndian.Uint64(block)), int32(binary.LittleEndian.Uint32(block[8:]))}
	}
	return out, nil
}

func checkSchema(footer *flatbuffers.Table) error {
	at := flatbuffers.UOffsetT(footer.Offset(4 + 2*footerSchema))
	if at == 0 {
		return errors.New("the footer has no schema")
	}
	schema := &flatbuffers.Table{Bytes: footer.Bytes, Pos: footer.Indirect(at + footer.Pos)}
	if err := checkLists(schema, schemaMetadata, schemaFeatures); err != nil {
		return err
	}
	n, start, err := vector(schema, schemaFields, 4)
	for i := 0; i < n && err == nil; i++ {
		field := &flatbuffers.Table{Bytes: schema.Bytes, Pos: schema.Indirect(flatbuffers.UOffsetT(start + 4*i))}
		if err = checkLists(field, fieldMetadata); err != nil {
			break
		}
		var children int
		// Nested types are not supported, so there is no need to look inside them.
		if children, _, err = vector(field, fieldChildren, 4); children > 0 {
			err = fmt.Errorf("column %d is nested, which is not supported", i)
		}
	}
	return err
}

// checkMessage checks the metadata of one batch or dictionary.
func (l *arrowLayout) checkMessage(at arrowSpan) error {
	if at.offset < 0 || at.length < 8 || at.offset > l.size-int64(at.length) {
		return fmt.Errorf("a batch stands at %d, beyond the file", at.offset)
	}
	message := make([]byte, at.length)
	if _, err := l.r.ReadAt(message, at.offset); err != nil {
		return err
	}
	prefix := 4
	if binary.LittleEndian.Uint32(message) == math.MaxUint32 { // since version 0.15
		prefix = 8
	}
	body := message[prefix:]
	return checkLists(&flatbuffers.Table{Bytes: body, Pos: flatbuffers.GetUOffsetT(body)}, messageMetadata)
}

// maxCells is the most values that the file can hold: a bit for each, or what
// compression makes of little.
func (l *arrowLayout) maxCells() int64 { return 8*l.size + 1<<24 }

// errTooLarge is what a damaged length comes to: a buffer far larger than the file.
var errTooLarge = errors.New("a buffer is larger than the file can hold")

// boundedAllocator refuses buffers beyond limit bytes by a panic, which the callers
// of the Arrow library here recover from.
type boundedAllocator struct{ limit int64 }

func (b boundedAllocator) check(size int) {
	if int64(size) > b.limit {
		panic(errTooLarge)
	}
}

// Allocate returns size bytes.
func (b boundedAllocator) Allocate(size int) []byte {
	b.check(size)
	return memory.DefaultAllocator.Allocate(size)
}

// Reallocate returns buf with size bytes.
func (b boundedAllocator) Reallocate(size int, buf []byte) []byte {
	b.check(size)
	return memory.DefaultAllocator.Reallocate(size, buf)
}

// Free does nothing: the collector frees.
func (b boundedAllocator) Free(buf []byte) { memory.DefaultAllocator.Free(buf) }
