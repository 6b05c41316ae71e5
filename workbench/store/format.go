package store

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"profilemate/frames"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// An entry's file is, in this order:
//
//	the body: the tables, each an Arrow IPC file, then the details as JSON
//	the index: JSON, see index
//	the length of the index in 8 bytes, little endian
//	the SHA-256 of the index in 32 bytes
//	magic
//
// The index holds a checksum for every 64 KiB of the body.
const (
	magic       = "PMATE\x00r1"
	trailerSize = 8 + sha256.Size + len(magic)
)

// Meta says where a result came from.
type Meta struct {
	Analysis  string               `json:"analysis"`
	Version   int                  `json:"version,omitempty"` // of the analysis
	Title     string               `json:"title,omitempty"`
	Params    map[string]string    `json:"params"` // those that differ from their defaults
	Inputs    []result.BundleInput `json:"inputs"`
	ElapsedNs int64                `json:"elapsedNs"` // of the computation
	Created   time.Time            `json:"created"`   // zero: Put fills it in
}

// index says what an entry holds, and where.
type index struct {
	Key     string      `json:"key"`
	Meta    Meta        `json:"meta"`
	Tables  []tableSpan `json:"tables"`
	Details int64       `json:"details"` // where they start; they reach to the end of the body
	Size    int64       `json:"size"`    // of the body
	Sums    []byte      `json:"sums"`    // of its blocks
}

// details are the charts and findings: apart from the index, since heat maps can be
// large and a page of a table does not need them.
type details struct {
	Charts   []result.Chart   `json:"charts"`
	Findings []result.Finding `json:"findings"`
}

// tableSpan is where a table stands.
type tableSpan struct {
	Name   string        `json:"name"`
	Title  string        `json:"title"`
	Rows   int           `json:"rows"`
	Schema frames.Schema `json:"schema"`
	Offset int64         `json:"offset"`
	Size   int64         `json:"size"`
}

// Stream is a table that is written as it comes, for one that is never whole in
// memory.
type Stream struct {
	Name, Title string
	Rows        int
	Schema      frames.Schema
	Write       func(io.Writer) error // writes an Arrow IPC file with these rows and columns
}

// streams are the tables of a result.
func streams(r *result.Result) ([]Stream, error) {
	list := make([]Stream, len(r.Tables))
	for i, t := range r.Tables {
		if t.Frame == nil {
			return nil, fault.Errorf(fault.Internal, "table %q has no frame", t.Name)
		}
		list[i] = Stream{Name: t.Name, Title: t.Title, Rows: t.Frame.Len(), Schema: t.Frame.Schema(), Write: t.Frame.WriteArrow}
	}
	return list, nil
}

// writeEntry writes tables, charts and findings in the form of an entry.
func writeEntry(w io.Writer, key string, tables []Stream, d details, m Meta) error {
	buffered := bufio.NewWriterSize(w, 1<<18)
	body := &blockWriter{w: buffered}
	ix := index{Key: key, Meta: m, Tables: make([]tableSpan, len(tables))}
	for i, t := range tables {
		if slices.ContainsFunc(tables[:i], func(other Stream) bool { return other.Name == t.Name }) {
			return fault.Errorf(fault.Internal, "table %q shares its name with another", t.Name)
		}
		start := body.size
		if err := t.Write(body); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
		ix.Tables[i] = tableSpan{Name: t.Name, Title: t.Title, Rows: t.Rows, Schema: t.Schema, Offset: start, Size: body.size - start}
	}
	ix.Details = body.size
	if err := json.NewEncoder(body).Encode(d); err != nil {
		return fmt.Errorf("charts and findings: %w", err)
	}
	ix.Sums, ix.Size = body.finish(), body.size
	data, err := json.Marshal(ix)
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	sum := sha256.Sum256(data)
	buffered.Write(data)
	buffered.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(data))))
	buffered.Write(sum[:])
	buffered.WriteString(magic)
	return buffered.Flush() // the first error of all these writes
}

// readIndex reads and checks an entry's index.
func readIndex(f *os.File, size int64, key string) (*index, error) {
	damaged := func(format string, args ...any) error {
		return fault.Errorf(fault.Corrupt, "the stored result %.12s… is damaged: %w", key, fmt.Errorf(format, args...))
	}
	if size < int64(trailerSize) {
		return nil, damaged("it has %d bytes", size)
	}
	trailer := make([]byte, trailerSize)
	if _, err := f.ReadAt(trailer, size-int64(trailerSize)); err != nil {
		return nil, readFault(key, err)
	}
	length := binary.LittleEndian.Uint64(trailer)
	if string(trailer[8+sha256.Size:]) != magic || length > uint64(size)-uint64(trailerSize) {
		return nil, damaged("its end is missing")
	}
	data := make([]byte, length)
	body := size - int64(trailerSize) - int64(length)
	if _, err := f.ReadAt(data, body); err != nil {
		return nil, readFault(key, err)
	}
	if sum := sha256.Sum256(data); !bytes.Equal(sum[:], trailer[8:8+sha256.Size]) {
		return nil, damaged("its index does not fit its checksum")
	}
	ix := &index{}
	if err := json.Unmarshal(data, ix); err != nil {
		return nil, damaged("its index: %w", err)
	}
	if err := ix.check(key, body); err != nil {
		return nil, damaged("%w", err)
	}
	return ix, nil
}

func (ix *index) check(key string, body int64) error {
	if ix.Key != key {
		return fmt.Errorf("it belongs to %.12s…", ix.Key)
	}
	if ix.Size != body || int64(len(ix.Sums)) != (body+blockSize-1)/blockSize*4 {
		return fmt.Errorf("its body has %d bytes, not %d", body, ix.Size)
	}
	if ix.Details < 0 || ix.Details > body {
		return errors.New("its details lie outside")
	}
	for _, t := range ix.Tables {
		if t.Offset < 0 || t.Size < 0 || t.Offset > body-t.Size {
			return fmt.Errorf("its table %q lies outside", t.Name)
		}
	}
	return nil
}

// readFault tells a file that ends too early from one that cannot be read: only the
// first is damaged.
func readFault(key string, err error) error {
	var known *fault.Error
	var system *os.PathError
	switch {
	case errors.As(err, &known):
		return fault.Errorf(known.Kind, "reading the stored result %.12s…: %w", key, err)
	case errors.As(err, &system):
		return fmt.Errorf("reading the stored result %.12s…: %w", key, err)
	}
	return fault.Errorf(fault.Corrupt, "the stored result %.12s… is damaged: %w", key, err)
}
