package main_test

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A target is chosen from a file or a folder, and a capture that hides the kernels of
// CUDA graphs from the choice says so.
func TestTargetOfCapture(t *testing.T) {
	t.Parallel()
	const warning = "The kernels inside of 24 launches of CUDA graphs are not in this trace"
	for _, c := range []struct {
		name, path string
		hidden     bool
	}{
		{"hidden", unpacked(t, "h100_mini_graphs_hidden.sqlite.zst"), true},
		{"nodes", unpacked(t, "h100_mini_nodes.sqlite.zst"), false},
		{"folder", unzipped(t, "mini_arrowdir.zip"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, err := exec.Command(binary, "profile", "ncu", "--from", c.path, "--dry-run", "--", "x").CombinedOutput()
			if err != nil || !strings.Contains(string(out), "kernels with") {
				t.Fatalf("%v\n%s", err, out)
			}
			if got := strings.Contains(string(out), warning); got != c.hidden {
				t.Errorf("warned is %v, want %v:\n%s", got, c.hidden, out)
			}
		})
	}
}

const nsysData = "../../workbench/artifacts/nsys/testdata/"

// unpacked writes a capture of the reader's tests and returns its path.
func unpacked(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "capture.sqlite")
	if err := os.WriteFile(path, unpack(t, nsysData+name), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// unzipped writes an exported folder of the reader's tests and returns its path.
func unzipped(t *testing.T, name string) string {
	t.Helper()
	packed, err := zip.OpenReader(nsysData + name)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	folder := t.TempDir()
	if err := os.CopyFS(folder, packed); err != nil {
		t.Fatal(err)
	}
	return folder
}
