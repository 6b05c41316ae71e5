package store

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"profilemate/workbench/fault"
)

// blockSize is how many bytes share a checksum: few enough that a page of a table
// is checked without reading the table, many enough that the sums are small.
const blockSize = 1 << 16

// checksum is CRC-32C, which processors compute faster than memory delivers.
func checksum(data []byte) uint32 { return crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)) }

// blockWriter passes on what is written and sums it block by block.
type blockWriter struct {
	w     io.Writer
	size  int64
	block []byte
	sums  []byte // four bytes for each full block
}

// Write writes p to the underlying writer.
func (b *blockWriter) Write(p []byte) (int, error) {
	n, err := b.w.Write(p)
	b.size += int64(n)
	for rest := p[:n]; len(rest) > 0; {
		k := min(len(rest), blockSize-len(b.block))
		b.block, rest = append(b.block, rest[:k]...), rest[k:]
		if len(b.block) == blockSize {
			b.endBlock()
		}
	}
	return n, err
}

func (b *blockWriter) endBlock() {
	b.sums = binary.LittleEndian.AppendUint32(b.sums, checksum(b.block))
	b.block = b.block[:0]
}

// finish sums what is left and returns all the sums.
func (b *blockWriter) finish() []byte {
	if len(b.block) > 0 {
		b.endBlock()
	}
	return b.sums
}

// blockReader reads the first size bytes of a file and checks every block it
// touches. It is safe for concurrent use.
type blockReader struct {
	r    io.ReaderAt
	size int64
	sums []byte
}

// ReadAt reads like io.ReaderAt. A block that does not fit its checksum is a
// Corrupt fault.
func (b *blockReader) ReadAt(p []byte, at int64) (n int, err error) {
	if at < 0 {
		return 0, errors.New("negative offset")
	}
	block := make([]byte, blockSize)
	for n < len(p) && at < b.size {
		start := at - at%blockSize
		data := block[:min(blockSize, b.size-start)]
		if err := b.read(data, start); err != nil {
			return n, err
		}
		k := copy(p[n:], data[at-start:])
		n, at = n+k, at+int64(k)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// read fills data with the block that starts at an offset.
func (b *blockReader) read(data []byte, start int64) error {
	n, err := b.r.ReadAt(data, start)
	if n < len(data) && !errors.Is(err, io.EOF) {
		return err
	}
	if n < len(data) || checksum(data) != binary.LittleEndian.Uint32(b.sums[start/blockSize*4:]) {
		return fault.Errorf(fault.Corrupt, "bytes %d to %d do not fit their checksum", start, start+int64(len(data)))
	}
	return nil
}

// check reads everything.
func (b *blockReader) check() error {
	data := make([]byte, blockSize)
	for start := int64(0); start < b.size; start += blockSize {
		if err := b.read(data[:min(blockSize, b.size-start)], start); err != nil {
			return err
		}
	}
	return nil
}
