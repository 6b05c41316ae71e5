package main_test

import (
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// docs/analyses.md is what the program says of its analyses.
func TestAnalysesPage(t *testing.T) {
	t.Parallel()
	const page = "../../docs/analyses.md"
	got, err := exec.Command(binary, "analyses", "--markdown").Output()
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
		t.Errorf("docs/analyses.md is not what the declarations say (-page +program, -update rewrites):\n%s", diff)
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
