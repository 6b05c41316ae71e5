package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The pages that the program writes from its declarations are what it says now.
func TestDeclaredPages(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"analyses", "recipes"} {
		page := "../../docs/" + verb + ".md"
		got, err := exec.Command(binary, verb, "--markdown").Output()
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(page, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is not what the declarations say (-page +program, -update rewrites):\n%s", page, diff)
		}
	}
}

// Every direct dependency is explained in docs/dependencies.md.
func TestDependenciesAreExplained(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	direct := regexp.MustCompile(`(?m)^\s+(\S+\.\S+/\S+) v\S+$`).FindAllStringSubmatch(string(mod), -1)
	if len(direct) < 10 {
		t.Fatalf("found only %d direct dependencies in go.mod", len(direct))
	}
	for _, d := range direct {
		if !regexp.MustCompile(regexp.QuoteMeta("`" + d[1] + "`")).Match(page) {
			t.Errorf("docs/dependencies.md does not explain %s", d[1])
		}
	}
}

// Every message type of the protocol stands in docs/jupyter.md, and every test that
// the page names is there.
func TestJupyterPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/jupyter.md")
	if err != nil {
		t.Fatal(err)
	}
	source := goSource(t, "../../workbench/jupyter", "../../workbench/kernel", "../../web", ".")
	types := regexp.MustCompile(`(?m)^\t\w+ += "(\w+_request|comm_\w+|status|stream|display_data|update_display_data|execute_result|error|clear_output|iopub_welcome)"`).FindAllSubmatch(source, -1)
	if len(types) < 20 {
		t.Fatalf("found only %d message types", len(types))
	}
	for _, m := range types {
		if !bytes.Contains(page, []byte("`"+string(m[1])+"`")) {
			t.Errorf("docs/jupyter.md does not say what becomes of %s", m[1])
		}
	}
	rows := regexp.MustCompile("(?m)^\\| .*\\| (.*) \\|$").FindAllSubmatch(page, -1)
	tests := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllSubmatch(page, -1)
	for _, row := range rows[2:] {
		tests = append(tests, regexp.MustCompile("`([^`]+)`").FindAllSubmatch(row[1], -1)...)
	}
	for _, name := range tests {
		function, part := "func "+string(name[1])+"(", `"`+string(name[1])+`":`
		if !bytes.Contains(source, []byte(function)) && !bytes.Contains(source, []byte(part)) {
			t.Errorf("docs/jupyter.md names %s, which is neither a test nor a part of the suite", name[1])
		}
	}
}

// goSource returns the text of all Go files below some folders.
func goSource(t *testing.T, folders ...string) []byte {
	t.Helper()
	var all []byte
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" {
				return err
			}
			text, err := os.ReadFile(path)
			all = append(all, text...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}
