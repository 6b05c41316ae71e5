package moe

import (
	"fmt"
	"os"
	"path/filepath"

	"profilemate/workbench/artifacts/moe/tokens"
	"profilemate/workbench/result"
)

// tellTokens says which files in the folders that were searched hold the choices of each
// token. The tables of a folder with counts are those counts, so that nobody would miss
// the tokens beside them.
func (f *found) tellTokens(root string) {
	first, files := "", int64(0)
	for _, dir := range f.folders {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // the search has read it, so that it has just gone
		}
		for i, e := range entries {
			if i == maxFiles {
				break
			}
			path := filepath.Join(dir, e.Name())
			if f.uses(path) || !tokens.Holds(path) {
				continue
			}
			if files++; files == 1 {
				first = path
			}
		}
	}
	if files == 0 {
		return
	}
	name, what := first, first
	if short, err := filepath.Rel(root, first); err == nil {
		name = short
	}
	text := fmt.Sprintf("%s holds the choices of each token; the tables of this folder are its counts alone.", name)
	if files > 1 {
		text = fmt.Sprintf("%s hold the choices of each token, the first %s; the tables of this folder are its counts alone.", result.Count(files, "file"), name)
		what = "one of them, such as " + first + ","
	}
	f.findings = append(f.findings, result.Finding{Severity: result.Info, Text: text,
		Remedy: fmt.Sprintf("Open %s by itself to analyze the tokens.", what)})
}

// uses reports whether a file fills a table.
func (f *found) uses(path string) bool {
	for _, s := range f.sources {
		if s.path == path {
			return true
		}
	}
	return false
}
