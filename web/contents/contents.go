// Package contents shows the served folder as Jupyter's contents interface does:
// folders, notebooks and files, with their checkpoints. Notebooks that are open in
// the workbench are read and written through their live document.
package contents

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"profilemate/notebooks"
	"profilemate/web/live"
	"profilemate/workbench/fault"
)

// Type is what an entry is.
type Type string

// The types of entries.
const (
	Directory Type = "directory"
	Notebook  Type = "notebook"
	File      Type = "file"
)

// Format is how the content of an entry stands in JSON.
type Format string

// The formats of content.
const (
	JSON   Format = "json"   // of notebooks and folders
	Text   Format = "text"   // UTF-8
	Base64 Format = "base64" // anything else
)

// Model is an entry. All keys are always there, since clients check for them.
type Model struct {
	Name          string  `json:"name"`
	Path          string  `json:"path"`
	Type          Type    `json:"type"`
	Writable      bool    `json:"writable"`
	Created       string  `json:"created"`       // RFC 3339
	LastModified  string  `json:"last_modified"` // RFC 3339
	Size          *int64  `json:"size"`          // in bytes; nil for a folder
	MIMEType      *string `json:"mimetype"`      // nil: not known, or not asked for
	Content       any     `json:"content"`       // nil: not asked for
	Format        *Format `json:"format"`        // nil with a nil content
	Hash          *string `json:"hash"`          // of the file's bytes; nil: not asked for
	HashAlgorithm *string `json:"hash_algorithm"`
}

// Store is the served folder. It is safe for concurrent use; two requests that write
// the same file do so one after the other, or the last one wins.
type Store struct {
	root      *os.Root
	documents *live.Documents

	// Moved is told of every rename, with the old and the new path; nil for nobody.
	Moved func(from, to string)
}

// New shows the folder of documents.
func New(documents *live.Documents) *Store {
	return &Store{root: documents.Root(), documents: documents}
}

// clean checks a path as a client gives it and returns the one form of it; "." is the
// served folder. A path that leads out of it, and one with a hidden part, is NotFound,
// so that nobody learns what is there.
func clean(name string) (string, error) {
	name = strings.Trim(name, "/")
	if name == "" {
		return ".", nil
	}
	local := filepath.FromSlash(name)
	if strings.ContainsRune(name, 0) || strings.Contains(name, `\`) || !filepath.IsLocal(local) {
		return "", fault.Errorf(fault.NotFound, "the path %q is not in the served folder", name)
	}
	name = path.Clean(name)
	for part := range strings.SplitSeq(name, "/") {
		if hidden(part) && part != "." {
			return "", notThere(name)
		}
	}
	return name, nil
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") }

func notThere(name string) error {
	return fault.Errorf(fault.NotFound, "No such file or directory: %s", name)
}

// fileFault gives an error of the file system its kind.
func fileFault(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return notThere(name)
	case errors.Is(err, fs.ErrExist):
		return fault.Errorf(fault.Conflict, "%s is there already", name)
	}
	return fault.Errorf(fault.Denied, "%s: %w", name, err)
}

// stat is a file's or folder's state. Pipes and devices are not shown.
func (s *Store) stat(name string) (fs.FileInfo, error) {
	info, err := s.root.Stat(name)
	if err != nil {
		return nil, fileFault(name, err)
	}
	if !info.IsDir() && !info.Mode().IsRegular() {
		return nil, fault.Errorf(fault.Misuse, "%s is not a regular file", name)
	}
	return info, nil
}

// typeOf is what an entry is when nobody asks for another type.
func typeOf(name string, info fs.FileInfo) Type {
	switch {
	case info.IsDir():
		return Directory
	case path.Ext(name) == ".ipynb":
		return Notebook
	}
	return File
}

// Delete removes a file or an empty folder, with its checkpoints.
func (s *Store) Delete(name string) error {
	name, err := clean(name)
	if err != nil {
		return err
	}
	info, err := s.root.Lstat(name)
	switch {
	case err != nil:
		return fileFault(name, err)
	case name == ".":
		return fault.Errorf(fault.Misuse, "the served folder cannot be deleted")
	case info.IsDir():
		if err := s.emptied(name); err != nil {
			return err
		}
	}
	return s.documents.Release(name, func() error {
		s.dropCheckpoints(name)
		if err := s.root.Remove(name); err != nil {
			return fileFault(name, err)
		}
		return nil
	})
}

// emptied makes sure that a folder holds nothing but checkpoints, and removes those.
func (s *Store) emptied(name string) error {
	entries, err := fs.ReadDir(s.root.FS(), name)
	if err != nil {
		return fileFault(name, err)
	}
	for _, e := range entries {
		if e.Name() != checkpointFolder {
			return fault.Errorf(fault.Misuse, "Directory %s not empty", name)
		}
	}
	if err := s.root.RemoveAll(path.Join(name, checkpointFolder)); err != nil {
		return fileFault(name, err)
	}
	return nil
}

// Rename moves a file or folder, with its checkpoints and its sessions. A target that
// is there is a Conflict.
func (s *Store) Rename(from, to string) (Model, error) {
	from, err := clean(from)
	if err != nil {
		return Model{}, err
	}
	if to, err = clean(to); err != nil {
		return Model{}, fault.Errorf(fault.Misuse, "Cannot rename to %q", to)
	}
	if _, err := s.stat(from); err != nil {
		return Model{}, err
	}
	if from == to {
		return s.Get(to, Query{})
	}
	err = s.documents.Release(from, func() error {
		if _, err := s.root.Lstat(to); err == nil {
			return fault.Errorf(fault.Conflict, "File already exists: %s", to)
		}
		if err := s.root.Rename(from, to); err != nil {
			return fileFault(to, err)
		}
		s.moveCheckpoints(from, to)
		return nil
	})
	if err != nil {
		return Model{}, err
	}
	if s.Moved != nil {
		s.Moved(from, to)
	}
	return s.Get(to, Query{})
}

// replace writes a file in one step.
func (s *Store) replace(name string, data []byte) error {
	_, err := notebooks.Replace(s.root, name, data)
	return err
}
