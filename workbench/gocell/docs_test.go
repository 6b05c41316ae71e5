package gocell_test

import (
	"os"
	"strings"
	"testing"
)

// Every example of docs/go-cells.md runs, in order, in one session.
func TestExamplesOfTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/go-cells.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := strings.Split(string(page), "```go\n")[1:]
	want := []string{"kernels", "true", "3", `"gemm"`}
	if len(examples) != len(want) {
		t.Fatalf("%d examples, want %d", len(examples), len(want))
	}
	s := newSession(t)
	for i, example := range examples {
		code, _, _ := strings.Cut(example, "```")
		got, err := s.execute(code)
		if err != nil {
			t.Errorf("example %d: %v", i, err)
			continue
		}
		if len(got.results) != 1 || got.results[0]["text/plain"] != want[i] {
			t.Errorf("example %d shows %v, want %s", i, got.results, want[i])
		}
	}
}
