package main_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"profilemate/notebooks/templates"
)

// Every template is a valid document that runs on the demo's captures, which its
// parameters name to begin with.
func TestTemplates(t *testing.T) {
	t.Parallel()
	files := map[string][]string{"nsys": {"demo_eager.sqlite", "demo_cudagraph.sqlite"}, "ncu": {"h100_mini_full_raw.csv"}, "moe": {"moe"}}
	for _, template := range templates.All() {
		t.Run(template.Name, func(t *testing.T) {
			t.Parallel()
			notebook := filepath.Join(t.TempDir(), "a b.ipynb")
			args := []string{"notebook", "new", "--template", template.Name, notebook}
			used := map[string]int{}
			for _, in := range template.Inputs {
				args = append(args, filepath.Join(captures, files[in.Kind][used[in.Kind]]))
				used[in.Kind]++
			}
			for _, args := range [][]string{args, {"notebook", "run", notebook}, {"notebook", "validate", notebook}, {"notebook", "verify", notebook}} {
				cmd := exec.Command(binary, args...)
				cmd.Env = append(cmd.Environ(), "PROFILEMATE_CACHE="+t.TempDir())
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%q: %v\n%s", args, err, out)
				}
			}
		})
	}
}
