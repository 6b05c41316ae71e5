package sqlcell_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"profilemate/workbench/sqlcell/functions"
)

// The examples of the page run, in its order, and give rows; the functions that the
// page names are those that there are.
func TestPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/sql-cells.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	capture(t, dir, "demo_eager", "eager.sqlite")
	capture(t, dir, "demo_cudagraph", "graph.sqlite")
	r := newRunner(t, dir, true, nil)
	examples := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllSubmatch(page, -1)
	if len(examples) < 7 {
		t.Fatalf("the page has only %d examples", len(examples))
	}
	for _, example := range examples {
		for _, table := range mustRun(t, r, string(example[1])).Tables {
			if table.Total == 0 {
				t.Errorf("no row in %s of\n%s", table.Name, example[1])
			}
		}
	}
	var missing []string
	for _, f := range functions.Own(0) {
		if !strings.Contains(string(page), "`"+f.Name+"(") && f.Name != "regexp" {
			missing = append(missing, f.Name)
		}
	}
	if slices.Sort(missing); missing != nil {
		t.Errorf("the page does not name %v", missing)
	}
}
