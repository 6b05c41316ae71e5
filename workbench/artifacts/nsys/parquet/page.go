package parquet

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"

	"profilemate/workbench/fault"
)

// columnReader reads the pages of a column of one group, one after the other.
type columnReader struct {
	file   *File
	column Column
	chunk  chunk
	at     int64 // where the next page begins
	dict   *values
	page   values // decoded, with missing ones
	used   int    // of it
}

// read appends n values, missing ones among them.
func (r *columnReader) read(to *values, n int) error {
	for n > 0 {
		have := len(r.page.nulls) - r.used
		if have == 0 {
			if err := r.nextPage(); err != nil {
				return err
			}
			continue
		}
		for range min(have, n) {
			null := r.page.nulls[r.used]
			to.copyFrom(&r.page, r.used, r.column.Kind)
			to.nulls = append(to.nulls, null)
			to.missed = to.missed || null
			r.used++
			n--
		}
	}
	return nil
}

const (
	dataPage, dictionaryPage, dataPage2 = 0, 2, 3
	plain, plainDictionary, dictionary  = 0, 2, 8
	maxPage                             = 1 << 28 // bytes of a page; writers make them of about a megabyte
	maxValues                           = 1 << 26 // of a page; one that repeats a value may have all of a group
)

// nextPage decodes the next page that has data.
func (r *columnReader) nextPage() error {
	r.page.reset()
	r.used = 0
	for r.at < r.chunk.end {
		head, body, err := r.rawPage()
		if err != nil {
			return err
		}
		switch head.int(1) {
		case dictionaryPage:
			err = r.readDictionary(head, body)
		case dataPage, dataPage2:
			if err = r.readData(head, body); err == nil && len(r.page.nulls) == 0 {
				continue
			}
			return err
		}
		if err != nil {
			return err
		}
	}
	return fault.Errorf(fault.Corrupt, "its pages hold fewer than its %d values", r.chunk.values)
}

// rawPage returns the header of the page at hand and its bytes, and steps over it.
func (r *columnReader) rawPage() (fields, []byte, error) {
	const most = 1 << 16 // a header has a few dozen bytes, and statistics perhaps
	head := make([]byte, min(most, r.chunk.end-r.at))
	if _, err := r.file.source.ReadAt(head, r.at); err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, fault.Errorf(fault.Denied, "reading a page: %w", err)
	}
	d := decoder{data: head}
	f := d.structure(0)
	if d.err != nil {
		return nil, nil, fault.Errorf(fault.Corrupt, "offset %d: %w", r.at, d.err)
	}
	size := f.int(3)
	start := r.at + int64(d.at)
	if size < 0 || size > r.chunk.end-start || f.int(2) < 0 || f.int(2) > maxPage {
		return nil, nil, fault.Errorf(fault.Corrupt, "offset %d: a page of %d bytes does not fit", r.at, size)
	}
	body := make([]byte, size)
	if _, err := r.file.source.ReadAt(body, start); err != nil {
		return nil, nil, fault.Errorf(fault.Corrupt, "offset %d: reading a page: %w", r.at, err)
	}
	r.at = start + size
	return f, body, nil
}

func (r *columnReader) readDictionary(head fields, body []byte) error {
	body, err := r.unpack(body, head.int(2))
	if err != nil {
		return err
	}
	n := head.inner(7).int(1)
	if n < 0 || n > int64(len(body))*8 {
		return fault.Errorf(fault.Corrupt, "a dictionary of %d values in %d bytes", n, len(body))
	}
	r.dict = &values{}
	return r.plain(r.dict, body, int(n))
}

