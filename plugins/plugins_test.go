package plugins_test

import (
	"os"
	"path/filepath"
	"testing"

	"profilemate/plugins"
	"profilemate/workbench/analysis"
)

// Every folder holds one listed analysis with cases, and the list is sound.
func TestListMatchesFolders(t *testing.T) {
	t.Parallel()
	if _, err := analysis.NewRegistry(plugins.All()...); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	folders := 0
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		folders++
		if cases, _ := filepath.Glob(filepath.Join(e.Name(), "testdata", "*.txtar")); len(cases) == 0 {
			t.Errorf("%s has no case in testdata", e.Name())
		}
	}
	if folders != len(plugins.All()) {
		t.Errorf("%d folders, %d analyses in the list", folders, len(plugins.All()))
	}
}
