package contents

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"profilemate/notebooks"
	"profilemate/workbench/fault"
)

// Change is what a client sends to save an entry.
type Change struct {
	Type    Type            `json:"type"`
	Format  Format          `json:"format"`
	Content json.RawMessage `json:"content"`
	Chunk   int             `json:"chunk"` // 1, 2, …: a part of a file; -1: its last; 0: the whole
}

// Put saves an entry and reports whether it is new. The model comes without content.
func (s *Store) Put(name string, c Change) (m Model, created bool, err error) {
	if name, err = clean(name); err != nil {
		return Model{}, false, err
	}
	info, err := s.root.Stat(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Model{}, false, fileFault(name, err)
	}
	created = err != nil
	if !created && info.IsDir() != (c.Type == Directory) {
		return Model{}, false, fault.Errorf(fault.Misuse, "%s is there already and is no %s", name, c.Type)
	}
	if err := s.parent(name); err != nil {
		return Model{}, false, err
	}
	if err := s.write(name, c, created); err != nil {
		return Model{}, false, err
	}
	if c.Chunk > 0 { // the file is not there before its last part
		return Model{Name: path.Base(name), Path: name, Type: c.Type, Writable: true}, created, nil
	}
	m, err = s.Get(name, Query{Type: c.Type})
	return m, created, err
}

// parent makes sure that the folder of a new file is there.
func (s *Store) parent(name string) error {
	info, err := s.stat(path.Dir(name))
	if err == nil && !info.IsDir() {
		err = fault.Errorf(fault.Misuse, "%s is not a directory", path.Dir(name))
	}
	return err
}

func (s *Store) write(name string, c Change, created bool) error {
	switch {
	case c.Type == "":
		return fault.Errorf(fault.Misuse, "No file type provided")
	case c.Type == Directory:
		if !created {
			return nil
		}
		if err := s.root.Mkdir(name, 0o755); err != nil {
			return fileFault(name, err)
		}
		return nil
	case len(c.Content) == 0 || string(c.Content) == "null":
		return fault.Errorf(fault.Misuse, "No file content provided")
	case c.Chunk != 0 && c.Type == File:
		return s.writeChunk(name, c)
	case c.Type == Notebook:
		return s.writeNotebook(name, c)
	case c.Type == File:
		data, err := c.bytes()
		if err != nil {
			return err
		}
		return s.writeFile(name, data)
	}
	return fault.Errorf(fault.Misuse, "Unhandled contents type: %s", c.Type)
}

func (s *Store) writeNotebook(name string, c Change) error {
	book, err := notebooks.Read(bytes.NewReader(c.Content))
	if err != nil {
		return fault.Errorf(fault.Misuse, "saving %s: %w", name, err)
	}
	if path.Ext(name) != ".ipynb" {
		_, err = notebooks.Save(s.root, name, book)
		return err
	}
	return s.documents.Put(name, book)
}

// writeFile writes a file as it is. A notebook that is sent as text goes the way of
// notebooks where it is one, so that an open document learns of it.
func (s *Store) writeFile(name string, data []byte) error {
	if path.Ext(name) == ".ipynb" {
		if book, err := notebooks.Read(bytes.NewReader(data)); err == nil {
			return s.documents.Put(name, book)
		}
	}
	return s.replace(name, data)
}

// bytes are the content of a file.
func (c Change) bytes() ([]byte, error) {
	var text string
	if err := json.Unmarshal(c.Content, &text); err != nil {
		return nil, fault.Errorf(fault.Misuse, "the content of a file is a text: %w", err)
	}
	switch c.Format {
	case Text:
		return []byte(text), nil
	case Base64:
		data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		if err != nil {
			return nil, fault.Errorf(fault.Misuse, "the content is not base64: %w", err)
		}
		return data, nil
	}
	return nil, fault.Errorf(fault.Misuse, "Must specify format of file contents as 'text' or 'base64'")
}

// writeChunk gathers a file that comes in parts beside its place, and puts it there
// with the last one.
func (s *Store) writeChunk(name string, c Change) error {
	data, err := c.bytes()
	if err != nil {
		return err
	}
	part := path.Join(path.Dir(name), "."+path.Base(name)+".upload")
	flags := os.O_WRONLY | os.O_APPEND
	if c.Chunk == 1 {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	file, err := s.root.OpenFile(part, flags, 0o644)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Errorf(fault.Misuse, "a part of %s came before the first one", name)
	} else if err != nil {
		return fileFault(name, err)
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err != nil {
		return fileFault(name, err)
	}
	if c.Chunk != -1 {
		return nil
	}
	if err := s.root.Rename(part, name); err != nil {
		return fileFault(name, err)
	}
	return nil
}
