package pages

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"

	"profilemate/workbench/fault"
)

const (
	magic       = "SQLite format 3\x00"
	headerBytes = 100
	// slack is how many bytes of a buffer lie behind a page or record in it, so that
	// three varints or a number of 8 bytes can be loaded from its last byte on before
	// anything is checked.
	slack = 32
	// maxPages is the highest page number of the format (section 1.3.1).
	maxPages = 1<<32 - 2
)

// File is an open SQLite file. It is safe for concurrent scans.
type File struct {
	source  io.ReaderAt
	closer  io.Closer // nil: the source belongs to the caller
	page    int       // bytes of a page
	usable  int       // bytes of a page less the reserved ones at its end
	pages   int64     // whole pages there are; none beyond is ever read
	missing int64
	tables  map[string]*entry // by folded name
	names   []string
	damage  *Damage
}

// OpenFile opens the file at path, to be closed by the caller. A journal or
// write-ahead log with content beside it is declined: the file alone is then not
// what the database holds.
func OpenFile(path string) (*File, error) {
	for _, suffix := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(path + suffix); err == nil && info.Size() > 0 {
			return nil, declined("", "%s stands beside the file and holds part of it", info.Name())
		}
	}
	in, err := os.Open(path)
	if err != nil {
		kind := fault.Denied
		if errors.Is(err, os.ErrNotExist) {
			kind = fault.NotFound
		}
		return nil, fault.Errorf(kind, "%w", err)
	}
	f, err := openFile(in)
	if err != nil {
		in.Close()
		return nil, err
	}
	f.closer = in
	return f, nil
}

func openFile(in *os.File) (*File, error) {
	info, err := in.Stat()
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "%w", err)
	}
	return Open(in, info.Size())
}

// Open reads the header and the list of tables of a file of size bytes. The caller
// vouches that no journal and no write-ahead log stands beside it, and that it does
// not change. What is not a SQLite database, or has lost its list of tables, is
// Corrupt; text that is not UTF-8 is declined.
func Open(source io.ReaderAt, size int64) (*File, error) {
	f := &File{source: source}
	head := make([]byte, headerBytes)
	if n, err := source.ReadAt(head, 0); n < headerBytes && !errors.Is(err, io.EOF) {
		return nil, fault.Errorf(fault.Denied, "reading the SQLite header: %w", err)
	}
	if err := f.readHeader(head, size); err != nil {
		return nil, err
	}
	if err := f.readSchema(context.Background()); err != nil {
		return nil, err
	}
	return f, nil
}

// readHeader takes what section 1.3 describes.
func (f *File) readHeader(head []byte, size int64) error {
	if string(head[:len(magic)]) != magic {
		return fault.Errorf(fault.Corrupt, "offset 0: no SQLite header")
	}
	f.page = int(binary.BigEndian.Uint16(head[16:]))
	if f.page == 1 {
		f.page = 65536
	}
	if f.page < 512 || f.page&(f.page-1) != 0 {
		return fault.Errorf(fault.Corrupt, "offset 16: a page of %d bytes", f.page)
	}
	f.usable = f.page - int(head[20])
	if f.usable < 480 {
		return fault.Errorf(fault.Corrupt, "offset 20: %d reserved bytes in a page of %d", head[20], f.page)
	}
	if head[21] != 64 || head[22] != 32 || head[23] != 32 {
		return fault.Errorf(fault.Corrupt, "offset 21: payload fractions %d, %d, %d instead of 64, 32, 32", head[21], head[22], head[23])
	}
	if encoding := binary.BigEndian.Uint32(head[56:]); encoding > 1 {
		return declined("", "text encoding %d is not UTF-8", encoding)
	}
	f.count(head, size)
	return nil
}

// count finds how many pages there are. The header's number counts only when its
// last writer kept it (section 1.3.8).
func (f *File) count(head []byte, size int64) {
	f.pages = min(max(size, 0)/int64(f.page), maxPages)
	promised := int64(binary.BigEndian.Uint32(head[28:]))
	if promised == 0 || binary.BigEndian.Uint32(head[24:]) != binary.BigEndian.Uint32(head[92:]) {
		return
	}
	f.missing = max(promised-f.pages, 0)
	f.pages = min(f.pages, promised)
}

// Missing returns the number of pages that the header promises and the file lacks,
// 0 for a whole file.
func (f *File) Missing() int64 { return f.missing }

// Damage returns what of the list of tables could not be read, nil when all could.
func (f *File) Damage() *Damage { return f.damage }

// Tables returns the names of the tables that are listed, in the order of the file,
// those that Table declines among them.
func (f *File) Tables() []string { return slices.Clone(f.names) }

// Close closes what OpenFile opened, and does nothing otherwise.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// read fills buf with n pages from the first on and returns how many are whole: all
// but at the end of a file that was cut off after it was opened.
func (f *File) read(buf []byte, first uint32, n int) (whole int, err error) {
	got, err := f.source.ReadAt(buf[:n*f.page], int64(first-1)*int64(f.page))
	if got == n*f.page || errors.Is(err, io.EOF) {
		return got / f.page, nil
	}
	return 0, fault.Errorf(fault.KindOf(err), "reading page %d: %w", first, err)
}

// corrupt is the error of damage at a byte of a page.
func (f *File) corrupt(page uint32, at int, format string, args ...any) error {
	what := fault.Errorf(fault.Corrupt, format, args...)
	return fault.Errorf(fault.Corrupt, "page %d, offset %d: %w", page, int64(page-1)*int64(f.page)+int64(at), what)
}

// buffer returns room for n pages and the slack.
func (f *File) buffer(n int) []byte { return make([]byte, n*f.page+slack) }
