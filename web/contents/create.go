package contents

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"profilemate/notebooks"
	"profilemate/workbench/fault"
)

// New makes an empty entry in a folder under a name that is free: Untitled.ipynb,
// untitled.txt, Untitled Folder, then with a number. ext is that of a file, with its
// period.
func (s *Store) New(folder string, t Type, ext string) (Model, error) {
	folder, err := s.cleanFolder(folder)
	if err != nil {
		return Model{}, err
	}
	if t == "" {
		t = File
		if ext == ".ipynb" {
			t = Notebook
		}
	}
	var name string
	switch t {
	case Directory:
		name = s.Free(folder, "Untitled Folder", " ")
		err = s.root.Mkdir(path.Join(folder, name), 0o755)
	case Notebook:
		name = s.Free(folder, "Untitled.ipynb", "")
		_, err = notebooks.Save(s.root, path.Join(folder, name), empty())
	case File:
		if strings.ContainsAny(ext, `/\`+"\x00") {
			return Model{}, fault.Errorf(fault.Misuse, "%q is no file extension", ext)
		}
		name = s.Free(folder, "untitled"+ext, "")
		err = s.replace(path.Join(folder, name), nil)
	default:
		return Model{}, fault.Errorf(fault.Misuse, "Unexpected model type: %q", t)
	}
	if err != nil {
		return Model{}, fileFault(path.Join(folder, name), err)
	}
	return s.Get(path.Join(folder, name), Query{})
}

// empty is a notebook of which nothing is known yet: the client picks its kernel.
func empty() *notebooks.Notebook {
	return &notebooks.Notebook{Minor: notebooks.Minor, Cells: []*notebooks.Cell{}, Metadata: map[string]any{}}
}

// cleanFolder checks the path of a folder that something is to be made in.
func (s *Store) cleanFolder(name string) (string, error) {
	name, err := clean(name)
	if err != nil {
		return "", err
	}
	info, err := s.stat(name)
	if err == nil && !info.IsDir() {
		err = fault.Errorf(fault.Misuse, "Cannot POST to files, use PUT instead.")
	}
	return name, err
}

// copied matches what an earlier copy has added to a name.
func copied() *regexp.Regexp { return regexp.MustCompile(`-Copy\d*\.`) }

// Copy copies a file into a folder: under its own name where that is free, else as
// NAME-Copy1.ipynb and so on.
func (s *Store) Copy(from, folder string) (Model, error) {
	from, err := clean(from)
	if err != nil {
		return Model{}, err
	}
	if folder, err = s.cleanFolder(folder); err != nil {
		return Model{}, err
	}
	if path.Ext(from) == ".ipynb" {
		if err := s.documents.Settle(from); err != nil {
			return Model{}, err
		}
	}
	info, err := s.stat(from)
	switch {
	case err != nil:
		return Model{}, err
	case info.IsDir():
		return Model{}, fault.Errorf(fault.Misuse, "Can't copy directories")
	}
	to := path.Join(folder, s.Free(folder, copied().ReplaceAllString(path.Base(from), "."), "-Copy"))
	if err := s.duplicate(from, to); err != nil {
		return Model{}, err
	}
	return s.Get(to, Query{})
}

// Free is the first of name, name1, name2, … that no entry of a folder has. The number
// stands before the extension, behind insert.
func (s *Store) Free(folder, name, insert string) string {
	base, ext, dot := strings.Cut(name, ".")
	if path.Ext(name) == ".ipynb" {
		base, ext, dot = strings.TrimSuffix(name, ".ipynb"), "ipynb", true
	}
	if dot {
		ext = "." + ext
	}
	for i := 0; ; i++ {
		try := name
		if i > 0 {
			try = base + insert + strconv.Itoa(i) + ext
		}
		if _, err := s.root.Lstat(path.Join(folder, try)); err != nil {
			return try
		}
	}
}
