package web

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"profilemate/workbench/fault"
)

// artifact says what a file holds, which analyses fit it, and how a cell of a
// notebook writes its path.
func (s *Server) artifact(r *http.Request) (any, error) {
	asked, from := r.URL.Query().Get("path"), r.URL.Query().Get("from")
	if asked == "" || strings.ContainsRune(asked, 0) {
		return nil, fault.Errorf(fault.Misuse, "the request needs the path of an artifact")
	}
	file := s.locate(asked, from)
	view, err := s.config.Backend.Inspect(r.Context(), file)
	if err != nil {
		return nil, err
	}
	if view.Tables == nil {
		view.Tables = []TableView{}
	}
	if view.Analyses == nil {
		view.Analyses = []string{}
	}
	return map[string]any{
		"path": s.relative(file), "name": filepath.Base(file), "identity": view.Identity,
		"info": view.Info, "tables": view.Tables,
		"analyses": view.Analyses,
		"cellPath": s.cellPath(file, from),
	}, nil
}

// locate finds the file that a path means: below the served folder, or beside the
// notebook it was typed in.
func (s *Server) locate(asked, from string) string {
	file := s.absolute(asked)
	if _, err := os.Stat(file); err == nil || from == "" || filepath.IsAbs(filepath.FromSlash(asked)) {
		return file
	}
	beside := filepath.Join(filepath.Dir(s.absolute(from)), filepath.FromSlash(asked))
	if _, err := os.Stat(beside); err == nil {
		return beside
	}
	return file
}

// cellPath writes a path for a cell: relative to the notebook for a file below the
// served folder, so that the folder can be moved, else absolute.
func (s *Server) cellPath(file, from string) string {
	if filepath.IsAbs(filepath.FromSlash(s.relative(file))) {
		return filepath.ToSlash(file)
	}
	rel, err := filepath.Rel(filepath.Dir(s.absolute(from)), file)
	if err != nil || from == "" {
		return s.relative(file)
	}
	return filepath.ToSlash(rel)
}
