package nsys_test

import (
	"archive/zip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/fault"
)

// unpack writes the files of an archive into a folder of their own.
func unpack(t testing.TB, path string) string {
	t.Helper()
	r, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	dir := t.TempDir()
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		in.Close()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func tryFolder(path string) (artifacts.Artifact, error) {
	return artifacts.Formats{nsys.Format(), nsys.FolderFormat()}.Open(context.Background(), path)
}

func openFolder(t testing.TB, path string) artifacts.Artifact {
	t.Helper()
	a, err := tryFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// A damaged file costs its own table, or the rows behind the damage, and is told of.
func TestDamagedFolder(t *testing.T) {
	t.Parallel()
	for _, packed := range []string{"testdata/mini_arrowdir.zip", "testdata/mini_parquetdir.zip"} {
		t.Run(filepath.Base(packed), func(t *testing.T) {
			t.Parallel()
			dir := unpack(t, packed)
			kernels, err := filepath.Glob(filepath.Join(dir, "CUPTI_ACTIVITY_KIND_KERNEL.*"))
			if err != nil || len(kernels) != 1 {
				t.Fatal(kernels, err)
			}
			data, err := os.ReadFile(kernels[0])
			if err != nil {
				t.Fatal(err)
			}
			for _, size := range []int{0, 5, len(data) / 2, len(data) - 300} {
				if err := os.WriteFile(kernels[0], data[:size], 0o644); err != nil {
					t.Fatal(err)
				}
				a := openFolder(t, dir)
				rows := 0
				if _, err := artifacts.Lookup(a, "kernels"); err == nil {
					rows = load(t, a, "kernels").Len()
				}
				if rows != 0 || !hasFinding(append(a.Info().Findings, scanFindings(a)...), "no row of kernels can be read") && !hasFinding(scanFindings(a), "damaged") {
					t.Errorf("%d of %d bytes: %d kernels, findings %+v %+v", size, len(data), rows, a.Info().Findings, scanFindings(a))
				}
				if n := load(t, a, "copies").Len(); n != 27 {
					t.Errorf("%d copies beside the damage", n)
				}
			}
		})
	}
}

func TestOtherFolders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		files map[string]string
		kind  fault.Kind
		want  string
	}{
		{"empty", nil, fault.Unsupported, "a folder of 0 entries"},
		{"other tables", map[string]string{"people.parquet": "PAR1"}, fault.Unsupported, "without nsys tables"},
		{"nothing readable", map[string]string{"StringIds.arrow": "", "NVTX_EVENTS.arrow": "\xff\xff\xff\xff\x10\x00\x00\x00"}, fault.Corrupt, "none of the 2 tables"},
	} {
		dir := t.TempDir()
		for name, text := range c.files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		_, err := tryFolder(dir)
		if fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// FuzzFolder damages one table of a folder: whatever happens, it is an error or
// rows.
func FuzzFolder(f *testing.F) {
	for _, packed := range []string{"testdata/mini_arrowdir.zip", "testdata/mini_parquetdir.zip"} {
		dir := unpack(f, packed)
		for _, name := range []string{"NVTX_EVENTS", "CUPTI_ACTIVITY_KIND_MEMCPY", "StringIds"} {
			found, err := filepath.Glob(filepath.Join(dir, name+".*"))
			if err != nil || len(found) != 1 {
				f.Fatal(found, err)
			}
			data, err := os.ReadFile(found[0])
			if err != nil {
				f.Fatal(err)
			}
			f.Add(filepath.Base(found[0]), data)
		}
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		dir := t.TempDir()
		name = filepath.Base(name)
		if ext := filepath.Ext(name); ext != ".arrow" && ext != ".parquet" || len(name) > 64 || strings.ContainsRune(name, 0) {
			return
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return
		}
		a, err := tryFolder(dir)
		if err != nil {
			return
		}
		defer a.Close()
		for _, table := range a.Tables() {
			rows := 0
			err := a.Scan(context.Background(), artifacts.Request{Table: table.Name}, func(_ int, b *frames.Batch) error {
				rows += b.Len()
				return nil
			})
			if err == nil && int64(rows) < table.Rows && len(scanFindings(a)) == 0 {
				t.Errorf("%s: %d of %d rows and nothing said", table.Name, rows, table.Rows)
			}
		}
	})
}
