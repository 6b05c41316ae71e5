package enginetest

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Captures names the real Nsight Systems captures of the repository that analyses are
// held to: two of a mixture-of-experts model, launched one by one and from CUDA
// graphs, and two short ones, one with the nodes of graphs and one that hides them.
// The caller owns the slice.
func Captures() []string {
	return []string{"demo_eager", "demo_cudagraph", "h100_mini_nodes", "h100_mini_graphs_hidden"}
}

// Capture unpacks one of Captures into a folder of the test and returns the path of
// the SQLite file.
func Capture(t testing.TB, name string) string {
	t.Helper()
	if !slices.Contains(Captures(), name) {
		t.Fatalf("there is no capture %q", name)
	}
	folder := "workbench/artifacts/nsys/testdata"
	if name == "demo_eager" || name == "demo_cudagraph" {
		folder = "notebooks/demo/captures"
	}
	return Unpack(t, filepath.Join(moduleRoot(t), folder, name+".sqlite.zst"))
}

// moduleRoot returns the folder of go.mod: tests run in the folder of their package.
func moduleRoot(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		above := filepath.Dir(folder)
		if above == folder {
			t.Fatal("the test does not run within the module")
		}
		folder = above
	}
}
