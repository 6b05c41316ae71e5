package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "profilemate/"

// rooms are the workbench's packages, lowest first: a room may import those before
// it, and its own subfolders.
var rooms = []string{"fault", "parameters", "tracker", "result", "trace", "routing", "artifacts", "export", "analysis", "stats", "parse", "store", "engine", "jupyter", "kernel", "sqlcell", "job", "process", "traffic", "doctor", "capture", "render", "compare", "report", "gocell"}

// mayImport says which of our packages one outside workbench may import directly,
// as prefixes. The first matching folder counts; "plugins/" is what is in plugins.
var mayImport = []struct {
	folder  string
	imports []string
}{
	{"frames", nil},
	{"plugins/", []string{"frames", "workbench/analysis", "workbench/result", "workbench/trace", "workbench/routing"}},
	{"plugins", []string{"plugins/", "workbench/analysis"}},
	{"notebooks/export", []string{"notebooks", "workbench/result", "workbench/fault", "workbench/render"}},
	{"notebooks", []string{"notebooks", "workbench/result", "workbench/fault", "workbench/parameters"}},
	{"web", []string{"web", "notebooks", "workbench/analysis", "workbench/result", "workbench/fault", "workbench/parameters", "workbench/jupyter", "workbench/job"}},
	{"cmd", []string{"frames", "plugins", "notebooks", "web", "workbench/"}},
}

type goPackage struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
}

// The import table of docs/architecture.md holds.
func TestLayering(t *testing.T) {
	t.Parallel()
	packages := listPackages(t)
	if len(packages) < 15 {
		t.Fatalf("go list found only %d packages", len(packages))
	}
	for _, p := range packages {
		folder := strings.TrimPrefix(p.ImportPath, module)
		for _, imported := range p.Imports {
			if ours, ok := strings.CutPrefix(imported, module); ok && !allowed(folder, ours) {
				t.Errorf("%s must not import %s", folder, ours)
			}
			if reason := forbidden(folder, imported); reason != "" {
				t.Errorf("%s must not import %s: %s", folder, imported, reason)
			}
		}
	}
}

func allowed(folder, imported string) bool {
	if room, ok := strings.CutPrefix(folder, "workbench/"); ok {
		return allowedInRoom(room, imported)
	}
	for _, rule := range mayImport {
		if under(folder, rule.folder) && (folder != strings.TrimSuffix(rule.folder, "/") || folder == rule.folder) {
			return slices.ContainsFunc(rule.imports, func(p string) bool { return under(imported, p) })
		}
	}
	return false
}

func allowedInRoom(room, imported string) bool {
	if imported == "frames" {
		return true
	}
	other, ok := strings.CutPrefix(imported, "workbench/")
	if !ok {
		return false
	}
	mine, _, _ := strings.Cut(room, "/")
	theirs, _, _ := strings.Cut(other, "/")
	if mine == theirs {
		return true
	}
	// The readers hang below the format contract; only cmd joins them to the rest.
	if strings.HasPrefix(other, "artifacts/") {
		return false
	}
	i, j := slices.Index(rooms, mine), slices.Index(rooms, theirs)
	return i >= 0 && j >= 0 && j < i
}

func under(path, prefix string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

// forbidden names imports that belong to one place only.
func forbidden(folder, imported string) string {
	switch imported {
	case "os/exec":
		if folder != "workbench/process" {
			return "only workbench/process starts processes"
		}
	case "net/http", "database/sql":
		if under(folder, "plugins") || under(folder, "frames") {
			return "an analysis is pure"
		}
	case "github.com/gorilla/websocket":
		if !under(folder, "web") {
			return "sockets belong to web"
		}
	case "unsafe":
		if folder != "workbench/gocell" { // in one file: see TestUnsafe
			return "the product is plain Go"
		}
	case "C":
		return "the product is plain Go"
	}
	return ""
}

// Package unsafe is imported by one file only: the brake of Go cells sets two fields
// of the interpreter that it has no methods for, after it has checked their types.
func TestUnsafe(t *testing.T) {
	t.Parallel()
	var users []string
	for _, p := range listPackages(t) {
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			if slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"unsafe"` }) {
				users = append(users, strings.TrimPrefix(p.ImportPath, module)+"/"+name)
			}
		}
	}
	if want := []string{"workbench/gocell/brake.go"}; !slices.Equal(users, want) {
		t.Errorf("unsafe is imported by %q, want %q only", users, want)
	}
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports", module+"...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
