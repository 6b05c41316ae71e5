package nsys

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"zombiezen.com/go/sqlite"

	"profilemate/workbench/fault"
)

// file is what the header of a SQLite file says about it.
type file struct {
	path  string // absolute
	size  int64
	pages int64 // by the header; 0: it does not say
	page  int64 // bytes of a page
	cut   *cut  // nil for a file that is not truncated
}

// truncated reports whether the header promises more pages than the file has.
func (f file) truncated() bool { return f.pages*f.page > f.size }

// close gives back what readHeader took. All connections must be closed.
func (f file) close() error {
	if f.cut == nil {
		return nil
	}
	return f.cut.close()
}

const headerBytes = 100

// readHeader reads the fields of the file format's first 100 bytes
// (https://sqlite.org/fileformat2.html, section 1.3). The caller closes the file.
func readHeader(path string) (file, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return file{}, fault.Errorf(fault.NotFound, "%w", err)
	}
	in, err := os.Open(abs)
	if err != nil {
		return file{}, fault.Errorf(openFault(err), "%w", err)
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return file{}, fault.Errorf(fault.Denied, "%w", err)
	}
	head := make([]byte, headerBytes)
	if _, err := io.ReadFull(in, head); err != nil || string(head[:len(magic)]) != magic {
		return file{}, fault.Errorf(fault.Corrupt, "the file ends within, or has lost, its SQLite header (%d bytes)", info.Size())
	}
	f := file{path: abs, size: info.Size(), page: int64(binary.BigEndian.Uint16(head[16:]))}
	if f.page == 1 {
		f.page = 65536
	}
	// The page count is only valid when the last writer kept it.
	if binary.BigEndian.Uint32(head[24:]) == binary.BigEndian.Uint32(head[92:]) {
		f.pages = int64(binary.BigEndian.Uint32(head[28:]))
	}
	if f.page < 512 || f.page&(f.page-1) != 0 {
		return file{}, fault.Errorf(fault.Corrupt, "the SQLite header is damaged: it gives pages of %d bytes", f.page)
	}
	if f.truncated() {
		if f.cut, err = newCut(abs, f.size/f.page*f.page); err != nil {
			return file{}, fault.Errorf(fault.Internal, "opening a cut-off file: %w", err)
		}
	}
	return f, nil
}

func openFault(err error) fault.Kind {
	if errors.Is(err, os.ErrNotExist) {
		return fault.NotFound
	}
	return fault.Denied
}

// connect opens one connection that can do nothing but read: the file is taken as
// immutable (no lock, no journal), nothing can be written or attached, and functions
// that the schema names are not trusted. SQLite refuses a truncated file as a whole,
// unless the schema is declared writable; then it reads the pages that are there.
//
// There is no authorizer: all statements are this package's own, and the library
// (v1.4.2) keys authorizers by the address of the connection and forgets them after
// the address is free again, so that a connection opened meanwhile loses its own.
func (f file) connect() (*sqlite.Conn, error) {
	path := filepath.ToSlash(f.path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	uri := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "mode=ro&immutable=1"}
	if f.cut != nil {
		uri.RawQuery += "&vfs=" + f.cut.name
	}
	conn, err := sqlite.OpenConn(uri.String(), sqlite.OpenReadOnly, sqlite.OpenURI)
	if err != nil {
		return nil, fault.Errorf(fault.Corrupt, "opening the database: %w", err)
	}
	if err := f.restrict(conn); err != nil {
		conn.Close()
		return nil, fault.Errorf(fault.Corrupt, "opening the database: %w", err)
	}
	return conn, nil
}

func (f file) restrict(conn *sqlite.Conn) error {
	pragmas := []string{"PRAGMA trusted_schema = OFF", "PRAGMA query_only = ON"}
	if f.truncated() {
		pragmas = append(pragmas, "PRAGMA writable_schema = ON", "PRAGMA cell_size_check = ON")
	} else if err := conn.SetDefensive(true); err != nil {
		return err
	}
	for _, p := range pragmas {
		if err := query(conn, p, func(*sqlite.Stmt) error { return nil }); err != nil {
			return err
		}
	}
	conn.Limit(sqlite.LimitAttached, 0)
	return nil
}

// query runs a statement and calls row for each of its rows. args are bound in
// order.
func query(conn *sqlite.Conn, text string, row func(*sqlite.Stmt) error, args ...int64) error {
	stmt, _, err := conn.PrepareTransient(text)
	if err != nil {
		return fmt.Errorf("preparing %q: %w", text, err)
	}
	defer stmt.Finalize()
	for i, v := range args {
		stmt.BindInt64(i+1, v)
	}
	for {
		more, err := stmt.Step()
		if err != nil {
			return fmt.Errorf("running %q: %w", text, err)
		}
		if !more {
			return nil
		}
		if err := row(stmt); err != nil {
			return err
		}
	}
}

// pool keeps connections for the next scan. It is safe for concurrent use.
type pool struct {
	file   file
	mu     sync.Mutex
	idle   []*sqlite.Conn
	lent   int
	closed bool
}

func (p *pool) get() (*sqlite.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, fault.Errorf(fault.Internal, "reading %s after it was closed", filepath.Base(p.file.path))
	}
	if n := len(p.idle); n > 0 {
		conn := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.lent++
		return conn, nil
	}
	conn, err := p.file.connect()
	if err == nil {
		p.lent++
	}
	return conn, err
}

func (p *pool) put(conn *sqlite.Conn) {
	conn.SetInterrupt(nil)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lent--
	p.idle = append(p.idle, conn)
	if p.closed {
		p.drain()
	}
}

// close closes the connections, those that are lent when they come back.
func (p *pool) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	return p.drain()
}

func (p *pool) drain() error {
	var errs []error
	for _, conn := range p.idle {
		errs = append(errs, conn.Close())
	}
	p.idle = nil
	if p.lent == 0 {
		errs = append(errs, p.file.close())
	}
	return errors.Join(errs...)
}
