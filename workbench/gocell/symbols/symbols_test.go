package symbols_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"profilemate/workbench/gocell/symbols"
)

// The tables are what generate writes today, where the toolchain is the one that
// they were made with: another one has another library. Those of the library itself
// follow from its version.
func TestTablesAreCurrent(t *testing.T) {
	t.Parallel()
	if symbols.Version() != runtime.Version() {
		t.Logf("made with %s, this is %s: only what must hold for all is checked", symbols.Version(), runtime.Version())
		if len(symbols.Tables()) < 30 {
			t.Errorf("%d packages are offered", len(symbols.Tables()))
		}
		return
	}
	dir := t.TempDir()
	generate := exec.CommandContext(t.Context(), "go", "run", "./generate", "-modules", dir)
	generate.Env = append(os.Environ(), "CGO_ENABLED=0", "GOGC=400") // what make check has built is there
	if out, err := generate.CombinedOutput(); err != nil {
		t.Fatalf("generate: %v\n%s", err, out)
	}
	made, err := filepath.Glob(filepath.Join(dir, "table_*.go"))
	if err != nil || len(made) != 8 { // of gota and gonum, frames, result, and the list
		t.Fatalf("%d tables, %v", len(made), err)
	}
	for _, file := range made {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		have, err := os.ReadFile(filepath.Base(file))
		if err != nil || !bytes.Equal(have, want) {
			t.Errorf("%s is not what generate writes (%v); run go generate", filepath.Base(file), err)
		}
	}
}
