package live_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"profilemate/notebooks"
	"profilemate/web/live"
	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
)

// say is one iopub message that a scripted kernel sends.
type say struct {
	msgType string
	content string
}

// scripted starts kernels that answer every cell with the same messages.
func scripted(script []say) func(context.Context, string, string) (live.Kernel, error) {
	return func(context.Context, string, string) (live.Kernel, error) {
		conn, client := jupyter.Pipe()
		go play(conn, script)
		return live.Kernel{Conn: client, Kill: func() { conn.Close() }}, nil
	}
}

func play(conn jupyter.Conn, script []say) {
	for count := 0; ; {
		m, err := conn.Receive()
		if err != nil {
			return
		}
		send := func(channel, msgType string, content any) {
			_ = conn.Send(jupyter.NewMessage(channel, msgType, "k", &m.Header, content)) // the client may be gone
		}
		send(jupyter.IOPub, jupyter.StatusType, jupyter.Status{ExecutionState: jupyter.StateBusy})
		switch m.Header.MsgType {
		case jupyter.KernelInfoRequest:
			send(jupyter.Shell, jupyter.KernelInfoReply, jupyter.KernelInfo{Status: jupyter.ReplyOK})
		case jupyter.ExecuteRequest:
			count++
			for _, s := range script {
				send(jupyter.IOPub, s.msgType, json.RawMessage(s.content))
			}
			send(jupyter.Shell, jupyter.ExecuteReply, jupyter.Reply{Status: jupyter.ReplyOK, ExecutionCount: count})
		}
		send(jupyter.IOPub, jupyter.StatusType, jupyter.Status{ExecutionState: jupyter.StateIdle})
	}
}

