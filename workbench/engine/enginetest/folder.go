package enginetest

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// UnzipFolder writes the gzipped files of a folder, less their .gz, to a folder of the
// test and returns its path. It fails where there is none.
func UnzipFolder(t testing.TB, folder string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.gz"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no gzipped file in %s (%v)", folder, err)
	}
	out := t.TempDir()
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".gz")
		if err := os.WriteFile(filepath.Join(out, name), unzip(t, path), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func unzip(t testing.TB, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
