package gocell_test

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
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
			if refused := strings.TrimSpace(p.part("refused")); refused != "" {
				got, err := newSession(t).execute(p.cell())
				if err == nil || !strings.Contains(err.Error(), refused) {
					t.Fatalf("got %q, %v; want the refusal %q", got.stdout(), err, refused)
				}
				return
			}
			p.run(t, p.cell())
			p.run(t, p.importText()+p.part("decls")+"func program() {\n"+p.part("body")+"}\nprogram()")
			p.run(t, p.split(t)...)
		})
	}
}

// run runs the cells in one session and compares what they print together.
func (p program) run(t *testing.T, cells ...string) {
	t.Helper()
	s, all := newSession(t), ""
	for _, cell := range cells {
		got, err := s.execute(cell)
		all += got.stdout()
		if err != nil {
			t.Fatalf("%v\n%s\n%s", err, cell, all)
		}
	}
	if all != p.part("want") {
		t.Errorf("%d cells printed\n%s\nthe program prints\n%s", len(cells), all, p.part("want"))
	}
}

// split makes a cell of the declarations and one of each statement. What lasts until
// the end of main stays in one cell.
func (p program) split(t *testing.T) []string {
	t.Helper()
	const head = "package p;func _() {\n"
	body, fset := p.part("body"), token.NewFileSet()
	f, err := parser.ParseFile(fset, "", head+body+"}", 0)
	if err != nil {
		t.Fatal(err)
	}
	lasts, cells := false, []string{p.importText() + p.part("decls")}
	for _, s := range f.Decls[0].(*ast.FuncDecl).Body.List {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.DeferStmt, *ast.GoStmt:
				lasts = true
			}
			return true
		})
		from, to := fset.Position(s.Pos()).Offset-len(head), fset.Position(s.End()).Offset-len(head)
		cells = append(cells, body[from:min(to, len(body))])
	}
	if lasts {
		return []string{cells[0], body}
	}
	return cells
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