// readData decodes a page of values. In a page of the second version the levels
// stand in front, never compressed.
func (r *columnReader) readData(head fields, body []byte) error {
	info, levels, length := head.inner(5), []byte(nil), int64(0)
	encoding := info.int(2)
	var err error
	if head.int(1) == dataPage2 {
		info = head.inner(8)
		encoding = info.int(4)
		length = info.int(5)
		if length < 0 || info.int(6) != 0 || length > int64(len(body)) {
			return fault.Errorf(fault.Corrupt, "levels of %d and %d bytes in a page of %d", length, info.int(6), len(body))
		}
		levels, body = body[:length], body[length:]
		if packed, ok := info[7].(bool); !ok || packed {
			body, err = r.unpack(body, head.int(2)-length)
		}
	} else if body, err = r.unpack(body, head.int(2)); err == nil && r.column.optional {
		levels, body, err = cutLevels(body)
	}
	if err != nil {
		return err
	}
	n := info.int(1)
	if n < 0 || n > r.chunk.values || n > maxValues {
		return fault.Errorf(fault.Corrupt, "a page of %d values in a column of %d", n, r.chunk.values)
	}
	return r.decode(levels, body, int(n), encoding)
}

// cutLevels cuts the levels of a page of the first version off: their length, and
// then they.
func cutLevels(body []byte) (levels, rest []byte, err error) {
	if len(body) < 4 || uint64(binary.LittleEndian.Uint32(body)) > uint64(len(body)-4) {
		return nil, nil, fault.Errorf(fault.Corrupt, "the levels of a page do not fit in its %d bytes", len(body))
	}
	n := 4 + int(binary.LittleEndian.Uint32(body))
	return body[4:n], body[n:], nil
}

// decode puts n values, present and missing, into the page.
func (r *columnReader) decode(levels, body []byte, n int, encoding int64) error {
	present := make([]bool, 0, min(n, batchRows))
	count := n
	if r.column.optional {
		count = 0
		err := hybrid(levels, 1, n, func(v uint32) error {
			present = append(present, v == 1)
			count += int(v)
			return nil
		})
		if err != nil {
			return err
		}
	}
	found := &values{}
	var err error
	switch encoding {
	case plain:
		err = r.plain(found, body, count)
	case plainDictionary, dictionary:
		err = r.lookUp(found, body, count)
	default:
		err = fault.Errorf(fault.Unsupported, "values in the encoding %d", encoding)
	}
	if err != nil {
		return err
	}
	r.spread(found, present, n)
	return nil
}

// spread puts missing values between those that were found.
func (r *columnReader) spread(found *values, present []bool, n int) {
	if !r.column.optional {
		r.page = *found
		r.page.nulls = make([]bool, n)
		return
	}
	next := 0
	for _, there := range present {
		r.page.nulls = append(r.page.nulls, !there)
		if there {
			r.page.copyFrom(found, next, r.column.Kind)
			next++
		} else {
			r.page.skip(r.column.Kind)
		}
	}
}

// plain decodes n values that stand one after the other.
func (r *columnReader) plain(to *values, body []byte, n int) error {
	width := map[int64]int{int32s: 4, int64s: 8, float32s: 4, float64s: 8}[r.column.physical]
	if r.column.physical == byteArrays {
		return plainBytes(to, body, n)
	}
	if width > 0 && n > len(body)/width || width == 0 && n > 8*len(body) {
		return fault.Errorf(fault.Corrupt, "%d values do not fit in %d bytes", n, len(body))
	}
	for i := range n {
		switch r.column.physical {
		case boolean:
			to.ints = append(to.ints, int64(body[i/8]>>(i%8)&1))
		case int32s:
			v := binary.LittleEndian.Uint32(body[4*i:])
			if r.column.unsigned {
				to.ints = append(to.ints, int64(v))
			} else {
				to.ints = append(to.ints, int64(int32(v)))
			}
		case int64s:
			to.ints = append(to.ints, int64(binary.LittleEndian.Uint64(body[8*i:])))
		case float32s:
			to.floats = append(to.floats, float64(math.Float32frombits(binary.LittleEndian.Uint32(body[4*i:]))))
		case float64s:
			to.floats = append(to.floats, math.Float64frombits(binary.LittleEndian.Uint64(body[8*i:])))
		}
	}
	return nil
}

