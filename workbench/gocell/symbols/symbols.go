// Package symbols holds what cells may import: the compiled values for the
// interpreter, and the types and docs for the checker and the editor.
package symbols

//go:generate go run ./generate .

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"go/token"
	"go/types"
	"io"
	"reflect"
	"strings"

	"golang.org/x/tools/go/gcexportdata"
)

//go:embed types.gz
var typesData []byte

//go:embed docs.json.gz
var docsData []byte

//go:embed version.txt
var version string

// Version is the version of Go whose library the tables are of, such as "go1.26.8".
func Version() string { return strings.TrimSpace(version) }

// Tables returns the compiled values by "path/name" of their package, as the
// interpreter takes them. The caller owns the maps.
func Tables() map[string]map[string]reflect.Value { return tables() }

// Types returns the packages by import path, those that the offered ones refer to
// included. Each call makes new ones.
func Types() (map[string]*types.Package, error) {
	unpacked, err := gzip.NewReader(bytes.NewReader(typesData))
	if err != nil {
		return nil, fmt.Errorf("reading the types of packages: %w", err)
	}
	imports, in, fset := map[string]*types.Package{}, bufio.NewReader(unpacked), token.NewFileSet()
	for {
		var path string
		var size int64
		if _, err := fmt.Fscanf(in, "%s %d\n", &path, &size); err == io.EOF {
			return imports, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading the types of packages: %w", err)
		}
		data, err := io.ReadAll(io.LimitReader(in, size))
		if err != nil {
			return nil, fmt.Errorf("reading the types of %s: %w", path, err)
		}
		if _, err := gcexportdata.Read(bytes.NewReader(data), fset, imports, path); err != nil {
			return nil, fmt.Errorf("reading the types of %s: %w", path, err)
		}
	}
}

// Docs returns doc comments: "fmt" (a line on the package), "fmt.Println",
// "strings.Builder.Len".
func Docs() (map[string]string, error) {
	unpacked, err := gzip.NewReader(bytes.NewReader(docsData))
	if err != nil {
		return nil, fmt.Errorf("reading the docs of packages: %w", err)
	}
	docs := map[string]string{}
	if err := json.NewDecoder(unpacked).Decode(&docs); err != nil {
		return nil, fmt.Errorf("reading the docs of packages: %w", err)
	}
	return docs, nil
}
