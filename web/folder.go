package web

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"profilemate/notebooks"
	"profilemate/web/live"
	"profilemate/workbench/fault"
)

// entry is a file or folder of a listing.
type entry struct {
	Name     string    `json:"name"`
	Path     string    `json:"path"`
	Type     string    `json:"type"` // "directory", "notebook" or "file"
	Size     int64     `json:"size"` // bytes; 0 for a folder
	Modified time.Time `json:"modified"`
}

// files lists a folder, folders first. Hidden entries are left out.
func (s *Server) files(r *http.Request) (any, error) {
	asked := r.URL.Query().Get("path")
	if strings.ContainsRune(asked, 0) {
		return nil, fault.Errorf(fault.Misuse, "the path has a zero byte in it")
	}
	dir := s.absolute(asked)
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, fileFault(err)
	}
	entries := []entry{}
	for _, d := range list {
		if e, ok := s.entryOf(dir, d); ok {
			entries = append(entries, e)
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		return strings.Compare(boolRank(a.Type == "directory")+a.Name, boolRank(b.Type == "directory")+b.Name)
	})
	parent := ""
	if up := filepath.Dir(dir); up != dir {
		parent = s.relative(up)
	}
	return map[string]any{"path": s.relative(dir), "parent": parent, "entries": entries}, nil
}

// boolRank sorts what is true first.
func boolRank(first bool) string {
	if first {
		return "0"
	}
	return "1"
}

// entryOf describes one name of a folder; a link counts as what it leads to.
func (s *Server) entryOf(dir string, d fs.DirEntry) (entry, bool) {
	full := filepath.Join(dir, d.Name())
	info, err := os.Stat(full)
	if err != nil || strings.HasPrefix(d.Name(), ".") {
		return entry{}, false // hidden, or gone since the folder was read
	}
	e := entry{Name: d.Name(), Path: s.relative(full), Type: "file", Size: info.Size(), Modified: info.ModTime().UTC()}
	switch {
	case info.IsDir():
		e.Type, e.Size = "directory", 0
	case strings.HasSuffix(e.Name, ".ipynb") && !filepath.IsAbs(e.Path):
		e.Type = "notebook"
	}
	return e, true
}

// notebookEntry is a notebook of the served folder.
type notebookEntry struct {
	Path     string    `json:"path"`
	Title    string    `json:"title"`
	Modified time.Time `json:"modified"`
}

const (
	maxNotebooks  = 1000            // listed at most
	maxTitleBytes = 64 << 20        // a larger file is listed by its name
	listTime      = 2 * time.Second // then the listing ends with what was found
)

// listNotebooks lists the notebooks below the served folder, the newest first.
func (s *Server) listNotebooks(r *http.Request) (any, error) {
	ctx, cancel := context.WithTimeout(r.Context(), listTime)
	defer cancel()
	list := []notebookEntry{}
	err := fs.WalkDir(s.documents.Root().FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil || len(list) == maxNotebooks:
			return fs.SkipAll
		case err != nil:
			return nil // a folder that may not be read hides nothing else
		case name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules"):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir() || path.Ext(name) != ".ipynb":
			return nil
		}
		if info, err := s.documents.Root().Stat(name); err == nil {
			list = append(list, notebookEntry{Path: name, Title: s.titles.of(s.documents.Root(), name, info), Modified: info.ModTime().UTC()})
		}
		return nil
	})
	if err != nil {
		return nil, fileFault(err)
	}
	slices.SortStableFunc(list, func(a, b notebookEntry) int { return b.Modified.Compare(a.Modified) })
	return list, nil
}

// titles remembers the titles of notebooks by path, size and time.
type titles struct {
	mu    sync.Mutex
	known map[titleKey]string
}

type titleKey struct {
	path     string
	size     int64
	modified int64
}

func (t *titles) of(root *os.Root, name string, info fs.FileInfo) string {
	key := titleKey{name, info.Size(), info.ModTime().UnixNano()}
	t.mu.Lock()
	title, ok := t.known[key]
	t.mu.Unlock()
	if ok {
		return title
	}
	title = (&notebooks.Notebook{}).Title(name)
	if info.Size() <= maxTitleBytes {
		if n, err := notebooks.Load(root, name); err == nil {
			title = n.Title(name)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) > 4*maxNotebooks {
		t.known = map[titleKey]string{}
	}
	t.known[key] = title
	return title
}

// createNotebook makes an empty notebook; an empty path picks a free name.
func (s *Server) createNotebook(r *http.Request) (any, error) {
	body, err := decodeBody[struct {
		Path string `json:"path"`
	}](r)
	if err != nil {
		return nil, err
	}
	if body.Path == "" {
		body.Path = s.contents.Free(".", "Untitled.ipynb", "")
	}
	if path.Ext(body.Path) != ".ipynb" {
		body.Path += ".ipynb"
	}
	name, err := live.CleanPath(body.Path)
	if err != nil {
		return nil, err
	}
	if err := s.writeNew(name); err != nil {
		return nil, err
	}
	return map[string]string{"path": name}, nil
}

// writeNew writes an empty notebook where there is no file yet.
func (s *Server) writeNew(name string) error {
	root := s.documents.Root()
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return fileFault(err)
	}
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fault.Errorf(fault.Conflict, "there is a file %s already", name)
	}
	if err != nil {
		return fileFault(err)
	}
	title := strings.TrimSuffix(path.Base(name), ".ipynb")
	return errors.Join(notebooks.New(title).Write(file), file.Close())
}

// exportPolicy lets an exported file run its own script, cut off from this server.
const exportPolicy = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; font-src data:"

// export gives the notebook, as it is now, as one HTML file.
func (s *Server) export(r *http.Request) (any, error) {
	d, err := s.documents.Open(r.PathValue("path"))
	if err != nil {
		return nil, err
	}
	n, err := d.Notebook()
	if err != nil {
		return nil, err
	}
	html, err := s.config.Backend.ExportHTML(r.Context(), n)
	if err != nil {
		return nil, err
	}
	return document{contentType: "text/html; charset=utf-8", body: html, policy: exportPolicy,
		download: strings.TrimSuffix(path.Base(d.Path()), ".ipynb") + ".html"}, nil
}