// plainBytes decodes n lengths, each with its bytes.
func plainBytes(to *values, body []byte, n int) error {
	for range n {
		if len(body) < 4 || uint64(binary.LittleEndian.Uint32(body)) > uint64(len(body)-4) {
			return fault.Errorf(fault.Corrupt, "a text does not fit in the %d bytes that are left", len(body))
		}
		end := 4 + int(binary.LittleEndian.Uint32(body))
		to.bytes = append(to.bytes, body[4:end]...)
		to.ends = append(to.ends, len(to.bytes))
		body = body[end:]
	}
	return nil
}

// lookUp decodes n numbers of dictionary entries.
func (r *columnReader) lookUp(to *values, body []byte, n int) error {
	if r.dict == nil || len(body) < 1 || body[0] > 32 {
		return fault.Errorf(fault.Corrupt, "a page refers to a dictionary that is not there")
	}
	size := r.dict.len(r.column.Kind)
	return hybrid(body[1:], int(body[0]), n, func(v uint32) error {
		if int64(v) >= int64(size) {
			return fault.Errorf(fault.Corrupt, "entry %d of a dictionary of %d", v, size)
		}
		if len(to.bytes) > maxPage {
			return fault.Errorf(fault.Unsupported, "a page of more than %d bytes of text", maxPage)
		}
		to.copyFrom(r.dict, int(v), r.column.Kind)
		return nil
	})
}

// hybrid decodes n numbers of so many bits: runs of one number, and runs of packed
// ones (https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE).
func hybrid(data []byte, width, n int, visit func(uint32) error) error {
	for n > 0 {
		head, size := binary.Uvarint(data)
		if size <= 0 {
			return fault.Errorf(fault.Corrupt, "a page ends %d numbers too early", n)
		}
		data = data[size:]
		count, step := n, (width+7)/8
		if head&1 == 1 {
			if groups := head >> 1; groups < uint64(n+7)/8 {
				count = int(groups * 8)
			}
			step = (count*width + 7) / 8
		} else if head>>1 < uint64(n) {
			count = int(head >> 1)
		}
		if count == 0 || step > len(data) {
			return fault.Errorf(fault.Corrupt, "a run of %d numbers does not fit in %d bytes", count, len(data))
		}
		for i := range count {
			at := 0
			if head&1 == 1 {
				at = i * width
			}
			if err := visit(unpackBits(data, at, width)); err != nil {
				return err
			}
		}
		if head&1 == 1 { // whole groups of eight are stored
			step = min(int(min(head>>1, uint64(len(data)))*uint64(width)), len(data))
		}
		data, n = data[step:], n-count
	}
	return nil
}

// unpackBits reads the number of so many bits, up to 32, that begins at a bit.
func unpackBits(data []byte, at, width int) uint32 {
	var v uint64
	for i, b := range data[at/8 : min(len(data), (at+width+7)/8)] {
		v |= uint64(b) << (8 * i)
	}
	return uint32(v >> (at % 8) & (1<<width - 1))
}

// The codecs of Parquet that are read.
const (
	uncompressed, snappyCodec, gzipCodec, zstdCodec = 0, 1, 2, 6
)

// unpack decompresses a page, whose header promises so many bytes.
func (r *columnReader) unpack(body []byte, size int64) (out []byte, err error) {
	switch r.chunk.codec {
	case uncompressed:
		return body, nil
	case snappyCodec:
		if n, err := snappy.DecodedLen(body); err != nil || int64(n) != size {
			return nil, fault.Errorf(fault.Corrupt, "a snappy page of %d bytes, its header says %d", n, size)
		}
		out, err = snappy.Decode(nil, body)
	case gzipCodec:
		out, err = gunzip(body, size)
	case zstdCodec:
		out, err = unzstd(body, size)
	default:
		return nil, fault.Errorf(fault.Unsupported, "pages in the codec %d", r.chunk.codec)
	}
	if err == nil && int64(len(out)) != size {
		err = errors.New("its length is not what its header says")
	}
	if err != nil {
		return nil, fault.Errorf(fault.Corrupt, "decompressing a page: %w", err)
	}
	return out, nil
}

func gunzip(body []byte, size int64) ([]byte, error) {
	in, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(in, size+1))
}

func unzstd(body []byte, size int64) ([]byte, error) {
	in, err := zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPage))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(in, size+1))
}
