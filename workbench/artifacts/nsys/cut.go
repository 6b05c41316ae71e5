package nsys

import (
	"io"
	"io/fs"
	"os"

	"modernc.org/sqlite/vfs"
)

// cut shows SQLite the whole pages of a file that ends within one. Left to itself,
// SQLite fills the rest of the page with zeros and delivers rows made of them.
type cut struct {
	path string
	size int64 // a multiple of the page size
	name string
	vfs  *vfs.FS
}

// newCut registers the file with SQLite under a name of its own; close takes it
// back.
func newCut(path string, size int64) (*cut, error) {
	c := &cut{path: path, size: size}
	var err error
	c.name, c.vfs, err = vfs.New(c)
	return c, err
}

func (c *cut) close() error { return c.vfs.Close() }

// Open implements fs.FS: whatever the name, it is the one file. SQLite has its own
// handle for each connection, so reading moves nobody else's place.
func (c *cut) Open(string) (fs.File, error) {
	f, err := os.Open(c.path)
	if err != nil {
		return nil, err
	}
	return &cutFile{file: f, SectionReader: io.NewSectionReader(f, 0, c.size)}, nil
}

type cutFile struct {
	*io.SectionReader
	file *os.File
}

// Stat implements fs.File.
func (f *cutFile) Stat() (fs.FileInfo, error) {
	info, err := f.file.Stat()
	return cutInfo{info, f.SectionReader.Size()}, err
}

// Close implements fs.File.
func (f *cutFile) Close() error { return f.file.Close() }

type cutInfo struct {
	fs.FileInfo
	size int64
}

// Size implements fs.FileInfo.
func (i cutInfo) Size() int64 { return i.size }
