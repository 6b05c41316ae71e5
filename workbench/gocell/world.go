package gocell

import (
	"go/types"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"profilemate/workbench/fault"
	"profilemate/workbench/gocell/api"
	"profilemate/workbench/gocell/symbols"
)

// The import path of our own package, and what it is made of.
const (
	ownPath = "profilemate"
	apiPath = "profilemate/workbench/gocell/api"
)

// Library is what cells can import, read once for any number of sessions. It does not
// change.
type Library struct {
	packages map[string]*types.Package           // by import path
	tables   map[string]map[string]reflect.Value // by "path/name"
	docs     func() (map[string]string, error)   // read when they are asked for
}

// OpenLibrary reads what cells can import.
func OpenLibrary() (*Library, error) {
	packages, err := symbols.Types()
	if err != nil {
		return nil, err
	}
	return &Library{packages: packages, tables: symbols.Tables(), docs: sync.OnceValues(symbols.Docs)}, nil
}

// world is what the cells of one session can import. It does not change.
type world struct {
	library  *Library
	packages map[string]*types.Package           // by import path
	tables   map[string]map[string]reflect.Value // by "path/name"
	byName   map[string]string                   // import path of a package's name
}

// aliases are short import paths.
func aliases() map[string]string {
	return map[string]string{"frames": "profilemate/frames", "result": "profilemate/workbench/result",
		"dataframe": "github.com/go-gota/gota/dataframe", "series": "github.com/go-gota/gota/series",
		"stat": "gonum.org/v1/gonum/stat", "floats": "gonum.org/v1/gonum/floats", "mat": "gonum.org/v1/gonum/mat"}
}

func newWorld(library *Library, session *api.Session) *world {
	w := &world{library: library, packages: maps.Clone(library.packages), tables: maps.Clone(library.tables), byName: map[string]string{}}
	w.addOwn(session)
	for _, path := range w.paths() {
		w.byName[w.packages[path].Name()] = path
	}
	for _, path := range []string{"cmp", "maps", "slices"} {
		w.byName[path] = path
	}
	return w
}

// doc is the comment of a package, or of what it exports: "fmt.Println",
// "strings.Builder.Len". It is empty where there is none.
func (w *world) doc(name string) string {
	if name == ownPath {
		return "Package profilemate loads artifacts, runs analyses, and makes charts."
	}
	if rest, own := strings.CutPrefix(name, ownPath+"."); own {
		name = apiPath + ".Session." + rest
	}
	docs, err := w.library.docs()
	if err != nil {
		slog.Warn("the docs of packages cannot be read", "error", err)
	}
	return docs[name]
}

// addOwn makes package profilemate: the methods of the session are its functions.
func (w *world) addOwn(session *api.Session) {
	from := w.packages[apiPath]
	own := types.NewPackage(ownPath, ownPath)
	table := map[string]reflect.Value{}
	of := reflect.ValueOf(session)
	set := types.NewMethodSet(types.NewPointer(from.Scope().Lookup("Session").Type()))
	for i := range set.Len() {
		m := set.At(i).Obj().(*types.Func)
		if !m.Exported() {
			continue
		}
		s := m.Signature()
		own.Scope().Insert(types.NewFunc(0, own, m.Name(), types.NewSignatureType(nil, nil, nil, s.Params(), s.Results(), s.Variadic())))
		table[m.Name()] = of.MethodByName(m.Name())
	}
	artifact := from.Scope().Lookup("Artifact")
	own.Scope().Insert(types.NewTypeName(0, own, "Artifact", types.NewAlias(types.NewTypeName(0, own, "Artifact", nil), artifact.Type())))
	table["Artifact"] = reflect.ValueOf((*api.Artifact)(nil))
	w.tables[apiPath+"/api"] = map[string]reflect.Value{"Artifact": table["Artifact"]} // where the type is declared
	own.MarkComplete()
	w.packages[ownPath], w.tables[ownPath+"/"+ownPath] = own, table
}

// find returns the package of an import path or of one of the short paths.
func (w *world) find(path string) (*types.Package, error) {
	if long := aliases()[path]; long != "" {
		path = long
	}
	p := w.packages[path]
	if p != nil && path != apiPath && w.offers(p) {
		return p, nil
	}
	err := fault.Errorf(fault.Unsupported, "package %q cannot be imported by a cell", path)
	return nil, fault.WithRemedy(err, "%s", w.instead(path))
}

// offers reports whether cells may import the package.
func (w *world) offers(p *types.Package) bool {
	return w.tables[p.Path()+"/"+p.Name()] != nil || genericOnly(p.Path())
}

// genericOnly names the packages of which only what cells have templates of can be used.
func genericOnly(path string) bool { return path == "slices" || path == "maps" || path == "cmp" }

// instead says what a cell does in place of an import.
func (w *world) instead(path string) string {
	switch path {
	case "os", "os/exec", "io/fs", "path/filepath", "net", "net/http", "syscall", "plugin":
		return "cells read files through profilemate.Load, start no programs and open no connections"
	case "unsafe", "reflect", "runtime", "C":
		return "cells stay within the type system"
	}
	return "there are: " + strings.Join(w.paths(), ", ")
}

// paths lists the import paths.
func (w *world) paths() []string {
	var list []string
	for key := range w.tables {
		if path := key[:strings.LastIndexByte(key, '/')]; path != apiPath {
			list = append(list, path)
		}
	}
	slices.Sort(list)
	return list
}
