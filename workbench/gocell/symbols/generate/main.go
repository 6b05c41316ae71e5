// Command generate writes the symbol tables of the packages that cells may import:
// the values for the interpreter, the types for the checker, and the docs.
//
//	generate [-modules] [DIR]
//
// With -modules it writes the list of tables, and only the tables that the version of
// Go does not settle: those of packages outside of its library.
package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"go/doc"
	"go/format"
	"go/token"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/traefik/yaegi/extract"
	"golang.org/x/tools/go/gcexportdata"
	"golang.org/x/tools/go/packages"

	"profilemate/workbench/gocell/symbols/offered"
)

func main() {
	modules := flag.Bool("modules", false, "write the list and the tables of packages outside of Go's library alone")
	flag.Parse()
	dir, write := cmp.Or(flag.Arg(0), "."), generate
	if *modules {
		write = func(dir string) error { return writeTables(dir, ofModule) }
	}
	if err := write(dir); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func generate(dir string) error {
	fset := token.NewFileSet()
	mode := packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedImports | packages.NeedDeps | packages.NeedTypesInfo
	loaded, err := packages.Load(&packages.Config{Mode: mode, Fset: fset}, slices.Concat(offered.Compiled(), offered.TypesOnly())...)
	if err != nil {
		return fmt.Errorf("loading packages: %w", err)
	}
	if packages.PrintErrors(loaded) > 0 {
		return fmt.Errorf("some packages do not compile")
	}
	slices.SortFunc(loaded, func(a, b *packages.Package) int { return strings.Compare(a.PkgPath, b.PkgPath) })
	if err := writeTypes(filepath.Join(dir, "types.gz"), fset, loaded); err != nil {
		return err
	}
	if err := writeDocs(filepath.Join(dir, "docs.json.gz"), fset, loaded); err != nil {
		return err
	}
	if err := writeTables(dir, nil); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "version.txt"), []byte(runtime.Version()+"\n"), 0o644)
}

// writeTypes writes the export data of each package: its path, its length and the
// data, one after the other. A package carries what it needs of others.
func writeTypes(file string, fset *token.FileSet, list []*packages.Package) error {
	var all bytes.Buffer
	for _, p := range list {
		var data bytes.Buffer
		if err := gcexportdata.Write(&data, fset, p.Types); err != nil {
			return fmt.Errorf("writing the types of %s: %w", p.PkgPath, err)
		}
		fmt.Fprintf(&all, "%s %d\n", p.PkgPath, data.Len())
		all.Write(data.Bytes())
	}
	return writeGzip(file, all.Bytes())
}

func writeGzip(file string, data []byte) error {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, packed.Bytes(), 0o644)
}

// writeDocs writes the doc comment of each exported name: "fmt.Println",
// "strings.Builder.Len".
func writeDocs(file string, fset *token.FileSet, list []*packages.Package) error {
	docs := map[string]string{}
	for _, p := range list {
		d, err := doc.NewFromFiles(fset, p.Syntax, p.PkgPath)
		if err != nil {
			return fmt.Errorf("reading the docs of %s: %w", p.PkgPath, err)
		}
		add := func(name, text string) {
			if text = strings.TrimSpace(text); text != "" {
				docs[name] = text
			}
		}
		add(p.PkgPath, d.Synopsis(d.Doc))
		values := func(list []*doc.Value) {
			for _, v := range list {
				for _, name := range v.Names {
					if token.IsExported(name) {
						add(p.PkgPath+"."+name, v.Doc)
					}
				}
			}
		}
		funcs := func(prefix string, list []*doc.Func) {
			for _, f := range list {
				add(prefix+"."+f.Name, f.Doc)
			}
		}
		values(d.Consts)
		values(d.Vars)
		funcs(p.PkgPath, d.Funcs)
		for _, t := range d.Types {
			add(p.PkgPath+"."+t.Name, t.Doc)
			values(t.Consts)
			values(t.Vars)
			funcs(p.PkgPath, t.Funcs)
			funcs(p.PkgPath+"."+t.Name, t.Methods)
		}
	}
	data, err := json.Marshal(docs)
	if err != nil {
		return err
	}
	return writeGzip(file, data)
}

// ofModule reports whether a package is none of Go's library.
func ofModule(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return first == "profilemate" || strings.Contains(first, ".")
}

// writeTables writes one file a package with its values, as the interpreter's own
// extraction makes it, and one that lists them.
// Where wanted is not nil, only the packages it names get a file.
func writeTables(dir string, wanted func(path string) bool) error {
	var list strings.Builder
	for _, path := range offered.Compiled() {
		name := identifier(path)
		fmt.Fprintf(&list, "\t\t%q: of_%s(),\n", path+"/"+packageName(path), name)
		if wanted != nil && !wanted(path) {
			continue
		}
		e := extract.Extractor{Dest: "symbols"}
		var out bytes.Buffer
		if _, err := e.Extract(path, path, &out); err != nil {
			return fmt.Errorf("extracting %s: %w", path, err)
		}
		text, err := asFunction(out.String(), name)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := writeFormatted(filepath.Join(dir, "table_"+name+".go"), text); err != nil {
			return err
		}
	}
	text := "// Code generated by generate. DO NOT EDIT.\n\npackage symbols\n\nimport \"reflect\"\n\n" +
		"func tables() map[string]map[string]reflect.Value {\n\treturn map[string]map[string]reflect.Value{\n" + list.String() + "\t}\n}\n"
	return writeFormatted(filepath.Join(dir, "table_list.go"), text)
}

// asFunction turns the extraction, which fills a map of the package when the
// program starts, into a function that makes the table.
func asFunction(text, name string) (string, error) {
	at := strings.Index(text, "func init() {\n")
	if at < 0 {
		return "", fmt.Errorf("the extraction has no table")
	}
	head, rest := text[:at], text[at+len("func init() {\n"):]
	_, rest, ok := strings.Cut(rest, "= map[string]reflect.Value{")
	if !ok {
		return "", fmt.Errorf("the extraction has no table")
	}
	head = withoutTags(head)
	return head + "func of_" + name + "() map[string]reflect.Value {\n\treturn map[string]reflect.Value{" + rest, nil
}

// withoutTags drops the tags that tie the extraction to one version of Go: a test
// ties it to the toolchain that checks it.
func withoutTags(head string) string {
	lines := strings.Split(head, "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool {
		return strings.HasPrefix(l, "//go:build") || strings.HasPrefix(l, "// +build")
	})
	return strings.Join(lines, "\n")
}

func packageName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

func identifier(path string) string {
	return strings.NewReplacer("/", "_", ".", "_", "-", "_").Replace(path)
}

func writeFormatted(file, text string) error {
	out, err := format.Source([]byte(text))
	if err != nil {
		return fmt.Errorf("formatting %s: %w", file, err)
	}
	return os.WriteFile(file, out, 0o644)
}
