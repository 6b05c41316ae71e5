package notebooks_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"profilemate/notebooks"
)

// schema compiles the published nbformat 4.5 schema, the oracle of Validate.
func schema(tb testing.TB) *jsonschema.Schema {
	tb.Helper()
	s, err := jsonschema.NewCompiler().Compile("testdata/nbformat.v4.5.schema.json")
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// accepts asks the schema about a document as it is written.
func accepts(tb testing.TB, s *jsonschema.Schema, n *notebooks.Notebook) error {
	tb.Helper()
	var b bytes.Buffer
	if err := n.Write(&b); err != nil {
		tb.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(&b)
	if err != nil {
		tb.Fatal(err)
	}
	return s.Validate(value)
}

// TestValidateAgreesWithTheSchema compares both on documents that each break, or
// just keep, one rule.
func TestValidateAgreesWithTheSchema(t *testing.T) {
	t.Parallel()
	s := schema(t)
	code := func(rest string) string { return `{"cell_type":"code","id":"a","source":"",` + rest + `}` }
	output := func(o string) string { return code(`"metadata":{},"execution_count":null,"outputs":[` + o + `]`) }
	meta := func(m string) string { return code(`"metadata":` + m + `,"execution_count":1,"outputs":[]`) }
	cells := map[string]bool{
		code(`"metadata":{},"execution_count":null,"outputs":[]`): true,
		code(`"metadata":{},"outputs":[],"surprise":1`):           false,
		meta(`{"name":"x","tags":["a","b"],"collapsed":true}`):    true,
		meta(`{"name":""}`):                                                                                  false,
		meta(`{"name":"a\nb"}`):                                                                              false,
		meta(`{"name":7}`):                                                                                   false,
		meta(`{"tags":["a","a"]}`):                                                                           false,
		meta(`{"tags":["a,b"]}`):                                                                             false,
		meta(`{"tags":[""]}`):                                                                                false,
		meta(`{"tags":"a"}`):                                                                                 false,
		meta(`{"tags":[1]}`):                                                                                 false,
		meta(`{"collapsed":"yes"}`):                                                                          false,
		meta(`{"scrolled":"auto"}`):                                                                          true,
		meta(`{"scrolled":"never"}`):                                                                         false,
		meta(`{"jupyter":[]}`):                                                                               false,
		meta(`{"jupyter":{"source_hidden":true},"free":null}`):                                               true,
		meta(`{"execution":{"iopub.status.busy":"t","other":"t"}}`):                                          true,
		meta(`{"execution":{"shell.execute_reply":1}}`):                                                      false,
		meta(`{"execution":"now"}`):                                                                          false,
		output(`{"output_type":"stream","name":"stdout","text":"x"}`):                                        true,
		output(`{"output_type":"stream","name":"stdout","text":["x"]}`):                                      true,
		output(`{"output_type":"stream","name":"stdout","text":1}`):                                          false,
		output(`{"output_type":"stream","text":"x"}`):                                                        false,
		output(`{"output_type":"stream","name":"a","text":"x","x":1}`):                                       false,
		output(`{"output_type":"display_data","data":{},"metadata":{}}`):                                     true,
		output(`{"output_type":"display_data","data":{"text/plain":1},"metadata":{}}`):                       false,
		output(`{"output_type":"display_data","data":{"application/x+json":1},"metadata":{}}`):               true,
		output(`{"output_type":"display_data","data":{"application/jsonx":1},"metadata":{}}`):                false,
		output(`{"output_type":"display_data","data":{}}`):                                                   false,
		output(`{"output_type":"display_data","data":[],"metadata":{}}`):                                     false,
		output(`{"output_type":"display_data","data":{},"metadata":{},"execution_count":1}`):                 false,
		output(`{"output_type":"execute_result","data":{},"metadata":{},"execution_count":null}`):            true,
		output(`{"output_type":"execute_result","data":{},"metadata":{},"execution_count":-1}`):              false,
		output(`{"output_type":"execute_result","data":{},"metadata":{}}`):                                   false,
		output(`{"output_type":"error","ename":"a","evalue":"b","traceback":[]}`):                            true,
		output(`{"output_type":"error","ename":"a","evalue":"b","traceback":"c"}`):                           false,
		output(`{"output_type":"error","ename":"a","evalue":"b","traceback":[1]}`):                           false,
		output(`{"output_type":"song"}`):                                                                     false,
		output(`{}`):                                                                                         false,
		`{"cell_type":"markdown","id":"a","metadata":{},"source":"","attachments":{"x":{"text/plain":"y"}}}`: true,
		`{"cell_type":"markdown","id":"a","metadata":{},"source":"","attachments":{"x":1}}`:                  false,
		`{"cell_type":"markdown","id":"a","metadata":{},"source":"","outputs":[]}`:                           false,
		`{"cell_type":"markdown","id":"a","metadata":{"collapsed":1,"format":1},"source":""}`:                true,
		`{"cell_type":"raw","id":"a","metadata":{"format":"x"},"source":""}`:                                 true,
		`{"cell_type":"raw","id":"a","metadata":{"format":1},"source":""}`:                                   false,
	}
	for cell, valid := range cells {
		compare(t, s, `{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[`+cell+`]}`, valid)
	}
	roots := map[string]bool{
		`{"kernelspec":{"name":"a","display_name":"b","more":1}}`:  true,
		`{"kernelspec":{"name":"a"}}`:                              false,
		`{"kernelspec":"a"}`:                                       false,
		`{"language_info":{"name":"a","codemirror_mode":{"x":1}}}`: true,
		`{"language_info":{"name":"a","codemirror_mode":1}}`:       false,
		`{"language_info":{"name":"a","file_extension":1}}`:        false,
		`{"language_info":{}}`:                                     false,
		`{"title":1}`:                                              false,
		`{"authors":[1]}`:                                          true, // the schema has "item" where it means "items"
		`{"authors":{}}`:                                           false,
		`{"anything":{"else":[]}}`:                                 true,
	}
	for metadata, valid := range roots {
		compare(t, s, `{"nbformat":4,"nbformat_minor":5,"metadata":`+metadata+`,"cells":[]}`, valid)
	}
}

func compare(t *testing.T, s *jsonschema.Schema, document string, valid bool) {
	t.Helper()
	n, err := notebooks.Read(strings.NewReader(document))
	if err != nil {
		t.Errorf("%s: %v", document, err)
		return
	}
	ours, theirs := n.Validate(), accepts(t, s, n)
	if (ours == nil) != valid || (theirs == nil) != valid {
		t.Errorf("%s: want valid %v; we say %v, the schema says %v", document, valid, ours, theirs)
	}
}

func TestValidateSeesRepeatedIDs(t *testing.T) {
	t.Parallel()
	n := abc(t)
	n.Cells[2].ID = "a"
	if err := n.Validate(); err == nil || !strings.Contains(err.Error(), "cell 3 (a): its id stands twice") {
		t.Errorf("validation says %v", err)
	}
}

// FuzzRead holds that no input panics, that what is read is written the same way
// ever after, and that Validate and the schema agree on it.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"canonical.ipynb", "joined.ipynb", "minor2.ipynb", "minor9.ipynb"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"nbformat":4,"nbformat_minor":5,"cells":[{"cell_type":"code","source":["a"],"metadata":{"tags":["a","a"]}}]}`))
	oracle := schema(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := notebooks.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		first := text(t, n)
		again, err := notebooks.Read(strings.NewReader(first))
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, first)
		}
		if second := text(t, again); second != first {
			t.Fatalf("written again it differs:\n%s\n%s", first, second)
		}
		if ours, theirs := n.Validate(), accepts(t, oracle, n); (ours == nil) != (theirs == nil) {
			t.Fatalf("we say %v, the schema says %v:\n%s", ours, theirs, first)
		}
	})
}

func BenchmarkReadWrite(b *testing.B) {
	// 20 results of 1,000 rows, a full notebook of the workbench.
	n := notebooks.New("Big")
	row := []any{"gemm_kernel_with_a_rather_long_name", 12345.0, 0.25, nil, true}
	rows := make([]any, 1000)
	for i := range rows {
		rows[i] = row
	}
	for range 20 {
		c := notebooks.NewCell(notebooks.Code, "%%analysis x")
		c.Outputs = []notebooks.Output{notebooks.Display(notebooks.Bundle{"application/x+json": map[string]any{"rows": rows}}, nil)}
		n.Cells = append(n.Cells, c)
	}
	var out bytes.Buffer
	if err := n.Write(&out); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(out.Len()))
	b.ReportAllocs()
	for b.Loop() {
		m, err := notebooks.Read(bytes.NewReader(out.Bytes()))
		if err != nil {
			b.Fatal(err)
		}
		var again bytes.Buffer
		if err := m.Write(&again); err != nil {
			b.Fatal(err)
		}
	}
}
