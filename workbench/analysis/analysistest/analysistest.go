// Package analysistest runs the txtar cases of an analysis.
//
// A case is one file testdata/NAME.txtar. Its comment says what it shows, with the
// sum worked by hand where there is one. Its files are
//
//	params                     key=value words, optional
//	input/ROLE/TABLE.csv       one table; header cells name:kind or name:kind:unit, empty cell = missing
//	metadata/ROLE              key=value lines of the artifact's metadata, optional
//	want                       the result as result.WriteText writes it, or "error: …"
//
// Findings must read as CheckFindings says.
//
// Run the tests with -update to rewrite want, and read the difference.
package analysistest

import (
	"bytes"
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
)

// Run runs every case in the package's testdata folder. Streamed tables are
// delivered once whole and once split over two workers in batches of two rows;
// both must give the same result. It fails when there is no case.
func Run(t *testing.T, a analysis.Analysis) {
	t.Helper()
	if _, err := analysis.NewRegistry(a); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no case in testdata/*.txtar (%v)", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			runCase(t, a, path)
		})
	}
}

func runCase(t *testing.T, a analysis.Analysis, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(bytes.TrimSpace(archive.Comment)) == 0 {
		t.Errorf("%s: the comment must say what the case shows", path)
	}
	c, err := parseCase(a, archive)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	got := c.run(t, 1, frames.BatchRows)
	if again := c.run(t, 2, 2); again != got {
		t.Errorf("%s: two workers give another result (-one +two):\n%s", path, cmp.Diff(got, again))
	}
	if *update {
		rewrite(t, path, archive, got)
		return
	}
	if diff := cmp.Diff(c.want, got); diff != "" {
		t.Errorf("%s (-want +got, -update rewrites):\n%s", path, diff)
	}
}

var update = flag.Bool("update", false, "rewrite golden files")

func rewrite(t *testing.T, path string, archive *txtar.Archive, got string) {
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	if i < 0 {
		archive.Files = append(archive.Files, txtar.File{Name: "want"})
		i = len(archive.Files) - 1
	}
	archive.Files[i].Data = []byte(got)
	if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// testCase is a parsed case. It is the analysis's Inputs too.
type testCase struct {
	analysis analysis.Analysis
	params   analysis.Values
	tables   map[string]*frames.Frame     // "role/table"
	metadata map[string]map[string]string // by role
	want     string
}

func parseCase(a analysis.Analysis, archive *txtar.Archive) (*testCase, error) {
	c := &testCase{analysis: a, params: analysis.Values{}, tables: map[string]*frames.Frame{}, metadata: map[string]map[string]string{}}
	for _, file := range archive.Files {
		if err := c.addFile(file); err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name, err)
		}
	}
	return c, nil
}

func (c *testCase) addFile(file txtar.File) error {
	switch dir, name, _ := strings.Cut(file.Name, "/"); dir {
	case "params":
		call, err := analysis.ParseCell(analysis.CellMarker+" "+c.analysis.Name+" "+string(file.Data),
			func(string) (analysis.Analysis, error) { return c.analysis, nil })
		c.params = call.Params
		return err
	case "input":
		key := strings.TrimSuffix(name, ".csv")
		_, table, _ := strings.Cut(key, "/")
		f, err := parseTable(table, file.Data)
		c.tables[key] = f
		return err
	case "metadata":
		c.metadata[name] = map[string]string{}
		for line := range strings.Lines(string(file.Data)) {
			if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
				c.metadata[name][key] = value
			}
		}
	case "want":
		c.want = string(file.Data)
	default:
		return fmt.Errorf("a case has no such file")
	}
	return nil
}

func parseTable(name string, data []byte) (*frames.Frame, error) {
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, fmt.Errorf("the table has no header")
	}
	schema := make(frames.Schema, len(records[0]))
	for i, head := range records[0] {
		parts := strings.SplitN(head, ":", 3)
		schema[i].Name = parts[0]
		if len(parts) > 1 {
			schema[i].Kind = frames.ParseKind(parts[1])
		}
		if len(parts) > 2 {
			schema[i].Unit = parts[2]
		}
	}
	if err := schema.Validate(); err != nil {
		return nil, fmt.Errorf("the header cells are name:kind[:unit]: %w", err)
	}
	b := frames.NewBuilder(name, schema)
	for _, record := range records[1:] {
		for i, text := range record {
			if err := addCell(b, i, schema[i].Kind, text); err != nil {
				return nil, err
			}
		}
	}
	return b.Frame(), nil
}

func addCell(b *frames.Builder, i int, kind frames.Kind, text string) error {
	if text == "" {
		b.Null(i)
		return nil
	}
	switch kind {
	case frames.Int64:
		v, err := strconv.ParseInt(text, 10, 64)
		b.Int(i, v)
		return err
	case frames.Float64:
		v, err := strconv.ParseFloat(text, 64)
		b.Float(i, v)
		return err
	case frames.Bool:
		v, err := strconv.ParseBool(text)
		b.Bool(i, v)
		return err
	}
	b.String(i, text)
	return nil
}

// run computes the result with so many workers and rows a batch, as text.
func (c *testCase) run(t *testing.T, workers, rows int) string {
	begin, err := c.analysis.Begin(c.params)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	folds := make([]analysis.Fold, workers)
	for w := range folds {
		folds[w] = begin()
	}
	if err := c.stream(folds, rows); err != nil {
		return "error: " + err.Error() + "\n"
	}
	for _, after := range folds[1:] {
		if err := folds[0].Merge(after); err != nil {
			t.Fatal(err)
		}
	}
	r, err := folds[0].Finish(context.Background(), c)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	c.checkOutputs(t, r)
	CheckFindings(t, r.Findings)
	var text strings.Builder
	if err := result.WriteText(&text, r); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func (c *testCase) stream(folds []analysis.Fold, rows int) error {
	for _, role := range c.analysis.Roles {
		for _, need := range role.Tables {
			if !need.Stream {
				continue
			}
			f, err := c.Frame(role.Name, need.Table)
			if err != nil || f == nil {
				return err
			}
			for w, fold := range folds {
				part := f.Slice(w*f.Len()/len(folds), (w+1)*f.Len()/len(folds))
				for b := range part.Batches(rows) {
					if err := fold.Scan(role.Name, need.Table, b); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func (c *testCase) checkOutputs(t *testing.T, r *result.Result) {
	declared := map[string]bool{}
	for _, o := range c.analysis.Outputs {
		declared[string(o.Kind)+" "+o.Name] = true
		if table := r.Table(o.Name); table != nil && o.Kind == analysis.TableOutput {
			for _, key := range o.Key {
				if !table.Frame.Has(key) {
					t.Errorf("table %q has no column %q, which its declaration calls important", o.Name, key)
				}
			}
		}
	}
	for _, table := range r.Tables {
		if !declared["table "+table.Name] {
			t.Errorf("the result has an undeclared table %q", table.Name)
		}
	}
	for _, chart := range r.Charts {
		name := chart.Name
		if chart.Group != "" {
			name = chart.Group
		}
		if !declared["chart "+name] && !declared["chart "+chart.Name] {
			t.Errorf("the result has an undeclared chart %q", name)
		}
	}
}

// Frame implements analysis.Inputs.
func (c *testCase) Frame(role, table string) (*frames.Frame, error) {
	need, ok := c.need(role, table)
	if !ok {
		return nil, fmt.Errorf("analysistest: %s asks for the undeclared table %s/%s", c.analysis.Name, role, table)
	}
	f := c.tables[role+"/"+table]
	if f == nil {
		if need.Optional {
			return nil, nil
		}
		return nil, fmt.Errorf("analysistest: the case has no input/%s/%s.csv", role, table)
	}
	var names []string
	for _, field := range need.Columns {
		if column := f.Column(field.Name); column != nil {
			if column.Field.Kind != field.Kind {
				return nil, fmt.Errorf("analysistest: column %s of %s/%s is %s, declared %s", field.Name, role, table, column.Field.Kind, field.Kind)
			}
			names = append(names, field.Name)
		}
	}
	return f.Select(names...)
}

func (c *testCase) need(role, table string) (analysis.Need, bool) {
	for _, r := range c.analysis.Roles {
		for _, n := range r.Tables {
			if r.Name == role && n.Table == table {
				return n, true
			}
		}
	}
	return analysis.Need{}, false
}

// Source implements analysis.Inputs.
func (c *testCase) Source(role string) analysis.Source {
	s := analysis.Source{Name: role, Format: "case", Metadata: c.metadata[role]}
	for _, r := range c.analysis.Roles {
		for _, n := range r.Tables {
			if r.Name == role && n.Optional && c.tables[role+"/"+n.Table] == nil {
				s.Missing = append(s.Missing, n.Table)
			}
		}
	}
	return s
}
