package gocell_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what go run prints into the programs")

// program is a small program in two forms: for the compiler and as a cell.
type program struct {
	file    string
	archive *txtar.Archive
}

func (p program) part(name string) string {
	for _, f := range p.archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func (p program) cell() string { return p.importText() + p.part("decls") + p.part("body") }

func (p program) importText() string {
	var b strings.Builder
	for _, path := range strings.Fields(p.part("imports")) {
		b.WriteString("import \"" + path + "\"\n")
	}
	return b.String()
}

func (p program) text() string {
	return "package main\n" + p.importText() + p.part("decls") + "func main() {\n" + p.part("body") + "}\n"
}

func programs(t *testing.T) []program {
	t.Helper()
	files, err := filepath.Glob("testdata/programs/*.txtar")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d programs, %v", len(files), err)
	}
	var list []program
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, program{file, archive})
	}
	return list
}

// A cell gives what the compiled program prints, or is refused for the reason that
// stands beside it.
func TestPrograms(t *testing.T) {
	t.Parallel()
	for _, p := range programs(t) {
		t.Run(strings.TrimSuffix(filepath.Base(p.file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			if *update {
				p.update(t)
			}
			s := newSession(t)
			got, err := s.execute(p.cell())
			if refused := strings.TrimSpace(p.part("refused")); refused != "" {
				if err == nil || !strings.Contains(err.Error(), refused) {
					t.Fatalf("got %q, %v; want the refusal %q", got.stdout(), err, refused)
				}
				return
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, got.stdout())
			}
			if got.stdout() != p.part("want") {
				t.Errorf("the cell printed\n%s\nthe program prints\n%s", got.stdout(), p.part("want"))
			}
		})
	}
}

// update runs the program with the toolchain.
func (p program) update(t *testing.T) {
	t.Helper()
	source := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(source, []byte(p.text()), 0o644); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "go", "run", source)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go run: %v\n%s", err, stderr.String())
	}
	for i := range p.archive.Files {
		if p.archive.Files[i].Name == "want" {
			p.archive.Files[i].Data = out
		}
	}
	if err := os.WriteFile(p.file, txtar.Format(p.archive), 0o644); err != nil {
		t.Fatal(err)
	}
}