// open serves one notebook with a code cell c1.
func open(t *testing.T, script []say) (*live.Documents, *live.Document, string) {
	t.Helper()
	dir := t.TempDir()
	n := notebooks.New("Test")
	n.Cells = append(n.Cells, &notebooks.Cell{ID: "c1", Type: notebooks.Code, Source: "x"})
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := notebooks.Save(root, "a.ipynb", n); err != nil {
		t.Fatal(err)
	}
	ds, err := live.New(live.Options{Root: dir, StartKernel: scripted(script), Markdown: func(s string) string { return s },
		Lookup: func(name string) (analysis.Analysis, error) {
			return analysis.Analysis{}, fault.Errorf(fault.NotFound, "no %s", name)
		}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := ds.Open("a.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	return ds, d, dir
}

// finish ends the documents within a bounded time.
func finish(t *testing.T, ds *live.Documents) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := ds.Close(ctx); err != nil {
		t.Error(err)
	}
}

// run runs c1 to its end and returns its outputs.
func run(t *testing.T, d *live.Document) []notebooks.Output {
	t.Helper()
	s := d.Subscribe()
	defer d.Unsubscribe(s)
	d.Handle(s, []byte(`{"id":1,"op":"run","cell":"c1"}`))
	limit := time.After(10 * time.Second)
	for {
		select {
		case text := <-s.Events():
			if strings.HasPrefix(string(text), `{"type":"cell"`) && strings.Contains(string(text), `"state":"done"`) {
				n, err := d.Notebook()
				if err != nil {
					t.Fatal(err)
				}
				return n.Cells[0].Outputs
			}
		case <-limit:
			t.Fatal("the cell did not end")
		}
	}
}

func TestOutputsAreCollected(t *testing.T) {
	t.Parallel()
	table := []struct {
		name   string
		script []say
		want   string
	}{
		{"streams are joined", []say{
			{"stream", `{"name":"stdout","text":"a"}`}, {"stream", `{"name":"stdout","text":"b\n"}`},
			{"stream", `{"name":"stderr","text":"c"}`}, {"stream", `{"name":"stdout","text":"d"}`}},
			`[{"name":"stdout","output_type":"stream","text":"ab\n"},{"name":"stderr","output_type":"stream","text":"c"},{"name":"stdout","output_type":"stream","text":"d"}]`},
		{"a display is updated wherever it stands", []say{
			{"display_data", `{"data":{"text/plain":"1"},"metadata":{},"transient":{"display_id":"p"}}`},
			{"display_data", `{"data":{"text/plain":"other"},"metadata":{},"transient":{"display_id":"q"}}`},
			{"display_data", `{"data":{"text/plain":"1"},"metadata":{},"transient":{"display_id":"p"}}`},
			{"update_display_data", `{"data":{"text/plain":"2"},"metadata":{"m":1},"transient":{"display_id":"p"}}`},
			{"update_display_data", `{"data":{"text/plain":"3"},"metadata":{},"transient":{"display_id":"nobody"}}`}},
			`[{"data":{"text/plain":"2"},"metadata":{"m":1},"output_type":"display_data"},{"data":{"text/plain":"other"},"metadata":{},"output_type":"display_data"},{"data":{"text/plain":"2"},"metadata":{"m":1},"output_type":"display_data"}]`},
		{"clear_output at once", []say{
			{"stream", `{"name":"stdout","text":"a"}`}, {"clear_output", `{"wait":false}`}, {"stream", `{"name":"stdout","text":"b"}`}},
			`[{"name":"stdout","output_type":"stream","text":"b"}]`},
		{"clear_output that waits", []say{
			{"stream", `{"name":"stdout","text":"a"}`}, {"clear_output", `{"wait":true}`}, {"stream", `{"name":"stdout","text":"b"}`}},
			`[{"name":"stdout","output_type":"stream","text":"b"}]`},
		{"clear_output that nothing follows", []say{
			{"stream", `{"name":"stdout","text":"a"}`}, {"clear_output", `{"wait":true}`}}, `[]`},
		{"results and exact numbers", []say{
			{"execute_result", `{"data":{"text/plain":"1","application/json":{"n":9007199254740993}},"metadata":{},"execution_count":1}`}},
			`[{"data":{"application/json":{"n":9007199254740993},"text/plain":"1"},"execution_count":1,"metadata":{},"output_type":"execute_result"}]`},
		{"progress is no output", []say{
			{"display_data", `{"data":{"application/vnd.profilemate.progress+json":{"text":"reading","done":1,"total":2,"elapsedNs":3}},"metadata":{},"transient":{"display_id":"p"}}`},
			{"update_display_data", `{"data":{"application/vnd.profilemate.progress+json":{"text":"reading","done":2,"total":2,"elapsedNs":4}},"metadata":{},"transient":{"display_id":"p"}}`}},
			`[]`},
		{"what cannot be read is left out", []say{{"display_data", `[1]`}, {"stream", `"x"`}, {"new_type", `{}`}}, `[]`},
	}
	for _, row := range table {
		ds, d, _ := open(t, row.script)
		for range 2 { // the second run replaces what the first has left
			got, err := json.Marshal(run(t, d))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, string(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", row.name, diff)
			}
		}
		n, err := d.Notebook()
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Validate(); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		finish(t, ds)
	}
}

func TestASlowClientIsDropped(t *testing.T) {
	t.Parallel()
	ds, d, _ := open(t, nil)
	defer finish(t, ds)
	slow, quick := d.Subscribe(), d.Subscribe()
	for i := range 600 { // more than may wait for a client
		d.Handle(quick, fmt.Appendf(nil, `{"id":%d,"op":"edit","cell":"c1","source":"%d"}`, i, i))
		for len(quick.Events()) > 0 {
			<-quick.Events()
		}
	}
	got := 0
	for range slow.Events() { // ends, since the channel was closed
		got++
	}
	if got < 100 || got > 600 {
		t.Errorf("the slow client got %d events", got)
	}
	d.Unsubscribe(slow) // once more does no harm
	if again := d.Subscribe(); !strings.Contains(string(<-again.Events()), `"source":"599"`) {
		t.Error("a fresh snapshot lacks the last change")
	}
}

func TestCloseWritesBesideAForeignChange(t *testing.T) {
	t.Parallel()
	ds, d, dir := open(t, nil)
	d.Handle(d.Subscribe(), []byte(`{"id":1,"op":"edit","cell":"c1","source":"mine"}`))
	if err := os.WriteFile(filepath.Join(dir, "a.ipynb"), []byte("theirs"), 0o644); err != nil {
		t.Fatal(err)
	}
	finish(t, ds)
	theirs, err := os.ReadFile(filepath.Join(dir, "a.ipynb"))
	if err != nil || string(theirs) != "theirs" {
		t.Errorf("their file holds %q (%v)", theirs, err)
	}
	beside, err := filepath.Glob(filepath.Join(dir, "a-unsaved-*.ipynb"))
	if err != nil || len(beside) != 1 {
		t.Fatalf("beside it lies %v (%v)", beside, err)
	}
	if mine, err := os.ReadFile(beside[0]); err != nil || !strings.Contains(string(mine), "mine") {
		t.Errorf("the unsaved document holds %q (%v)", mine, err)
	}
}

func TestADeletedFileIsWrittenAgain(t *testing.T) {
	t.Parallel()
	ds, d, dir := open(t, nil)
	if err := os.Remove(filepath.Join(dir, "a.ipynb")); err != nil {
		t.Fatal(err)
	}
	d.Handle(d.Subscribe(), []byte(`{"id":1,"op":"edit","cell":"c1","source":"mine"}`))
	finish(t, ds)
	if text, err := os.ReadFile(filepath.Join(dir, "a.ipynb")); err != nil || !strings.Contains(string(text), "mine") {
		t.Errorf("the file holds %q (%v)", text, err)
	}
}

func TestCleanPath(t *testing.T) {
	t.Parallel()
	table := []struct {
		path, want string
		kind       fault.Kind
	}{
		{"a.ipynb", "a.ipynb", ""},
		{"b/./c//a.ipynb", "b/c/a.ipynb", ""},
		{"b/../a.ipynb", "a.ipynb", ""},
		{"../a.ipynb", "", fault.Denied},
		{"b/../../a.ipynb", "", fault.Denied},
		{"/a.ipynb", "", fault.Denied},
		{`..\a.ipynb`, "", fault.Denied},
		{"a\x00.ipynb", "", fault.Denied},
		{"", "", fault.Denied},
		{"a.txt", "", fault.Misuse},
		{"b/.ipynb", "", fault.Misuse},
	}
	for _, row := range table {
		got, err := live.CleanPath(row.path)
		if got != row.want || (err != nil) != (row.kind != "") || err != nil && fault.KindOf(err) != row.kind {
			t.Errorf("%q: %q, %v; want %q, %q", row.path, got, err, row.want, row.kind)
		}
	}
}

// A document that takes long to read keeps no other one waiting, and everybody gets
// the same one.
func TestOpenWhileAnotherIsRead(t *testing.T) {
	t.Parallel()
	ds, small, dir := open(t, nil)
	defer finish(t, ds)
	big := notebooks.New("Big")
	for range 16 {
		c := notebooks.NewCell(notebooks.Code, "x")
		c.Outputs = []notebooks.Output{notebooks.Display(notebooks.Bundle{"text/plain": strings.Repeat("12.5,\n", 100_000)}, nil)}
		big.Cells = append(big.Cells, c)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := notebooks.Save(root, "big.ipynb", big); err != nil {
		t.Fatal(err)
	}
	read := make(chan *live.Document, 2)
	for range cap(read) {
		go func() {
			d, err := ds.Open("big.ipynb")
			if err != nil {
				t.Error(err)
			}
			read <- d
		}()
	}
	time.Sleep(5 * time.Millisecond) // the reading has begun
	if d, err := ds.Open("a.ipynb"); err != nil || d != small {
		t.Errorf("another document: %v, %v", d, err)
	}
	if len(read) > 0 {
		t.Error("another document waited for the big one")
	}
	if a, b := <-read, <-read; a != b {
		t.Error("one file is two documents")
	}
	if _, err := ds.Open("none.ipynb"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a document that is not there: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "none.ipynb"), []byte(`{"cells":[],"metadata":{},"nbformat":4,"nbformat_minor":5}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ds.Open("none.ipynb"); err != nil {
		t.Errorf("a document that is there by now: %v", err)
	}
}

func BenchmarkEditWithBigOutputs(b *testing.B) {
	dir := b.TempDir()
	n := notebooks.New("Big")
	c := notebooks.NewCell(notebooks.Code, "x")
	c.ID = "c1"
	c.Outputs = []notebooks.Output{notebooks.Display(notebooks.Bundle{"application/json": strings.Repeat("12.5,", 100_000)}, nil)}
	n.Cells = append(n.Cells, c)
	root, err := os.OpenRoot(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer root.Close()
	if _, err := notebooks.Save(root, "a.ipynb", n); err != nil {
		b.Fatal(err)
	}
	ds, err := live.New(live.Options{Root: dir, Markdown: func(s string) string { return s }})
	if err != nil {
		b.Fatal(err)
	}
	d, err := ds.Open("a.ipynb")
	if err != nil {
		b.Fatal(err)
	}
	s := d.Subscribe()
	i := 0
	for b.Loop() {
		i++
		d.Handle(s, fmt.Appendf(nil, `{"id":1,"op":"edit","cell":"c1","source":"%d"}`, i))
		for len(s.Events()) > 0 {
			<-s.Events()
		}
	}
	if err := ds.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
}
