package export

import (
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/zstd"

	"profilemate/frames"
)

// The numbers of Parquet's format that are written
// (https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift).
const (
	parquetMagic = "PAR1"

	parquetBool, parquetInt64, parquetDouble, parquetBytes = 0, 2, 5, 6
	plainEncoding, rleEncoding, dictionaryEncoding         = 0, 3, 8
	optionalField                                          = 1
	utf8Type                                               = 0
	zstdCodec                                              = 6
	dataPage, dictionaryPage                               = 0, 2
)

// A row group ends at so many rows, or bytes of values: they are in memory until then.
const groupRows, groupBytes = 1 << 18, 64 << 20

// parquetSink writes a Parquet file: plain values, texts by a dictionary a row group,
// one page a column and row group, compressed with zstd.
type parquetSink struct {
	out     io.Writer
	at      int64 // bytes written
	schema  frames.Schema
	columns []*parquetColumn
	rows    int64 // of all groups
	group   int64 // rows of the current group
	groups  []parquetGroup
	zstd    *zstd.Encoder
	err     error
}

// parquetGroup is a row group that is written.
type parquetGroup struct {
	rows, bytes int64
	chunks      []parquetChunk
}

// parquetChunk is a column of a row group.
type parquetChunk struct {
	dictionary, data int64 // offsets of the pages; dictionary 0 for none
	size, packed     int64 // bytes of the pages with their headers, before and after compression
}

func newParquetSink(w io.Writer, schema frames.Schema) (sink, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, err
	}
	s := &parquetSink{out: w, schema: schema, zstd: encoder}
	for range schema {
		s.columns = append(s.columns, &parquetColumn{words: newLexicon()})
	}
	s.put([]byte(parquetMagic))
	return s, s.err
}

// put writes bytes; the first failure stays.
func (s *parquetSink) put(data []byte) {
	if s.err == nil {
		_, s.err = s.out.Write(data)
		s.at += int64(len(data))
	}
}

func (s *parquetSink) write(b *frames.Batch) error {
	held := 0
	for i, c := range s.columns {
		c.add(b.At(i))
		held += c.held()
	}
	s.group += int64(b.Len())
	if s.group >= groupRows || held >= groupBytes {
		s.flush()
	}
	return s.err
}

// flush writes the rows that are held as a row group.
func (s *parquetSink) flush() {
	if s.group == 0 {
		return
	}
	g := parquetGroup{rows: s.group}
	for i, c := range s.columns {
		chunk := parquetChunk{}
		if s.schema[i].Kind == frames.String {
			chunk.dictionary = s.at
			s.page(&chunk, c.dictionary(), int64(len(c.words.texts)), dictionaryPage, plainEncoding)
		}
		chunk.data = s.at
		encoding := int64(plainEncoding)
		if chunk.dictionary > 0 {
			encoding = dictionaryEncoding
		}
		s.page(&chunk, c.page(s.schema[i].Kind), s.group, dataPage, encoding)
		g.bytes += chunk.size
		g.chunks = append(g.chunks, chunk)
		c.clear()
	}
	s.groups = append(s.groups, g)
	s.rows, s.group = s.rows+s.group, 0
}

// page writes a page behind its header.
func (s *parquetSink) page(chunk *parquetChunk, data []byte, values, kind, encoding int64) {
	packed := s.zstd.EncodeAll(data, nil)
	var t thrift
	t.open()
	t.i32(1, kind)
	t.i32(2, int64(len(data)))
	t.i32(3, int64(len(packed)))
	if kind == dictionaryPage {
		t.inner(7)
		t.i32(1, values)
		t.i32(2, encoding)
	} else {
		t.inner(5)
		t.i32(1, values)
		t.i32(2, encoding)
		t.i32(3, rleEncoding) // of what is missing
		t.i32(4, rleEncoding)
	}
	t.end()
	t.end()
	s.put(t.buf)
	s.put(packed)
	chunk.size += int64(len(t.buf) + len(data))
	chunk.packed += int64(len(t.buf) + len(packed))
}

// close writes the last group and the metadata.
func (s *parquetSink) close() error {
	s.flush()
	footer := s.footer()
	s.put(footer)
	s.put(binary.LittleEndian.AppendUint32(nil, uint32(len(footer))))
	s.put([]byte(parquetMagic))
	return s.err
}

// footer is the structure FileMetaData.
func (s *parquetSink) footer() []byte {
	var t thrift
	t.open()
	t.i32(1, 1)
	t.list(2, thriftStruct, len(s.schema)+1)
	t.open()
	t.text(4, "schema")
	t.i32(5, int64(len(s.schema)))
	t.end()
	for _, field := range s.schema {
		t.open()
		t.i32(1, parquetType(field.Kind))
		t.i32(3, optionalField)
		t.text(4, field.Name)
		if field.Kind == frames.String {
			t.i32(6, utf8Type)
		}
		t.end()
	}
	t.i64(3, s.rows)
	t.list(4, thriftStruct, len(s.groups))
	for _, g := range s.groups {
		s.writeGroup(&t, g)
	}
	s.writeUnits(&t)
	t.text(6, "profilemate")
	t.end()
	return t.buf
}

// writeGroup is the structure RowGroup.
func (s *parquetSink) writeGroup(t *thrift, g parquetGroup) {
	t.open()
	t.list(1, thriftStruct, len(g.chunks))
	for i, chunk := range g.chunks {
		t.open()
		t.i64(2, 0) // where the metadata of a chunk lie beside these: nowhere
		t.inner(3)
		t.i32(1, parquetType(s.schema[i].Kind))
		encodings := []int64{plainEncoding, rleEncoding}
		if chunk.dictionary > 0 {
			encodings = append(encodings, dictionaryEncoding)
		}
		t.list(2, thriftI32, len(encodings))
		for _, e := range encodings {
			t.varint(e)
		}
		t.list(3, thriftBinary, 1)
		t.bytes(s.schema[i].Name)
		t.i32(4, zstdCodec)
		t.i64(5, g.rows)
		t.i64(6, chunk.size)
		t.i64(7, chunk.packed)
		t.i64(9, chunk.data)
		if chunk.dictionary > 0 {
			t.i64(11, chunk.dictionary)
		}
		t.end()
		t.end()
	}
	t.i64(2, g.bytes)
	t.i64(3, g.rows)
	t.end()
}

// writeUnits is the file's own metadata: the unit of each column that has one.
func (s *parquetSink) writeUnits(t *thrift) {
	var pairs [][2]string
	for _, field := range s.schema {
		if field.Unit != "" {
			pairs = append(pairs, [2]string{"unit:" + field.Name, field.Unit})
		}
	}
	if len(pairs) == 0 {
		return
	}
	t.list(5, thriftStruct, len(pairs))
	for _, p := range pairs {
		t.open()
		t.text(1, p[0])
		t.text(2, p[1])
		t.end()
	}
}

func parquetType(kind frames.Kind) int64 {
	switch kind {
	case frames.Bool:
		return parquetBool
	case frames.Int64:
		return parquetInt64
	case frames.Float64:
		return parquetDouble
	}
	return parquetBytes
}
