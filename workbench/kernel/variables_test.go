package kernel_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
	"profilemate/workbench/kernel"
	"profilemate/workbench/result"
)

// echo runs every analysis to a table that is named after it, of the file that the
// cell names.
type echo struct{ runner }

func (e echo) Run(_ context.Context, call analysis.Call, _ string, _ func(string, int64, int64)) (kernel.Outcome, error) {
	b := result.Bundle{Version: 1, Key: "key of " + call.Inputs[0].Path, Analysis: call.Analysis,
		Inputs: []result.BundleInput{{Role: "profile", Path: call.Inputs[0].Path}},
		Tables: []result.Preview{{Name: "rows", Total: 1234, Columns: []frames.Field{{Name: "a", Kind: frames.Int64}, {Name: "b", Kind: frames.Int64}}}}}
	return kernel.Outcome{Bundle: b, Text: call.Inputs[0].Path}, nil
}

// serveParams serves a kernel with parameters.
func serveParams(t *testing.T) *jupyter.Client {
	t.Helper()
	conn, client := jupyter.Pipe()
	params := kernel.NewParams()
	go func() {
		_ = kernel.Serve(t.Context(), conn, kernel.Options{Languages: []kernel.Language{
			params.In(kernel.Analyses(echo{newRunner(t)}, "/runs")), params}})
	}()
	c := jupyter.NewClient(client)
	t.Cleanup(func() { c.Close() })
	return c
}

func variables(t *testing.T, c *jupyter.Client) []kernel.Variable {
	t.Helper()
	data, err := c.OpenComm(t.Context(), kernel.VariablesTarget, map[string]any{})
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ Variables []kernel.Variable }
	if err := json.Unmarshal(data, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Variables
}

func TestParametersReachOtherCells(t *testing.T) {
	t.Parallel()
	c := serveParams(t)
	for _, step := range []struct{ code, status, text string }{
		{"%%analysis act {file}", jupyter.ReplyError, ""},
		{"%%params\nfile = runs/a b.sqlite", jupyter.ReplyOK, ""},
		{"%%analysis act {file}", jupyter.ReplyOK, "runs/a b.sqlite"},
		{"%%params\nfile = other.sqlite", jupyter.ReplyOK, ""},
		{"%%analysis act {file}", jupyter.ReplyOK, "other.sqlite"},
		{"%%params\nno line", jupyter.ReplyError, ""},
	} {
		reply, messages := executed(t, c, step.code)
		text := ""
		for _, m := range messages {
			if m.Header.MsgType == jupyter.DisplayData {
				d, err := jupyter.Decode[struct{ Data map[string]any }](m)
				if err != nil {
					t.Fatal(err)
				}
				text, _ = d.Data["text/plain"].(string)
			}
		}
		if reply.Status != step.status || text != step.text {
			t.Errorf("%q: %s, %q", step.code, reply.Status, text)
		}
	}
}

// The comm tells what cells have left, of two tables of one name the later.
func TestVariables(t *testing.T) {
	t.Parallel()
	c := serveParams(t)
	if got := variables(t, c); len(got) != 0 {
		t.Errorf("a fresh kernel holds %v", got)
	}
	for _, code := range []string{"%%params\ntop = 5", "%%analysis act a/x.sqlite", "%%analysis act a/x.sqlite", "%%analysis act y.sqlite"} {
		executed(t, c, code)
	}
	rows, columns := int64(1234), int64(2)
	want := []kernel.Variable{
		{Name: "x.sqlite", Kind: "artifact", Value: "a/x.sqlite", Count: 2},
		{Name: "y.sqlite", Kind: "artifact", Value: "y.sqlite", Count: 4},
		{Name: "act.rows x.sqlite", Kind: "table", Rows: &rows, Columns: &columns, Count: 3, Key: "key of a/x.sqlite", Table: "rows"},
		{Name: "act.rows y.sqlite", Kind: "table", Rows: &rows, Columns: &columns, Count: 4, Key: "key of y.sqlite", Table: "rows"},
		{Name: "top", Kind: "parameter", Value: "5", Count: 1},
	}
	if d := cmp.Diff(want, variables(t, c)); d != "" {
		t.Error(d)
	}
	if _, err := c.OpenComm(t.Context(), "nobody", nil); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown target: %v", err)
	}
}
